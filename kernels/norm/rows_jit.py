"""Compiled normalisation of rows.

A row is read from memory once: its statistics and then its result are computed while it is in the
first cache, together with those of its neighbours where rows are short.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from ..jit import inline, native, parallel
from ..simd import at, element, lanes, load, load_first, pointer, splat, store, store_first, total
from ..threads import split
from ..vector_math import vector_function
from .moments_jit import BLOCK, sum_of_blocks
from .rows import check_rows, constant
from .rows import layer_norm_backward as _backward
from .rows import layer_norm_forward as _forward

# Multiply-adds of a convolution in the time that an element takes.
ELEMENT = 16


def _rows_together(length: int) -> int:
    """Return the rows whose part of the gradients of weight and bias is summed in one go: a number
    that depends on nothing but the length."""
    return max(8, min(64, 65536 // length))


@vector_function
def _sum(row, length):
    step = lanes(row)
    a, b = splat(row, 0), splat(row, 0)
    pairs = length - length % (2 * step)
    for i in range(0, pairs, 2 * step):
        a, b = a + load(row, i), b + load(row, i + step)
    for i in range(pairs, length, step):
        a = a + load_first(row, i, length - i, 0)
    return total(a + b)


@vector_function
def _deviations(row, length, shift):
    """Return the sums of row - shift and of its squares."""
    step = lanes(row)
    s0, s1, q0, q1 = splat(row, 0), splat(row, 0), splat(row, 0), splat(row, 0)
    pairs = length - length % (2 * step)
    for i in range(0, pairs, 2 * step):
        a, b = load(row, i) - shift, load(row, i + step) - shift
        s0, s1, q0, q1 = s0 + a, s1 + b, q0 + a * a, q1 + b * b
    for i in range(pairs, length, step):
        a = load_first(row, i, length - i, shift) - shift
        s0, q0 = s0 + a, q0 + a * a
    return total(s0 + s1), total(q0 + q1)


@inline
def _row_moments(x, statistics, centre, begin, end):
    """Write mean and mean square deviation of rows [begin, end); without `centre` 0 and the mean
    square.

    The first elements give a provisional mean, exact where they are the whole row. What is taken
    off the squares for it is the larger part of them only as far as those elements lie apart from
    the others, which costs a few bits at worst.
    """
    length = x.shape[1]
    for number in range(begin, end):
        row, head = at(pointer(x), number * length), min(length, BLOCK)
        statistics[0, number] = _sum(row, head) / head if centre else 0.0
    for number in range(begin, end):
        row = at(pointer(x), number * length)
        shift = element(row, statistics[0, number])
        sums, squares = 0.0, 0.0
        for start in range(0, length, BLOCK):
            size = min(BLOCK, length - start)
            s, q = _deviations(at(row, start), size, shift)
            sums += s
            squares += q
        rest = sums / length if centre else 0.0
        statistics[0, number] = shift + rest
        statistics[1, number] = (squares - sums * rest) / length


@parallel
def _normalize(x, weight, bias, out, statistics, eps, centre, begin, end):
    length = x.shape[1]
    w, b = pointer(weight), pointer(bias)
    step = lanes(w)
    whole = length - length % step
    # Rows go through each step together, as many as stay in the first cache: what is slow about
    # one of them, to add up lanes and to take a root, then happens while others are worked on.
    together = max(1, BLOCK // length)
    for first in range(begin, end, together):
        last = min(first + together, end)
        _row_moments(x, statistics, centre, first, last)
        for number in range(first, last):
            row, target = at(pointer(x), number * length), at(pointer(out), number * length)
            mean = statistics[0, number]
            rstd = 1 / math.sqrt(statistics[1, number] + eps)
            shift, scale = element(row, mean), element(row, rstd)
            offset = element(row, (shift - mean) * rstd)
            for i in range(0, whole, step):
                xhat = (load(row, i) - shift) * scale + offset
                store(xhat * load(w, i) + load(b, i), target, i)
            if whole < length:
                count = length - whole
                xhat = (load_first(row, whole, count, 0) - shift) * scale + offset
                scaled = xhat * load_first(w, whole, count, 0) + load_first(b, whole, count, 0)
                store_first(scaled, target, whole, count)


@parallel
def _backwards(g, x, weight, statistics, dx, dweight, dbias, together, eps, centre, begin, end):
    """For blocks [begin, end) of `together` rows; `dweight` and `dbias` hold a row for each."""
    rows, length = x.shape
    w = pointer(weight)
    step = lanes(w)
    whole = length - length % step
    for block in range(begin, end):
        dw, db = at(pointer(dweight), block * length), at(pointer(dbias), block * length)
        for i in range(length):
            dw[i] = 0
            db[i] = 0
        for number in range(block * together, min(rows, (block + 1) * together)):
            start = number * length
            g_row, row, target = (
                at(pointer(g), start),
                at(pointer(x), start),
                at(pointer(dx), start),
            )
            mean = statistics[0, number]
            rstd = 1 / math.sqrt(statistics[1, number] + eps)
            shift, scale = element(row, mean), element(row, rstd)
            offset = element(row, (shift - mean) * rstd)
            sum_g, sum_gx = 0.0, 0.0
            for first in range(0, length, BLOCK):
                last = min(first + BLOCK, length)
                pairs = last - (last - first) % (2 * step)
                s0, s1, q0, q1 = splat(w, 0), splat(w, 0), splat(w, 0), splat(w, 0)
                for i in range(first, pairs, 2 * step):
                    j = i + step
                    g0, x0 = load(g_row, i), (load(row, i) - shift) * scale + offset
                    g1, x1 = load(g_row, j), (load(row, j) - shift) * scale + offset
                    store(load(dw, i) + g0 * x0, dw, i)
                    store(load(dw, j) + g1 * x1, dw, j)
                    store(load(db, i) + g0, db, i)
                    store(load(db, j) + g1, db, j)
                    g0, g1 = g0 * load(w, i), g1 * load(w, j)
                    s0, s1, q0, q1 = s0 + g0, s1 + g1, q0 + g0 * x0, q1 + g1 * x1
                for i in range(pairs, last, step):
                    count = last - i
                    g0 = load_first(g_row, i, count, 0)
                    x0 = (load_first(row, i, count, shift) - shift) * scale + offset
                    store_first(load_first(dw, i, count, 0) + g0 * x0, dw, i, count)
                    store_first(load_first(db, i, count, 0) + g0, db, i, count)
                    g0 = g0 * load_first(w, i, count, 0)
                    s0, q0 = s0 + g0, q0 + g0 * x0
                sum_g += total(s0 + s1)
                sum_gx += total(q0 + q1)
            # dx = rstd * (w * g - mean of it - xhat * mean of (w * g * xhat))
            along = -rstd * sum_gx / length
            level = (shift - mean) * rstd * along
            if centre:
                level -= rstd * sum_g / length
            of_x, offset = element(row, rstd * along), element(row, level)
            for i in range(0, whole, step):
                weighted = load(g_row, i) * load(w, i)
                store(weighted * scale + ((load(row, i) - shift) * of_x + offset), target, i)
            if whole < length:
                rest = length - whole
                weighted = load_first(g_row, whole, rest, 0) * load_first(w, whole, rest, 0)
                level_x = (load_first(row, whole, rest, 0) - shift) * of_x + offset
                store_first(weighted * scale + level_x, target, whole, rest)


def layer_norm_forward(
    x: np.ndarray,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
    centre: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    check_rows("layer_norm_forward", x, weight, bias)
    size = x.size
    if not size:
        return _forward.reference(x, weight, bias, eps, centre)
    shape, dtype = x.shape, x.dtype
    rows, length = shape
    w = constant(length, dtype, 1) if weight is None else native(weight)
    b = constant(length, dtype, 0) if bias is None else native(bias)
    out, statistics = np.empty(shape, dtype), np.empty((2, rows))
    split(_normalize, (native(x), w, b, out, statistics, eps, centre), rows, size * ELEMENT)
    return out, statistics


def layer_norm_backward(
    g: np.ndarray,
    x: np.ndarray,
    statistics: np.ndarray,
    weight: np.ndarray | None = None,
    eps: float = 1e-5,
    centre: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    check_rows("layer_norm_backward", x, weight, None, g, statistics)
    size = x.size
    if not size:
        return _backward.reference(g, x, statistics, weight, eps, centre)
    shape, dtype = x.shape, x.dtype
    rows, length = shape
    w = constant(length, dtype, 1) if weight is None else native(weight)
    together = _rows_together(length)
    blocks = -(-rows // together)
    dx = np.empty(shape, dtype)
    dweight, dbias = np.empty(blocks * length, dtype), np.empty(blocks * length, dtype)
    arguments = native(g), native(x), w, native(statistics), dx, dweight, dbias
    split(_backwards, (*arguments, together, eps, centre), blocks, size * 2 * ELEMENT)
    if blocks > 1:
        dweight, dbias = [sum_of_blocks(d, length, dtype) for d in (dweight, dbias)]
    return dx, dweight, dbias
