"""The affine maps that neural networks consist of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels
from autodiff.kernels.gemm.products import SMALL

from ..apply import result
from ..declare import operand
from ..handles import new_tensor
from ..primitive import Primitive
from .einsum import einsum
from .linalg import mixed, times
from .reducing import total

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["linear", "bilinear"]

_Array = np.ndarray


def _affine(x: np.ndarray, y: np.ndarray, z: np.ndarray | None) -> np.ndarray:
    if x.ndim == 2 and x.size * len(y) < SMALL:
        out = x.dot(y.T)  # what the kernel would do, reached sooner
        if z is not None:
            out += z
        return out
    if y.ndim == 2 and x.ndim:
        return kernels.matmul(x, y.T, z)
    out = np.asarray(np.matmul(x, y.T))
    return out if z is None else out + z


def _rows(x: Any, length: int) -> Any:
    """See the last axis (of that length) as rows of a matrix."""
    if x.ndim == 2:
        return x
    return x.reshape((-1, length)) if x.size else x.reshape((0, length))


def _weight_rule(g: Any, x: Any, y_shape: tuple[int, ...]) -> Any:
    x = _rows(x, x.shape[-1])
    if len(y_shape) == 1:
        return times(g.reshape((-1,)), x)
    return times(_rows(g, y_shape[0]).swapaxes(0, 1), x)


def _bias_rule(g: Any, z_shape: tuple[int, ...]) -> Any:
    if not z_shape:
        return g.sum()
    rows = _rows(g, z_shape[0])
    return total(rows, (0,)) if rows.__class__ is _Array else rows.sum(0)


def _input_rule(g: Any, y: Any) -> Any:
    return times(g, y) if y.ndim == 2 else g[..., None] * y


_linear = Primitive("linear", _affine, (_input_rule, _weight_rule, _bias_rule))


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Affine map of the last axis: ``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor
        Shape (..., in_features).
    weight : Tensor
        Shape (out_features, in_features), or (in_features,) for one output without its own axis.
    bias : Tensor, optional
        Shape (out_features,), or () with a weight that is a vector.

    Returns
    -------
    Tensor
        Shape (..., out_features).

    Raises
    ------
    ValueError
        Where the shapes do not fit.
    TypeError
        For operands of several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.linear(ad.tensor([[1.0, 2.0]]), ad.tensor([[3.0, 4.0]]), ad.tensor([0.5]))
    tensor([[11.5000]])
    """
    try:
        x = input._array
        y = weight._array
        x_parent = input._node if input._view is None else input._history()
        y_parent = weight._node if weight._view is None else weight._history()
        if bias is None:
            z = z_parent = None
        else:
            z = bias._array
            z_parent = bias._node if bias._view is None else bias._history()
    except AttributeError:
        input, weight = [operand(t, "linear", number=False) for t in (input, weight)]
        if bias is not None:
            bias = operand(bias, "linear", number=False)
        return linear(input, weight, bias)
    if (
        x.dtype is not y.dtype
        or y.ndim != 2
        or (z is not None and (z.dtype is not y.dtype or z.shape != y.shape[:1]))
    ):
        _check(x, y, z)
    run = _linear.run
    try:
        out = run(x, y, z)
    except ValueError:
        raise ValueError(
            f"linear: input {x.shape}, weight {y.shape}: the last axis of the input must be as "
            f"long as the weight's, {y.shape[-1]}"
        ) from None
    if out.__class__ is not _Array:
        out = np.asarray(out)
    mask = (x_parent is not None) | (y_parent is not None) << 1 | (z_parent is not None) << 2
    if not mask:
        return new_tensor(out, None)
    saved = (x if mask & 2 else None, y if mask & 1 else None, None, None, None) if mask & 3 else ()
    return result(out, _linear, (x_parent, y_parent, z_parent), (), mask, saved, out.shape)


def _check(x: np.ndarray, y: np.ndarray, z: np.ndarray | None) -> None:
    arrays = (x, y) if z is None else (x, y, z)
    if not all([a.dtype == y.dtype for a in arrays]):
        raise mixed("linear", *arrays)
    if not 1 <= y.ndim <= 2:
        raise ValueError(f"linear: the weight must be (out_features, in_features), got {y.shape}")
    if z is not None and z.shape != y.shape[:-1]:
        raise ValueError(f"linear: bias {z.shape} for weight {y.shape}: it must be {y.shape[:-1]}")


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """Bilinear map of the last axes: output ``o`` is ``input1 @ weight[o] @ input2 + bias[o]``.

    Parameters
    ----------
    input1, input2 : Tensor
        Shapes (..., in1_features) and (..., in2_features), with the same leading axes.
    weight : Tensor
        Shape (out_features, in1_features, in2_features).
    bias : Tensor, optional
        Shape (out_features,).

    Returns
    -------
    Tensor
        Shape (..., out_features).

    Raises
    ------
    ValueError
        Where the shapes do not fit.
    TypeError
        For operands of several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bilinear(ad.ones(4, 2), ad.ones(4, 3), ad.ones(1, 2, 3)).shape
    (4, 1)
    """
    x, y, w = [operand(t, "bilinear", number=False) for t in (input1, input2, weight)]
    if x.shape[:-1] != y.shape[:-1] or w.ndim != 3 or w.shape[1:] != x.shape[-1:] + y.shape[-1:]:
        raise ValueError(
            f"bilinear: inputs {x.shape} and {y.shape}, weight {w.shape}: expected (..., i), "
            "(..., j), (o, i, j)"
        )
    out = einsum("...i,oij,...j->...o", x, w, y)
    return out if bias is None else out + bias
