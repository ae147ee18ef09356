"""Convolution: forward, gradient of the input, gradient of the weight, gradient of the bias.

All take plain arrays in PyTorch's layout, over one, two or three axes of space:

- `x` (N, C, *size), `w` (K, C / groups, *window), `bias` (K,), output and its gradient `g`
  (N, K, *out);
- `stride` and `dilation` are integers or tuples with one per axis, `padding` is an integer or a
  tuple of (before, after) per axis, of zeros;
- out = (size + before + after - dilation * (window - 1) - 1) // stride + 1 along each axis.

A transposed convolution is `conv_input_grad` used forwards; its own gradients are then
`conv_forward` and `conv_weight_grad`.

The convolution is the one of deep learning, that is a cross-correlation: the kernel is not flipped
(V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016).
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..gemm.products import ACTIVATIONS, FUNCTIONS
from ..registry import kernel, ones

Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

# Of an axis with its padding, so that no distance in memory overflows.
_LARGEST = 2**40


class Geometry(NamedTuple):
    """A convolution whose shapes and options were checked; each option with one entry per axis."""

    x_shape: Shape
    w_shape: Shape
    out: Shape
    stride: Shape
    padding: Pairs
    dilation: Shape
    groups: int


def conv_output_size(
    size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int
) -> int:
    """Return the length of one axis of the output (0 or less where the kernel does not fit)."""
    return (size + sum(padding) - dilation * (kernel - 1) - 1) // stride + 1


@functools.lru_cache(maxsize=1024)
def check_conv(
    name: str,
    x_shape: Shape,
    w_shape: Shape,
    g_shape: Shape | None,
    stride: int | Shape,
    padding: int | Pairs,
    dilation: int | Shape,
    groups: int,
) -> Geometry:
    """Check that the shapes fit each other; return them with the options per axis.

    Raises
    ------
    ValueError
        Naming the kernel and the shapes. Nothing that passes reads or writes out of bounds.
    """
    shapes = f"{name}: x {x_shape}, w {w_shape}" + (f", g {g_shape}" if g_shape else "")
    axes = len(x_shape) - 2
    given = (x_shape, w_shape) if g_shape is None else (x_shape, w_shape, g_shape)
    if axes not in (1, 2, 3) or any(len(shape) != axes + 2 for shape in given):
        raise ValueError(f"{shapes}: they need 3, 4 or 5 axes, all the same number")
    if groups < 1 or w_shape[0] % groups or x_shape[1] != w_shape[1] * groups:
        raise ValueError(f"{shapes}: the channels do not fit groups={groups}")
    stride = (stride,) * axes if isinstance(stride, int) else stride
    dilation = (dilation,) * axes if isinstance(dilation, int) else dilation
    padding = ((padding, padding),) * axes if isinstance(padding, int) else padding
    if not len(stride) == len(dilation) == len(padding) == axes:
        raise ValueError(
            f"{shapes}: stride {stride}, padding {padding} and dilation {dilation} need {axes} "
            "entries each"
        )
    if min(*stride, *dilation) < 1 or min(min(pair) for pair in padding) < 0:
        raise ValueError(
            f"{name}: stride {stride} and dilation {dilation} must be positive, "
            f"padding {padding} must not be negative"
        )
    padded = [n + sum(pair) for n, pair in zip(x_shape[2:], padding, strict=True)]
    if max(*padded, *stride, *dilation) > _LARGEST:
        raise ValueError(f"{shapes}: the padded input {padded} is too large")
    out = tuple(map(conv_output_size, x_shape[2:], w_shape[2:], stride, padding, dilation))
    if min(w_shape[2:]) < 1 or min(out) < 1:
        raise ValueError(f"{shapes}: the kernel does not fit into the padded input")
    if g_shape is not None:
        # It may be smaller: a transposed convolution may pad its output at the far end.
        fits = all(n <= most for n, most in zip(g_shape[2:], out, strict=True))
        if g_shape[:2] != (x_shape[0], w_shape[0]) or not fits:
            raise ValueError(f"{shapes}: g must be {(x_shape[0], w_shape[0], *out)}")
        out = g_shape[2:]
    return Geometry(x_shape, w_shape, out, stride, padding, dilation, groups)


def check_epilogue(
    geometry: Geometry, bias: np.ndarray | None, activation: str | None, residual: np.ndarray | None
) -> None:
    """Check what `conv_forward` adds to the products, and the function that it applies."""
    n, k = geometry.x_shape[0], geometry.w_shape[0]
    if bias is not None and bias.shape != (k,):
        raise ValueError(
            f"conv_forward: w {geometry.w_shape} needs a bias {(k,)}, got {bias.shape}"
        )
    if residual is not None and residual.shape != (n, k, *geometry.out):
        raise ValueError(
            f"conv_forward: the output is {(n, k, *geometry.out)}, the residual {residual.shape}"
        )
    if activation not in ACTIVATIONS:
        raise ValueError(f"conv_forward: activation {activation!r} is none of {ACTIVATIONS}")


def _columns(x: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Return the patches under the kernel, (N, groups, channels and taps, positions)."""
    _, w_shape, out, stride, padding, dilation, groups = geometry
    axes = len(out)
    extent = tuple(d * (k - 1) + 1 for k, d in zip(w_shape[2:], dilation, strict=True))
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    windows = sliding_window_view(padded, extent, axis=tuple(range(2, 2 + axes)))
    places = tuple(slice(0, (n - 1) * s + 1, s) for n, s in zip(out, stride, strict=True))
    taps = tuple(slice(None, None, d) for d in dilation)
    patches = windows[(slice(None), slice(None), *places, *taps)]
    space = tuple(range(2, 2 + axes))
    patches = patches.transpose(0, 1, *(axis + axes for axis in space), *space)
    return patches.reshape(len(x), groups, math.prod(w_shape[1:]), math.prod(out))


