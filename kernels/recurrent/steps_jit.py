"""What the compiled recurrent kernels share: how the hidden state's weights lie for their products.

The weights are brought into *panels* once per sequence: the columns that one tile of the product
needs, row after row. Forward a panel holds, gate beside gate, one vector of hidden units, so that one
tile has all gates of the same units and their nonlinearities follow while it is hot. Every batch row
goes through all steps on its own, so threads share the rows out and never wait for each other.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..gemm.tile import transpose_tile
from ..jit import VECTOR_BYTES, inline, jit, native, part
from ..simd import at, lanes, load, load_first, pointer, store, store_first
from ..tiles import ROWS

__all__ = ["BACK", "ELEMENT", "ROWS", "both", "by_columns", "by_gates"]

BACK = 2
"""The vectors of hidden units in a panel of the backward products."""

ELEMENT = 60
"""Multiply-adds in the time that the gates of one hidden unit take."""


def _panels(weight: np.ndarray, vectors: int, steps: int) -> np.ndarray:
    """Return memory for panels of so many vectors of hidden units; one step needs none."""
    rows, hidden = weight.shape
    width = vectors * VECTOR_BYTES // weight.itemsize
    return np.empty(rows * -(-hidden // width) * width if steps > 1 else 0, weight.dtype)


@jit
def _pack_gates(weight, gates, out):
    hidden = weight.shape[1]
    source, target = pointer(weight), pointer(out)
    lead = gates * lanes(out)
    for gate in range(gates):
        for unit in range(0, hidden, lanes(out)):
            height = min(lanes(out), hidden - unit)
            panel = at(target, unit * gates * hidden + gate * lanes(out))
            rows = at(source, (gate * hidden + unit) * hidden)
            for k in range(0, hidden, lanes(out)):
                width = min(lanes(out), hidden - k)
                transpose_tile(at(panel, k * lead), lead, at(rows, k), hidden, height, width)


def by_gates(weight: np.ndarray, gates: int, steps: int) -> np.ndarray:
    """out[panel][k][gate][lane] = weight[gate * hidden + panel * lanes + lane, k], else 0."""
    out = _panels(weight, 1, steps)
    if out.size:
        _pack_gates(native(weight), gates, out)
    return out


@jit
def _pack_columns(weight, vectors, out):
    depth, hidden = weight.shape
    source, target = pointer(weight), pointer(out)
    lead = vectors * lanes(out)
    for first in range(0, hidden, lead):
        for k in range(depth):
            for lane in range(0, lead, lanes(out)):
                left = hidden - first - lane
                moved = load_first(source, k * hidden + first + lane, left, 0.0)
                store(moved, target, first * depth + k * lead + lane)


def by_columns(weight: np.ndarray, steps: int) -> np.ndarray:
    """out[panel][k][lane] = weight[k, panel * BACK * lanes + lane], else 0."""
    out = _panels(weight, BACK, steps)
    if out.size:
        _pack_columns(native(weight), BACK, out)
    return out


@inline
def _read(pointer, index, count):
    return load(pointer, index)


@inline
def _write(vector, pointer, index, count):
    store(vector, pointer, index)


@inline
def _read_first(pointer, index, count):
    return load_first(pointer, index, count, 0.0)


def both(make: Callable[..., Any]) -> tuple[Any, Any]:
    """Return what `make` makes of functions that read and write a whole vector, and of those for
    its first elements: masks, which all but the last units of a row can do without, cost a tenth
     of a step."""
    return part(make(_read, _write)), part(make(_read_first, store_first))
