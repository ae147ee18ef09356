"""Copying a source into planes (see `plan`), and the products of weights with them."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..jit import inline, parallel, part
from ..simd import at, lanes, pointer
from ..tiles import HALF_ROWS, ROWS, VECTORS
from .plan import THIN_ROWS
from .tiles import ROWS_OF_FEW, ROWS_OF_ONE, copy_rows, interleave_rows, product_tile, row_tile


@part
def fill_planes(out, source, channels, shape, planes, starts, z, y, depths, height):
    """Copy what a band of units, from depth z and row y on, needs of `channels` channels.

    `starts` is a pointer.
    """
    depth, rows, columns, step_z, step_y, step_x = shape
    _, starts_z, starts_y, starts_x, halo_z, halo_y, pitch, plane, stack, per_channel = planes
    needed, step = height + halo_y, step_y * columns
    for a in range(starts_z):
        for b in range(starts_y):
            first = starts[starts_z + b] + y * step_y
            top = min(needed, max(0, -(first // step_y)))
            bottom = max(top, min(needed, -((first - rows) // step_y)))
            for c in range(starts_x):
                place = starts_z + starts_y + c
                left, begin = starts[place], starts[place + starts_x]
                end = starts[place + 2 * starts_x]
                for channel in range(channels):
                    for d in range(depths + halo_z):
                        place = (z + d) * step_z + starts[a]
                        row = ((channel * depth + place) * rows + first) * columns
                        o = at(out, channel * per_channel + d * plane)
                        origin = at(source, row + left)
                        low, high = (top, bottom) if 0 <= place < depth else (needed, needed)
                        if step_x == 1:
                            copy_rows(
                                o, pitch, needed, pitch, origin, step, low, high, begin, end, 1
                            )
                        elif step_x == 2:
                            copy_rows(
                                o, pitch, needed, pitch, origin, step, low, high, begin, end, 2
                            )
                        else:
                            for i in range(needed):
                                for j in range(pitch):
                                    inside = low <= i < high and begin <= j < end
                                    o[i * pitch + j] = (
                                        origin[i * step + j * step_x] if inside else 0
                                    )
                out = at(out, stack)


@inline
def tap_table(tap_distances, channels, per_channel):
    """Return the distances of the taps of so many channels."""
    taps = tap_distances.size
    table = np.empty(channels * taps, np.int64)
    for c in range(channels):
        for t in range(taps):
            table[c * taps + t] = c * per_channel + tap_distances[t]
    return table


@parallel
def pack_weights(w, packed, rows, channels, height, steps, tap_distances, begin, end):
    """Bring the weights of tiles [begin, end) into the order in which the tiles read them.

    A tile has `height` rows; the one that a group ends with is filled up with its last row.
    """
    group_step, row_step, channel_step = steps
    tiles, taps = (rows + height - 1) // height, tap_distances.size
    contiguous = taps > 0 and tap_distances[taps - 1] == taps - 1
    width = lanes(pointer(w))
    for item in range(begin, end):
        first = item % tiles * height
        valid = min(height, rows - first)
        origin = item // tiles * group_step + first * row_step
        place = item * channels * taps * height
        run, runs = (channels * taps, 1) if channel_step == taps else (taps, channels)
        if contiguous and height == ROWS:
            for c in range(runs):
                for t in range(0, run, width):
                    interleave_rows(
                        at(pointer(packed), place + (c * run + t) * height),
                        at(pointer(w), origin + c * channel_step + t), row_step, valid, run - t,
                    )  # fmt: skip
            continue
        for c in range(channels):
            for i in range(height):
                row = origin + c * channel_step + min(i, valid - 1) * row_step
                for t in range(taps):
                    packed[place + (c * taps + t) * height + i] = w[row + tap_distances[t]]


def _rows_of_tiles(vectors: int, masked: int) -> Callable[..., Any]:
    """Make the loop over the rows of a product whose columns are `vectors` vectors."""

    @inline
    def rows_of_tiles(out, ldo, bias, add, rows, w, w_step, x, x_taps, taps, rest):
        k = 0
        while k < rows:
            o, b, left = at(out, k * ldo), at(bias, k), rows - k
            if left > HALF_ROWS:
                product_tile(o, ldo, b, add, left, w, x, x_taps, taps, rest, ROWS, vectors, masked)
            else:
                product_tile(
                    o, ldo, b, add, left, w, x, x_taps, taps, rest, HALF_ROWS, vectors, masked
                )
            w = at(w, w_step)
            k += ROWS

    return rows_of_tiles


_all = _rows_of_tiles(VECTORS, 0)
_last_of_3, _last_of_2, _last_of_1 = (_rows_of_tiles(vectors, 1) for vectors in (3, 2, 1))


@inline
def product(out, ldo, bias, add, rows, w, w_step, x, x_taps, taps, length):
    """out[k*ldo + p] = bias[k] + sum over t < taps of the weights w times x[x_taps[t] + p].

    For k < rows and p < length; with `add` the sum is added to `out` instead. `w` is packed, with
    `w_step` from one tile to the next.
    """
    j, width = 0, lanes(out)
    while j < length:
        left = length - j
        o, moving = at(out, j), at(x, j)
        # Four vectors are cut into two and two.
        if left >= 3 * width and (left <= 3 * width or left > 4 * width):
            _all(o, ldo, bias, add, rows, w, w_step, moving, x_taps, taps, width)
            j += 3 * width
        elif left > 2 * width and left < 3 * width:
            _last_of_3(o, ldo, bias, add, rows, w, w_step, moving, x_taps, taps, left - 2 * width)
            j = length
        elif left > width:
            rest = min(width, left - width)
            _last_of_2(o, ldo, bias, add, rows, w, w_step, moving, x_taps, taps, rest)
            j += 2 * width
        else:
            _last_of_1(o, ldo, bias, add, rows, w, w_step, moving, x_taps, taps, left)
            j = length


def _over_rows(rows: int, height: int) -> Callable[..., Any]:
    """Make the loop over rows of positions for `rows` rows of weights."""

    @inline
    def over_rows(out, ldo, row_step, bias, add, rows_here, w, x, ldx, x_taps, taps, size, columns):
        width = lanes(out)
        for y in range(0, size, height):
            for j in range(0, columns, 2 * width):
                o, moving = at(out, y * row_step + j), at(x, y * ldx + j)
                left, valid = columns - j, size - y
                if left >= 2 * width:
                    row_tile(
                        o, ldo, row_step, bias, add, rows_here, valid, w, moving, ldx, x_taps,
                        taps, width, rows, height, 2, 0,
                    )  # fmt: skip
                elif left > width:
                    row_tile(
                        o, ldo, row_step, bias, add, rows_here, valid, w, moving, ldx, x_taps,
                        taps, left - width, rows, height, 2, 1,
                    )  # fmt: skip
                else:
                    row_tile(
                        o, ldo, row_step, bias, add, rows_here, valid, w, moving, ldx, x_taps,
                        taps, left, rows, height, 1, 1,
                    )  # fmt: skip

    return over_rows


_one_row, _few_rows = _over_rows(1, ROWS_OF_ONE), _over_rows(THIN_ROWS, ROWS_OF_FEW)


@inline
def thin_product(out, ldo, row_step, bias, add, rows, w, x, ldx, x_taps, taps, height, columns):
    """As `product` for few rows of weights, and `height` rows of positions.

    out[k*ldo + y*row_step + p] = bias[k] + sum over t < taps of the weights w times
    x[x_taps[t] + y*ldx + p].
    """
    if rows == 1:
        _one_row(out, ldo, row_step, bias, add, 1, w, x, ldx, x_taps, taps, height, columns)
    else:
        _few_rows(out, ldo, row_step, bias, add, rows, w, x, ldx, x_taps, taps, height, columns)
