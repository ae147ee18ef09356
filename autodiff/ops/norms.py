"""Norms of vectors, without overflow, underflow or NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axes_of, numpy_names
from ..declare import floating_operand
from ..interop import implements
from ..primitive import Primitive
from .extrema import shared_evenly
from .reducing import Axes, kept, plain, reduce_add, reduce_max, reduce_min, reduced_shape, total

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["norm", "vector_norm"]

METHODS = ("norm",)


def _norm(x: np.ndarray, p: float, axes: Axes, keepdim: bool) -> Any:
    if x.dtype.char == "e":
        return _norm(x.astype(np.float32), p, axes, keepdim).astype(x.dtype)
    if p == 2:
        return _euclidean(x, axes, keepdim)
    if p == 0:
        return reduce_add(x != 0, axes, x.dtype, None, keepdim)
    size = np.abs(x)
    if p == 1:
        return total(size, axes, keepdim)
    if p in (np.inf, -np.inf):
        return _extreme(p)(size, axes, None, None, keepdim)
    if x.size == 0:
        return total(size, axes, keepdim)
    scale = _scale(_extreme(p)(size, axes, None, None, True))
    with np.errstate(divide="ignore"):  # a zero element under a negative p makes the norm 0
        out = total((size / scale) ** p, axes, True) ** (1 / p) * scale
    return out if keepdim else out.reshape(reduced_shape(x.shape, axes))


def _extreme(p: float) -> Any:
    """The reduction that finds the element which counts most."""
    return reduce_max if p > 0 else reduce_min


def _scale(size: Any) -> Any:
    """By what to divide so that powers neither overflow nor vanish: `size`, but 1 for 0 and inf."""
    return np.where((size > 0) & np.isfinite(size), size, size.dtype.type(1))


_SAFE = {char: (np.finfo(char).tiny / np.finfo(char).eps, np.inf) for char in "fd"}
"""Between which sums of squares nothing was lost to underflow or overflow."""


def _euclidean(x: np.ndarray, axes: Axes, keepdim: bool) -> Any:
    low, high = _SAFE[x.dtype.char]
    if axes is None and not keepdim:
        flat = x.reshape(-1)
        squares = flat.dot(flat)
        if low < squares < high:
            return np.sqrt(squares)
    else:
        squares = total(x * x, axes, keepdim)
        if squares.size == 0 or (
            reduce_min(squares, None) > low and reduce_max(squares, None) < high
        ):
            return np.sqrt(squares)
    if x.size == 0:
        return squares
    scale = _scale(reduce_max(np.abs(x), axes, None, None, True))
    out = np.sqrt(total((x / scale) ** 2, axes, True)) * scale
    return out.reshape(squares.shape)


def _rule(g: Any, x: Any, out: Any, p: float, axes: Axes, keepdim: bool) -> Any:
    if p == 0:
        return None
    if p == 1:
        return kept(g, x.shape, axes, keepdim) * np.sign(x)
    if p in (np.inf, -np.inf):
        return shared_evenly(g, np.abs(x), out, axes, keepdim) * np.sign(x)
    g, out = kept(g, x.shape, axes, keepdim), kept(out, x.shape, axes, keepdim)
    flat = plain(out) == 0
    # 0 where the norm is 0 or (p != 2) the element is: the subgradient of least norm.
    still = flat if p == 2 else flat | (plain(x) == 0)
    if flat.any():
        out = np.where(flat, 1.0, out)
    if p == 2:
        direction = x / out
    else:
        share = np.abs(x) / out
        if still.any():
            share = np.where(still, 1.0, share)
        direction = np.sign(x) * share ** (p - 1)
    if still.any():
        direction = np.where(still, 0.0, direction)
    return g * direction


_norm_of = Primitive("norm", _norm, (_rule,))


def _order(p: Any) -> float:
    if p is None or p == "fro":
        return 2.0
    if isinstance(p, str):
        if p in ("inf", "-inf"):
            return float(p)
        raise ValueError(f"norm: p must be a number, inf, -inf or 'fro', got {p!r}")
    return float(p)


@numpy_names
def norm(
    input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """The p-norm of the elements: ``(|x_1|^p + ... + |x_n|^p)^(1/p)``.

    Huge and tiny elements neither overflow nor vanish. At points without a derivative the gradient
    is the subgradient of least norm: 0 at the zero vector.

    Parameters
    ----------
    input : Tensor
        Floating.
    p : float or 'fro', default 'fro'
        'fro' is 2; inf and -inf give the largest and the smallest magnitude; 0 counts the elements
        that are not zero, and has no gradient.
    dim : int or tuple of int, optional
        The axes to reduce; all by default.
    keepdim : bool, default False
        Keep these axes with length 1.
    dtype : dtype, optional
        Convert to this first.

    Raises
    ------
    TypeError
        For integers.
    ValueError
        For another word, or for p=inf or -inf of no elements.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([3.0, -4.0], requires_grad=True)
    >>> ad.norm(x)
    tensor(5., grad_fn=<norm>)
    >>> ad.norm(x, p=1).item()
    7.0
    """
    x = floating_operand(input, "norm", dtype)
    return apply(_norm_of, (x,), (_order(p), axes_of(dim, x._array.ndim, "norm"), keepdim))


@implements(np.linalg.vector_norm)
@numpy_names
def vector_norm(
    x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of order `ord` of the elements, as ``norm`` with other names for its arguments.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.vector_norm(ad.tensor([[3.0, 4.0], [0.0, 0.0]]), dim=1)
    tensor([5., 0.])
    """
    return norm(x, ord, dim, keepdim, dtype)


@implements(np.linalg.norm)
def _numpy_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    axes = x.ndim if axis is None else len(axis) if isinstance(axis, tuple) else 1
    if ord is not None and axes > 1 and ord != "fro":
        raise TypeError(
            f"numpy.linalg.norm: the matrix norm of order {ord!r} is not available for Tensors; "
            "autodiff.norm takes the norm of the elements"
        )
    return norm(x, ord, axis, keepdims)
