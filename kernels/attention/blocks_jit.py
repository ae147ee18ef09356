"""What the compiled attention kernels share: the blocks of scores, and products with them.

A block of scores is held transposed, a row per key and a column per query. So the queries of a
block are the lanes of vectors: maxima, exponentials and sums need no operation across lanes, and of
all operands of the products only the queries have to be transposed.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..gemm.tile import multiply_tile, transpose_tile
from ..jit import VECTOR_BYTES, native, part
from ..simd import at, lanes, load, load_first, select, splat, store, store_first
from ..tiles import ROWS, VECTORS

KEYS = 128
"""The keys of a block: with 48 queries their scores take half of a first-level cache."""

EXPONENTIAL = 16
"""Multiply-adds in the time that the softmax takes for one score."""


def span_of(dtype: np.dtype) -> int:
    """Return the number of queries in a block: as many as a tile is wide."""
    return VECTORS * VECTOR_BYTES // dtype.itemsize


def steps_of(mask: np.ndarray) -> tuple[int, int, int]:
    """Return the distances between neighbours along the first three axes of a contiguous mask of
    four, 0 where it is to be broadcast."""
    _, heads, rows, columns = mask.shape
    steps = (heads * rows * columns, rows * columns, columns)
    n, h, q = [0 if size == 1 else step for size, step in zip(mask.shape, steps, strict=False)]
    return n, h, q


def plain_mask(
    mask: np.ndarray | None, keys: int, dtype: np.dtype
) -> tuple[np.ndarray, tuple[int, int, int]]:
    """Return a mask as flat data, whose rows are as long as there are keys, and its steps."""
    if mask is None:
        return np.empty(0, dtype), (0, 0, 0)
    if mask.shape[3] != keys:
        mask = np.broadcast_to(mask, (*mask.shape[:3], keys))
    mask = native(mask)
    return mask.reshape(-1), steps_of(mask)


@part
def product(c, ldc, a, a_row, a_step, b, b_step, rows, columns, depth, most, add):
    """c[i*ldc + j] (+)= sum over k of a[i*a_row + k*a_step] * b[k*b_step + j].

    For i < rows, j < columns and k < depth; the tile that begins with row i takes k < most + i only.
    """
    size = lanes(c)
    j = 0
    while j < columns:
        left = columns - j
        # Four vectors are better cut into two and two than into three and one.
        width = min(left, 2 * size if 3 * size < left <= 4 * size else 3 * size)
        for i in range(0, rows, ROWS):
            place, row, right = at(c, i * ldc + j), at(a, i * a_row), at(b, j)
            height, steps = min(ROWS, rows - i), min(depth, most + i)
            if width > 2 * size:
                multiply_tile(
                    place, ldc, row, a_row, a_step, right, b_step, steps, height, width, add,
                    ROWS, VECTORS,
                )  # fmt: skip
            elif width > size:
                multiply_tile(
                    place, ldc, row, a_row, a_step, right, b_step, steps, height, width, add,
                    ROWS, 2,
                )  # fmt: skip
            else:
                multiply_tile(
                    place, ldc, row, a_row, a_step, right, b_step, steps, height, width, add,
                    ROWS, 1,
                )  # fmt: skip
        j += width


@part
def turn(out, lead, x, ldx, rows, columns):
    """out[j*lead + i] = x[i*ldx + j], and 0 for i from `rows` up to a whole vector."""
    size = lanes(out)
    for i in range(0, rows, size):
        for j in range(0, columns, size):
            height, width = min(size, rows - i), min(size, columns - j)
            transpose_tile(at(out, j * lead + i), lead, at(x, i * ldx + j), ldx, height, width)


@part
def scale_row(row, length, factor):
    """row[:length] *= factor."""
    size = lanes(row)
    whole = length - length % size
    for j in range(0, whole, size):
        store(load(row, j) * factor, row, j)
    if whole < length:
        last = load_first(row, whole, length - whole, 0.0)
        store_first(last * factor, row, whole, length - whole)


@part
def add_mask(scores, bias, lead, count, queries):
    """scores += bias; -inf where the bias is, whatever the score."""
    for q in range(0, queries, lanes(scores)):
        for k in range(count):
            added = load(bias, k * lead + q)
            sums = load(scores, k * lead + q) + added
            store(select(added == -np.inf, added, sums), scores, k * lead + q)


@part
def hide_later_keys(scores, lead, count, queries, seen):
    """Set to -inf the scores of keys that a query does not see: the first one sees `seen` keys,
    each further one one more."""
    nothing = splat(scores, -np.inf)
    for q in range(0, queries, lanes(scores)):
        for k in range(max(0, seen + q), count):
            store_first(nothing, scores, k * lead + q, k + 1 - seen - q)
