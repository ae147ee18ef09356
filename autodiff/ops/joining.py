"""Joining tensors to one, and splitting one into several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import axis_of, numpy_names
from ..declare import operand, promoted
from ..primitive import Primitive, apply, apply_view
from .indexing import slice_
from .shape import broadcast_tensors, expand_dims

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "cat", "chunk", "column_stack", "concat", "concatenate", "dsplit", "dstack", "hsplit", "hstack",
    "meshgrid", "row_stack", "split", "stack", "tensor_split", "unbind", "vsplit", "vstack",
]  # fmt: skip

METHODS = ("chunk", "dsplit", "hsplit", "split", "tensor_split", "unbind", "vsplit")


def _tensors(tensors: Any, operation: str) -> list[Tensor]:
    """Return what is to be joined as Tensors of one dtype."""
    if not isinstance(tensors, Sequence) and not hasattr(tensors, "__iter__"):
        raise TypeError(
            f"{operation}: expected a sequence of tensors, got {type(tensors).__name__}"
        )
    xs = [operand(x, operation, number=False) for x in tensors]
    if not xs:
        raise ValueError(f"{operation}: expected at least one tensor, got none")
    dtype = xs[0]._array.dtype
    for x in xs:
        if x._array.dtype is not dtype:
            return promoted(operation, xs)
    return xs


def _cut(g: Any, needs: list[bool], axis: int, lengths: tuple[int, ...]) -> list[Any]:
    """The part of `g` that belongs to each of the tensors that were joined."""
    before = (slice(None),) * axis
    parts: list[Any] = []
    start = 0
    for length, needed in zip(lengths, needs, strict=True):
        parts.append(g[(*before, slice(start, start + length))] if needed else None)
        start += length
    return parts


_cat = Primitive(
    "cat",
    lambda *args: np.concatenate(args[:-2], axis=args[-2]),
    lambda g, needs, params: _cut(g, needs, *params),
    arity=-1,
    linear=True,
)


def cat(tensors: Any, dim: int = 0, *, axis: int | None = None) -> Tensor:
    """The tensors one behind the other along an existing axis.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of equal sizes along the other axes; dtypes are promoted. Tensors of shape (0,) are passed over.
    dim : int, default 0
        Also as `axis`.

    Raises
    ------
    ValueError
        Where the shapes do not fit, or there is no tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cat([ad.tensor([[1, 2]]), ad.tensor([[3, 4]])])
    tensor([[1, 2],
            [3, 4]])
    """
    xs = _tensors(tensors, "cat")
    for x in xs:
        if x._array.shape == (0,):
            xs = [x for x in xs if x._array.shape != (0,)] or xs
            break
    shape = xs[0]._array.shape
    if not shape:
        raise ValueError("cat: 0-d tensors have no axis to be joined along; use stack")
    along = axis_of(dim if axis is None else axis, len(shape), "cat")
    for x in xs:
        if len(x._array.shape) != len(shape):
            raise ValueError(f"cat: the shapes {shape} and {x.shape} differ in the number of axes")
    return apply(_cat, xs, (along, tuple([x._array.shape[along] for x in xs])))


concat = concatenate = cat


def _stacked(*args: Any) -> np.ndarray:
    new_axis = (slice(None),) * args[-1] + (None,)
    return np.concatenate([x[new_axis] for x in args[:-1]], axis=args[-1])


_stack = Primitive(
    "stack",
    _stacked,
    lambda g, needs, params: [
        g[(slice(None),) * params[0] + (i,)] if needed else None for i, needed in enumerate(needs)
    ],
    arity=-1,
    linear=True,
)


@numpy_names
def stack(tensors: Any, dim: int = 0) -> Tensor:
    """The tensors one behind the other along a new axis.

    Parameters
    ----------
    tensors : sequence of Tensor
        Of one shape; dtypes are promoted.
    dim : int, default 0
        The place of the new axis in the result.

    Raises
    ------
    ValueError
        Where the shapes differ, or there is no tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.stack([ad.tensor([1, 2]), ad.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _tensors(tensors, "stack")
    shapes = {x._array.shape for x in xs}
    if len(shapes) > 1:
        raise ValueError(f"stack: the tensors must have one shape, got {sorted(shapes)}")
    return apply(_stack, xs, (axis_of(dim, xs[0]._array.ndim + 1, "stack"),))


def hstack(tensors: Any) -> Tensor:
    """The tensors side by side: ``cat`` along axis 1 (along axis 0 for vectors).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hstack([ad.tensor([1, 2]), ad.tensor([3])])
    tensor([1, 2, 3])
    """
    xs = [x if x._array.ndim else x.reshape(1) for x in _tensors(tensors, "hstack")]  # type: ignore[attr-defined]
    return cat(xs, 0 if xs[0]._array.ndim == 1 else 1)


def vstack(tensors: Any) -> Tensor:
    """The tensors one below the other: ``cat`` along axis 0 after vectors were made rows.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.vstack([ad.tensor([1, 2]), ad.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([_rows(x) for x in _tensors(tensors, "vstack")])


row_stack = vstack


def _rows(x: Tensor) -> Tensor:
    return x if x._array.ndim > 1 else expand_dims(x, (0, 1)[: 2 - x._array.ndim])


def column_stack(tensors: Any) -> Tensor:
    """Vectors as the columns of a matrix; matrices side by side.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.column_stack([ad.tensor([1, 2]), ad.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    xs = _tensors(tensors, "column_stack")
    return cat([x if x._array.ndim > 1 else x.reshape(-1, 1) for x in xs], 1)  # type: ignore[attr-defined]


def dstack(tensors: Any) -> Tensor:
    """The tensors one behind the other along axis 2, after matrices and vectors got the axes they lack.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.dstack([ad.tensor([1, 2]), ad.tensor([3, 4])]).shape
    (1, 2, 2)
    """
    xs = [_rows(x) for x in _tensors(tensors, "dstack")]
    return cat([x if x._array.ndim > 2 else expand_dims(x, 2) for x in xs], 2)


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
                f"split: sizes {sizes} must add up to {length}, the length of axis {axis} of shape {x.shape}"
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

    Where the length of the axis does not divide well there may be fewer parts; ``tensor_split`` always gives
    as many as asked for.

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
        The number of parts (the first ones are longer where it does not divide), or the positions of the
        cuts.
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
        edges = [None, *[n.__index__() for n in cuts], None]
        return tuple(
            [
                apply_view(slice_, x, ((*before, slice(a, b)),))
                for a, b in zip(edges, edges[1:])  # noqa: B905
            ]
        )
    if cuts <= 0:
        raise ValueError(f"tensor_split: the number of parts must be positive, got {cuts}")
    size, longer = divmod(length, cuts)
    return _ranges(x, axis, [(i + 1) * size + min(i + 1, longer) for i in range(cuts)])


def _split_along(input: Any, indices_or_sections: Any, dim: int, operation: str) -> tuple[Tensor, ...]:
    x = operand(input, operation, number=False)
    sections = indices_or_sections
    length = x._array.shape[dim] if dim < x._array.ndim else None
    if length is None:
        raise ValueError(f"{operation}: a tensor of shape {x.shape} has no axis {dim}")
    if not hasattr(sections, "__len__") and (sections <= 0 or length % sections):
        raise ValueError(
            f"{operation}: axis {dim} of shape {x.shape} cannot be divided into {sections} equal parts"
        )
    return tensor_split(x, sections, dim)


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """``tensor_split`` along axis 1 (along axis 0 for a vector), in equal parts or at given positions.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hsplit(ad.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    x = operand(input, "hsplit", number=False)
    return _split_along(x, indices_or_sections, 0 if x._array.ndim == 1 else 1, "hsplit")


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """``tensor_split`` of a matrix or larger tensor along axis 0, in equal parts or at given positions.

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


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid, from the coordinates along each of its axes; read-only views.

    Parameters
    ----------
    *tensors : Tensor
        0-d or 1-d, also as one list.
    indexing : {"ij", "xy"}, default "ij"
        "xy": the first two axes of the results are swapped, as in pictures (NumPy's default).

    Returns
    -------
    tuple of Tensor
        As many as were given, each with as many axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.meshgrid(ad.tensor([1, 2]), ad.tensor([3, 4, 5]))[0]
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise ValueError(f"meshgrid: indexing must be 'ij' or 'xy', got {indexing!r}")
    xs = [operand(x, "meshgrid", number=False) for x in tensors]
    count = len(xs)
    if any([x._array.ndim > 1 for x in xs]):
        raise ValueError(f"meshgrid: expected 0-d and 1-d tensors, got shapes {[x.shape for x in xs]}")
    places = list(range(count))
    if indexing == "xy" and count > 1:
        places[:2] = 1, 0
    shaped = [
        x.reshape((1,) * place + (-1,) + (1,) * (count - 1 - place))  # type: ignore[attr-defined]
        for x, place in zip(xs, places, strict=True)
    ]
    return broadcast_tensors(*shaped)
