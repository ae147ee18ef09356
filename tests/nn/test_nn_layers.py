"""Layers through their own options: what they compute, and what they refuse."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn


def numbers(*shape: int) -> ad.Tensor:
    return ad.tensor(np.random.default_rng(1).standard_normal(shape).astype(np.float32))


def test_first_numbers_of_a_published_run() -> None:
    ad.manual_seed(123)
    x = ad.randn(2, 5)
    out = nn.Sequential(nn.Linear(5, 6), nn.ReLU())(x).detach().numpy()
    expected = [[0.2260, 0.3470, 0, 0.2216, 0, 0], [0.2133, 0.2394, 0, 0.5198, 0.3297, 0]]
    np.testing.assert_allclose(out, expected, atol=5e-5)


def test_linear_is_a_product() -> None:
    layer = nn.Linear(3, 2, dtype=ad.float64)
    x = np.arange(6.0).reshape(2, 3)
    out = layer(ad.tensor(x)).numpy(force=True)
    w, b = layer.weight.numpy(force=True), layer.bias.numpy(force=True)
    np.testing.assert_allclose(out, x @ w.T + b, rtol=1e-14)
    assert nn.Linear(0, 3)(ad.ones(2, 0)).shape == (2, 3)


def test_the_default_dtype_is_that_of_parameters() -> None:
    ad.set_default_dtype(ad.float64)
    try:
        for p in nn.Sequential(nn.Linear(1, 1), nn.Conv1d(1, 1, 1), nn.PReLU()).parameters():
            assert p.dtype == np.float64
        assert nn.BatchNorm1d(2).running_mean.dtype == np.float64
    finally:
        ad.set_default_dtype(ad.float32)


def test_batch_norm_statistics() -> None:
    x = numbers(8, 3)
    layer = nn.BatchNorm1d(3, momentum=0.5)
    layer(x)
    array = x.numpy()
    np.testing.assert_allclose(layer.running_mean.numpy(), 0.5 * array.mean(0), rtol=1e-5)
    np.testing.assert_allclose(
        layer.running_var.numpy(), 0.5 + 0.5 * array.var(0, ddof=1), rtol=1e-5
    )
    assert layer.num_batches_tracked.item() == 1
    before = layer.running_mean.tolist()
    layer.eval()(x + 5)
    assert layer.running_mean.tolist() == before
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0.0, 0.0, 0.0]
    assert layer.num_batches_tracked.item() == 0


def test_batch_norm_with_cumulative_mean() -> None:
    layer = nn.BatchNorm1d(1, momentum=None)
    for value in (1.0, 2.0, 6.0):
        layer(ad.full((4, 1), value))
    np.testing.assert_allclose(layer.running_mean.item(), 3.0, rtol=1e-6)


def test_batch_norm_without_statistics_uses_the_batch_in_evaluation() -> None:
    layer = nn.BatchNorm1d(2, track_running_stats=False, affine=False).eval()
    out = layer(numbers(50, 2)).numpy()
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(out.std(0), 1, atol=1e-3)
    assert list(layer.state_dict()) == []


def test_dropout_is_off_in_evaluation() -> None:
    x = numbers(100)
    for layer in (nn.Dropout(0.9), nn.AlphaDropout(0.9)):
        assert layer.eval()(x) is x
        assert (layer.train()(x) != x).any()
    dropped = nn.Dropout(0.5)(ad.ones(1000)).numpy()
    assert set(np.unique(dropped)) == {0.0, 2.0}


def test_embedding_padding_and_pretrained() -> None:
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert layer.padding_idx == 3
    assert layer.weight[3].tolist() == [0.0, 0.0]
    layer(ad.tensor([3, 0, 0])).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    table = ad.tensor([[1.0, 2.0], [3.0, 4.0]])
    frozen = nn.Embedding.from_pretrained(table)
    assert frozen.weight._array is table._array
    assert not frozen.weight.requires_grad
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad
    assert frozen(ad.tensor([[1]])).tolist() == [[[3.0, 4.0]]]


def test_activations_in_place() -> None:
    for layer in (nn.ReLU(True), nn.Hardtanh(0.0, 9.0, True), nn.Threshold(0.0, 0.0, True)):
        x = ad.tensor([-1.0, 2.0])
        assert layer(x) is x
        assert x.tolist() == [0.0, 2.0]
    w = ad.tensor([-1.0, 2.0], requires_grad=True)
    nn.ReLU(inplace=True)(w * 3).sum().backward()
    assert w.grad.tolist() == [0.0, 3.0]
    with pytest.raises(RuntimeError, match="leaf"):
        nn.ReLU(inplace=True)(w)


def test_output_size_of_transposed_convolution() -> None:
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2)
    x = ad.ones(1, 1, 3, 3)
    assert layer(x).shape == (1, 1, 7, 7)
    assert layer(x, output_size=(8, 7)).shape == (1, 1, 8, 7)
    assert layer(x, output_size=(1, 1, 8, 8)).shape == (1, 1, 8, 8)
    with pytest.raises(ValueError, match=r"output_size \(9, 7\) is out of reach"):
        layer(x, output_size=(9, 7))


def test_pooling_indices() -> None:
    out, indices = nn.MaxPool1d(2, return_indices=True)(ad.tensor([[[1.0, 4.0, 3.0, 2.0]]]))
    assert out.tolist() == [[[4.0, 3.0]]]
    assert indices.tolist() == [[[1, 2]]]


def test_losses_keep_weights_as_buffers() -> None:
    loss = nn.CrossEntropyLoss(ad.tensor([1.0, 3.0]))
    assert list(loss.state_dict()) == ["weight"]
    out = loss(ad.tensor([[0.0, 0.0], [0.0, 0.0]]), ad.tensor([0, 1]))
    np.testing.assert_allclose(out.item(), np.log(2), rtol=1e-6)
    both = nn.BCEWithLogitsLoss(pos_weight=ad.tensor([2.0]))
    assert list(both.state_dict()) == ["pos_weight"]
    np.testing.assert_allclose(both(ad.zeros(1), ad.ones(1)).item(), 2 * np.log(2), rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "inputs", "expected"),
    [
        (nn.GaussianNLLLoss(), ([1.0], [3.0], [4.0]), 0.5 * (np.log(4.0) + 1.0)),
        (nn.SoftMarginLoss(), ([2.0], [-1.0]), np.log1p(np.exp(2.0))),
        (nn.HingeEmbeddingLoss(2.0), ([0.5], [-1.0]), 1.5),
        (nn.MarginRankingLoss(0.5), ([1.0], [3.0], [1.0]), 2.5),
        (nn.CosineEmbeddingLoss(0.25), ([[1.0, 0.0]], [[1.0, 0.0]], [-1.0]), 0.75),
        (nn.BCELoss(), ([0.25], [0.0]), -np.log(0.75)),
        (nn.KLDivLoss(reduction="sum"), ([np.log(0.5)], [1.0]), np.log(2.0)),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, nn.Module) else "",
)
def test_losses_by_their_formulas(loss, inputs, expected) -> None:
    out = loss(*[ad.tensor(x, dtype=ad.float64) for x in inputs])
    np.testing.assert_allclose(out.item(), expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "groups=2 must divide in_channels=3"),
        (lambda: nn.Conv2d(3, 4, (1, 2, 3)), ValueError, "kernel_size"),
        (lambda: nn.Conv2d(1, 1, 3, 2, "same"), ValueError, "padding='same' needs stride 1"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), ValueError, "must be 'same', 'valid' or"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="wrap"), ValueError, "padding_mode must be one"),
        (
            lambda: nn.ConvTranspose2d(1, 1, 3, padding_mode="reflect"),
            ValueError,
            "padding_mode must be one of zeros",
        ),
        (lambda: nn.BatchNorm2d(3)(ad.ones(2, 3)), ValueError, r"BatchNorm2d: expected an input"),
        (lambda: nn.BatchNorm1d(3)(ad.ones(3)), ValueError, r"\(N, C\) or \(N, C, L\)"),
        (lambda: nn.BatchNorm1d(3)(ad.ones(2, 4)), ValueError, "batch_norm"),
        (lambda: nn.InstanceNorm2d(3)(ad.ones(2, 3)), ValueError, "InstanceNorm2d: expected"),
        (lambda: nn.GroupNorm(3, 4), ValueError, "num_groups=3 must divide num_channels=4"),
        (lambda: nn.Dropout(1.5), ValueError, r"p must be a probability in \[0, 1\], got 1.5"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), ValueError, "padding_idx 3 is out of range"),
        (lambda: nn.Embedding(3, 2, max_norm=1.0), ValueError, "max_norm"),
        (lambda: nn.Embedding(3, 2)(ad.tensor([3])), IndexError, "embedding"),
        (lambda: nn.Embedding.from_pretrained(ad.ones(3)), ValueError, "2 axes"),
        (lambda: nn.Linear(3, 2)(ad.ones(2, 4)), ValueError, "linear"),
        (lambda: nn.Bilinear(0, 2, 2), ValueError, "in1_features must be 1 or more"),
        (lambda: nn.MSELoss(reduction="avg"), ValueError, "reduction must be 'mean', 'sum' or"),
        (lambda: nn.MSELoss("sum"), TypeError, "positional"),
        (lambda: nn.Softmax(), TypeError, "dim"),
        (lambda: nn.Softmax2d()(ad.ones(2, 2)), ValueError, "Softmax2d: expected an input"),
        (lambda: nn.GLU()(ad.ones(3)), ValueError, "glu"),
    ],
)
def test_refusals(make, error, message) -> None:
    with pytest.raises(error, match=message):
        make()


def test_all_that_is_public_is_exported() -> None:
    for info in pkgutil.iter_modules(nn.modules.__path__):
        module = importlib.import_module(f"autodiff.nn.modules.{info.name}")
        for name in module.__all__:
            public = getattr(module, name)
            if isinstance(public, type) and issubclass(public, nn.Module):
                assert getattr(nn, name) is public
