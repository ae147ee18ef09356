"""Compiled gradients of a convolution's weight and bias (see `plan`)."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..jit import inline, native, parallel, part
from ..simd import at, lanes, load, load_first, pointer, splat, store, total
from ..threads import split
from ..tiles import ROWS, VECTORS, aligned
from .convolution import Pairs, Shape, check_conv
from .convolution import conv_bias_grad as _bias_grad
from .convolution import conv_weight_grad as _weight_grad
from .convolution_jit import compiled_for
from .plan import PIECES, ROWS_OF_PIECE, THIN_ROWS, plan_forward
from .planes_jit import fill_planes
from .tiles import dot_tile

# Units by which a row of the output's gradient is multiplied at a time: the rows of a tile stay in
# the first-level cache while all taps go by.
SPAN = 832

# Taps of the tiles of ROWS rows, of THIN_ROWS and of 1: as many sums as there are registers.
TAPS_OF_ALL, TAPS_OF_FEW, TAPS_OF_ONE = VECTORS, VECTORS * ROWS // THIN_ROWS, 9

# Rows of a piece of work: the planes that are copied for it serve so many.
MOST_ROWS = 128

# Groups of few channels that are worked on by turns, image by image, to read memory in order.
GROUPS_AT_ONCE = 8


def _dot_tiles(rows: int, tile_taps: int, packed: int) -> Callable[..., Any]:
    """Make the loop over the taps for `rows` rows of the output's gradient."""

    @inline
    def dot_tiles(sums, g, ldg, g_step, valid, x, x_step, x_taps, taps, count, length):
        for t in range(0, taps, tile_taps):
            dot_tile(
                sums, g, ldg, g_step, valid, x, x_step, at(x_taps, t), count, length, rows,
                tile_taps, packed,
            )  # fmt: skip
            sums = at(sums, tile_size(rows, tile_taps, lanes(sums)))

    return dot_tiles


_dots_of_all = _dot_tiles(ROWS, TAPS_OF_ALL, 1)
_dots_of_few = _dot_tiles(THIN_ROWS, TAPS_OF_FEW, 0)
_dots_of_one = _dot_tiles(1, TAPS_OF_ONE, 0)


@inline
def tile_size(rows, taps, width):
    """Return the memory for the sums of a tile: whole vectors."""
    return (rows * taps + width - 1) // width * width


