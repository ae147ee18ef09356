"""Splitting: one tensor cut into several, which are views."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply_view
from ..arguments import axis_of, numpy_names
from ..declare import operand
from .indexing import slice_

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["chunk", "dsplit", "hsplit", "split", "tensor_split", "unbind", "vsplit"]

METHODS = tuple(__all__)


def _ranges(x: Tensor, axis: int, stops: Sequence[int]) -> tuple[Tensor, ...]:
    """The parts of `x` between neighbouring numbers of ``[0, *stops]``, as views."""
    before = (slice(None),) * axis
    parts = []
    start = 0
    for stop in stops:
        parts.append(apply_view(slice_, x, ((*before, slice(start, stop)),)))
        start = stop
    return tuple(parts)


def _axis_to_split(x: Tensor, dim: Any, operation: str) -> tuple[int, int]:
    shape = x._array.shape
    if not shape:
        raise ValueError(f"{operation}: a 0-d tensor cannot be split")
    axis = axis_of(dim, len(shape), operation)
    return axis, shape[axis]


@numpy_names
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """The tensor in parts of a given size along an axis, as views.

    Parameters
    ----------
    tensor : Tensor
    split_size_or_sections : int or sequence of int
        The size of each part (the last may be smaller), or the sizes of all parts.
    dim : int, default 0

    Raises
    ------
    ValueError
        Where sizes are negative or do not add up to the length of the axis.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.split(ad.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    x = operand(tensor, "split", number=False)
    axis, length = _axis_to_split(x, dim, "split")
    if isinstance(split_size_or_sections, (list, tuple)):
        sizes = [n.__index__() for n in split_size_or_sections]
        if sum(sizes) != length or min(sizes, default=0) < 0:
            raise ValueError(
                f"split: sizes {sizes} must add up to {length}, the length of axis {axis} of shape "
                f"{x.shape}"
            )
        return _ranges(x, axis, np.cumsum(sizes, dtype=int).tolist())
    size = split_size_or_sections.__index__()
    if size < 0 or (size == 0 and length):
        raise ValueError(f"split: the size of the parts must be positive, got {size}")
    stops = [*range(size, length, size), length] if size else [0]
    return _ranges(x, axis, stops)


@numpy_names
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The tensor in up to `chunks` parts of equal size (the last may be smaller), as views.

    Where the length of the axis does not divide well there may be fewer parts; ``tensor_split``
    always gives as many as asked for.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.chunk(ad.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    x = operand(input, "chunk", number=False)
    axis, length = _axis_to_split(x, dim, "chunk")
    if chunks <= 0:
        raise ValueError(f"chunk: the number of parts must be positive, got {chunks}")
    if length == 0:
        return _ranges(x, axis, [0] * chunks)
    return split(x, -(-length // chunks), axis)


@numpy_names
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """The tensor in a number of parts of nearly equal size, or cut at given positions, as views.

    Parameters
    ----------
    input : Tensor
    indices_or_sections : int or sequence of int
        The number of parts (the first ones are longer where it does not divide), or the positions
        of the cuts.
    dim : int, default 0

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor_split(ad.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    >>> ad.tensor_split(ad.arange(5), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    x = operand(input, "tensor_split", number=False)
    axis, length = _axis_to_split(x, dim, "tensor_split")
    cuts = indices_or_sections
    if hasattr(cuts, "tolist"):
        cuts = cuts.tolist()
    if isinstance(cuts, (list, tuple)):
        before = (slice(None),) * axis
        edges = pairwise([None, *[n.__index__() for n in cuts], None])
        return tuple([apply_view(slice_, x, ((*before, slice(a, b)),)) for a, b in edges])
    if cuts <= 0:
        raise ValueError(f"tensor_split: the number of parts must be positive, got {cuts}")
    size, longer = divmod(length, cuts)
    return _ranges(x, axis, [(i + 1) * size + min(i + 1, longer) for i in range(cuts)])


def _split_along(
    input: Any, indices_or_sections: Any, dim: int, operation: str
) -> tuple[Tensor, ...]:
    x = operand(input, operation, number=False)
    sections = indices_or_sections
    length = x._array.shape[dim] if dim < x._array.ndim else None
    if length is None:
        raise ValueError(f"{operation}: a tensor of shape {x.shape} has no axis {dim}")
    if not hasattr(sections, "__len__") and (sections <= 0 or length % sections):
        raise ValueError(
            f"{operation}: axis {dim} of shape {x.shape} cannot be divided into {sections} equal "
            "parts"
        )
    return tensor_split(x, sections, dim)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """``tensor_split`` along axis 1 (axis 0 for a vector), in equal parts or at given positions.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hsplit(ad.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    x = operand(input, "hsplit", number=False)
    return _split_along(x, indices_or_sections, 0 if x._array.ndim == 1 else 1, "hsplit")


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """``tensor_split`` along axis 0, not for vectors, in equal parts or at given positions.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.vsplit(ad.tensor([[1, 2], [3, 4]]), 2)
    (tensor([[1, 2]]), tensor([[3, 4]]))
    """
    x = operand(input, "vsplit", number=False)
    if x._array.ndim < 2:
        raise ValueError(f"vsplit: expected a tensor with at least two axes, got shape {x.shape}")
    return _split_along(x, indices_or_sections, 0, "vsplit")


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """``tensor_split`` along axis 2, in equal parts or at given positions.

    Examples
    --------
    >>> import autodiff as ad
    >>> [part.shape for part in ad.dsplit(ad.zeros(2, 3, 4), 2)]
    [(2, 3, 2), (2, 3, 2)]
    """
    return _split_along(input, indices_or_sections, 2, "dsplit")


@numpy_names
def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """The parts at each position of an axis, as views; the axis goes away.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.unbind(ad.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    x = operand(input, "unbind", number=False)
    axis, length = _axis_to_split(x, dim, "unbind")
    before = (slice(None),) * axis
    return tuple([apply_view(slice_, x, ((*before, i),)) for i in range(length)])
