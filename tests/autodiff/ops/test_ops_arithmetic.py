"""Arithmetic, division, powers and rounding: options, edges, in-place forms, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.ops import masks


def leaf(*data, dtype=ad.float64):
    return ad.tensor(list(data), dtype=dtype, requires_grad=True)


def gradient(function, *data):
    x = leaf(*data)
    function(x).sum().backward()
    return x.grad.tolist()


def second(function, *data):
    x = leaf(*data)
    (g,) = ad.grad(function(x).sum(), x, create_graph=True)
    (h,) = ad.grad(g.sum(), x, allow_unused=True, materialize_grads=True)
    return h.tolist()


# Options


def test_alpha_scales_the_second_operand():
    x, y = ad.tensor([1.0, 2.0]), ad.tensor([10.0, 20.0])
    assert ad.add(x, y, alpha=2).tolist() == [21.0, 42.0]
    assert x.sub(y, alpha=0.5).tolist() == [-4.0, -8.0]
    assert ad.add(input=x, other=y).tolist() == [11.0, 22.0]
    assert ad.add(x, y, alpha=ad.tensor(2.0)).tolist() == [21.0, 42.0]


def test_unknown_options_are_refused():
    with pytest.raises(TypeError, match="beta"):
        ad.add(ad.ones(2), 1, beta=2)
    with pytest.raises(TypeError, match="alpha"):
        ad.mul(ad.ones(2), 1, alpha=2)


def test_aliases_are_the_same_function():
    assert ad.subtract is ad.sub
    assert ad.multiply is ad.mul
    assert ad.divide is ad.div is ad.true_divide
    assert ad.absolute is ad.abs
    assert ad.negative is ad.neg


def test_lerp_meets_both_ends_exactly():
    x, y = ad.tensor([0.1, 1e8]), ad.tensor([0.7, -1.0])
    assert ad.equal(x.lerp(y, 0.0), x)
    assert ad.equal(x.lerp(y, 1.0), y)
    assert ad.equal(x.lerp(y, ad.tensor([0.0, 1.0])), ad.tensor([x[0].item(), y[1].item()]))


# Division


def test_rounding_modes():
    x = ad.tensor([7, -7, 8])
    assert x.div(2, rounding_mode="trunc").tolist() == [3, -3, 4]
    assert x.div(2, rounding_mode="floor").tolist() == [3, -4, 4]
    assert x.div(2, rounding_mode=None).tolist() == [3.5, -3.5, 4.0]
    big = ad.tensor(2**62 + 1)
    assert big.div(1, rounding_mode="trunc").item() == 2**62 + 1
    assert (-big).div(3, rounding_mode="trunc").item() == -((2**62 + 1) // 3)
    with pytest.raises(ValueError, match="must be None, 'trunc' or 'floor', got 'up'"):
        x.div(2, rounding_mode="up")


@pytest.mark.parametrize("name", ["floor_divide", "remainder", "fmod"])
def test_integers_divided_by_zero_raise(name):
    with pytest.raises(ZeroDivisionError, match="no integer result"):
        getattr(ad, name)(ad.tensor([1, 2]), ad.tensor([1, 0]))
    with pytest.raises(ZeroDivisionError, match="no integer result"):
        getattr(ad, name)(ad.tensor([1, 2]), 0)


def test_floats_divided_by_zero_follow_ieee():
    x = ad.tensor([1.0, -1.0, 0.0])
    np.testing.assert_array_equal((x / 0).numpy(), [np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal((ad.tensor([1, -1, 0]) / 0).numpy(), [np.inf, -np.inf, np.nan])


def test_the_gradient_of_a_quotient_does_not_overflow():
    x = leaf(1e-200)
    (g,) = ad.grad(1e-200 / x, x)
    assert g.item() == -1e200
    y = ad.tensor([1e30], requires_grad=True)
    (ad.tensor([1e30]) / y).backward()
    np.testing.assert_allclose(y.grad.numpy(), [-1e-30], rtol=1e-6)


# Powers


def test_powers_of_negative_bases():
    assert gradient(lambda x: x**3, -2.0) == [12.0]
    assert gradient(lambda x: x**2, -2.0) == [-4.0]
    assert gradient(lambda x: x**-2, -2.0) == [0.25]
    assert np.isnan(gradient(lambda x: x**1.5, -2.0))


def test_powers_at_zero():
    assert gradient(lambda x: x**2, 0.0) == [0.0]
    assert gradient(lambda x: x**1, 0.0) == [1.0]
    assert gradient(lambda x: x**0, 0.0, 3.0, np.nan) == [0.0, 0.0, 0.0]
    assert gradient(lambda x: x**0.5, 0.0) == [np.inf]
    assert second(lambda x: x**2, 0.0) == [2.0]
    assert second(lambda x: x**1, 0.0) == [0.0]
    assert second(lambda x: x**3, 0.0) == [0.0]


def test_the_gradient_of_an_exponent_is_zero_at_base_zero():
    base, exponent = leaf(0.0, 0.0, 2.0), leaf(0.0, 2.0, 3.0)
    (base**exponent).sum().backward()
    np.testing.assert_allclose(exponent.grad.numpy(), [0.0, 0.0, 8 * np.log(2)])
    np.testing.assert_allclose(base.grad.numpy(), [0.0, 0.0, 12.0])
    y = leaf(-1.0, 0.0, 2.0)
    (0**y).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [-np.inf, 0.0, 0.0])


def test_mixed_second_derivative_of_a_power_at_exponent_zero():
    # d/dx d/dy x**y = x**(y - 1) * (1 + y log x), which is 1 / x at y = 0.
    x, y = leaf(2.0), leaf(0.0)
    (g,) = ad.grad(x**y, x, create_graph=True)
    assert g.item() == 0.0
    assert ad.grad(g, y)[0].item() == 0.5


def test_special_exponents_are_their_own_operations():
    x = leaf(4.0)
    names = {n: (x**n).grad_fn.name for n in (2, 0.5, -1, -0.5, 3)}
    assert names == {2: "square", 0.5: "sqrt", -1: "reciprocal", -0.5: "rsqrt", 3: "pow"}
    np.testing.assert_allclose([(x**n).item() for n in names], [16.0, 2.0, 0.25, 0.5, 64.0])


def test_integer_powers():
    x = ad.tensor([2, -3])
    assert (x**3).tolist() == [8, -27]
    assert (x**2).dtype == ad.int64
    assert (2 ** x.abs()).tolist() == [4, 8]
    for power in (lambda: x**-1, lambda: x ** ad.tensor([-1, 2]), lambda: 2 ** ad.tensor([-1])):
        with pytest.raises(ValueError, match=r"pow\(.*convert the base with \.float\(\)"):
            power()
    np.testing.assert_allclose((x.float() ** -1).numpy(), [0.5, -1 / 3], rtol=1e-6)


def test_hypot_neither_overflows_nor_fails_at_zero():
    x, y = leaf(3e200, 0.0), leaf(4e200, 0.0)
    r = ad.hypot(x, y)
    np.testing.assert_allclose(r.detach().numpy(), [5e200, 0.0])
    r.sum().backward()
    np.testing.assert_allclose([*x.grad.numpy(), *y.grad.numpy()], [0.6, 0.0, 0.8, 0.0])


# Signs and rounding


def test_the_gradient_of_abs_and_sign_at_zero_is_zero():
    assert gradient(ad.abs, -2.0, 0.0, 2.0) == [-1.0, 0.0, 1.0]
    assert gradient(ad.sign, -2.0, 0.0, 2.0) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "sign"])
def test_steps_have_gradient_zero_and_no_nan_from_infinite_cotangents(name):
    x = leaf(1.5, -0.3, np.inf)
    y = getattr(x, name)()
    y.backward(ad.tensor([np.inf, np.nan, 1.0], dtype=ad.float64))
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_rounding_goes_to_even_and_to_decimals():
    x = ad.tensor([0.5, 1.5, -2.5, 2.675])
    assert x.round().tolist() == [0.0, 2.0, -2.0, 3.0]
    np.testing.assert_allclose(x.round(decimals=1).numpy(), [0.5, 1.5, -2.5, 2.7], rtol=1e-6)
    assert ad.tensor([1234.0]).round(decimals=-2).tolist() == [1200.0]
    assert ad.tensor([3, -4]).floor().dtype == ad.int64


# In place


def test_in_place_forms_write_and_differentiate():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y
    y += 1
    y *= 3
    y -= x
    y /= 2
    y **= 2
    y.neg_()
    assert z is y
    y.sum().backward()
    inner = (3 * (np.array([1.0, 2.0]) + 1) - np.array([1.0, 2.0])) / 2
    np.testing.assert_allclose(y.detach().numpy(), -(inner**2))
    np.testing.assert_allclose(x.grad.numpy(), -2 * inner)


def test_in_place_options_and_aliases():
    x = ad.tensor([1.0, 2.0])
    x.add_(ad.tensor([1.0, 1.0]), alpha=10).sub_(1).mul_(2).div_(4).multiply_(2.0)
    assert x.tolist() == [10.0, 11.0]
    x.addcmul_(ad.tensor(1.0), ad.tensor(2.0), value=3).lerp_(ad.tensor([0.0, 0.0]), 0.5)
    assert x.tolist() == [8.0, 8.5]
    assert x.floor_().abs_().sqrt_().tolist() == pytest.approx([8**0.5, 8**0.5])


def test_in_place_results_must_fit_the_tensor():
    x = ad.tensor([1, 2])
    with pytest.raises(TypeError, match="div_"):
        x /= 2
    x //= 2
    assert x.tolist() == [0, 1]
    with pytest.raises(ValueError, match="add_"):
        ad.ones(2).add_(ad.ones(3, 2))


# NumPy, reflected operators, errors


def test_numpy_functions_are_recorded():
    x = leaf(1.0, 4.0)
    array = np.array([1.0, 2.0])
    results = {
        np.add(x, array): [2.0, 6.0],
        np.subtract(array, x): [0.0, -2.0],
        np.multiply(array, x): [1.0, 8.0],
        np.divide(x, 2.0): [0.5, 2.0],
        np.power(x, 2): [1.0, 16.0],
        np.negative(x): [-1.0, -4.0],
        np.sqrt(x): [1.0, 2.0],
        np.square(x): [1.0, 16.0],
        np.absolute(x): [1.0, 4.0],
        np.round(x, 1): [1.0, 4.0],
        np.remainder(x, 3.0): [1.0, 1.0],
        array * x: [1.0, 8.0],
        array / x: [1.0, 0.5],
        array - x: [0.0, -2.0],
        array**x: [1.0, 16.0],
        np.float64(2.0) * x: [2.0, 8.0],
    }
    for result, expected in results.items():
        assert isinstance(result, ad.Tensor)
        assert result.requires_grad
        assert result.tolist() == expected


def test_reflected_operators():
    x = ad.tensor([2.0, 4.0])
    assert (1 + x).tolist() == [3.0, 5.0]
    assert (1 - x).tolist() == [-1.0, -3.0]
    assert (8 / x).tolist() == [4.0, 2.0]
    assert (9 // x).tolist() == [4.0, 2.0]
    assert (9 % x).tolist() == [1.0, 1.0]
    assert (2**x).tolist() == [4.0, 16.0]
    assert (+x).tolist() == [2.0, 4.0]
    assert abs(-x).tolist() == [2.0, 4.0]


def test_bools_cannot_be_negated_or_subtracted():
    x = ad.tensor([True, False])
    with pytest.raises(TypeError, match=r"neg\(bool\[2\]\)"):
        -x
    with pytest.raises(TypeError, match=r"sub\(bool\[2\], bool\[2\]\)"):
        x - x
    assert (x + x).tolist() == [True, False]


def test_a_number_out_of_range_is_refused():
    with pytest.raises(OverflowError, match=r"add\(int8\[1\], 300\)"):
        ad.tensor([1], dtype=ad.int8) + 300


# Masks, on which the rules stand


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 5, 5000])
def test_masks_let_nothing_through(dtype, n):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, n)).astype(dtype)
    mask = rng.random(n) < 0.5
    x[~mask] = rng.choice(np.array([np.nan, np.inf, -np.inf], dtype), (~mask).sum())
    kept = masks.keep(x, mask)
    np.testing.assert_array_equal(kept, np.where(mask, x, 0))
    chosen = masks.select(mask, x, y)
    np.testing.assert_array_equal(chosen, np.where(mask, x, y))
    assert kept.dtype == chosen.dtype == dtype
    np.testing.assert_array_equal(masks.select(mask, x, -1.0), np.where(mask, x, dtype(-1)))
    np.testing.assert_array_equal(masks.select(mask, 2, y), np.where(mask, dtype(2), y))
    assert masks.select(mask, x, -1.0).dtype == dtype


def test_masks_broadcast_and_take_any_layout():
    x = np.arange(6000.0).reshape(60, 100)
    mask = np.arange(100) % 3 == 0
    np.testing.assert_array_equal(masks.keep(x.T, mask[:, None]), np.where(mask[:, None], x.T, 0))
    np.testing.assert_array_equal(
        masks.select(np.broadcast_to(mask, x.shape), x, x[:, ::-1]), np.where(mask, x, x[:, ::-1])
    )
    assert masks.keep(np.float64(3.0), np.False_) == 0
