"""Compiled sums by index."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from .jit import jit, native
from .scatter import check_rows
from .scatter import index_add as _index_add


@jit
def _add_rows(out, indices, values):
    for i in range(len(indices)):
        row = indices[i]
        if row < 0:
            row += len(out)
        for j in range(out.shape[1]):
            out[row, j] += values[i, j]


def index_add(out: np.ndarray, indices: np.ndarray, values: np.ndarray) -> np.ndarray:
    check_rows(out, indices, values)
    if values.size:
        if values.dtype != out.dtype or not out.flags.carray:
            return _index_add.reference(out, indices, values)
        rows = out.reshape(len(out), -1)
        numbers = native(indices).astype(np.int64, copy=False)
        _add_rows(rows, numbers, native(values).reshape(len(indices), -1))
    return out
