"""Pooling of images: largest and mean value under a window.

All functions take plain arrays in PyTorch's layout, (N, C, H, W); pooling over one axis is pooling
of images of height 1. `kernel`, `stride`, `padding` and `dilation` are pairs (rows, columns), and
`padding` stands on both sides. Indices count within one plane, row * W + column, as int64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..registry import kernel

Pair = tuple[int, int]
Shape = tuple[int, ...]


def pool_output_size(
    size: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Return the length of one axis of the output (0 or less where the window does not fit).

    With `ceil_mode` a last window may reach over the end, but must begin inside the input or the
    padding before it.
    """
    span = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return span // stride + 1
    count = -(-span // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


def check_pool(
    name: str,
    shape: Shape,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> Pair:
    """Check that shape and options fit each other; return (OH, OW).

    Raises
    ------
    ValueError
        Naming the kernel and the shapes. Nothing that passes reads or writes out of bounds.
    """
    if len(shape) != 4:
        raise ValueError(f"{name}: 4 axes are needed, got shape {shape}")
    if min(*kernel, *stride, *dilation) < 1 or min(padding) < 0:
        raise ValueError(
            f"{name}: kernel {kernel}, stride {stride} and dilation {dilation} must be positive, "
            f"padding {padding} must not be negative"
        )
    if any(2 * p > d * (k - 1) + 1 for p, k, d in zip(padding, kernel, dilation, strict=True)):
        raise ValueError(
            f"{name}: padding {padding} is more than half of the window, kernel {kernel} with "
            f"dilation {dilation}"
        )
    rows, columns = (
        pool_output_size(*options, ceil_mode)
        for options in zip(shape[2:], kernel, stride, padding, dilation, strict=True)
    )
    if min(rows, columns) < 1 or min(shape[2:]) < 1:
        raise ValueError(
            f"{name}: a window of {kernel} with dilation {dilation} does not fit into {shape} with "
            f"padding {padding}"
        )
    return rows, columns


def check_gradient(name: str, g: np.ndarray, shape: Shape) -> None:
    """Check that `g` is a gradient of an output of that shape."""
    if g.shape != shape:
        raise ValueError(f"{name}: g has shape {g.shape}, the output has {shape}")


def check_indices(name: str, g: np.ndarray, indices: np.ndarray, input_shape: Shape) -> None:
    """Check that `indices` lie within the planes of `input_shape`."""
    if len(input_shape) != 4 or g.shape != indices.shape or g.shape[:2] != input_shape[:2]:
        raise ValueError(
            f"{name}: g {g.shape}, indices {indices.shape} and input {input_shape} do not fit"
        )
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{name}: indices must be integers, got {indices.dtype}")
    plane = input_shape[2] * input_shape[3]
    if indices.size and (indices.min() < 0 or indices.max() >= plane):
        raise IndexError(
            f"{name}: indices from {indices.min()} to {indices.max()}, planes have {plane} elements"
        )


def _window(first: int, out: int, stride: int) -> slice:
    return slice(first, first + (out - 1) * stride + 1, stride)


def _examples(dtype: np.dtype) -> list[tuple]:
    """Calls with windows smaller than the image, and with one as large."""
    return [(np.ones((1, 1, 8, 8), dtype), (k, k), (k, k)) for k in (2, 8)]


@kernel(compiled="pool.windows_jit", examples=_examples)
def max_pool_forward(
    x: np.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Take the largest element under each window; of equal ones the first, of NaN the last.

    Returns
    -------
    out, indices : ndarray (N, C, OH, OW)
        The elements, and where they are. A window with all of its elements in the padding, as
        dilation can bring about, gives -inf and the index 0.

    Raises
    ------
    ValueError
        If shape and options do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> x = np.array([[[[1.0, 5.0, 2.0, 4.0]]]])
    >>> kernels.max_pool_forward(x, (1, 2), (1, 2))
    (array([[[[5., 4.]]]]), array([[[[1, 3]]]]))
    """
    rows, columns = check_pool(
        "max_pool_forward", x.shape, kernel, stride, padding, dilation, ceil_mode
    )
    height, width = x.shape[2:]
    out = np.full((*x.shape[:2], rows, columns), -np.inf, x.dtype)
    indices = np.zeros(out.shape, np.int64)
    y0 = (np.arange(rows) * stride[0] - padding[0])[:, None]
    x0 = np.arange(columns) * stride[1] - padding[1]
    unset = np.ones((rows, columns), bool)
    for r in range(kernel[0]):
        for s in range(kernel[1]):
            y, column = y0 + r * dilation[0], x0 + s * dilation[1]
            inside = (y >= 0) & (y < height) & (column >= 0) & (column < width)
            y, column = np.clip(y, 0, height - 1), np.clip(column, 0, width - 1)
            value = x[:, :, y, column]
            # The first element inside always counts, even if it is -inf.
            better = inside & ((value > out) | np.isnan(value) | unset)
            out = np.where(better, value, out)
            indices = np.where(better, y * width + column, indices)
            unset &= ~inside
    return out, indices


@kernel(
    compiled="pool.windows_jit",
    examples=lambda dtype: [
        (np.ones((1, 1, *out), dtype), np.zeros((1, 1, *out), np.int64), (1, 1, 8, 8))
        for out in ((1, 1), (4, 4))
    ],
)
def max_pool_backward(g: np.ndarray, indices: np.ndarray, input_shape: Shape) -> np.ndarray:
    """Return the gradient of max pooling: each element of `g` is added where its maximum was.

    Parameters
    ----------
    g, indices : ndarray (N, C, OH, OW)
        `indices` as from `max_pool_forward` or `adaptive_max_pool_forward`.
    input_shape : tuple
        (N, C, H, W), the shape to return.

    Raises
    ------
    ValueError, TypeError, IndexError
        If the shapes do not fit, or an index is no integer or lies outside its plane.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> g, indices = np.ones((1, 1, 1, 2)), np.array([[[[1, 1]]]])
    >>> kernels.max_pool_backward(g, indices, (1, 1, 1, 3))
    array([[[[0., 2., 0.]]]])
    """
    input_shape = tuple(input_shape)
    check_indices("max_pool_backward", g, indices, input_shape)
    dx = np.zeros((math.prod(input_shape[:2]), math.prod(input_shape[2:])), g.dtype)
    planes = np.arange(len(dx))[:, None]
    windows = (len(dx), math.prod(g.shape[2:]))
    np.add.at(dx, (planes, indices.reshape(windows)), g.reshape(windows))
    return dx.reshape(input_shape)


def _taps(kernel: Pair, stride: Pair, out: Pair) -> Iterator[tuple[slice, slice]]:
    """Yield, per element of the window, the padded places that the outputs read through it."""
    for r in range(kernel[0]):
        for s in range(kernel[1]):
            yield _window(r, out[0], stride[0]), _window(s, out[1], stride[1])


def padded_shape(
    shape: Shape, kernel: Pair, stride: Pair, padding: Pair, out: Pair, dilation: Pair = (1, 1)
) -> Shape:
    """Return the shape of the input with its padding and all that a last window reaches."""
    return shape[:2] + tuple(
        max(size + p, (count - 1) * s + d * (k - 1) + 1)
        for size, k, s, p, d, count in zip(
            shape[2:], kernel, stride, padding, dilation, out, strict=True
        )
    )


def divisors(
    shape: Shape,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    out: Pair,
    count_include_pad: bool,
    divisor_override: int | None,
) -> np.ndarray:
    """Return what each window's sum is divided by, (OH, OW).

    Elements of the padding count with `count_include_pad`, what lies beyond it never does.
    """
    if divisor_override is not None:
        if divisor_override == 0:
            raise ValueError("avg_pool: divisor_override must not be zero")
        return np.full(out, float(divisor_override))
    counts = []
    for size, k, s, p, count in zip(shape[2:], kernel, stride, padding, out, strict=True):
        begin = np.arange(count) * s - p
        end = np.minimum(begin + k, size + p)
        if not count_include_pad:
            begin, end = np.maximum(begin, 0), np.minimum(end, size)
        counts.append(np.maximum(end - begin, 1))  # an empty window has the sum 0
    return np.multiply.outer(*counts).astype(np.float64)


@kernel(compiled="pool.windows_jit", examples=_examples)
def avg_pool_forward(
    x: np.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> np.ndarray:
    """Average the elements under each window.

    Parameters
    ----------
    count_include_pad : bool
        Count the zeros of the padding as elements.
    divisor_override : int, optional
        Divide the sum by this instead of the number of elements.

    Returns
    -------
    ndarray (N, C, OH, OW)

    Raises
    ------
    ValueError
        If shape and options do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.avg_pool_forward(np.array([[[[1.0, 5.0, 2.0, 4.0]]]]), (1, 2), (1, 2))
    array([[[[3., 3.]]]])
    """
    out = check_pool("avg_pool_forward", x.shape, kernel, stride, padding, (1, 1), ceil_mode)
    divisor = divisors(x.shape, kernel, stride, padding, out, count_include_pad, divisor_override)
    padded = np.zeros(padded_shape(x.shape, kernel, stride, padding, out), x.dtype)
    top, left = padding
    padded[:, :, top : top + x.shape[2], left : left + x.shape[3]] = x
    total = np.zeros((*x.shape[:2], *out), x.dtype)
    for rows, columns in _taps(kernel, stride, out):
        total += padded[:, :, rows, columns]
    return total / divisor.astype(x.dtype)


@kernel(
    compiled="pool.windows_jit",
    examples=lambda dtype: [
        (np.ones((1, 1, 8 // k, 8 // k), dtype), (1, 1, 8, 8), (k, k), (k, k)) for k in (2, 8)
    ],
)
def avg_pool_backward(
    g: np.ndarray,
    input_shape: Shape,
    kernel: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> np.ndarray:
    """Return the gradient of `avg_pool_forward`, of shape `input_shape`.

    Raises
    ------
    ValueError
        If shapes and options do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.avg_pool_backward(np.ones((1, 1, 1, 2)), (1, 1, 1, 4), (1, 2), (1, 2))
    array([[[[0.5, 0.5, 0.5, 0.5]]]])
    """
    shape = tuple(input_shape)
    out = check_pool("avg_pool_backward", shape, kernel, stride, padding, (1, 1), ceil_mode)
    check_gradient("avg_pool_backward", g, (*shape[:2], *out))
    divisor = divisors(shape, kernel, stride, padding, out, count_include_pad, divisor_override)
    padded = np.zeros(padded_shape(shape, kernel, stride, padding, out), g.dtype)
    shares = g / divisor.astype(g.dtype)
    for rows, columns in _taps(kernel, stride, out):
        padded[:, :, rows, columns] += shares
    top, left = padding
    return padded[:, :, top : top + shape[2], left : left + shape[3]].copy()
