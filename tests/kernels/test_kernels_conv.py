"""Convolution: reference against definition and PyTorch, compiled version against both."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import run_python

from autodiff import kernels

threads = kernels.threads

VERSIONS = ["numpy", "numba"]


def by_definition(x, w, bias, stride, padding, dilation, groups):
    """The sum over the window, written as loops."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    out_channels, per_group, *window = w.shape
    options = zip(x.shape[2:], window, stride, dilation, strict=True)
    out = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in options]
    y = np.zeros((len(x), out_channels, *out))
    for n, k, *place in np.ndindex(y.shape):
        first = k // (out_channels // groups) * per_group
        for c, *tap in np.ndindex(w.shape[1:]):
            at = [p * s + t * d for p, s, t, d in zip(place, stride, tap, dilation, strict=True)]
            y[(n, k, *place)] += x[(n, first + c, *at)] * w[(k, c, *tap)]
    return y if bias is None else y + bias.reshape(-1, *[1] * len(out))


small = st.integers(1, 3)
pads = st.tuples(st.integers(0, 3), st.integers(0, 3))


@st.composite
def cases(draw, dtypes=(np.float32, np.float64), largest=12, even=False):
    """Return x, w, bias and the options of a convolution that fits, over one to three axes."""
    axes = draw(st.sampled_from([1, 2, 2, 3]))

    def each(values):
        return draw(st.tuples(*[values] * axes))

    stride, dilation, window = each(small), each(small), each(st.integers(1, 4 if axes < 3 else 3))
    padding = each(small.map(lambda p: (p - 1, p - 1)) if even else pads)
    groups, per_group = draw(small), draw(st.integers(1, 4))
    out_channels = groups * draw(st.sampled_from([1, 2, 3, 5, 8, 9, 13]))
    size = [
        max(1, d * (k - 1) + 1 - sum(p))
        + draw(st.integers(0, largest if axes < 3 else largest // 3))
        for k, d, p in zip(window, dilation, padding, strict=True)
    ]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dtype = draw(st.sampled_from(dtypes))
    x = rng.standard_normal((draw(small), groups * per_group, *size)).astype(dtype)
    w = rng.standard_normal((out_channels, per_group, *window)).astype(dtype)
    bias = draw(st.sampled_from([None, rng.standard_normal(out_channels).astype(dtype)]))
    layout = draw(st.sampled_from(["plain", "reversed", "transposed", "read-only"]))
    if layout == "reversed":
        x, w = x[::-1, :, ::-1].copy()[::-1, :, ::-1], w[:, :, ::-1].copy()[:, :, ::-1]
    elif layout == "transposed":
        x, w = x.T.copy().T, w.T.copy().T
    elif layout == "read-only":
        x.flags.writeable = w.flags.writeable = False
    return x, w, bias, (stride, padding, dilation, groups)


def close(a, b, dtype):
    """Compare with a tolerance that suits sums of up to a few hundred products."""
    assert a.dtype == b.dtype == dtype
    np.testing.assert_allclose(a, b, rtol=0, atol=1e-3 if dtype == np.float32 else 1e-11)


@given(cases((np.float64,), largest=4))
@settings(deadline=None, max_examples=30)
def test_reference_is_the_definition(case):
    x, w, bias, options = case
    y = kernels.conv_forward.reference(x, w, bias, *options)
    np.testing.assert_allclose(y, by_definition(x, w, bias, *options), atol=1e-12)


@given(cases())
@settings(deadline=None, max_examples=60)
def test_gradients_are_the_adjoints(case):
    """<g, conv(x, w)> = <input_grad(g, w), x> = <weight_grad(g, x), w>, whatever g is."""
    x, w, _, options = case
    for mode in VERSIONS:
        with kernels.use(mode):
            y = kernels.conv_forward(x, w, None, *options)
            g = np.random.default_rng(1).standard_normal(y.shape).astype(x.dtype)
            value = np.vdot(g.astype(np.float64), y)
            dx = kernels.conv_input_grad(g, w, x.shape, *options)
            dw = kernels.conv_weight_grad(g, x, w.shape, *options)
        scale = float(np.linalg.norm(g) * np.linalg.norm(y))
        tolerance = scale * (1e-5 if x.dtype == np.float32 else 1e-13)
        assert np.vdot(dx.astype(np.float64), x) == pytest.approx(value, abs=tolerance)
        assert np.vdot(dw.astype(np.float64), w) == pytest.approx(value, abs=tolerance)


@given(cases(), st.tuples(*[st.integers(0, 1)] * 3))
@settings(deadline=None, max_examples=150)
def test_compiled_equals_reference(case, cut):
    x, w, bias, options = case
    y = kernels.conv_forward.reference(x, w, bias, *options)
    close(kernels.conv_forward.compiled(x, w, bias, *options), y, x.dtype)
    g = np.random.default_rng(1).standard_normal(y.shape).astype(x.dtype)
    # Cut at the far end as by the output_padding of a transposed convolution.
    far = [slice(max(1, n - c)) for n, c in zip(g.shape[2:], cut, strict=False)]
    g = g[(slice(None), slice(None), *far)]
    close(
        kernels.conv_input_grad.compiled(g, w, x.shape, *options),
        kernels.conv_input_grad.reference(g, w, x.shape, *options),
        x.dtype,
    )
    close(
        kernels.conv_weight_grad.compiled(g, x, w.shape, *options),
        kernels.conv_weight_grad.reference(g, x, w.shape, *options),
        x.dtype,
    )


@pytest.mark.parametrize(
    ("channels", "size", "out_channels", "window"),
    [
        (40, 14, 24, 3),
        (1, 60, 1, 5),
        (200, 7, 9, 1),
        (3, 33, 17, 7),
        (20, 40, 140, 2),
        (70, 9, 3, 3),
    ],
)
def test_sizes_that_fill_blocks(channels, size, out_channels, window):
    """Channels beyond one block, rows beyond one span, rests of every tile."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, channels, size, size))
    w = rng.standard_normal((out_channels, channels, window, window))
    bias = rng.standard_normal(out_channels)
    options = ((1, 1), ((window // 2,) * 2,) * 2, (1, 1), 1)
    y = kernels.conv_forward.reference(x, w, bias, *options)
    close(kernels.conv_forward.compiled(x, w, bias, *options), y, np.float64)
    for name, other, shape in (("conv_input_grad", w, x.shape), ("conv_weight_grad", x, w.shape)):
        kernel = kernels.KERNELS[name]
        a, b = (f(y, other, shape, *options) for f in (kernel.compiled, kernel.reference))
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("step", [1, 2])
def test_long_rows_and_deep_volumes(axes, step):
    """Several bands of depths and of rows, in place and copied."""
    rng = np.random.default_rng(0)
    shape = {1: (3000,), 2: (50, 61), 3: (19, 12, 17)}[axes]
    for window, padding, channels in ((3, 1, 5), (2, 0, 5), (1, 0, 10), (1, 0, 2)):
        x = rng.standard_normal((2, channels, *shape), np.float32)
        w = rng.standard_normal((10, channels, *[window] * axes), np.float32)
        options = (step, padding, 1, 1)
        y = kernels.conv_forward.reference(x, w, None, *options)
        np.testing.assert_allclose(
            kernels.conv_forward.compiled(x, w, None, *options), y, rtol=1e-4, atol=1e-4
        )
        for name, other, shape_of in (("conv_input_grad", w, x), ("conv_weight_grad", x, w)):
            kernel, arguments = kernels.KERNELS[name], (y, other, shape_of.shape, *options)
            expected = kernel.reference(*arguments)
            scale = np.abs(expected).max()
            np.testing.assert_allclose(kernel.compiled(*arguments), expected, 0, 1e-5 * scale)


@given(cases(), st.sampled_from([None, "relu", "gelu", "tanh", "sigmoid"]), st.booleans())
@settings(deadline=None, max_examples=60)
def test_epilogue(case, activation, has_residual):
    x, w, bias, options = case
    y = kernels.conv_forward.reference(x, w, bias, *options)
    residual = np.random.default_rng(1).standard_normal(y.shape).astype(x.dtype)
    added = residual if has_residual else None
    expected = kernels.conv_forward.reference(x, w, bias, *options, activation, added)
    if activation in (None, "relu"):
        by_hand = np.maximum(y, 0) if activation else y
        assert np.array_equal(expected, by_hand + residual if has_residual else by_hand)
    ours = kernels.conv_forward.compiled(x, w, bias, *options, activation, added)
    close(ours, expected, x.dtype)


@given(cases())
@settings(deadline=None, max_examples=30)
def test_bias_gradient(case):
    x, _, _, _ = case
    ours = kernels.conv_bias_grad.compiled(x)
    channels = x.astype(np.float64).swapaxes(0, 1).reshape(x.shape[1], -1)
    exact = [math.fsum(channel) for channel in channels]
    # A number takes part in few additions: one per image and row of four vectors, then six.
    bound = 8 * np.abs(channels).sum(axis=1).max() * np.finfo(x.dtype).eps
    np.testing.assert_allclose(ours, exact, rtol=0, atol=bound)
    assert ours.dtype == kernels.conv_bias_grad.reference(x).dtype == x.dtype


def test_accuracy():
    """The error of a sum of n products stays far below n roundings."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 64, 12, 12)), rng.standard_normal((16, 64, 3, 3))
    exact = kernels.conv_forward.reference(x, w, None, 1, 1)
    exact_dw = kernels.conv_weight_grad.reference(exact, x, w.shape, 1, 1)
    x, w, g = (a.astype(np.float32) for a in (x, w, exact))
    for ours, expected, terms in (
        (kernels.conv_forward.compiled(x, w, None, 1, 1), exact, 576),
        (kernels.conv_weight_grad.compiled(g, x, w.shape, 1, 1), exact_dw, 288),
    ):
        error = np.abs(ours - expected).max() / np.abs(expected).max()
        assert error < np.sqrt(terms) * np.finfo(np.float32).eps


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_numbers(dtype):
    """Denormals count, and what is beyond the largest number is infinite."""
    tiny, huge = np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max
    x = np.zeros((1, 1, 5, 20), dtype)
    x[0, 0, 2, 7], x[0, 0, 4, 19] = tiny, huge
    for channels in (1, 9):
        w = np.full((channels, 1, 1, 2), 2, dtype)
        y = kernels.conv_forward.compiled(x, w)
        assert (y[:, :, 2, 6:8] == 2 * tiny).all()
        assert (y[:, :, 4, 18] == np.inf).all()
        assert np.count_nonzero(y) == 3 * channels


@pytest.mark.parametrize("channels", [1, 3, 9])
def test_infinity_in_gradients_stays_where_it_is_seen(channels):
    x, w = np.ones((2, 2, 4, 9)), np.ones((channels, 2, 2, 2))
    x[0, 1, 0, 0] = np.inf
    g = np.ones((2, channels, 3, 8))
    g[1, 0, 2, 7] = np.nan
    with np.errstate(invalid="ignore"):
        for kernel, other, shape in (
            (kernels.conv_input_grad, w, x.shape),
            (kernels.conv_weight_grad, x, w.shape),
        ):
            expected = kernel.reference(g, other, shape)
            assert not np.isfinite(expected).all()
            np.testing.assert_array_equal(kernel.compiled(g, other, shape), expected)


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize(
    ("x_shape", "w_shape", "groups"),
    [
        ((0, 2, 5, 5), (3, 2, 3, 3), 1),
        ((2, 0, 5, 5), (3, 0, 3, 3), 1),
        ((2, 2, 5, 5), (0, 2, 3, 3), 1),
        ((2, 2, 0, 5), (4, 1, 1, 3), 2),
    ],
)
def test_empty_axes(mode, x_shape, w_shape, groups):
    padding = ((1, 1), (1, 1))
    x, w = np.ones(x_shape), np.ones(w_shape)
    bias = np.arange(float(len(w)))
    with kernels.use(mode):
        y = kernels.conv_forward(x, w, bias, (1, 1), padding, (1, 1), groups)
        g = np.ones(y.shape)
        dx = kernels.conv_input_grad(g, w, x.shape, (1, 1), padding, (1, 1), groups)
        dw = kernels.conv_weight_grad(g, x, w.shape, (1, 1), padding, (1, 1), groups)
    if not x.size:
        assert np.array_equal(y, np.broadcast_to(bias[:, None, None], y.shape))
        assert not dw.any()
    assert dx.shape == x.shape
    assert dw.shape == w.shape


@pytest.mark.parametrize("mode", VERSIONS)
def test_float16(mode):
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-3, 4, s).astype(np.float16) for s in ((2, 2, 6, 6), (3, 2, 3, 3)))
    with kernels.use(mode):
        y = kernels.conv_forward(x, w)
    assert y.dtype == np.float16
    assert np.array_equal(y, kernels.conv_forward(x.astype(float), w.astype(float)))


