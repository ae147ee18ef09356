"""Compiled adaptive pooling: bins differ in size and are walked through one by one."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..jit import parallel
from ..threads import split
from .bins import bin_edges, check_adaptive
from .planes_jit import as_planes, largest_of_planes, mean_of_planes, spread_over_planes
from .windows import Pair, Shape, check_gradient

# Multiply-adds of a convolution in the time that one element takes.
ELEMENT = 50


@parallel
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


@parallel
def _avg_bins(x, out, rows, columns, begin, end):
    totals = np.empty(x.shape[2], x.dtype)
    for plane in range(begin, end):
        for i in range(len(rows)):
            totals[:] = 0
            for y in range(rows[i, 0], rows[i, 1]):
                for c in range(len(totals)):
                    totals[c] += x[plane, y, c]
            for j in range(len(columns)):
                sum_of_bin = x.dtype.type(0)
                for c in range(columns[j, 0], columns[j, 1]):
                    sum_of_bin += totals[c]
                area = (rows[i, 1] - rows[i, 0]) * (columns[j, 1] - columns[j, 0])
                out[plane, i, j] = sum_of_bin / x.dtype.type(area)


@parallel
def _spread_bins(g, dx, rows, columns, begin, end):
    totals = np.empty(dx.shape[2], g.dtype)
    for plane in range(begin, end):
        dx[plane] = 0
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


def _bins(shape: Sequence[int], out: Sequence[int]) -> list[np.ndarray]:
    """Return the (begin, end) of the bins of rows and of columns, (count, 2) each."""
    return [
        np.array(bin_edges(size, count), np.int64).reshape(count, 2)
        for size, count in zip(shape, out, strict=True)
    ]


def adaptive_max_pool_forward(x: np.ndarray, out: Pair) -> tuple[np.ndarray, np.ndarray]:
    check_adaptive("adaptive_max_pool_forward", x.shape, out)
    if out == (1, 1):
        return largest_of_planes(x)
    largest = np.empty((*x.shape[:2], *out), x.dtype)
    indices = np.empty(largest.shape, np.int64)
    planes = as_planes(x)
    arguments = planes, as_planes(largest), as_planes(indices), *_bins(x.shape[2:], out)
    split(_max_bins, arguments, len(planes), x.size * ELEMENT)
    return largest, indices


def adaptive_avg_pool_forward(x: np.ndarray, out: Pair) -> np.ndarray:
    check_adaptive("adaptive_avg_pool_forward", x.shape, out)
    if out == (1, 1):
        return mean_of_planes(x, x.dtype.type(x.shape[2] * x.shape[3]))
    mean = np.empty((*x.shape[:2], *out), x.dtype)
    planes = as_planes(x)
    arguments = planes, as_planes(mean), *_bins(x.shape[2:], out)
    split(_avg_bins, arguments, len(planes), x.size * ELEMENT)
    return mean


def adaptive_avg_pool_backward(g: np.ndarray, input_shape: Shape) -> np.ndarray:
    shape = tuple(input_shape)
    check_adaptive("adaptive_avg_pool_backward", shape, g.shape[2:])
    check_gradient("adaptive_avg_pool_backward", g, shape[:2] + g.shape[2:])
    if g.shape[2:] == (1, 1):
        return spread_over_planes(g, shape, g.dtype.type(shape[2] * shape[3]))
    dx = np.empty(shape, g.dtype)
    planes = as_planes(g)
    arguments = planes, as_planes(dx), *_bins(shape[2:], g.shape[2:])
    split(_spread_bins, arguments, len(planes), dx.size * ELEMENT)
    return dx
