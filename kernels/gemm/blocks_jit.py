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
from ..simd import at, lanes, load, pointer, store
from ..tiles import HALF_ROWS, ROWS, VECTORS
from .epilogue_jit import finish, moved
from .tile import multiply_tile, transpose_tile

# Steps along k at a time: the panel of b, DEPTH x 3 vectors, takes half of a first-level cache of
# 48 KiB.
DEPTH = 128

# Rows of a at a time: DEPTH x HEIGHT float32 take half of a second-level cache of 512 KiB.
HEIGHT = 512

# Rows whose distance is more bytes than this lie on pages of their own, of which a core keeps the
# addresses of some dozen only.
FAR = 2048


@inline
def group_of(size):
    """Return how many rows of a are packed together: whole vectors, and whole tiles."""
    return max(size, 2 * ROWS)


@inline
def aligned(buffer):
    """Return a pointer to the first element that begins a vector in memory."""
    skip = -buffer.ctypes.data % VECTOR_BYTES // buffer.itemsize
    return at(pointer(buffer), skip)


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


def _tiles(rows, vectors):
    """Make the loop over the tiles of a panel: `rows` high, `vectors` wide."""

    @inline
    def tiles(c, ldc, left, right, depth, height, width, add, last, epilogue):
        group = group_of(lanes(c))
        a, a_group, a_row, a_step = left
        b, b_step = right
        for i in range(0, height, rows):
            rest, inside = height - i, i % group
            o, start = at(c, i * ldc), at(a, i // group * a_group + inside * a_row)
            if rest > HALF_ROWS:
                multiply_tile(
                    o, ldc, start, a_row, a_step, b, b_step, depth, min(rows, rest), width, add,
                    rows, vectors,
                )  # fmt: skip
            else:
                multiply_tile(
                    o, ldc, start, a_row, a_step, b, b_step, depth, rest, width, add,
                    HALF_ROWS, vectors,
                )  # fmt: skip
            if last:
                finish(o, ldc, min(rows, rest), width, i, epilogue)

    return tiles


# A narrow panel leaves registers for more rows.
_three_vectors, _two_vectors, one_vector = _tiles(ROWS, 3), _tiles(ROWS, 2), _tiles(2 * ROWS, 1)


@inline
def _multiply_panel(c, ldc, left, right, depth, height, width, add, last, epilogue):
    """c (+)= a @ b, for a panel of b, whose columns are VECTORS vectors or less.

    `left` is (a, a_group, a_row, a_step): element (i, k) of a lies at
    i // group * a_group + i % group * a_row + k * a_step; `right` is (b, b_step). `last` says
    whether no further part of the sum follows, so that the epilogue is due.
    """
    size = lanes(c)
    if width > 2 * size:
        _three_vectors(c, ldc, left, right, depth, height, width, add, last, epilogue)
    elif width > size:
        _two_vectors(c, ldc, left, right, depth, height, width, add, last, epilogue)
    else:
        one_vector(c, ldc, left, right, depth, height, width, add, last, epilogue)


@inline
def panel_size(rows, size):
    """Return how many elements of memory `multiply` needs for `rows` rows; `size` is the lanes."""
    return DEPTH * (VECTORS * size + min(HEIGHT, rows + group_of(size))) + size


@inline
def multiply(c, ldc, a, a_row, a_step, b, b_row, b_step, rows, columns, depth, panels, epilogue):
    """c = activation(a @ b + bias) + residual, for a of (rows, depth) and b of (depth, columns).

    Element (i, k) of a is a[i*a_row + k*a_step], element (k, j) of b is b[k*b_row + j*b_step]; one
    of the steps of each is 1. Rows of c are `ldc` apart. `panels` is memory of `panel_size`
    elements, `epilogue` as in `finish`. Everything is longer than 0.
    """
    size = lanes(c)
    itemsize, panel_width, group = VECTOR_BYTES // size, VECTORS * size, group_of(size)
    pack_a = columns > 4 * panel_width and max(a_row, a_step) * itemsize >= FAR
    pack_b = b_step != 1 or (rows > 2 * ROWS and b_row * itemsize >= FAR)
    b_panel, a_panels = panels, at(panels, DEPTH * panel_width)
    for i0 in range(0, rows, HEIGHT):
        height = min(HEIGHT, rows - i0)
        for k0 in range(0, depth, DEPTH):
            length = min(DEPTH, depth - k0)
            start = at(a, i0 * a_row + k0 * a_step)
            left = (start, group * a_row, a_row, a_step)
            if pack_a:
                for i in range(0, height, group):
                    _pack(
                        at(a_panels, i * DEPTH), group, at(start, i * a_row), a_row, a_step,
                        min(group, height - i), length,
                    )  # fmt: skip
                left = (a_panels, group * DEPTH, 1, group)
            for j in range(0, columns, panel_width):
                width = min(panel_width, columns - j)
                right = (at(b, k0 * b_row + j * b_step), b_row)
                if pack_b:
                    _pack(b_panel, panel_width, right[0], b_step, b_row, width, length)
                    right = (b_panel, panel_width)
                _multiply_panel(
                    at(c, i0 * ldc + j), ldc, left, right, length, height, width, k0 > 0,
                    k0 + length == depth, moved(epilogue, i0, j),
                )  # fmt: skip
