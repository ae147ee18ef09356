"""Compiled matrix products: how operands of all layouts and ranks come to the blocks."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from .. import threads
from ..jit import VECTOR_BYTES, native, parallel
from ..simd import lanes
from ..tiles import ROWS, VECTORS
from ..ufunc import call_loop
from .loop_jit import LOOPS
from .products import ACTIVATIONS, check_epilogue
from .products import matmul as _matmul

# What the range of a call counts: products, or the tiles of one product downwards or to the right.
PRODUCTS, DOWN, RIGHT = range(3)


@parallel
def _part(
    loop, a, b, c, bias, residual, stack, depth, a_turned, b_turned, activation, axis, begin, end
):
    """Fill a part of c with the products of a stack of matrices, or of one.

    The matrices of a stack lie below each other; an operand may be a single one for all. A turned
    operand lies in memory as its transpose. There is no bias where its array is empty, and no
    residual likewise.
    """
    size, rows, columns = c.itemsize, c.shape[0] // stack, c.shape[1]
    first, last, i0, i1, j0, j1 = 0, 1, 0, rows, 0, columns
    if axis == PRODUCTS:
        first, last = begin, end
    elif axis == DOWN:
        i0, i1 = begin * ROWS, min(end * ROWS, rows)
    else:
        width = VECTORS * lanes(c)
        j0, j1 = begin * width, min(end * width, columns)
    a_next = rows * depth * size if a.size > rows * depth else 0
    b_next = depth * columns * size if b.size > depth * columns else 0
    c_next = rows * columns * size
    a_row, a_step = (size, rows * size) if a_turned else (depth * size, size)
    b_row, b_step = (size, depth * size) if b_turned else (columns * size, size)
    place = first * c_next + (i0 * columns + j0) * size
    call_loop(
        loop,
        (
            a.ctypes.data + first * a_next + i0 * a_row,
            b.ctypes.data + first * b_next + j0 * b_step,
            c.ctypes.data + place,
        ),
        (last - first, i1 - i0, depth, j1 - j0),
        (a_next, b_next, c_next, a_row, a_step, b_row, b_step, columns * size, size),
        (
            rows, activation, bias.ctypes.data + j0 * size if bias.size else 0,
            residual.ctypes.data + place if residual.size else 0,
        ),
    )  # fmt: skip


def _with_rows(x: np.ndarray) -> np.ndarray:
    """Return matrices that are C-contiguous, or whose transposes are; only others are copied."""
    return x if x.flags.carray or x.swapaxes(-1, -2).flags.carray else np.array(x, order="C")


def _laid_out(x: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return matrices that are C-contiguous, and whether they are the transposes of those given."""
    x = _with_rows(x)
    return (x, False) if x.flags.carray else (x.swapaxes(-1, -2), True)


# What stands for no bias and no residual, by the size of an element.
_NOTHING = {
    np.dtype(dtype).itemsize: (np.empty(0, dtype), np.empty((0, 0), dtype))
    for dtype in (np.float32, np.float64)
}


def _with_bias(
    a: np.ndarray, b: np.ndarray, bias: np.ndarray, activation: str | None
) -> np.ndarray:
    """Multiply matrices in this thread, and do to the product what ufuncs can."""
    ufuncs = LOOPS[a.itemsize].with_bias
    if activation not in ufuncs or bias.shape != b.shape[-1:]:
        check_epilogue((*a.shape[:-1], b.shape[-1]), bias, activation, None)
    if bias.dtype is not a.dtype or not bias.flags.carray:
        bias = native(bias.astype(a.dtype, copy=False))
    return ufuncs[activation](a, b, bias)  # type: ignore[no-any-return]


def _shared(
    a: np.ndarray,
    b: np.ndarray,
    bias: np.ndarray | None,
    activation: int,
    residual: np.ndarray | None,
) -> np.ndarray:
    """Multiply two matrices, or each of a stack with one of another or with a single one."""
    shape, columns, itemsize = a.shape, b.shape[-1], a.itemsize
    rows, depth = shape[-2:]
    height = a.size // depth
    out = np.empty((height, columns), a.dtype)
    a, a_turned = _laid_out(a)
    b, b_turned = _laid_out(b)
    stack, axis = height // rows, PRODUCTS
    count = stack
    if len(shape) == 2:
        axis, count = RIGHT, -(-columns * itemsize // (VECTORS * VECTOR_BYTES))
        # Parts that lie below each other would all pack the whole of a transposed b.
        if count < (1 if b_turned else 2) * threads.get_num_threads():
            axis, count = DOWN, -(-rows // ROWS)
    no_bias, no_residual = _NOTHING[itemsize]
    threads.split(
        _part,
        (
            LOOPS[itemsize].address, a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]), out,
            no_bias if bias is None else bias,
            no_residual if residual is None else residual.reshape(-1, columns), stack, depth,
            a_turned, b_turned, activation, axis,
        ),
        count,
        height * columns * depth,
    )  # fmt: skip
    return out.reshape(*shape[:-1], columns)


def matmul(
    a: np.ndarray,
    b: np.ndarray,
    bias: np.ndarray | None = None,
    activation: str | None = None,
    residual: np.ndarray | None = None,
) -> np.ndarray:
    plain = bias is activation is residual is None
    rank, others = a.ndim, b.ndim
    if rank < 2 or others < 2:
        if plain and rank == 1 and others == 2:
            return matmul(a[None], b)[0]
        if plain and rank == 2 and others == 1:
            return matmul(a, b[:, None])[:, 0]
        return _matmul.reference(a, b, bias, activation, residual)
    work = a.size * b.shape[-1]
    if not (work and b.size) or (a.dtype is not b.dtype and a.dtype != b.dtype):
        return _matmul.reference(a, b, bias, activation, residual)
    if others == 2 and rank > 2 and a.flags.c_contiguous:
        shape = (*a.shape[:-1], b.shape[-1])
        if not plain:
            check_epilogue(shape, bias, activation, residual)
        if residual is not None:
            residual = residual.reshape(-1, shape[-1])
        rows = a.reshape(-1, a.shape[-1])
        return matmul(rows, b, bias, activation, residual).reshape(shape)
    alone = work < 2 * threads.WORTH_A_THREAD or threads.get_num_threads() == 1
    if alone and residual is None and (plain or bias is not None):
        if not a.flags.carray:
            a = _with_rows(a)
        if not b.flags.carray:
            b = _with_rows(b)
        if bias is None:
            out = LOOPS[a.itemsize].ufunc(a, b)
        else:
            out = _with_bias(a, b, bias, activation)
        return out if out.__class__ is np.ndarray else np.asarray(out)
    if a.shape[-1] != b.shape[-2] or (others > 2 and a.shape[:-2] != b.shape[:-2]):
        return _matmul.reference(a, b, bias, activation, residual)
    check_epilogue((*a.shape[:-1], b.shape[-1]), bias, activation, residual)
    bias, residual = (
        x if x is None else native(x.astype(a.dtype, copy=False)) for x in (bias, residual)
    )
    return _shared(a, b, bias, ACTIVATIONS.index(activation), residual)
