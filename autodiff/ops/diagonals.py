"""Diagonals and triangles of matrices."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axis_of
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive
from .reductions import sum

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["diagonal", "diag", "diag_embed", "trace", "tril", "triu"]

METHODS = tuple(__all__)
IN_PLACE = ("tril", "triu")


def _view(x: np.ndarray, offset: int, axis1: int, axis2: int) -> np.ndarray:
    out = x.diagonal(offset, axis1, axis2)
    out.setflags(write=x.flags.writeable)  # NumPy's is read-only, for historical reasons
    return out


def _matrix(
    x: np.ndarray, shape: tuple[int, ...], offset: int, axis1: int, axis2: int
) -> np.ndarray:
    out = np.zeros(shape, x.dtype)
    _view(out, offset, axis1, axis2)[...] = x
    return out


def _rule(g: Any, x_shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Any:
    return _embed(g, x_shape, offset, axis1, axis2)


_diagonal = Primitive("diagonal", _view, (_rule,), linear=True, view=True)
_diag = Primitive(
    "diag",
    lambda x, offset, axis1, axis2: _view(x, offset, axis1, axis2).copy(),
    (_rule,),
    linear=True,
)
_embed = Primitive(
    "diag_embed",
    _matrix,
    (lambda g, offset, axis1, axis2: _diag(g, offset, axis1, axis2),),
    linear=True,
)


def _axes(
    dim1: int, dim2: int, ndim: int, shape: tuple[int, ...], operation: str
) -> tuple[int, int]:
    axis1, axis2 = axis_of(dim1, ndim, operation), axis_of(dim2, ndim, operation)
    if ndim < 2 or axis1 == axis2:
        raise ValueError(
            f"{operation}: expected two different axes of shape {shape}, got {dim1}, {dim2}"
        )
    return axis1, axis2


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Diagonal of the matrices in two axes, as a view: writing to it writes to the tensor.

    Parameters
    ----------
    input : Tensor
        With at least two axes.
    offset : int, default 0
        Above (positive) or below the main diagonal.
    dim1, dim2 : int, default 0 and 1
        The axes of the matrices.

    Returns
    -------
    Tensor
        Without these two axes, and with the diagonal as a new last one.

    Raises
    ------
    ValueError
        For one axis twice, or fewer axes than two.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.zeros(2, 2)
    >>> _ = x.diagonal().fill_(1)
    >>> x
    tensor([[1., 0.],
            [0., 1.]])
    """
    x = operand(input, "diagonal", number=False)
    return apply(_diagonal, (x,), (offset, *_axes(dim1, dim2, x.ndim, x.shape, "diagonal")))


@implements(np.diagonal)
def _numpy_diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    return diagonal(a, offset, axis1, axis2)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros with the last axis of `input` as their diagonals.

    Parameters
    ----------
    input : Tensor
        Shape (..., n).
    offset : int, default 0
        Above (positive) or below the main diagonal.
    dim1, dim2 : int, default -2 and -1
        Where the axes of the matrices are in the result.

    Returns
    -------
    Tensor
        Matrices of size n + \\|offset\\|.

    Raises
    ------
    ValueError
        For one axis twice, or a 0-d tensor.
    IndexError
        For an axis that the result does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.diag_embed(ad.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    x = operand(input, "diag_embed", number=False)
    axis1, axis2 = _axes(dim1, dim2, x.ndim + 1, x.shape, "diag_embed")
    rest = iter(x.shape[:-1])
    size = x.shape[-1] + abs(offset)
    shape = tuple([size if i in (axis1, axis2) else next(rest) for i in range(x.ndim + 1)])
    return apply(_embed, (x,), (shape, offset, axis1, axis2))


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix (a copy), or the matrix with a vector as its diagonal.

    Parameters
    ----------
    input : Tensor
        With one or two axes.
    diagonal : int, default 0
        Above (positive) or below the main diagonal.

    Raises
    ------
    ValueError
        For other ranks; see ``diagonal`` and ``diag_embed``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.diag(ad.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    >>> ad.diag(ad.tensor([1]), 1)
    tensor([[0, 1],
            [0, 0]])
    """
    x = operand(input, "diag", number=False)
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    if x.ndim != 2:
        raise ValueError(
            f"diag: expected a vector or a matrix, got shape {x.shape}; see diagonal and diag_embed"
        )
    return apply(_diag, (x,), (diagonal, 0, 1))


@implements(np.diag)
def _numpy_diag(v: Any, k: int = 0) -> Tensor:
    return diag(v, k)


_trace = Primitive(
    "trace",
    lambda x: x.trace(dtype=np.int64 if x.dtype.kind in "bui" else None),
    (lambda g, x_shape: _embed(np.broadcast_to(g, (min(x_shape),)), x_shape, 0, 0, 1),),
    linear=True,
)


def trace(input: Any) -> Tensor:
    """Sum of the diagonal of a matrix.

    Raises
    ------
    ValueError
        For a tensor that is not a matrix.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.trace(ad.tensor([[1, 2], [3, 4]]))
    tensor(5)
    """
    x = operand(input, "trace", number=False)
    if x.ndim != 2:
        raise ValueError(
            f"trace: expected a matrix, got shape {x.shape}; for a batch use diagonal(...).sum(-1)"
        )
    return apply(_trace, (x,))


@implements(np.trace)
def _numpy_trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    return sum(diagonal(a, offset, axis1, axis2), -1)


# Triangles

_SMALL = 4096  # elements: masks up to this size are kept


def _mask(rows: int, columns: int, diagonal: int) -> np.ndarray:
    return np.tri(rows, columns, diagonal, dtype=np.bool_)


_kept_mask = functools.lru_cache(maxsize=64)(_mask)


def _below(shape: tuple[int, ...], diagonal: int) -> np.ndarray:
    rows, columns = shape[-2:]
    return (_kept_mask if rows * columns <= _SMALL else _mask)(rows, columns, diagonal)


_tril: Primitive = Primitive(
    "tril",
    lambda x, diagonal: np.where(_below(x.shape, diagonal), x, x.dtype.type(0)),
    (lambda g, diagonal: _tril(g, diagonal),),
    linear=True,
)
_triu: Primitive = Primitive(
    "triu",
    lambda x, diagonal: np.where(_below(x.shape, diagonal - 1), x.dtype.type(0), x),
    (lambda g, diagonal: _triu(g, diagonal),),
    linear=True,
)


def _triangle(prim: Primitive, input: Any, diagonal: int) -> Tensor:
    x = operand(input, prim.name, number=False)
    if x.ndim < 2:
        raise ValueError(f"{prim.name}: expected a matrix or several, got shape {x.shape}")
    return apply(prim, (x,), (diagonal,))


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """The matrix (or matrices, in the last two axes) with zeros above a diagonal.

    Parameters
    ----------
    input : Tensor
        With at least two axes.
    diagonal : int, default 0
        The last diagonal that is kept; positive ones are above the main diagonal.

    Raises
    ------
    ValueError
        For fewer axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tril(ad.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return _triangle(_tril, input, diagonal)


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """The matrix (or matrices, in the last two axes) with zeros below a diagonal. See ``tril``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.triu(ad.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return _triangle(_triu, input, diagonal)


@implements(np.tril)
def _numpy_tril(m: Any, k: int = 0) -> Tensor:
    return tril(m, k)


@implements(np.triu)
def _numpy_triu(m: Any, k: int = 0) -> Tensor:
    return triu(m, k)
