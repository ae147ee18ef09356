"""Tensors from data, and tensors filled by a rule. Those filled with random numbers: `random_creation`."""

from __future__ import annotations

import functools
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes, primitive
from .arguments import check_device, sizes_of
from .mode import mode

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "from_numpy", "full", "full_like",
    "linspace", "logspace", "ones", "ones_like", "tensor", "zeros", "zeros_like",
]  # fmt: skip

METHODS = ("new_empty", "new_full", "new_ones", "new_tensor", "new_zeros")


# From data


def array_of(data: Any, dtype: Any, copy: bool) -> np.ndarray:
    """Return `data` as an array by the rules of ``autodiff.tensor``."""
    if isinstance(data, primitive.Tensor_):
        data = data._array
    elif isinstance(data, primitive.Value_):
        data = data.data
    if not isinstance(data, (np.ndarray, np.generic)):
        data = _array_of_nested(data, dtype)
        copy = False
    wanted = dtypes.check(data.dtype if dtype is None else dtype)
    array = np.asarray(data)
    return array.astype(wanted, copy=copy) if copy or array.dtype != wanted else array


def _array_of_nested(data: Any, dtype: Any) -> np.ndarray:
    """Return nested lists as an array of the dtype to which their elements are promoted.

    Where `dtype` is given, the elements keep all their digits until they are converted to that.
    """
    found: set[np.dtype[Any]] = set()
    try:
        array = np.array(_plain(data, found))
    except ValueError as error:
        raise ValueError(
            f"tensor: the nested lists do not form a rectangular array ({error}); give every row the "
            "same length"
        ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"tensor: cannot make a tensor of {type(data).__name__} elements of dtype {array.dtype}; "
            "tensors hold bool, integer and floating numbers"
        )
    if dtype is not None:
        _check_range(array, dtypes.check(dtype))
        return array
    if not found:
        return array.astype(dtypes.default_dtype)
    wanted = functools.reduce(dtypes.promote_types, found)
    if array.dtype == np.uint64 and wanted == np.int64:
        raise OverflowError("tensor: an integer is too large for int64; give floats, or dtype=uint64")
    return array.astype(wanted, copy=False)


