"""Adaptive pooling: largest and mean value of each of a given number of bins.

Arrays are those of `windows`. The gradient of the largest value is `max_pool_backward`.
"""

from __future__ import annotations

import numpy as np

from ..registry import kernel
from .windows import Pair, Shape, check_gradient


def check_adaptive(name: str, shape: Shape, out: Pair) -> None:
    """Check the shape of the input and the size wanted."""
    if len(shape) != 4:
        raise ValueError(f"{name}: 4 axes are needed, got shape {shape}")
    if min(out) < 0 or (min(shape[2:]) < 1 and min(out) > 0):
        raise ValueError(f"{name}: planes of {shape[2:]} cannot be pooled to {out}")


def bin_edges(size: int, count: int) -> list[tuple[int, int]]:
    """Return the (begin, end) of the bins of adaptive pooling; neighbours may overlap."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


@kernel(
    compiled="pool.bins_jit",
    examples=lambda dtype: [(np.ones((1, 1, 4, 4), dtype), out) for out in ((1, 1), (2, 2))],
)
def adaptive_max_pool_forward(x: np.ndarray, out: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Cut each plane into `out` bins (rows, columns) and take the largest element of each.

    Bin i of n over an axis of H elements goes from floor(i * H / n) to ceil((i + 1) * H / n). The
    gradient is `max_pool_backward`.

    Returns
    -------
    out, indices : ndarray (N, C, rows, columns)

    Raises
    ------
    ValueError
        If there is nothing to pool.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.adaptive_max_pool_forward(np.array([[[[1.0, 5.0, 2.0]]]]), (1, 2))
    (array([[[[5., 5.]]]]), array([[[[1, 1]]]]))
    """
    check_adaptive("adaptive_max_pool_forward", x.shape, out)
    largest = np.empty((*x.shape[:2], *out), x.dtype)
    indices = np.empty(largest.shape, np.int64)
    for i, (top, bottom) in enumerate(bin_edges(x.shape[2], out[0])):
        for j, (left, right) in enumerate(bin_edges(x.shape[3], out[1])):
            patch = x[:, :, top:bottom, left:right]
            patch = patch.reshape(*x.shape[:2], (bottom - top) * (right - left))
            place = patch.argmax(axis=2)
            missing = np.isnan(patch)
            last = patch.shape[2] - 1 - missing[:, :, ::-1].argmax(axis=2)
            place = np.where(missing.any(axis=2), last, place)
            largest[:, :, i, j] = np.take_along_axis(patch, place[:, :, None], 2)[:, :, 0]
            row, column = np.divmod(place, right - left)
            indices[:, :, i, j] = (top + row) * x.shape[3] + left + column
    return largest, indices


@kernel(
    compiled="pool.bins_jit",
    examples=lambda dtype: [(np.ones((1, 1, 4, 4), dtype), out) for out in ((1, 1), (2, 2))],
)
def adaptive_avg_pool_forward(x: np.ndarray, out: Pair) -> np.ndarray:
    """Average the bins of `adaptive_max_pool_forward`.

    Returns
    -------
    ndarray (N, C, rows, columns)

    Raises
    ------
    ValueError
        If there is nothing to pool.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.adaptive_avg_pool_forward(np.array([[[[1.0, 5.0, 2.0]]]]), (1, 2))
    array([[[[3. , 3.5]]]])
    """
    check_adaptive("adaptive_avg_pool_forward", x.shape, out)
    mean = np.empty((*x.shape[:2], *out), x.dtype)
    for i, (top, bottom) in enumerate(bin_edges(x.shape[2], out[0])):
        for j, (left, right) in enumerate(bin_edges(x.shape[3], out[1])):
            mean[:, :, i, j] = x[:, :, top:bottom, left:right].mean(axis=(2, 3))
    return mean


@kernel(
    compiled="pool.bins_jit",
    examples=lambda dtype: [
        (np.ones((1, 1, *out), dtype), (1, 1, 4, 4)) for out in ((1, 1), (2, 2))
    ],
)
def adaptive_avg_pool_backward(g: np.ndarray, input_shape: Shape) -> np.ndarray:
    """Return the gradient of `adaptive_avg_pool_forward`, of shape `input_shape`.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.adaptive_avg_pool_backward(np.ones((1, 1, 1, 2)), (1, 1, 1, 3))
    array([[[[0.5, 1. , 0.5]]]])
    """
    shape = tuple(input_shape)
    check_adaptive("adaptive_avg_pool_backward", shape, g.shape[2:])
    check_gradient("adaptive_avg_pool_backward", g, shape[:2] + g.shape[2:])
    dx = np.zeros(shape, g.dtype)
    for i, (top, bottom) in enumerate(bin_edges(shape[2], g.shape[2])):
        for j, (left, right) in enumerate(bin_edges(shape[3], g.shape[3])):
            share = g[:, :, i, j] / ((bottom - top) * (right - left))
            dx[:, :, top:bottom, left:right] += share[:, :, None, None]
    return dx
