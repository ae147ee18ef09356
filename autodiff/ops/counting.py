"""Counting and looking up: what is in a tensor, how often, between which bounds. No gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..arguments import axis_of
from ..declare import operand
from ..handles import new_tensor
from ..interop import implements

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["unique", "searchsorted", "bucketize", "bincount", "histc"]

METHODS = ("unique", "bincount", "histc")


def _array(x: Any, operation: str) -> np.ndarray:
    return operand(x, operation, number=False)._array


def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements of a tensor, or the different slices along an axis.

    Parameters
    ----------
    input : Tensor
    sorted : bool, default True
        Accepted for PyTorch's sake; the result is always sorted.
    return_inverse : bool, default False
        Return also where each element of the input is in the result.
    return_counts : bool, default False
        Return also how often each occurs.
    dim : int, optional
        The axis; by default the tensor counts as flattened.

    Returns
    -------
    Tensor, or a tuple of Tensors where more was asked for
        Each NaN counts as different.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.unique(ad.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    x = _array(input, "unique")
    axis = None if dim is None else axis_of(dim, x.ndim, "unique")
    axis = axis if x.ndim else None
    unique_of: Any = np.unique
    found = unique_of(x, False, return_inverse, return_counts, axis, equal_nan=False)
    if not isinstance(found, tuple):
        return new_tensor(found, None)
    parts = list(found)
    if return_inverse:
        parts[1] = parts[1].reshape(x.shape if axis is None else x.shape[axis])
    return tuple([new_tensor(part, None) for part in parts])


@implements(np.unique)
def _numpy_unique(
    ar: Any, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None
) -> Any:
    return unique(ar, True, return_inverse, return_counts, axis)


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Tensor:
    """Where elements would have to be put into a sorted sequence for it to stay sorted.

    Parameters
    ----------
    sorted_sequence : Tensor
        Shape (n,), or (..., n): sequences along the last axis.
    input : Tensor or number
        Any shape for one sequence, otherwise (..., m) with the same leading axes.
    out_int32 : bool, default False
        Return int32 and not int64.
    right : bool, default False
        Behind elements that are equal, not before them.
    side : {'left', 'right'}, optional
        The same as `right`, in NumPy's words.
    sorter : Tensor, optional
        Indices that sort the sequence, where it is not sorted itself.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Raises
    ------
    ValueError
        Where the leading axes differ, or `side` contradicts `right`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.searchsorted(ad.tensor([1, 3, 5]), ad.tensor([0, 3, 9]))
    tensor([0, 1, 3])
    """
    sequence, x = _array(sorted_sequence, "searchsorted"), _array(input, "searchsorted")
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ValueError(
            f"searchsorted: side={side!r} with right={right}; side is 'left' or 'right'"
        )
    where: Any = "right" if right or side == "right" else "left"
    if sequence.ndim == 0:
        raise ValueError("searchsorted: the sequence needs at least one axis, got a 0-d tensor")
    if sorter is not None:
        sequence = np.take_along_axis(sequence, _array(sorter, "searchsorted"), -1)
    if sequence.ndim == 1:
        found = np.asarray(sequence.searchsorted(x, where))
    else:
        if x.shape[:-1] != sequence.shape[:-1]:
            raise ValueError(
                f"searchsorted: sequences {sequence.shape} and input {x.shape} must have the same "
                "leading axes"
            )
        found = np.empty(x.shape, np.int64)
        for row in np.ndindex(*x.shape[:-1]):
            found[row] = sequence[row].searchsorted(x[row], where)
    return new_tensor(found.astype(np.int32 if out_int32 else np.int64, copy=False), None)


@implements(np.searchsorted)
def _numpy_searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Tensor:
    return searchsorted(a, v, side=side, sorter=sorter)


def bucketize(
    input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """In which interval between sorted boundaries each element lies; see ``searchsorted``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bucketize(ad.tensor([0.5, 2.5]), ad.tensor([1.0, 2.0, 3.0]))
    tensor([0, 2])
    """
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@implements(np.bincount)
def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """How often each integer from 0 on occurs.

    Parameters
    ----------
    input : Tensor
        Shape (n,), integers that are not negative.
    weights : Tensor, optional
        Shape (n,): what each occurrence counts.
    minlength : int, default 0
        The least length of the result.

    Returns
    -------
    Tensor
        int64; with weights float32 for these, otherwise float64.

    Raises
    ------
    ValueError
        For negative elements, other ranks, or weights of another shape.
    TypeError
        For elements that are not integers.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bincount(ad.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    x = _array(input, "bincount")
    if x.dtype.kind not in "iu":
        raise TypeError(f"bincount: expected integers, got {x.dtype}")
    if x.ndim != 1 or (x < 0).any():
        raise ValueError(
            f"bincount: expected shape (n,) and no negative integers, got shape {x.shape}"
            + (f" with least element {x.min()}" if x.size else "")
        )
    if weights is None:
        return new_tensor(np.bincount(x, None, minlength).astype(np.int64, copy=False), None)
    w = _array(weights, "bincount")
    if w.shape != x.shape:
        raise ValueError(f"bincount: weights of shape {w.shape} for input of shape {x.shape}")
    counts = np.bincount(x, w, minlength)
    return new_tensor(counts.astype(np.float32 if w.dtype == np.float32 else np.float64), None)


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of `bins` intervals of equal width.

    Parameters
    ----------
    input : Tensor
        Floating. Elements outside of the range, and NaN, are not counted.
    bins : int, default 100
    min, max : float, default 0
        The range, both ends included; where they are equal, that of the elements.

    Returns
    -------
    Tensor
        Shape (bins,), of the dtype of `input`.

    Raises
    ------
    ValueError
        For a range that is not finite or whose ends are the wrong way round, or no bins.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.histc(ad.tensor([1.0, 2.0, 2.5]), bins=2, min=1, max=3)
    tensor([1., 2.])
    """
    x = _array(input, "histc").reshape(-1)
    if min == max and x.size:
        min, max = float(x.min()), float(x.max())
    if min == max:
        min, max = min - 1, max + 1
    if bins < 1 or not (np.isfinite(min) and np.isfinite(max) and min < max):
        raise ValueError(f"histc: cannot make {bins} bins from {min} to {max}")
    counts, _ = np.histogram(x[~np.isnan(x)], bins, (min, max))
    return new_tensor(counts.astype(x.dtype if x.dtype.kind == "f" else dtypes.default_dtype), None)
