"""Compiled softmax.

A row is read from memory once: what comes after the search for its maximum finds it in the first
cache. Along another axis than the last, vectors go down columns that lie side by side.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .jit import native, parallel
from .simd import (
    at,
    element,
    lanes,
    largest,
    load,
    load_first,
    pointer,
    select,
    splat,
    store,
    store_first,
    total,
)
from .softmax import log_softmax as _log_softmax
from .softmax import log_softmax_backward as _log_softmax_backward
from .softmax import softmax as _softmax
from .softmax import softmax_backward as _softmax_backward
from .threads import split
from .vector_math import exp, vector_function

# Multiply-adds of a convolution in the time that an element takes.
ELEMENT = 24


# Rows ----------------------------------------------------------------------------------------


@vector_function
def _larger(a, b):
    """Return the larger lanes, those of `a` where `b` is NaN: what is made of them is NaN anyway."""
    return select(b > a, b, a)


@vector_function
def row_maximum(row, length):
    step = lanes(row)
    rest = length % step
    whole = length - rest
    a = load_first(row, whole, rest, element(row, -np.inf))
    b = splat(row, -np.inf)
    for i in range(0, whole - whole % (2 * step), 2 * step):
        a, b = _larger(a, load(row, i)), _larger(b, load(row, i + step))
    if whole % (2 * step):
        a = _larger(a, load(row, whole - step))
    return largest(_larger(b, a))


@vector_function
def exponential_sum(row, length, shift, out, kept):
    """Return the sum of exp(row - shift), which is written to `out` if it is to be `kept`."""
    step = lanes(row)
    rest = length % step
    whole = length - rest
    a, b = splat(row, 0.0), splat(row, 0.0)
    for i in range(0, whole - whole % (2 * step), 2 * step):
        e, f = exp(load(row, i) - shift), exp(load(row, i + step) - shift)
        if kept:
            store(e, out, i)
            store(f, out, i + step)
        a, b = a + e, b + f
    for i in range(whole - whole % (2 * step), length, step):
        e = exp(load_first(row, i, length - i, element(row, -np.inf)) - shift)
        if kept:
            store_first(e, out, i, length - i)
        a = a + e
    return total(a + b)


@vector_function
def _scaled(row, length, factor):
    step = lanes(row)
    rest = length % step
    for i in range(0, length - rest, step):
        store(load(row, i) * factor, row, i)
    if rest:
        e = load_first(row, length - rest, rest, element(row, 0))
        store_first(e * factor, row, length - rest, rest)


@parallel
def _softmax_rows(x, out, begin, end):
    length = x.shape[1]
    for i in range(begin, end):
        source, target = at(pointer(x), i * length), at(pointer(out), i * length)
        shift = row_maximum(source, length)
        _scaled(target, length, 1 / exponential_sum(source, length, shift, target, True))


@parallel
def _log_softmax_rows(x, out, begin, end):
    length = x.shape[1]
    for i in range(begin, end):
        source, target = at(pointer(x), i * length), at(pointer(out), i * length)
        shift = row_maximum(source, length)
        log_total = element(source, math.log(exponential_sum(source, length, shift, target, False)))
        step = lanes(source)
        rest = length % step
        for j in range(0, length - rest, step):
            store((load(source, j) - shift) - log_total, target, j)
        if rest:
            last = load_first(source, length - rest, rest, shift)
            store_first((last - shift) - log_total, target, length - rest, rest)


@parallel
def _softmax_rows_backward(g, out, dx, begin, end):
    length = g.shape[1]
    for i in range(begin, end):
        start = i * length
        gradient, share, target = (
            at(pointer(g), start),
            at(pointer(out), start),
            at(pointer(dx), start),
        )
        step = lanes(gradient)
        rest = length % step
        nothing = element(gradient, 0)
        a, b = splat(gradient, 0.0), splat(gradient, 0.0)
        whole = length - length % (2 * step)
        for j in range(0, whole, 2 * step):
            a = load(gradient, j) * load(share, j) + a
            b = load(gradient, j + step) * load(share, j + step) + b
        for j in range(whole, length, step):
            count = length - j
            a = load_first(gradient, j, count, nothing) * load_first(share, j, count, nothing) + a
        mean = total(a + b)
        for j in range(0, length - rest, step):
            store(load(share, j) * (load(gradient, j) - mean), target, j)
        if rest:
            j = length - rest
            last = load_first(share, j, rest, nothing) * (
                load_first(gradient, j, rest, nothing) - mean
            )
            store_first(last, target, j, rest)


@parallel
def _log_softmax_rows_backward(g, out, dx, begin, end):
    length = g.shape[1]
    for i in range(begin, end):
        start = i * length
        gradient, logs, target = (
            at(pointer(g), start),
            at(pointer(out), start),
            at(pointer(dx), start),
        )
        step = lanes(gradient)
        rest = length % step
        nothing = element(gradient, 0)
        a, b = splat(gradient, 0.0), splat(gradient, 0.0)
        whole = length - length % (2 * step)
        for j in range(0, whole, 2 * step):
            a, b = a + load(gradient, j), b + load(gradient, j + step)
        for j in range(whole, length, step):
            a = a + load_first(gradient, j, length - j, nothing)
        sum_g = total(a + b)
        for j in range(0, length - rest, step):
            store(load(gradient, j) - exp(load(logs, j)) * sum_g, target, j)
        if rest:
            j = length - rest
            last = exp(load_first(logs, j, rest, nothing)) * sum_g
            store_first(load_first(gradient, j, rest, nothing) - last, target, j, rest)


# Columns -------------------------------------------------------------------------------------

# Columns that are done together: what is kept of each of them stays in the first cache.
_TOGETHER = 512


@vector_function
def _softmax_columns(x, out, height, width, pitch, maxima, sums, logarithm):
    """Columns of `height` elements, `pitch` apart, `width` of them side by side."""
    step = lanes(x)
    nothing, m, s = element(x, 0), pointer(maxima), pointer(sums)
    for j in range(0, width, step):
        store_first(load_first(x, j, width - j, nothing), m, j, width - j)
        store_first(splat(x, 0.0), s, j, width - j)
    for i in range(height):
        row = at(x, i * pitch)
        for j in range(0, width, step):
            count = width - j
            larger = _larger(load_first(m, j, count, nothing), load_first(row, j, count, nothing))
            store_first(larger, m, j, count)
    for i in range(height):
        row, target = at(x, i * pitch), at(out, i * pitch)
        for j in range(0, width, step):
            count = width - j
            shifted = load_first(row, j, count, nothing) - load_first(m, j, count, nothing)
            e = exp(shifted)
            store_first(load_first(s, j, count, nothing) + e, s, j, count)
            store_first(shifted if logarithm else e, target, j, count)
    for j in range(width):
        sums[j] = math.log(sums[j]) if logarithm else 1 / sums[j]
    for i in range(height):
        target = at(out, i * pitch)
        for j in range(0, width, step):
            count = width - j
            e, f = load_first(target, j, count, nothing), load_first(s, j, count, nothing)
            store_first(e - f if logarithm else e * f, target, j, count)


@vector_function
def _columns_backward(g, out, dx, height, width, pitch, sums, logarithm):
    step = lanes(g)
    nothing, s = element(g, 0), pointer(sums)
    for j in range(0, width, step):
        store_first(splat(g, 0.0), s, j, width - j)
    for i in range(height):
        gradient, share = at(g, i * pitch), at(out, i * pitch)
        for j in range(0, width, step):
            count = width - j
            addend = load_first(gradient, j, count, nothing)
            if not logarithm:
                addend = addend * load_first(share, j, count, nothing)
            store_first(load_first(s, j, count, nothing) + addend, s, j, count)
    for i in range(height):
        gradient, share, target = at(g, i * pitch), at(out, i * pitch), at(dx, i * pitch)
        for j in range(0, width, step):
            count = width - j
            d, y = load_first(gradient, j, count, nothing), load_first(share, j, count, nothing)
            f = load_first(s, j, count, nothing)
            store_first(d - exp(y) * f if logarithm else y * (d - f), target, j, count)


@parallel
def _softmax_blocks(x, out, logarithm, begin, end):
    """For blocks [begin, end) of columns of x (outer, n, inner)."""
    _, height, pitch = x.shape
    blocks = (pitch + _TOGETHER - 1) // _TOGETHER
    maxima, sums = np.empty(_TOGETHER, x.dtype), np.empty(_TOGETHER, x.dtype)
    for block in range(begin, end):
        first = block % blocks * _TOGETHER
        start = block // blocks * height * pitch + first
        _softmax_columns(
            at(pointer(x), start), at(pointer(out), start), height, min(_TOGETHER, pitch - first),
            pitch, maxima, sums, logarithm,
        )  # fmt: skip


@parallel
def _blocks_backward(g, out, dx, logarithm, begin, end):
    _, height, pitch = g.shape
    blocks = (pitch + _TOGETHER - 1) // _TOGETHER
    sums = np.empty(_TOGETHER, g.dtype)
    for block in range(begin, end):
        first = block % blocks * _TOGETHER
        start = block // blocks * height * pitch + first
        _columns_backward(
            at(pointer(g), start), at(pointer(out), start), at(pointer(dx), start), height,
            min(_TOGETHER, pitch - first), pitch, sums, logarithm,
        )  # fmt: skip


# Calls ---------------------------------------------------------------------------------------


def _along(
    rows: Callable[..., None],
    columns: Callable[..., None],
    logarithm: bool,
    arrays: tuple[np.ndarray, ...],
    axis: int,
) -> np.ndarray:
    """Run the kernel for rows or for columns on arrays of one shape and dtype; return a new one."""
    shape, dtype = arrays[0].shape, arrays[0].dtype
    length, size = shape[axis], arrays[0].size
    out = np.empty(shape, dtype)
    operands = (*arrays, out)
    if axis == len(shape) - 1:
        if axis != 1:
            operands = tuple([array.reshape(-1, length) for array in operands])
        split(rows, operands, size // length, size * ELEMENT)
    else:
        inner = math.prod(shape[axis + 1 :])
        blocks = -(-inner // _TOGETHER) * (size // (length * inner))
        operands = tuple([array.reshape(-1, length, inner) for array in operands])
        split(columns, (*operands, logarithm), blocks, size * ELEMENT)
    return out


def _pair(g: np.ndarray, out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both arrays, checked."""
    if g.shape != out.shape or g.dtype != out.dtype:
        raise ValueError(
            f"two arrays of one shape and dtype are needed, got {g.dtype}{list(g.shape)} and "
            f"{out.dtype}{list(out.shape)}"
        )
    return native(g), native(out)


def softmax(x: np.ndarray, axis: int | None) -> np.ndarray:
    if axis is None or not x.size:
        return _softmax.reference(x, axis)
    return _along(_softmax_rows, _softmax_blocks, False, (native(x),), axis)


def softmax_backward(g: np.ndarray, out: np.ndarray, axis: int | None) -> np.ndarray:
    if axis is None or not g.size:
        return _softmax_backward.reference(g, out, axis)
    return _along(_softmax_rows_backward, _blocks_backward, False, _pair(g, out), axis)


def log_softmax(x: np.ndarray, axis: int | None) -> np.ndarray:
    if axis is None or not x.size:
        return _log_softmax.reference(x, axis)
    return _along(_log_softmax_rows, _softmax_blocks, True, (native(x),), axis)


def log_softmax_backward(g: np.ndarray, out: np.ndarray, axis: int | None) -> np.ndarray:
    if axis is None or not g.size:
        return _log_softmax_backward.reference(g, out, axis)
    return _along(_log_softmax_rows_backward, _blocks_backward, True, _pair(g, out), axis)
