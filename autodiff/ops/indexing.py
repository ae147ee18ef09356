"""Indexing: parts of a tensor by position, range, table or mask.

Operations along one axis, with a table of positions, are in `gathering` and `scattering`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply, apply_view
from ..arguments import axis_of
from ..declare import operand
from ..inplace import assign, setting
from ..primitive import Primitive
from ..scattered import Scattered, add_at
from ..subscripts import plain_index
from .broadcasting import expand
from .shape import reshape

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "argwhere", "index_put", "masked_scatter", "masked_select", "narrow", "nonzero", "select",
    "take",
]  # fmt: skip

METHODS = tuple(__all__)

IN_PLACE = ("index_put", "masked_scatter")


def added_at(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """An array of zeros of `shape` with `g` added at `index`."""
    return Scattered(index, g) if isinstance(g, np.ndarray) else _put(g, index, shape)


_put = Primitive(
    "put",
    lambda x, index, shape: Scattered(index, x).dense(shape),
    (lambda g, index: g[index],),
    linear=True,
)


def _part(x: np.ndarray, index: Any) -> np.ndarray:
    out = x[index]
    if out.__class__ is np.ndarray:
        return out
    return x[
        (*index, ...) if index.__class__ is tuple else (index, ...)
    ]  # an element, as a 0-d view


def _rule(g: Any, index: Any, x_shape: tuple[int, ...]) -> Any:
    return added_at(g, index, x_shape)


slice_ = Primitive("slice", _part, (_rule,), linear=True, view=True, symbol="[]")
index_ = Primitive("index", lambda x, index: x[index], (_rule,), linear=True, symbol="[]")


def getitem(input: Tensor, index: Any) -> Tensor:
    """``input[index]``: a view for integers and slices, a copy for tables and masks.

    Parameters
    ----------
    input : Tensor
    index : int, slice, None, Ellipsis, integer or bool Tensor, array or list, or a tuple of these
        As in NumPy: integers may be negative, slices may have negative steps.

    Raises
    ------
    IndexError
        Where the index does not fit the shape.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([[1, 2, 3], [4, 5, 6]])
    >>> x[1, ::-1]
    tensor([6, 5, 4])
    >>> x[x > 4]
    tensor([5, 6])
    """
    index, basic = plain_index(index)
    if basic:
        return apply_view(slice_, input, (index,))
    return apply(index_, (input,), (index,))


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """``input[index] = value``, recorded.

    Parameters
    ----------
    input : Tensor
    index
        As for reading.
    value : Tensor, array or number
        Broadcast to the part. Where an element is named several times the last value stays, and
        only that receives a gradient.

    Raises
    ------
    IndexError, ValueError
        Where the index does not fit the shape, or the value does not fit the part.
    RuntimeError
        For a leaf that requires grad, while operations are recorded.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.zeros(4)
    >>> x[1:3] = 5.0
    >>> x
    tensor([0., 5., 5., 0.])
    """
    assign(input, index, value)


def narrow(input: Any, dim: int, start: int, length: int) -> Tensor:
    """`length` neighbours from `start` on along an axis, as a view.

    Raises
    ------
    IndexError
        Where the range does not lie within the axis.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.narrow(ad.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    x = operand(input, "narrow", number=False)
    axis = axis_of(dim, x._array.ndim, "narrow")
    size = _length(x, axis, "narrow")
    start, length = start.__index__(), length.__index__()
    first = start + size if start < 0 else start
    if not 0 <= first <= size or not 0 <= length <= size - first:
        raise IndexError(
            f"narrow: start {start} and length {length} do not lie within axis {axis} of shape "
            f"{x.shape}"
        )
    return apply_view(slice_, x, ((slice(None),) * axis + (slice(first, first + length),),))


def select(input: Any, dim: int, index: int) -> Tensor:
    """The part at one position of an axis, as a view; the axis goes away.

    Raises
    ------
    IndexError
        For a position that the axis does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.select(ad.tensor([[1, 2], [3, 4]]), 1, 0)
    tensor([1, 3])
    """
    x = operand(input, "select", number=False)
    axis = axis_of(dim, x._array.ndim, "select")
    size = _length(x, axis, "select")
    index = index.__index__()
    if not -size <= index < size:
        raise IndexError(
            f"select: index {index} is out of range for axis {axis} of shape {x.shape}"
        )
    return apply_view(slice_, x, ((slice(None),) * axis + (index,),))


def _length(x: Tensor, axis: int, operation: str) -> int:
    if x._array.ndim == 0:
        raise IndexError(f"{operation}: a 0-d tensor has no axis to select from")
    return x._array.shape[axis]


def masked_select(input: Any, mask: Any) -> Tensor:
    """The elements where `mask` is true, along one axis, in row-major order.

    Parameters
    ----------
    input : Tensor
    mask : Tensor of bool
        The two are broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.masked_select(ad.tensor([1, 2, 3]), ad.tensor([True, False, True]))
    tensor([1, 3])
    """
    x = operand(input, "masked_select", number=False)
    chosen = _mask(mask, "masked_select")
    shape = _common_shape("masked_select", x, chosen)
    x = x if x._array.shape == shape else expand(x, shape)
    return apply(index_, (x,), (np.array(np.broadcast_to(chosen, shape)),))


_masked_scatter = setting("masked_scatter")


def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """`input` with the elements where `mask` is true taken from `source`, in order.

    Parameters
    ----------
    input : Tensor
    mask : Tensor of bool
        Broadcast to the shape of `input`.
    source : Tensor
        Of the dtype of `input`, with at least as many elements as `mask` has true ones.

    Raises
    ------
    ValueError
        Where `source` has too few elements.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.masked_scatter(ad.zeros(3), ad.tensor([True, False, True]), ad.tensor([1.0, 2.0, 3.0]))
    tensor([1., 0., 2.])
    """
    x = operand(input, "masked_scatter", number=False)
    values = same_dtype(operand(source, "masked_scatter", number=False), x, "masked_scatter")
    shape = x._array.shape
    chosen = np.array(np.broadcast_to(_mask(mask, "masked_scatter"), shape))
    count = np.count_nonzero(chosen)
    if values._array.size < count:
        raise ValueError(
            f"masked_scatter: source of shape {values.shape} has fewer than the {count} elements "
            "that mask asks for"
        )
    return apply(_masked_scatter, (x, getitem(reshape(values, -1), slice(count))), (chosen,))


def same_dtype(source: Tensor, input: Tensor, operation: str) -> Tensor:
    """Return `source`, whose dtype must be that of `input`."""
    if source._array.dtype != input._array.dtype:
        raise TypeError(
            f"{operation}: input has dtype {input.dtype} but source {source.dtype}; convert one of "
            "them"
        )
    return source


def _mask(mask: Any, operation: str) -> np.ndarray:
    array = operand(mask, operation, number=False)._array
    if array.dtype.kind != "b":
        raise TypeError(f"{operation}: mask must be a bool tensor, got {array.dtype}")
    return array


def _common_shape(operation: str, x: Tensor, mask: np.ndarray) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(x._array.shape, mask.shape)
    except ValueError:
        raise ValueError(
            f"{operation}: the shapes {x.shape} of input and {mask.shape} of mask do not broadcast"
        ) from None


def take(input: Any, index: Any) -> Tensor:
    """The elements at positions `index` of the flattened tensor.

    Parameters
    ----------
    input : Tensor
    index : Tensor of int
        From ``-numel`` to ``numel - 1``; its shape is the shape of the result.

    Raises
    ------
    IndexError
        For a position that does not exist.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.take(ad.tensor([[1, 2], [3, 4]]), ad.tensor([0, -1]))
    tensor([1, 4])
    """
    x = operand(input, "take", number=False)
    positions = operand(index, "take", number=False)._array
    if positions.dtype.kind not in "iu":
        raise IndexError(f"take: index must be an integer tensor, got {positions.dtype}")
    return apply(index_, (reshape(x, -1),), (np.array(positions, np.intp),))


def _added(x: np.ndarray, y: Any, index: Any) -> np.ndarray:
    out = x.copy()
    add_at(out, index, y)
    return out


def adding(name: str) -> Primitive:
    """Declare ``x`` with ``y`` added at `index`, out of place; values for one element add up."""
    return Primitive(name, _added, (lambda g: g, lambda g, index: g[index]), linear=True)


_index_put = setting("index_put")
_index_put_add = adding("index_put_add")


def index_put(
    input: Any, indices: tuple[Any, ...], values: Any, accumulate: bool = False
) -> Tensor:
    """`input` with `values` at ``input[indices]``, out of place.

    Parameters
    ----------
    input : Tensor
    indices : tuple of Tensor
        As in ``input[indices]``.
    values : Tensor
        Of the dtype of `input`; broadcast to ``input[indices]``.
    accumulate : bool, default False
        Add the values, also several to one element. Otherwise of several values for one element the
        last stays.

    Examples
    --------
    >>> import autodiff as ad
    >>> i = ad.tensor([0, 0, 2])
    >>> ad.index_put(ad.zeros(3), (i,), ad.tensor([1.0, 2.0, 3.0]), accumulate=True)
    tensor([3., 0., 3.])
    """
    x = operand(input, "index_put", number=False)
    y = same_dtype(operand(values, "index_put", number=False), x, "index_put")
    index, _ = plain_index(tuple(indices))
    return apply(_index_put_add if accumulate else _index_put, (x, y), (index,))


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The positions of the elements that are not zero, in row-major order.

    Parameters
    ----------
    input : Tensor
    as_tuple : bool, default False
        Return one int64 tensor per axis, to be used as an index, in place of one of shape (count,
        ndim).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.nonzero(ad.tensor([[0, 5], [7, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    array = operand(input, "nonzero", number=False)._array
    if as_tuple:
        found = np.nonzero(array if array.ndim else array.reshape(1))
        return tuple([operand(places, "nonzero") for places in found])
    return operand(np.argwhere(array), "nonzero")


def argwhere(input: Any) -> Tensor:
    """The positions of the elements that are not zero, as an int64 tensor of shape (count, ndim).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.argwhere(ad.tensor([0, 5, 7]))
    tensor([[1],
            [2]])
    """
    return nonzero(input)
