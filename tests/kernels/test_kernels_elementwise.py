"""erf, erfc and erfinv against the C library, printed tables, and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autodiff import kernels

VERSIONS = ["numpy", "numba"]

# M. Abramowitz and I. A. Stegun, "Handbook of mathematical functions" (1964), table 7.1.
TABLE = {0.1: 0.1124629160, 0.5: 0.5204998778, 1.0: 0.8427007929, 2.0: 0.9953222650}

POINTS = np.concatenate(
    [
        np.linspace(-7, 7, 4001),
        np.geomspace(1e-300, 1, 500),
        np.nextafter(0.46875, [0, 1]),
        np.nextafter(4, [0, 5]),
        [0.46875, 4.0, 3.95, 5e-324, 1e308, np.inf, -np.inf],
    ]
)


@pytest.mark.parametrize("mode", VERSIONS)
def test_erf_of_float64(mode):
    expected = np.array([math.erf(v) for v in POINTS])
    with kernels.use(mode):
        np.testing.assert_allclose(kernels.erf(POINTS), expected, rtol=1e-15, atol=1e-323)


@pytest.mark.parametrize("mode", VERSIONS)
def test_erf_of_float32(mode):
    points = POINTS[np.abs(POINTS) < 1e30].astype(np.float32)
    expected = np.array([math.erf(v) for v in points])
    with kernels.use(mode):
        ours = kernels.erf(points)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=1e-7, atol=1e-44)


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_erf_at_the_edges(mode, dtype):
    x = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 9.0], dtype)
    with kernels.use(mode):
        ours = kernels.erf(x)
        assert kernels.erf(dtype(1) * np.ones((), dtype)).shape == ()
        assert kernels.erf(np.ones((0, 3), dtype)).shape == (0, 3)
    assert ours.dtype == dtype
    np.testing.assert_array_equal(ours, [0, 0, np.nan, 1, -1, 1])
    np.testing.assert_array_equal(np.signbit(ours[:2]), [False, True])


@pytest.mark.parametrize("mode", VERSIONS)
def test_erf_of_any_layout(mode):
    x = np.random.default_rng(0).standard_normal((6, 8))
    with kernels.use(mode):
        whole = kernels.erf(x)
        np.testing.assert_array_equal(kernels.erf(x[::-2, 1::3]), whole[::-2, 1::3])
        np.testing.assert_array_equal(kernels.erf(x.T), whole.T)
        np.testing.assert_array_equal(
            kernels.erf(np.broadcast_to(x[:1], (3, 8))), np.repeat(whole[:1], 3, 0)
        )


@pytest.mark.parametrize(("x", "value"), TABLE.items())
def test_table(x, value):
    assert kernels.erf(np.array(x)) == pytest.approx(value, abs=5e-11)
    assert kernels.erfc(np.array(x)) == pytest.approx(1 - value, abs=5e-11)
    assert kernels.erfinv(np.array(value)) == pytest.approx(x, abs=1e-8)


def test_erfc():
    points = POINTS[POINTS < 26]  # beyond, the result has fewer digits
    expected = np.array([math.erfc(v) for v in points])
    np.testing.assert_allclose(kernels.erfc(points), expected, rtol=5e-15)
    edges = kernels.erfc(np.array([np.nan, np.inf, -np.inf, 40.0]))
    np.testing.assert_array_equal(edges, [np.nan, 0, 2, 0])


def test_erfinv_inverts():
    x = np.concatenate(
        [
            np.linspace(-1, 1, 4001)[1:-1],
            1 - np.geomspace(1e-15, 0.1, 200),
            np.geomspace(1e-300, 1e-3, 200),
        ]
    )
    y = kernels.erfinv(x)
    np.testing.assert_allclose([math.erf(v) for v in y], x, rtol=1e-14)
    # Near one the inverse is steep: there the distance from one tells more.
    near = x > 0.5
    np.testing.assert_allclose([math.erfc(v) for v in y[near]], 1 - x[near], rtol=1e-13)


def test_erfinv_at_the_edges():
    x = np.array([0.0, -0.0, 1.0, -1.0, 1.5, -2.0, np.nan], np.float32)
    y = kernels.erfinv(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, [0, 0, np.inf, -np.inf, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(np.signbit(y[:2]), [False, True])


@pytest.mark.parity
@pytest.mark.parametrize("mode", VERSIONS)
def test_like_pytorch(mode):
    torch = pytest.importorskip("torch")
    x = np.linspace(-0.999, 0.999, 2001)
    with kernels.use(mode):
        for ours, theirs in ((kernels.erf, torch.erf), (kernels.erfinv, torch.erfinv)):
            np.testing.assert_allclose(ours(x), theirs(torch.tensor(x)).numpy(), rtol=1e-14)


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (130, 70)])
def test_keep_lets_nothing_else_through(mode, dtype, shape) -> None:
    random = np.random.default_rng(0)
    g = np.asarray(random.standard_normal(shape), dtype)
    mask = np.asarray(random.random(shape) < 0.5)
    g = np.where(random.random(shape) < 0.2, np.asarray(np.nan, dtype), g)
    g = np.where(random.random(shape) < 0.2, np.asarray(np.inf, dtype), g)
    with kernels.use(mode):
        kept = kernels.keep(g, mask)
        turned = kernels.keep(g.T, mask.T)
    assert kept.dtype == g.dtype
    np.testing.assert_array_equal(kept, np.where(mask, g, np.zeros((), dtype)))
    np.testing.assert_array_equal(turned, kept.T)


@pytest.mark.parametrize("mode", ["numpy", "numba"])
def test_keep_broadcasts(mode) -> None:
    g, mask = np.arange(12.0).reshape(3, 4), np.array([[True], [False], [True]])
    with kernels.use(mode):
        np.testing.assert_array_equal(kernels.keep(g, mask), np.where(mask, g, 0))
