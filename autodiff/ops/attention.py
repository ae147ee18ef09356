"""Scaled dot-product attention."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.kernels import attention_backward, attention_forward

from ..apply import apply
from ..declare import floating_operand, operand
from ..handles import new_tensor
from ..primitive import Primitive
from .dropout import dropout
from .linalg import mixed
from .softmax import softmax

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__: list[str] = []


def _four_axes(x: Any, leading: tuple[int, ...]) -> Any:
    """Bring an operand into the kernels' shape (N, H, rows, columns)."""
    if x.ndim == 4 and x.shape[:2] == leading:
        return x
    x = np.broadcast_to(x, leading + x.shape[-2:])
    return x.reshape((math.prod(leading[:-1]), *(leading[-1:] or (1,)), *x.shape[-2:]))


def _with_axes(x: np.ndarray, leading: tuple[int, ...]) -> np.ndarray:
    """Undo `_four_axes`; an array that need not change stays itself, so that nobody copies it."""
    return x if x.shape[:-2] == leading else x.reshape(leading + x.shape[-2:])


def _operands(mask: Any, *operands: np.ndarray) -> tuple[list[Any], Any, tuple[int, ...]]:
    """Return the operands and the mask as the kernels take them, and what the axes before the last
    two are broadcast to."""
    leading = operands[0].shape[:-2]
    others = operands if mask is None else (*operands, mask)
    if not all([x.shape[:-2] == leading for x in others]):
        leading = np.broadcast_shapes(*[x.shape[:-2] for x in others])
    if mask is not None:
        # The kernels broadcast a mask themselves, but they have no more than two leading axes.
        shared = mask.ndim < 3 or len(leading) == 2
        ones = (1,) * (4 - mask.ndim)
        mask = mask.reshape(ones + mask.shape) if shared else _four_axes(mask, leading)
    return [_four_axes(x, leading) for x in operands], mask, leading


