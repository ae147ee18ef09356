"""Tensors that hold given data."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, handles
from ..arguments import check_device
from ..mode import mode

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["as_tensor", "asarray", "from_numpy", "tensor"]

METHODS = ("new_tensor",)


def array_of(data: Any, dtype: Any, copy: bool) -> np.ndarray:
    """Return `data` as an array by the rules of ``autodiff.tensor``."""
    if isinstance(data, handles.Tensor):
        data = data._array
    elif isinstance(data, handles.Value):
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
            f"tensor: the nested lists do not form a rectangular array ({error}); give every row "
            "the same length"
        ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"tensor: cannot make a tensor of {type(data).__name__} elements of dtype "
            f"{array.dtype}; tensors hold bool, integer and floating numbers"
        )
    if dtype is not None:
        _check_range(array, dtypes.check(dtype))
        return array
    if not found:
        return array.astype(dtypes.default_dtype)
    wanted = functools.reduce(dtypes.promote_types, found)
    if array.dtype == np.uint64 and wanted == np.int64:
        raise OverflowError(
            "tensor: an integer is too large for int64; give floats, or dtype=uint64"
        )
    return array.astype(wanted, copy=False)


def _check_range(array: np.ndarray, dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "iu" or not array.size:
        return
    limits = np.iinfo(dtype)
    if array.min() < limits.min or array.max() > limits.max:
        raise OverflowError(
            f"tensor: numbers from {array.min()} to {array.max()} do not fit into {dtype}, which "
            f"holds {limits.min} to {limits.max}"
        )


def _plain(data: Any, found: set[np.dtype[Any]]) -> Any:
    """Replace Tensors and Values in nested lists by arrays and numbers; note the dtypes found."""
    if isinstance(data, (list, tuple)):
        return [_plain(item, found) for item in data]
    if isinstance(data, (handles.Tensor, handles.Value)):
        warn_of_cut(data)
        data = data._array if isinstance(data, handles.Tensor) else data.data
    if isinstance(data, (np.ndarray, np.generic)):
        if data.size:
            found.add(data.dtype)
    elif isinstance(data, (bool, int, float)):
        found.add(dtypes.scalar_dtype(data))
    return data


def warn_of_cut(data: Any) -> None:
    if mode.grad and data.requires_grad:
        warnings.warn(
            "tensor: the copy has no history, and no gradient flows back to what it was made from; "
            "use "
            "clone() or stack(), or detach() to say that this is meant",
            UserWarning,
            stacklevel=5,
        )


def finished(array: np.ndarray, requires_grad: bool) -> Tensor:
    result = handles.new_tensor(array, None)
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
        By default Python floats become float32 (see ``set_default_dtype``), Python integers int64;
        arrays and Tensors keep their dtype.
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
    if isinstance(data, (handles.Tensor, handles.Value)):
        warn_of_cut(data)
    return finished(array_of(data, dtype, copy=True), requires_grad)


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
    if isinstance(data, handles.Value):
        data = data.tensor()
    if isinstance(data, handles.Tensor):
        return data if dtype is None else data.to(dtype)  # type: ignore[attr-defined]
    return handles.new_tensor(array_of(data, dtype, copy=False), None)


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
    source = obj._array if isinstance(obj, handles.Tensor) else obj
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
