"""Compiled matrix products: many small ones, and the loops that convolution shares."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..conv.shifted_jit import product, scratch, whole_vectors
from ..jit import jit, native
from ..simd import at, pointer
from ..threads import split
from ..tiles import ROWS, move_row
from .products import matmul as _matmul


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

    split(run, (), out.size // (rows * columns), out.size * inner)
    return out
