"""Compiled convolution: forward and gradient of the input (see `plan`)."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..gemm.epilogue_jit import finish
from ..gemm.products import ACTIVATIONS
from ..jit import inline, native, parallel
from ..simd import at, lanes, pointer
from ..threads import split
from ..tiles import ROWS, aligned
from .convolution import Pairs, Shape, check_conv, check_epilogue
from .convolution import conv_forward as _forward
from .convolution import conv_input_grad as _input_grad
from .plan import THIN_ROWS, Layout, plan_forward, plan_input_grad
from .planes_jit import (
    fill_planes,
    pack_weights,
    product,
    tap_table,
    thin_product,
)


@inline
def _finish(out, lead, z_step, rows, depths, length, activation, bias, residual):
    """Apply an activation to what a piece has written, and add the residual where there is one."""
    for d in range(depths):
        place = at(pointer(residual), d * z_step) if residual.size else pointer(residual)
        epilogue = (activation, bias, False, place, residual.size > 0, lead)
        finish(at(out, d * z_step), lead, rows, length, epilogue)


@inline
def _scatter(out, target, row, z, y, result, lead, z_step, rows, depths, height, columns):
    """Write a piece to the places of a layout that does not write all."""
    out_depth, out_rows, out_columns, z0, y0, x0, write_z, write_y, write_x = target
    for k in range(rows):
        for d in range(depths):
            for i in range(height):
                line = ((row + k) * out_depth + z0 + (z + d) * write_z) * out_rows
                line = (line + y0 + (y + i) * write_y) * out_columns + x0
                origin = k * lead + d * z_step + i * columns
                for j in range(columns):
                    out[line + j * write_x] = result[origin + j]


@parallel
def _correlate(
    source, packed, bias, out, epilogue, channels, shape, planes, units, target, starts,
    tap_distances, begin, end,
):  # fmt: skip
    """Compute pieces [begin, end) of a layout; one is a band of units and a piece of the rows.

    `epilogue` is None, or the number of an activation and the residual, perhaps empty.
    """
    groups, depth, rows, block, tile_rows = channels
    in_place, _, _, _, _, _, pitch, plane, _, per_channel = planes
    unit_depth, unit_rows, columns, depths, band, piece, pieces = units
    out_depth, out_rows, out_columns, _, _, _, write_z, write_y, write_x = target
    taps, bands, cuts = tap_distances.size, -(-unit_rows // band), -(-rows // piece)
    volume, out_volume = shape[0] * shape[1] * shape[2], out_depth * out_rows * out_columns
    direct = write_z * write_y * write_x == 1
    z_step = out_rows * out_columns if direct else band * columns
    lead = out_volume if direct else depths * z_step
    tiles, tile_step = -(-rows // tile_rows), tile_rows * depth * taps
    table = tap_table(tap_distances, block, per_channel)
    memory = np.empty(0 if in_place else block * per_channel + lanes(pointer(source)), source.dtype)
    result = np.empty(0 if direct else piece * lead, source.dtype)
    for item in range(begin, end):
        # Taken here, since Numba frees an array after its last use by name: inside, that is after
        # the loop.
        o, x_taps, copies = pointer(result), pointer(table), aligned(memory)
        image, number = item // pieces, item % pieces
        first, number = number % cuts * piece, number // cuts
        y, z = number % bands * band, number // bands * depths
        count, height = min(piece, rows - first), min(band, unit_rows - y)
        depths_here = min(depths, unit_depth - z)
        group, row = image % groups, image * rows + first
        place = row * out_volume + (z * out_rows + y) * out_columns
        if direct:
            o = at(pointer(out), place)
        b = at(pointer(bias), group * rows + first)
        w = at(pointer(packed), (group * tiles + first // tile_rows) * tile_step)
        for c in range(0, depth, block):
            channels_here = min(block, depth - c)
            x = at(pointer(source), (image * depth + c) * volume)
            if in_place:
                x = at(x, z * plane + y * pitch)
            else:
                fill_planes(
                    copies,
                    x,
                    channels_here,
                    shape,
                    planes,
                    pointer(starts),
                    z,
                    y,
                    depths_here,
                    height,
                )
                x = copies
            left, terms, add = at(w, c * taps * tile_rows), channels_here * taps, c > 0
            for d in range(depths_here):
                target_here, right = at(o, d * z_step), at(x, d * plane)
                if rows <= THIN_ROWS:
                    thin_product(
                        target_here, lead, columns, b, add, count, left, right, pitch, x_taps,
                        terms, height, columns,
                    )  # fmt: skip
                else:
                    product(
                        target_here, lead, b, add, count, left, tile_step, right, x_taps, terms,
                        height * columns,
                    )  # fmt: skip
        if epilogue is not None:
            activation, residual = epilogue
            _finish(
                o, lead, z_step, count, depths_here, height * columns, activation, b,
                residual[place:] if residual.size else residual,
            )  # fmt: skip
        if not direct:
            _scatter(
                out, target, row, z, y, result, lead, z_step, count, depths_here, height, columns
            )


def compiled_for(*arrays: np.ndarray) -> bool:
    """Say whether the loops can take these: nothing empty, and all of one dtype."""
    return all(array.size and array.dtype == arrays[0].dtype for array in arrays)


def _apply(
    layout: Layout,
    source: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray,
    out: np.ndarray,
    epilogue: tuple[int, np.ndarray] | None = None,
) -> None:
    """Fill the places of `out` that a layout writes."""
    groups, channels, rows, _ = layout.channels
    images, taps = len(out), layout.weight_taps.size
    height = ROWS if rows > THIN_ROWS else 1 if rows == 1 else THIN_ROWS
    tiles = groups * -(-rows // height)
    packed = np.empty(tiles * height * channels * taps, w.dtype)
    split(
        pack_weights,
        (
            native(w).reshape(-1),
            packed,
            rows,
            channels,
            height,
            layout.weight_steps,
            layout.weight_taps,
        ),
        tiles,
        packed.size,
    )
    split(
        _correlate,
        (
            native(source).reshape(-1), packed, bias, out.reshape(-1), epilogue,
            (*layout.channels, height), layout.source, layout.planes, layout.units, layout.target,
            layout.starts, layout.source_taps,
        ),
        images * groups * layout.units[-1],
        layout.work * images,
    )  # fmt: skip


def conv_forward(
    x: np.ndarray,
    w: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Shape = 1,
    padding: int | Pairs = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
    activation: str | None = None,
    residual: np.ndarray | None = None,
) -> np.ndarray:
    geometry = check_conv("conv_forward", x.shape, w.shape, None, stride, padding, dilation, groups)
    check_epilogue(geometry, bias, activation, residual)
    extra = [array for array in (bias, residual) if array is not None]
    if not compiled_for(x, w, *extra):
        return _forward.reference(
            x, w, bias, stride, padding, dilation, groups, activation, residual
        )
    y = np.empty((len(x), len(w), *geometry.out), x.dtype)
    bias = np.zeros(len(w), w.dtype) if bias is None else native(bias)
    epilogue = None
    if activation is not None or residual is not None:
        added = np.empty(0, w.dtype) if residual is None else native(residual).reshape(-1)
        epilogue = ACTIVATIONS.index(activation), added
    _apply(plan_forward(geometry), x, w, bias, y, epilogue)
    return y


def conv_input_grad(
    g: np.ndarray,
    w: np.ndarray,
    input_shape: Shape,
    stride: int | Shape = 1,
    padding: int | Pairs = 0,
    dilation: int | Shape = 1,
    groups: int = 1,
) -> np.ndarray:
    geometry = check_conv(
        "conv_input_grad", tuple(input_shape), w.shape, g.shape, stride, padding, dilation, groups
    )
    dx = np.empty(geometry.x_shape, g.dtype)
    if not compiled_for(g, w, dx):
        return _input_grad.reference(g, w, input_shape, stride, padding, dilation, groups)
    zeros = np.zeros(dx.shape[1], g.dtype)
    for layout in plan_input_grad(geometry):
        _apply(layout, g, w, zeros, dx)
    return dx
