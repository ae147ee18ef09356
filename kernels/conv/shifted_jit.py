"""Products of weights with shifted rows, by register tiles, and the memory that they need."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..jit import VECTOR_BYTES, inline
from ..simd import at, lanes
from ..tiles import HALF_ROWS, ROWS, VECTORS, product_tile


def scratch(size: int, dtype: np.dtype) -> np.ndarray:
    """Return zeros for one thread's use, with a slack of one vector.

    They begin at a multiple of the vectors' size, so that loads stay in cache lines.
    """
    buffer = np.zeros(size + 2 * VECTOR_BYTES // dtype.itemsize, dtype)
    return buffer[-buffer.ctypes.data % VECTOR_BYTES // dtype.itemsize :]


def whole_vectors(size: int, dtype: np.dtype) -> int:
    """Round `size` up to a multiple of the lanes."""
    count = VECTOR_BYTES // dtype.itemsize
    return -(-size // count) * count


def _product_rows(vectors: int) -> Callable[..., Any]:
    """Make the loop over the rows of a product whose columns are `vectors` vectors."""

    @inline
    def product_rows(out, lead, rows, w, ldw, w_taps, x, x_taps, begin, end, add):
        k = 0
        while k < rows:
            o, row, left = at(out, k * lead), at(w, k * ldw), rows - k
            # Tiles of three heights: one with idle rows is faster than several low ones.
            if left > HALF_ROWS:
                product_tile(
                    o, lead, row, ldw, left, w_taps, x, x_taps, begin, end, add, ROWS, vectors
                )
            elif left > 1:
                product_tile(
                    o, lead, row, ldw, left, w_taps, x, x_taps, begin, end, add, HALF_ROWS, vectors
                )
            else:
                product_tile(
                    o, lead, row, ldw, left, w_taps, x, x_taps, begin, end, add, 1, vectors
                )
            k += ROWS

    return product_rows


_rows_of_1, _rows_of_2, _rows_of_3 = (_product_rows(v) for v in range(1, VECTORS + 1))


@inline
def product(out, lead, rows, w, ldw, w_taps, x, x_taps, taps, block):
    """out[k*lead + p] = sum over taps t of w[k*ldw + w_taps[t]] * x[x_taps[t] + p].

    For k < rows and p < lead, a multiple of the lanes; `block` taps are summed at a time. `out`
    must have room for ROWS - 1 further rows.
    """
    for i in range(rows * lead if taps == 0 else 0):
        out[i] = 0
    begin = 0
    while begin < taps:
        end, add = min(taps, begin + block), begin > 0
        j = 0
        while j < lead:
            left = lead - j
            o, moving = at(out, j), at(x, j)
            if left >= 3 * lanes(out):
                _rows_of_3(o, lead, rows, w, ldw, w_taps, moving, x_taps, begin, end, add)
            elif left > lanes(out):
                _rows_of_2(o, lead, rows, w, ldw, w_taps, moving, x_taps, begin, end, add)
            else:
                _rows_of_1(o, lead, rows, w, ldw, w_taps, moving, x_taps, begin, end, add)
            j += min(left, 3 * lanes(out))
        begin = end
