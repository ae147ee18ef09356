"""Attention: reference against definition, compiled version against float64 results."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

INF = np.inf
VERSIONS = ["numpy", "numba"]


def by_definition(query, key, value, mask, is_causal, scale):
    """The weighted mean, written as loops over batch, head and query."""
    n, h, queries, _ = query.shape
    keys = key.shape[2]
    out = np.zeros((n, h, queries, value.shape[3]))
    bias = np.zeros((n, h, queries, keys)) if mask is None else mask
    bias = np.broadcast_to(bias, (n, h, queries, keys))
    for i, j, row in np.ndindex(n, h, queries):
        scores = key[i, j] @ query[i, j, row] * scale + bias[i, j, row]
        seen = ~np.isneginf(bias[i, j, row]) & (np.arange(keys) <= (row if is_causal else keys))
        if seen.any():
            weights = np.exp(scores[seen] - scores[seen].max())
            out[i, j, row] = weights / weights.sum() @ value[i, j, seen]
    return out


@st.composite
def cases(draw, largest=150):
    """Return the arguments of `attention_forward`, in any layout."""
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, h = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    queries, keys = draw(st.integers(1, largest)), draw(st.integers(1, 2 * largest))
    width, value_width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    shapes = [(n, h, queries, width), (n, h, keys, width), (n, h, keys, value_width)]
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    mask = None
    if draw(st.booleans()):
        shape = [draw(st.sampled_from([1, size])) for size in (n, h, queries, keys)]
        hidden = rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.95, 1.0]))
        mask = np.where(hidden, -INF, rng.standard_normal(shape)).astype(dtype)
    layout = draw(st.sampled_from(["plain", "heads last", "reversed", "read-only"]))
    if layout == "heads last":
        arrays = [a.swapaxes(1, 2).copy().swapaxes(1, 2) for a in arrays]
    elif layout == "reversed":
        arrays = [a[..., ::-1].copy()[..., ::-1] for a in arrays]
    elif layout == "read-only":
        for a in arrays:
            a.flags.writeable = False
    return (*arrays, mask, draw(st.booleans()), draw(st.sampled_from([0.0, 0.4, -1.0])))


def in_double(*arguments):
    return [x.astype(np.float64) if isinstance(x, np.ndarray) else x for x in arguments]


def close(found, expected, dtype, terms):
    """Compare with a bound on the error of a sum of so many terms."""
    assert found.dtype == dtype
    error = 4 * terms**0.5 * np.finfo(dtype).eps
    size = np.abs(expected[np.isfinite(expected)]).max(initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=error, atol=error * size)


@given(cases(largest=12))
@settings(deadline=None, max_examples=30)
def test_reference_is_the_definition(case):
    dtype, expected = case[0].dtype, by_definition(*in_double(*case))
    out, log_sums = kernels.attention_forward.reference(*case)
    close(out, expected, dtype, 1000)
    assert log_sums.dtype == dtype
    assert ((expected != 0).any(-1) | np.isposinf(log_sums)).all()


@given(cases())
@settings(deadline=None, max_examples=60)
def test_compiled_against_double_precision(case):
    *operands, causal, scale = case
    dtype = operands[0].dtype
    out, log_sums = kernels.attention_forward.compiled(*case)
    expected = kernels.attention_forward.reference(*in_double(*case))
    close(out, expected[0], dtype, operands[1].shape[2])
    close(log_sums, expected[1], dtype, operands[0].shape[3] * 10)
    g = np.random.default_rng(0).standard_normal(out.shape).astype(dtype)
    gradients = kernels.attention_backward.compiled(g, *operands, out, log_sums, causal, scale)
    wide = in_double(g, *operands)
    wanted = kernels.attention_backward.reference(*wide, *expected, causal, scale)
    bounds = sums_of_sizes(*wide, expected[1], causal, scale)
    for found, w, bound in zip(gradients, wanted, bounds, strict=True):
        assert found.dtype == dtype
        assert (np.abs(found - w) <= 8 * np.finfo(dtype).eps * (1 + bound)).all()


def sums_of_sizes(g, q, k, v, mask, log_sums, causal, scale):
    """Return, for each number of the gradients, the sum of the sizes of what is summed for it: errors
    are proportional to that, also where the sum itself cancels."""
    logits = scale * (q @ k.swapaxes(-1, -2))
    hidden = np.zeros(logits.shape, bool) if mask is None else np.isneginf(mask + 0 * logits)
    if causal:
        hidden |= ~np.tri(*logits.shape[-2:], dtype=bool)
    logits = np.where(hidden, -INF, logits + (0 if mask is None else mask))
    with np.errstate(invalid="ignore"):
        p = np.nan_to_num(np.exp(logits - log_sums[..., None]))
    sizes = np.abs(g) @ np.abs(v).swapaxes(-1, -2)
    # A weight's own relative error grows with the logits that went into its exponential.
    inner = 1 + np.abs(scale) * (np.abs(q) @ np.abs(k).swapaxes(-1, -2)).max()
    ds = inner * p * (sizes + (p * sizes).sum(-1, keepdims=True)) * np.abs(scale)
    return (
        ds @ np.abs(k), ds.swapaxes(-1, -2) @ np.abs(q), inner * p.swapaxes(-1, -2) @ np.abs(g),
    )  # fmt: skip


@given(cases(largest=6))
@settings(deadline=None, max_examples=20)
def test_gradients_by_differences(case):
    *operands, causal, scale = in_double(*case)
    out, log_sums = kernels.attention_forward.reference(*operands, causal, scale)
    rng = np.random.default_rng(0)
    g = rng.standard_normal(out.shape)
    gradients = kernels.attention_backward.reference(g, *operands, out, log_sums, causal, scale)
    for i, gradient in enumerate(gradients):
        step = rng.standard_normal(operands[i].shape) * 1e-5
        ends = []
        for sign in (-1, 1):
            moved = [x + sign * step if i == j else x for j, x in enumerate(operands)]
            ends.append(kernels.attention_forward.reference(*moved, causal, scale)[0])
        slope = ((ends[1] - ends[0]) * g).sum() / 2
        assert slope == pytest.approx((gradient * step).sum(), rel=1e-5, abs=1e-9)


def ones(*shape):
    return np.ones(shape, np.float32)


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize("axis", range(6))
def test_empty_axes(mode, axis):
    sizes = [2, 2, 3, 3, 4, 4]
    sizes[axis] = 0
    n, h, queries, keys, width, value_width = sizes
    operands = ones(n, h, queries, width), ones(n, h, keys, width), ones(n, h, keys, value_width)
    with kernels.use(mode):
        out, log_sums = kernels.attention_forward(*operands, None, False, 1.0)
        gradients = kernels.attention_backward(out, *operands, None, out, log_sums, False, 1.0)
    assert out.shape == (n, h, queries, value_width)
    assert log_sums.shape == (n, h, queries)
    np.testing.assert_array_equal(out, 1.0 if keys else 0.0)
    assert [d.shape for d in gradients] == [x.shape for x in operands]


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_that_are_not_numbers(mode, dtype):
    """NaN stays in the rows that see it; scores of any size are right; -inf hides even NaN."""
    rng = np.random.default_rng(0)
    q, k, v = (rng.standard_normal((1, 1, n, 5)).astype(dtype) for n in (60, 70, 70))
    k[0, 0, 30] = np.nan
    with kernels.use(mode):
        causal, _ = kernels.attention_forward(q, k, v, None, True, 1.0)
        assert np.isfinite(causal[0, 0, :30]).all()
        assert np.isnan(causal[0, 0, 30:]).all()
        mask = np.zeros((1, 1, 1, 70), dtype)
        mask[..., 30] = -np.inf
        hidden, _ = kernels.attention_forward(q, k, v, mask, False, 1.0)
        without = [np.delete(x, 30, axis=2) for x in (k, v)]
        expected, _ = kernels.attention_forward(q, *without, None, False, 1.0)
        np.testing.assert_allclose(hidden, expected, rtol=1e-4, atol=1e-5)
        k[0, 0, 30] = 0
        sharp, _ = kernels.attention_forward(q, k, v, None, False, 1e6)
        best = (q.astype(np.float64) @ k.astype(np.float64).swapaxes(2, 3)).argmax(-1)
        np.testing.assert_allclose(sharp[0, 0], v[0, 0, best[0, 0]], rtol=1e-6)
        tiny, _ = kernels.attention_forward(q, k * 1e-44, v, None, False, 1.0)
        np.testing.assert_allclose(
            tiny, np.broadcast_to(v.mean(axis=2, keepdims=True), v[:, :, :60].shape), atol=1e-6
        )


@pytest.mark.parametrize("mode", VERSIONS)
def test_arguments_that_do_not_fit(mode):
    q, k, v = ones(1, 2, 9, 4), ones(1, 2, 7, 4), ones(1, 2, 7, 5)
    mask = ones(1, 1, 9, 6)
    with kernels.use(mode):
        out, log_sums = kernels.attention_forward(q, k, v, None, False, 1.0)
        for wrong in ((q, k[:, :1], v), (q, k, v[:, :, 1:]), (q[..., 1:], k, v), (q[0], k, v)):
            with pytest.raises(ValueError, match=r"attention_forward: expected query \(N, H, L"):
                kernels.attention_forward(*wrong, None, False, 1.0)
        with pytest.raises(ValueError, match=r"mask of shape \(1, 1, 9, 6\) does not broadcast"):
            kernels.attention_forward(q, k, v, mask, False, 1.0)
        with pytest.raises(TypeError, match="must have one dtype, got float32, float64"):
            kernels.attention_forward(q, k.astype(np.float64), v, None, False, 1.0)
        for g, sums in ((out[:, :, 1:], log_sums), (out, log_sums[:, :, 1:]), (out, log_sums[0])):
            with pytest.raises(ValueError, match="attention_backward: an array has shape"):
                kernels.attention_backward(g, q, k, v, None, out, sums, False, 1.0)
