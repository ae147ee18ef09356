"""Norms, cosines and distances of vectors: zero vectors, broadcasting, PyTorch, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins


def test_a_zero_vector_has_cosine_0_and_a_finite_gradient():
    x = ad.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    y = ad.tensor([[1.0, 0.0], [6.0, 8.0]], requires_grad=True)
    cosine = ad.cosine_similarity(x, y)
    cosine.sum().backward()
    np.testing.assert_allclose(cosine.numpy(force=True), [0.0, 1.0])
    assert np.isfinite(x.grad.numpy()).all()
    assert np.isfinite(y.grad.numpy()).all()


def test_a_cosine_does_not_overflow():
    x = ad.tensor([1e30, 1e30])
    np.testing.assert_allclose(ad.cosine_similarity(x, x, dim=0).item(), 1.0, rtol=1e-6)


def test_equal_points_have_a_finite_gradient():
    x = ad.ones(2, 3, requires_grad=True)
    ad.pairwise_distance(x, ad.ones(2, 3), eps=0.0).sum().backward()
    assert not x.grad.numpy().any()


def test_axis_and_keepdim():
    x = ad.tensor([[3.0, 0.0], [4.0, 1.0]])
    assert F.normalize(x, axis=0).tolist()[0][0] == np.float32(0.6)
    assert ad.cosine_similarity(x, x, axis=0).shape == (2,)
    assert ad.pairwise_distance(x, x, keepdim=True).shape == (2, 1)


def test_margins():
    near, far = ad.tensor([0.25, 2.0]), ad.tensor([-1.0, -1.0])
    assert ad.hinge_embedding_loss(near, far, reduction="none").tolist() == [0.75, 0.0]
    higher = ad.margin_ranking_loss(near, ad.zeros(2), far, margin=0.5, reduction="none")
    assert higher.tolist() == [0.75, 2.5]


def test_errors():
    x = ad.ones(2, 3)
    with pytest.raises(IndexError, match="dim 5 is out of range"):
        ad.cosine_similarity(x, x, dim=5)
    with pytest.raises(ValueError, match="broadcast"):
        ad.cosine_similarity(x, ad.ones(2, 4))
    with pytest.raises(TypeError, match="cosine_similarity: expected a floating tensor"):
        ad.cosine_similarity(x.long(), x.long())
    with pytest.raises(ValueError, match="triplet_margin_loss: reduction must be"):
        ad.triplet_margin_loss(x, x, x, reduction="avg")


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_as_torch(dtype):
    x, y = np.random.default_rng(0).normal(size=(2, 4, 5)).astype(dtype)
    agree(*twins("cosine_similarity"), x, y)
    agree(*twins("cosine_similarity", dim=-1), x, y[0])
    for p in (1.0, 2.0, 3.0, float("inf")):
        agree(*twins("normalize", p, 0), x)
        agree(*twins("pairwise_distance", p), x, y)
