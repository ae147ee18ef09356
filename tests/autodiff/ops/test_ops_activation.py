"""Activations: what happens at the kinks and far out, options, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad


def leaf(*data, dtype=ad.float64):
    return ad.tensor(list(data), dtype=dtype, requires_grad=True)


def gradient(function, *data):
    x = leaf(*data)
    function(x).sum().backward()
    return x.grad.tolist()


def test_gradients_at_the_kinks():
    assert gradient(ad.relu, -1.0, 0.0, 2.0) == [0.0, 0.0, 1.0]
    assert gradient(lambda x: ad.leaky_relu(x, 0.1), -2.0, 0.0, 2.0) == [0.1, 0.1, 1.0]
    assert gradient(ad.relu6, 0.0, 3.0, 6.0) == [0.0, 1.0, 0.0]
    assert gradient(ad.hardtanh, -1.0, 0.0, 1.0) == [0.0, 1.0, 0.0]
    assert gradient(ad.hardsigmoid, -3.0, 0.0, 3.0) == [0.0, 1 / 6, 0.0]
    assert gradient(ad.hardswish, -3.0, 0.0, 3.0) == [0.0, 0.5, 1.0]
    assert gradient(ad.hardshrink, -0.5, 0.0, 0.5, 0.6) == [0.0, 0.0, 0.0, 1.0]
    assert gradient(ad.softshrink, -0.5, 0.0, 0.5, 0.6) == [0.0, 0.0, 0.0, 1.0]
    assert gradient(lambda x: ad.threshold(x, 1.0, 5.0), 1.0, 1.5) == [0.0, 1.0]
    assert gradient(lambda x: ad.elu(x, 2.0), 0.0) == [2.0]
    assert gradient(ad.softsign, 0.0) == [1.0]


@pytest.mark.parametrize(
    "name",
    ["relu", "relu6", "hardtanh", "hardsigmoid", "hardshrink", "softshrink", "threshold"],
)
def test_infinite_cotangents_do_not_pass_where_the_derivative_is_zero(name):
    inside, outside = {"hardshrink": (0.1, 2.0), "softshrink": (0.1, 2.0)}.get(name, (-50.0, 0.5))
    x = leaf(inside, outside)
    options = (0.2, 1.0) if name == "threshold" else ()
    getattr(ad, name)(x, *options).backward(ad.tensor([np.inf, 1.0], dtype=ad.float64))
    assert x.grad.tolist()[0] == 0.0
    assert x.grad.tolist()[1] > 0


def test_large_arrays_take_the_same_values_as_small_ones():
    # Above some size masks are applied bit by bit.
    rng = np.random.default_rng(0)
    data = rng.normal(size=5000)
    for name in ("relu", "leaky_relu", "elu", "hardtanh", "hardswish", "prelu"):
        function = getattr(ad, name)
        call = (lambda x: ad.prelu(x, 0.25)) if name == "prelu" else function
        x = leaf(*data)
        y = call(x)
        y.sum().backward()
        small = [leaf(*part) for part in data.reshape(-1, 50)]
        outs = [call(part) for part in small]
        for out in outs:
            out.sum().backward()
        values = np.ravel([out.tolist() for out in outs])
        np.testing.assert_allclose(y.detach().numpy(), values, rtol=1e-15)
        gradients = np.ravel([part.grad.tolist() for part in small])
        np.testing.assert_allclose(x.grad.numpy(), gradients, rtol=1e-15)


def test_exponentials_far_out():
    for name, limit in (("elu", -1.0), ("selu", -1.7580993408473766), ("celu", -1.0)):
        assert getattr(ad, name)(leaf(-1000.0, 1000.0)).tolist()[0] == pytest.approx(limit)
        assert gradient(getattr(ad, name), -1000.0)[0] == 0.0
        assert math.isfinite(gradient(getattr(ad, name), 1000.0)[0])
    for name in ("silu", "mish", "gelu"):
        assert getattr(ad, name)(leaf(-1000.0, 1000.0)).tolist() == [0.0, 1000.0]
        assert gradient(getattr(ad, name), -1000.0, 1000.0) == [0.0, 1.0]


def test_mish_keeps_small_numbers():
    x = -30.0
    s = 1 / (1 + math.exp(-x))
    assert ad.mish(leaf(x)).item() == pytest.approx(
        x * math.tanh(math.log1p(math.exp(x))), rel=1e-13
    )
    assert gradient(ad.mish, x)[0] == pytest.approx(s + x * s, rel=1e-12)


def test_known_numbers():
    assert ad.gelu(leaf(1.0)).item() == pytest.approx(0.5 * (1 + math.erf(math.sqrt(0.5))))
    assert ad.gelu(leaf(1.0), approximate="tanh").item() == pytest.approx(0.8411919906082768)
    assert ad.silu(leaf(1.0)).item() == pytest.approx(1 / (1 + math.exp(-1)))
    assert ad.leaky_relu(leaf(-2.0)).item() == -0.02
    assert ad.celu(leaf(-1.0), alpha=2.0).item() == pytest.approx(2 * (math.exp(-0.5) - 1))


def test_prelu_has_a_slope_per_channel():
    x = ad.tensor(-np.ones((2, 3, 2)), requires_grad=True)
    w = ad.tensor(np.array([0.1, 0.2, 0.3]), requires_grad=True)
    y = x.prelu(w)
    np.testing.assert_allclose(y.detach().numpy()[0, :, 0], [-0.1, -0.2, -0.3])
    y.sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), [-4.0, -4.0, -4.0])
    np.testing.assert_allclose(x.grad.numpy()[1, :, 1], [0.1, 0.2, 0.3])
    assert ad.prelu(ad.tensor(-2.0), ad.tensor([0.5])).item() == -1.0
    with pytest.raises(ValueError, match=r"weight must have one element or one per channel \(3"):
        x.prelu(ad.ones(2))


def test_wrong_options_are_explained():
    x = ad.ones(2)
    with pytest.raises(ValueError, match="approximate must be 'none' or 'tanh', got 'fast'"):
        ad.gelu(x, approximate="fast")
    with pytest.raises(ValueError, match="min_val must be less than max_val"):
        ad.hardtanh(x, 1.0, -1.0)
    with pytest.raises(ValueError, match="lambd must not be negative"):
        ad.softshrink(x, -1.0)
    with pytest.raises(ZeroDivisionError, match="alpha"):
        ad.celu(x, 0.0)


def test_in_place_relu():
    x = leaf(-1.0, 2.0)
    y = x * 3
    assert y.relu_() is y
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 3.0]


def test_relu_keeps_integers():
    assert ad.tensor([-1, 2]).relu().dtype == ad.int64
