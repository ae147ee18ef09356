"""Compiled matrix products: many small ones, and the loops that convolution shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .gemm import matmul as _matmul
from .jit import VECTOR_BYTES, inline, jit, native
from .threads import split
from .vector import HALF_ROWS, ROWS, VECTORS, move_row, product_tile


@inline
def aligned(size, dtype):  # type: ignore[no-untyped-def]
    """Return zeros that begin at a multiple of the vectors' size: loads stay in cache lines."""
    buffer = np.zeros(size + VECTOR_BYTES, dtype)
    first = (VECTOR_BYTES - buffer.ctypes.data % VECTOR_BYTES) % VECTOR_BYTES // buffer.itemsize
    return buffer[first:]


def _product_rows(vectors: int) -> Callable[..., Any]:
    """Make the loop over the rows of a product whose columns are `vectors` vectors."""

    @inline
    def product_rows(out, o0, lead, rows, w, w0, ldw, w_taps, x, x0, x_taps, begin, end, add):  # type: ignore[no-untyped-def]
        for k in range(0, rows, ROWS):
            o, row, left = o0 + k * lead, w0 + k * ldw, rows - k
            # Tiles of three heights: one with idle rows is faster than several low ones.
            if left > HALF_ROWS:
                product_tile(
                    out, o, lead, w, row, ldw, left, w_taps, x, x0, x_taps, begin, end, add,
                    ROWS, vectors,
                )  # fmt: skip
            elif left > 1:
                product_tile(
                    out, o, lead, w, row, ldw, left, w_taps, x, x0, x_taps, begin, end, add,
                    HALF_ROWS, vectors,
                )  # fmt: skip
            else:
                product_tile(
                    out, o, lead, w, row, ldw, left, w_taps, x, x0, x_taps, begin, end, add,
                    1, vectors,
                )  # fmt: skip

    return product_rows


_rows_of_1, _rows_of_2, _rows_of_3 = (_product_rows(v) for v in range(1, VECTORS + 1))


@inline
def product(out, o0, lead, rows, w, w0, ldw, w_taps, x, x0, x_taps, first, last, block):  # type: ignore[no-untyped-def]
    """out[o0 + k*lead + p] = sum over taps t of w[w0 + k*ldw + w_taps[t]] * x[x0 + x_taps[t] + p].

    For k < rows, p < lead (a multiple of the lanes) and first <= t < last, `block` taps at a time.
    `out` must have room for ROWS - 1 further rows.
    """
    lanes = VECTOR_BYTES // out.itemsize
    if first == last:
        out[o0 : o0 + rows * lead] = 0
    for begin in range(first, last, block):
        end = min(last, begin + block)
        add = begin > first
        for j in range(0, lead, VECTORS * lanes):
            left = (lead - j) // lanes
            if left >= VECTORS:
                _rows_of_3(out, o0 + j, lead, rows, w, w0, ldw, w_taps, x, x0 + j, x_taps, begin, end, add)
            elif left == 2:
                _rows_of_2(out, o0 + j, lead, rows, w, w0, ldw, w_taps, x, x0 + j, x_taps, begin, end, add)
            else:
                _rows_of_1(out, o0 + j, lead, rows, w, w0, ldw, w_taps, x, x0 + j, x_taps, begin, end, add)


@jit
def _products(a, b, out, rows, inner, columns, a_row, a_column, b_row, b_column, begin, end):  # type: ignore[no-untyped-def]
    """out[i] = a[i] @ b[i] for begin <= i < end; all flat, `a` and `b` with their strides."""
    lanes = VECTOR_BYTES // out.itemsize
    lead = (columns + lanes - 1) // lanes * lanes
    panel = aligned(inner * lead, b.dtype)
    result = aligned((rows + ROWS) * lead, out.dtype)
    a_taps, b_taps, panel_taps = (
        np.arange(inner) * a_column, np.arange(inner) * b_row, np.arange(inner) * lead
    )  # fmt: skip
    zero = out.dtype.type(0)
    whole = lead == columns and rows % ROWS == 0 and b_column == 1
    for i in range(begin, end):
        if whole:
            product(
                out, i * rows * columns, lead, rows, a, i * rows * inner, a_row, a_taps,
                b, i * inner * columns, b_taps, 0, inner, inner,
            )  # fmt: skip
            continue
        for t in range(inner):
            start = i * inner * columns + t * b_row
            if b_column == 1:
                move_row(panel, t * lead, b, start, columns, zero)
            else:
                for j in range(columns):
                    panel[t * lead + j] = b[start + j * b_column]
        product(
            result, 0, lead, rows, a, i * rows * inner, a_row, a_taps, panel, 0, panel_taps,
            0, inner, inner,
        )  # fmt: skip
        for k in range(rows):
            move_row(out, (i * rows + k) * columns, result, k * lead, columns, zero)


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
    count = a.size // (rows * inner)
    flat_a, a_row, a_column = _flat(a)
    flat_b, b_row, b_column = _flat(b)
    split(
        _products, count, out.size * inner, flat_a, flat_b, out.reshape(-1), rows, inner, columns,
        a_row, a_column, b_row, b_column,
    )  # fmt: skip
    return out
