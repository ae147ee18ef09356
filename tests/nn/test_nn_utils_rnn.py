"""Sequences of different lengths as one tensor, and back."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn.utils.rnn import pad_sequence, unpad_sequence

LENGTHS = [3, 5, 1]


def sequences(requires_grad=False):
    rng = np.random.default_rng(0)
    return [
        ad.tensor(rng.normal(size=(length, 2)), dtype=ad.float64, requires_grad=requires_grad)
        for length in LENGTHS
    ]


@pytest.mark.parity
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_is_pytorchs(batch_first, side):
    torch = pytest.importorskip("torch")
    ours = pad_sequence(sequences(), batch_first, -1.5, side)
    twins = [torch.tensor(x.numpy()) for x in sequences()]
    theirs = torch.nn.utils.rnn.pad_sequence(twins, batch_first, -1.5, side)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("batch_first", [False, True])
def test_there_and_back(batch_first):
    xs = sequences(requires_grad=True)
    back = unpad_sequence(pad_sequence(xs, batch_first), ad.tensor(LENGTHS), batch_first)
    for x, y in zip(xs, back, strict=True):
        np.testing.assert_array_equal(x.numpy(force=True), y.numpy(force=True))
    sum((y * y).sum() for y in back).backward()
    for x in xs:
        np.testing.assert_allclose(x.grad.numpy(), 2 * x.numpy(force=True))


def test_errors():
    with pytest.raises(ValueError, match="padding_side must be 'left' or 'right', got 'top'"):
        pad_sequence(sequences(), padding_side="top")
    with pytest.raises(ValueError, match="there are no sequences"):
        pad_sequence([])
    with pytest.raises(ValueError, match="may differ in their first axis only"):
        pad_sequence([ad.ones(2, 3), ad.ones(2, 4)])
    with pytest.raises(ValueError, match="may differ in their first axis only"):
        pad_sequence([ad.tensor(1.0)])
    with pytest.raises(ValueError, match="lengths from 0 to 4, got"):
        unpad_sequence(ad.ones(4, 2), [1, 5])
    with pytest.raises(ValueError, match="lengths from 0 to 4, got"):
        unpad_sequence(ad.ones(4, 2), [1])
    with pytest.raises(ValueError, match=r"expected \(T, N, ...\), got shape \(4,\)"):
        unpad_sequence(ad.ones(4), [1])
