"""Products of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels
from autodiff.kernels.gemm.products import SMALL

from ..apply import result
from ..declare import operand
from ..handles import new_tensor
from ..interop import implements
from ..mode import debug
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["matmul", "mm", "mv", "bmm", "addmm", "baddbmm", "kron"]

METHODS = tuple(__all__)
IN_PLACE = ("addmm", "baddbmm")

_Array = np.ndarray


def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return ``x @ y``; several matrices times one become one product."""
    if y.ndim <= 2 and x.ndim and y.ndim:
        if x.ndim <= 2:
            if x.size * y.shape[-1] < SMALL:
                return x.dot(y)  # what the kernel would do, reached sooner
        elif x.size and x.shape[-1] == y.shape[0]:
            return product(x.reshape(-1, x.shape[-1]), y).reshape(x.shape[:-1] + y.shape[1:])
    return kernels.matmul(x, y)


def times(x: Any, y: Any) -> Any:
    """Return ``x @ y`` in a rule: of arrays as fast as can be, of Tensors recorded."""
    if x.__class__ is _Array and y.__class__ is _Array:
        return product(x, y)
    return matmul(x, y)


def _matmul_x(g: Any, x_shape: tuple[int, ...], y: Any) -> Any:
    if y.ndim == 1:
        return g[..., None] * y
    if len(x_shape) == 1:
        return times(y, g) if y.ndim == 2 else times(y, g[..., None])[..., 0]
    return times(g, y.swapaxes(-1, -2))


def _matmul_y(g: Any, x: Any, y_shape: tuple[int, ...]) -> Any:
    if x.ndim == 1:
        return g * x if len(y_shape) == 1 else x[:, None] * g[..., None, :]
    if len(y_shape) <= 2 and x.ndim > 2:  # one product, not many whose results are added up
        rows = math.prod(x.shape[:-1])
        x, g = x.reshape((rows, x.shape[-1])), g.reshape((rows, *y_shape[1:]))
    if len(y_shape) == 1:
        return times(g, x)
    return times(x.swapaxes(-1, -2), g)


_matmul = Primitive("matmul", product, (_matmul_x, _matmul_y), multilinear=True, symbol="@")