def _forward(
    x: np.ndarray, y: np.ndarray, z: np.ndarray, w: Any, is_causal: bool, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    (query, key, value), mask, leading = _operands(w, x, y, z)
    out, log_sums = attention_forward(query, key, value, mask, is_causal, scale)
    return _with_axes(out, leading), log_sums


def _rule(
    g: Any, x: Any, y: Any, z: Any, w: Any, out: Any, aux: Any, is_causal: bool, scale: float
) -> tuple[Any, ...]:
    if not isinstance(g, np.ndarray):
        mask = w if w is None or not isinstance(w, np.ndarray) else new_tensor(w, None)
        weights = attention_weights(x, y, mask, is_causal, scale)
        d_weights = g @ z.swapaxes(-1, -2)
        d_scores = weights * (d_weights - (g * out).sum(-1, keepdim=True)) * scale
        return (
            d_scores @ y,
            d_scores.swapaxes(-1, -2) @ x,
            weights.swapaxes(-1, -2) @ g,
            None,
        )
    (g, x, y, z, out), mask, leading = _operands(w, g, x, y, z, out)
    gradients = attention_backward(g, x, y, z, mask, out, aux, is_causal, scale)
    return (*[_with_axes(d, leading) for d in gradients], None)


_attention = Primitive("scaled_dot_product_attention", _forward, _rule, arity=4, aux=True)


def attention_weights(query: Any, key: Any, mask: Any, is_causal: bool, scale: float) -> Any:
    """Return the softmax of the scores, (..., L, S), as differentiable operations.

    Tensors as for ``scaled_dot_product_attention``; `mask` is None or of the query's dtype. The
    weights of a query that sees no key are zeros.
    """
    scores = (query * scale) @ key.swapaxes(-1, -2)
    hidden = None  # where no weight may be, as an array of bool
    if is_causal:
        hidden = ~np.tri(query.shape[-2], key.shape[-2], dtype=bool)
    elif mask is not None:
        hidden = np.isneginf(mask.numpy(force=True))
        scores = scores + mask.masked_fill(hidden, 0.0)
    if hidden is None:
        return softmax(scores, -1)
    # A row of nothing but -inf has no softmax: it is left as it is, its weights set to 0.
    blind = hidden.all(axis=-1, keepdims=True)
    weights: Any = softmax(scores.masked_fill(hidden & ~blind, -math.inf), -1)
    return weights.masked_fill(blind, 0.0) if blind.any() else weights


def _added(name: str, attn_mask: Any, query: Any) -> Any:
    """Return a mask as what is added to the scores."""
    mask = operand(attn_mask, name, number=False)
    if mask.dtype.kind == "b":
        hidden = ~mask.numpy()
        added = np.zeros(hidden.shape, query.dtype)
        np.copyto(added, -np.inf, where=hidden)
        return new_tensor(added, None)
    if mask.dtype != query.dtype:
        raise TypeError(f"{name}: attn_mask must be bool or {query.dtype}, got {mask.dtype}")
    return mask


def _check_shapes(name: str, q: Any, k: Any, v: Any, mask: Any) -> None:
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(
            f"{name}: expected query (..., L, E), key (..., S, E) and value (..., S, V); "
            f"got {q.shape}, {k.shape} and {v.shape}"
        )
    scores = (q.shape[-2], k.shape[-2])
    if mask is not None and any(
        m not in (1, n) for m, n in zip(mask.shape[-2:], scores[-mask.ndim :])
    ):
        raise ValueError(
            f"{name}: attn_mask {mask.shape} does not broadcast to (..., L, S) = (..., "
            f"{scores[0]}, {scores[1]})"
        )


def _repeated_heads(name: str, q: Any, k: Any, v: Any) -> tuple[Any, Any]:
    """Give every query head a key and a value head of its own."""
    repeated = []
    for x in (k, v):
        if min(q.ndim, x.ndim) < 3 or not x.shape[-3] or q.shape[-3] % x.shape[-3]:
            raise ValueError(
                f"{name}: enable_gqa needs a number of query heads that those of key and value "
                f"divide; got {q.shape}, {k.shape} and {v.shape}"
            )
        repeated.append(x.repeat_interleave(q.shape[-3] // x.shape[-3], -3))
    return repeated[0], repeated[1]


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Attention: for each query the mean of the values, weighted by the softmax of query times key.

    The weights are never in memory all at once, neither here nor in the backward pass, except with
    `dropout_p`, with a mask that requires a gradient, and for higher derivatives.

    Parameters
    ----------
    query : Tensor, shape (..., L, E)
    key : Tensor, shape (..., S, E)
    value : Tensor, shape (..., S, V)
        The leading axes are broadcast against each other.
    attn_mask : Tensor, optional
        Broadcast to (..., L, S): bool, True where a query may look at a key; or of the query's
        dtype, added to the scores. A query that may look at none gets zeros.
    dropout_p : float, default 0
        The probability with which a weight is dropped (always, so pass 0 in evaluation).
    is_causal : bool, default False
        Let query i look at the keys up to i; excludes `attn_mask`.
    scale : float, optional
        Multiplied with the scores; 1 / sqrt(E) by default.
    enable_gqa : bool, default False
        Let the heads (axis -3) of key and value be fewer: each serves as many of the query's.

    Returns
    -------
    Tensor, shape (..., L, V)

    Raises
    ------
    ValueError
        For shapes that do not fit, and for a mask beside `is_causal`.
    TypeError
        For several dtypes, or a mask of another.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> q = k = ad.zeros(2, 1)
    >>> F.scaled_dot_product_attention(q, k, ad.tensor([[1.0], [3.0]]), is_causal=True)
    tensor([[1.],
            [2.]])

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
    T. Dao, "FlashAttention-2: faster attention with better parallelism and work partitioning",
    2023, https://arxiv.org/abs/2307.08691
    J. Ainslie et al., "GQA: training generalized multi-query transformer models from multi-head
    checkpoints", EMNLP 2023.
    """
    name = "scaled_dot_product_attention"
    q, k, v = [floating_operand(t, name) for t in (query, key, value)]
    dtype = q._array.dtype
    if k._array.dtype != dtype or v._array.dtype != dtype:
        raise mixed(name, q._array, k._array, v._array)
    if is_causal and attn_mask is not None:
        raise ValueError(f"{name}: give attn_mask or is_causal, not both")
    mask = None if attn_mask is None else _added(name, attn_mask, q)
    _check_shapes(name, q, k, v, mask)
    if enable_gqa:
        k, v = _repeated_heads(name, q, k, v)
    scale = 1 / math.sqrt(q.shape[-1] or 1) if scale is None else scale
    if dropout_p or dtype.itemsize < 4 or (mask is not None and mask.requires_grad):
        return dropout(attention_weights(q, k, mask, is_causal, scale), dropout_p) @ v
    out: Tensor = apply(_attention, (q, k, v, mask), (is_causal, scale))[0]
    return out
