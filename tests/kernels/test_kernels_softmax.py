"""Softmax and its logarithm against the references: shapes, axes, layouts, infinities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

FORWARD = [kernels.softmax, kernels.log_softmax]
BACKWARD = [kernels.softmax_backward, kernels.log_softmax_backward]
TOLERANCE = {"float32": 2e-6, "float64": 4e-15}
INF, NAN = np.inf, np.nan

over_modes = pytest.mark.parametrize("mode", ["numpy", "numba"])


@st.composite
def cases(draw):
    shape = tuple(draw(st.lists(st.integers(0, 70), min_size=1, max_size=3)))
    axis = draw(st.integers(0, len(shape) - 1))
    dtype, turned = draw(st.sampled_from(sorted(TOLERANCE))), draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def make():
        x = rng.standard_normal(shape) * 5
        return np.asfortranarray(x.astype(dtype))[::-1] if turned else x.astype(dtype)

    return make(), make(), axis, TOLERANCE[dtype]


@pytest.mark.parametrize("kernel", FORWARD)
@settings(max_examples=40, deadline=None)
@given(cases())
def test_forward_is_the_reference(kernel, case):
    x, _, axis, tolerance = case
    expected = kernel.reference(x.astype(np.float64), axis)
    with kernels.use("numba"):
        found = kernel(x, axis)
    assert (found.dtype, found.shape) == (x.dtype, x.shape)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("forward", "kernel"), list(zip(FORWARD, BACKWARD)))
@settings(max_examples=40, deadline=None)
@given(cases())
def test_backward_is_the_reference(forward, kernel, case):
    x, g, axis, tolerance = case
    out = forward.reference(x, axis)
    expected = kernel.reference(g.astype(np.float64), out.astype(np.float64), axis)
    with kernels.use("numba"):
        found = kernel(g, out, axis)
    assert (found.dtype, found.shape) == (x.dtype, x.shape)
    scale = np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=4 * tolerance * scale)


@over_modes
@pytest.mark.parametrize("length", [3, 16, 40])
@pytest.mark.parametrize("axis", [0, 1])
def test_infinities_and_nan(mode, length, axis):
    x = np.zeros((4, length), np.float32)
    x[0, 1] = -INF
    x[1] = -INF
    x[2, 2] = INF
    x[3, 0] = NAN
    if axis == 0:
        x = x.T.copy()
    with kernels.use(mode), np.errstate(invalid="ignore", divide="ignore"):
        share, logarithm = kernels.softmax(x, axis), kernels.log_softmax(x, axis)
    if axis == 0:
        share, logarithm = share.T, logarithm.T
    assert share[0, 1] == 0
    assert logarithm[0, 1] == -INF
    np.testing.assert_allclose(share[0].sum(), 1, rtol=1e-6)
    assert np.isnan(share[1:]).all()


@over_modes
def test_large_logits_do_not_overflow(mode):
    x = np.array([[1e4, -1e4, 9999.0]] * 40, np.float32)
    with kernels.use(mode):
        np.testing.assert_allclose(kernels.softmax(x, 1)[0], [0.7310586, 0, 0.26894143], rtol=1e-6)
        np.testing.assert_allclose(kernels.log_softmax(x, 1)[0, 1], -20000.312, rtol=1e-7)


def test_two_arrays_of_one_shape_are_needed():
    with kernels.use("numba"), pytest.raises(ValueError, match=r"one shape and dtype.*\[2, 3\]"):
        kernels.softmax_backward(np.ones((2, 3)), np.ones((2, 4)), 1)
