"""Compiled LSTM."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..gemm.tile import multiply_tile
from ..jit import inline, native, parallel
from ..simd import at, keep, lanes, pointer
from ..threads import split
from ..vector_math import sigmoid, tanh
from . import lstm
from .steps_jit import BACK, ELEMENT, ROWS, both, by_columns, by_gates

TILE = ROWS // 2
"""The batch rows of a forward tile, which is four vectors wide."""


def _make_step(read, write):
    def step(a, lead, gates, former, hidden, h, c, count):
        i = sigmoid(read(gates, 0, count) + read(a, 0, count))
        f = sigmoid(read(gates, hidden, count) + read(a, lead, count))
        g = tanh(read(gates, 2 * hidden, count) + read(a, 2 * lead, count))
        o = sigmoid(read(gates, 3 * hidden, count) + read(a, 3 * lead, count))
        cell = f * read(former, 0, count) + i * g
        write(i, gates, 0, count)
        write(f, gates, hidden, count)
        write(g, gates, 2 * hidden, count)
        write(o, gates, 3 * hidden, count)
        write(cell, c, 0, count)
        write(o * tanh(cell), h, 0, count)

    return step


_whole_step, _first_step = both(_make_step)


@inline
def _step(a, lead, gates, former, hidden, h, c, count):
    """Do a step for up to `count` units of one batch row. `a` is the hidden state's part of the
    gates, which lie `lead` apart in it."""
    if count >= lanes(h):
        _whole_step(a, lead, gates, former, hidden, h, c, count)
    else:
        _first_step(a, lead, gates, former, hidden, h, c, count)


@parallel
def _forward(gates, start, c0, packed, output, cells, reverse, begin, end):
    """For the blocks [begin, end) of ROWS batch rows."""
    steps, batch, hidden = output.shape
    width = 4 * hidden
    tile = np.empty(TILE * 4 * lanes(output), output.dtype)
    hot, first_row, last_row = pointer(tile), begin * ROWS, min(batch, end * ROWS)
    gate, h, c = pointer(gates), pointer(output), pointer(cells)
    for step in range(steps):
        t = steps - 1 - step if reverse else step
        now, before = t * batch, (t + 1 if reverse else t - 1) * batch
        for unit in range(0, hidden, lanes(output)):
            for row in range(first_row, last_row, TILE):
                height = min(TILE, last_row - row)
                if step == 0:
                    a, a_row, lead = at(pointer(start), row * width + unit), width, hidden
                    former = at(pointer(c0), row * hidden + unit)
                else:
                    a, a_row, lead = hot, 4 * lanes(output), lanes(output)
                    former = at(c, (before + row) * hidden + unit)
                    multiply_tile(
                        hot, a_row, at(h, (before + row) * hidden), hidden, 1,
                        at(pointer(packed), unit * width), a_row, hidden, height, a_row, False,
                        TILE, 4,
                    )  # fmt: skip
                for r in range(height):
                    place = now + row + r
                    _step(
                        at(a, r * a_row), lead, at(gate, place * width + unit),
                        at(former, r * hidden), hidden, at(h, place * hidden + unit),
                        at(c, place * hidden + unit), hidden - unit,
                    )  # fmt: skip
    keep(tile)


def lstm_forward(
    projected: np.ndarray,
    start: np.ndarray,
    c0: np.ndarray,
    w_hh: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    steps, batch, hidden = lstm.check_forward(projected, start, c0, w_hh)
    if not projected.size or not projected.flags.carray:
        return lstm.lstm_forward.reference(projected, start, c0, w_hh, reverse)
    output = np.empty((steps, batch, hidden), projected.dtype)
    cells = np.empty_like(output)
    packed = by_gates(w_hh, 4, steps)
    split(
        _forward,
        (projected, native(start), native(c0), packed, output, cells, bool(reverse)),
        -(-batch // ROWS),
        output.size * (4 * hidden + ELEMENT),
    )
    return output, cells, projected


def _make_step_back(read, write):
    def step_back(a, dy, gates, cell, former, hidden, dc, dgates, count):
        dh = read(a, 0, count) + read(dy, 0, count)
        i, f = read(gates, 0, count), read(gates, hidden, count)
        g, o = read(gates, 2 * hidden, count), read(gates, 3 * hidden, count)
        y = tanh(read(cell, 0, count))
        dcell = read(dc, 0, count) + dh * o * (1.0 - y * y)
        write(dcell * g * (i * (1.0 - i)), dgates, 0, count)
        write(dcell * read(former, 0, count) * (f * (1.0 - f)), dgates, hidden, count)
        write(dcell * i * (1.0 - g * g), dgates, 2 * hidden, count)
        write(dh * y * (o * (1.0 - o)), dgates, 3 * hidden, count)
        write(dcell * f, dc, 0, count)

    return step_back


_whole_step_back, _first_step_back = both(_make_step_back)


@inline
def _step_back(a, dy, gates, cell, former, hidden, dc, dgates, count):
    """Go back one step for up to `count` units of one batch row. `a` is the cotangent of h from
    the steps after it; `dc` that of c, and afterwards that of the former c."""
    if count >= lanes(dy):
        _whole_step_back(a, dy, gates, cell, former, hidden, dc, dgates, count)
    else:
        _first_step_back(a, dy, gates, cell, former, hidden, dc, dgates, count)


@parallel
def _backward(dy, dh, dc, packed, cells, gates, c0, dgates, reverse, begin, end):
    """For the blocks [begin, end) of ROWS batch rows. `dc` is overwritten with that of c0."""
    steps, batch, hidden = dy.shape
    width, panel = 4 * hidden, BACK * lanes(dy)
    tile = np.empty(ROWS * panel, dy.dtype)
    hot, first_row, last_row = pointer(tile), begin * ROWS, min(batch, end * ROWS)
    g, c, d, gate, o = pointer(dy), pointer(cells), pointer(dc), pointer(gates), pointer(dgates)
    for step in range(steps - 1, -1, -1):
        t = steps - 1 - step if reverse else step
        now = t * batch
        before, after = (now + batch, now - batch) if reverse else (now - batch, now + batch)
        for first in range(0, hidden, panel):
            for row in range(first_row, last_row, ROWS):
                height = min(ROWS, last_row - row)
                if step == steps - 1:
                    a, a_row = at(pointer(dh), row * hidden + first), hidden
                else:
                    a, a_row = hot, panel
                    multiply_tile(
                        hot, panel, at(o, (after + row) * width), width, 1,
                        at(pointer(packed), first * width), panel, width, height, panel, False,
                        ROWS, BACK,
                    )  # fmt: skip
                if step == 0:
                    former = at(pointer(c0), row * hidden)
                else:
                    former = at(c, (before + row) * hidden)
                for r in range(height):
                    for unit in range(first, min(first + panel, hidden), lanes(dy)):
                        place = (now + row + r) * hidden + unit
                        _step_back(
                            at(a, r * a_row + unit - first), at(g, place),
                            at(gate, (now + row + r) * width + unit), at(c, place),
                            at(former, r * hidden + unit), hidden,
                            at(d, (row + r) * hidden + unit),
                            at(o, (now + row + r) * width + unit), hidden - unit,
                        )  # fmt: skip
    keep(tile)


def lstm_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    dc: np.ndarray,
    w_hh: np.ndarray,
    cells: np.ndarray,
    gates: np.ndarray,
    c0: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    steps, batch, hidden = lstm.check_backward(dy, dh, dc, w_hh, cells, gates, c0)
    if not dy.size:
        return lstm.lstm_backward.reference(dy, dh, dc, w_hh, cells, gates, c0, reverse)
    dy, dh, cells, gates, c0 = (native(x) for x in (dy, dh, cells, gates, c0))
    dgates = np.empty_like(gates)
    dc = np.array(dc, order="C")
    packed = by_columns(w_hh, steps)
    split(
        _backward,
        (dy, dh, dc, packed, cells, gates, c0, dgates, bool(reverse)),
        -(-batch // ROWS),
        dy.size * (4 * hidden + ELEMENT),
    )
    return dgates, dc
