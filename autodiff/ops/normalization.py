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

from ..arguments import sizes_of
from ..declare import floating_operand
from ..primitive import Primitive, apply

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
        if x.ndim == 2 and x.shape[1] == columns:
            return x
        rows = math.prod(x.shape) // columns if columns else math.prod(x.shape[:-1])
        return x.reshape((rows, columns))

    def flat(w: Any, columns: int) -> Any:
        return w if w is None or w.ndim == 1 else w.reshape((columns,))

    def forward(x: np.ndarray, w: Any, b: Any, shape: tuple[int, ...], eps: float) -> Any:
        columns = math.prod(shape)
        out, statistics = layer_norm_forward(
            matrix(x, columns), flat(w, columns), flat(b, columns), eps, centre
        )
        return out.reshape(x.shape), statistics

    def rule(
        g: Any, x: Any, y: Any, aux: Any, needs: Any, shape: tuple[int, ...], eps: float
    ) -> Any:
        columns = math.prod(shape)
        dy, x, y = matrix(g, columns), matrix(x, columns), flat(y, columns)
        if isinstance(g, np.ndarray):
            dx, dw, db = layer_norm_backward(dy, x, aux, y, eps, centre)
        else:
            xhat, rstd = standardized(x, 1, eps, centre)
            dx = cotangent(dy if y is None else dy * y, xhat, rstd, 1, centre)
            dw, db = totals(dy * xhat, 0), totals(dy, 0)
        results = (dx, g.shape), (dw, shape), (db, shape)
        return [
            (d if d.shape == its_shape else d.reshape(its_shape)) if needed else None
            for (d, its_shape), needed in zip(results, needs)
        ]

    return Primitive(name, forward, rule, arity=3, aux=True)


_layer_norm = _row_norm("layer_norm", centre=True)
_rms_norm = _row_norm("rms_norm", centre=False)


def _group_norm_forward(x: np.ndarray, w: Any, b: Any, groups: int, eps: float) -> Any:
    return group_norm_forward(x, groups, w, b, eps)


def _group_norm_rule(g: Any, x: Any, y: Any, aux: Any, needs: Any, groups: int, eps: float) -> Any:
    if isinstance(g, np.ndarray):
        gradients = group_norm_backward(g, x, groups, aux, y, eps)
        return [d if needed else None for d, needed in zip(gradients, needs)]
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


def applied(primitive: Primitive, x: Any, w: Any, b: Any, params: tuple[Any, ...]) -> Any:
    """Apply a normalisation; in float32 what is float16, whose squares overflow."""
    dtype = x._array.dtype
    if dtype.char != "e":
        return apply(primitive, (x, w, b), params)
    wide = [None if t is None else t.to(np.float32) for t in (x, w, b)]
    out, aux = apply(primitive, wide, params)
    return out.to(dtype), aux


def affine(operation: str, x: Any, shape: tuple[int, ...], weight: Any, bias: Any) -> list[Any]:
    """Return weight and bias as Tensors or None, checked for shape and the dtype of `x`."""
    checked: list[Any] = []
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None:
            t = floating_operand(t, operation)
            if t._array.shape != shape:
                raise ValueError(
                    f"{operation}: {name} has shape {t.shape}; an input of shape {x.shape} needs "
                    f"{shape}"
                )
            if t._array.dtype != x._array.dtype:
                raise TypeError(
                    f"{operation}: {name} has dtype {t.dtype}, the input {x.dtype}; convert with "
                    ".to(...)"
                )
        checked.append(t)
    return checked


def _normalized_over(
    primitive: Primitive, input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: Any
) -> Tensor:
    name = primitive.name
    x = floating_operand(input, name)
    shape = sizes_of((normalized_shape,), name)
    if not shape or x._array.shape[-len(shape) :] != shape:
        raise ValueError(
            f"{name}: normalized_shape {shape} must be the last axes of the input, whose shape is "
            f"{x.shape}"
        )
    w, b = affine(name, x, shape, weight, bias)
    if eps is None:
        eps = float(np.finfo(x._array.dtype).eps)
    return applied(primitive, x, w, b, (shape, eps))[0]


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
    w, b = affine("group_norm", x, shape[1:2], weight, bias)
    return applied(_group_norm, x, w, b, (num_groups, eps))[0]
