"""Matrix products, with what is often done to them at once: bias, activation, residual.

NumPy gives its products to a BLAS. The compiled ones are as fast as OpenBLAS at its best; they win
on small and middle-sized matrices, where a BLAS packs what need not be packed, on all sizes where
the BLAS does not use the widest vectors that the CPU has (as OpenBLAS 0.3 on AMD's CPUs with
AVX-512), and on what is done to the product at once. And their bits do not depend on the number of
threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..elementwise import erf
from ..registry import kernel

ACTIVATIONS = (None, "relu", "gelu", "tanh", "sigmoid")

SMALL = 65_000
"""Multiply-adds (40 cubed) up to which NumPy is quicker, because it is called more quickly. With a
bias or an activation it needs several calls, and the limit is a quarter of this. OpenBLAS uses one
thread for so little; for more it would use several, and its bits would depend on their number."""


def _compiled_is_faster(
    a: np.ndarray,
    b: np.ndarray,
    bias: np.ndarray | None = None,
    activation: str | None = None,
    residual: np.ndarray | None = None,
) -> bool:
    work = a.size * b.shape[-1] if b.ndim > 1 else a.size
    if bias is None and activation is None and residual is None:
        return work >= SMALL
    return work >= SMALL // 4


def check_epilogue(
    shape: tuple[int, ...],
    bias: np.ndarray | None,
    activation: str | None,
    residual: np.ndarray | None,
) -> None:
    """Check what is done to a product of that shape.

    Raises
    ------
    ValueError
        For an activation of another name, and for shapes that do not fit.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"matmul: activation {activation!r} is none of {ACTIVATIONS}")
    if bias is not None and bias.shape != shape[-1:]:
        raise ValueError(f"matmul: a result of {shape} needs a bias {shape[-1:]}, not {bias.shape}")
    if residual is not None and residual.shape != shape:
        raise ValueError(f"matmul: a result of {shape} needs such a residual, not {residual.shape}")


def _gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))


FUNCTIONS: dict[str, Any] = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": _gelu,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def _examples(dtype: np.dtype[Any]) -> list[tuple[Any, ...]]:
    """Calls of both kinds: by a ufunc, and by what threads share."""
    operands = np.ones((2, 3), dtype), np.ones((3, 4), dtype)
    return [operands, (*operands, None, "relu")]


@kernel(
    compiled="gemm.products_jit",
    prefer=_compiled_is_faster,
    examples=_examples,
)
def matmul(
    a: np.ndarray,
    b: np.ndarray,
    bias: np.ndarray | None = None,
    activation: str | None = None,
    residual: np.ndarray | None = None,
) -> np.ndarray:
    """Multiply matrices: activation(a @ b + bias) + residual.

    Parameters
    ----------
    a, b : ndarray
        With the rules of `numpy.matmul`: of any rank from 1; leading axes are broadcast against
        each other.
    bias : ndarray (columns,), optional
        Added to every row of the product.
    activation : {None, "relu", "gelu", "tanh", "sigmoid"}
        Applied to each element; "gelu" is the exact one, by the error function.
    residual : ndarray, optional
        Of the result's shape; added last.

    Returns
    -------
    ndarray
        Of the shape that `numpy.matmul` gives; two vectors give their inner product as an array of
        rank 0.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no such activation.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    >>> kernels.matmul(np.eye(2), np.eye(2), np.array([-1.0, 0.5]), "relu")
    array([[0. , 0.5],
           [0. , 1.5]])
    """
    if a.ndim == 2 and b.ndim == 2:
        try:
            out = a.dot(b)  # what np.matmul does, called more quickly
        except ValueError:
            out = np.matmul(a, b)  # says more clearly what does not fit
    elif b.ndim == 2 and a.ndim > 2 and a.size and a.shape[-1] == b.shape[0]:
        out = a.reshape(-1, a.shape[-1]).dot(b).reshape(a.shape[:-1] + b.shape[1:])
    else:
        out = np.asarray(np.matmul(a, b))
    if bias is None and activation is None and residual is None:
        return out
    check_epilogue(out.shape, bias, activation, residual)
    if bias is not None:
        out = out + bias
    if activation is not None:
        out = FUNCTIONS[activation](out)
    return out if residual is None else out + residual
