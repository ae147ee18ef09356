"""Activations and their gradients in one pass over memory each."""

from __future__ import annotations

import math

import numpy as np

from .elementwise import erfc
from .registry import Examples, kernel, ones

_TANH_SCALE = math.sqrt(2 / math.pi)
_CUBIC = 0.044715

# From here on an activation is 0, or the number itself (in float64 not before 760).
_FAR = 1000.0

# For fewer elements the third of a second in which Numba comes is not worth while.
_FEW = 256


def _large_or_exact(x: np.ndarray, approximate: str) -> bool:
    return approximate == "none" or x.size >= _FEW  # NumPy has no error function


def _with_both_forms(count: int) -> Examples:
    return lambda dtype: [
        (*[np.ones(4, dtype) for _ in range(count)], form) for form in ("none", "tanh")
    ]


@kernel(compiled="activation_jit", prefer=3000, examples=ones((4,)))
def exp(x: np.ndarray) -> np.ndarray:
    """Return the exponentials, as `numpy.exp` does.

    Parameters
    ----------
    x : ndarray of floats

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`, within 1.1 units in the last place.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.exp(np.array([0.0, 1.0, -np.inf])).round(4)
    array([1.    , 2.7183, 0.    ])
    """
    return np.exp(x)  # type: ignore[no-any-return]


@kernel(compiled="activation_jit", prefer=_FEW, examples=ones((4,)))
def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function, 1 / (1 + exp(-x)).

    Parameters
    ----------
    x : ndarray of floats

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`, within 2 units in the last place. (Denormals are 0 in the
        NumPy version.)

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.sigmoid(np.array([-1000.0, 0.0, 2.0])).round(4)
    array([0.    , 0.5   , 0.8808])
    """
    if x.dtype == np.float16:  # whose small numbers reach further than its exponentials
        return sigmoid.reference(x.astype(np.float32)).astype(np.float16)
    e = np.asarray(np.negative(x))
    np.exp(e, e)
    np.add(e, np.ones((), x.dtype), e)
    return np.reciprocal(e, e)  # where the exponential overflows that is 0, as it should be


@kernel(compiled="activation_jit", prefer=_FEW, examples=ones((4,), (4,)))
def sigmoid_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return the gradient of the input of `sigmoid`, g * out * (1 - out).

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    out : ndarray
        The output, of the shape and dtype of `g`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.sigmoid_backward(np.ones(2), np.array([0.5, 1.0]))
    array([0.25, 0.  ])
    """
    return np.asarray(g * (out * (1 - out)))


@kernel(compiled="activation_jit", prefer=_FEW, examples=ones((4,), (4,)))
def tanh_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return the gradient of the input of tanh, g * (1 - out^2).

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    out : ndarray
        The output, of the shape and dtype of `g`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.tanh_backward(np.ones(2), np.array([0.5, 1.0]))
    array([0.75, 0.  ])
    """
    return np.asarray(g * (1 - out * out))


@kernel(compiled="activation_jit", prefer=_FEW, examples=ones((4,)))
def silu(x: np.ndarray) -> np.ndarray:
    """Return x * sigmoid(x), and its limits at the infinities.

    Parameters
    ----------
    x : ndarray of floats

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.silu(np.array([-np.inf, -1.0, 0.0, 2.0])).round(4)
    array([-0.    , -0.2689,  0.    ,  1.7616])
    """
    return np.asarray(np.maximum(x, -_FAR) * sigmoid.reference(x))


@kernel(compiled="activation_jit", prefer=_FEW, examples=ones((4,), (4,)))
def silu_backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the gradient of the input of `silu`.

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    x : ndarray
        The input, of the shape and dtype of `g`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.silu_backward(np.ones(2), np.array([0.0, 2.0])).round(4)
    array([0.5   , 1.0908])
    """
    s = sigmoid.reference(x)
    return np.asarray(g * (s + (s - s * s) * np.clip(x, -_FAR, _FAR)))


@kernel(compiled="activation_jit", prefer=_large_or_exact, examples=_with_both_forms(1))
def gelu(x: np.ndarray, approximate: str) -> np.ndarray:
    """Return x Phi(x), with Phi the distribution function of the normal distribution.

    Parameters
    ----------
    x : ndarray of floats
    approximate : {"none", "tanh"}
        "tanh" takes (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2 for Phi(x).

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`; its limits at the infinities.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.gelu(np.array([-np.inf, -1.0, 0.0, 2.0]), "none").round(4)
    array([-0.    , -0.1587,  0.    ,  1.9545])
    """
    inside = np.maximum(x, -_FAR)
    if approximate == "tanh":
        return np.asarray(inside * sigmoid.reference(_argument(x)))
    return np.asarray(inside * (0.5 * erfc.reference(x * -math.sqrt(0.5))))


@kernel(
    compiled="activation_jit",
    prefer=lambda g, x, *how: _large_or_exact(x, *how),
    examples=_with_both_forms(2),
)
def gelu_backward(g: np.ndarray, x: np.ndarray, approximate: str) -> np.ndarray:
    """Return the gradient of the input of `gelu`.

    Parameters
    ----------
    g : ndarray of floats
        The gradient of the output.
    x : ndarray
        The input, of the shape and dtype of `g`.
    approximate : {"none", "tanh"}

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.gelu_backward(np.ones(2), np.array([0.0, 2.0]), "none").round(4)
    array([0.5   , 1.0852])
    """
    inside = np.clip(x, -_FAR, _FAR)
    if approximate == "tanh":
        s = sigmoid.reference(_argument(x))
        rise = 2 * _TANH_SCALE * (1 + 3 * _CUBIC * (inside * inside))
        return np.asarray(g * (s + (s - s * s) * (inside * rise)))
    density = np.exp(-0.5 * (inside * inside)) * math.sqrt(0.5 / math.pi)
    return np.asarray(g * (0.5 * erfc.reference(x * -math.sqrt(0.5)) + inside * density))


def _argument(x: np.ndarray) -> np.ndarray:
    inside = np.clip(x, -_FAR, _FAR)
    return 2 * _TANH_SCALE * (inside + _CUBIC * (inside * inside * inside))
