"""Compiled pooling.

Plain pooling goes tap by tap over a whole plane, as the reference does: the elements that all
windows have at one place of theirs are brought together, and then compared or added with vector
instructions. The bins of adaptive pooling differ in size and are walked through one by one.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from .jit import inline, jit, native
from .pool import (
    Pair,
    Shape,
    bin_edges,
    check_adaptive,
    check_gradient,
    check_indices,
    check_pool,
    divisors,
    padded_shape,
)
from .simd import at, pointer
from .threads import split
from .tiles import move_row

# Multiply-adds of a convolution in the time that one element of a window takes.
ELEMENT = 50


@inline
def _pad(source, padded, height, width, pitch, top, left, nothing):
    for y in range(height):
        move_row(at(padded, (y + top) * pitch + left), at(source, y * width), width, nothing)


@inline
def _bring_together(padded, values, rows, columns, down, right):
    """values[i, j] = padded[i * down + j * right]."""
    for i in range(rows):
        line, row = at(padded, i * down), at(values, i * columns)
        for j in range(columns):
            row[j] = line[j * right]


@jit
def _max_pool(
    x, out, indices, kernel, stride, padding, dilation, origins, firsts, padded, values, begin, end
):
    """For planes [begin, end). `origins` are the indices of the windows' corners, which may lie
    outside, and `firsts` those of their first elements inside."""
    _, height, width = x.shape
    _, rows, columns = out.shape
    pitch, size = padded.shape[1], rows * columns
    padded_data, value = pointer(padded), pointer(values)
    origin, first = pointer(origins), pointer(firsts)
    nothing = x.dtype.type(-0.0)
    for plane in range(begin, end):
        _pad(
            at(pointer(x), plane * height * width), padded_data, height, width, pitch, padding[0],
            padding[1], nothing,
        )  # fmt: skip
        best, place = at(pointer(out), plane * size), at(pointer(indices), plane * size)
        for p in range(size):
            best[p] = -np.inf
            place[p] = first[p]
        for r in range(kernel[0]):
            for s in range(kernel[1]):
                y, c = r * dilation[0], s * dilation[1]
                _bring_together(
                    at(padded_data, y * pitch + c), value, rows, columns, stride[0] * pitch,
                    stride[1],
                )  # fmt: skip
                shift = y * width + c
                for p in range(size):
                    v = value[p]
                    better = (v > best[p]) | (v != v)
                    best[p] = v if better else best[p]
                    place[p] = origin[p] + shift if better else place[p]


@jit
def _send_back(g, indices, dx, begin, end):
    """Add g to dx (planes, H * W) where the indices say."""
    for plane in range(begin, end):
        for i in range(g.shape[1]):
            dx[plane, indices[plane, i]] += g[plane, i]


@jit
def _avg_pool(x, out, kernel, stride, padding, divisor, padded, values, begin, end):
    _, height, width = x.shape
    _, rows, columns = out.shape
    pitch, size = padded.shape[1], rows * columns
    padded_data, value, parts = pointer(padded), pointer(values), pointer(divisor)
    nothing = x.dtype.type(-0.0)
    for plane in range(begin, end):
        _pad(
            at(pointer(x), plane * height * width), padded_data, height, width, pitch, padding[0],
            padding[1], nothing,
        )  # fmt: skip
        total = at(pointer(out), plane * size)
        for p in range(size):
            total[p] = 0
        for r in range(kernel[0]):
            for s in range(kernel[1]):
                _bring_together(
                    at(padded_data, r * pitch + s), value, rows, columns, stride[0] * pitch,
                    stride[1],
                )  # fmt: skip
                for p in range(size):
                    total[p] += value[p]
        for p in range(size):
            total[p] /= parts[p]


@jit
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


@jit
def _max_bins(x, out, indices, rows, columns, begin, end):
    width = x.shape[2]
    for plane in range(begin, end):
        for i in range(len(rows)):
            for j in range(len(columns)):
                best, place = x[plane, rows[i, 0], columns[j, 0]], np.int64(-1)
                for y in range(rows[i, 0], rows[i, 1]):
                    for c in range(columns[j, 0], columns[j, 1]):
                        value = x[plane, y, c]
                        if value > best or value != value or place < 0:
                            best, place = value, y * width + c
                out[plane, i, j] = best
                indices[plane, i, j] = place


@jit
def _avg_bins(x, out, rows, columns, totals, begin, end):
    for plane in range(begin, end):
        for i in range(len(rows)):
            totals[:] = 0
            for y in range(rows[i, 0], rows[i, 1]):
                for c in range(len(totals)):
                    totals[c] += x[plane, y, c]
            for j in range(len(columns)):
                total = x.dtype.type(0)
                for c in range(columns[j, 0], columns[j, 1]):
                    total += totals[c]
                area = (rows[i, 1] - rows[i, 0]) * (columns[j, 1] - columns[j, 0])
                out[plane, i, j] = total / x.dtype.type(area)


@jit
def _spread_bins(g, dx, rows, columns, totals, begin, end):
    for plane in range(begin, end):
        for i in range(len(rows)):
            totals[:] = 0
            for j in range(len(columns)):
                area = (rows[i, 1] - rows[i, 0]) * (columns[j, 1] - columns[j, 0])
                share = g[plane, i, j] / g.dtype.type(area)
                for c in range(columns[j, 0], columns[j, 1]):
                    totals[c] += share
            for y in range(rows[i, 0], rows[i, 1]):
                for c in range(len(totals)):
                    dx[plane, y, c] += totals[c]


def _planes(array: np.ndarray) -> np.ndarray:
    """Return (N, C, ...) as (N * C, ...), ready for a compiled function."""
    array = native(array)
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


@functools.lru_cache(maxsize=256)
def _corners(
    shape: Pair, stride: Pair, padding: Pair, dilation: Pair, out: Pair
) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of each window's corner and of its first element inside, (OH, OW)."""
    origins, firsts = [], []
    for s, p, d, count in zip(stride, padding, dilation, out, strict=True):
        origin = np.arange(count) * s - p
        origins.append(origin)
        firsts.append(origin + np.maximum(0, -(origin // d)) * d)
    width = shape[1]
    empty = np.logical_or.outer(firsts[0] >= shape[0], firsts[1] >= width)
    first = np.add.outer(firsts[0] * width, firsts[1])
    return np.add.outer(origins[0] * width, origins[1]), np.where(empty, 0, first)


def max_pool_forward(
    x: np.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    size = check_pool("max_pool_forward", x.shape, kernel, stride, padding, dilation, ceil_mode)
    out = np.empty((*x.shape[:2], *size), x.dtype)
    indices = np.empty(out.shape, np.int64)
    origins, firsts = _corners(x.shape[2:], stride, padding, dilation, size)
    planes, flat, flat_indices = _planes(x), _planes(out), _planes(indices)
    extent = padded_shape(x.shape, kernel, stride, padding, size, dilation)[2:]

    def run(begin: int, end: int) -> None:
        padded, values = np.full(extent, -np.inf, x.dtype), np.empty(size, x.dtype)
        _max_pool(
            planes, flat, flat_indices, kernel, stride, padding, dilation, origins, firsts, padded,
            values, begin, end,
        )  # fmt: skip

    split(run, (), len(planes), out.size * kernel[0] * kernel[1] * ELEMENT)
    return out, indices


def max_pool_backward(g: np.ndarray, indices: np.ndarray, input_shape: Shape) -> np.ndarray:
    input_shape = tuple(input_shape)
    check_indices("max_pool_backward", g, indices, input_shape)
    dx = np.zeros(input_shape, g.dtype)
    if g.size:
        count = g.shape[0] * g.shape[1]
        flat_g, flat_indices = native(g).reshape(count, -1), native(indices).reshape(count, -1)
        flat_indices, flat = flat_indices.astype(np.int64, copy=False), dx.reshape(count, -1)
        split(
            _send_back,
            (flat_g, flat_indices, flat),
            count,
            g.size * ELEMENT,
        )
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
    size = check_pool("avg_pool_forward", x.shape, kernel, stride, padding, (1, 1), ceil_mode)
    divisor = divisors(x.shape, kernel, stride, padding, size, count_include_pad, divisor_override)
    divisor = divisor.astype(x.dtype)
    out = np.empty((*x.shape[:2], *size), x.dtype)
    planes, flat = _planes(x), _planes(out)
    extent = padded_shape(x.shape, kernel, stride, padding, size)[2:]

    def run(begin: int, end: int) -> None:
        padded, values = np.zeros(extent, x.dtype), np.empty(size, x.dtype)
        _avg_pool(planes, flat, kernel, stride, padding, divisor, padded, values, begin, end)

    split(run, (), len(planes), out.size * kernel[0] * kernel[1] * ELEMENT)
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
    size = check_pool("avg_pool_backward", shape, kernel, stride, padding, (1, 1), ceil_mode)
    check_gradient("avg_pool_backward", g, (*shape[:2], *size))
    divisor = divisors(shape, kernel, stride, padding, size, count_include_pad, divisor_override)
    divisor = divisor.astype(g.dtype)
    dx = np.empty(shape, g.dtype)
    planes, flat = _planes(g), _planes(dx)
    extent = padded_shape(shape, kernel, stride, padding, size)[2:]

    def run(begin: int, end: int) -> None:
        padded, values = np.empty(extent, g.dtype), np.empty(size, g.dtype)
        _spread_avg(planes, flat, kernel, stride, padding, divisor, padded, values, begin, end)

    split(run, (), len(planes), g.size * kernel[0] * kernel[1] * ELEMENT)
    return dx


def _bins(shape: Sequence[int], out: Sequence[int]) -> list[np.ndarray]:
    """Return the (begin, end) of the bins of rows and of columns, (count, 2) each."""
    return [
        np.array(bin_edges(size, count), np.int64).reshape(count, 2)
        for size, count in zip(shape, out, strict=True)
    ]


def adaptive_max_pool_forward(x: np.ndarray, out: Pair) -> tuple[np.ndarray, np.ndarray]:
    check_adaptive("adaptive_max_pool_forward", x.shape, out)
    largest = np.empty((*x.shape[:2], *out), x.dtype)
    indices = np.empty(largest.shape, np.int64)
    planes, flat, flat_indices = _planes(x), _planes(largest), _planes(indices)
    edges = _bins(x.shape[2:], out)
    split(
        _max_bins,
        (planes, flat, flat_indices, *edges),
        len(planes),
        x.size * ELEMENT,
    )
    return largest, indices


def adaptive_avg_pool_forward(x: np.ndarray, out: Pair) -> np.ndarray:
    check_adaptive("adaptive_avg_pool_forward", x.shape, out)
    mean = np.empty((*x.shape[:2], *out), x.dtype)
    planes, flat, edges = _planes(x), _planes(mean), _bins(x.shape[2:], out)

    def run(begin: int, end: int) -> None:
        _avg_bins(planes, flat, *edges, np.empty(x.shape[3], x.dtype), begin, end)

    split(run, (), len(planes), x.size * ELEMENT)
    return mean


def adaptive_avg_pool_backward(g: np.ndarray, input_shape: Shape) -> np.ndarray:
    shape = tuple(input_shape)
    check_adaptive("adaptive_avg_pool_backward", shape, g.shape[2:])
    check_gradient("adaptive_avg_pool_backward", g, shape[:2] + g.shape[2:])
    dx = np.zeros(shape, g.dtype)
    planes, flat, edges = _planes(g), _planes(dx), _bins(shape[2:], g.shape[2:])

    def run(begin: int, end: int) -> None:
        _spread_bins(planes, flat, *edges, np.empty(shape[3], g.dtype), begin, end)

    split(run, (), len(planes), dx.size * ELEMENT)
    return dx