def test_mixed_dtypes_go_to_the_reference():
    x, w = np.ones((1, 1, 4, 4), np.float32), np.ones((1, 1, 3, 3))
    with kernels.use("numba"):
        assert kernels.conv_forward(x, w).dtype == np.float64
        assert kernels.conv_input_grad(x, w, (1, 1, 6, 6)).dtype == np.float64


@pytest.mark.parametrize("mode", VERSIONS)
def test_infinity_stays_where_it_is_seen(mode):
    """Output positions between the rows of the image are computed too; nothing may leak out."""
    x = np.zeros((1, 1, 4, 9))
    x[0, 0, 1, 8], x[0, 0, 2, 0] = np.inf, np.nan
    with kernels.use(mode):
        y = kernels.conv_forward(x, np.ones((1, 1, 2, 2)))[0, 0]
    expected = np.zeros((3, 8))
    expected[:2, 7], expected[1:, 0] = np.inf, np.nan
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize(
    ("x", "w", "options", "message"),
    [
        ((1, 2, 5, 5), (3, 1, 3, 3), {}, "channels do not fit groups=1"),
        ((1, 2, 5, 5), (3, 1, 3, 3), {"groups": 2}, "channels do not fit groups=2"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"groups": 0}, "groups=0"),
        ((1, 2, 5), (3, 2, 3, 3), {}, "3, 4 or 5 axes"),
        ((1, 2), (3, 2), {}, "3, 4 or 5 axes"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"stride": (1, 1, 1)}, "need 2 entries each"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"padding": 2**40}, "too large"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"padding": 2**62, "dilation": 2**62}, "too large"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"activation": "selu"}, "'selu' is none of"),
        (
            (1, 2, 5, 5),
            (3, 2, 3, 3),
            {"residual": np.ones((1, 3, 5, 5))},
            r"\(1, 3, 3, 3\), the res",
        ),
        ((1, 2, 5, 5), (3, 2, 6, 3), {}, "does not fit into"),
        ((1, 2, 5, 5), (3, 2, 0, 3), {}, "does not fit into"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"stride": (0, 1)}, "must be positive"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"dilation": (1, -1)}, "must be positive"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"padding": ((0, -1), (0, 0))}, "not be negative"),
        ((1, 2, 5, 5), (3, 2, 3, 3), {"bias": np.ones(2)}, r"needs a bias \(3,\), got \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit(mode, x, w, options, message):
    with kernels.use(mode), pytest.raises(ValueError, match=message):
        kernels.conv_forward(np.ones(x), np.ones(w), **options)


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize("g_shape", [(1, 3, 4, 3), (1, 2, 3, 3), (2, 3, 3, 3), (3, 3, 3)])
def test_gradients_that_do_not_fit(mode, g_shape):
    g, x, w = np.ones(g_shape), np.ones((1, 2, 5, 5)), np.ones((3, 2, 3, 3))
    with kernels.use(mode):
        with pytest.raises(ValueError, match=r"conv_input_grad: x .1, 2, 5, 5., w .*, g "):
            kernels.conv_input_grad(g, w, x.shape)
        with pytest.raises(ValueError, match=r"conv_weight_grad: x .1, 2, 5, 5., w .*, g "):
            kernels.conv_weight_grad(g, x, w.shape)


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "groups"),
    [
        ((5, 3, 11, 11), (27, 3, 3, 3), 1),
        ((5, 3, 11, 11), (27, 1, 3, 3), 3),
        ((1, 40, 30, 11), (70, 40, 3, 3), 1),
        ((7, 16, 5, 5), (16, 1, 3, 3), 16),
        ((1, 3, 9, 5, 7), (9, 3, 3, 3, 3), 1),
    ],
)
@pytest.mark.parametrize("stride", [1, 2])
def test_bits_do_not_depend_on_the_number_of_threads(monkeypatch, x_shape, w_shape, groups, stride):
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(x_shape, np.float32), rng.standard_normal(w_shape, np.float32)
    options = (stride, 1, 1, groups)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 4):
            threads.set_num_threads(count)
            y = kernels.conv_forward.compiled(x, w, None, *options)
            dx = kernels.conv_input_grad.compiled(y, w, x.shape, *options)
            dw = kernels.conv_weight_grad.compiled(y, x, w.shape, *options)
            db = kernels.conv_bias_grad.compiled(y)
            results.append(b"".join(a.tobytes() for a in (y, dx, dw, db)))
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]


