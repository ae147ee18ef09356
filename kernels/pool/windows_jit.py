"""Compiled pooling by windows.

A vector of neighbouring windows is done at once, tap by tap in registers. A window that covers its
plane is a row of memory (see `planes_jit`).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import functools

import numpy as np

from ..jit import inline, native, parallel, part
from ..simd import at, lanes, load_first, pointer, select, splat, store_first
from ..threads import split
from ..tiles import move_row
from .planes_jit import as_planes, largest_of_planes, mean_of_planes, spread_over_planes
from .spaced import load_spaced
from .windows import (
    Pair,
    Shape,
    check_gradient,
    check_indices,
    check_pool,
    divisors,
    padded_shape,
)
from .windows import max_pool_forward as _max_forward

# Multiply-adds of a convolution in the time that one element of a window takes.
ELEMENT = 8

# Elements of a plane whose indices fit into 32 bits, window corners in the padding included.
_MOST = 2**30


@inline
def _pad(source, padded, height, width, pitch, top, left, nothing):
    for y in range(height):
        move_row(at(padded, (y + top) * pitch + left), at(source, y * width), width, nothing)


@part
def _max_pool(
    x, out, indices, kernel, stride, padding, dilation, origins, firsts, padded, places, begin, end
):
    _, height, width = x.shape
    _, rows, columns = out.shape
    pitch, size = padded.shape[1], rows * columns
    data, place = pointer(padded), pointer(places)
    origin, first = pointer(origins), pointer(firsts)
    inside = padded.shape == (height, width)
    for plane in range(begin, end):
        source, best = at(pointer(x), plane * height * width), at(pointer(out), plane * size)
        if inside:
            data = source
        else:
            _pad(source, data, height, width, pitch, padding[0], padding[1], x.dtype.type(-0.0))
        for i in range(rows):
            for j in range(0, columns, lanes(x)):
                count, here = columns - j, i * columns + j
                corner = load_first(origin, here, count, 0)
                largest, where = splat(x, -np.inf), load_first(first, here, count, 0)
                for r in range(kernel[0]):
                    y = r * dilation[0]
                    line = at(data, (i * stride[0] + y) * pitch + j * stride[1])
                    for s in range(kernel[1]):
                        c = s * dilation[1]
                        value = load_spaced(line, c, stride[1], count)
                        better = (value > largest) | (value != value)
                        largest = select(better, value, largest)
                        where = select(better, corner + (y * width + c), where)
                store_first(largest, best, here, count)
                store_first(where, place, here, count)
        index = at(pointer(indices), plane * size)
        for p in range(size):
            index[p] = place[p]


@parallel
def _max_pool_planes(
    x, out, indices, kernel, stride, padding, dilation, origins, firsts, extent, begin, end
):
    """For planes [begin, end). `origins` are the indices of the windows' corners, which may lie
    outside, and `firsts` those of their first elements inside; `extent` is the size of a plane with
    its padding."""
    padded, places = np.full(extent, -np.inf, x.dtype), np.empty(out.shape[1:], origins.dtype)
    _max_pool(
        x, out, indices, kernel, stride, padding, dilation, origins, firsts, padded, places, begin,
        end,
    )  # fmt: skip


@parallel
def _send_back(g, indices, dx, begin, end):
    """Add g to zeros dx (planes, H * W) where the indices say."""
    for plane in range(begin, end):
        dx[plane] = 0
        for i in range(g.shape[1]):
            dx[plane, indices[plane, i]] += g[plane, i]


@part
def _avg_pool(x, out, kernel, stride, padding, divisor, padded, begin, end):
    _, height, width = x.shape
    _, rows, columns = out.shape
    pitch, size = padded.shape[1], rows * columns
    data, parts = pointer(padded), pointer(divisor)
    inside = padded.shape == (height, width)
    for plane in range(begin, end):
        source, mean = at(pointer(x), plane * height * width), at(pointer(out), plane * size)
        if inside:
            data = source
        else:
            _pad(source, data, height, width, pitch, padding[0], padding[1], x.dtype.type(-0.0))
        for i in range(rows):
            for j in range(0, columns, lanes(x)):
                count, here = columns - j, i * columns + j
                total = splat(x, 0)
                for r in range(kernel[0]):
                    line = at(data, (i * stride[0] + r) * pitch + j * stride[1])
                    for s in range(kernel[1]):
                        total = total + load_spaced(line, s, stride[1], count)
                store_first(total / load_first(parts, here, count, 1), mean, here, count)


@parallel
def _avg_pool_planes(x, out, kernel, stride, padding, divisor, extent, begin, end):
    padded = np.zeros(extent, x.dtype)
    _avg_pool(x, out, kernel, stride, padding, divisor, padded, begin, end)


@part
def _spread_avg(g, dx, kernel, stride, padding, divisor, padded, values, begin, end):
    _, height, width = dx.shape
    _, rows, columns = g.shape
    pitch, size = padded.shape[1], rows * columns
    padded_data, value, parts = pointer(padded), pointer(values), pointer(divisor)
    nothing = dx.dtype.type(-0.0)
    for plane in range(begin, end):
        gradient = at(pointer(g), plane * size)
        for p in range(size):
            value[p] = gradient[p] / parts[p]
        padded[:] = 0
        for r in range(kernel[0]):
            for s in range(kernel[1]):
                for i in range(rows):
                    line = at(padded_data, (r + i * stride[0]) * pitch + s)
                    row = at(value, i * columns)
                    for j in range(columns):
                        line[j * stride[1]] += row[j]
        for y in range(height):
            move_row(
                at(pointer(dx), (plane * height + y) * width),
                at(padded_data, (y + padding[0]) * pitch + padding[1]), width, nothing,
            )  # fmt: skip


@parallel
def _spread_avg_planes(g, dx, kernel, stride, padding, divisor, extent, begin, end):
    padded, values = np.empty(extent, g.dtype), np.empty(g.shape[1:], g.dtype)
    _spread_avg(g, dx, kernel, stride, padding, divisor, padded, values, begin, end)


def _covers(shape: Shape, kernel: Pair, padding: Pair) -> bool:
    """Say whether one window is the whole of each plane."""
    return kernel == shape[2:] and padding == (0, 0)


@functools.lru_cache(maxsize=256)
def _corners(
    shape: Pair, stride: Pair, padding: Pair, dilation: Pair, out: Pair, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of each window's corner and of its first element inside, (OH, OW), in
    integers as wide as the elements."""
    origins, firsts = [], []
    for s, p, d, count in zip(stride, padding, dilation, out, strict=True):
        origin = np.arange(count) * s - p
        origins.append(origin)
        firsts.append(origin + np.maximum(0, -(origin // d)) * d)
    width = shape[1]
    empty = np.logical_or.outer(firsts[0] >= shape[0], firsts[1] >= width)
    first = np.add.outer(firsts[0] * width, firsts[1])
    corner = np.add.outer(origins[0] * width, origins[1])
    integer = f"i{dtype.itemsize}"
    return corner.astype(integer), np.where(empty, 0, first).astype(integer)


@functools.lru_cache(maxsize=256)
def _max_geometry(
    shape: Shape, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, ceil_mode: bool,
    dtype: np.dtype,
) -> tuple[Pair, Shape, np.ndarray, np.ndarray]:  # fmt: skip
    """Return the size of the output, that of a plane with its padding, and the corners."""
    size = check_pool("max_pool_forward", shape, kernel, stride, padding, dilation, ceil_mode)
    extent = padded_shape(shape, kernel, stride, padding, size, dilation)[2:]
    return size, extent, *_corners(shape[2:], stride, padding, dilation, size, dtype)


@functools.lru_cache(maxsize=256)
def _avg_geometry(
    name: str, shape: Shape, kernel: Pair, stride: Pair, padding: Pair, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None, dtype: np.dtype,
) -> tuple[Pair, Shape, np.ndarray]:  # fmt: skip
    """Return the size of the output, that of a plane with its padding, and the divisors."""
    size = check_pool(name, shape, kernel, stride, padding, (1, 1), ceil_mode)
    divisor = divisors(shape, kernel, stride, padding, size, count_include_pad, divisor_override)
    return size, padded_shape(shape, kernel, stride, padding, size)[2:], divisor.astype(dtype)


def max_pool_forward(
    x: np.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    size, extent, origins, firsts = _max_geometry(
        x.shape, kernel, stride, padding, dilation, ceil_mode, x.dtype
    )
    if x.shape[2] * x.shape[3] > _MOST:
        return _max_forward.reference(x, kernel, stride, padding, dilation, ceil_mode)
    if _covers(x.shape, kernel, padding) and dilation == (1, 1):
        return largest_of_planes(x)
    shape = (*x.shape[:2], *size)
    out, indices = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    planes = as_planes(x)
    arguments = (
        planes, as_planes(out), as_planes(indices), kernel, stride, padding, dilation, origins, firsts,
        extent,
    )  # fmt: skip
    work = out.size * kernel[0] * kernel[1] * ELEMENT
    split(_max_pool_planes, arguments, len(planes), work)
    return out, indices


def max_pool_backward(g: np.ndarray, indices: np.ndarray, input_shape: Shape) -> np.ndarray:
    input_shape = tuple(input_shape)
    check_indices("max_pool_backward", g, indices, input_shape)
    if not g.size:
        return np.zeros(input_shape, g.dtype)
    dx = np.empty(input_shape, g.dtype)
    count = g.shape[0] * g.shape[1]
    flat_indices = native(indices).reshape(count, -1).astype(np.int64, copy=False)
    arguments = native(g).reshape(count, -1), flat_indices, dx.reshape(count, -1)
    split(_send_back, arguments, count, g.size * ELEMENT)
    return dx


def avg_pool_forward(
    x: np.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> np.ndarray:
    size, extent, divisor = _avg_geometry(
        "avg_pool_forward", x.shape, kernel, stride, padding, ceil_mode, count_include_pad,
        divisor_override, x.dtype,
    )  # fmt: skip
    if _covers(x.shape, kernel, padding):
        return mean_of_planes(x, divisor[0, 0])
    out = np.empty((*x.shape[:2], *size), x.dtype)
    planes = as_planes(x)
    arguments = planes, as_planes(out), kernel, stride, padding, divisor, extent
    split(_avg_pool_planes, arguments, len(planes), out.size * kernel[0] * kernel[1] * ELEMENT)
    return out


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
    shape = tuple(input_shape)
    size, extent, divisor = _avg_geometry(
        "avg_pool_backward", shape, kernel, stride, padding, ceil_mode, count_include_pad,
        divisor_override, g.dtype,
    )  # fmt: skip
    check_gradient("avg_pool_backward", g, (*shape[:2], *size))
    if _covers(shape, kernel, padding):
        return spread_over_planes(g, shape, divisor[0, 0])
    dx = np.empty(shape, g.dtype)
    planes = as_planes(g)
    arguments = planes, as_planes(dx), kernel, stride, padding, divisor, extent
    split(_spread_avg_planes, arguments, len(planes), g.size * kernel[0] * kernel[1] * ELEMENT)
    return dx
