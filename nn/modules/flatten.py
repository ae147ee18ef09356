"""Merging axes into one, and splitting one into several."""

from __future__ import annotations

from collections.abc import Sequence

from autodiff._tensor import Tensor
from autodiff.ops.shape import flatten, unflatten

from .module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Merges the axes from `start_dim` to `end_dim` into one.

    Parameters
    ----------
    start_dim, end_dim : int, default 1 and -1
        All but the first axis, by default.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Flatten()(ad.ones(5, 8, 7, 7)).shape
    (5, 392)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Splits the axis `dim` into several.

    Parameters
    ----------
    dim : int
    unflattened_size : tuple of int
        The sizes of the new axes; one may be -1.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Unflatten(1, (8, 7, 7))(ad.ones(5, 392)).shape
    (5, 8, 7, 7)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        self.dim = dim
        self.unflattened_size = tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        return unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
