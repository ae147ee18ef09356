"""Compiled sums by index."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from .jit import native, parallel
from .scatter import check_rows
from .scatter import index_add as _index_add
from .simd import at, lanes, load, load_first, pointer, store, store_first
from .threads import split

# Neighbouring elements of a row that one thread adds: two cache lines of float32.
COLUMNS = 32
# Multiply-adds of a convolution in the time that an element takes.
ELEMENT = 8


@parallel
def _add_rows(out, indices, values, begin, end):
    """For columns from begin * COLUMNS to end * COLUMNS."""
    rows, length = out.shape
    first, last = begin * COLUMNS, min(length, end * COLUMNS)
    step = lanes(out)
    whole = last - (last - first) % step
    for i in range(len(indices)):
        row = indices[i]
        if row < 0:
            row += rows
        target, source = at(pointer(out), row * length), at(pointer(values), i * length)
        for j in range(first, whole, step):
            store(load(target, j) + load(source, j), target, j)
        if whole < last:
            count = last - whole
            added = load_first(target, whole, count, 0) + load_first(source, whole, count, 0)
            store_first(added, target, whole, count)


def index_add(out: np.ndarray, indices: np.ndarray, values: np.ndarray) -> np.ndarray:
    check_rows(out, indices, values)
    if values.size:
        if values.dtype != out.dtype or not out.flags.carray:
            return _index_add.reference(out, indices, values)
        rows = out.reshape(len(out), -1)
        numbers = native(indices).astype(np.int64, copy=False)
        arguments = rows, numbers, native(values).reshape(len(indices), -1)
        split(_add_rows, arguments, -(-rows.shape[1] // COLUMNS), values.size * ELEMENT)
    return out
