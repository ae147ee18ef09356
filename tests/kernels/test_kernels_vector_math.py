"""Functions of vectors: their errors over all of float32 and in float64, and their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autodiff import kernels

INF, NAN = np.inf, np.nan


def _logistic(x):
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1.0) / (1 + e)


def _gelu(x):
    """Of float64 numbers, to full accuracy: x Phi(x) = x erfc(-x / sqrt(2)) / 2."""
    return x * np.array([0.5 * math.erfc(-v * math.sqrt(0.5)) for v in x])


FUNCTIONS = {
    "exp": (kernels.exp, np.exp, 1.1),
    "sigmoid": (kernels.sigmoid, _logistic, 2.0),
    "silu": (kernels.silu, lambda x: x * _logistic(x), 2.2),
    "erf": (kernels.erf, lambda x: np.array([math.erf(v) for v in x]), 2.0),
    "gelu": (lambda x: kernels.gelu(x, "none"), _gelu, 4.5),
}


def _every_exponent(dtype, per_octave, seed=0):
    """Numbers of both signs: some of every exponent there is, denormals among them."""
    info = np.finfo(dtype)
    digits = info.nmant
    kind = np.uint32 if dtype == np.float32 else np.uint64
    exponents = np.arange(0, 2 * info.maxexp - 1, dtype=kind)
    fractions = np.random.default_rng(seed).integers(
        0, 2**digits, (len(exponents), per_octave), dtype=kind
    )
    sizes = ((exponents[:, None] << kind(digits)) | fractions).reshape(-1).view(dtype)
    return np.concatenate([sizes, -sizes])


def _error_in_places(found, expected):
    """The largest distance in units in the last place of results that are finite; others agree."""
    rounded = expected.astype(found.dtype)
    finite = np.isfinite(rounded) & np.isfinite(found)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    unit = np.spacing(np.abs(rounded[finite])).astype(np.float64)
    return (np.abs(found[finite].astype(np.float64) - expected[finite]) / unit).max()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_in_float32(name):
    function, exact, bound = FUNCTIONS[name]
    near = np.random.default_rng(1).uniform(-110, 110, 20_000)
    nearer = np.random.default_rng(2).standard_normal(20_000) * 3
    x = np.concatenate([_every_exponent(np.float32, 30), near, nearer]).astype(np.float32)
    with np.errstate(all="ignore"), kernels.use("numba"):
        assert _error_in_places(function(x), exact(x.astype(np.float64))) <= bound


@pytest.mark.parametrize("name", ["exp", "sigmoid", "silu", "erf"])
def test_error_in_float64(name):
    """Against the functions of the C library, which may be wrong in the last place themselves."""
    function, exact, bound = FUNCTIONS[name]
    x = np.concatenate([_every_exponent(np.float64, 4), np.linspace(-40, 40, 20_001)])
    x = x[(np.abs(x) > 1e-300) & (x > -700)]
    with np.errstate(all="ignore"), kernels.use("numba"):
        assert _error_in_places(function(x), exact(x)) <= bound + 2


def test_gelu_in_float64():
    """Against x erfc(-x / sqrt(2)) / 2 in 60 digits: the argument of a rounded one is too coarse."""
    x = np.array([-35.0, -20.0, -10.0, -5.0, -1.5, -0.001, 3.0])
    expected = [
        -3.9371874726534218539e-267, -5.5072482372124673902e-88, -7.619853024160526066e-23,
        -1.4332578593959695584e-6, -0.10021080190328709901, -0.00049960105778608894781,
        2.9959503059051097164,
    ]  # fmt: skip
    with kernels.use("numba"):
        np.testing.assert_allclose(kernels.gelu(x, "none"), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (kernels.exp, [NAN, INF, 0.0, 1.0, 1.0, INF, 0.0]),
        (kernels.sigmoid, [NAN, 1.0, 0.0, 0.5, 0.5, 1.0, 0.0]),
        (kernels.silu, [NAN, INF, -0.0, 0.0, -0.0, 1e30, -0.0]),
        (lambda x: kernels.gelu(x, "none"), [NAN, INF, -0.0, 0.0, -0.0, 1e30, -0.0]),
        (lambda x: kernels.gelu(x, "tanh"), [NAN, INF, -0.0, 0.0, -0.0, 1e30, -0.0]),
        (kernels.erf, [NAN, 1.0, -1.0, 0.0, -0.0, 1.0, -1.0]),
    ],
)
def test_edges(function, expected, dtype):
    x = np.array([NAN, INF, -INF, 0.0, -0.0, 1e30, -1e30], dtype)
    expected = np.array(expected, dtype)
    with kernels.use("numba"):
        found = function(x)
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


def test_results_that_are_denormal():
    x = np.array([-88.0, -95.0, -100.0, -103.0, -104.5], np.float32)
    with kernels.use("numba"):
        for function, exact, _ in (FUNCTIONS[name] for name in ("exp", "sigmoid", "silu")):
            assert _error_in_places(function(x), exact(x.astype(np.float64))) <= 2
