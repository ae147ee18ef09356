"""Softmax and its logarithm: extreme logits, edges of shape, memory order, dtypes, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins

INF = float("inf")


@pytest.mark.parametrize("shape", [(2,), (1, 2), (40, 2), (2, 40)])
def test_extreme_logits_neither_overflow_nor_give_nan(shape):
    logits = np.zeros(shape, np.float32)
    logits[..., 0], logits[..., 1] = 1e4, -1e4
    x = ad.tensor(logits, requires_grad=True)
    p = ad.softmax(x, -1)
    p.backward(ad.ones(*shape))
    assert p.numpy(force=True)[..., 0].tolist() == np.ones(shape[:-1]).tolist()
    assert np.isfinite(x.grad.numpy()).all()
    logp = ad.log_softmax(x, -1).numpy(force=True)
    np.testing.assert_array_equal(logp[..., 1], np.full(shape[:-1], -2e4, np.float32))


@pytest.mark.parametrize("rows", [1, 40])
def test_infinite_logits(rows):
    x = ad.tensor([[-INF, 0.0, -INF]] * rows, requires_grad=True)
    p = ad.softmax(x, 1)
    assert p[0].tolist() == [0.0, 1.0, 0.0]
    (p * p).sum().backward()
    assert not x.grad.numpy().any()
    assert ad.log_softmax(x, 1)[0].tolist() == [-INF, 0.0, -INF]
    assert np.isnan(ad.softmax(ad.full((rows, 2), -INF), 1).numpy()).all()


def test_log_softmax_keeps_small_probabilities():
    x = ad.tensor([0.0, 200.0])
    assert ad.softmax(x, 0).log().tolist() == [-INF, 0.0]
    assert ad.log_softmax(x, 0).tolist() == [-200.0, 0.0]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,)])
def test_empty(shape):
    x = ad.tensor(np.zeros(shape), requires_grad=True)
    for function in (ad.softmax, ad.log_softmax):
        y = function(x, -1)
        assert y.shape == shape
        assert ad.grad(y.sum(), x)[0].shape == shape


def test_memory_order_makes_no_difference():
    x = np.random.default_rng(0).normal(size=(30, 7))
    expected = ad.softmax(ad.tensor(x), 1).numpy()
    for view in (np.asfortranarray(x), x[::-1][::-1], np.repeat(x, 2, 1)[:, ::2]):
        np.testing.assert_array_equal(ad.softmax(ad.as_tensor(view), 1).numpy(), expected)


def test_a_transposed_short_row_does_not_change_the_result():
    x = np.random.default_rng(0).normal(size=(3, 5))
    many = np.tile(x, (20, 1))
    one_by_one = ad.softmax(ad.tensor(x), 1).numpy()
    np.testing.assert_allclose(ad.softmax(ad.tensor(many), 1).numpy()[:3], one_by_one, rtol=1e-15)


def test_float16_is_summed_in_float32():
    p = ad.softmax(ad.zeros(5000, 2, dtype=ad.float16), 0).numpy()
    np.testing.assert_allclose(p, 1 / 5000, rtol=1e-3)


def test_dtype_and_names():
    x = ad.tensor([[1, 2, 3]])
    assert ad.softmax(x, dim=1, dtype=ad.float64).dtype == np.float64
    assert ad.softmax(x.float(), axis=1).dtype == np.float32
    assert ad.log_softmax(x.to(ad.float16), 1).dtype == np.float16


def test_errors():
    with pytest.raises(TypeError, match="softmax: expected a floating tensor, got int64"):
        ad.softmax(ad.tensor([1, 2]), 0)
    with pytest.raises(IndexError, match="log_softmax: dim 2 is out of range"):
        ad.log_softmax(ad.zeros(2, 2), 2)
    with pytest.raises(TypeError, match="softmax: dim must be an integer"):
        F.softmax(ad.zeros(2), None)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "dim"),
    [((64, 10), 1), ((64, 10), 0), ((5, 300), 1), ((3, 4, 5), 1), ((30, 3, 2), -1), ((7,), 0)],
)
def test_as_torch(shape, dim, dtype):
    x = 5 * np.random.default_rng(0).normal(size=shape).astype(dtype)
    for name in ("softmax", "log_softmax", "softmin"):
        agree(*twins(name, dim), x)
