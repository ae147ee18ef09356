"""Softmax and its logarithm along one axis, with their gradients."""

from __future__ import annotations

import numpy as np

from .registry import kernel


def _large(x: np.ndarray, *_: object) -> bool:
    return x.size > 256


@kernel(
    compiled="softmax_jit",
    prefer=_large,
    examples=lambda dtype: [(np.ones((2, 3), dtype), axis) for axis in (0, 1)],
)
def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """Return the exponentials of the elements, divided by their sum along one axis.

    Parameters
    ----------
    x : ndarray of floats
        With at least one axis.
    axis : int
        In [0, x.ndim).

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
    e = np.exp(x - np.maximum.reduce(x, axis=axis, keepdims=True))
    e /= np.add.reduce(e, axis=axis, keepdims=True)
    return e  # type: ignore[no-any-return]


@kernel(
    compiled="softmax_jit",
    prefer=_large,
    examples=lambda dtype: [
        (np.ones((2, 3), dtype), np.ones((2, 3), dtype), axis) for axis in (0, 1)
    ],
)
def softmax_backward(g: np.ndarray, out: np.ndarray, axis: int) -> np.ndarray:
    """Return the gradient of the input of `softmax`, out * (g - sum of g * out).

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    out : ndarray
        The output, of the shape and dtype of `g`.
    axis : int

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.softmax_backward(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 0)
    array([ 0.25, -0.25])
    """
    return np.asarray(out * (g - np.add.reduce(g * out, axis=axis, keepdims=True)))


@kernel(
    compiled="softmax_jit",
    prefer=_large,
    examples=lambda dtype: [(np.ones((2, 3), dtype), axis) for axis in (0, 1)],
)
def log_softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """Return the logarithm of `softmax`, without the loss of digits that taking it afterwards has.

    Parameters
    ----------
    x : ndarray of floats
        With at least one axis.
    axis : int
        In [0, x.ndim).

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.log_softmax(np.array([0.0, -1000.0]), 0)
    array([    0., -1000.])
    """
    if not x.size:
        return x.copy()
    shifted = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis=axis, keepdims=True))
    return shifted  # type: ignore[no-any-return]


@kernel(
    compiled="softmax_jit",
    prefer=_large,
    examples=lambda dtype: [
        (np.ones((2, 3), dtype), np.ones((2, 3), dtype), axis) for axis in (0, 1)
    ],
)
def log_softmax_backward(g: np.ndarray, out: np.ndarray, axis: int) -> np.ndarray:
    """Return the gradient of the input of `log_softmax`, g - exp(out) * sum of g.

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    out : ndarray
        The output, of the shape and dtype of `g`.
    axis : int

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.log_softmax_backward(np.array([1.0, 0.0]), np.log([0.5, 0.5]), 0)
    array([ 0.5, -0.5])
    """
    return np.asarray(g - np.exp(out) * np.add.reduce(g, axis=axis, keepdims=True))
