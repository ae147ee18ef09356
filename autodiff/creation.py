"""Tensors from data, and tensors filled by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes, primitive

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["as_tensor", "from_numpy", "tensor"]


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
    try:
        array = np.array(_plain(data))
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
    if dtype is None and (array.dtype == np.float64 or array.size == 0):
        array = array.astype(dtypes.default_dtype)
    return array


def _plain(data: Any) -> Any:
    """Replace Tensors inside nested lists by their arrays."""
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    if isinstance(data, primitive.Tensor_):
        return data._array
    return data.data if isinstance(data, primitive.Value_) else data


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor that holds a copy of `data`.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists of numbers, or a NumPy array.
    dtype : dtype, optional
        By default Python floats become float32 (see ``set_default_dtype``), Python integers int64; a NumPy
        array keeps its dtype.
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

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> ad.tensor([0.5, 1.5], requires_grad=True)
    tensor([0.5, 1.5], requires_grad=True)
    """
    result = primitive.new_tensor(array_of(data, dtype, copy=True), None)
    return result.requires_grad_() if requires_grad else result


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor, sharing memory where possible; a Tensor keeps its history.

    Examples
    --------
    >>> import autodiff as ad, numpy as np
    >>> a = np.zeros(2)
    >>> t = ad.as_tensor(a)
    >>> t[0] = 5.0
    >>> a
    array([5., 0.])
    """
    if isinstance(data, primitive.Tensor_):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, primitive.Value_):
        return data.tensor() if dtype is None else data.tensor().to(dtype)
    return primitive.new_tensor(array_of(data, dtype, copy=False), None)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """Return a tensor that shares the memory of a NumPy array.

    Examples
    --------
    >>> import autodiff as ad, numpy as np
    >>> ad.from_numpy(np.arange(3))
    tensor([0, 1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected a numpy.ndarray, got {type(ndarray).__name__}")
    return as_tensor(ndarray)