def test_narrower_vectors(monkeypatch):
    """The same on a processor without wide vectors and without fused multiply-add."""
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    code = """
        import numpy as np
        from autodiff import kernels
        from autodiff.kernels.jit import VECTOR_BYTES
        rng = np.random.default_rng(0)
        for k in (1, 3, 5, 17):
            x, w = rng.standard_normal((2, 3, 9, 9)), rng.standard_normal((k, 3, 3, 3))
            y = kernels.conv_forward.reference(x, w)
            for kernel, args in (
                (kernels.conv_forward, (x, w)),
                (kernels.conv_input_grad, (y, w, x.shape)),
                (kernels.conv_weight_grad, (y, x, w.shape)),
            ):
                ours, expected = kernel.compiled(*args), kernel.reference(*args)
                np.testing.assert_allclose(ours, expected, 1e-9, 1e-9)
        print(VECTOR_BYTES)
    """
    assert run_python(code) == "16\n"


@pytest.mark.parity
@given(cases((np.float64,), even=True))
@settings(deadline=None, max_examples=60)
def test_like_pytorch(case):
    torch = pytest.importorskip("torch")
    x, w, bias, (stride, padding, dilation, groups) = case
    tensors = [torch.tensor(np.array(a), requires_grad=True) for a in (x, w)]
    b = None if bias is None else torch.tensor(bias)
    function = getattr(torch.nn.functional, f"conv{x.ndim - 2}d")
    y = function(*tensors, b, stride, tuple(p for p, _ in padding), dilation, groups)
    g = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(torch.tensor(g))
    options = (stride, padding, dilation, groups)
    for mode in VERSIONS:
        with kernels.use(mode):
            close(kernels.conv_forward(x, w, bias, *options), y.detach().numpy(), np.float64)
            dx = kernels.conv_input_grad(g, w, x.shape, *options)
            dw = kernels.conv_weight_grad(g, x, w.shape, *options)
        close(dx, tensors[0].grad.numpy(), np.float64)
        close(dw, tensors[1].grad.numpy(), np.float64)


@pytest.mark.parity
@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize(("stride", "dilation"), [(2, 1), (3, 2), (1, 2)])
def test_transposed_like_pytorch(extra, stride, dilation):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((4, 3, 3, 2))
    y = torch.nn.functional.conv_transpose2d(
        torch.tensor(x), torch.tensor(w), None, stride, 1, extra, 1, dilation
    ).numpy()
    options = ((stride,) * 2, ((1, 1), (1, 1)), (dilation,) * 2, 1)
    for mode in VERSIONS:
        with kernels.use(mode):
            close(kernels.conv_input_grad(x, w, y.shape, *options), y, np.float64)
