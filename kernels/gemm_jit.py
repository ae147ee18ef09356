"""Compiled matrix products: many small ones, and the loops that convolution shares."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .gemm import matmul as _matmul
from .jit import VECTOR_BYTES, inline, jit, native
from .threads import split
from .vector import HALF_ROWS, ROWS, VECTORS, at, lanes, move_row, pointer, product_tile


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


@jit
def _products(a, b, out, shape, a_taps, b_taps, panel_taps, panel, result, begin, end):
    """out[i] = a[i] @ b[i] for begin <= i < end."""
    rows, inner, columns, lead, a_row, b_row, b_column = shape
    a_data, b_data, out_data = pointer(a), pointer(b), pointer(out)
    a_tap, b_tap, panel_tap = pointer(a_taps), pointer(b_taps), pointer(panel_taps)
    panel_data, result_data = pointer(panel), pointer(result)
    direct = lead == columns and rows % ROWS == 0 and b_column == 1
    nothing = out.dtype.type(-0.0)  # added, it changes nothing
    for i in range(begin, end):
        left, right = at(a_data, i * rows * inner), at(b_data, i * inner * columns)
        o = at(out_data, i * rows * columns)
        if direct:
            product(o, lead, rows, left, a_row, a_tap, right, b_tap, inner, inner)
            continue
        for t in range(inner):
            if b_column == 1:
                move_row(at(panel_data, t * lead), at(right, t * b_row), columns, nothing)
            else:
                for j in range(columns):
                    panel_data[t * lead + j] = right[t * b_row + j * b_column]
        product(result_data, lead, rows, left, a_row, a_tap, panel_data, panel_tap, inner, inner)
        for k in range(rows):
            move_row(at(o, k * columns), at(result_data, k * lead), columns, nothing)


def _flat(matrices: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Return flat data with the strides of rows and columns; copy only what is neither
    C-contiguous nor its transpose."""
    transposed = matrices.swapaxes(-1, -2)
    if transposed.flags.carray and not matrices.flags.carray:
        return transposed.reshape(-1), 1, matrices.shape[-2]
    return native(matrices).reshape(-1), matrices.shape[-1], 1


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if (
        a.ndim < 3
        or a.shape[:-2] != b.shape[:-2]
        or a.shape[-1] != b.shape[-2]
        or a.dtype != b.dtype
        or not (a.size and b.size)
    ):
        return _matmul.reference(a, b)
    rows, inner, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    out = np.empty((*a.shape[:-1], columns), a.dtype)
    flat_a, a_row, a_column = _flat(a)
    flat_b, b_row, b_column = _flat(b)
    flat_out = out.reshape(-1)
    lead = whole_vectors(columns, b.dtype)
    shape = (rows, inner, columns, lead, a_row, b_row, b_column)
    taps = np.arange(inner)
    a_taps, b_taps, panel_taps = taps * a_column, taps * b_row, taps * lead

    def run(begin: int, end: int) -> None:
        panel, result = scratch(inner * lead, a.dtype), scratch((rows + ROWS) * lead, a.dtype)
        _products(
            flat_a, flat_b, flat_out, shape, a_taps, b_taps, panel_taps, panel, result, begin, end
        )

    split(run, out.size // (rows * columns), out.size * inner)
    return out
