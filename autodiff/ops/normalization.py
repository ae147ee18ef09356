"""Normalisation of each sample: over its last axes, or over groups of its channels.

Kernels do the work on arrays. Their gradients are differentiated once more through one formula on
a matrix, which `batch_norm` shares: `standardized` takes each row (axis 1) or column (axis 0) to
mean 0 and variance 1, `cotangent` takes a gradient back. Sums are products with a vector of ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.kernels import (
    group_norm_backward,
    group_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)

from ..apply import apply
from ..arguments import sizes_of
from ..declare import floating_operand, operand
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["group_norm", "layer_norm", "rms_norm"]


def totals(a: Any, axis: int) -> Any:
    ones = np.ones(a.shape[axis], a.dtype)
    return a @ ones if axis else ones @ a


def along(statistic: Any, axis: int) -> Any:
    """One number per row (or column), so that it broadcasts against the matrix."""
    return statistic[:, None] if axis else statistic


def standardized(x: Any, axis: int, eps: float, centre: bool = True) -> tuple[Any, Any]:
    """Return the standardised matrix and 1 / standard deviation."""
    n = x.shape[axis]
    if centre:
        x = x - along(totals(x, axis) / n, axis)
    rstd = 1 / np.sqrt(totals(x * x, axis) / n + eps)
    return x * along(rstd, axis), rstd


def cotangent(g: Any, xhat: Any, scale: Any, axis: int, centre: bool = True) -> Any:
    """The cotangent of the matrix from that of the standardised one; `scale` is 1 / deviation."""
    n = xhat.shape[axis]
    dx = g - xhat * along(totals(g * xhat, axis) / n, axis)
    if centre:
        dx = dx - along(totals(g, axis) / n, axis)
    return dx * along(scale, axis)


def _row_norm(name: str, centre: bool) -> Primitive:
    """Declare a normalisation over the last axes (`shape`), with weights of that shape."""

    def matrix(x: Any, columns: int) -> Any:
        rows = math.prod(x.shape) // columns if columns else math.prod(x.shape[:-1])
        return x.reshape((rows, columns))

    def flat(w: Any, shape: tuple[int, ...]) -> Any:
        if w is not None and w.shape != shape:
            raise ValueError(f"weight and bias need shape {shape}, got {w.shape}")
        return None if w is None else w.reshape((math.prod(shape),))

    def forward(x: np.ndarray, w: Any, b: Any, shape: tuple[int, ...], eps: float) -> Any:
        if x.ndim == 2 and len(shape) == 1:
            return layer_norm_forward(x, w, b, eps, centre)
        columns = math.prod(shape)
        out, statistics = layer_norm_forward(
            matrix(x, columns), flat(w, shape), flat(b, shape), eps, centre
        )
        return out.reshape(x.shape), statistics

    def rule(g: Any, x: Any, y: Any, aux: Any, shape: tuple[int, ...], eps: float) -> Any:
        if x.ndim == 2 and len(shape) == 1:
            return backward(g, x, y, aux, eps)
        columns = math.prod(shape)
        dx, dw, db = backward(matrix(g, columns), matrix(x, columns), flat(y, shape), aux, eps)
        return dx.reshape(g.shape), dw.reshape(shape), db.reshape(shape)

    def backward(g: Any, x: Any, y: Any, aux: Any, eps: float) -> Any:
        if isinstance(g, np.ndarray):
            return layer_norm_backward(g, x, aux, y, eps, centre)
        xhat, rstd = standardized(x, 1, eps, centre)
        dx = cotangent(g if y is None else g * y, xhat, rstd, 1, centre)
        return dx, totals(g * xhat, 0), totals(g, 0)

    return Primitive(name, forward, rule, arity=3, aux=True)


_layer_norm = _row_norm("layer_norm", centre=True)
_rms_norm = _row_norm("rms_norm", centre=False)


def _group_norm_forward(x: np.ndarray, w: Any, b: Any, groups: int, eps: float) -> Any:
    return group_norm_forward(x, groups, w, b, eps)


def _group_norm_rule(g: Any, x: Any, y: Any, aux: Any, needs: Any, groups: int, eps: float) -> Any:
    if isinstance(g, np.ndarray):
        return group_norm_backward(g, x, groups, aux, y, eps)
    n, channels, *sizes = g.shape
    rows = (n * groups, channels // groups * math.prod(sizes))
    planes = (n, channels, math.prod(sizes))
    xhat, rstd = standardized(x.reshape(rows), 1, eps)
    dy, dx = g.reshape(planes), None
    if needs[0]:
        scaled = dy if y is None else dy * y[:, None]
        dx = cotangent(scaled.reshape(rows), xhat, rstd, 1).reshape(g.shape)
    dw = (dy * xhat.reshape(planes)).sum((0, 2)) if needs[1] else None
    db = dy.sum((0, 2)) if needs[2] else None
    return dx, dw, db


_group_norm = Primitive("group_norm", _group_norm_forward, _group_norm_rule, arity=3, aux=True)


def applied(
    primitive: Primitive,
    x: Any,
    weight: Any,
    bias: Any,
    shape: tuple[int, ...],
    params: tuple[Any, ...],
) -> Any:
    """Apply a normalisation with weights of this shape; in float32 what is float16, whose squares
    overflow."""
    dtype, failure = x._array.dtype, None
    if dtype.char != "e":
        try:
            return apply(primitive, (x, weight, bias), params)
        except (AttributeError, TypeError, ValueError) as error:
            failure = error
    weights = [
        None if t is None else _fitting(primitive.name, name, t, x, shape)
        for name, t in (("weight", weight), ("bias", bias))
    ]
    if failure is not None:
        raise failure
    wide = [None if t is None else t.to(np.float32) for t in (x, *weights)]
    out, aux = apply(primitive, wide, params)
    return out.to(dtype), aux


def _fitting(operation: str, name: str, t: Any, x: Any, shape: tuple[int, ...]) -> Any:
    """Return a weight or bias as a Tensor, checked for shape and the dtype of `x`."""
    t = operand(t, operation, number=False)
    if t._array.shape != shape:
        raise ValueError(
            f"{operation}: {name} has shape {t.shape}; an input of shape {x.shape} needs {shape}"
        )
    if t._array.dtype != x._array.dtype:
        raise TypeError(
            f"{operation}: {name} has dtype {t.dtype}, the input {x.dtype}; convert with .to(...)"
        )
    return t


def _normalized_over(
    primitive: Primitive, input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: Any
) -> Tensor:
    name = primitive.name
    x, shape = floating_operand(input, name), normalized_shape
    if shape.__class__ is not tuple:
        shape = sizes_of((shape,), name)
    if not shape or x._array.shape[-len(shape) :] != shape:
        raise ValueError(
            f"{name}: normalized_shape {shape} must be the last axes of the input, whose shape is "
            f"{x.shape}"
        )
    if eps is None:
        eps = float(np.finfo(x._array.dtype).eps)
    return applied(primitive, x, weight, bias, shape, (shape, eps))[0]


def layer_norm(
    input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Bring each sample to mean 0 and variance 1 over its last axes.

    Parameters
    ----------
    input : Tensor
    normalized_shape : int or tuple of int
        The sizes of the last axes, over which mean and (biased) variance are taken.
    weight, bias : Tensor of that shape, optional
        Multiplied with, and added to, the result.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        Where `normalized_shape`, `weight` or `bias` do not fit the input.
    TypeError
        For an integer tensor, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.layer_norm(ad.tensor([[1.0, 3.0], [10.0, 30.0]]), 2, eps=0.0)
    tensor([[-1.,  1.],
            [-1.,  1.]])

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", 2016,
    https://arxiv.org/abs/1607.06450
    """
    return _normalized_over(_layer_norm, input, normalized_shape, weight, bias, eps)


