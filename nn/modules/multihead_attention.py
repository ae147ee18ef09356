"""Multi-head attention."""

from __future__ import annotations

import math
from typing import Any

from autodiff._tensor import Tensor
from autodiff.creation import zeros
from autodiff.ops.attention import attention_weights
from autodiff.ops.joining import cat

from .. import functional as F
from .. import init
from ..parameter import Parameter, new_parameter
from .linear import Linear
from .module import Module

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attention of several heads, each on projections of its own.

    Query, key and value are projected; each head attends with a part of the features; what the
    heads find is put side by side and projected once more.

    Parameters
    ----------
    embed_dim : int
        Features of the query and of the output; the heads share them out.
    num_heads : int
        Divides `embed_dim`.
    dropout : float, default 0
        The probability with which a weight is dropped while training.
    bias : bool, default True
        Add a learned offset in the projections.
    add_bias_kv : bool, default False
        Add a learned key and value to those given.
    add_zero_attn : bool, default False
        Add a key and a value of zeros.
    kdim, vdim : int, optional
        Features of key and value; `embed_dim` unless given.
    batch_first : bool, default False
        Take and give (N, L, E) instead of (L, N, E).
    device : optional
        Only ``"cpu"``.
    dtype : dtype, optional
        Of the parameters; the default dtype unless given.

    Attributes
    ----------
    in_proj_weight : Parameter, shape (3 * embed_dim, embed_dim), or None
        For query, key and value, one below the other; None where `kdim` or `vdim` differs from
        `embed_dim`. Drawn as by ``init.xavier_uniform_``.
    q_proj_weight, k_proj_weight, v_proj_weight : Parameter, or None
        In that case, (embed_dim, embed_dim), (embed_dim, kdim) and (embed_dim, vdim).
    in_proj_bias : Parameter, shape (3 * embed_dim,), or None
        Zeros at first.
    out_proj : Linear
    bias_k, bias_v : Parameter, shape (1, 1, embed_dim), or None
        Drawn as by ``init.xavier_normal_``.

    Raises
    ------
    ValueError
        For sizes that are not positive, or not divisible.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = ad.ones(3, 5, 8)
    >>> out, weights = attention(x, x, x)
    >>> out.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: embed_dim {embed_dim} and num_heads {num_heads} must be "
                "positive, and the first divisible by the second"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn

        def parameter(wanted: bool, *shape: int) -> Parameter | None:
            return new_parameter(*shape, dtype=dtype, device=device) if wanted else None

        one_size = self.kdim == self.vdim == embed_dim
        self.register_parameter("q_proj_weight", parameter(not one_size, embed_dim, embed_dim))
        self.register_parameter("k_proj_weight", parameter(not one_size, embed_dim, self.kdim))
        self.register_parameter("v_proj_weight", parameter(not one_size, embed_dim, self.vdim))
        self.register_parameter("in_proj_weight", parameter(one_size, 3 * embed_dim, embed_dim))
        self.register_parameter("in_proj_bias", parameter(bias, 3 * embed_dim))
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self.register_parameter("bias_k", parameter(add_bias_kv, 1, 1, embed_dim))
        self.register_parameter("bias_v", parameter(add_bias_kv, 1, 1, embed_dim))
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (
            self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        ):  # fmt: skip
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend from `query` to `key` and `value`.

        Parameters
        ----------
        query : Tensor, shape (L, N, E), (N, L, E) with `batch_first`, or (L, E)
        key, value : Tensor
            Of S in place of L, and of `kdim` and `vdim` features.
        key_padding_mask : Tensor, shape (N, S) or (S,), optional
            Bool, True where a key is not to be looked at; or floating, added to the scores.
        need_weights : bool, default True
            Return the weights too. Without them attention is faster and takes less memory.
        attn_mask : Tensor, shape (L, S) or (N * num_heads, L, S), optional
            Bool, True where a query may not look at a key; or floating, added to the scores.
        average_attn_weights : bool, default True
            Return the mean of the weights over the heads.
        is_causal : bool, default False
            Says that `attn_mask`, which must be given, lets query i look at the keys up to i; it
            need not be read then.

        Returns
        -------
        output : Tensor
            Shaped like the query.
        weights : Tensor, shape (N, L, S), or None
            (N, num_heads, L, S) without `average_attn_weights`; no N where the query has none. Zeros
            for a query that may look at no key.

        Raises
        ------
        ValueError
            For shapes that do not fit, and for `is_causal` without `attn_mask`.
        TypeError
            For masks that are neither bool nor floating, or several dtypes.
        """
        self._check(query, key, value)
        if is_causal and attn_mask is None:
            raise ValueError("MultiheadAttention: is_causal needs attn_mask beside it")
        one = query.ndim == 2
        padding = key_padding_mask
        if one:
            query, key, value = [x.unsqueeze(0) for x in (query, key, value)]
            padding = None if padding is None else padding.unsqueeze(0)
        # What brings the axes of (..., heads, features) into the order (N, heads, L, features).
        order = (0, 2, 1, 3) if one or self.batch_first else (1, 2, 0, 3)
        projections = zip((query, key, value), *self._projections(), strict=True)
        q, k, v = [self._by_heads(F.linear(*inputs), order) for inputs in projections]
        causal = is_causal and padding is None and not need_weights
        mask = None if causal else self._mask(q, k, padding, attn_mask)
        k, v, mask = self._with_learned_keys(k, v, mask)
        p = self.dropout if self.training else 0.0
        weights: Any = None
        if need_weights:
            weights = attention_weights(q, k, mask, False, 1 / math.sqrt(self.head_dim))
            weights = F.dropout(weights, p)
            out: Any = weights @ v
        else:
            out = F.scaled_dot_product_attention(q, k, v, mask, p, causal)
        out = out.permute([order.index(axis) for axis in range(4)])
        out = self.out_proj(out.reshape(query.shape))
        if weights is not None and average_attn_weights:
            weights = weights.mean(1)
        if one:
            return out.squeeze(0), None if weights is None else weights.squeeze(0)
        return out, weights

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        shapes = [x.shape for x in (query, key, value)]
        widths = [self.embed_dim, self.kdim, self.vdim]
        batch = 0 if self.batch_first else 1
        if (
            query.ndim not in (2, 3)
            or not query.ndim == key.ndim == value.ndim
            or [shape[-1] for shape in shapes] != widths
            or shapes[1][:-1] != shapes[2][:-1]
            or (query.ndim == 3 and shapes[0][batch] != shapes[1][batch])
        ):
            axes = "(N, L, ...)" if self.batch_first else "(L, N, ...)"
            raise ValueError(
                f"MultiheadAttention: got query {shapes[0]}, key {shapes[1]} and value "
                f"{shapes[2]}; expected {axes} or (L, ...) with {widths} features, one N, and "
                "key and value of one length"
            )

    def _projections(self) -> tuple[Any, Any]:
        """The weights and the biases for query, key and value."""
        weights: Any = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if self.in_proj_weight is not None:
            weights = self.in_proj_weight.chunk(3)
        bias = self.in_proj_bias
        return weights, (None,) * 3 if bias is None else bias.chunk(3)

    def _by_heads(self, x: Any, order: tuple[int, ...] = (0, 2, 1, 3)) -> Any:
        return x.reshape((*x.shape[:2], self.num_heads, self.head_dim)).permute(order)

    def _mask(self, q: Any, k: Any, padding: Any, attn_mask: Any) -> Any:
        """What is added to the scores, broadcast to (N, heads, L, S); None for nothing."""
        n, heads, queries, _ = q.shape
        keys = k.shape[2]
        of_keys = {(n, keys): (n, 1, 1, keys)}
        of_scores = {
            (queries, keys): (1, 1, queries, keys),
            (n * heads, queries, keys): (n, heads, queries, keys),
        }
        padding = _added("key_padding_mask", padding, of_keys, q.dtype)
        attn_mask = _added("attn_mask", attn_mask, of_scores, q.dtype)
        if padding is None or attn_mask is None:
            return attn_mask if padding is None else padding
        return attn_mask + padding

    def _with_learned_keys(self, k: Any, v: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Add the keys and values that are not given: learned ones and zeros."""
        further = []
        if self.bias_k is not None:
            further.append((self._by_heads(self.bias_k), self._by_heads(self.bias_v)))
        if self.add_zero_attn:
            nothing = zeros(1, self.num_heads, 1, self.head_dim, dtype=k.dtype)
            further.append((nothing, nothing))
        for key, value in further:
            shape = (*k.shape[:2], 1, self.head_dim)
            k, v = cat([k, key.expand(shape)], 2), cat([v, value.expand(shape)], 2)
            mask = None if mask is None else F.pad(mask, (0, 1))
        return k, v, mask


def _added(name: str, mask: Any, shapes: dict[Any, Any], dtype: Any) -> Any:
    """Return a mask as what is added to the scores; `shapes` says how each one is seen."""
    if mask is None:
        return None
    if mask.shape not in shapes:
        raise ValueError(
            f"MultiheadAttention: {name} has shape {mask.shape}, expected "
            f"{' or '.join(map(str, shapes))}"
        )
    if mask.dtype.kind != "b" and mask.dtype != dtype:
        raise TypeError(f"MultiheadAttention: {name} must be bool or {dtype}, got {mask.dtype}")
    mask = mask.reshape(shapes[mask.shape])
    if mask.dtype.kind == "b":
        return zeros(*mask.shape, dtype=dtype).masked_fill(mask, -math.inf)
    return mask
