"""Softmax and its logarithm: scores turned into probabilities along one axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import axis_of, numpy_names
from ..declare import floating_operand
from ..primitive import Primitive, apply

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["log_softmax", "softmax"]

METHODS = ("log_softmax", "softmax")

# A loop over a short row takes less time than starting it. So down the columns of a transposed copy
# NumPy is quicker, for rows of up to _SHORT elements, if they are _MANY and more than their length.
_SHORT, _MANY = 64, 24
_COLUMN_OF_ONES = {char: np.ones((_SHORT, 1), char) for char in "fd"}
_max: Any = np.maximum.reduce


def few_columns(x: np.ndarray) -> bool:
    """Whether rows are so short and so many that a transposed copy is worth its price."""
    n = x.shape[-1]
    return n <= _SHORT and x.size >= n * max(n, _MANY)


def _along(function: Callable[..., np.ndarray], x: np.ndarray, axis: int | None) -> np.ndarray:
    """Return ``function(x, axis)``, worked out down the columns where the rows are short."""
    if not x.size:
        return x.copy()
    if x.dtype.char == "e":  # sums in float16 stop growing at 2048
        return _along(function, x.astype(np.float32), axis).astype(x.dtype)
    if axis == x.ndim - 1 and few_columns(x):
        columns = x.reshape(-1, x.shape[-1]).T.copy()
        return np.ascontiguousarray(function(columns, 0).T).reshape(x.shape)
    return function(x, axis)


def _softmax_forward(x: np.ndarray, axis: int | None) -> np.ndarray:
    if axis == x.ndim - 1 and 16 <= x.shape[-1] <= _SHORT and x.dtype.char != "e" and x.size:
        rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])
        e = rows - _max(rows.T.copy(), 0)[:, None]
        np.exp(e, e)
        # A product with ones adds up rows of this length faster than a reduction does.
        e /= e.dot(_COLUMN_OF_ONES[x.dtype.char][: x.shape[-1]])
        return e if x.ndim == 2 else e.reshape(x.shape)
    return _along(_probabilities, x, axis)


def _probabilities(x: np.ndarray, axis: int | None) -> np.ndarray:
    e = np.asarray(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    np.exp(e, out=e)
    e /= np.add.reduce(e, axis=axis, keepdims=True)
    return e


def _log_probabilities(x: np.ndarray, axis: int | None) -> np.ndarray:
    e = np.asarray(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    e -= np.log(np.add.reduce(np.exp(e), axis=axis, keepdims=True))
    return e


_softmax = Primitive(
    "softmax",
    _softmax_forward,
    (lambda g, out, axis: out * (g - np.add.reduce(g * out, axis=axis, keepdims=True)),),
)
_log_softmax = Primitive(
    "log_softmax",
    lambda x, axis: _along(_log_probabilities, x, axis),
    (lambda g, out, axis: g - np.exp(out) * np.add.reduce(g, axis=axis, keepdims=True),),
)


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
