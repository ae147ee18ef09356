"""Scans: each result depends on the elements up to its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axis_of, numpy_names
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive
from .extrema import ValuesAndIndices, along, taken, values_and_indices
from .reducing import divides

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["cumsum", "cumprod", "cummax", "cummin", "diff"]

METHODS = tuple(__all__)
IN_PLACE = ("cumsum", "cumprod")

_Array = np.ndarray
_LONG = 256  # elements: beyond this float32 is accumulated in float64


def _accumulated(ufunc: np.ufunc, x: np.ndarray, axis: int, reverse: bool = False) -> np.ndarray:
    """Accumulate along an axis, from its end with `reverse`."""
    if not x.ndim:
        return x.astype(np.int64) if x.dtype.kind in "bui" else x.copy()
    along = (slice(None),) * axis + (slice(None, None, -1),)
    if reverse:
        x = x[along]
    dtype = x.dtype
    if dtype.kind in "bui":
        out = ufunc.accumulate(x, axis, np.int64)
    elif dtype.itemsize < 8 and (x.shape[axis] > _LONG or dtype.itemsize == 2):
        out = ufunc.accumulate(x, axis, np.float64).astype(dtype)
    else:
        out = ufunc.accumulate(x, axis)
    return out[along] if reverse else out


_cumsum: Primitive = Primitive(
    "cumsum",
    lambda x, axis, reverse: _accumulated(np.add, x, axis, reverse),
    (lambda g, axis, reverse: _cumsum(g, axis, not reverse),),
    linear=True,
)


def _cumprod_rule(g: Any, x: Any, out: Any, axis: int) -> Any:
    if not x.ndim:
        return g
    if g.__class__ is _Array and divides(out):
        return _cumsum(g * out, axis, True) / x
    # The derivative by x_i is the product before i times s_i, the sum over k >= i of g_k times the
    # product from i + 1 to k. It obeys s_i = g_i + x_{i+1} s_{i+1}: solved without divisions.
    before_last, after_first = _cut(axis, None, -1), _cut(axis, 1, None)
    one = np.ones((*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.dtype)
    before = np.concatenate([one, _cumprod(x, axis)[before_last]], axis)
    return before * _horner(g, np.concatenate([x[after_first], one], axis), axis)


def _cut(axis: int, start: int | None, stop: int | None) -> tuple[slice, ...]:
    return (slice(None),) * axis + (slice(start, stop),)


def _horner(b: Any, a: Any, axis: int) -> Any:
    """Solve ``s_i = b_i + a_i s_{i+1}`` along an axis, doubling the step: in log2(n) rounds."""
    step, n = 1, b.shape[axis]
    while step < n:
        head, tail = _cut(axis, None, n - step), _cut(axis, step, None)
        end = _cut(axis, n - step, None)
        b = np.concatenate([b[head] + a[head] * b[tail], b[end]], axis)
        a = np.concatenate([a[head] * a[tail], a[end]], axis)
        step *= 2
    return b


_cumprod: Primitive = Primitive(
    "cumprod", lambda x, axis: _accumulated(np.multiply, x, axis), (_cumprod_rule,)
)


@numpy_names
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """Sums of the elements up to each place along an axis.

    Parameters
    ----------
    input : Tensor
        Bool and integer tensors are summed as int64.
    dim : int
        The axis.
    dtype : dtype, optional
        Convert to this first.

    Returns
    -------
    Tensor
        Of the shape of `input`.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cumsum(ad.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    x = _converted(input, "cumsum", dtype)
    return apply(_cumsum, (x,), (axis_of(dim, x.ndim, "cumsum"), False))


@numpy_names
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """Products of the elements up to each place along an axis. The gradient is right at zeros.

    Arguments as for ``cumsum``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cumprod(ad.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    x = _converted(input, "cumprod", dtype)
    return apply(_cumprod, (x,), (axis_of(dim, x.ndim, "cumprod"),))


def _converted(input: Any, operation: str, dtype: Any) -> Tensor:
    x = operand(input, operation, number=False)
    return x if dtype is None else x.to(dtype)


def _numpy_scan(scan: Any) -> Any:
    def function(a: Any, axis: int | None = None, dtype: Any = None) -> Tensor:
        """NumPy's form: without an axis the array is flattened."""
        return scan(a.reshape(-1) if axis is None else a, axis or 0, dtype=dtype)

    return function


implements(np.cumsum)(_numpy_scan(cumsum))
implements(np.cumprod)(_numpy_scan(cumprod))


# Running extrema


def _running(x: np.ndarray, axis: int, ufunc: np.ufunc, wins: Any) -> tuple[np.ndarray, Any]:
    if not x.ndim:
        return along(x, x, axis)
    new = wins(x, ufunc.accumulate(x, axis))  # the best so far; of two that tie the later
    if x.dtype.kind == "f":
        new |= np.isnan(x)
    places = np.arange(x.shape[axis]).reshape((-1,) + (1,) * (x.ndim - 1 - axis))
    return along(x, np.maximum.accumulate(np.where(new, places, 0), axis), axis)


_cummax = Primitive(
    "cummax",
    lambda x, axis: _running(x, axis, np.maximum, np.greater_equal),
    (taken,),
    aux=True,
)
_cummin = Primitive(
    "cummin",
    lambda x, axis: _running(x, axis, np.minimum, np.less_equal),
    (taken,),
    aux=True,
)


@numpy_names
def cummax(input: Any, dim: int) -> ValuesAndIndices:
    """Largest elements up to each place along an axis, and where they stand.

    Parameters
    ----------
    input : Tensor
    dim : int
        The axis.

    Returns
    -------
    (values, indices)
        A named tuple; of elements that tie, the last. A NaN stays until the next one.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> values, indices = ad.cummax(ad.tensor([1.0, 3.0, 2.0]), dim=0)
    >>> values, indices
    (tensor([1., 3., 3.]), tensor([0, 1, 1]))
    """
    return values_and_indices(_cummax, input, dim)


@numpy_names
def cummin(input: Any, dim: int) -> ValuesAndIndices:
    """Smallest elements up to each place along an axis, and where they stand. See ``cummax``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cummin(ad.tensor([2.0, 3.0, 1.0]), dim=0).values
    tensor([2., 2., 1.])
    """
    return values_and_indices(_cummin, input, dim)


# Differences


@implements(np.diff)
@numpy_names
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """Differences between neighbours along an axis, `n` times over.

    Parameters
    ----------
    input : Tensor
        Of bool elements, whether neighbours differ.
    n : int, default 1
    dim : int, default -1
        The axis.
    prepend, append : Tensor, optional
        Put in front of and behind `input` first.

    Returns
    -------
    Tensor
        Shorter by `n` along the axis (before that, longer by what was put there).

    Raises
    ------
    ValueError
        For a 0-d tensor or a negative `n`.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.diff(ad.tensor([1.0, 4.0, 9.0]))
    tensor([3., 5.])
    """
    x = operand(input, "diff", number=False)
    if not x.ndim or n < 0:
        raise ValueError(f"diff: needs an axis and n >= 0, got shape {x.shape} and n={n}")
    axis = axis_of(dim, x.ndim, "diff")
    parts = [p for p in (prepend, x, append) if p is not None]
    if len(parts) > 1:
        x = np.concatenate([operand(p, "diff", number=False) for p in parts], axis)
    for _ in range(n):
        if x.shape[axis] == 0:
            break
        later, earlier = x[_cut(axis, 1, None)], x[_cut(axis, None, -1)]
        x = later != earlier if x.dtype == np.bool_ else later - earlier
    return x
