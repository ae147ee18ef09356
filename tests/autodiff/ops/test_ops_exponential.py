"""Exponentials, logarithms, sigmoids and the error function: known numbers, extremes, NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad


def leaf(*data, dtype=ad.float64):
    return ad.tensor(list(data), dtype=dtype, requires_grad=True)


def value_and_gradient(function, *data):
    x = leaf(*data)
    y = function(x)
    y.sum().backward()
    return y.tolist(), x.grad.tolist()


def test_sigmoid_is_stable_at_both_ends():
    values, slopes = value_and_gradient(ad.sigmoid, -1000.0, -40.0, 0.0, 40.0, 1000.0)
    np.testing.assert_allclose(values, [0.0, math.exp(-40), 0.5, 1.0, 1.0], rtol=1e-15)
    np.testing.assert_allclose(slopes, [0.0, math.exp(-40), 0.25, 0.0, 0.0], rtol=1e-15)


@pytest.mark.parametrize("dtype", [ad.float16, ad.float32, ad.float64])
def test_sigmoid_keeps_small_numbers_in_every_dtype(dtype):
    x = np.array([-9.0, -5.0, -1.0, 1.0, 5.0, 9.0])
    y = ad.sigmoid(ad.tensor(x, dtype=dtype))
    np.testing.assert_allclose(
        y.numpy().astype(float), 1 / (1 + np.exp(-x)), rtol=4 * np.finfo(dtype).eps
    )


def test_logsigmoid_and_softplus_do_not_overflow():
    values, slopes = value_and_gradient(ad.logsigmoid, -1000.0, 0.0, 1000.0)
    np.testing.assert_allclose(values, [-1000.0, -math.log(2), 0.0])
    np.testing.assert_allclose(slopes, [1.0, 0.5, 0.0])
    values, slopes = value_and_gradient(ad.softplus, -1000.0, 0.0, 1000.0)
    np.testing.assert_allclose(values, [0.0, math.log(2), 1000.0])
    np.testing.assert_allclose(slopes, [0.0, 0.5, 1.0])
    values, _ = value_and_gradient(lambda x: ad.softplus(x, beta=2, threshold=1e9), 300.0, 400.0)
    np.testing.assert_allclose(values, [300.0, 400.0])


def test_softplus_is_the_input_above_the_threshold():
    x = leaf(0.9, 1.1)
    y = ad.softplus(x, beta=2.0, threshold=2.0)
    y.sum().backward()
    assert y.tolist()[1] == 1.1
    assert x.grad.tolist()[1] == 1.0
    np.testing.assert_allclose(y.tolist()[0], math.log1p(math.exp(1.8)) / 2)


def test_logaddexp_at_the_extremes():
    x, y = leaf(1000.0, -np.inf, 0.0), leaf(1000.0, 0.0, -np.inf)
    z = ad.logaddexp(x, y)
    z.sum().backward()
    np.testing.assert_allclose(z.tolist(), [1000 + math.log(2), 0.0, 0.0])
    np.testing.assert_allclose(x.grad.tolist(), [0.5, 0.0, 1.0])
    np.testing.assert_allclose(y.grad.tolist(), [0.5, 1.0, 0.0])


def test_xlogy_is_zero_where_x_is():
    x, y = leaf(0.0, 0.0, 2.0, 0.0), leaf(0.0, 3.0, 10.0, -1.0)
    z = ad.xlogy(x, y)
    assert z.tolist() == [0.0, 0.0, 2 * math.log(10), 0.0]
    z.sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), [0.0, math.log(3), math.log(10), 0.0])
    np.testing.assert_allclose(y.grad.tolist(), [0.0, 0.0, 0.2, 0.0])
    assert math.isnan(ad.xlogy(ad.tensor(0.0), ad.tensor(float("nan"))).item())
    assert ad.xlogy(2, ad.tensor([1.0])).tolist() == [0.0]
    assert ad.xlogy(ad.ones(2), 3).dtype == ad.float32


def test_xlogy_mixed_second_derivative_at_zero():
    x, y = leaf(0.0), leaf(4.0)
    (g,) = ad.grad(ad.xlogy(x, y), y, create_graph=True)
    assert ad.grad(g, x)[0].item() == 0.25


def test_the_error_function():
    x = [-3.0, -0.4, 0.0, 0.5, 2.0, 6.0]
    values, slopes = value_and_gradient(ad.erf, *x)
    np.testing.assert_allclose(values, [math.erf(v) for v in x], rtol=1e-14)
    np.testing.assert_allclose(slopes, [2 / math.sqrt(math.pi) * math.exp(-v * v) for v in x])
    np.testing.assert_allclose(ad.erfc(leaf(*x)).tolist(), [math.erfc(v) for v in x], rtol=1e-14)
    # Where 1 - erf(x) would be 0.
    np.testing.assert_allclose(ad.erfc(leaf(10.0)).tolist(), [math.erfc(10.0)], rtol=1e-13)


def test_erfinv_inverts_erf():
    x = np.linspace(-2.5, 2.5, 11)
    np.testing.assert_allclose(ad.erf(leaf(*x)).erfinv().tolist(), x, rtol=1e-12, atol=1e-15)
    values, slopes = value_and_gradient(ad.erfinv, -1.0, 0.0, 1.0, 1.5)
    np.testing.assert_array_equal(values, [-np.inf, 0.0, np.inf, np.nan])
    np.testing.assert_allclose(slopes, [np.inf, math.sqrt(math.pi) / 2, np.inf, np.nan])


def test_logarithms_at_and_below_zero():
    for name in ("log", "log2", "log10"):
        values, slopes = value_and_gradient(getattr(ad, name), 0.0, -1.0)
        assert values[0] == -math.inf
        assert math.isnan(values[1])
        assert slopes[0] == math.inf


def test_accuracy_near_zero():
    np.testing.assert_allclose(leaf(1e-18).log1p().tolist(), [1e-18])
    np.testing.assert_allclose(leaf(1e-18).expm1().tolist(), [1e-18])


def test_integers_become_floats():
    x = ad.tensor([0, 1])
    for name in ("exp", "log1p", "sigmoid", "tanh", "erf", "sqrt", "softplus", "logsigmoid"):
        assert getattr(ad, name)(x).dtype == ad.float32, name


def test_numpy_functions_are_recorded():
    x = leaf(0.5, 1.5)
    for name in ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "tanh"):
        result = getattr(np, name)(x)
        assert result.requires_grad
        np.testing.assert_array_equal(result.tolist(), getattr(np, name)([0.5, 1.5]))
    assert np.logaddexp(x, np.zeros(2)).requires_grad


def test_in_place_forms():
    x = ad.tensor([0.0, 1.0])
    assert x.exp_().log_().tolist() == pytest.approx([0.0, 1.0])
    assert x.sigmoid_().tolist() == pytest.approx([0.5, 0.7310586])
    assert ad.tensor([0.0]).tanh_().erf_().tolist() == [0.0]


def test_what_is_saved_cannot_be_overwritten_unnoticed():
    x = leaf(1.0, 2.0)
    y = x.exp()
    y += 1  # exp needs its output
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()
