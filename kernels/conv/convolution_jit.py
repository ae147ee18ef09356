"""Compiled convolution: padded planes, shifted rows and register tiles (see `plan`)."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..jit import inline, jit, native
from ..simd import at, lanes, pointer
from ..threads import split
from ..tiles import HALF_ROWS, ROWS, VECTORS, dot_tile, move_row
from .convolution import Padding, Pair, Shape, check_bias, check_conv
from .convolution import conv_forward as _forward
from .convolution import conv_input_grad as _input_grad
from .convolution import conv_weight_grad as _weight_grad
from .plan import Plan, plan_forward, plan_input_grad
from .shifted_jit import product, scratch, whole_vectors

# Channels whose shifted rows under one tile stay in the first-level cache (48 KiB).
CHANNEL_BLOCK = 32

# Elements that a row of the output's gradient is multiplied by at a time: ROWS such rows stay in
# the first-level cache while all taps go by.
SPAN = 768


@inline
def _pad(source, count, sizes, row_residues, column_residues, padded, nothing):
    """Copy `count` planes into the phases of padded planes.

    Written are the places that have a source; the others keep the zeros that they hold.
    """
    _, _, _, height, width, top, left, step_h, step_w, plane_rows, pitch, _, _, _ = sizes
    for plane in range(count):
        for a in row_residues:
            first_row = max(0, -((a - top) // step_h))
            last_row = min(plane_rows, (height + top - a + step_h - 1) // step_h)
            for b in column_residues:
                begin = max(0, -((b - left) // step_w))
                end = min(pitch, (width + left - b + step_w - 1) // step_w)
                for row in range(first_row, last_row):
                    place = at(padded, row * pitch + begin)
                    y, x = row * step_h + a - top, begin * step_w + b - left
                    origin = at(source, (plane * height + y) * width + x)
                    if step_w == 1:
                        move_row(place, origin, end - begin, nothing)
                    else:
                        for column in range(end - begin):
                            place[column] = origin[column * step_w]
                padded = at(padded, plane_rows * pitch)


@jit
def _shifted_products(
    source, weight, bias, out, out_shape, sizes, row_residues, column_residues, phases,
    source_taps, weight_taps, padded, result, begin, end,
):  # fmt: skip
    """Fill out[begin:end]: per phase the product of weights and shifted planes, plus the bias."""
    groups, channels, rows, height, width, _, _, _, _, _, pitch, write_h, write_w, ldw = sizes
    out_height, out_width = out_shape
    source_data, weight_data, out_data = pointer(source), pointer(weight), pointer(out)
    padded_data, result_data = pointer(padded), pointer(result)
    nothing = source.dtype.type(-0.0)  # added, it changes nothing
    for item in range(begin * groups, end * groups):
        group = item % groups
        _pad(
            at(source_data, item * channels * height * width), channels, sizes, row_residues,
            column_residues, padded_data, nothing,
        )  # fmt: skip
        for phase in range(len(phases)):
            first, last, out_rows = phases[phase, 0], phases[phase, 1], phases[phase, 2]
            out_columns, y0, x0 = phases[phase, 3], phases[phase, 4], phases[phase, 5]
            length = (out_rows - 1) * pitch + out_columns
            lead = (length + lanes(result_data) - 1) // lanes(result_data) * lanes(result_data)
            product(
                result_data, lead, rows, at(weight_data, group * (weight.size // groups)), ldw,
                at(pointer(weight_taps), first), padded_data, at(pointer(source_taps), first),
                last - first, CHANNEL_BLOCK * max(1, (last - first) // channels),
            )  # fmt: skip
            for k in range(rows):
                b = bias[group * rows + k]
                for y in range(out_rows):
                    line = at(result_data, k * lead + y * pitch)
                    row = (item * rows + k) * out_height + y0 + y * write_h
                    o = at(out_data, row * out_width + x0)
                    if write_w == 1:
                        move_row(o, line, out_columns, b)
                    else:
                        for x in range(out_columns):
                            o[x * write_w] = line[x] + b


def _dot_rows(rows: int) -> Callable[..., Any]:
    """Make the loop over the taps for `rows` rows of the output's gradient."""

    @inline
    def dot_rows(out, taps, g, ldg, g_step, x, x_step, x_taps, count, length):
        t = 0
        while t + VECTORS <= taps:
            dot_tile(
                at(out, t), taps, g, ldg, g_step, x, x_step, at(x_taps, t), count, length, rows,
                VECTORS,
            )  # fmt: skip
            t += VECTORS
        while t < taps:
            dot_tile(
                at(out, t), taps, g, ldg, g_step, x, x_step, at(x_taps, t), count, length, rows, 1
            )
            t += 1

    return dot_rows


_dots_of_all, _dots_of_half, _dots_of_one = (_dot_rows(rows) for rows in (ROWS, HALF_ROWS, 1))