def _is_worth_compiling(a: np.ndarray, b: np.ndarray, *_: Any, **__: Any) -> bool:
    """Spare the smallest examples the compiler: the compiled versions are the faster ones always."""
    return a.size * b.size > 2048


@kernel(
    compiled="conv.convolution_jit",
    prefer=_is_worth_compiling,
    examples=lambda dtype: [
        (np.ones((1, 1, 3, 3), dtype), np.ones((1, 1, 2, 2), dtype), None, 1, 0, 1, 1, activation)
        for activation in (None, "relu")
    ],
)
def conv_forward(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Shape = 1,
    padding: int | Pairs = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
    activation: str | None = None,
    residual: np.ndarray | None = None,
) -> np.ndarray:
    """Convolve with a kernel, and in the same pass: activation(products + bias) + residual.

    Parameters
    ----------
    x : ndarray (N, C, *size)
        One to three axes of space.
    w : ndarray (K, C / groups, *window)
    bias : ndarray (K,), optional
    stride, dilation : int or tuple of int, default 1
    padding : int or tuple of (before, after), default 0
    groups : int, default 1
    activation : {None, "relu", "gelu", "tanh", "sigmoid"}
        "gelu" is the exact one, by the error function.
    residual : ndarray (N, K, *out), optional
        Added last.

    Returns
    -------
    ndarray (N, K, *out)

    Raises
    ------
    ValueError
        If shapes and options do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> edge = np.array([[[[-1.0, 1.0]]]])
    >>> kernels.conv_forward(np.array([[[[0.0, 0.0, 3.0, 3.0]]]]), edge)
    array([[[[0., 3., 0.]]]])
    """
    geometry = check_conv("conv_forward", x.shape, w.shape, None, stride, padding, dilation, groups)
    check_epilogue(geometry, bias, activation, residual)
    columns = _columns(x, geometry)
    y = np.matmul(w.reshape(groups, w.shape[0] // groups, columns.shape[2]), columns)
    y = y.reshape(x.shape[0], w.shape[0], *geometry.out)
    if bias is not None:
        y = y + bias.reshape(-1, *(1,) * len(geometry.out))
    if activation is not None:
        y = FUNCTIONS[activation](y)
    return y if residual is None else y + residual


@kernel(
    compiled="conv.convolution_jit",
    prefer=_is_worth_compiling,
    examples=ones((1, 1, 2, 2), (1, 1, 2, 2), options=((1, 1, 3, 3),)),
)
def conv_input_grad(
    g: np.ndarray,
    w: np.ndarray,
    input_shape: Shape,
    stride: int | Shape = 1,
    padding: int | Pairs = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> np.ndarray:
    """Return the gradient of `conv_forward` with respect to `x`: a transposed convolution.

    Parameters
    ----------
    g : ndarray (N, K, *out)
        It may be smaller than the forward formula gives for `input_shape`.
    w : ndarray (K, C / groups, *window)
    input_shape : tuple
        (N, C, *size), the shape to return.
    stride, padding, dilation, groups
        As for `conv_forward`.

    Returns
    -------
    ndarray (N, C, *size)

    Raises
    ------
    ValueError
        If shapes and options do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> edge = np.array([[[[-1.0, 1.0]]]])
    >>> kernels.conv_input_grad(np.array([[[[1.0, 0.0, 0.0]]]]), edge, (1, 1, 1, 4))
    array([[[[-1.,  1.,  0.,  0.]]]])
    """
    geometry = check_conv(
        "conv_input_grad", tuple(input_shape), w.shape, g.shape, stride, padding, dilation, groups
    )
    (batch, channels, *size), _, out, stride, padding, dilation, _ = geometry
    flat_w = w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))
    flat_g = g.reshape(batch, groups, w.shape[0] // groups, math.prod(out))
    patches = np.matmul(flat_w.swapaxes(1, 2), flat_g)
    patches = patches.reshape(batch, channels, *w.shape[2:], *out)
    padded = [n + sum(pair) for n, pair in zip(size, padding, strict=True)]
    dx = np.zeros((batch, channels, *padded), patches.dtype)
    for tap in np.ndindex(*w.shape[2:]):
        places = tuple(
            slice(t * d, t * d + s * n, s)
            for t, d, s, n in zip(tap, dilation, stride, out, strict=True)
        )
        dx[(slice(None), slice(None), *places)] += patches[(slice(None), slice(None), *tap)]
    inside = tuple(slice(p[0], p[0] + n) for p, n in zip(padding, size, strict=True))
    return dx[(slice(None), slice(None), *inside)]


@kernel(
    compiled="conv.weight_jit",
    prefer=_is_worth_compiling,
    examples=ones((1, 1, 2, 2), (1, 1, 3, 3), options=((1, 1, 2, 2),)),
)
def conv_weight_grad(
    g: np.ndarray,
    x: np.ndarray,
    weight_shape: Shape,
    stride: int | Shape = 1,
    padding: int | Pairs = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> np.ndarray:
    """Return the gradient of `conv_forward` with respect to `w`.

    Parameters
    ----------
    g : ndarray (N, K, *out)
    x : ndarray (N, C, *size)
    weight_shape : tuple
        (K, C / groups, *window), the shape to return.
    stride, padding, dilation, groups
        As for `conv_forward`.

    Returns
    -------
    ndarray (K, C / groups, *window)

    Raises
    ------
    ValueError
        If shapes and options do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> x = np.array([[[[0.0, 0.0, 3.0, 3.0]]]])
    >>> kernels.conv_weight_grad(np.array([[[[1.0, 1.0, 1.0]]]]), x, (1, 1, 1, 2))
    array([[[[3., 6.]]]])
    """
    weight_shape = tuple(weight_shape)
    geometry = check_conv(
        "conv_weight_grad", x.shape, weight_shape, g.shape, stride, padding, dilation, groups
    )
    columns = _columns(x, geometry)
    flat_g = g.reshape(len(x), groups, weight_shape[0] // groups, math.prod(geometry.out))
    return np.matmul(flat_g, columns.swapaxes(2, 3)).sum(axis=0).reshape(weight_shape)


@kernel(compiled="conv.weight_jit", prefer=lambda g: g.size > 4096, examples=ones((1, 1, 2, 2)))
def conv_bias_grad(g: np.ndarray) -> np.ndarray:
    """Return the gradient of `conv_forward` with respect to the bias: a sum per channel.

    Parameters
    ----------
    g : ndarray (N, K, *out)

    Returns
    -------
    ndarray (K,)

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.conv_bias_grad(np.ones((2, 3, 4)))
    array([8., 8., 8.])
    """
    return g.sum(axis=(0, *range(2, g.ndim)))
