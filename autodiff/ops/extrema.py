"""Largest and smallest elements, their places, and how gradients reach the elements chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import handles
from ..apply import apply
from ..arguments import axis_of, numpy_names
from ..declare import operand
from ..handles import new_tensor
from ..interop import implements
from ..primitive import Primitive
from .bounds import maximum, minimum
from .indexing import added_at
from .masks import keep
from .reducing import Axes, kept, plain, reduce_add, reduce_max, reduce_min, reduction

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["amax", "amin", "max", "min", "aminmax", "argmax", "argmin"]

METHODS = tuple(__all__)

_Array = np.ndarray
_SMALL = 4096  # elements: up to here argmax finds the largest sooner than a reduction does


class ValuesAndIndices(NamedTuple):
    """What ``max``, ``sort``, ``topk`` and their like return: elements, and where they stood."""

    values: Tensor
    indices: Tensor


class MinAndMax(NamedTuple):
    """What ``aminmax`` returns."""

    min: Tensor
    max: Tensor


# Values alone: ties share the gradient


def extremum(x: np.ndarray, axes: Axes, keepdim: bool, reduce: Any, find: Any) -> Any:
    """Reduce with `reduce`, or by finding the place with `find`, which is faster along rows."""
    try:
        if axes is None:
            if x.size <= _SMALL and not keepdim:
                return x.reshape(-1)[find(x)]
        elif len(axes) == 1 and axes[0] == x.ndim - 1 and x.size:
            rows = x.reshape(-1, x.shape[-1])
            out = rows[np.arange(len(rows)), find(rows, 1)]
            return out.reshape(x.shape[:-1] + (1,) * keepdim)
        return reduce(x, axes, None, None, keepdim)
    except ValueError:
        raise IndexError(
            "there is no largest or smallest of no elements; the reduced axes must not be empty"
        ) from None


def shared_evenly(g: Any, x: Any, out: Any, axes: Axes, keepdim: bool) -> Any:
    g = kept(g, x.shape, axes, keepdim)
    elements, chosen = plain(x), kept(plain(out), x.shape, axes, keepdim)
    ties = elements == chosen
    nan = chosen != chosen
    if nan.any():
        ties |= nan & (elements != elements)
    count = reduce_add(ties, axes, chosen.dtype, None, True)
    return keep(g / count, ties)


@implements(np.max, np.amax)
@reduction(
    lambda x, axes, keepdim: extremum(x, axes, keepdim, reduce_max, _Array.argmax),
    shared_evenly,
    symbol="max",
)
def amax(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:  # type: ignore[empty-body]
    """Largest element; the gradient is split evenly among elements that tie. NaN wins.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
        The axes to reduce; all by default.
    keepdim : bool, default False
        Keep these axes with length 1.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have, or where there are no elements.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.amax(ad.tensor([[1.0, 4.0], [3.0, 2.0]]), dim=1)
    tensor([4., 3.])
    """


@implements(np.min, np.amin)
@reduction(
    lambda x, axes, keepdim: extremum(x, axes, keepdim, reduce_min, _Array.argmin),
    shared_evenly,
    symbol="min",
)
def amin(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:  # type: ignore[empty-body]
    """Smallest element; otherwise as ``amax``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.amin(ad.tensor([[1.0, 4.0], [3.0, 2.0]]), dim=1)
    tensor([1., 2.])
    """


# Values with indices: the element taken receives the gradient


def along(x: np.ndarray, indices: np.ndarray, axis: int) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Return the elements at `indices` along `axis`, and the whole index that takes them."""
    if not x.ndim:
        return x.copy(), ()
    last = x.ndim - 1
    index = [np.arange(n).reshape((n,) + (1,) * (last - i)) for i, n in enumerate(indices.shape)]
    index[axis] = indices
    return x[tuple(index)], tuple(index)


def taken(g: Any, aux: tuple[Any, ...], x_shape: tuple[int, ...], axis: int) -> Any:
    """The rule of what `along` took: send `g` to the elements chosen."""
    return added_at(g.reshape(aux[axis].shape) if aux else g, aux, x_shape)


def values_and_indices(prim: Primitive, input: Any, dim: Any, *options: Any) -> ValuesAndIndices:
    """Apply a primitive that takes elements along one axis, and returns the index as aux."""
    x = operand(input, prim.name, number=False)
    axis = axis_of(dim, x._array.ndim, prim.name)
    values, index = apply(prim, (x,), (axis, *options))
    indices = index[axis].reshape(values._array.shape) if index else np.zeros((), np.int64)
    return ValuesAndIndices(values, new_tensor(indices, None))


