"""Compiled convolution: padded planes, shifted rows and register tiles (see `conv_plan`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .conv import Padding, Pair, Shape, check_conv
from .conv import conv_forward as _forward
from .conv import conv_input_grad as _input_grad
from .conv import conv_weight_grad as _weight_grad
from .conv_plan import Plan, plan_forward, plan_input_grad
from .jit import VECTOR_BYTES, inline, jit, native
from .threads import split
from .vector import HALF_ROWS, ROWS, VECTORS, dot_tile, move_row, product_tile

# Channels whose shifted rows under one tile stay in the first-level cache (48 KiB).
CHANNEL_BLOCK = 32

# Elements of a row of the output's gradient that are multiplied at a time: ROWS of them stay in
# the first-level cache while all taps go by.
SPAN = 768


@inline
def aligned(size, dtype):
    """Return zeros that begin at a multiple of the vectors' size, for loads within cache lines."""
    buffer = np.zeros(size + VECTOR_BYTES, dtype)
    first = (VECTOR_BYTES - buffer.ctypes.data % VECTOR_BYTES) % VECTOR_BYTES // buffer.itemsize
    return buffer[first:]


@inline
def pad_planes(source, plane0, count, height, width, sizes, row_residues, column_residues, padded, start):
    """Copy `count` planes into phases of padded planes.

    Written are the places that have a source; the others keep the zeros that they hold.
    """
    top, left, step_h, step_w, plane_rows, pitch = sizes[5], sizes[6], sizes[7], sizes[8], sizes[9], sizes[10]
    zero = source.dtype.type(0)
    for plane in range(plane0, plane0 + count):
        for a in row_residues:
            row_begin = max(0, -((a - top) // step_h))
            row_end = min(plane_rows, (height + top - a + step_h - 1) // step_h)
            for b in column_residues:
                begin = max(0, -((b - left) // step_w))
                end = min(pitch, (width + left - b + step_w - 1) // step_w)
                for row in range(row_begin, row_end):
                    place = start + row * pitch
                    origin = (plane * height + row * step_h + a - top) * width + b - left
                    if step_w == 1:
                        move_row(padded, place + begin, source, origin + begin, end - begin, zero)
                    else:
                        for column in range(begin, end):
                            padded[place + column] = source[origin + column * step_w]
                start += plane_rows * pitch


def _product_rows(vectors: int) -> Callable[..., Any]:
    @inline
    def product_rows(scratch, o, lead, rows, weight, w0, ldw, weight_taps, padded, x0, source_taps, begin, end, add):
        for k in range(0, rows, ROWS):
            left = rows - k
            if left > HALF_ROWS:
                product_tile(scratch, o + k * lead, lead, weight, w0 + k * ldw, ldw, left, weight_taps, padded, x0, source_taps, begin, end, add, ROWS, vectors)
            elif left > 1:
                product_tile(scratch, o + k * lead, lead, weight, w0 + k * ldw, ldw, left, weight_taps, padded, x0, source_taps, begin, end, add, HALF_ROWS, vectors)
            else:
                product_tile(scratch, o + k * lead, lead, weight, w0 + k * ldw, ldw, left, weight_taps, padded, x0, source_taps, begin, end, add, 1, vectors)
    return product_rows

_product_rows_1, _product_rows_2, _product_rows_3 = (_product_rows(v) for v in (1, 2, 3))

@inline
def multiply(scratch, lead, rows, weight, w0, ldw, weight_taps, padded, source_taps, first, last, block):
    """scratch[k, p] = sum over taps t of weight[k, t] * padded[source_taps[t] + p]."""
    lanes = VECTOR_BYTES // scratch.itemsize
    for begin in range(first, last, block):
        end = min(last, begin + block)
        add = begin > first
        j = 0
        while j + VECTORS * lanes <= lead:
            _product_rows_3(scratch, j, lead, rows, weight, w0, ldw, weight_taps, padded, j, source_taps, begin, end, add)
            j += VECTORS * lanes
        if j + 2 * lanes == lead:
            _product_rows_2(scratch, j, lead, rows, weight, w0, ldw, weight_taps, padded, j, source_taps, begin, end, add)
        elif j + lanes == lead:
            _product_rows_1(scratch, j, lead, rows, weight, w0, ldw, weight_taps, padded, j, source_taps, begin, end, add)


@jit
def gather(source, weight, bias, out, out_height, out_width, sizes, row_residues, column_residues, phases, source_taps, weight_taps, begin, end):
    """Fill out[begin:end]: for each phase, the product of weights and shifted planes, plus bias."""
    groups, channels, rows, height, width = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    plane_rows, pitch, write_h, write_w, ldw = sizes[9], sizes[10], sizes[11], sizes[12], sizes[13]
    lanes = VECTOR_BYTES // source.itemsize
    planes = channels * row_residues.size * column_residues.size
    padded = aligned(planes * plane_rows * pitch + lanes, source.dtype)
    widest = 0
    for phase in range(phases.shape[0]):
        widest = max(widest, (phases[phase, 2] - 1) * pitch + phases[phase, 3])
    scratch = aligned((rows + ROWS) * (widest + lanes), source.dtype)
    for n in range(begin, end):
        for group in range(groups):
            pad_planes(source, (n * groups + group) * channels, channels, height, width, sizes, row_residues, column_residues, padded, 0)
            for phase in range(phases.shape[0]):
                first, last, out_rows, out_columns = phases[phase, 0], phases[phase, 1], phases[phase, 2], phases[phase, 3]
                y0, x0 = phases[phase, 4], phases[phase, 5]
                length = (out_rows - 1) * pitch + out_columns
                lead = (length + lanes - 1) // lanes * lanes
                if last == first:
                    scratch[: rows * lead] = 0
                block = CHANNEL_BLOCK * max(1, (last - first) // channels)
                multiply(scratch, lead, rows, weight, group * (weight.size // groups), ldw, weight_taps, padded, source_taps, first, last, block)
                for k in range(rows):
                    channel = group * rows + k
                    b = bias[channel]
                    for y in range(out_rows):
                        place = k * lead + y * pitch
                        o = (((n * groups + group) * rows + k) * out_height + y0 + y * write_h) * out_width + x0
                        if write_w == 1:
                            move_row(out, o, scratch, place, out_columns, b)
                        else:
                            for x in range(out_columns):
                                out[o + x * write_w] = scratch[place + x] + b


def _dot_rows(rows: int) -> Callable[..., Any]:
    @inline
    def dot_rows(out, o, taps, spread, s0, lead, s_step, padded, x0, x_step, source_taps, count, length):
        t = 0
        while t + VECTORS <= taps:
            dot_tile(out, o + t, taps, spread, s0, lead, s_step, padded, x0, x_step, source_taps, t, count, length, rows, VECTORS)
            t += VECTORS
        while t < taps:
            dot_tile(out, o + t, taps, spread, s0, lead, s_step, padded, x0, x_step, source_taps, t, count, length, rows, 1)
            t += 1
    return dot_rows
_dot_rows_8,_dot_rows_4,_dot_rows_1 = (_dot_rows(r) for r in (ROWS,HALF_ROWS,1))

@jit
def scatter_weight(g, x, out, images, out_rows, out_columns, sizes, row_residues, column_residues, source_taps, batch, begin, end):
    """Fill the row tiles [begin, end) of the gradient; a tile is ROWS output channels of a group."""
    groups, channels, rows, height, width = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    plane_rows, pitch = sizes[9], sizes[10]
    lanes = VECTOR_BYTES // x.itemsize
    taps = source_taps.size
    planes = channels * row_residues.size * column_residues.size * plane_rows * pitch
    length = ((out_rows - 1) * pitch + out_columns + lanes - 1) // lanes * lanes
    tiles = (rows + ROWS - 1) // ROWS
    padded_rows = out.size // (groups * taps)
    padded = aligned(batch * planes + lanes, x.dtype)
    spread = aligned(batch * padded_rows * length, g.dtype)
    zero = g.dtype.type(0)
    for group in range(begin // tiles, (end - 1) // tiles + 1):
        k_begin = max(0, begin - group * tiles) * ROWS
        k_end = min(rows, (end - group * tiles) * ROWS)
        for n in range(0, images, batch):
            count = min(batch, images - n)
            for m in range(count):
                pad_planes(x, ((n + m) * groups + group) * channels, channels, height, width, sizes, row_residues, column_residues, padded, m * planes)
                for k in range(k_begin, k_end):
                    for row in range(out_rows):
                        move_row(spread, (m * padded_rows + k) * length + row * pitch, g, ((((n + m) * groups + group) * rows + k) * out_rows + row) * out_columns, out_columns, zero)
            for k in range(k_begin, k_end, ROWS):
                o = (group * padded_rows + k) * taps
                for p in range(0, length, SPAN):
                    span = min(SPAN, length - p)
                    if k_end - k > HALF_ROWS:
                        _dot_rows_8(out, o, taps, spread, k * length + p, length, padded_rows * length, padded, p, planes, source_taps, count, span)
                    elif k_end - k > 1:
                        _dot_rows_4(out, o, taps, spread, k * length + p, length, padded_rows * length, padded, p, planes, source_taps, count, span)
                    else:
                        _dot_rows_1(out, o, taps, spread, k * length + p, length, padded_rows * length, padded, p, planes, source_taps, count, span)


def _run(plan: Plan, source: np.ndarray, w: np.ndarray, bias: np.ndarray | None, out: np.ndarray) -> np.ndarray:
    if bias is None:
        bias = np.zeros(out.shape[1], out.dtype)
    split(
        gather, len(out), plan.work * len(out), native(source).reshape(-1), native(w).reshape(-1), native(bias), out.reshape(-1),
        *out.shape[2:], *plan[:6],
    )  # fmt: skip
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
    rows, columns = check_conv("conv_forward", x.shape, w.shape, None, stride, padding, dilation, groups)
    if not x.size or not w.size:
        return _forward.reference(x, w, bias, stride, padding, dilation, groups)
    plan = plan_forward((1, *x.shape[1:]), w.shape, (rows, columns), stride, padding, dilation, groups)
    return _run(plan, x, w, bias, np.empty((len(x), len(w), rows, columns), x.dtype))


def conv_input_grad(
    g: np.ndarray,
    w: np.ndarray,
    input_shape: Shape,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    check_conv("conv_input_grad", input_shape, w.shape, g.shape, stride, padding, dilation, groups)
    if not g.size or not w.size:
        return _input_grad.reference(g, w, input_shape, stride, padding, dilation, groups)
    plan = plan_input_grad((1, *g.shape[1:]), w.shape, (1, *input_shape[1:]), stride, padding, dilation, groups)
    return _run(plan, g, w, None, np.empty(input_shape, g.dtype))


def conv_weight_grad(
    g: np.ndarray,
    x: np.ndarray,
    weight_shape: Shape,
    stride: Pair = (1, 1),
    padding: Padding = ((0, 0), (0, 0)),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    out = check_conv("conv_weight_grad", x.shape, weight_shape, g.shape, stride, padding, dilation, groups)
    if not g.size or not x.size:
        return _weight_grad.reference(g, x, weight_shape, stride, padding, dilation, groups)
    plan = plan_forward((1, *x.shape[1:]), tuple(weight_shape), out, stride, padding, dilation, groups)
    rows = int(plan.sizes[2])
    tiles = -(-rows // ROWS)
    padded_rows = rows if rows == 1 else tiles * ROWS
    dw = np.zeros((groups, padded_rows, plan.source_taps.size), x.dtype)
    plane = int(plan.sizes[9] * plan.sizes[10])
    batch = min(len(x), max(1, SPAN // plane))
    split(
        scatter_weight, groups * tiles, plan.work * len(x), native(g).reshape(-1), native(x).reshape(-1), dw.reshape(-1),
        len(g), *out, *plan[:3], plan.source_taps, batch,
    )  # fmt: skip
    return dw[:, :rows].reshape(weight_shape)
