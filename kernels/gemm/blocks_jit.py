"""The loops around the tiles of a matrix product: blocks that stay in the caches.

The scheme is that of K. Goto and R. van de Geijn, "Anatomy of high-performance matrix
multiplication", ACM TOMS 34 (2008): a panel of `b` stays in the first-level cache while all rows
of a block of `a`, which stays in the second-level one, pass by. Operands are copied ("packed")
into the order in which the tiles read them only where that pays: copying costs little beside the
product of large matrices, and much beside that of small ones.

Each element of the result is a sum along k in blocks of `DEPTH`, each in order, whatever the sizes
of tiles and blocks and the layout of the operands. So how the work is cut does not change a bit.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from ..jit import VECTOR_BYTES, inline, part
from ..simd import at, lanes, load, store
from ..tiles import HALF_ROWS, ROWS, VECTORS
from .epilogue_jit import finish, is_wanted, moved
from .tile import multiply_tile, transpose_tile

# Steps along k at a time: the panel of b, DEPTH x 3 vectors, takes half of a first-level cache of
# 48 KiB.
DEPTH = 128

# Rows of a at a time: DEPTH x HEIGHT float32 take half of a second-level cache of 512 KiB.
HEIGHT = 512

# Rows whose distance is more bytes than this lie on pages of their own, of which a core keeps the
# addresses of some dozen only.
FAR = 2048


# A narrow panel leaves registers for more rows.
DOUBLE = 2 * ROWS


@inline
def group_of(size):
    """Return how many rows of a are packed together: whole vectors, and whole tiles, a power of 2."""
    return max(size, DOUBLE)


@part
def _pack(panel, lead, x, x_row, x_step, width, depth):
    """panel[k*lead + i] = x[i*x_row + k*x_step] for i < width and k < depth; one step is 1."""
    size = lanes(panel)
    if x_row == 1:
        whole = width - width % size
        for k in range(depth):
            o, source = at(panel, k * lead), at(x, k * x_step)
            for i in range(0, whole, size):
                store(load(source, i), o, i)
            for i in range(whole, width):
                o[i] = source[i]
    else:
        for i in range(0, width, size):
            for k in range(0, depth, size):
                transpose_tile(
                    at(panel, k * lead + i), lead, at(x, i * x_row + k), x_row,
                    min(size, width - i), min(size, depth - k),
                )  # fmt: skip


@part
def _multiply_panel(
    c, ldc, left, right, stack, depth, height, width, add, rows, fewer, vectors
):  # fmt: skip
    """c (+)= a @ b, for a panel of b, whose columns are so many vectors.

    `left` is (a, a_lead, a_row, a_step): element (i, k) of a lies at
    (i - i % group) * a_lead + i % group * a_row + k * a_step; `right` is (b, b_step), `stack` as in
    `multiply`. The tiles, of literal sizes, have `rows` rows, and at the end `fewer`.
    """
    group = group_of(lanes(c))
    a, a_lead, a_row, a_step = left
    b, b_step = right
    count, a_next, b_next, c_next = stack
    for item in range(count):
        matrix, panel, place = at(a, item * a_next), at(b, item * b_next), at(c, item * c_next)
        i = 0
        while i < height:
            o = at(place, i * ldc)
            start = at(matrix, (i & -group) * a_lead + (i & group - 1) * a_row)
            if height - i >= rows:
                done = rows
                multiply_tile(
                    o, ldc, start, a_row, a_step, panel, b_step, depth, rows, width, add,
                    rows, vectors,
                )  # fmt: skip
            else:
                done = min(fewer, height - i)
                multiply_tile(
                    o, ldc, start, a_row, a_step, panel, b_step, depth, done, width, add,
                    fewer, vectors,
                )  # fmt: skip
            i += done


@inline
def panel_size(rows, size):
    """Return how many elements of memory `multiply` needs for `rows` rows; `size` is the lanes."""
    return DEPTH * (VECTORS * size + min(HEIGHT, rows + group_of(size))) + size


@inline
def needs_no_packing(columns, depth, b_row, b_step, size):
    """Say whether b is one panel as it is: then a stack of products is computed at once, and what
    depends on the sizes alone is worked out once for all."""
    near = b_row * (VECTOR_BYTES // size) < FAR
    return columns <= VECTORS * size and depth <= DEPTH and b_step == 1 and near


@inline
def multiply(
    c, ldc, a, a_row, a_step, b, b_row, b_step, rows, columns, depth, stack, panels, epilogue
):
    """c = activation(a @ b + bias) + residual, for a of (rows, depth) and b of (depth, columns).

    Element (i, k) of a is a[i*a_row + k*a_step], element (k, j) of b is b[k*b_row + j*b_step]; one
    of the steps of each is 1. Rows of c are `ldc` apart. `panels` is memory of `panel_size`
    elements, `epilogue` as in `finish`. Everything is longer than 0.

    `stack` is (count, a_next, b_next, c_next): that is done for so many products, whose operands and
    results lie so many elements apart; for one only where `needs_no_packing` does not hold.
    """
    size = lanes(c)
    itemsize, panel_width, group = VECTOR_BYTES // size, VECTORS * size, group_of(size)
    pack_a = columns > 4 * panel_width and max(a_row, a_step) * itemsize >= FAR
    pack_b = b_step != 1 or (rows > DOUBLE and b_row * itemsize >= FAR)
    b_panel, a_panels = panels, at(panels, DEPTH * panel_width)
    for i0 in range(0, rows, HEIGHT):
        height = min(HEIGHT, rows - i0)
        for k0 in range(0, depth, DEPTH):
            length = min(DEPTH, depth - k0)
            start = at(a, i0 * a_row + k0 * a_step)
            left = (start, a_row, a_row, a_step)
            if pack_a:
                for i in range(0, height, group):
                    _pack(
                        at(a_panels, i * DEPTH), group, at(start, i * a_row), a_row, a_step,
                        min(group, height - i), length,
                    )  # fmt: skip
                left = (a_panels, DEPTH, 1, group)
            for j in range(0, columns, panel_width):
                width = min(panel_width, columns - j)
                right = (at(b, k0 * b_row + j * b_step), b_row)
                if pack_b:
                    _pack(b_panel, panel_width, right[0], b_step, b_row, width, length)
                    right = (b_panel, panel_width)
                corner = i0 * ldc + j
                place, add = at(c, corner), k0 > 0
                if width > 2 * size:
                    _multiply_panel(
                        place, ldc, left, right, stack, length, height, width, add,
                        ROWS, HALF_ROWS, 3,
                    )  # fmt: skip
                elif width > size:
                    _multiply_panel(
                        place, ldc, left, right, stack, length, height, width, add,
                        ROWS, HALF_ROWS, 2,
                    )  # fmt: skip
                else:
                    _multiply_panel(
                        place, ldc, left, right, stack, length, height, width, add,
                        DOUBLE, ROWS, 1,
                    )  # fmt: skip
                if k0 + length == depth and is_wanted(epilogue):
                    for item in range(stack[0]):
                        near = corner + item * stack[3]
                        finish(at(c, near), ldc, height, width, moved(epilogue, near, j))
