"""Pooling: reference against definition and PyTorch, compiled version against both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

threads, bin_edges = kernels.threads, kernels.pool.bins.bin_edges

VERSIONS = ["numpy", "numba"]


@st.composite
def images(draw, size):
    """Return small images with equal elements, infinities and NaN, in any layout."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    shape = (draw(st.integers(0, 3)), draw(st.integers(1, 3)), *size)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.integers(-3, 4, shape).astype(dtype)
    if draw(st.booleans()):
        x[rng.random(shape) < 0.2] = draw(st.sampled_from([-np.inf, np.inf, np.nan, -0.0]))
    return draw(st.sampled_from([x, x[::-1, :, ::-1], x.T.copy().T, x + 0.5]))


@st.composite
def windows(draw, dilated=False):
    """Return kernel, stride, padding, dilation and a size into which they fit."""
    axes = []
    for _ in range(2):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        dilation = draw(st.integers(1, 3)) if dilated else 1
        padding = draw(st.integers(0, kernel // 2))
        least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
        axes.append((kernel, stride, padding, dilation, least + draw(st.integers(0, 9))))
    return tuple(zip(*axes, strict=True))


def largest_by_definition(x, kernel, stride, padding, dilation, shape):
    out, indices = np.full(shape, -np.inf, x.dtype), np.zeros(shape, np.int64)
    for n, c, i, j in np.ndindex(shape):
        found = False
        for r, s in np.ndindex(kernel):
            y = i * stride[0] - padding[0] + r * dilation[0]
            z = j * stride[1] - padding[1] + s * dilation[1]
            if 0 <= y < x.shape[2] and 0 <= z < x.shape[3]:
                value = x[n, c, y, z]
                if not found or value > out[n, c, i, j] or np.isnan(value):
                    out[n, c, i, j], indices[n, c, i, j] = value, y * x.shape[3] + z
                found = True
    return out, indices


@given(st.data(), windows(dilated=True), st.booleans())
@settings(deadline=None, max_examples=100)
def test_max_pool(data, window, ceil_mode):
    *options, size = window
    x = data.draw(images(size))
    out, indices = kernels.max_pool_forward.reference(x, *options, ceil_mode)
    expected = largest_by_definition(x, *options, out.shape)
    for version in (out, indices), kernels.max_pool_forward.compiled(x, *options, ceil_mode):
        np.testing.assert_array_equal(version[0], expected[0])
        np.testing.assert_array_equal(version[1], expected[1])
        assert version[0].dtype == x.dtype
        assert version[1].dtype == np.int64
    g = np.random.default_rng(0).standard_normal(out.shape).astype(x.dtype)
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(g.shape):
        dx[n, c].reshape(-1)[indices[n, c, i, j]] += g[n, c, i, j]
    for mode in VERSIONS:
        with kernels.use(mode):
            ours = kernels.max_pool_backward(g, indices, x.shape)
        assert ours.dtype == x.dtype
        np.testing.assert_allclose(ours, dx, atol=1e-5 if x.dtype == np.float32 else 1e-13)


@given(st.data(), windows(), st.booleans(), st.booleans(), st.sampled_from([None, 3, -2]))
@settings(deadline=None, max_examples=100)
def test_avg_pool(data, window, ceil_mode, count_include_pad, divisor_override):
    kernel, stride, padding, _, size = window
    x = data.draw(images(size))
    options = (kernel, stride, padding, ceil_mode, count_include_pad, divisor_override)
    out = kernels.avg_pool_forward.reference(x, *options)
    expected = np.zeros(out.shape)
    for n, c, i, j in np.ndindex(out.shape):
        edges = [
            (k * s - p, min(k * s - p + w, length + p), length)
            for k, s, p, w, length in zip((i, j), stride, padding, kernel, size, strict=True)
        ]
        (top, bottom), (left, right) = ((max(0, a), min(b, n)) for a, b, n in edges)
        inside = x[n, c, top:bottom, left:right]
        counted = edges if count_include_pad else [(top, bottom, 0), (left, right, 0)]
        divisor = divisor_override or np.prod([b - a for a, b, _ in counted])
        expected[n, c, i, j] = inside.sum() / divisor if inside.size else 0
    tolerance = 1e-5 if x.dtype == np.float32 else 1e-13
    for version in (out, kernels.avg_pool_forward.compiled(x, *options)):
        assert version.dtype == x.dtype
        np.testing.assert_allclose(version, expected, atol=tolerance)
    g = np.random.default_rng(0).standard_normal(out.shape).astype(x.dtype)
    ours, theirs = (
        f(g, x.shape, *options)
        for f in (kernels.avg_pool_backward.compiled, kernels.avg_pool_backward.reference)
    )
    assert ours.shape == x.shape
    np.testing.assert_allclose(ours, theirs, atol=tolerance)
    # The backward pass is the adjoint of the forward one.
    finite = np.random.default_rng(1).standard_normal(x.shape).astype(x.dtype)
    product = np.vdot(g, kernels.avg_pool_forward.reference(finite, *options))
    assert np.vdot(ours, finite) == pytest.approx(float(product), abs=1e-3)


@given(
    st.data(),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(0, 11), st.integers(0, 11)),
)
@settings(deadline=None, max_examples=100)
def test_adaptive(data, size, out):
    x = data.draw(images(size))
    shape = (*x.shape[:2], *out)
    largest, indices, mean = np.empty(shape), np.empty(shape), np.empty(shape)
    for (i, (top, bottom)), (j, (left, right)) in (
        (row, column)
        for row in enumerate(bin_edges(size[0], out[0]))
        for column in enumerate(bin_edges(size[1], out[1]))
    ):
        window = (bottom - top, right - left)
        patch = np.ascontiguousarray(x[:, :, top:bottom, left:right])
        one = (*x.shape[:2], 1, 1)
        best, place = largest_by_definition(patch, window, window, (0, 0), (1, 1), one)
        row, column = np.divmod(place, window[1])
        largest[:, :, i, j] = best[:, :, 0, 0]
        indices[:, :, i, j] = ((top + row) * size[1] + left + column)[:, :, 0, 0]
        mean[:, :, i, j] = patch.mean(axis=(2, 3), dtype=np.float64)
    g = np.random.default_rng(0).standard_normal(shape).astype(x.dtype)
    gradients = []
    for mode in VERSIONS:
        with kernels.use(mode):
            ours = kernels.adaptive_max_pool_forward(x, out)
            average = kernels.adaptive_avg_pool_forward(x, out)
            gradients.append(kernels.adaptive_avg_pool_backward(g, x.shape))
        np.testing.assert_array_equal(ours[0], largest)
        np.testing.assert_array_equal(ours[1], indices)
        np.testing.assert_allclose(average, mean, atol=1e-5)
        assert ours[0].dtype == average.dtype == gradients[-1].dtype == x.dtype
    np.testing.assert_allclose(*gradients, atol=1e-5)
    finite = np.random.default_rng(1).standard_normal(x.shape).astype(x.dtype)
    product = np.vdot(g, kernels.adaptive_avg_pool_forward.reference(finite, out))
    assert np.vdot(gradients[0], finite) == pytest.approx(float(product), abs=1e-3)


def test_bins_are_those_of_the_formula():
    assert bin_edges(7, 3) == [(0, 3), (2, 5), (4, 7)]
    assert bin_edges(3, 5) == [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)]


