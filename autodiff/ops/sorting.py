"""Order: sorted elements, the largest few, and where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import axis_of, numpy_names
from ..declare import operand
from ..handles import new_tensor
from ..interop import implements
from ..primitive import Primitive
from .extrema import ValuesAndIndices, along, shared_evenly, taken, values_and_indices
from .reducing import Axes, reduction

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["sort", "argsort", "topk", "kthvalue", "median"]

METHODS = tuple(__all__)

_SHORT = 256  # elements: an axis so short is sorted sooner than it is partitioned


def _order(x: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    """The stable order along an axis, NaN as the largest."""
    if not x.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return x.argsort(axis, kind="stable")
    backwards = (slice(None),) * axis + (slice(None, None, -1),)
    return x.shape[axis] - 1 - x[backwards].argsort(axis, kind="stable")[backwards]


def _sorted(x: np.ndarray, axis: int, descending: bool) -> tuple[np.ndarray, Any]:
    return along(x, _order(x, axis, descending), axis)


_sort = Primitive("sort", _sorted, (taken,), aux=True)


@numpy_names
def sort(
    input: Any, dim: int = -1, descending: bool = False, stable: bool = False
) -> ValuesAndIndices:
    """Sort along an axis. NaN counts as the largest.

    Parameters
    ----------
    input : Tensor
    dim : int, default -1
        The axis.
    descending : bool, default False
        Largest first.
    stable : bool, default False
        Accepted for PyTorch's sake; elements that are equal always keep their order.

    Returns
    -------
    (values, indices)
        A named tuple: the sorted tensor, and where each element stood (int64).

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> values, indices = ad.sort(ad.tensor([3.0, 1.0, 2.0]))
    >>> values, indices
    (tensor([1., 2., 3.]), tensor([1, 2, 0]))
    """
    return values_and_indices(_sort, input, dim, bool(descending))


@numpy_names
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Indices that sort along an axis. Arguments as for ``sort``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.argsort(ad.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([0, 2, 1])
    """
    x = operand(input, "argsort", number=False)._array
    return new_tensor(_order(x, axis_of(dim, x.ndim, "argsort"), descending), None)


@implements(np.sort)
def _numpy_sort(a: Any, axis: int | None = -1, *, stable: Any = None) -> Tensor:
    return sort(a.reshape(-1), 0).values if axis is None else sort(a, axis).values


@implements(np.argsort)
def _numpy_argsort(a: Any, axis: int | None = -1, *, stable: Any = None) -> Tensor:
    return argsort(a.reshape(-1), 0) if axis is None else argsort(a, axis)


def _largest(
    x: np.ndarray, axis: int, k: int, largest: bool, ordered: bool
) -> tuple[np.ndarray, Any]:
    n = x.shape[axis] if x.ndim else 1
    if not 0 <= k <= n or (k == 0 and not x.ndim):
        raise IndexError(f"k must be from {int(not x.ndim)} to {n}, the number of elements")
    if not x.ndim:
        return along(x, x, axis)
    head = (slice(None),) * axis + (slice(k),)
    if n <= _SHORT or 8 * k > n:
        return along(x, _order(x, axis, largest)[head], axis)
    # A partition finds the k in linear time; only these are sorted then.
    tail = (slice(None),) * axis + (slice(n - k, None),)
    indices = x.argpartition(n - k if largest else k - 1, axis)[tail if largest else head]
    values, index = along(x, np.sort(indices, axis), axis)
    if not ordered:
        return values, index
    return along(x, along(index[axis], _order(values, axis, largest), axis)[0], axis)


_topk = Primitive("topk", _largest, (taken,), aux=True)


@numpy_names
def topk(
    input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> ValuesAndIndices:
    """The `k` largest (or smallest) elements along an axis. NaN counts as the largest.

    Parameters
    ----------
    input : Tensor
    k : int
    dim : int, default -1
        The axis.
    largest : bool, default True
        False: the smallest.
    sorted : bool, default True
        Return them in order; False: in any.

    Returns
    -------
    (values, indices)
        A named tuple.

    Raises
    ------
    IndexError
        For a `k` above the length of the axis, or an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> values, indices = ad.topk(ad.tensor([1.0, 4.0, 3.0]), 2)
    >>> values, indices
    (tensor([4., 3.]), tensor([1, 2]))
    """
    return values_and_indices(_topk, input, dim, k, bool(largest), bool(sorted))


def _kth(x: np.ndarray, axis: int, k: int, keepdim: bool) -> tuple[np.ndarray, Any]:
    n = x.shape[axis] if x.ndim else 1
    if not 1 <= k <= n:
        raise IndexError(f"k must be from 1 to {n}, the number of elements")
    if not x.ndim:
        return along(x, x, axis)
    values, index = along(x, np.take(x.argpartition(k - 1, axis), [k - 1], axis), axis)
    return values if keepdim else values.squeeze(axis), index


_kthvalue = Primitive("kthvalue", _kth, (taken,), aux=True)


@numpy_names
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """The `k`-th smallest element along an axis, counted from 1. NaN counts as the largest.

    Parameters
    ----------
    input : Tensor
    k : int
    dim : int, default -1
        The axis.
    keepdim : bool, default False
        Keep the axis with length 1.

    Returns
    -------
    (values, indices)
        A named tuple.

    Raises
    ------
    IndexError
        For a `k` outside of the axis, or an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.kthvalue(ad.tensor([3.0, 1.0, 2.0]), 2).values
    tensor(2.)
    """
    return values_and_indices(_kthvalue, input, dim, k, keepdim)


def _middle(x: np.ndarray, axis: int, keepdim: bool) -> tuple[np.ndarray, Any]:
    n = x.shape[axis] if x.ndim else 1
    if n == 0:
        raise IndexError(f"there is no median of no elements; axis {axis} is empty")
    values, index = _kth(x, axis, (n + 1) // 2, True)
    if not x.ndim:
        return values, index
    nan = np.isnan(x)
    if nan.any():
        place = np.where(nan.any(axis, keepdims=True), nan.argmax(axis, keepdims=True), index[axis])
        values, index = along(x, place, axis)
    return values if keepdim else values.squeeze(axis), index


def _median_of_all(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    if x.size == 0:
        return np.array(np.nan, x.dtype)
    return _middle(x.reshape(-1), 0, False)[0]


_median_along = Primitive("median", _middle, (taken,), aux=True)


@reduction(_median_of_all, shared_evenly)
def _median(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:  # type: ignore[empty-body]
    """Median of all elements."""


@numpy_names
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Median: the middle element, the lower one of two. NaN where there is a NaN.

    Parameters
    ----------
    input : Tensor
    dim : int, optional
        The axis to reduce; all elements by default.
    keepdim : bool, default False
        Keep the axis with length 1.

    Returns
    -------
    Tensor, without `dim`
        Elements that tie share the gradient.
    (values, indices), with `dim`
        A named tuple; the gradient goes to the element that the index names.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have, or one without elements.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.median(ad.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    """
    if dim is None:
        return _median(input)
    return values_and_indices(_median_along, input, dim, keepdim)


@implements(np.median)
def _numpy_median(a: Any, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
    """NumPy's median: the mean of the two middle elements where their number is even."""
    x = operand(a, "median", number=False)
    if axis is None:
        out = _numpy_median(x.reshape(-1), 0)
        return out.reshape((1,) * x.ndim) if keepdims else out
    low = median(x, axis, keepdims).values
    count = x.shape[axis] if x.ndim else 1
    return low if count % 2 else (low + kthvalue(x, count // 2 + 1, axis, keepdims).values) / 2
