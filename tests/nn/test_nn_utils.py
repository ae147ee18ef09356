"""Clipping gradients, and parameters as one vector."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn


def with_gradients(*gradients) -> list[nn.Parameter]:
    params = [nn.Parameter(ad.zeros(*np.shape(g))) for g in gradients]
    for p, g in zip(params, gradients, strict=True):
        p.grad = ad.tensor(g)
    return params


def test_clipping_scales_all_gradients_alike() -> None:
    params = [*with_gradients([3.0, 0.0], [[4.0]]), nn.Parameter(ad.ones(2))]
    total = nn.utils.clip_grad_norm_(params, 1.0)
    assert total.item() == 5.0
    np.testing.assert_allclose(params[0].grad.numpy(), [0.6, 0.0], rtol=1e-5)
    np.testing.assert_allclose(params[1].grad.numpy(), [[0.8]], rtol=1e-5)
    assert params[2].grad is None


def test_small_gradients_stay_as_they_are() -> None:
    params = with_gradients([0.25, 0.5])
    array = params[0].grad._array
    nn.utils.clip_grad_norm_((p for p in params), 10.0)
    assert params[0].grad._array is array
    assert params[0].grad.tolist() == [0.25, 0.5]


@pytest.mark.parametrize(
    ("order", "expected"), [(2, 5.0), (1, 7.0), (math.inf, 4.0), (3.0, 91 ** (1 / 3))]
)
def test_orders_of_the_norm(order, expected) -> None:
    grads = [p.grad for p in with_gradients([-3.0], [4.0, 0.0])]
    np.testing.assert_allclose(nn.utils.get_total_norm(grads, order).item(), expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_norms_neither_overflow_nor_vanish(scale) -> None:
    p = with_gradients(np.array([3.0, 4.0], np.float32) * np.float32(scale))[0]
    np.testing.assert_allclose(nn.utils.get_total_norm([p.grad]).item(), 5 * scale, rtol=1e-5)


def test_gradients_that_are_not_finite() -> None:
    p = with_gradients([math.nan, 1.0])[0]
    with pytest.raises(RuntimeError, match=r"norm of order 2\.0 of 1 gradients is nan"):
        nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad[1].item() == 1.0
    assert math.isnan(nn.utils.clip_grad_norm_(p, 1.0).item())
    assert np.isnan(p.grad.numpy()).all()


def test_nothing_to_clip() -> None:
    assert nn.utils.clip_grad_norm_([], 1.0).item() == 0.0
    assert nn.utils.get_total_norm([ad.ones(0)]).item() == 0.0


def test_clipping_by_value() -> None:
    p = with_gradients([-3.0, 0.5, 7.0])[0]
    nn.utils.clip_grad_value_(p, 1)
    assert p.grad.tolist() == [-1.0, 0.5, 1.0]


def test_vector_and_back() -> None:
    net = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (9,)
    assert vector.requires_grad
    other = nn.Linear(2, 3)
    nn.utils.vector_to_parameters(vector, other.parameters())
    assert other.weight.tolist() == net.weight.tolist()
    assert other.weight._array is not net.weight._array
    with pytest.raises(ValueError, match=r"shape \(9,\), the parameters have 4 elements"):
        nn.utils.vector_to_parameters(vector, [ad.ones(4)])
    with pytest.raises(TypeError, match="expected a Tensor, got list"):
        nn.utils.vector_to_parameters([1.0], other.parameters())
    with pytest.raises(ValueError, match="no parameters"):
        nn.utils.parameters_to_vector([])


@pytest.mark.parity
@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 3.0, math.inf])
def test_clipping_as_pytorchs(order) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    grads = [rng.standard_normal(s).astype(np.float32) for s in ((3, 4), (5,), ())]
    ours = with_gradients(*grads)
    theirs = [torch.nn.Parameter(torch.zeros(g.shape)) for g in grads]
    for p, g in zip(theirs, grads, strict=True):
        p.grad = torch.tensor(g)
    a = nn.utils.clip_grad_norm_(ours, 0.5, order)
    b = torch.nn.utils.clip_grad_norm_(theirs, 0.5, order)
    np.testing.assert_allclose(a.item(), b.item(), rtol=1e-5)
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-5)
