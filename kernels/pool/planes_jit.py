"""Compiled pooling of whole planes: one window, or one bin, that covers its plane."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..jit import native, parallel
from ..simd import (
    at,
    lanes,
    largest,
    load,
    load_first,
    maximum,
    pointer,
    splat,
    store,
    store_first,
    total,
)
from ..threads import split
from .windows import Shape


@parallel
def _largest(x, out, indices, begin, end):
    """For rows [begin, end) of a matrix."""
    length = x.shape[1]
    step = lanes(x)
    for plane in range(begin, end):
        row = at(pointer(x), plane * length)
        best = splat(x, -np.inf)
        for i in range(0, length - step + 1, step):
            best = maximum(best, load(row, i))
        if length % step:
            i = length - length % step
            best = maximum(best, load_first(row, i, length - i, row[0]))
        value, place = largest(best), 0
        if value == value:
            while row[place] != value:
                place += 1
        else:
            place = length - 1
            while row[place] == row[place]:
                place -= 1
        out[plane], indices[plane] = row[place], place


@parallel
def _means(x, out, divisor, begin, end):
    """For rows [begin, end) of a matrix."""
    length = x.shape[1]
    step = lanes(x)
    pairs = length - length % (2 * step)
    for plane in range(begin, end):
        row = at(pointer(x), plane * length)
        s0, s1 = splat(x, 0), splat(x, 0)
        for i in range(0, pairs, 2 * step):
            s0, s1 = s0 + load(row, i), s1 + load(row, i + step)
        for i in range(pairs, length, step):
            s0 = s0 + load_first(row, i, length - i, 0)
        out[plane] = total(s0 + s1) / divisor


@parallel
def _spread(g, dx, divisor, begin, end):
    """For rows [begin, end) of a matrix."""
    length = dx.shape[1]
    step = lanes(dx)
    whole = length - length % step
    for plane in range(begin, end):
        row, share = at(pointer(dx), plane * length), splat(dx, g[plane] / divisor)
        for i in range(0, whole, step):
            store(share, row, i)
        store_first(share, row, whole, length - whole)


def as_planes(array: np.ndarray) -> np.ndarray:
    """Return (N, C, ...) as (N * C, ...), ready for a compiled function."""
    array = native(array)
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])


def largest_of_planes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take the largest element of each plane."""
    shape = (*x.shape[:2], 1, 1)
    out, indices = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    rows = native(x).reshape(out.size, x.shape[2] * x.shape[3])
    arguments = rows, out.reshape(-1), indices.reshape(-1)
    split(_largest, arguments, out.size, x.size * 8)
    return out, indices


def mean_of_planes(x: np.ndarray, divisor: float) -> np.ndarray:
    """Divide the sum of each plane."""
    out = np.empty((*x.shape[:2], 1, 1), x.dtype)
    rows = native(x).reshape(out.size, x.shape[2] * x.shape[3])
    split(_means, (rows, out.reshape(-1), divisor), out.size, x.size * 4)
    return out


def spread_over_planes(g: np.ndarray, shape: Shape, divisor: float) -> np.ndarray:
    """Give each element of a plane its share of the plane's gradient."""
    dx = np.empty(shape, g.dtype)
    rows = dx.reshape(g.size, shape[2] * shape[3])
    split(_spread, (native(g).reshape(-1), rows, divisor), g.size, dx.size * 4)
    return dx
