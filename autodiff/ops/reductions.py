"""Reductions: many elements to one, over some axes or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..interop import implements
from .extrema import extremum
from .masks import keep
from .reducing import (
    Axes,
    count_of,
    divides,
    kept,
    plain,
    reduce_add,
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_mul,
    reduced_shape,
    reduction,
    spread,
    total,
)

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["sum", "mean", "prod", "nansum", "nanmean", "logsumexp", "any", "all", "count_nonzero"]

METHODS = tuple(__all__)


# Sums


@implements(np.sum)
@reduction(
    total,
    lambda g, x_shape, axes, keepdim: spread(g, x_shape, axes, keepdim),
    linear=True,
    symbol="Σ",
)
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:  # type: ignore[empty-body]
    """Sum of the elements.

    Parameters
    ----------
    input : Tensor
        Bool and integer tensors are summed as int64.
    dim : int or tuple of int, optional
        The axes to sum over; all by default.
    keepdim : bool, default False
        Keep the summed axes with length 1.
    dtype : dtype, optional
        Convert to this before summing.

    Returns
    -------
    Tensor
        0 where there is nothing to add.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sum(ad.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """


def _average(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    if x.dtype.kind != "f":
        raise TypeError(
            "the mean of integers is not an integer; convert with .float(), or pass dtype="
        )
    if x.dtype.char == "e":  # the sum may overflow where the mean does not
        return _average(x.astype(np.float32), axes, keepdim).astype(x.dtype)
    count = x.size if axes is None else count_of(x.shape, axes)
    out = total(x, axes, keepdim)
    if count == 0:
        return out + np.nan
    out /= count
    return out


@implements(np.mean)
@reduction(
    _average,
    lambda g, x_shape, axes, keepdim: spread(
        g / (count_of(x_shape, axes) or 1), x_shape, axes, keepdim
    ),
    linear=True,
)
def mean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:  # type: ignore[empty-body]
    """Mean of the elements.

    Parameters
    ----------
    input : Tensor
        Floating (or give a `dtype`).
    dim : int or tuple of int, optional
        The axes to average over; all by default.
    keepdim : bool, default False
        Keep these axes with length 1.
    dtype : dtype, optional
        Convert to this floating dtype first.

    Returns
    -------
    Tensor
        NaN where there is nothing to average.

    Raises
    ------
    TypeError
        For integers.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mean(ad.tensor([[1.0, 2.0], [3.0, 5.0]]), dim=1, keepdim=True)
    tensor([[1.5000],
            [4.0000]])
    """


def _without_nan(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    return total(np.where(np.isnan(x), 0, x) if x.dtype.kind == "f" else x, axes, keepdim)


@implements(np.nansum)
@reduction(
    _without_nan,
    lambda g, x, axes, keepdim: keep(kept(g, x.shape, axes, keepdim), ~np.isnan(plain(x))),
)
def nansum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:  # type: ignore[empty-body]
    """Sum of the elements that are not NaN. Arguments as for ``sum``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.nansum(ad.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """


def _average_without_nan(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    if x.dtype.kind != "f":
        return _average(x, axes, keepdim)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the answer where all are NaN
        return _without_nan(x, axes, keepdim) / _present(x, axes, keepdim)


def _present(x: np.ndarray, axes: Axes, keepdim: bool) -> np.ndarray:
    """How many elements are not NaN, in x's dtype."""
    return reduce_add(~np.isnan(x), axes, x.dtype, None, keepdim)


@implements(np.nanmean)
@reduction(
    _average_without_nan,
    lambda g, x, axes, keepdim: keep(
        kept(g / _present(plain(x), axes, keepdim), x.shape, axes, keepdim), ~np.isnan(plain(x))
    ),
)
def nanmean(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:  # type: ignore[empty-body]
    """Mean of the elements that are not NaN (NaN where all are). Arguments as for ``mean``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.nanmean(ad.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """


# Products


def _product(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    dtype = np.int64 if x.dtype.kind in "bui" else None
    return reduce_mul(x, axes, dtype, None, keepdim)


def _product_rule(g: Any, x: Any, out: Any, axes: Axes, keepdim: bool) -> Any:
    if g.__class__ is np.ndarray and divides(out):
        return kept(g * out, x.shape, axes, keepdim) / x
    return kept(g, x.shape, axes, keepdim) * _others(x, axes)


def _others(x: Any, axes: Axes) -> Any:
    """For each element the product of all others along `axes`; zeros are no exception."""
    if axes is None:
        return _other_in_rows(x.reshape(-1)).reshape(x.shape)
    last = x.ndim - 1
    swaps = [(axis, last - i) for i, axis in enumerate(sorted(axes, reverse=True))]
    for swap in swaps:
        x = x.swapaxes(*swap)
    length = count_of(x.shape, tuple(range(x.ndim - len(axes), x.ndim)))
    out = _other_in_rows(x.reshape((*x.shape[: x.ndim - len(axes)], length))).reshape(x.shape)
    for swap in reversed(swaps):
        out = out.swapaxes(*swap)
    return out


def _other_in_rows(rows: Any) -> Any:
    """For each element the product of all others in the last axis.

    Up a binary tree of products, then down: what complements a node is what complements its parent,
    times its sibling. Made of products and slices, it can be differentiated as often as one likes.
    """
    levels = []
    while rows.shape[-1] > 1:
        levels.append(rows)
        half = rows.shape[-1] // 2
        pairs = rows[..., :half] * rows[..., half : 2 * half]
        rows = np.concatenate([pairs, rows[..., 2 * half :]], -1)
    others = np.ones(rows.shape, rows.dtype)
    for rows in reversed(levels):
        half = rows.shape[-1] // 2
        above = others[..., :half]
        others = np.concatenate(
            [above * rows[..., half : 2 * half], above * rows[..., :half], others[..., half:]], -1
        )
    return others


@implements(np.prod)
@reduction(_product, _product_rule, symbol="Π")
def prod(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:  # type: ignore[empty-body]
    """Product of the elements.

    The gradient is right where elements are zero: it is the product of the others.

    Parameters
    ----------
    input : Tensor
        Bool and integer tensors are multiplied as int64.
    dim : int or tuple of int, optional
        The axes to multiply over; all by default.
    keepdim : bool, default False
        Keep these axes with length 1.
    dtype : dtype, optional
        Convert to this first.

    Returns
    -------
    Tensor
        1 where there is nothing to multiply.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> x.prod().backward()
    >>> x.grad
    tensor([0., 6., 0.])
    """


# Logarithm of a sum of exponentials


def _logsumexp(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    if x.dtype.kind != "f":
        x = x.astype(dtypes.default_dtype)
    if x.size == 0:
        return total(x, axes, keepdim) - np.inf
    highest = extremum(x, axes, True, reduce_max, np.ndarray.argmax)
    if np.isfinite(highest).all():
        out = np.asarray(x - highest)
        np.exp(out, out=out)
        out = np.log(total(out, axes, True))
    else:
        highest = np.where(np.isinf(highest), x.dtype.type(0), highest)
        with np.errstate(divide="ignore", over="ignore"):  # log(0) and exp(inf) are the answers
            out = np.log(total(np.exp(x - highest), axes, True))
    out += highest
    return out if keepdim else out.reshape(reduced_shape(x.shape, axes))


def _logsumexp_rule(g: Any, x: Any, out: Any, axes: Axes, keepdim: bool) -> Any:
    g, out = kept(g, x.shape, axes, keepdim), kept(out, x.shape, axes, keepdim)
    infinite = np.isinf(plain(out))
    if not infinite.any():
        return g * np.exp(x - out)
    # Softmax's limit: 0 where all elements are -inf; equal parts for the elements that are inf.
    top = infinite & (plain(x) == np.inf)
    share = top / np.maximum(reduce_add(top, axes, None, None, True), 1).astype(out.dtype)
    weights = np.where(
        infinite, share, np.exp(np.where(infinite, 0.0, x - np.where(infinite, 0.0, out)))
    )
    return g * weights


@reduction(_logsumexp, _logsumexp_rule)
def logsumexp(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:  # type: ignore[empty-body]
    """Logarithm of the sum of exponentials, without overflow.

    Rows that are infinite give no NaN: a row of -inf has the value -inf and the gradient 0; where
    elements are inf the gradient goes to these, in equal parts.

    Parameters
    ----------
    input : Tensor
        Integers are converted to the default floating dtype.
    dim : int or tuple of int, optional
        The axes to sum over; all by default.
    keepdim : bool, default False
        Keep these axes with length 1.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logsumexp(ad.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """


# Truth


def _any(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    return reduce_any(x, axes, None, None, keepdim)


@implements(np.any)
@reduction(_any, None)
def any(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:  # type: ignore[empty-body]
    """Whether any element is not zero (as NaN is not), as a bool tensor. Arguments as for ``sum``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.any(ad.tensor([[0, 1], [0, 0]]), dim=1)
    tensor([ True, False])
    """


def _all(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    return reduce_all(x, axes, None, None, keepdim)


@implements(np.all)
@reduction(_all, None)
def all(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:  # type: ignore[empty-body]
    """Whether all elements are not zero, as a bool tensor. Arguments as for ``sum``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.all(ad.tensor([[1, 1], [0, 1]]), dim=1)
    tensor([ True, False])
    """


@implements(np.count_nonzero)
@reduction(lambda x, axes, keepdim: reduce_add(x != 0, axes, np.int64, None, keepdim), None)
def count_nonzero(input: Any, dim: Any = None, keepdim: bool = False) -> Tensor:  # type: ignore[empty-body]
    """How many elements are not zero, as int64. Arguments as for ``sum``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.count_nonzero(ad.tensor([[3, 0], [0, 0]]), dim=0)
    tensor([1, 0])
    """
