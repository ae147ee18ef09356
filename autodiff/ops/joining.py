"""Joining: several tensors put together to one, or spread over a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axis_of, numpy_names
from ..declare import operand, promoted
from ..primitive import Primitive
from .broadcasting import broadcast_tensors
from .shape import expand_dims, reshape

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "cat", "column_stack", "concat", "concatenate", "dstack", "hstack", "meshgrid", "row_stack",
    "stack", "vstack",
]  # fmt: skip


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
        Of equal sizes along the other axes; dtypes are promoted. Tensors of shape (0,) are passed
        over.
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
    xs = [x if x._array.ndim else reshape(x, 1) for x in _tensors(tensors, "hstack")]
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
    return cat([x if x._array.ndim > 1 else reshape(x, -1, 1) for x in xs], 1)


def dstack(tensors: Any) -> Tensor:
    """The tensors one behind the other along axis 2, after others got the axes they lack.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.dstack([ad.tensor([1, 2]), ad.tensor([3, 4])]).shape
    (1, 2, 2)
    """
    xs = [_rows(x) for x in _tensors(tensors, "dstack")]
    return cat([x if x._array.ndim > 2 else expand_dims(x, 2) for x in xs], 2)


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
        raise ValueError(
            f"meshgrid: expected 0-d and 1-d tensors, got shapes {[x.shape for x in xs]}"
        )
    places = list(range(count))
    if indexing == "xy" and count > 1:
        places[:2] = 1, 0
    shaped = [
        reshape(x, (1,) * place + (-1,) + (1,) * (count - 1 - place))
        for x, place in zip(xs, places, strict=True)
    ]
    return broadcast_tensors(*shaped)