@part
def _pack_rows(out, ldo, g, ldg, rows, length, zero):
    """Lay rows side by side, a vector of each: so a tile of ROWS rows reads on and on.

    `ldo` is the distance between tiles. Rows that the last one lacks are not written.
    """
    width = lanes(out)
    for k in range(rows):
        row, place = at(g, k * ldg), at(out, k // ROWS * ldo + k % ROWS * width)
        whole = length - length % width
        for p in range(0, whole, width):
            store(load(row, p), place, p * ROWS)
        if whole < length:
            store(load_first(row, whole, length - whole, zero), place, whole * ROWS)


@inline
def _thin_products(sums, g, g_steps, x, plane, pitch, table, taps, rows, depths, height, columns):
    """Add the products of few rows of `g`, band row by band row."""
    ldg, out_plane = g_steps
    for d in range(depths):
        left, right = at(g, d * out_plane), at(x, d * plane)
        if rows == 1:
            _dots_of_one(sums, left, ldg, columns, 1, right, pitch, table, taps, height, columns)
        else:
            _dots_of_few(sums, left, ldg, columns, rows, right, pitch, table, taps, height, columns)


@inline
def _products(
    sums, tile_step, g, g_steps, packed, run, together, x, x_step, table, taps, rows, images,
    depths, length, zero,
):  # fmt: skip
    """Add the products of many rows of `g`, `together` runs of units at a time."""
    ldg, out_plane, image_step = g_steps
    for m in range(images):
        for d in range(depths):
            _pack_rows(
                at(packed, (m + d) * run), together * run, at(g, m * image_step + d * out_plane),
                ldg, rows, length, zero,
            )  # fmt: skip
    for tile in range((rows + ROWS - 1) // ROWS):
        _dots_of_all(
            at(sums, tile * tile_step), at(packed, tile * together * run), lanes(x), run,
            min(ROWS, rows - tile * ROWS), x, x_step, table, taps, images * depths, length,
        )  # fmt: skip


@parallel
def _weight_products(
    g, x, out, channels, shape, planes, units, starts, tap_distances, cut, begin, end
):
    """Compute pieces [begin, end): few groups, rows and channels, summed over a part of the images.

    `out` holds a gradient for each part. `cut` holds the numbers of images, of those in a part, of
    groups and of rows in a piece, of images multiplied at a time, and the rows and taps of a tile.
    """
    groups, depth, rows, block = channels
    in_place, _, _, _, _, _, pitch, plane, _, per_channel = planes
    unit_depth, unit_rows, columns, depths, band, _, _ = units
    images, share, piece_groups, piece, at_once, tile_rows, tile_taps = cut
    taps, blocks, cuts = tap_distances.size, -(-depth // block), -(-rows // piece)
    volume, out_plane = shape[0] * shape[1] * shape[2], unit_rows * columns
    out_volume, planes_size = unit_depth * out_plane, block * per_channel
    image_step = groups * depth * volume
    x_step = plane if at_once == 1 else image_step if in_place else planes_size
    width, together, thin = lanes(pointer(x)), at_once * depths, rows <= THIN_ROWS
    size = tile_size(tile_rows, tile_taps, width)
    tile_step = -(-(block * taps) // tile_taps) * size
    group_step = -(-piece // tile_rows) * tile_step
    run = -(-(band * columns) // width) * width * ROWS
    sums = np.empty(piece_groups * group_step, x.dtype)
    memory = np.empty(0 if in_place else at_once * planes_size + width, x.dtype)
    packed = np.empty(0 if thin else together * -(-piece // ROWS) * run + width, x.dtype)
    table = np.empty(block * taps + tile_taps, np.int64)
    turns, zero = -(-groups // piece_groups), x.dtype.type(0)
    for item in range(begin, end):
        # Taken here, since Numba frees an array after its last use by name: inside, that is after
        # the loop.
        rows_of_g, planes_of_x = aligned(packed), aligned(memory)
        c, number = item % blocks * block, item // blocks
        first, number = number % cuts * piece, number // cuts
        group, part_number = number % turns * piece_groups, number // turns
        here, count = min(block, depth - c), min(piece, rows - first)
        groups_here, terms = min(piece_groups, groups - group), here * taps
        for t in range(table.size):
            tap = min(t, terms - 1)
            table[t] = tap // taps * per_channel + tap_distances[tap % taps]
        sums[:] = 0
        last = min(images, part_number * share + share)
        for n in range(part_number * share, last, at_once):
            for z in range(0, unit_depth, depths):
                for y in range(0, unit_rows, band):
                    images_here, depths_here = min(at_once, last - n), min(depths, unit_depth - z)
                    height = min(band, unit_rows - y)
                    for u in range(groups_here):
                        image = n * groups + group + u
                        from_x = at(pointer(x), (image * depth + c) * volume)
                        if in_place:
                            from_x = at(from_x, z * plane + y * pitch)
                        else:
                            for m in range(images_here):
                                fill_planes(
                                    at(planes_of_x, m * planes_size), at(from_x, m * image_step),
                                    here, shape, planes, pointer(starts), z, y, depths_here, height,
                                )  # fmt: skip
                            from_x = planes_of_x
                        place = (image * rows + first) * out_volume + z * out_plane + y * columns
                        from_g, s = at(pointer(g), place), at(pointer(sums), u * group_step)
                        if thin:
                            _thin_products(
                                s, from_g, (out_volume, out_plane), from_x, plane, pitch,
                                pointer(table), terms, rows, depths_here, height, columns,
                            )  # fmt: skip
                        else:
                            _products(
                                s, tile_step, from_g,
                                (out_volume, out_plane, groups * rows * out_volume), rows_of_g,
                                run, together, from_x, x_step, pointer(table), terms, count,
                                images_here, depths_here, height * columns, zero,
                            )  # fmt: skip
        for u in range(groups_here):
            for k in range(count):
                line = (part_number * groups + group + u) * rows + first + k
                line = (line * depth + c) * taps
                row = u * group_step + k // tile_rows * tile_step + k % tile_rows * tile_taps
                for t in range(terms):
                    out[line + t] = sums[row + t // tile_taps * size + t % tile_taps]


def conv_weight_grad(
    g: np.ndarray,
    x: np.ndarray,
    weight_shape: Shape,
    stride: int | Shape = 1,
    padding: int | Pairs = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> np.ndarray:
    geometry = check_conv(
        "conv_weight_grad", x.shape, tuple(weight_shape), g.shape, stride, padding, dilation, groups
    )
    if not compiled_for(g, x) or 0 in geometry.w_shape:
        return _weight_grad.reference(g, x, weight_shape, stride, padding, dilation, groups)
    layout = plan_forward(geometry, SPAN)
    groups, channels, rows, block = layout.channels
    depth, height, columns, _, band, _, _ = layout.units
    images, at_once, groups_at_once = len(x), 1, 1
    if rows <= THIN_ROWS:
        tile = (1, TAPS_OF_ONE) if rows == 1 else (THIN_ROWS, TAPS_OF_FEW)
        groups_at_once = min(groups, GROUPS_AT_ONCE)
    else:
        tile = (ROWS, TAPS_OF_ALL)
        if depth == 1 and band == height:
            at_once = max(1, min(images, SPAN // (height * columns)))
    piece = min(rows, MOST_ROWS)
    pieces = -(-groups // groups_at_once) * -(-channels // block)
    parts = min(images, -(-PIECES // (pieces * -(-rows // piece))))
    while pieces * parts * -(-rows // piece) < PIECES and piece > ROWS_OF_PIECE:
        piece //= 2
    share = -(-images // parts)
    parts = -(-images // share)
    dw = np.empty((parts, *geometry.w_shape), x.dtype)
    split(
        _weight_products,
        (
            native(g).reshape(-1), native(x).reshape(-1), dw.reshape(-1), layout.channels,
            layout.source, layout.planes, layout.units, layout.starts, layout.source_taps,
            (images, share, groups_at_once, piece, at_once, *tile),
        ),
        pieces * parts * -(-rows // piece),
        layout.work * images,
    )  # fmt: skip
    return dw[0] if parts == 1 else dw.sum(axis=0)


@parallel
def _sum_channels(g, out, images, length, begin, end):
    """out[k] = the sum of channel k of `g` over images and places, for begin <= k < end."""
    channels, zero = out.size, g.dtype.type(0)
    for k in range(begin, end):
        a = b = c = d = splat(g, zero)
        for n in range(images):
            row = at(pointer(g), (n * channels + k) * length)
            width = lanes(row)
            whole = length - length % (4 * width)
            for i in range(0, whole, 4 * width):
                a = a + load(row, i)
                b = b + load(row, i + width)
                c = c + load(row, i + 2 * width)
                d = d + load(row, i + 3 * width)
            for i in range(whole, length, width):
                a = a + load_first(row, i, length - i, zero)
        out[k] = total((a + b) + (c + d))


def conv_bias_grad(g: np.ndarray) -> np.ndarray:
    if not g.size:
        return _bias_grad.reference(g)
    out = np.empty(g.shape[1], g.dtype)
    length = g.size // (g.shape[0] * g.shape[1])
    split(_sum_channels, (native(g).reshape(-1), out, g.shape[0], length), len(out), 4 * g.size)
    return out
