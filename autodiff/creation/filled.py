"""Tensors filled by a rule: with zeros, with one number, with ranges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, handles
from ..arguments import check_device, sizes_of
from .data import array_of, finished, warn_of_cut

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "arange", "empty", "eye", "full", "linspace", "logspace", "ones", "zeros",
]  # fmt: skip


def shape_of(size: tuple[Any, ...], keyword: Any, operation: str) -> tuple[int, ...]:
    """Return sizes given as ``f(2, 3)``, ``f((2, 3))`` or ``f(size=(2, 3))``, checked."""
    if keyword is not None:
        if size:
            raise TypeError(f"{operation}: give the sizes or size=, not both")
        size = (keyword,)
    shape = sizes_of(size, operation)
    if any([n < 0 for n in shape]):
        raise ValueError(f"{operation}: sizes must not be negative, got {shape}")
    return shape


def floating_dtype(dtype: Any) -> np.dtype[Any]:
    """Return `dtype`, by default the default floating one."""
    return dtypes.default_dtype if dtype is None else dtypes.check(dtype)


def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of zeros.

    Parameters
    ----------
    *sizes : int
        Also as one tuple, or as `size`.
    dtype : dtype, optional
        The default floating dtype (float32) if not given.
    device : optional
        Accepted for PyTorch's sake.
    requires_grad : bool, default False
        Record operations on it.

    Raises
    ------
    ValueError
        For a negative size.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    check_device(device, "zeros")
    return finished(np.zeros(shape_of(sizes, size, "zeros"), floating_dtype(dtype)), requires_grad)


def ones(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of ones. Arguments as for ``zeros``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ones(2, dtype=ad.int64)
    tensor([1, 1])
    """
    check_device(device, "ones")
    return finished(np.ones(shape_of(sizes, size, "ones"), floating_dtype(dtype)), requires_grad)


def empty(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor whose elements are not set. Arguments as for ``zeros``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty(2, 3).shape
    (2, 3)
    """
    check_device(device, "empty")
    return finished(np.empty(shape_of(sizes, size, "empty"), floating_dtype(dtype)), requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor with one number at every place.

    Parameters
    ----------
    size : int or tuple of int
    fill_value : bool, int or float
    dtype : dtype, optional
        That of ``tensor(fill_value)`` if not given.
    device, requires_grad
        As for ``zeros``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.full((2,), 7.0)
    tensor([7., 7.])
    """
    check_device(device, "full")
    shape = shape_of((size,), None, "full")
    return finished(filled(shape, fill_value, dtype, "full"), requires_grad)


def filled(shape: tuple[int, ...], value: Any, dtype: Any, operation: str) -> np.ndarray:
    if np.ndim(value):
        raise ValueError(f"{operation}: fill_value must be one number, got shape {np.shape(value)}")
    if isinstance(value, (handles.Tensor, handles.Value)):
        warn_of_cut(value)
    elif isinstance(value, np.generic):
        value = value.item()
    return np.full(shape, array_of(value, dtype, copy=False))


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the numbers from `start` up to, but without, `end`.

    Parameters
    ----------
    start : number
        Where it is the only one it is `end`, and the numbers start with 0.
    end : number
    step : number, default 1
        May be negative, not 0.
    dtype : dtype, optional
        int64 where all are integers, the default floating dtype otherwise.
    device, requires_grad
        As for ``zeros``.

    Raises
    ------
    ValueError
        Where `end` cannot be reached from `start` by `step`, or a number is infinite or NaN.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.arange(3), ad.arange(1, 2, 0.25)
    (tensor([0, 1, 2]), tensor([1.0000, 1.2500, 1.5000, 1.7500]))
    """
    check_device(device, "arange")
    if end is None:
        start, end = 0, start
    first, last, by = [_number(x, "arange") for x in (start, end, step)]
    if by == 0 or not all([math.isfinite(x) for x in (first, last, by)]):
        raise ValueError(
            f"arange: start, end and step must be finite and step not 0, got {first}, {last} and {by}"
        )
    if (last - first) * by < 0:
        raise ValueError(f"arange: {last} cannot be reached from {first} by steps of {by}")
    if isinstance(first, int) and isinstance(last, int) and isinstance(by, int):
        dtype = np.int64 if dtype is None else dtype
        numbers: np.ndarray = np.arange(first, last, by, dtype=np.int64)
    else:
        dtype = dtypes.default_dtype if dtype is None else dtype
        numbers = first + by * np.arange(math.ceil((last - first) / by), dtype=np.float64)
    return finished(numbers.astype(dtypes.check(dtype), copy=False), requires_grad)


def _number(x: Any, operation: str) -> int | float:
    if hasattr(x, "item"):
        x = x.item()
    if not isinstance(x, (int, float)):
        raise TypeError(f"{operation}: expected numbers, got {type(x).__name__}")
    return x


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers at equal distances from `start` to `end`, both included.

    Parameters
    ----------
    start, end : number
    steps : int
        Not negative.
    dtype : dtype, optional
        The default floating dtype if not given.
    device, requires_grad
        As for ``zeros``.

    Raises
    ------
    ValueError
        For negative `steps`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.linspace(0, 1, 5)
    tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    check_device(device, "linspace")
    return finished(
        _spaced(start, end, steps, "linspace").astype(floating_dtype(dtype)), requires_grad
    )


def _spaced(start: Any, end: Any, steps: Any, operation: str) -> np.ndarray:
    if not hasattr(steps, "__index__"):
        raise TypeError(f"{operation}: steps must be an integer, got {type(steps).__name__}")
    if steps < 0:
        raise ValueError(f"{operation}: steps must not be negative, got {steps}")
    return np.linspace(_number(start, operation), _number(end, operation), int(steps))


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `steps` numbers from ``base**start`` to ``base**end``, at equal ratios.

    Parameters
    ----------
    start, end : number
        Exponents.
    steps : int
        Not negative.
    base : float, default 10
    dtype, device, requires_grad
        As for ``linspace``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    check_device(device, "logspace")
    numbers = np.power(float(base), _spaced(start, end, steps, "logspace"))
    return finished(numbers.astype(floating_dtype(dtype)), requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a matrix with ones on the diagonal and zeros elsewhere.

    Parameters
    ----------
    n : int
        The number of rows.
    m : int, optional
        The number of columns; `n` if not given.
    dtype, device, requires_grad
        As for ``zeros``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    check_device(device, "eye")
    rows, columns = shape_of((n, n if m is None else m), None, "eye")
    return finished(np.eye(rows, columns, dtype=floating_dtype(dtype)), requires_grad)