@pytest.mark.parametrize("mode", VERSIONS)
def test_sign_of_zero_survives(mode):
    x = np.full((1, 1, 4, 4), -0.0)
    with kernels.use(mode):
        assert np.signbit(kernels.max_pool_forward(x, (2, 2), (2, 2))[0]).all()


@pytest.mark.parametrize("mode", VERSIONS)
def test_window_in_the_padding_alone(mode):
    """A dilated window can step over the whole input."""
    with kernels.use(mode):
        out, indices = kernels.max_pool_forward(
            np.ones((1, 1, 1, 1)), (1, 2), (1, 1), (0, 2), (1, 4)
        )
    assert out.tolist() == [[[[-np.inf]]]]
    assert indices.tolist() == [[[[0]]]]


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((1, 4, 4), ((2, 2), (2, 2)), "4 axes"),
        ((1, 1, 4, 4), ((0, 2), (2, 2)), "must be positive"),
        ((1, 1, 4, 4), ((2, 2), (2, 0)), "must be positive"),
        ((1, 1, 4, 4), ((2, 2), (2, 2), (0, -1)), "not be negative"),
        ((1, 1, 4, 4), ((2, 2), (2, 2), (2, 0)), "more than half"),
        ((1, 1, 4, 4), ((5, 2), (2, 2)), "does not fit into"),
        ((1, 1, 0, 4), ((1, 2), (2, 2)), "does not fit into"),
    ],
)
def test_options_that_do_not_fit(mode, shape, options, message):
    with kernels.use(mode):
        for kernel in (kernels.max_pool_forward, kernels.avg_pool_forward):
            with pytest.raises(ValueError, match=f"{kernel.name}: .*{message}"):
                kernel(np.ones(shape), *options)


