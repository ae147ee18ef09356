"""Tensors filled by a rule, of the shape or the dtype of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, handles
from ..arguments import check_device
from .data import finished
from .filled import empty, filled, full, ones, zeros

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["empty_like", "full_like", "ones_like", "zeros_like"]

METHODS = ("new_empty", "new_full", "new_ones", "new_zeros")


def _like(input: Any, dtype: Any, device: Any, operation: str) -> tuple[tuple[int, ...], Any]:
    """Return the shape and dtype of what is to be made like `input`."""
    check_device(device, operation)
    array = input._array if isinstance(input, handles.Tensor) else np.asarray(input)
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
    return finished(np.zeros(*_like(input, dtype, device, "zeros_like")), requires_grad)


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
    return finished(np.ones(*_like(input, dtype, device, "ones_like")), requires_grad)


def empty_like(
    input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return a tensor like `input`, whose elements are not set. Arguments as for ``zeros_like``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty_like(ad.zeros(2, 3)).shape
    (2, 3)
    """
    return finished(np.empty(*_like(input, dtype, device, "empty_like")), requires_grad)


def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a tensor like `input` with one number everywhere. Arguments as for ``zeros_like``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.full_like(ad.zeros(2), 3)
    tensor([3., 3.])
    """
    shape, dtype = _like(input, dtype, device, "full_like")
    return finished(filled(shape, fill_value, dtype, "full_like"), requires_grad)


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
