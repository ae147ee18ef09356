"""Scaled dot-product attention: by hand, masks, dropout, errors, beside PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import kernels
from autodiff.nn import functional as F
from parity import agree, twins

INF = float("inf")


def test_attention_by_hand():
    q, k = ad.tensor([[1.0, 0.0]]), ad.tensor([[np.sqrt(2) * np.log(3), 0.0], [0.0, 5.0]])
    v = ad.tensor([[4.0], [8.0]])
    y = F.scaled_dot_product_attention(q, k.float(), v)  # weights 3/4 and 1/4
    np.testing.assert_allclose(y.numpy(), [[5.0]], rtol=1e-6)


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("mask", [np.array([[True, True], [False, False]]), None])
def test_a_query_that_sees_no_key_gets_zeros(mask, mode):
    mask = np.array([[0.0, 0.0], [-INF, -INF]], np.float32) if mask is None else mask
    xs = [ad.tensor(np.ones((2, 2), np.float32), requires_grad=True) for _ in range(3)]
    with kernels.use(mode):
        y = F.scaled_dot_product_attention(*xs, attn_mask=ad.tensor(mask))
        y.sum().backward()
    assert y.tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert all(np.isfinite(x.grad.numpy()).all() for x in xs)


def test_attention_drops_weights():
    ad.manual_seed(0)
    ones = ad.ones(1, 1)
    found = [F.scaled_dot_product_attention(ones, ones, ones, dropout_p=0.5) for _ in range(9)]
    assert {y.item() for y in found} == {0.0, 2.0}


def test_half_precision():
    x = ad.ones(3, 4).half()
    assert F.scaled_dot_product_attention(x, x, x).dtype == np.float16


def test_empty_axes():
    q, k, v = ad.ones(0, 3, 4), ad.ones(0, 2, 4), ad.ones(0, 2, 5)
    assert F.scaled_dot_product_attention(q, k, v).shape == (0, 3, 5)
    q, k, v = (ad.ones(*shape, requires_grad=True) for shape in ((3, 4), (0, 4), (0, 5)))
    y = F.scaled_dot_product_attention(q, k, v)
    y.sum().backward()
    assert y.tolist() == [[0.0] * 5] * 3
    assert not q.grad.numpy().any()


def test_errors():
    x, mask = ad.ones(2, 3), ad.ones(2, 2).bool()
    with pytest.raises(ValueError, match=r"expected query \(..., L, E\)"):
        F.scaled_dot_product_attention(x, ad.ones(2, 4), x)
    with pytest.raises(ValueError, match="give attn_mask or is_causal, not both"):
        F.scaled_dot_product_attention(x, x, x, mask, is_causal=True)
    with pytest.raises(ValueError, match=r"attn_mask \(3, 2\) does not broadcast to"):
        F.scaled_dot_product_attention(x, x, x, ad.ones(3, 2).bool())
    with pytest.raises(ValueError, match="shape mismatch"):
        F.scaled_dot_product_attention(ad.ones(2, 2, 3), ad.ones(3, 2, 3), x)
    with pytest.raises(ValueError, match="enable_gqa needs a number of query heads"):
        F.scaled_dot_product_attention(*[ad.ones(n, 2, 3) for n in (4, 3, 3)], enable_gqa=True)
    with pytest.raises(TypeError, match="attn_mask must be bool or float32, got int64"):
        F.scaled_dot_product_attention(x, x, x, mask.long())
    with pytest.raises(TypeError, match="the operands must have one dtype"):
        F.scaled_dot_product_attention(x, x.double(), x)


def test_an_input_written_since_is_noticed():
    q, k, v = (ad.ones(2, 3, requires_grad=True) * 1 for _ in range(3))
    y = F.scaled_dot_product_attention(q, k, v)
    k += 1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()


@pytest.mark.parity
@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_attention_as_torch(dtype, mode):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(2, 3, n, 5)).astype(dtype) for n in (4, 6, 6)]
    long = [rng.normal(size=(2, 3, n, 20)).astype(dtype) for n in (70, 140, 140)]
    seen = rng.random((4, 6)) > 0.4
    seen[1] = False
    added = np.where(seen, rng.normal(size=(4, 6)), -INF).astype(dtype)
    of_keys = np.array([[True] * 100 + [False] * 40, [True] * 140])[:, None, None]
    with kernels.use(mode):
        for options in ({"attn_mask": seen}, {"attn_mask": added}):
            agree(*twins("scaled_dot_product_attention", **options), *arrays)
        for options in ({}, {"is_causal": True}, {"scale": 0.3}, {"attn_mask": of_keys}):
            agree(*twins("scaled_dot_product_attention", **options), *long)
        few = [a[:, :n] for a, n in zip(long, (2, 1, 1), strict=True)]
        agree(*twins("scaled_dot_product_attention", enable_gqa=True), *few)
