"""Cross-entropy and nll_loss: textbook numbers, extreme logits, labels, errors, PyTorch."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins

INF = float("inf")


def test_textbook():
    logits = ad.tensor([[2.0, 1.0, 0.1]], requires_grad=True)
    loss = F.cross_entropy(logits, ad.tensor([0]))
    loss.backward()
    p = np.exp([2.0, 1.0, 0.1]) / np.exp([2.0, 1.0, 0.1]).sum()
    np.testing.assert_allclose(loss.item(), -math.log(p[0]), rtol=1e-6)
    np.testing.assert_allclose(logits.grad.numpy(), [p - [1, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("rows", [2, 40])
def test_extreme_logits(rows):
    x = ad.tensor([[1e4, -1e4]] * rows, requires_grad=True)
    right = F.cross_entropy(x, ad.zeros(rows, dtype=ad.int64))
    wrong = F.cross_entropy(x, ad.ones(rows, dtype=ad.int64))
    assert (right.item(), wrong.item()) == (0.0, 2e4)
    wrong.backward()
    np.testing.assert_allclose(x.grad.numpy() * rows, [[1.0, -1.0]] * rows, rtol=1e-6)


def test_a_forbidden_class():
    x = ad.tensor([[0.0, -INF, 0.0]], requires_grad=True)
    loss = F.cross_entropy(x, ad.tensor([0]))
    loss.backward()
    np.testing.assert_allclose(loss.item(), math.log(2), rtol=1e-6)
    assert x.grad.tolist() == [[-0.5, 0.0, 0.5]]


def test_ignored_samples_count_for_nothing():
    x = ad.tensor([[1.0, 2.0], [INF, 0.0], [3.0, 1.0]])
    loss = F.cross_entropy(x, ad.tensor([0, -100, 1]))
    expected = F.cross_entropy(x[::2], ad.tensor([0, 1]))
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-6)
    assert math.isnan(F.cross_entropy(x, ad.full((3,), -100)).item())
    assert F.cross_entropy(x, ad.full((3,), -100), reduction="sum").item() == 0


def test_ignored_samples_have_no_derivatives():
    x = ad.tensor(np.random.default_rng(0).normal(size=(3, 4)), requires_grad=True)
    found = []
    for logits, labels in ((x, [0, 1, 2]), (x[::2], [0, 2])):
        loss = F.cross_entropy(logits, ad.tensor(labels), ignore_index=1)
        (first,) = ad.grad(loss, x, create_graph=True)
        found.append((first.numpy(force=True), ad.grad((first * first).sum(), x)[0].numpy()))
        assert not any(g[1].any() for g in found[-1])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6, atol=1e-12)


def test_an_empty_batch():
    x = ad.zeros(0, 3, requires_grad=True)
    loss = F.cross_entropy(x, ad.zeros(0, dtype=ad.int64))
    assert math.isnan(loss.item())
    assert ad.grad(loss, x)[0].shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_labels_of_any_integer_dtype(dtype):
    x = ad.tensor(np.random.default_rng(0).normal(size=(3, 4)))
    labels = np.array([3, 0, 2])
    expected = F.cross_entropy(x, labels)
    assert F.cross_entropy(x, ad.tensor(labels.astype(dtype))).item() == expected.item()


def test_memory_order_makes_no_difference():
    x, labels = np.random.default_rng(0).normal(size=(40, 5)), np.arange(40) % 5
    expected = F.cross_entropy(ad.tensor(x), labels, reduction="none").numpy()
    for view in (np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2]):
        found = F.cross_entropy(ad.as_tensor(view), np.repeat(labels, 2)[::2], reduction="none")
        np.testing.assert_array_equal(found.numpy(), expected)


def test_backward_twice_gives_the_same():
    x = ad.tensor(np.random.default_rng(0).normal(size=(40, 5)), requires_grad=True)
    loss = F.cross_entropy(x, ad.tensor(np.arange(40) % 5))
    first = ad.grad(loss, x, retain_graph=True)[0].numpy()
    np.testing.assert_array_equal(ad.grad(loss, x)[0].numpy(), first)


def test_labels_written_after_the_call_are_noticed():
    x, labels = ad.zeros(3, 2, requires_grad=True), ad.tensor([0, 1, 0])
    loss = F.cross_entropy(x, labels)
    labels[0] = 1
    with pytest.raises(RuntimeError, match=r"cross_entropy.*changed in place"):
        loss.backward()


def test_errors():
    x = ad.zeros(3, 10)
    for function in (F.cross_entropy, F.nll_loss):
        name = function.__name__
        for bad in (10, -1, 2**40):
            with pytest.raises(IndexError, match=rf"{name}: {bad} is out of range for 10 classes"):
                function(x, ad.tensor([0, bad, 1]))
        with pytest.raises(ValueError, match=r"needs labels of shape \(3,\); got .* shape \(4,\)"):
            function(x, ad.tensor([0, 1, 2, 3]))
        with pytest.raises(ValueError, match="reduction must be 'mean', 'sum' or 'none'"):
            function(x, ad.tensor([0, 1, 2]), reduction="avg")
        with pytest.raises(ValueError, match=r"weight has shape \(3,\); 10 classes need"):
            function(x, ad.tensor([0, 1, 2]), ad.ones(3))
        with pytest.raises(TypeError, match="expected a floating tensor, got int64"):
            function(x.long(), ad.tensor([0, 1, 2]))
        with pytest.raises(TypeError, match="labels must be integers, got a bool target"):
            function(x, ad.tensor([True, False, True]))
        with pytest.raises(ValueError, match="needs an axis for the classes"):
            function(ad.tensor(0.0), ad.tensor(0))
    with pytest.raises(ValueError, match=r"needs probabilities of shape \(3, 10\)"):
        F.cross_entropy(x, ad.tensor([0.0, 1.0, 2.0]))
    with pytest.raises(TypeError, match="labels must be integers, got a float32 target"):
        F.nll_loss(x, ad.tensor([0.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="label_smoothing must lie in"):
        F.cross_entropy(x, ad.tensor([0, 1, 2]), label_smoothing=1.5)


SHAPES = [(64, 10), (5, 7), (4, 3, 5), (2, 3, 4, 2)]


@pytest.mark.parity
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_as_torch(shape, dtype, reduction):
    rng = np.random.default_rng(0)
    classes = shape[1]
    x = rng.normal(size=shape).astype(dtype)
    weight = rng.uniform(0.1, 2, classes).astype(dtype)
    labels = rng.integers(0, classes, (shape[0], *shape[2:]))
    ignored = np.where(rng.random(labels.shape) < 0.3, -100, labels)
    cases = [*itertools.product((labels, ignored), (None, weight), (-100,)), (labels, weight, 1)]
    for t, w, ignore in cases:
        options = {"ignore_index": ignore, "reduction": reduction}
        agree(*twins("nll_loss", t, w, **options), x)
        for smoothing in (0.0, 0.1):
            agree(*twins("cross_entropy", t, w, label_smoothing=smoothing, **options), x)


@pytest.mark.parity
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("shape", [*SHAPES, (6,)], ids=str)
def test_probabilities_as_torch(shape, reduction):
    rng = np.random.default_rng(0)
    axis = min(1, len(shape) - 1)
    x, p = rng.normal(size=shape), rng.uniform(0.1, 1, size=shape)
    p /= p.sum(axis=axis, keepdims=True)
    weight = rng.uniform(0.1, 2, shape[axis])
    for w, smoothing in itertools.product((None, weight), (0.0, 0.1)):
        options = {"weight": w, "reduction": reduction, "label_smoothing": smoothing}
        agree(*twins("cross_entropy", **options), x, p)
