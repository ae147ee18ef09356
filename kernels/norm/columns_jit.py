"""Compiled batch normalisation of short channels: columns of a matrix.

`x` has a row per image, in which the few elements of a channel follow each other. Its columns are
summed down the rows, several vectors beside each other. Deviations are taken from the mean of the
first rows of a block, so that one pass does; the correction for it is the larger part of a sum of
squares only as far as those rows lie apart from the others, which costs a few bits at worst.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from ..jit import inline, parallel, part
from ..simd import at, lanes, load, load_first, pointer, splat, store, store_first

SHORT = 16
"""From this length on channels are planes (see `channels_jit`)."""

# Channels that a thread gets at least.
TOGETHER = 16
# Rows whose sums are kept in the type of the data, and those that make a first mean.
ROWS = 256
HEAD = 16
# Rows whose sums are kept in registers.
FEW = 8


@part
def _add_rows(x, rows, pitch, width, sums):
    """sums += the sum of each column."""
    step = lanes(x)
    for i in range(0, width, step):
        s = load(sums, i)
        for row in range(rows):
            s = s + load_first(x, row * pitch + i, width - i, 0)
        store(s, sums, i)


@part
def _add_products(g, x, rows, pitch, width, shift, sums, products, squares):
    """sums += the sums of g and products += those of g * (x - shift), of each column.

    With `squares` x - shift takes the place of g.
    """
    step = lanes(x)
    whole = width - width % (4 * step)
    nothing = splat(x, 0)
    for first in range(0, rows, FEW):
        last = min(rows, first + FEW)
        for i in range(0, whole, 4 * step):
            i1, i2, i3 = i + step, i + 2 * step, i + 3 * step
            m0, m1, m2, m3 = load(shift, i), load(shift, i1), load(shift, i2), load(shift, i3)
            s0 = s1 = s2 = s3 = q0 = q1 = q2 = q3 = nothing
            for row in range(first, last):
                source = at(x, row * pitch)
                a0, a1 = load(source, i) - m0, load(source, i1) - m1
                a2, a3 = load(source, i2) - m2, load(source, i3) - m3
                b0, b1, b2, b3 = a0, a1, a2, a3
                if not squares:
                    gradient = at(g, row * pitch)
                    b0, b1 = load(gradient, i), load(gradient, i1)
                    b2, b3 = load(gradient, i2), load(gradient, i3)
                s0, s1, s2, s3 = s0 + b0, s1 + b1, s2 + b2, s3 + b3
                q0, q1, q2, q3 = q0 + a0 * b0, q1 + a1 * b1, q2 + a2 * b2, q3 + a3 * b3
            store(load(sums, i) + s0, sums, i)
            store(load(sums, i1) + s1, sums, i1)
            store(load(sums, i2) + s2, sums, i2)
            store(load(sums, i3) + s3, sums, i3)
            store(load(products, i) + q0, products, i)
            store(load(products, i1) + q1, products, i1)
            store(load(products, i2) + q2, products, i2)
            store(load(products, i3) + q3, products, i3)
        for i in range(whole, width, step):
            count = width - i
            m0, s0, q0 = load(shift, i), nothing, nothing
            for row in range(first, last):
                a0 = load_first(x, row * pitch + i, count, 0) - m0
                b0 = a0 if squares else load_first(g, row * pitch + i, count, 0)
                s0, q0 = s0 + b0, q0 + a0 * b0
            store(load(sums, i) + s0, sums, i)
            store(load(products, i) + q0, products, i)


@part
def _write_scaled(out, x, rows, pitch, width, shift, scale, offset):
    """out = (x - shift) * scale + offset, with numbers for each column."""
    step = lanes(x)
    whole = width - width % step
    for row in range(rows):
        source, target = at(x, row * pitch), at(out, row * pitch)
        for i in range(0, whole, step):
            store((load(source, i) - load(shift, i)) * load(scale, i) + load(offset, i), target, i)
        if whole < width:
            last = load_first(source, whole, width - whole, 0) - load(shift, whole)
            last = last * load(scale, whole) + load(offset, whole)
            store_first(last, target, whole, width - whole)


@part
def _write_gradient(dx, g, x, rows, pitch, width, shift, of_g, of_x, offset):
    """dx = g * of_g + (x - shift) * of_x + offset, with numbers for each column."""
    step = lanes(x)
    whole = width - width % step
    for row in range(rows):
        gradient, source = at(g, row * pitch), at(x, row * pitch)
        target = at(dx, row * pitch)
        for i in range(0, whole, step):
            level = (load(source, i) - load(shift, i)) * load(of_x, i) + load(offset, i)
            store(load(gradient, i) * load(of_g, i) + level, target, i)
        if whole < width:
            count = width - whole
            level = load_first(source, whole, count, 0) - load(shift, whole)
            level = level * load(of_x, whole) + load(offset, whole)
            last = load_first(gradient, whole, count, 0) * load(of_g, whole) + level
            store_first(last, target, whole, count)


@part
def _column_moments(x, rows, pitch, width, shift, sums, squares, mean, spread):
    """Compute mean and sum of squared deviations of each column, blocks of rows combined as in
    `moments`."""
    mean[:] = 0
    spread[:] = 0
    for first in range(0, rows, ROWS):
        here = min(ROWS, rows - first)
        block, head = at(x, first * pitch), min(HEAD, here)
        shift[:] = 0
        _add_rows(block, head, pitch, width, pointer(shift))
        part = 1 / head
        for i in range(width):
            shift[i] *= part
        sums[:] = 0
        squares[:] = 0
        _add_products(
            block, block, here, pitch, width, pointer(shift), pointer(sums), pointer(squares), True
        )
        part = here / (first + here)
        for i in range(width):
            rest = sums[i] / np.float64(here)
            away = shift[i] + rest - mean[i]
            spread[i] += squares[i] - sums[i] * rest + away * away * (first * part)
            mean[i] += away * part


@inline
def _channel_moments(mean, spread, begin, length, rows):
    """Return mean and variance of a channel from those of its columns."""
    centre = 0.0
    for i in range(begin, begin + length):
        centre += mean[i]
    centre /= length
    squares = 0.0
    for i in range(begin, begin + length):
        away = mean[i] - centre
        squares += spread[i] + rows * (away * away)
    return centre, squares / (rows * length)


@part
def _normalize(x, weight, bias, out, statistics, eps, fixed, first, last, small, wide):
    """For channels [first, last). `small` and `wide` are memory for numbers per column."""
    rows, pitch = x.shape
    length = pitch // len(weight)
    width = (last - first) * length
    source, target = at(pointer(x), first * length), at(pointer(out), first * length)
    shift, scale, offset = small
    mean, spread = wide
    if not fixed:
        _column_moments(source, rows, pitch, width, shift, scale, offset, mean, spread)
    for channel in range(first, last):
        begin = (channel - first) * length
        if not fixed:
            centre, variance = _channel_moments(mean, spread, begin, length, rows)
            statistics[0, channel], statistics[1, channel] = centre, variance
        factor = weight[channel] / math.sqrt(statistics[1, channel] + eps)
        for i in range(begin, begin + length):
            shift[i], scale[i] = statistics[0, channel], factor
            offset[i] = bias[channel] + (shift[i] - statistics[0, channel]) * factor
    _write_scaled(
        target, source, rows, pitch, width, pointer(shift), pointer(scale), pointer(offset)
    )


@inline
def _memory(x, weight, first, last, count):
    """Return zeros for `count` numbers per column, to be read in full vectors."""
    length = x.shape[1] // len(weight)
    return np.zeros((count, (last - first) * length + 64), x.dtype)


@parallel
def normalize_columns(x, weight, bias, out, statistics, eps, fixed, begin, end):
    """For channels from begin * TOGETHER to end * TOGETHER."""
    first, last = begin * TOGETHER, min(len(weight), end * TOGETHER)
    small = _memory(x, weight, first, last, 3)
    wide = np.empty((2, small.shape[1]))
    _normalize(x, weight, bias, out, statistics, eps, fixed, first, last, small, wide)


@part
def _backwards(g, x, weight, statistics, dx, dweight, dbias, eps, fixed, first, last, small, wide):
    rows, pitch = x.shape
    length = pitch // len(weight)
    width = (last - first) * length
    count, start = rows * length, first * length
    shift, of_g, of_x, offset = small
    sums, products = wide
    for i in range(width):
        shift[i] = statistics[0, first + i // length]
    sums[:] = 0
    products[:] = 0
    for row in range(0, rows, ROWS):
        begin = start + row * pitch
        of_g[:] = 0
        of_x[:] = 0
        _add_products(
            at(pointer(g), begin), at(pointer(x), begin), min(ROWS, rows - row), pitch, width,
            pointer(shift), pointer(of_g), pointer(of_x), False,
        )  # fmt: skip
        for i in range(width):
            sums[i] += of_g[i]
            products[i] += of_x[i]
    for channel in range(first, last):
        begin = (channel - first) * length
        rstd = 1 / math.sqrt(statistics[1, channel] + eps)
        rest = shift[begin] - statistics[0, channel]
        sum_g, sum_gx = 0.0, 0.0
        for i in range(begin, begin + length):
            sum_g += sums[i]
            sum_gx += products[i]
        sum_gx = (sum_gx + rest * sum_g) * rstd
        dweight[channel], dbias[channel] = sum_gx, sum_g
        factor = weight[channel] * rstd
        along = -factor * rstd * sum_gx / count
        for i in range(begin, begin + length):
            of_g[i], of_x[i], offset[i] = factor, along, rest * along - factor * sum_g / count
    if fixed:
        shift[:] = 0
        offset[:] = 0
        _write_scaled(
            at(pointer(dx), start), at(pointer(g), start), rows, pitch, width, pointer(shift),
            pointer(of_g), pointer(offset),
        )  # fmt: skip
    else:
        _write_gradient(
            at(pointer(dx), start), at(pointer(g), start), at(pointer(x), start), rows, pitch,
            width, pointer(shift), pointer(of_g), pointer(of_x), pointer(offset),
        )  # fmt: skip


@parallel
def columns_backwards(g, x, weight, statistics, dx, dweight, dbias, eps, fixed, begin, end):
    """For channels from begin * TOGETHER to end * TOGETHER."""
    first, last = begin * TOGETHER, min(len(weight), end * TOGETHER)
    small = _memory(x, weight, first, last, 4)
    wide = np.empty((2, small.shape[1]))
    _backwards(g, x, weight, statistics, dx, dweight, dbias, eps, fixed, first, last, small, wide)
