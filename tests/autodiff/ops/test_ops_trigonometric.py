"""Trigonometric and hyperbolic functions: known numbers, quadrants, extremes, NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad


def leaf(*data, dtype=ad.float64):
    return ad.tensor(list(data), dtype=dtype, requires_grad=True)


def test_atan2_in_every_quadrant():
    points = [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0), (0.0, -1.0), (-0.0, -1.0)]
    y, x = (leaf(*side) for side in zip(*points, strict=True))
    angle = ad.atan2(y, x)
    np.testing.assert_allclose(angle.tolist(), [math.atan2(*p) for p in points])
    angle.sum().backward()
    np.testing.assert_allclose(y.grad.tolist(), [x / (x * x + y * y) for y, x in points])
    np.testing.assert_allclose(x.grad.tolist(), [-y / (x * x + y * y) for y, x in points])


def test_atan2_at_the_origin_and_far_out():
    y, x = leaf(0.0, 1e200), leaf(0.0, 1e200)
    ad.atan2(y, x).sum().backward()
    np.testing.assert_allclose(y.grad.tolist(), [0.0, 0.5e-200])
    np.testing.assert_allclose(x.grad.tolist(), [0.0, -0.5e-200])


def test_derivatives_near_the_end_of_the_domain():
    x = 1 - 2.0**-40
    exact = 1 / math.sqrt((1 - x) * (1 + x))
    for name, sign in (("asin", 1), ("acos", -1)):
        t = leaf(x)
        getattr(ad, name)(t).backward()
        assert t.grad.item() == pytest.approx(sign * exact, rel=1e-14)
    t = leaf(x)
    t.atanh().backward()
    assert t.grad.item() == pytest.approx(1 / ((1 - x) * (1 + x)), rel=1e-14)
    t = leaf(1 + 2.0**-40)
    t.acosh().backward()
    assert t.grad.item() == pytest.approx(1 / math.sqrt(2.0**-40 * (2 + 2.0**-40)), rel=1e-14)


def test_asinh_far_out():
    x = ad.tensor([1e30, -1e30], requires_grad=True)
    x.asinh().sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [1e-30, 1e-30], rtol=1e-6)


def test_outside_the_domain_is_nan():
    for name in ("asin", "acos", "atanh"):
        assert math.isnan(getattr(ad, name)(ad.tensor(1.5)).item())
    assert math.isnan(ad.acosh(ad.tensor(0.5)).item())
    assert ad.atanh(ad.tensor(1.0)).item() == math.inf


def test_degrees():
    x = leaf(90.0, 180.0)
    y = x.deg2rad()
    np.testing.assert_allclose(y.tolist(), [math.pi / 2, math.pi])
    y.sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), [math.pi / 180] * 2)
    np.testing.assert_allclose(y.rad2deg().tolist(), [90.0, 180.0])


def test_aliases_are_the_same_function():
    for short in ("acos", "asin", "atan", "acosh", "asinh", "atanh", "atan2"):
        assert getattr(ad, short) is getattr(ad, "arc" + short[1:])


@pytest.mark.parametrize(
    "name",
    ["sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "arcsinh", "arctanh",
     "deg2rad", "rad2deg", "radians", "degrees"],
)  # fmt: skip
def test_numpy_functions_are_recorded(name):
    x = leaf(0.25, -0.5)
    result = getattr(np, name)(x)
    assert result.requires_grad
    np.testing.assert_array_equal(result.tolist(), getattr(np, name)(np.array([0.25, -0.5])))


def test_in_place_forms():
    x = ad.tensor([0.5])
    assert x.sin_().arcsin_().tolist() == pytest.approx([0.5])
    assert x.cosh_().acosh_().tolist() == pytest.approx([0.5])
    assert x.atan2_(ad.tensor([0.5])).tolist() == pytest.approx([math.pi / 4])
