"""Gathering: parts taken from positions along one axis that a table names.

Unlike in ``x[...]`` positions are not negative: one outside of [0, length) raises an IndexError.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axis_of, numpy_names
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive
from ..scattered import Scattered
from .broadcasting import expand
from .indexing import added_at
from .shape import reshape

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["gather", "index_select", "take_along_axis", "take_along_dim"]

METHODS = ("gather", "index_select", "take_along_dim")


def _positions(index: Any, length: int, operation: str) -> np.ndarray:
    """Return `index` as an array of our own, checked to lie in [0, length)."""
    array = operand(index, operation, number=False)._array
    if array.dtype.kind not in "iu":
        raise IndexError(f"{operation}: index must be an integer tensor, got {array.dtype}")
    positions = np.array(array, np.intp)
    # Seen as unsigned a negative number is a huge one, so that one pass finds both kinds.
    if positions.size and np.maximum.reduce(positions.view(np.uintp), axis=None) >= length:
        bad = positions[(positions < 0) | (positions >= length)].flat[0]
        raise IndexError(
            f"{operation}: index {bad} is out of range for an axis of length {length}; expected 0 "
            f"to {length - 1}"
        )
    return positions


def vector_index(index: Any, x: Tensor, axis: int, operation: str) -> tuple[Any, ...]:
    """Return the full index of positions along `axis`."""
    shape = x._array.shape
    positions = _positions(index, shape[axis] if shape else 1, operation)
    if positions.ndim > 1:
        raise ValueError(
            f"{operation}: index must have one axis, got shape {positions.shape}; use gather for "
            "tables"
        )
    return (slice(None),) * axis + (positions.reshape(-1),)


def table_index(index: Any, x: Tensor, axis: int, operation: str) -> np.ndarray:
    """Return positions along `axis`, one per place of a table, as positions in the flattened tensor."""
    shape = x._array.shape
    positions = _positions(index, shape[axis] if shape else 1, operation)
    if positions.ndim != len(shape):
        raise ValueError(
            f"{operation}: index of shape {positions.shape} must have as many axes as the tensor of "
            f"shape {shape}"
        )
    for i, (n, m) in enumerate(zip(positions.shape, shape, strict=True)):
        if i != axis and n > m and positions.size:
            raise ValueError(
                f"{operation}: index of shape {positions.shape} is longer along axis {i} than the "
                f"tensor of shape {shape}"
            )
    step = math.prod(shape[axis + 1 :])
    if step != 1:
        positions *= step
    if len(shape) > 1:
        positions += _line_starts(positions.shape, shape, axis)
    return positions


@functools.lru_cache(maxsize=256)
def _line_starts(places: tuple[int, ...], shape: tuple[int, ...], axis: int) -> np.ndarray:
    """Where, in a flattened tensor of `shape`, the lines along `axis` start that `places` lie on."""
    starts = np.zeros((1,) * len(shape), np.intp)
    for i, n in enumerate(places):
        if i != axis:
            along = (n,) + (1,) * (len(shape) - 1 - i)
            starts = starts + np.arange(n).reshape(along) * math.prod(shape[i + 1 :])
    return starts


taken = Primitive(
    "gather",
    lambda x, places: x.take(places),
    (lambda g, places, x_shape: _put_back(g, places, x_shape),),
    linear=True,
)


def _put_back(g: Any, places: np.ndarray, shape: tuple[int, ...]) -> Any:
    return Scattered(places, g, flat=True) if isinstance(g, np.ndarray) else _put(g, places, shape)


_put = Primitive(
    "put_flat",
    lambda x, places, shape: Scattered(places, x, flat=True).dense(shape),
    (lambda g, places: taken(g, places),),
    linear=True,
)
_index_select = Primitive(
    "index_select",
    lambda x, index: x[index],
    (lambda g, index, x_shape: added_at(g, index, x_shape),),
    linear=True,
)


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """The elements at positions `index` along an axis, one table of positions per place.

    ``out[i, j] = input[index[i, j], j]`` for `dim` 0.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        With as many axes as `input`, and along axes other than `dim` not longer; its shape is the
        shape of the result.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.gather(ad.tensor([[1, 2], [3, 4]]), 1, ad.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    x = operand(input, "gather", number=False)
    axis = axis_of(dim, x._array.ndim, "gather")
    return apply(taken, (x,), (table_index(index, x, axis, "gather"),))


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """The parts of a tensor at positions `index` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int, shape (n,)
        May name a position several times.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.index_select(ad.tensor([[1, 2], [3, 4]]), 1, ad.tensor([1, 1, 0]))
    tensor([[2, 2, 1],
            [4, 4, 3]])
    """
    x = operand(input, "index_select", number=False)
    axis = axis_of(dim, x._array.ndim, "index_select")
    index = vector_index(index, x, axis, "index_select")
    if x._array.ndim == 0:
        return reshape(apply(_index_select, (reshape(x, 1),), (index,)), ())
    return apply(_index_select, (x,), (index,))


@numpy_names
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """The elements at positions `indices` along an axis, as ``argmax`` and ``argsort`` give them.

    Parameters
    ----------
    input : Tensor
    indices : Tensor of int
        Broadcast against `input` along the other axes.
    dim : int, optional
        Without it both are flattened.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.take_along_dim(ad.tensor([[3, 1, 2]]), ad.tensor([[1, 2, 0]]), dim=1)
    tensor([[1, 2, 3]])
    """
    x = operand(input, "take_along_dim", number=False)
    index = operand(indices, "take_along_dim", number=False)
    if dim is None:
        return gather(reshape(x, -1), 0, reshape(index, -1))
    axis = axis_of(dim, x._array.ndim, "take_along_dim")
    if index._array.ndim != x._array.ndim:
        raise ValueError(
            f"take_along_dim: indices of shape {index.shape} must have as many axes as the tensor "
            f"of shape {x.shape}"
        )
    ours, theirs = list(x._array.shape), list(index._array.shape)
    if x._array.ndim:
        ours[axis] = theirs[axis] = 1
    try:
        common = np.broadcast_shapes(tuple(ours), tuple(theirs))
    except ValueError:
        raise ValueError(
            f"take_along_dim: the shapes {x.shape} of input and {index.shape} of indices do not "
            f"broadcast beside axis {axis}"
        ) from None
    x, index = (
        expand(y, (*common[:axis], *y.shape[axis : axis + 1], *common[axis + 1 :]))
        for y in (x, index)
    )
    return gather(x, axis, index)


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """NumPy's form of ``take_along_dim``: negative positions count from the end.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.take_along_axis(ad.tensor([3, 1, 2]), ad.tensor([-1, 0]), axis=0)
    tensor([2, 3])
    """
    x = operand(arr, "take_along_axis", number=False)
    positions = operand(indices, "take_along_axis", number=False)._array
    length = (
        x._array.size
        if axis is None
        else x._array.shape[axis_of(axis, x._array.ndim, "take_along_axis")]
    )
    return take_along_dim(x, np.where(positions < 0, positions + length, positions), dim=axis)
