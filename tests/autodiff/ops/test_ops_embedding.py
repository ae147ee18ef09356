"""Embedding and one_hot: repeated rows, padding, shared weights, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree


def test_a_row_named_often_gets_the_sum():
    w = ad.zeros(4, 2, requires_grad=True)
    F.embedding(ad.tensor([[1, 1], [3, 1]]), w).sum().backward()
    assert w.grad[:, 0].tolist() == [0.0, 3.0, 0.0, 1.0]


def test_uses_of_one_table_add_up():
    w = ad.ones(3, 2, requires_grad=True)
    (F.embedding(ad.tensor([0]), w) @ w.T).sum().backward()
    assert w.grad.tolist() == [[4.0, 4.0], [1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("padding", [2, -1])
def test_the_padding_row_gets_no_gradient(padding):
    w = ad.ones(3, 2, requires_grad=True)
    y = F.embedding(ad.tensor([2, 0, 2]), w, padding_idx=padding)
    y.sum().backward()
    assert y.tolist() == [[1.0, 1.0]] * 3
    assert w.grad[:, 0].tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (2, 3)])
def test_shapes(shape):
    w = ad.ones(3, 4, requires_grad=True)
    y = F.embedding(ad.zeros(*shape, dtype=ad.int64), w)
    y.sum().backward()
    assert y.shape == (*shape, 4)
    assert w.grad.sum().item() == y.numel()


def test_indices_written_after_the_call_are_noticed():
    w, indices = ad.ones(3, 4, requires_grad=True), ad.tensor([0, 1])
    y = F.embedding(indices, w)
    indices[0] = 2
    with pytest.raises(RuntimeError, match=r"embedding.*changed in place"):
        y.sum().backward()


def test_errors():
    w = ad.ones(3, 4)
    for bad in (3, -1):
        with pytest.raises(IndexError, match=f"embedding: {bad} is out of range for 3 rows"):
            F.embedding(ad.tensor([0, bad]), w)
    with pytest.raises(TypeError, match=r"embedding: expected integers .* got float32"):
        F.embedding(ad.tensor([0.0]), w)
    with pytest.raises(ValueError, match=r"weight must have shape \(V, D\), got \(3,\)"):
        F.embedding(ad.tensor([0]), w[:, 0])
    with pytest.raises(ValueError, match="padding_idx 3 is not a row"):
        F.embedding(ad.tensor([0]), w, padding_idx=3)
    with pytest.raises(TypeError, match="expected a floating tensor"):
        F.embedding(ad.tensor([0]), w.long())


def test_one_hot():
    assert F.one_hot(ad.tensor([1, 0]), 3).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert F.one_hot(ad.tensor(2)).tolist() == [0, 0, 1]
    assert F.one_hot(ad.zeros(0, dtype=ad.int64), 2).shape == (0, 2)
    with pytest.raises(IndexError, match="one_hot: 3 is out of range for 3 classes"):
        F.one_hot(ad.tensor([3]), 3)
    with pytest.raises(IndexError, match="one_hot: -2 is out of range"):
        F.one_hot(ad.tensor([-2, -3]))
    with pytest.raises(ValueError, match="give num_classes"):
        F.one_hot(ad.zeros(0, dtype=ad.int64))
    with pytest.raises(ValueError, match="num_classes must be positive"):
        F.one_hot(ad.tensor([0]), 0)
    with pytest.raises(TypeError, match="one_hot: expected integers"):
        F.one_hot(ad.tensor([0.0]), 2)


@pytest.mark.parity
@pytest.mark.parametrize("padding", [None, 1, -1])
@pytest.mark.parametrize("shape", [(), (3,), (2, 4)])
def test_as_torch(shape, padding):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    indices = np.asarray(rng.integers(0, 5, shape))
    agree(
        lambda w: F.embedding(ad.tensor(indices), w, padding),
        lambda w: torch.nn.functional.embedding(torch.tensor(indices), w, padding),
        rng.normal(size=(5, 3)).astype(np.float32),
    )