def _check_range(array: np.ndarray, dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "iu" or not array.size:
        return
    limits = np.iinfo(dtype)
    if array.min() < limits.min or array.max() > limits.max:
        raise OverflowError(
            f"tensor: numbers from {array.min()} to {array.max()} do not fit into {dtype}, which holds "
            f"{limits.min} to {limits.max}"
        )


def _plain(data: Any, found: set[np.dtype[Any]]) -> Any:
    """Replace Tensors and Values inside nested lists by arrays and numbers; note the dtypes of elements."""
    if isinstance(data, (list, tuple)):
        return [_plain(item, found) for item in data]
    if isinstance(data, (primitive.Tensor_, primitive.Value_)):
        _warn_of_cut(data)
        data = data._array if isinstance(data, primitive.Tensor_) else data.data
    if isinstance(data, (np.ndarray, np.generic)):
        if data.size:
            found.add(data.dtype)
    elif isinstance(data, (bool, int, float)):
        found.add(dtypes.scalar_dtype(data))
    return data


def _warn_of_cut(data: Any) -> None:
    if mode.grad and data.requires_grad:
        warnings.warn(
            "tensor: the copy has no history, and no gradient flows back to what it was made from; use "
            "clone() or stack(), or detach() to say that this is meant",
            UserWarning,
            stacklevel=5,
        )


def _finished(array: np.ndarray, requires_grad: bool) -> Tensor:
    result = primitive.new_tensor(array, None)
    return result.requires_grad_() if requires_grad else result


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor that holds a copy of `data`, without history.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists of numbers, a NumPy array or a Tensor.
    dtype : dtype, optional
        By default Python floats become float32 (see ``set_default_dtype``), Python integers int64; arrays
        and Tensors keep their dtype.
    device : optional
        Accepted for PyTorch's sake; everything is on the CPU.
    requires_grad : bool, default False
        Record operations on it.

    Raises
    ------
    TypeError
        For data that are not numbers.
    ValueError
        For nested lists of unequal length.
    OverflowError
        For numbers that `dtype` does not hold.

    Warns
    -----
    UserWarning
        For Tensors that require grad: no gradient would flow back to them.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> ad.tensor([0.5, 1.5], requires_grad=True)
    tensor([0.5000, 1.5000], requires_grad=True)
    """
    check_device(device, "tensor")
    if isinstance(data, (primitive.Tensor_, primitive.Value_)):
        _warn_of_cut(data)
    return _finished(array_of(data, dtype, copy=True), requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor, sharing memory where possible; a Tensor keeps its history.

    Parameters
    ----------
    data : array_like, Tensor or Value
    dtype : dtype, optional
        As for ``tensor``. A change of dtype copies.
    device : optional
        Accepted for PyTorch's sake.

    Examples
    --------
    >>> import autodiff as ad, numpy as np
    >>> a = np.zeros(2)
    >>> t = ad.as_tensor(a)
    >>> t[0] = 5.0
    >>> a
    array([5., 0.])
    """
    check_device(device, "as_tensor")
    if isinstance(data, primitive.Value_):
        data = data.tensor()
    if isinstance(data, primitive.Tensor_):
        return data if dtype is None else data.to(dtype)  # type: ignore[attr-defined]
    return primitive.new_tensor(array_of(data, dtype, copy=False), None)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return `obj` as a tensor; with `copy` in memory of its own, a Tensor with its history.

    Parameters
    ----------
    obj : array_like, Tensor or Value
    dtype : dtype, optional
        As for ``tensor``.
    device : optional
        Accepted for PyTorch's sake.
    copy : bool, optional
        True: always copy. False: raise where a copy is needed. By default copy where needed.
    requires_grad : bool, default False
        Record operations on the result.

    Raises
    ------
    ValueError
        With ``copy=False``, where a copy is needed.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.asarray([1, 2], dtype=ad.float32)
    tensor([1., 2.])
    """
    result = as_tensor(obj, dtype, device)
    source = obj._array if isinstance(obj, primitive.Tensor_) else obj
    shared = isinstance(source, np.ndarray) and np.may_share_memory(result._array, source)
    if copy is False and not shared and result._array.size:
        raise ValueError(f"asarray: {type(obj).__name__} cannot be had without a copy")
    if copy and shared:
        result = result.clone()  # type: ignore[attr-defined]
    return result.requires_grad_() if requires_grad else result


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """Return a tensor that shares the memory of a NumPy array.

    Raises
    ------
    TypeError
        For what is not an array, or has a dtype that tensors do not hold.

    Examples
    --------
    >>> import autodiff as ad, numpy as np
    >>> ad.from_numpy(np.arange(3))
    tensor([0, 1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected a numpy.ndarray, got {type(ndarray).__name__}")
    return as_tensor(ndarray)


# Filled by a rule


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
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
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
    return _finished(np.zeros(shape_of(sizes, size, "zeros"), floating_dtype(dtype)), requires_grad)


def ones(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of ones. Arguments as for ``zeros``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ones(2, dtype=ad.int64)
    tensor([1, 1])
    """
    check_device(device, "ones")
    return _finished(np.ones(shape_of(sizes, size, "ones"), floating_dtype(dtype)), requires_grad)


def empty(
    *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor whose elements are not set: whatever the memory held. Arguments as for ``zeros``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty(2, 3).shape
    (2, 3)
    """
    check_device(device, "empty")
    return _finished(np.empty(shape_of(sizes, size, "empty"), floating_dtype(dtype)), requires_grad)


def full(
    size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
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
    return _finished(_filled(shape, fill_value, dtype, "full"), requires_grad)


def _filled(shape: tuple[int, ...], value: Any, dtype: Any, operation: str) -> np.ndarray:
    if np.ndim(value):
        raise ValueError(f"{operation}: fill_value must be one number, got shape {np.shape(value)}")
    if isinstance(value, (primitive.Tensor_, primitive.Value_)):
        _warn_of_cut(value)
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
    start, end, step = (_number(x, "arange") for x in (start, end, step))
    if step == 0 or not all([math.isfinite(x) for x in (start, end, step)]):
        raise ValueError(
            f"arange: start, end and step must be finite and step not 0, got {start}, {end} and {step}"
        )
    if (end - start) * step < 0:
        raise ValueError(f"arange: {end} cannot be reached from {start} by steps of {step}")
    integers = isinstance(start, int) and isinstance(end, int) and isinstance(step, int)
    if dtype is None:
        dtype = np.int64 if integers else dtypes.default_dtype
    if integers:
        numbers = np.arange(start, end, step, np.int64)
    else:
        count = math.ceil((end - start) / step)
        numbers = start + step * np.arange(count, dtype=np.float64)
    return _finished(numbers.astype(dtypes.check(dtype), copy=False), requires_grad)


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
    return _finished(_spaced(start, end, steps, "linspace").astype(floating_dtype(dtype)), requires_grad)


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
    """Return `steps` numbers from ``base**start`` to ``base**end``, their logarithms at equal distances.

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
    return _finished(numbers.astype(floating_dtype(dtype)), requires_grad)


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
    return _finished(np.eye(rows, columns, dtype=floating_dtype(dtype)), requires_grad)


# Like another tensor


def _like(input: Any, dtype: Any, device: Any, operation: str) -> tuple[tuple[int, ...], Any]:
    """Return the shape and dtype of what is to be made like `input`."""
    check_device(device, operation)
    array = input._array if isinstance(input, primitive.Tensor_) else np.asarray(input)
    return array.shape, dtypes.check(array.dtype if dtype is None else dtype)


def zeros_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return zeros of the shape, and if not given the dtype, of `input`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros_like(ad.tensor([1, 2]))
    tensor([0, 0])
    """
    return _finished(np.zeros(*_like(input, dtype, device, "zeros_like")), requires_grad)


def ones_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ones of the shape, and if not given the dtype, of `input`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ones_like(ad.tensor([1.5, 2.5]))
    tensor([1., 1.])
    """
    return _finished(np.ones(*_like(input, dtype, device, "ones_like")), requires_grad)


def empty_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of the shape, and if not given the dtype, of `input`; its elements are not set.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty_like(ad.zeros(2, 3)).shape
    (2, 3)
    """
    return _finished(np.empty(*_like(input, dtype, device, "empty_like")), requires_grad)


def full_like(
    input: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of the shape, and if not given the dtype, of `input`, with one number everywhere.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.full_like(ad.zeros(2), 3)
    tensor([3., 3.])
    """
    shape, dtype = _like(input, dtype, device, "full_like")
    return _finished(_filled(shape, fill_value, dtype, "full_like"), requires_grad)


def new_zeros(
    self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return zeros of another size, in the dtype of this tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ones(5, dtype=ad.int64).new_zeros(2)
    tensor([0, 0])
    """
    return zeros(*size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_ones(
    self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return ones of another size, in the dtype of this tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(5, dtype=ad.int64).new_ones(2)
    tensor([1, 1])
    """
    return ones(*size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_empty(
    self: Tensor, *size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor of another size, in the dtype of this one; its elements are not set.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(5).new_empty(2, 3).shape
    (2, 3)
    """
    return empty(*size, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)


def new_full(
    self: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor of another size with one number everywhere, in the dtype of this tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(5).new_full((2,), 3)
    tensor([3., 3.])
    """
    return full(
        size, fill_value, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad
    )


def new_tensor(
    self: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a copy of `data` as a tensor, in the dtype of this one.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(5).new_tensor([1, 2])
    tensor([1., 2.])
    """
    return tensor(data, dtype=dtype or self.dtype, device=device, requires_grad=requires_grad)
