"""`nn.functional`: names, in-place arguments, glu."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins


def test_every_name_is_there():
    assert len(set(F.__all__)) == len(F.__all__)
    assert all(callable(getattr(F, name)) for name in F.__all__)


@pytest.mark.parity
def test_the_names_are_those_of_torch():
    torch = pytest.importorskip("torch")
    assert [name for name in F.__all__ if not hasattr(torch.nn.functional, name)] == []


@pytest.mark.parametrize(
    "call",
    [
        lambda x: F.relu(x, True),
        lambda x: F.relu(x, inplace=True),
        lambda x: F.leaky_relu(x, 0.1, True),
        lambda x: F.elu(x, 1.0, inplace=True),
        lambda x: F.hardtanh(x, -1.0, 1.0, True),
        lambda x: F.silu(x, inplace=True),
        lambda x: F.threshold(x, 0.5, 3.0, True),
    ],
)
def test_in_place_writes_into_the_input(call):
    leaf = ad.tensor([-2.0, 0.25, 2.0], requires_grad=True)
    x = leaf * 1
    before = x.tolist()
    assert call(x) is x
    assert x.tolist() != before
    x.sum().backward()
    assert leaf.grad is not None


def test_errors():
    with pytest.raises(ValueError, match=r"glu: axis -1 of shape \(2, 3\) cannot be cut"):
        F.glu(ad.ones(2, 3))


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_glu_as_torch(dtype):
    agree(*twins("glu", 1), np.random.default_rng(0).normal(size=(2, 2, 5)).astype(dtype))
