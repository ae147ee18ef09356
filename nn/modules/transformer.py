"""Layers of a transformer's encoder."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from autodiff._tensor import Tensor

from .. import functional as F
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .multihead_attention import MultiheadAttention
from .normalization import LayerNorm

__all__ = ["TransformerEncoder", "TransformerEncoderLayer"]

_ACTIVATIONS = {"relu": F.relu, "gelu": F.gelu}


class TransformerEncoderLayer(Module):
    """Self-attention, then two linear layers for each position; both added to their input.

    Parameters
    ----------
    d_model : int
        Features of the input and of the output.
    nhead : int
        Heads of the attention.
    dim_feedforward : int, default 2048
        Features between the two linear layers.
    dropout : float, default 0.1
        Of the attention's weights, between the linear layers, and of what is added to the input.
    activation : {"relu", "gelu"} or callable, default ``functional.relu``
        Between the linear layers.
    layer_norm_eps : float, default 1e-5
    batch_first : bool, default False
        Take and give (N, L, E) instead of (L, N, E).
    norm_first : bool, default False
        Normalise what goes into attention and linear layers, not the sums.
    bias : bool, default True
        Learned offsets in the linear layers and norms.
    device : optional
        Only ``"cpu"``.
    dtype : dtype, optional
        Of the parameters; the default dtype unless given.

    Raises
    ------
    ValueError
        For an unknown activation, and as ``MultiheadAttention``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)
    >>> layer(ad.ones(3, 5, 8)).shape
    (3, 5, 8)

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.
    R. Xiong et al., "On layer normalization in the transformer architecture", ICML 2020.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Any], Any] = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(activation, str):
            if activation not in _ACTIVATIONS:
                raise ValueError(
                    f"TransformerEncoderLayer: activation must be 'relu', 'gelu' or a function, got "
                    f"{activation!r}"
                )
            activation = _ACTIVATIONS[activation]
        kind = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first, **kind
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **kind)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **kind)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **kind)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **kind)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Encode `src`; masks and `is_causal` are those of ``MultiheadAttention``."""

        def attended(x: Any) -> Any:
            out, _ = self.self_attn(
                x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask,
                is_causal=is_causal,
            )  # fmt: skip
            return self.dropout1(out)

        x: Any = src
        if self.norm_first:
            x = x + attended(self.norm1(x))
            return x + self._feed_forward(self.norm2(x))  # type: ignore[no-any-return]
        x = self.norm1(x + attended(x))
        return self.norm2(x + self._feed_forward(x))  # type: ignore[no-any-return]

    def _feed_forward(self, x: Any) -> Any:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """Several encoder layers, one after the other.

    Parameters
    ----------
    encoder_layer : TransformerEncoderLayer
        Copied for each layer, with its parameters: all begin alike.
    num_layers : int
    norm : Module, optional
        Applied to the result.
    enable_nested_tensor, mask_check : bool, default True
        Accepted, without effect.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16)
    >>> nn.TransformerEncoder(layer, num_layers=2)(ad.ones(5, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Encode `src`; `is_causal` None finds out whether `mask` is causal."""
        if is_causal is None:
            is_causal = mask is not None and _is_causal(mask)
        x: Any = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, is_causal)
        return x if self.norm is None else self.norm(x)  # type: ignore[no-any-return]


def _is_causal(mask: Tensor) -> bool:
    """Say whether a mask hides the later keys from each query, and does nothing else."""
    if mask.ndim != 2 or mask.shape[0] != mask.shape[1]:
        return False
    later = ~np.tri(mask.shape[0], dtype=bool)
    values = mask.numpy(force=True)
    return np.array_equal(values, later if values.dtype == bool else np.where(later, -np.inf, 0))
