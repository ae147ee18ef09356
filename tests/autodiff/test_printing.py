"""How tensors print: texts written down, and PyTorch's, which they follow."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autodiff as ad


@pytest.fixture(autouse=True)
def _default_options():
    yield
    ad.set_printoptions(profile="default")


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (ad.tensor([1.0, 2.5]), "tensor([1.0000, 2.5000])"),
        (ad.tensor([1.0, -2.0]), "tensor([ 1., -2.])"),
        (ad.tensor(3.14159265), "tensor(3.1416)"),
        (ad.tensor(7), "tensor(7)"),
        (ad.tensor([True, False]), "tensor([ True, False])"),
        (ad.tensor([[1, 22], [-333, 4]]), "tensor([[   1,   22],\n        [-333,    4]])"),
        (ad.tensor([1.0], dtype=ad.float64), "tensor([1.], dtype=float64)"),
        (ad.tensor([1], dtype=ad.int8), "tensor([1], dtype=int8)"),
        (ad.tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00])"),
        (ad.tensor([0.5, float("nan"), float("-inf")]), "tensor([0.5000,    nan,   -inf])"),
        (ad.tensor([]), "tensor([])"),
        (ad.zeros(0, 3), "tensor([], size=(0, 3))"),
        (ad.zeros(0, dtype=ad.int64), "tensor([], dtype=int64)"),
        (ad.tensor([1.5], requires_grad=True), "tensor([1.5000], requires_grad=True)"),
    ],
)
def test_texts(tensor, text):
    assert repr(tensor) == text


def test_history_is_shown():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<mul>)"
    assert repr((x * 2).detach()) == "tensor([2., 4.])"
    y = x * 1
    view = y[0]
    y *= x
    assert repr(view) == "tensor(1., grad_fn=<slice>)"


def test_large_tensors_are_summarised():
    assert repr(ad.arange(2000)) == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"
    text = repr(ad.zeros(100, 100))
    assert len(text) < 400
    assert text.count("...") == 7
    ad.set_printoptions(threshold=5, edgeitems=1)
    assert repr(ad.arange(6)) == "tensor([0,  ..., 5])"


def test_options():
    ad.set_printoptions(precision=2)
    assert repr(ad.tensor(3.14159)) == "tensor(3.14)"
    ad.set_printoptions(sci_mode=True)
    assert repr(ad.tensor(3.14159)) == "tensor(3.14e+00)"
    ad.set_printoptions(profile="default")
    assert repr(ad.tensor(3.14159)) == "tensor(3.1416)"
    ad.set_printoptions(linewidth=20)
    assert repr(ad.arange(6)) == "tensor([0, 1, 2, 3,\n        4, 5])"
    ad.set_printoptions(profile="full")
    assert "..." not in repr(ad.zeros(2000))
    with pytest.raises(ValueError, match="profile must be one of"):
        ad.set_printoptions(profile="long")
    with pytest.raises(ValueError, match="precision must not be negative"):
        ad.set_printoptions(precision=-1)


def _samples():
    rng = np.random.default_rng(0)
    yield from (
        np.float32(3.14159),
        np.array([1.0, 2000.0], "f"),
        np.array([1.5, np.nan, np.inf, -np.inf], "f"),
    )
    yield from (
        np.array([np.nan, np.inf], "f"),
        np.zeros(2, "f"),
        np.array([1e-5, 1.0], "f"),
        np.array([1e9], "f"),
    )
    yield from (
        np.arange(2000),
        np.arange(2000.0).reshape(40, 50),
        rng.standard_normal((12, 12, 12)).astype("f"),
    )
    yield from (
        rng.standard_normal((3, 4)),
        np.zeros((0, 3), "f"),
        np.zeros(0, "i8"),
        np.zeros((2, 0, 3), "i4"),
    )
    yield from (
        np.array(True),
        np.array(-3),
        np.arange(50) - 20,
        rng.standard_normal(100).astype("f"),
    )
    yield from (
        np.array([1e10, 1.0], "f"),
        np.array([123456.0, 1.0], "f"),
        np.array([1.5, 2.5], "e"),
    )
    yield from (
        np.arange(4, dtype="u1"),
        rng.standard_normal((2, 3, 2, 2)).astype("f"),
        np.array([-0.0], "f"),
    )
    yield from (
        np.array([1e-7, 0], "f"),
        np.arange(7000).reshape(7, 1000),
        np.arange(6006).reshape(6, 1001) * 1.5,
    )


@pytest.mark.parity
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"profile": "short"},
        {"profile": "full"},
        {"precision": 6, "linewidth": 200},
        {"linewidth": 40},
        {"sci_mode": True},
        {"sci_mode": False},
        {"threshold": 5, "edgeitems": 1},
    ],
    ids=str,
)
def test_texts_equal_torch(options):
    torch = pytest.importorskip("torch")
    options = {"profile": "default", **options}
    ad.set_printoptions(**options)
    torch.set_printoptions(**options)
    try:
        for array in _samples():
            ours, theirs = repr(ad.tensor(array)), repr(torch.tensor(array))
            # Their names of dtypes are longer, so that they may stand on a line of their own.
            theirs = re.sub(r",\s+dtype=torch\.", ", dtype=", theirs)
            assert re.sub(r",\s+dtype=", ", dtype=", ours) == theirs
    finally:
        torch.set_printoptions(profile="default")
