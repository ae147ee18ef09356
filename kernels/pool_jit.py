"""Compiled pooling: every kind is a loop over windows given by the edges of their rows and columns."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .jit import jit, native
from .pool import (
    Pair,
    Shape,
    bin_edges,
    check_adaptive,
    check_gradient,
    check_indices,
    check_pool,
    divisors,
)
from .threads import split


def _window_edges(
    size: int, kernel: int, stride: int, padding: int, dilation: int, count: int
) -> np.ndarray:
    """Return the (begin, end) of the windows, cut to what lies inside, (count, 2)."""
    begin = np.arange(count) * stride - padding
    end = np.minimum(begin + dilation * (kernel - 1) + 1, size)
    before = np.maximum(0, -(begin // dilation) * dilation)  # whole steps: stay on the window's grid
    return np.stack([begin + before, end], axis=1)


def _edges(
    shape: Shape, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, out: Pair
) -> list[np.ndarray]:
    return [
        _window_edges(*options)
        for options in zip(shape[2:], kernel, stride, padding, dilation, out, strict=True)
    ]


def _bins(shape: Sequence[int], out: Sequence[int]) -> list[np.ndarray]:
    return [
        np.array(bin_edges(size, count), np.int64).reshape(count, 2)
        for size, count in zip(shape, out, strict=True)
    ]


@jit
def _largest(x, out, indices, rows, columns, step_r, step_c, begin, end):
    """For planes [begin, end) of x (planes, H, W)."""
    width = x.shape[2]
    for plane in range(begin, end):
        for i in range(len(rows)):
            for j in range(len(columns)):
                best, place = -np.inf, np.int64(-1)
                for y in range(rows[i, 0], rows[i, 1], step_r):
                    for c in range(columns[j, 0], columns[j, 1], step_c):
                        value = x[plane, y, c]
                        if value > best or value != value or place < 0:
                            best, place = value, y * width + c
                out[plane, i, j] = best
                indices[plane, i, j] = max(place, 0)


@jit
def _send_back(g, indices, dx, begin, end):
    """Add g to dx (planes, H * W) where the indices say."""
    for plane in range(begin, end):
        for i in range(g.shape[1]):
            dx[plane, indices[plane, i]] += g[plane, i]


@jit
def _mean(x, out, rows, columns, divisor, begin, end):
    for plane in range(begin, end):
        for i in range(len(rows)):
            for j in range(len(columns)):
                total = x.dtype.type(0)
                for y in range(rows[i, 0], rows[i, 1]):
                    for c in range(columns[j, 0], columns[j, 1]):
                        total += x[plane, y, c]
                out[plane, i, j] = total / divisor[i, j]


@jit
def _share(g, dx, rows, columns, divisor, begin, end):
    for plane in range(begin, end):
        for i in range(len(rows)):
            for j in range(len(columns)):
                share = g[plane, i, j] / divisor[i, j]
                for y in range(rows[i, 0], rows[i, 1]):
                    for c in range(columns[j, 0], columns[j, 1]):
                        dx[plane, y, c] += share