@jit
def _weight_products(
    g, x, out, g_shape, sizes, row_residues, column_residues, source_taps, batch, padded, spread,
    begin, end,
):  # fmt: skip
    """Add to the row tiles [begin, end) of the gradient; a tile is ROWS output channels of a group.

    `spread` holds the output's gradient with rows as long as those of the padded planes, zeros
    between them, so that one dot product runs over the whole plane.
    """
    groups, channels, rows, height, width, _, _, _, _, plane_rows, pitch, _, _, _ = sizes
    images, out_rows, out_columns, out_height, lead = g_shape
    g_data, x_data, out_data, taps = pointer(g), pointer(x), pointer(out), source_taps.size
    padded_data, spread_data, tap_data = pointer(padded), pointer(spread), pointer(source_taps)
    planes = channels * row_residues.size * column_residues.size * plane_rows * pitch
    step = out_height * lead
    tiles = (rows + ROWS - 1) // ROWS
    nothing = g.dtype.type(-0.0)
    for group in range(begin // tiles, (end - 1) // tiles + 1):
        first = max(0, begin - group * tiles) * ROWS
        last = min(rows, (end - group * tiles) * ROWS)
        for n in range(0, images, batch):
            count = min(batch, images - n)
            for m in range(count):
                item = (n + m) * groups + group
                _pad(
                    at(x_data, item * channels * height * width), channels, sizes, row_residues,
                    column_residues, at(padded_data, m * planes), nothing,
                )  # fmt: skip
                for k in range(first, last):
                    for y in range(out_rows):
                        place = at(spread_data, m * step + k * lead + y * pitch)
                        row = (item * rows + k) * out_rows + y
                        move_row(place, at(g_data, row * out_columns), out_columns, nothing)
            for k in range(first, last, ROWS):
                o = at(out_data, (group * out_height + k) * taps)
                for p in range(0, lead, SPAN):
                    left, right = at(spread_data, k * lead + p), at(padded_data, p)
                    span = min(SPAN, lead - p)
                    if last - k > HALF_ROWS:
                        _dots_of_all(
                            o, taps, left, lead, step, right, planes, tap_data, count, span
                        )
                    elif last - k > 1:
                        _dots_of_half(
                            o, taps, left, lead, step, right, planes, tap_data, count, span
                        )
                    else:
                        _dots_of_one(
                            o, taps, left, lead, step, right, planes, tap_data, count, span
                        )


def _compiled_for(*arrays: np.ndarray) -> bool:
    """Say whether the loops can take these: nothing empty, and all of one dtype."""
    return all(array.size and array.dtype == arrays[0].dtype for array in arrays)


def _apply(
    plan: Plan, source: np.ndarray, w: np.ndarray, bias: np.ndarray | None, out: np.ndarray
) -> np.ndarray:
    """Fill `out` by `_shifted_products`, images in parallel."""
    if bias is None:
        bias = np.zeros(out.shape[1], out.dtype)
    source, w, bias, flat = (native(array).reshape(-1) for array in (source, w, bias, out))
    out_shape, dtype = out.shape[2:], out.dtype
    rows_of_tiles = plan.sizes[2] + ROWS

    def run(begin: int, end: int) -> None:
        _shifted_products(
            source, w, bias, flat, out_shape, plan.sizes, plan.row_residues, plan.column_residues,
            plan.phases, plan.source_taps, plan.weight_taps, scratch(plan.padded, dtype),
            scratch(rows_of_tiles * whole_vectors(plan.longest, dtype), dtype), begin, end,
        )  # fmt: skip

    split(run, (), len(out), plan.work * len(out))
    return out


def conv_forward(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    options = (stride, padding, dilation, groups)
    size = check_conv("conv_forward", x.shape, w.shape, None, *options)
    check_bias(w.shape, bias)
    if not _compiled_for(x, w, w if bias is None else bias):
        return _forward.reference(x, w, bias, *options)
    plan = plan_forward(x.shape[1:], w.shape, size, *options)
    return _apply(plan, x, w, bias, np.empty((len(x), len(w), *size), x.dtype))


def conv_input_grad(
    g: np.ndarray,
    w: np.ndarray,
    input_shape: Shape,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    input_shape, options = tuple(input_shape), (stride, padding, dilation, groups)
    check_conv("conv_input_grad", input_shape, w.shape, g.shape, *options)
    dx = np.empty(input_shape, g.dtype)
    if not _compiled_for(g, w, dx):
        return _input_grad.reference(g, w, input_shape, *options)
    plan = plan_input_grad(g.shape[1:], w.shape, input_shape[1:], *options)
    return _apply(plan, g, w, None, dx)


def conv_weight_grad(
    g: np.ndarray,
    x: np.ndarray,
    weight_shape: Shape,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    weight_shape, options = tuple(weight_shape), (stride, padding, dilation, groups)
    size = check_conv("conv_weight_grad", x.shape, weight_shape, g.shape, *options)
    if not _compiled_for(g, x):
        return _weight_grad.reference(g, x, weight_shape, *options)
    plan = plan_forward(x.shape[1:], weight_shape, size, *options)
    dtype, rows, images = x.dtype, plan.sizes[2], len(x)
    lead = whole_vectors(plan.longest, dtype)
    batch = max(1, min(images, SPAN // lead))
    # A tile with idle rows writes them, so there must be room for them.
    tiles = -(-rows // ROWS)
    height = 1 if rows == 1 else tiles * ROWS
    dw = np.zeros((groups, height, plan.source_taps.size), dtype)
    flat_g, flat_x, flat = (native(array).reshape(-1) for array in (g, x, dw))

    def run(begin: int, end: int) -> None:
        _weight_products(
            flat_g, flat_x, flat, (images, *size, height, lead), plan.sizes, plan.row_residues,
            plan.column_residues, plan.source_taps, batch, scratch(batch * plan.padded, dtype),
            scratch(batch * height * lead, dtype), begin, end,
        )  # fmt: skip

    split(run, (), groups * tiles, plan.work * images)
    return dw[:, :rows].reshape(weight_shape)
