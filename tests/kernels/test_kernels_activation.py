"""Activations against their references: shapes, layouts, dtypes, gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

FORWARD = {
    "exp": kernels.exp,
    "sigmoid": kernels.sigmoid,
    "silu": kernels.silu,
    "gelu": lambda x: kernels.gelu(x, "none"),
    "gelu tanh": lambda x: kernels.gelu(x, "tanh"),
}
BACKWARD = {
    "sigmoid": lambda g, x: kernels.sigmoid_backward(g, kernels.sigmoid(x)),
    "silu": kernels.silu_backward,
    "gelu": lambda g, x: kernels.gelu_backward(g, x, "none"),
    "gelu tanh": lambda g, x: kernels.gelu_backward(g, x, "tanh"),
}
TOLERANCE = {"float16": 2e-3, "float32": 1e-6, "float64": 2e-15}

dtypes = st.sampled_from(sorted(TOLERANCE))
shapes = st.lists(st.integers(0, 40), max_size=3).map(tuple)
seeds = st.integers(0, 2**32 - 1)
thirty = settings(max_examples=30, deadline=None)


def _numbers(seed, shape, dtype, turned):
    x = np.random.default_rng(seed).standard_normal(shape) * 2
    return np.asarray(x).astype(dtype).T[..., ::-1] if turned and shape else np.asarray(x, dtype)


@pytest.mark.parametrize("name", FORWARD)
@thirty
@given(seeds, shapes, dtypes, st.booleans())
def test_forward_is_the_reference(name, seed, shape, dtype, turned):
    x = _numbers(seed, shape, dtype, turned)
    with kernels.use("numpy"):
        expected = FORWARD[name](x.astype(np.float64))
    for mode in ("numpy", "numba"):
        with kernels.use(mode):
            found = FORWARD[name](x)
        assert (found.dtype, found.shape) == (x.dtype, x.shape)
        tolerance = TOLERANCE[dtype]
        np.testing.assert_allclose(found, expected, rtol=4 * tolerance, atol=tolerance)


@pytest.mark.parametrize("name", BACKWARD)
@thirty
@given(seeds, shapes, dtypes, st.booleans())
def test_backward_is_the_reference(name, seed, shape, dtype, turned):
    x, g = (_numbers(seed + k, shape, dtype, turned) for k in range(2))
    with kernels.use("numpy"):
        expected = BACKWARD[name](g.astype(np.float64), x.astype(np.float64))
    for mode in ("numpy", "numba"):
        with kernels.use(mode):
            found = BACKWARD[name](g, x)
        assert (found.dtype, found.shape) == (x.dtype, x.shape)
        tolerance = 8 * TOLERANCE[dtype]
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("name", BACKWARD)
def test_backward_is_the_slope(name, mode):
    x, step = np.linspace(-6, 6, 201), 1e-5
    with kernels.use(mode):
        slope = (FORWARD[name](x + step) - FORWARD[name](x - step)) / (2 * step)
        found = BACKWARD[name](np.full(x.shape, 2.0), x)
    np.testing.assert_allclose(found, 2 * slope, atol=1e-9)


@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_tanh_backward(mode):
    g, out = np.array([1.0, 2.0, np.nan]), np.array([0.5, -1.0, 0.0])
    with kernels.use(mode):
        np.testing.assert_array_equal(kernels.tanh_backward(g, out), [0.75, 0.0, np.nan])


@pytest.mark.parametrize("name", BACKWARD)
@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_slopes_at_infinity(name, mode):
    with kernels.use(mode), np.errstate(over="ignore"):
        found = BACKWARD[name](np.ones(2), np.array([-np.inf, np.inf]))
    np.testing.assert_array_equal(found, [0, 0] if name == "sigmoid" else [0, 1])
