"""Compiled GRU."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..gemm.tile import multiply_tile
from ..jit import inline, native, parallel
from ..simd import at, keep, lanes, pointer
from ..threads import split
from ..vector_math import sigmoid, tanh
from . import gru
from .steps_jit import BACK, ELEMENT, ROWS, both, by_columns, by_gates


def _make_step(read, write):
    def step(a, lead, x, b_hn, former, hidden, h, gates, count):
        r = sigmoid(read(x, 0, count) + read(a, 0, count))
        z = sigmoid(read(x, hidden, count) + read(a, lead, count))
        hn = read(a, 2 * lead, count) + read(b_hn, 0, count)
        n = tanh(read(x, 2 * hidden, count) + r * hn)
        write(r, gates, 0, count)
        write(z, gates, hidden, count)
        write(n, gates, 2 * hidden, count)
        write(hn, gates, 3 * hidden, count)
        write(n + z * (read(former, 0, count) - n), h, 0, count)

    return step


_whole_step, _first_step = both(_make_step)


@inline
def _step(a, lead, x, b_hn, former, hidden, h, gates, count):
    """Do a step for up to `count` units of one batch row. `a` is the hidden state's part of the
    gates, which lie `lead` apart in it."""
    if count >= lanes(h):
        _whole_step(a, lead, x, b_hn, former, hidden, h, gates, count)
    else:
        _first_step(a, lead, x, b_hn, former, hidden, h, gates, count)


@parallel
def _forward(x, start, b_hn, h0, packed, output, gates, reverse, begin, end):
    """For the blocks [begin, end) of ROWS batch rows."""
    steps, batch, hidden = output.shape
    width, wide = 3 * hidden, 4 * hidden
    tile = np.empty(ROWS * 3 * lanes(output), output.dtype)
    hot, first_row, last_row = pointer(tile), begin * ROWS, min(batch, end * ROWS)
    h = pointer(output)
    for step in range(steps):
        t = steps - 1 - step if reverse else step
        now, before = t * batch, (t + 1 if reverse else t - 1) * batch
        for unit in range(0, hidden, lanes(output)):
            for row in range(first_row, last_row, ROWS):
                height = min(ROWS, last_row - row)
                if step == 0:
                    a, a_row, lead = at(pointer(start), row * width + unit), width, hidden
                    former = at(pointer(h0), row * hidden)
                else:
                    a, a_row, lead = hot, 3 * lanes(output), lanes(output)
                    former = at(h, (before + row) * hidden)
                    multiply_tile(
                        hot, a_row, former, hidden, 1, at(pointer(packed), unit * width), a_row,
                        hidden, height, a_row, False, ROWS, 3,
                    )  # fmt: skip
                for r in range(height):
                    place = now + row + r
                    _step(
                        at(a, r * a_row), lead, at(pointer(x), place * width + unit),
                        at(pointer(b_hn), unit), at(former, r * hidden + unit), hidden,
                        at(h, place * hidden + unit), at(pointer(gates), place * wide + unit),
                        hidden - unit,
                    )  # fmt: skip
    keep(tile)


def gru_forward(
    projected: np.ndarray,
    start: np.ndarray,
    b_hn: np.ndarray,
    h0: np.ndarray,
    w_hh: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    steps, batch, hidden = gru.check_forward(projected, start, b_hn, h0, w_hh)
    if not projected.size:
        return gru.gru_forward.reference(projected, start, b_hn, h0, w_hh, reverse)
    output = np.empty((steps, batch, hidden), projected.dtype)
    gates = np.empty((steps, batch, 4 * hidden), projected.dtype)
    split(
        _forward,
        (
            native(projected), native(start), native(b_hn), native(h0),
            by_gates(w_hh, 3, steps), output, gates, bool(reverse),
        ),
        -(-batch // ROWS),
        output.size * (3 * hidden + ELEMENT),
    )  # fmt: skip
    return output, gates


def _make_step_back(read, write):
    def step_back(a, dy, gates, former, hidden, direct, dx, da, count):
        dh = read(a, 0, count) + read(direct, 0, count) + read(dy, 0, count)
        r, z = read(gates, 0, count), read(gates, hidden, count)
        n, hn = read(gates, 2 * hidden, count), read(gates, 3 * hidden, count)
        dn = dh * (1.0 - z) * (1.0 - n * n)
        dz = dh * (read(former, 0, count) - n) * (z * (1.0 - z))
        dr = dn * hn * (r * (1.0 - r))
        write(dr, dx, 0, count)
        write(dz, dx, hidden, count)
        write(dn, dx, 2 * hidden, count)
        write(dr, da, 0, count)
        write(dz, da, hidden, count)
        write(dn * r, da, 2 * hidden, count)
        write(dh * z, direct, 0, count)

    return step_back


_whole_step_back, _first_step_back = both(_make_step_back)


@inline
def _step_back(a, dy, gates, former, hidden, direct, dx, da, count):
    """Go back one step for up to `count` units of one batch row. `a` is the cotangent of h from
    the later products, `direct` that from the next h itself, and afterwards that of the former."""
    if count >= lanes(dy):
        _whole_step_back(a, dy, gates, former, hidden, direct, dx, da, count)
    else:
        _first_step_back(a, dy, gates, former, hidden, direct, dx, da, count)


@parallel
def _backward(dy, dh, packed, output, gates, h0, dx, da, reverse, begin, end):
    """For the blocks [begin, end) of ROWS batch rows. `dh` is overwritten with that of h0."""
    steps, batch, hidden = dy.shape
    width, wide, panel = 3 * hidden, 4 * hidden, BACK * lanes(dy)
    tile = np.zeros(ROWS * panel, dy.dtype)
    hot, first_row, last_row = pointer(tile), begin * ROWS, min(batch, end * ROWS)
    h, d, o = pointer(output), pointer(dh), pointer(da)
    for step in range(steps - 1, -1, -1):
        t = steps - 1 - step if reverse else step
        now = t * batch
        before, after = (now + batch, now - batch) if reverse else (now - batch, now + batch)
        for first in range(0, hidden, panel):
            for row in range(first_row, last_row, ROWS):
                height = min(ROWS, last_row - row)
                if step < steps - 1:
                    multiply_tile(
                        hot, panel, at(o, (after + row) * width), width, 1,
                        at(pointer(packed), first * width), panel, width, height, panel, False,
                        ROWS, BACK,
                    )  # fmt: skip
                if step == 0:
                    former = at(pointer(h0), row * hidden)
                else:
                    former = at(h, (before + row) * hidden)
                for r in range(height):
                    place = now + row + r
                    for unit in range(first, min(first + panel, hidden), lanes(dy)):
                        _step_back(
                            at(hot, r * panel + unit - first),
                            at(pointer(dy), place * hidden + unit),
                            at(pointer(gates), place * wide + unit),
                            at(former, r * hidden + unit), hidden,
                            at(d, (row + r) * hidden + unit),
                            at(pointer(dx), place * width + unit),
                            at(o, place * width + unit), hidden - unit,
                        )  # fmt: skip
    keep(tile)


def gru_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    w_hh: np.ndarray,
    output: np.ndarray,
    gates: np.ndarray,
    h0: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    steps, batch, hidden = gru.check_backward(dy, dh, w_hh, output, gates, h0)
    if not dy.size:
        return gru.gru_backward.reference(dy, dh, w_hh, output, gates, h0, reverse)
    dprojected = np.empty((steps, batch, 3 * hidden), dy.dtype)
    drecurrent = np.empty_like(dprojected)
    dh0 = np.array(dh, order="C")
    split(
        _backward,
        (
            native(dy), dh0, by_columns(w_hh, steps), native(output), native(gates), native(h0),
            dprojected, drecurrent, bool(reverse),
        ),
        -(-batch // ROWS),
        dy.size * (3 * hidden + ELEMENT),
    )  # fmt: skip
    return dprojected, drecurrent, dh0
