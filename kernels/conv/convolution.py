"""Convolution of images: forward, gradient of the input, gradient of the weight.

All three take plain arrays in PyTorch's layout:

- `x` (N, C, H, W), `w` (K, C / groups, R, S), `bias` (K,), output and its gradient `g`
  (N, K, OH, OW);
- `stride` and `dilation` are tuples (rows, columns), `padding` is a tuple of tuples
  ((top, bottom), (left, right)) of zeros;
- OH = (H + top + bottom - dilation * (R - 1) - 1) // stride + 1, and OW likewise.

A convolution over one axis is one of height 1. A transposed convolution is `conv_input_grad` used
forwards; its own gradients are then `conv_forward` and `conv_weight_grad`.

The convolution is the one of deep learning, that is a cross-correlation: the kernel is not flipped
(V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..registry import kernel

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]
Shape = tuple[int, ...]


def conv_output_size(size: int, kernel: int, stride: int, padding: Pair, dilation: int) -> int:
    """Return the length of one axis of the output (0 or less where the kernel does not fit)."""
    return (size + sum(padding) - dilation * (kernel - 1) - 1) // stride + 1


def check_conv(
    name: str,
    x_shape: Shape,
    w_shape: Shape,
    g_shape: Shape | None,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Pair:
    """Check that the shapes fit each other; return (OH, OW), those of `g` where it is given.

    Raises
    ------
    ValueError
        Naming the kernel and the shapes. Nothing that passes reads or writes out of bounds.
    """
    shapes = f"{name}: x {x_shape}, w {w_shape}" + (f", g {g_shape}" if g_shape else "")
    if len(x_shape) != 4 or len(w_shape) != 4 or (g_shape is not None and len(g_shape) != 4):
        raise ValueError(f"{shapes}: 4 axes each are needed")
    if groups < 1 or w_shape[0] % groups or x_shape[1] != w_shape[1] * groups:
        raise ValueError(f"{shapes}: the channels do not fit groups={groups}")
    if min(*stride, *dilation) < 1 or min(*padding[0], *padding[1]) < 0:
        raise ValueError(
            f"{name}: stride {stride} and dilation {dilation} must be positive, "
            f"padding {padding} must not be negative"
        )
    out = tuple(
        conv_output_size(x_shape[2 + axis], w_shape[2 + axis], *options)
        for axis, options in enumerate(zip(stride, padding, dilation, strict=True))
    )
    if min(w_shape[2:]) < 1 or min(out) < 1:
        raise ValueError(f"{shapes}: the kernel does not fit into the padded input")
    if g_shape is None:
        return out[0], out[1]
    # The gradient may be smaller: a transposed convolution may pad its output at the far end.
    if g_shape[:2] != (x_shape[0], w_shape[0]) or g_shape[2] > out[0] or g_shape[3] > out[1]:
        raise ValueError(f"{shapes}: g must be {(x_shape[0], w_shape[0], *out)}")
    return g_shape[2], g_shape[3]


def check_bias(w_shape: Shape, bias: np.ndarray | None) -> None:
    """Check that there is one number per output channel."""
    if bias is not None and bias.shape != w_shape[:1]:
        raise ValueError(f"conv_forward: w {w_shape} needs a bias {w_shape[:1]}, got {bias.shape}")


def _columns(
    x: np.ndarray, kernel: Pair, out: Pair, stride: Pair, padding: Padding, dilation: Pair
) -> np.ndarray:
    """Return the patches under the kernel, (N, C, R, S, OH, OW): a view of the padded input."""
    extent = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    padded = np.pad(x, ((0, 0), (0, 0), *padding))
    windows = sliding_window_view(padded, extent, axis=(2, 3))
    patches = windows[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    return patches[:, :, : out[0], : out[1]].transpose(0, 1, 4, 5, 2, 3)


@kernel(compiled="conv.convolution_jit")
def conv_forward(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    """Convolve images with a kernel.

    Returns
    -------
    ndarray (N, K, OH, OW)

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
    out = check_conv("conv_forward", x.shape, w.shape, None, stride, padding, dilation, groups)
    check_bias(w.shape, bias)
    columns = _columns(x, w.shape[2:], out, stride, padding, dilation)
    count = math.prod(w.shape[1:])
    columns = columns.reshape(x.shape[0], groups, count, out[0] * out[1])
    y = np.matmul(w.reshape(groups, w.shape[0] // groups, count), columns)
    y = y.reshape(x.shape[0], w.shape[0], *out)
    return y if bias is None else y + bias[:, None, None]


@kernel(compiled="conv.convolution_jit")
def conv_input_grad(
    g: np.ndarray,
    w: np.ndarray,
    input_shape: Shape,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    """Return the gradient of `conv_forward` with respect to `x`: a transposed convolution.

    Parameters
    ----------
    g : ndarray (N, K, OH, OW)
        OH and OW may be smaller than the forward formula gives for `input_shape`.
    input_shape : tuple
        (N, C, H, W), the shape to return.

    Returns
    -------
    ndarray (N, C, H, W)

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
    input_shape = tuple(input_shape)
    options = (stride, padding, dilation, groups)
    rows, columns = check_conv("conv_input_grad", input_shape, w.shape, g.shape, *options)
    batch, channels, height, width = input_shape
    flat_w = w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))
    flat_g = g.reshape(batch, groups, w.shape[0] // groups, rows * columns)
    patches = np.matmul(flat_w.swapaxes(1, 2), flat_g)
    patches = patches.reshape(batch, channels, *w.shape[2:], rows, columns)
    (top, bottom), (left, right) = padding
    dx = np.zeros((batch, channels, height + top + bottom, width + left + right), patches.dtype)
    for r in range(w.shape[2]):
        for s in range(w.shape[3]):
            y0, x0 = r * dilation[0], s * dilation[1]
            dx[
                :,
                :,
                y0 : y0 + stride[0] * rows : stride[0],
                x0 : x0 + stride[1] * columns : stride[1],
            ] += patches[:, :, r, s]
    return dx[:, :, top : top + height, left : left + width]


@kernel(compiled="conv.convolution_jit")
def conv_weight_grad(
    g: np.ndarray,
    x: np.ndarray,
    weight_shape: Shape,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    """Return the gradient of `conv_forward` with respect to `w`.

    Parameters
    ----------
    g : ndarray (N, K, OH, OW)
    x : ndarray (N, C, H, W)
    weight_shape : tuple
        (K, C / groups, R, S), the shape to return.

    Returns
    -------
    ndarray (K, C / groups, R, S)
        Where `x` holds infinities or NaN, further elements than those that they reach may be NaN.

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
    options = (stride, padding, dilation, groups)
    out = check_conv("conv_weight_grad", x.shape, weight_shape, g.shape, *options)
    window = (weight_shape[2], weight_shape[3])
    columns = _columns(x, window, out, stride, padding, dilation)
    count = math.prod(weight_shape[1:])
    columns = columns.reshape(x.shape[0], groups, count, out[0] * out[1])
    flat_g = g.reshape(x.shape[0], groups, weight_shape[0] // groups, out[0] * out[1])
    return np.matmul(flat_g, columns.swapaxes(2, 3)).sum(axis=0).reshape(weight_shape)
