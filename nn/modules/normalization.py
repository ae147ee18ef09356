"""Normalisation of each sample by its own statistics."""

from __future__ import annotations

from typing import Any

from autodiff._tensor import Tensor

from .. import functional as F
from .. import init
from ..parameter import Parameter, new_parameter
from .module import Module

__all__ = ["GroupNorm", "LayerNorm", "RMSNorm"]


def _shape(normalized_shape: Any) -> tuple[int, ...]:
    if hasattr(normalized_shape, "__index__"):
        return (normalized_shape.__index__(),)
    return tuple(normalized_shape)


class LayerNorm(Module):
    """Brings the last axes of each sample to mean 0 and variance 1, then scales and shifts them.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The sizes of the last axes.
    eps : float, default 1e-5
        Added to the variance.
    elementwise_affine : bool, default True
        Learn a scale and (with `bias`) a shift for each element.
    bias : bool, default True
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight, bias : Parameter, shape normalized_shape, or None
        Initially 1 and 0.

    References
    ----------
    J. Ba, J. Kiros, G. Hinton: Layer normalization (2016). https://arxiv.org/abs/1607.06450

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.LayerNorm(2, eps=0.0)(ad.tensor([[1.0, 3.0]])).tolist()
    [[-1.0, 1.0]]
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            self.register_parameter(
                name,
                new_parameter(*self.normalized_shape, dtype=dtype, device=device)
                if wanted
                else None,
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(Module):
    """Divides the last axes of each sample by their root mean square, then scales them.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The sizes of the last axes.
    eps : float, optional
        Added to the mean square; the dtype's machine epsilon by default.
    elementwise_affine : bool, default True
        Learn a scale for each element.
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight : Parameter, shape normalized_shape, or None
        Initially 1.

    References
    ----------
    B. Zhang, R. Sennrich: Root mean square layer normalization (2019).
    https://arxiv.org/abs/1910.07467

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.RMSNorm(2, eps=0.0)(ad.tensor([[3.0, 3.0]])).tolist()
    [[1.0, 1.0]]
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = new_parameter(*self.normalized_shape, dtype=dtype, device=device)
        self.register_parameter("weight", weight if elementwise_affine else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Brings each group of channels of a sample to mean 0 and variance 1, then scales and shifts.

    Parameters
    ----------
    num_groups : int
        Divides `num_channels`.
    num_channels : int
        C of an input (N, C, ...).
    eps : float, default 1e-5
        Added to the variance.
    affine : bool, default True
        Learn a scale and (with `bias`) a shift for each channel.
    device, dtype : optional
        As for ``Linear``.
    bias : bool, default True

    Attributes
    ----------
    weight, bias : Parameter, shape (C,), or None
        Initially 1 and 0.

    References
    ----------
    Y. Wu, K. He: Group normalization (2018). https://arxiv.org/abs/1803.08494

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.GroupNorm(2, 4)(ad.ones(3, 4, 5)).shape
    (3, 4, 5)
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_groups={num_groups} must divide num_channels={num_channels}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(
                name, new_parameter(num_channels, dtype=dtype, device=device) if wanted else None
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