def _found_along(
    x: np.ndarray, axis: int, keepdim: bool, find: Any
) -> tuple[np.ndarray, tuple[Any, ...]]:
    if x.ndim and x.shape[axis] == 0:
        raise IndexError(f"there is no largest or smallest of no elements; axis {axis} is empty")
    values, index = along(x, find(x, axis, keepdims=True) if x.ndim else x, axis)
    return values if keepdim or not x.ndim else values.squeeze(axis), index


_max_along = Primitive(
    "max",
    lambda x, axis, keepdim: _found_along(x, axis, keepdim, _Array.argmax),
    (taken,),
    aux=True,
)
_min_along = Primitive(
    "min",
    lambda x, axis, keepdim: _found_along(x, axis, keepdim, _Array.argmin),
    (taken,),
    aux=True,
)


@numpy_names
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Largest element of all, largest elements along an axis with their places, or ``maximum``.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        The axis to reduce. A Tensor here is taken as `other`.
    keepdim : bool, default False
        Keep the axis with length 1.
    other : Tensor, optional
        Return the elementwise ``maximum`` of both instead.

    Returns
    -------
    Tensor, without `dim`
        The largest element; elements that tie share the gradient.
    (values, indices), with `dim`
        A named tuple; the gradient goes to the element that the index names, the first of several.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have, or where there are no elements.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([[1.0, 4.0], [3.0, 2.0]])
    >>> ad.max(x)
    tensor(4.)
    >>> values, indices = ad.max(x, dim=1)
    >>> values, indices
    (tensor([4., 3.]), tensor([1, 0]))
    """
    if dim is None and other is None:
        return amax(input, None, keepdim)
    if other is not None or _is_operand(dim):
        return maximum(input, dim if other is None else other)
    return values_and_indices(_max_along, input, dim, keepdim)


@numpy_names
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Smallest element of all, smallest ones along an axis, or ``minimum``. See ``max``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.min(ad.tensor([[1.0, 4.0], [3.0, 2.0]]), dim=0).indices
    tensor([0, 1])
    """
    if dim is None and other is None:
        return amin(input, None, keepdim)
    if other is not None or _is_operand(dim):
        return minimum(input, dim if other is None else other)
    return values_and_indices(_min_along, input, dim, keepdim)


def _is_operand(x: Any) -> bool:
    return isinstance(x, (handles.Tensor, handles.Value, _Array))


@numpy_names
def aminmax(input: Any, *, dim: Any = None, keepdim: bool = False) -> MinAndMax:
    """Smallest and largest element, as a named tuple ``(min, max)``. Arguments as for ``amax``.

    Examples
    --------
    >>> import autodiff as ad
    >>> low, high = ad.aminmax(ad.tensor([3.0, 1.0, 2.0]))
    >>> low, high
    (tensor(1.), tensor(3.))
    """
    return MinAndMax(amin(input, dim, keepdim), amax(input, dim, keepdim))


# Indices alone


def _found(input: Any, dim: Any, keepdim: bool, operation: str, find: Any) -> Tensor:
    x = operand(input, operation, number=False)._array
    axis = None if dim is None else axis_of(dim, x.ndim, operation)
    try:
        indices = find(x, axis if x.ndim else None, keepdims=keepdim)
    except ValueError:
        raise IndexError(
            f"{operation}: a tensor of shape {x.shape} has no elements to choose from"
            + ("" if axis is None else f" along axis {axis}")
        ) from None
    return new_tensor(np.asarray(indices), None)


@implements(np.argmax)
@numpy_names
def argmax(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Index of the largest element, the first of several; the first NaN where there is one.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        The axis to search; by default the tensor counts as flattened.
    keepdim : bool, default False
        Keep the axis with length 1.

    Returns
    -------
    Tensor
        int64; not differentiable.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have, or where there are no elements.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.argmax(ad.tensor([[1.0, 4.0], [3.0, 2.0]]), dim=1)
    tensor([1, 0])
    """
    return _found(input, dim, keepdim, "argmax", _Array.argmax)


@implements(np.argmin)
@numpy_names
def argmin(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Index of the smallest element; otherwise as ``argmax``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.argmin(ad.tensor([[1.0, 4.0], [3.0, 2.0]]), dim=1)
    tensor([0, 1])
    """
    return _found(input, dim, keepdim, "argmin", _Array.argmin)
