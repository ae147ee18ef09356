"""Normalisations: compiled versions against their references, which are float64 throughout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

# Largest error in units of the dtype's spacing at 1, relative to the largest number that is summed:
# that in the result, or where gradients cancel 1 / standard deviation, which is at most LARGEST.
ULPS = 16
EPS = 0.01
LARGEST = 10.0

dtypes = st.sampled_from([np.float32, np.float64])
layouts = st.sampled_from(
    [
        lambda x: x,
        lambda x: x[::-1],
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, x.ndim - 1)[..., ::2],
    ]
)


def numbers(data, dtype, *shape, layout=None):
    seed = data.draw(st.integers(0, 2**32))
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    return x if layout is None else data.draw(layout)(x)


def maybe(data, array):
    return array if data.draw(st.booleans()) else None


def wide(arguments):
    return [a.astype(np.float64) if isinstance(a, np.ndarray) else a for a in arguments]


def agree(kernel, *arguments):
    """Compare with the reference on float64 copies; return what the compiled version gives."""
    dtype = arguments[0].dtype
    with kernels.use("numba"):
        ours = kernel(*arguments)
    for a, b in zip(ours, kernel.reference(*wide(arguments)), strict=True):
        assert a.shape == b.shape
        assert a.dtype in (dtype, np.float64)
        scale = np.abs(b).max(initial=LARGEST)
        np.testing.assert_allclose(a, b, rtol=0, atol=ULPS * np.finfo(dtype).eps * scale)
    return ours


@given(st.data(), dtypes, st.integers(0, 140), st.integers(1, 90), st.booleans())
@settings(deadline=None, max_examples=60)
def test_rows(data, dtype, rows, length, centre):
    x, g = (numbers(data, dtype, rows, length, layout=layouts) for _ in range(2))
    w, b = (maybe(data, numbers(data, dtype, length)) for _ in range(2))
    _, statistics = agree(kernels.layer_norm_forward, x, w, b, EPS, centre)
    agree(kernels.layer_norm_backward, g, x, statistics, w, EPS, centre)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(2, 4096), (3, 4097), (2, 13000)])
def test_rows_of_several_blocks(shape, dtype):
    rng = np.random.default_rng(0)
    x, g, w = (rng.standard_normal(size).astype(dtype) for size in (shape, shape, shape[1]))
    for centre in (True, False):
        _, statistics = agree(kernels.layer_norm_forward, x, w, None, 1e-5, centre)
        agree(kernels.layer_norm_backward, g, x, statistics, w, 1e-5, centre)


@st.composite
def channel_shapes(draw):
    rest = draw(st.lists(st.integers(1, 9), max_size=2))
    return (draw(st.integers(0, 40)), draw(st.integers(1, 40)), *rest)


@given(st.data(), dtypes, channel_shapes(), st.booleans())
@settings(deadline=None, max_examples=60)
def test_channels_of_a_batch(data, dtype, shape, fixed):
    x, g = (numbers(data, dtype, *shape, layout=layouts) for _ in range(2))
    w, b = (maybe(data, numbers(data, dtype, shape[1])) for _ in range(2))
    given_statistics = np.abs(numbers(data, np.float64, 2, shape[1])) if fixed else None
    _, statistics = agree(kernels.batch_norm_forward, x, w, b, EPS, given_statistics)
    agree(kernels.batch_norm_backward, g, x, statistics, w, EPS, fixed)


@given(st.data(), dtypes, channel_shapes(), st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_groups(data, dtype, shape, groups):
    shape = (shape[0], shape[1] * groups, *shape[2:])
    x, g = (numbers(data, dtype, *shape, layout=layouts) for _ in range(2))
    w, b = (maybe(data, numbers(data, dtype, shape[1])) for _ in range(2))
    _, statistics = agree(kernels.group_norm_forward, x, groups, w, b, EPS)
    agree(kernels.group_norm_backward, g, x, groups, statistics, w, EPS)


@pytest.mark.parametrize("shape", [(2500, 5), (1100, 70), (300, 3, 4), (70, 3, 100), (2, 3, 9000)])
def test_many_images_and_large_planes(shape):
    rng = np.random.default_rng(0)
    x, g = (rng.standard_normal(shape).astype(np.float32) for _ in range(2))
    _, statistics = agree(kernels.batch_norm_forward, x)
    agree(kernels.batch_norm_backward, g, x, statistics)
    _, statistics = agree(kernels.group_norm_forward, x, 1)
    agree(kernels.group_norm_backward, g, x, 1, statistics)


KINDS = {
    "rows": lambda x: kernels.layer_norm_forward(x),
    "groups": lambda x: kernels.group_norm_forward(x, 1),
    "columns": lambda x: kernels.batch_norm_forward(np.ascontiguousarray(x.T)),
    "planes": lambda x: kernels.batch_norm_forward(x[None]),
}
GRADIENTS = {
    "rows": lambda g, x, s: kernels.layer_norm_backward(g, x, s),
    "groups": lambda g, x, s: kernels.group_norm_backward(g, x, 1, s),
    "columns": lambda g, x, s: kernels.batch_norm_backward(*(a.T.copy() for a in (g, x)), s),
    "planes": lambda g, x, s: kernels.batch_norm_backward(g[None], x[None], s),
}
over_kinds = pytest.mark.parametrize("kind", KINDS)


def forward(kind, x):
    """Standardise the rows of a matrix, whichever way."""
    with kernels.use("numba"):
        out, statistics = KINDS[kind](x)
    return (out.T if kind == "columns" else out.reshape(x.shape)), statistics


def backward(kind, g, x, statistics):
    with kernels.use("numba"):
        dx = GRADIENTS[kind](g, x, statistics)[0]
    return dx.T if kind == "columns" else dx.reshape(x.shape)


@over_kinds
@pytest.mark.parametrize("length", [7, 100, 5000])
def test_far_from_zero(kind, length):
    """float32 data with a mean of 10,000 deviations lose no more than others."""
    x = (np.random.default_rng(0).standard_normal((3, length)) + 1e4).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
    out, statistics = forward(kind, x)
    np.testing.assert_allclose(out, exact, rtol=0, atol=2e-6)
    g = np.random.default_rng(1).standard_normal(x.shape).astype(np.float32)
    theirs = kernels.layer_norm_backward.reference(*wide((g, x)), statistics)[0]
    np.testing.assert_allclose(backward(kind, g, x, statistics), theirs, rtol=0, atol=5e-6)


@over_kinds
@pytest.mark.parametrize(("first", "length"), [(16, 3000), (4096, 9000)])
def test_first_elements_far_from_the_others(kind, first, length):
    """What a provisional mean of the first elements would be worst at."""
    x = np.random.default_rng(0).standard_normal((2, length)).astype(np.float32)
    x[:, first:] += 1e4
    exact = x.astype(np.float64)
    _, (mean, variance) = forward(kind, x)
    np.testing.assert_allclose(mean, exact.mean(1), rtol=2e-7)
    np.testing.assert_allclose(variance, exact.var(1), rtol=1e-5)


@over_kinds
@pytest.mark.parametrize("length", [2, 33, 4100])
def test_constant_rows(kind, length):
    x = np.full((3, length), 0.1, np.float32)
    out, (mean, variance) = forward(kind, x)
    assert not out.any()
    assert (mean == x[0, 0]).all()
    assert not variance.any()
    g = np.random.default_rng(0).standard_normal(x.shape).astype(np.float32)
    expected = (g - g.mean(1, keepdims=True)) / np.sqrt(1e-5)
    dx = backward(kind, g, x, np.array([mean, variance]))
    np.testing.assert_allclose(dx, expected, atol=2e-4)


@over_kinds
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("length", [5, 70])
def test_nan_and_infinity_stay_in_their_row(kind, bad, length):
    x = np.random.default_rng(0).standard_normal((4, length)).astype(np.float32)
    fine = [0, 1, 3]
    expected, statistics = forward(kind, x)
    g = np.ones_like(x)
    g[:, 0] = 3
    gradient = backward(kind, g, x, statistics)
    x[2, length // 2] = bad
    out, statistics = forward(kind, x)
    assert np.isnan(out[2]).any()
    np.testing.assert_array_equal(out[fine], expected[fine])
    dx = backward(kind, g, x, statistics)
    assert np.isnan(dx[2]).any()
    np.testing.assert_array_equal(dx[fine], gradient[fine])


@over_kinds
def test_denormals(kind):
    x = (np.arange(40).reshape(2, 20) * 1e-40).astype(np.float32)
    out, (mean, _) = forward(kind, x)
    np.testing.assert_allclose(mean, x.astype(np.float64).mean(1), rtol=1e-2)
    assert (np.abs(out) < 1e-30).all()


def test_statistics_from_elsewhere_let_no_infinity_into_gradients():
    """In evaluation the gradient of the input does not depend on it."""
    x = np.full((4, 3, 20), np.inf, np.float32)
    statistics = np.array([np.zeros(3), np.ones(3)])
    for given_x in (x, x[..., 0]):
        with kernels.use("numba"):
            dx, _, _ = kernels.batch_norm_backward(
                np.ones_like(given_x), given_x, statistics, eps=0.0, fixed=True
            )
        assert (dx == 1).all()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_empty_axes(mode, shape):
    x = np.zeros(shape, np.float32)
    with kernels.use(mode):
        calls = [
            (kernels.layer_norm_forward(x), kernels.layer_norm_backward, ()),
            (kernels.batch_norm_forward(x), kernels.batch_norm_backward, ()),
            (kernels.group_norm_forward(x, 1), kernels.group_norm_backward, (1,)),
        ]
        for (out, statistics), gradient, options in calls:
            dx, dw, db = gradient(x, x, *options, statistics)
            assert out.shape == dx.shape == shape
            assert dw.tolist() == db.tolist() == [0.0] * shape[1]


@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_arguments_that_do_not_fit(mode):
    x, one = np.ones((4, 3), np.float32), np.ones(3, np.float32)
    statistics = np.ones((2, 4))
    with kernels.use(mode):
        with pytest.raises(ValueError, match=r"layer_norm_forward: x must be a matrix"):
            kernels.layer_norm_forward(x[0])
        with pytest.raises(ValueError, match=r"weight has shape \(2,\), .* needs \(3,\)"):
            kernels.layer_norm_forward(x, one[:2])
        with pytest.raises(TypeError, match="bias has dtype float64, x has float32"):
            kernels.layer_norm_forward(x, one, np.ones(3))
        with pytest.raises(ValueError, match=r"layer_norm_backward: g has shape \(3, 4\)"):
            kernels.layer_norm_backward(x.T, x, statistics)
        with pytest.raises(ValueError, match=r"statistics must be float64 of shape \(2, 4\)"):
            kernels.layer_norm_backward(x, x, statistics[:, :3])
        with pytest.raises(ValueError, match=r"batch_norm_forward: x must be \(N, C, \.\.\.\)"):
            kernels.batch_norm_forward(x[0])
        with pytest.raises(ValueError, match=r"statistics must be .*\(2, 3\)"):
            kernels.batch_norm_backward(x, x, statistics)
        with pytest.raises(ValueError, match=r"cannot cut the channels .* into 2 groups"):
            kernels.group_norm_forward(x, 2)
        with pytest.raises(ValueError, match="group_norm_backward: statistics"):
            kernels.group_norm_backward(x, x, 3, statistics)
