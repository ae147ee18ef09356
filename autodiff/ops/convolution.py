"""What convolutions have in common: the operations with their derivatives, and the checks.

Three primitives: the convolution, its transpose (the gradient of its input) and the gradient of its
weight. Each is linear in its two main inputs, and the cotangents of each are calls of the other
two, so derivatives of any order come from the same three kernels.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.kernels import conv_bias_grad, conv_forward, conv_input_grad, conv_weight_grad

from ..apply import apply
from ..arguments import hashable, per_axis
from ..declare import floating_operand
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["convolve", "convolve_transposed"]

_LAYOUTS = {1: "L", 2: "H, W", 3: "D, H, W"}


def _refolded(x: Any, w: Any, shape: tuple[int, ...], *options: Any) -> Any:
    """Convolve `x`; keep the part of `shape`, which output_padding can make the smaller one."""
    y = _conv(x, w, None, *options)
    return y if y.shape == shape else y[tuple([slice(n) for n in shape])]


def _bias_rule(g: Any) -> Any:
    if isinstance(g, np.ndarray):
        return conv_bias_grad(g)
    return g.sum((0, *range(2, g.ndim)))


_conv: Primitive = Primitive(
    "conv",
    conv_forward,
    (
        lambda g, y, x_shape, stride, padding, dilation, groups: _conv_transpose(
            g, y, x_shape, stride, padding, dilation, groups
        ),
        lambda g, x, y_shape, stride, padding, dilation, groups: _conv_weight(
            g, x, y_shape, stride, padding, dilation, groups
        ),
        _bias_rule,
    ),
)
_conv_transpose: Primitive = Primitive(
    "conv_transpose",
    conv_input_grad,
    (
        lambda g, y, x_shape, stride, padding, dilation, groups: _refolded(
            g, y, x_shape, stride, padding, dilation, groups
        ),
        lambda g, x, y_shape, stride, padding, dilation, groups: _conv_weight(
            x, g, y_shape, stride, padding, dilation, groups
        ),
    ),
    multilinear=True,
)
_conv_weight: Primitive = Primitive(
    "conv_weight",
    conv_weight_grad,
    (
        lambda g, y, x_shape, stride, padding, dilation, groups: _refolded(
            y, g, x_shape, stride, padding, dilation, groups
        ),
        lambda g, x, y_shape, stride, padding, dilation, groups: _conv_transpose(
            x, g, y_shape, stride, padding, dilation, groups
        ),
    ),
    multilinear=True,
)


@functools.lru_cache(maxsize=1024, typed=True)
def _geometry(
    operation: str, stride: Any, padding: Any, dilation: Any, kernel: tuple[int, ...]
) -> tuple[Any, Any, Any]:
    """Return stride, (before, after) padding and dilation per axis, checked."""
    axes = len(kernel)
    stride = per_axis(stride, axes, "stride", operation)
    dilation = per_axis(dilation, axes, "dilation", operation)
    if min(stride) < 1 or min(dilation) < 1:
        raise ValueError(
            f"{operation}: stride and dilation must be positive, got {stride} and {dilation}"
        )
    if padding == "same":
        if max(stride) > 1:
            raise ValueError(f"{operation}: padding='same' needs stride 1, got stride {stride}")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel)]
        pads = tuple([(total // 2, total - total // 2) for total in totals])
    elif padding == "valid":
        pads = ((0, 0),) * axes
    elif isinstance(padding, str):
        raise ValueError(
            f"{operation}: padding must be 'same', 'valid' or integers, got {padding!r}"
        )
    else:
        pads = tuple([(p, p) for p in per_axis(padding, axes, "padding", operation)])
        if min(pads)[0] < 0:
            raise ValueError(f"{operation}: padding must not be negative, got {padding}")
    return stride, pads, dilation


def _operands(
    operation: str, axes: int, input: Any, weight: Any, bias: Any
) -> tuple[Any, Any, Any]:
    """Return the three as Tensors (bias also None), dtypes and numbers of axes checked."""
    x, w = floating_operand(input, operation), floating_operand(weight, operation)
    b = None if bias is None else floating_operand(bias, operation)
    dtype = x._array.dtype
    if w._array.dtype != dtype or (b is not None and b._array.dtype != dtype):
        kinds = ", ".join([str(t.dtype) for t in (x, w, b) if t is not None])
        raise TypeError(
            f"{operation}: input, weight and bias must have one dtype, got {kinds}; convert with "
            ".to(...)"
        )
    if w._array.ndim != axes + 2 or x._array.ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"{operation}: expected an input (N, C, {_LAYOUTS[axes]}), with or "
            f"without N, and a weight of {axes + 2} axes; got shapes {x.shape} and {w.shape}"
        )
    return x, w, b


def convolve(
    operation: str, axes: int, input: Any, weight: Any, bias: Any, options: tuple[Any, ...]
) -> Tensor:
    """Convolve over `axes` axes; the options are stride, padding, dilation and groups."""
    x, w, b = _operands(operation, axes, input, weight, bias)
    if x._array.ndim == axes + 1:
        batch: Any = x.reshape((1, *x.shape))
        out: Any = convolve(operation, axes, batch, w, b, options)
        return out[0]
    stride, padding, dilation, groups = options
    x_shape, w_shape = x._array.shape, w._array.shape
    stride, padding, dilation = _geometry(
        operation, hashable(stride), hashable(padding), hashable(dilation), w_shape[2:]
    )
    if groups < 1 or x_shape[1] != w_shape[1] * groups or w_shape[0] % groups:
        raise ValueError(
            f"{operation}: input {x_shape} has {x_shape[1]} channels; weight {w_shape} with "
            f"groups={groups} takes {w_shape[1] * groups}, and groups must be positive and divide "
            "the channels of input and output"
        )
    if b is not None and b._array.shape != w_shape[:1]:
        raise ValueError(
            f"{operation}: bias has shape {b.shape}; weight {w_shape} needs ({w_shape[0]},)"
        )
    return apply(_conv, (x, w, b), (stride, padding, dilation, groups))


def convolve_transposed(
    operation: str, axes: int, input: Any, weight: Any, bias: Any, options: tuple[Any, ...]
) -> Tensor:
    """Do the transpose of `convolve`; output_padding comes third among the options, dilation last."""
    x, w, b = _operands(operation, axes, input, weight, bias)
    if x._array.ndim == axes + 1:
        batch: Any = x.reshape((1, *x.shape))
        out: Any = convolve_transposed(operation, axes, batch, w, b, options)
        return out[0]
    stride, padding, output_padding, groups, dilation = options
    x_shape, w_shape = x._array.shape, w._array.shape
    if isinstance(padding, str):
        raise TypeError(f"{operation}: padding must be integers, got {padding!r}")
    stride, padding, dilation = _geometry(
        operation, hashable(stride), hashable(padding), hashable(dilation), w_shape[2:]
    )
    extra = per_axis(output_padding, axes, "output_padding", operation)
    if groups < 1 or x_shape[1] != w_shape[0] or w_shape[0] % groups:
        raise ValueError(
            f"{operation}: input {x_shape} has {x_shape[1]} channels; weight {w_shape} takes "
            f"{w_shape[0]}, and groups={groups} must be positive and divide them"
        )
    channels = w_shape[1] * groups
    if b is not None and b._array.shape != (channels,):
        raise ValueError(
            f"{operation}: bias has shape {b.shape}; weight {w_shape} with groups={groups} needs "
            f"({channels},)"
        )
    size = []
    for n, k, s, p, d, e in zip(x_shape[2:], w_shape[2:], stride, padding, dilation, extra):
        if not 0 <= e < max(s, d):
            raise ValueError(
                f"{operation}: output_padding {extra} must be less than stride or dilation"
            )
        size.append((n - 1) * s - sum(p) + d * (k - 1) + e + 1)
    if min(size) < 1:
        raise ValueError(
            f"{operation}: the output of input {x_shape} and weight {w_shape} would have size "
            f"{tuple(size)}; use less padding"
        )
    out = apply(
        _conv_transpose, (x, w), ((x_shape[0], channels, *size), stride, padding, dilation, groups)
    )
    return out if b is None else out + b.reshape((channels,) + (1,) * axes)
