"""Activations over all elements along an axis."""

from __future__ import annotations

from autodiff._tensor import Tensor

from .. import functional as F
from .module import Module

__all__ = ["LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class _OfAxis(Module):
    """An activation over the elements along one axis."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_OfAxis):
    """exp(x) divided by its sum: positive numbers that sum to 1.

    Parameters
    ----------
    dim : int
        The axis that is summed over.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Softmax(dim=0)(ad.tensor([1.0, 1.0]))
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


class LogSoftmax(_OfAxis):
    """The logarithm of ``Softmax``, without overflow.

    Parameters
    ----------
    dim : int
        The axis that is summed over.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.LogSoftmax(dim=0)(ad.tensor([1.0, 1.0]))
    tensor([-0.6931, -0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


class Softmin(_OfAxis):
    """``Softmax`` of -x: the smallest element gets the largest share.

    Parameters
    ----------
    dim : int
        The axis that is summed over.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Softmin(dim=0)(ad.tensor([1.0, 1.0]))
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


class Softmax2d(Module):
    """``Softmax`` over the channels of an input (N, C, H, W) or (C, H, W).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Softmax2d()(ad.zeros(1, 2, 1, 1)).reshape(-1)
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(
                f"Softmax2d: expected an input (N, C, H, W) or (C, H, W), got shape {input.shape}"
            )
        return F.softmax(input, -3)
