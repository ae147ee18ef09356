"""Softmax and its logarithm: scores turned into probabilities along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels

from ..apply import apply
from ..arguments import axis_of, numpy_names
from ..declare import floating_operand
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["log_softmax", "softmax"]

METHODS = ("log_softmax", "softmax")


def _softmax_rule(g: Any, out: Any, axis: int | None) -> Any:
    if isinstance(g, np.ndarray):
        return kernels.softmax_backward(g, out, axis)
    return out * (g - np.add.reduce(g * out, axis=axis, keepdims=True))


def _log_softmax_rule(g: Any, out: Any, axis: int | None) -> Any:
    if isinstance(g, np.ndarray):
        return kernels.log_softmax_backward(g, out, axis)
    return g - np.exp(out) * np.add.reduce(g, axis=axis, keepdims=True)


_softmax = Primitive("softmax", kernels.softmax, (_softmax_rule,))
_log_softmax = Primitive("log_softmax", kernels.log_softmax, (_log_softmax_rule,))


def _applied(primitive: Primitive, input: Any, dim: Any, dtype: Any) -> Tensor:
    x = input
    array = getattr(x, "_array", None)
    if array is None or dtype is not None or array.dtype.kind != "f":
        x = floating_operand(input, primitive.name, dtype)
        array = x._array
    ndim = array.ndim
    axis = dim if dim.__class__ is int and 0 <= dim < ndim else axis_of(dim, ndim, primitive.name)
    return apply(primitive, (x,), (axis if ndim else None,))


@numpy_names
def softmax(input: Any, dim: int, dtype: Any = None) -> Tensor:
    """Exponentials of the elements, divided by their sum along one axis.

    Parameters
    ----------
    input : Tensor
        Scores (logits) of a floating dtype; large ones do not overflow, and -inf becomes 0.
    dim : int
        The axis along which the result sums to 1.
    dtype : dtype, optional
        Convert to this first.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    TypeError
        For an integer or bool tensor, unless `dtype` is given.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.softmax(ad.tensor([[0.0, 0.0], [1e4, -1e4]]), dim=1)
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """
    return _applied(_softmax, input, dim, dtype)


@numpy_names
def log_softmax(input: Any, dim: int, dtype: Any = None) -> Tensor:
    """The logarithm of ``softmax``, without the loss of digits that taking it afterwards has.

    Parameters
    ----------
    input : Tensor
        Scores (logits) of a floating dtype.
    dim : int
        The axis along which the exponentials of the result sum to 1.
    dtype : dtype, optional
        Convert to this first.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    TypeError
        For an integer or bool tensor, unless `dtype` is given.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.log_softmax(ad.tensor([0.0, -1000.0]), dim=0)
    tensor([    0., -1000.])
    """
    return _applied(_log_softmax, input, dim, dtype)


@numpy_names
def softmin(input: Any, dim: int, dtype: Any = None) -> Tensor:
    """``softmax(-input, dim)``: the smallest element gets the largest share.

    Parameters
    ----------
    input : Tensor
    dim : int
    dtype : dtype, optional
        As for ``softmax``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.softmin(ad.tensor([5.0, 5.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    return softmax(-floating_operand(input, "softmin", dtype), dim)
