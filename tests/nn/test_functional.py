"""`nn.functional`: names, in-place arguments, attention, glu."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins

INF = float("inf")


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


def test_attention_by_hand():
    q, k = ad.tensor([[1.0, 0.0]]), ad.tensor([[np.sqrt(2) * np.log(3), 0.0], [0.0, 5.0]])
    v = ad.tensor([[4.0], [8.0]])
    y = F.scaled_dot_product_attention(q, k.float(), v)  # weights 3/4 and 1/4
    np.testing.assert_allclose(y.numpy(), [[5.0]], rtol=1e-6)


@pytest.mark.parametrize("mask", [np.array([[True, True], [False, False]]), None])
def test_a_query_that_sees_no_key_gets_zeros(mask):
    mask = np.array([[0.0, 0.0], [-INF, -INF]], np.float32) if mask is None else mask
    xs = [ad.tensor(np.ones((2, 2), np.float32), requires_grad=True) for _ in range(3)]
    y = F.scaled_dot_product_attention(*xs, attn_mask=ad.tensor(mask))
    y.sum().backward()
    assert y.tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert all(np.isfinite(x.grad.numpy()).all() for x in xs)


def test_attention_drops_weights():
    ad.manual_seed(0)
    ones = ad.ones(1, 1)
    found = [F.scaled_dot_product_attention(ones, ones, ones, dropout_p=0.5) for _ in range(9)]
    assert {y.item() for y in found} == {0.0, 2.0}


def test_errors():
    x, mask = ad.ones(2, 3), ad.ones(2, 2).bool()
    with pytest.raises(ValueError, match=r"expected query \(..., L, E\)"):
        F.scaled_dot_product_attention(x, ad.ones(2, 4), x)
    with pytest.raises(ValueError, match="give attn_mask or is_causal, not both"):
        F.scaled_dot_product_attention(x, x, x, mask, is_causal=True)
    with pytest.raises(TypeError, match="attn_mask must be bool or float32, got int64"):
        F.scaled_dot_product_attention(x, x, x, mask.long())
    with pytest.raises(ValueError, match=r"glu: axis -1 of shape \(2, 3\) cannot be cut"):
        F.glu(x)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_attention_as_torch(dtype):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(2, 3, n, 5)).astype(dtype) for n in (4, 6, 6)]
    seen = rng.random((4, 6)) > 0.4
    seen[1] = False
    added = np.where(seen, rng.normal(size=(4, 6)), -INF).astype(dtype)
    for options in (
        {},
        {"is_causal": True},
        {"scale": 0.3},
        {"attn_mask": seen},
        {"attn_mask": added},
    ):
        agree(*twins("scaled_dot_product_attention", **options), *arrays)
    agree(*twins("glu", 1), arrays[0][:, :2])