@implements(np.matmul)
def matmul(input: Any, other: Any) -> Tensor:
    """Product of matrices and vectors, of any rank from 1.

    Two vectors give their inner product, a matrix and a vector a vector. With more axes than two
    the last two are matrices, and the leading ones are broadcast against each other.

    Parameters
    ----------
    input : Tensor
        Shape (..., n, k), or (k,).
    other : Tensor
        Shape (..., k, m), or (k,); of the same dtype.

    Returns
    -------
    Tensor
        Shape (..., n, m), without n or m where that operand is a vector.

    Raises
    ------
    ValueError
        Where the shapes do not fit, or an operand is 0-d.
    TypeError
        For operands of two dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.matmul(ad.tensor([[1.0, 2.0], [3.0, 4.0]]), ad.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    try:
        x = input._array
        y = other._array
        x_parent = input._node if input._view is None else input._history()
        y_parent = other._node if other._view is None else other._history()
    except AttributeError:
        return matmul(
            operand(input, "matmul", number=False), operand(other, "matmul", number=False)
        )
    if x.dtype is not y.dtype and x.dtype != y.dtype:
        raise mixed("matmul", x, y) if x.ndim and y.ndim else _misfit(x, y)
    try:
        if x.ndim == 2 and y.ndim == 2 and x.size * y.shape[1] < SMALL and not debug.observed:
            out = x.dot(y)  # as in product
        else:
            out = _matmul.run(x, y)
    except ValueError:
        raise _misfit(x, y) from None
    if out.__class__ is not _Array:
        out = np.asarray(out)
    mask = (x_parent is not None) | (y_parent is not None) << 1
    if not mask:
        return new_tensor(out, None)
    saved = (x if mask & 2 else None, y if mask & 1 else None, None, None)
    return result(out, _matmul, (x_parent, y_parent), (), mask, saved, out.shape)


def mixed(operation: str, *arrays: np.ndarray) -> TypeError:
    """The error for operands of several dtypes."""
    shown = ", ".join(f"{x.dtype}{list(x.shape)}" for x in arrays)
    return TypeError(
        f"{operation}({shown}): the operands must have one dtype; convert one with .to(dtype)"
    )


def _misfit(x: np.ndarray, y: np.ndarray) -> ValueError:
    shown = f"matmul of shapes {x.shape} and {y.shape}"
    if not x.ndim or not y.ndim:
        return ValueError(f"{shown}: both operands need at least one axis; multiply numbers with *")
    columns, rows = x.shape[-1], y.shape[-2 if y.ndim > 1 else 0]
    if columns != rows:
        return ValueError(
            f"{shown}: the last axis of the first ({columns}) must be as long as the "
            f"{'second-last axis' if y.ndim > 1 else 'axis'} of the second ({rows})"
        )
    return ValueError(
        f"{shown}: the leading axes {x.shape[:-2]} and {y.shape[:-2]} do not broadcast"
    )


def pair(operation: str, rank: int, other_rank: int, input: Any, other: Any) -> tuple[Any, Any]:
    """Return two Tensors, checked to have the given numbers of axes."""
    x, y = operand(input, operation, number=False), operand(other, operation, number=False)
    if x._array.ndim != rank or y._array.ndim != other_rank:
        raise ValueError(
            f"{operation}: the operands must have {rank} and {other_rank} axes, got {x.shape} and "
            f"{y.shape}; matmul takes any rank"
        )
    return x, y


def mm(input: Any, mat2: Any) -> Tensor:
    """Product of two matrices: ``matmul`` for operands with two axes only.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mm(ad.tensor([[1.0, 2.0]]), ad.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    return matmul(*pair("mm", 2, 2, input, mat2))


def mv(input: Any, vec: Any) -> Tensor:
    """Product of a matrix and a vector.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mv(ad.tensor([[1.0, 2.0], [3.0, 4.0]]), ad.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return matmul(*pair("mv", 2, 1, input, vec))


def bmm(input: Any, mat2: Any) -> Tensor:
    """Products of matrices pair by pair: shapes (b, n, k) and (b, k, m) give (b, n, m).

    Raises
    ------
    ValueError
        For other ranks or numbers of matrices; ``matmul`` broadcasts.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bmm(ad.ones(2, 1, 3), ad.ones(2, 3, 1)).shape
    (2, 1, 1)
    """
    x, y = pair("bmm", 3, 3, input, mat2)
    if x.shape[0] != y.shape[0]:
        raise ValueError(f"bmm: shapes {x.shape} and {y.shape} hold different numbers of matrices")
    return matmul(x, y)


def _scaled_sum(input: Any, product: Any, beta: float, alpha: float) -> Any:
    product = product if alpha == 1 else product * alpha
    if beta == 0:  # what is in `input` then does not matter, be it NaN
        shape = np.broadcast_shapes(operand(input, "addmm", number=False).shape, product.shape)
        return product if shape == product.shape else np.broadcast_to(product, shape)
    return (input if beta == 1 else input * beta) + product


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * (mat1 @ mat2)``.

    Parameters
    ----------
    input : Tensor
        Broadcast to the shape of the product, (n, m). Left out, NaN or not, where `beta` is 0.
    mat1, mat2 : Tensor
        Shapes (n, k) and (k, m).
    beta, alpha : float, default 1

    Raises
    ------
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.addmm(ad.ones(1), ad.tensor([[1.0, 2.0]]), ad.tensor([[3.0], [4.0]]), alpha=2)
    tensor([[23.]])
    """
    return _scaled_sum(input, matmul(*pair("addmm", 2, 2, mat1, mat2)), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """``beta * input + alpha * bmm(batch1, batch2)``. See ``addmm``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.baddbmm(ad.ones(1), ad.ones(2, 1, 3), ad.ones(2, 3, 1)).reshape(-1)
    tensor([4., 4.])
    """
    return _scaled_sum(input, bmm(batch1, batch2), beta, alpha)


@implements(np.kron)
def kron(input: Any, other: Any) -> Tensor:
    """Kronecker product: each element of `input` times the whole of `other`, side by side.

    Parameters
    ----------
    input, other : Tensor
        The shape with fewer axes gets leading ones.

    Returns
    -------
    Tensor
        Its sizes are the products of the operands' sizes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.kron(ad.tensor([[1.0, 2.0]]), ad.tensor([[1.0], [10.0]]))
    tensor([[ 1.,  2.],
            [10., 20.]])
    """
    x, y = operand(input, "kron", number=False), operand(other, "kron", number=False)
    rank = x.ndim if x.ndim > y.ndim else y.ndim
    x_shape, y_shape = [(1,) * (rank - len(s)) + s for s in (x.shape, y.shape)]
    pairs = x.reshape(_interleaved(x_shape, (1,) * rank)) * y.reshape(
        _interleaved((1,) * rank, y_shape)
    )
    return pairs.reshape(tuple([n * m for n, m in zip(x_shape, y_shape)]))


def _interleaved(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    return tuple([n for pair in zip(a, b) for n in pair])