@pytest.mark.parametrize("mode", VERSIONS)
def test_gradients_that_do_not_fit(mode):
    g, shape = np.ones((1, 1, 2, 2)), (1, 1, 4, 4)
    zeros = np.zeros(g.shape, np.int64)
    with kernels.use(mode):
        with pytest.raises(ValueError, match=r"g has shape \(1, 1, 2, 2\), the output has"):
            kernels.avg_pool_backward(g, shape, (3, 3), (3, 3))
        with pytest.raises(ValueError, match="adaptive_avg_pool_backward: g has shape"):
            kernels.adaptive_avg_pool_backward(g, (2, 1, 4, 4))
        with pytest.raises(ValueError, match="do not fit"):
            kernels.max_pool_backward(g, zeros[:, :, :1], shape)
        with pytest.raises(TypeError, match="indices must be integers"):
            kernels.max_pool_backward(g, g, shape)
        for wrong in (-1, 16):
            with pytest.raises(IndexError, match="planes have 16 elements"):
                kernels.max_pool_backward(g, zeros + wrong, shape)
        with pytest.raises(ValueError, match="cannot be pooled to"):
            kernels.adaptive_avg_pool_forward(np.ones((1, 1, 0, 4)), (1, 1))
        with pytest.raises(ValueError, match="divisor_override must not be zero"):
            kernels.avg_pool_forward(np.ones(shape), (2, 2), (2, 2), divisor_override=0)


def test_bits_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    x = np.random.default_rng(0).standard_normal((3, 5, 13, 13), np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 4):
            threads.set_num_threads(count)
            out, indices = kernels.max_pool_forward.compiled(x, (3, 3), (2, 2), (1, 1))
            mean = kernels.avg_pool_forward.compiled(x, (3, 3), (2, 2), (1, 1))
            bins = kernels.adaptive_avg_pool_forward.compiled(x, (5, 3))
            arrays = (
                out, indices, mean, bins,
                kernels.max_pool_backward.compiled(out, indices, x.shape),
                kernels.avg_pool_backward.compiled(mean, x.shape, (3, 3), (2, 2), (1, 1)),
                kernels.adaptive_avg_pool_backward.compiled(bins, x.shape),
            )  # fmt: skip
            results.append(b"".join(a.tobytes() for a in arrays))
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]


@pytest.mark.parity
@given(st.data(), windows(dilated=True), st.booleans())
@settings(deadline=None, max_examples=60)
def test_max_pool_like_pytorch(data, window, ceil_mode):
    torch = pytest.importorskip("torch")
    *options, size = window
    x = data.draw(images(size).filter(lambda x: x.size))
    out, indices = torch.nn.functional.max_pool2d(
        torch.tensor(x.copy()), *options, ceil_mode, return_indices=True
    )
    inside = np.isfinite(x).all()
    for mode in VERSIONS:
        with kernels.use(mode):
            ours = kernels.max_pool_forward(x, *options, ceil_mode)
        np.testing.assert_array_equal(ours[0], out.numpy())
        if inside and (ours[0] > -np.inf).all():
            np.testing.assert_array_equal(ours[1], indices.numpy())


@pytest.mark.parity
@given(st.data(), windows(), st.booleans(), st.booleans(), st.sampled_from([None, 3]))
@settings(deadline=None, max_examples=60)
def test_avg_pool_like_pytorch(data, window, ceil_mode, include, divisor):
    torch = pytest.importorskip("torch")
    kernel, stride, padding, _, size = window
    x = np.nan_to_num(data.draw(images(size).filter(lambda x: x.size)), posinf=1, neginf=-1)
    options = (kernel, stride, padding, ceil_mode, include, divisor)
    t = torch.tensor(x.copy(), requires_grad=True)
    out = torch.nn.functional.avg_pool2d(t, *options)
    out.sum().backward()
    for mode in VERSIONS:
        with kernels.use(mode):
            ours = kernels.avg_pool_forward(x, *options)
            dx = kernels.avg_pool_backward(np.ones_like(ours), x.shape, *options)
        np.testing.assert_allclose(ours, out.detach().numpy(), atol=1e-5)
        np.testing.assert_allclose(dx, t.grad.numpy(), atol=1e-5)


@pytest.mark.parity
@pytest.mark.parametrize("out", [(1, 1), (3, 2), (7, 5), (9, 11)])
def test_adaptive_like_pytorch(out):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, 3, 7, 10))
    largest, indices = torch.nn.functional.adaptive_max_pool2d(torch.tensor(x), out, True)
    t = torch.tensor(x, requires_grad=True)
    mean = torch.nn.functional.adaptive_avg_pool2d(t, out)
    mean.sum().backward()
    for mode in VERSIONS:
        with kernels.use(mode):
            ours = kernels.adaptive_max_pool_forward(x, out)
            average = kernels.adaptive_avg_pool_forward(x, out)
            dx = kernels.adaptive_avg_pool_backward(np.ones_like(average), x.shape)
        np.testing.assert_array_equal(ours[0], largest.numpy())
        np.testing.assert_array_equal(ours[1], indices.numpy())
        np.testing.assert_allclose(average, mean.detach().numpy(), atol=1e-13)
        np.testing.assert_allclose(dx, t.grad.numpy(), atol=1e-13)
