"""Dropout: p = 0 and 1, scaling, whole channels, masks made again, errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins

NAMES = ["dropout", "dropout1d", "dropout2d", "alpha_dropout"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_happens_outside_training_and_with_p_0(name):
    x = ad.ones(2, 3, 4)
    assert getattr(F, name)(x, 0.5, training=False) is x
    assert getattr(F, name)(x, 0.0, training=True) is x


@pytest.mark.parametrize("name", NAMES)
def test_p_1_leaves_zeros_and_no_gradient(name):
    x = ad.ones(2, 3, 4, requires_grad=True)
    y = getattr(F, name)(x, 1.0, training=True)
    y.sum().backward()
    assert not y.numpy(force=True).any()
    assert not x.grad.numpy().any()


def test_the_gradient_goes_where_the_input_went():
    ad.manual_seed(0)
    x = ad.ones(1000, requires_grad=True)
    y = F.dropout(x, 0.25)
    y.sum().backward()
    np.testing.assert_array_equal(y.numpy(force=True), x.grad.numpy())
    assert set(np.unique(y.numpy(force=True))) == {np.float32(0), np.float32(1) / np.float32(0.75)}
    assert 200 < (y.numpy(force=True) == 0).sum() < 300


def test_whole_channels_fall_out():
    ad.manual_seed(0)
    y = F.dropout2d(ad.ones(8, 16, 3, 3)).numpy()
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y == y[:, :, :1, :1]).all()


def test_alpha_dropout_keeps_mean_and_variance():
    ad.manual_seed(0)
    x = ad.randn(100_000)
    y = F.alpha_dropout(x, 0.3, training=True).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1) < 0.02


def test_same_seed_same_mask():
    ad.manual_seed(7)
    first = F.dropout(ad.ones(50)).tolist()
    ad.manual_seed(7)
    assert F.dropout(ad.ones(50)).tolist() == first
    assert F.dropout(ad.ones(50)).tolist() != first


def test_empty_and_0_d():
    assert F.dropout(ad.zeros(0, 3)).shape == (0, 3)
    assert F.dropout(ad.tensor(1.0)).shape == ()


def test_in_place():
    ad.manual_seed(0)
    x = ad.ones(40)
    assert F.dropout(x, 0.5, True, True) is x
    assert set(x.tolist()) == {0.0, 2.0}


def test_errors():
    for p in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match="dropout: p must be a probability"):
            F.dropout(ad.ones(2), p)
    with pytest.raises(TypeError, match="dropout: expected a floating tensor"):
        F.dropout(ad.ones(2, dtype=ad.int64))
    with pytest.raises(ValueError, match=r"dropout2d: expected an input of 3 or 4 axes"):
        F.dropout2d(ad.ones(2))
    with pytest.raises(ValueError, match=r"dropout1d: expected an input of 2 or 3 axes"):
        F.dropout1d(ad.ones(2, 2, 2, 2))


def test_the_mask_is_made_again_in_every_order_of_derivative():
    ad.manual_seed(1)
    x = ad.tensor(np.random.default_rng(0).normal(size=100), requires_grad=True)
    y = F.dropout(x, 0.4)
    mask = np.where(y.numpy(force=True) == 0, 0.0, 1 / 0.6)
    (first,) = ad.grad((y * y).sum(), x, create_graph=True)
    np.testing.assert_allclose(first.numpy(force=True), 2 * mask * y.numpy(force=True))
    (second,) = ad.grad(first.sum(), x)
    np.testing.assert_allclose(second.numpy(), 2 * mask * mask)


def test_a_nan_falls_out_as_well():
    ad.manual_seed(0)
    y = F.dropout(ad.full((200,), float("nan")), 0.5).numpy()
    assert 50 < (y == 0).sum() < 150


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_as_torch_where_everything_falls_out(name, dtype):
    pytest.importorskip("torch")
    shapes = {"dropout1d": [(2, 3), (2, 3, 4)], "dropout2d": [(2, 3, 4), (2, 3, 4, 5)]}
    for shape in shapes.get(name, [(), (3,), (40,), (2, 3, 4)]):
        x = np.asarray(np.random.default_rng(0).normal(size=shape), dtype)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "dropout2d: Received a 3D input")
            agree(*twins(name, 1.0, training=True), x)
