"""`Parameter`: a Tensor that knows what it is."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn


def test_it_is_a_leaf_that_shares_memory() -> None:
    array = np.ones((2, 3))
    p = nn.Parameter(array)
    assert isinstance(p, ad.Tensor)
    assert p.is_leaf
    assert p.requires_grad
    array[0, 0] = 5
    assert p.tolist()[0] == [5.0, 1.0, 1.0]
    t = ad.ones(2)
    assert nn.Parameter(t)._array is t._array


def test_results_are_plain_tensors() -> None:
    p = nn.Parameter(ad.tensor([1.0, 2.0]))
    for result in (p + 1, p[0], p.detach(), p.reshape(2, 1), -p, p.data):
        assert type(result) is ad.Tensor


def test_without_gradient() -> None:
    p = nn.Parameter(ad.arange(3), requires_grad=False)
    assert not p.requires_grad
    with pytest.raises(TypeError, match="floating"):
        nn.Parameter(ad.arange(3))


def test_a_result_of_an_operation_becomes_a_leaf() -> None:
    x = ad.ones(2, requires_grad=True)
    p = nn.Parameter(x * 2)
    assert p.is_leaf
    p.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))],
    ids=["deepcopy", "pickle"],
)
@pytest.mark.parametrize("requires_grad", [True, False])
def test_copies_keep_the_type(duplicate, requires_grad) -> None:
    p = nn.Parameter(ad.tensor([1.0, 2.0]), requires_grad)
    twin = duplicate(p)
    assert type(twin) is nn.Parameter
    assert twin.requires_grad is requires_grad
    assert twin.tolist() == [1.0, 2.0]


def test_repr() -> None:
    assert repr(nn.Parameter(ad.tensor([1.0]))) == (
        "Parameter containing:\ntensor([1.], requires_grad=True)"
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Linear(2, 3, device="cuda"), "cuda"),
        (lambda: nn.Linear(2, -3), "sizes must not be negative"),
    ],
)
def test_layers_that_cannot_be(make, message) -> None:
    with pytest.raises(ValueError, match=message):
        make()
