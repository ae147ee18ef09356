"""Compiled simple recurrent network."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..gemm.tile import multiply_tile
from ..jit import native, parallel
from ..simd import at, keep, lanes, load_first, pointer, select, store_first
from ..threads import split
from ..vector_math import relu as rectified
from ..vector_math import tanh
from . import rnn
from .steps_jit import BACK, ELEMENT, ROWS, by_columns, by_gates


@parallel
def _forward(output, start, packed, relu, reverse, begin, end):
    """For the blocks [begin, end) of ROWS batch rows."""
    steps, batch, hidden = output.shape
    size = lanes(output)
    tile = np.empty(ROWS * size, output.dtype)
    hot, first_row, last_row = pointer(tile), begin * ROWS, min(batch, end * ROWS)
    h = pointer(output)
    for step in range(steps):
        t = steps - 1 - step if reverse else step
        now, before = t * batch, (t + 1 if reverse else t - 1) * batch
        for unit in range(0, hidden, size):
            for row in range(first_row, last_row, ROWS):
                height = min(ROWS, last_row - row)
                if step == 0:
                    a, a_row = at(pointer(start), row * hidden + unit), hidden
                else:
                    a, a_row = hot, size
                    multiply_tile(
                        hot, size, at(h, (before + row) * hidden), hidden, 1,
                        at(pointer(packed), unit * hidden), size, hidden, height, size, False,
                        ROWS, 1,
                    )  # fmt: skip
                for r in range(height):
                    place, count = (now + row + r) * hidden + unit, hidden - unit
                    y = load_first(h, place, count, 0.0) + load_first(a, r * a_row, count, 0.0)
                    store_first(rectified(y) if relu else tanh(y), h, place, count)
    keep(tile)


def rnn_forward(
    projected: np.ndarray,
    start: np.ndarray,
    w_hh: np.ndarray,
    relu: bool = False,
    reverse: bool = False,
) -> np.ndarray:
    steps, batch, hidden = rnn.check_forward(projected, start, w_hh)
    if not projected.size or not projected.flags.carray:
        return rnn.rnn_forward.reference(projected, start, w_hh, relu, reverse)
    split(
        _forward,
        (
            projected, native(start), by_gates(w_hh, 1, steps), bool(relu),
            bool(reverse),
        ),
        -(-batch // ROWS),
        projected.size * (hidden + ELEMENT // 4),
    )  # fmt: skip
    return projected


@parallel
def _backward(dy, dh, packed, output, da, relu, reverse, begin, end):
    """For the blocks [begin, end) of ROWS batch rows."""
    steps, batch, hidden = dy.shape
    panel = BACK * lanes(dy)
    tile = np.empty(ROWS * panel, dy.dtype)
    hot, first_row, last_row = pointer(tile), begin * ROWS, min(batch, end * ROWS)
    o = pointer(da)
    for step in range(steps - 1, -1, -1):
        t = steps - 1 - step if reverse else step
        now, after = t * batch, (t - 1 if reverse else t + 1) * batch
        for first in range(0, hidden, panel):
            for row in range(first_row, last_row, ROWS):
                height = min(ROWS, last_row - row)
                if step == steps - 1:
                    a, a_row = at(pointer(dh), row * hidden + first), hidden
                else:
                    a, a_row = hot, panel
                    multiply_tile(
                        hot, panel, at(o, (after + row) * hidden), hidden, 1,
                        at(pointer(packed), first * hidden), panel, hidden, height, panel, False,
                        ROWS, BACK,
                    )  # fmt: skip
                for r in range(height):
                    for unit in range(first, min(first + panel, hidden), lanes(dy)):
                        place, count = (now + row + r) * hidden + unit, hidden - unit
                        y = load_first(pointer(output), place, count, 0.0)
                        g = load_first(a, r * a_row + unit - first, count, 0.0)
                        g = g + load_first(pointer(dy), place, count, 0.0)
                        g = select(y > 0.0, g, 0.0) if relu else g * (1.0 - y * y)
                        store_first(g, o, place, count)
    keep(tile)


def rnn_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    w_hh: np.ndarray,
    output: np.ndarray,
    relu: bool = False,
    reverse: bool = False,
) -> np.ndarray:
    _, batch, hidden = rnn.check_backward(dy, dh, w_hh, output)
    if not dy.size:
        return rnn.rnn_backward.reference(dy, dh, w_hh, output, relu, reverse)
    da = np.empty(dy.shape, dy.dtype)
    split(
        _backward,
        (
            native(dy), native(dh), by_columns(w_hh, len(dy)), native(output), da, bool(relu),
            bool(reverse),
        ),
        -(-batch // ROWS),
        dy.size * (hidden + ELEMENT // 4),
    )  # fmt: skip
    return da
