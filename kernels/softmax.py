"""Softmax and its logarithm along one axis, with their gradients."""

from __future__ import annotations

import numpy as np

from .registry import kernel

_LEAST = 256  # elements from which on the compiled versions were measured to be faster


def _wide(*arrays: np.ndarray) -> list[np.ndarray]:
    """Return float16 as float32: sums in float16 stop growing at 2048."""
    return [a.astype(np.float32) if a.dtype == np.float16 else a for a in arrays]


@kernel(
    compiled="softmax_jit",
    prefer=_LEAST,
    examples=lambda dtype: [(np.ones((2, 3), dtype), axis) for axis in (0, 1)],
)
def softmax(x: np.ndarray, axis: int | None) -> np.ndarray:
    """Return the exponentials of the elements, divided by their sum along one axis.

    Parameters
    ----------
    x : ndarray of floats
    axis : int or None
        In [0, x.ndim); None for a single number, of shape ().

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`. NaN along the axis where that holds NaN, inf, or nothing but
        -inf.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.softmax(np.array([[0.0, 0.0], [1e4, -np.inf]]), 1)
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    if not x.size:
        return x.copy()
    (wide,) = _wide(x)
    e = np.exp(wide - np.maximum.reduce(wide, axis=axis, keepdims=True))
    return np.asarray(e / np.add.reduce(e, axis=axis, keepdims=True), x.dtype)


@kernel(
    compiled="softmax_jit",
    prefer=_LEAST,
    examples=lambda dtype: [
        (np.ones((2, 3), dtype), np.ones((2, 3), dtype), axis) for axis in (0, 1)
    ],
)
def softmax_backward(g: np.ndarray, out: np.ndarray, axis: int | None) -> np.ndarray:
    """Return the gradient of the input of `softmax`, out * (g - sum of g * out).

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    out : ndarray
        The output, of the shape and dtype of `g`.
    axis : int or None

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.softmax_backward(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 0)
    array([ 0.25, -0.25])
    """
    dy, y = _wide(g, out)
    return np.asarray(y * (dy - np.add.reduce(dy * y, axis=axis, keepdims=True)), g.dtype)


@kernel(
    compiled="softmax_jit",
    prefer=_LEAST,
    examples=lambda dtype: [(np.ones((2, 3), dtype), axis) for axis in (0, 1)],
)
def log_softmax(x: np.ndarray, axis: int | None) -> np.ndarray:
    """Return the logarithm of `softmax`, without the loss of digits that taking it afterwards has.

    Parameters
    ----------
    x : ndarray of floats
    axis : int or None
        In [0, x.ndim); None for a single number, of shape ().

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.log_softmax(np.array([0.0, -1000.0]), 0)
    array([    0., -1000.])
    """
    if not x.size:
        return x.copy()
    (wide,) = _wide(x)
    shifted = wide - np.maximum.reduce(wide, axis=axis, keepdims=True)
    logarithms = np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))
    return np.asarray(shifted - logarithms, x.dtype)


@kernel(
    compiled="softmax_jit",
    prefer=_LEAST,
    examples=lambda dtype: [
        (np.ones((2, 3), dtype), np.ones((2, 3), dtype), axis) for axis in (0, 1)
    ],
)
def log_softmax_backward(g: np.ndarray, out: np.ndarray, axis: int | None) -> np.ndarray:
    """Return the gradient of the input of `log_softmax`, g - exp(out) * sum of g.

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    out : ndarray
        The output, of the shape and dtype of `g`.
    axis : int or None

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.log_softmax_backward(np.array([1.0, 0.0]), np.log([0.5, 0.5]), 0)
    array([ 0.5, -0.5])
    """
    dy, y = _wide(g, out)
    return np.asarray(dy - np.exp(y) * np.add.reduce(dy, axis=axis, keepdims=True), g.dtype)