def rms_norm(
    input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Tensor:
    """Divide each sample by its root mean square over its last axes.

    Parameters
    ----------
    input : Tensor
    normalized_shape : int or tuple of int
        The sizes of the last axes.
    weight : Tensor of that shape, optional
        Multiplied with the result.
    eps : float, optional
        Added to the mean square; by default the spacing of the dtype at 1.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError, TypeError
        As ``layer_norm``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rms_norm(ad.tensor([3.0, 4.0, 0.0, 0.0]), 4)
    tensor([1.2000, 1.6000, 0.0000, 0.0000])

    References
    ----------
    B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.
    """
    return _normalized_over(_rms_norm, input, normalized_shape, weight, None, eps)


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Bring each group of channels of each sample to mean 0 and variance 1.

    Parameters
    ----------
    input : Tensor, shape (N, C, ...)
    num_groups : int
        Must divide C.
    weight, bias : Tensor, shape (C,), optional
        Multiplied with, and added to, the result.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        Where the channels cannot be cut into `num_groups`, or shapes do not fit.
    TypeError
        For an integer tensor, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.group_norm(ad.tensor([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])

    References
    ----------
    Y. Wu and K. He, "Group normalization", ECCV 2018.
    """
    x = floating_operand(input, "group_norm")
    shape = x._array.shape
    if len(shape) < 2 or num_groups < 1 or shape[1] % num_groups:
        raise ValueError(
            f"group_norm: cannot cut the channels of shape {shape} into {num_groups} groups"
        )
    return applied(_group_norm, x, weight, bias, shape[1:2], (num_groups, eps))[0]
