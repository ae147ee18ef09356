"""Compiled matrix products: how operands of all layouts and ranks come to the blocks."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..jit import VECTOR_BYTES, native, parallel
from ..simd import at, keep, lanes, pointer
from ..threads import get_num_threads, split
from ..tiles import ROWS, VECTORS
from .blocks_jit import DEPTH, aligned, group_of, multiply, one_vector, panel_size
from .epilogue_jit import finish
from .products import ACTIVATIONS, check_epilogue
from .products import matmul as _matmul
from .vectors_jit import combination, dots

# What the range of a call counts: products, or the tiles of one product downwards or to the right.
PRODUCTS, DOWN, RIGHT = range(3)

# Rows up to which a product with a transposed matrix is made of dot products: packing would cost
# more than the product.
FEW_ROWS = 4


@parallel
def _products(
    a, b, c, bias, residual, stack, depth, a_turned, b_turned, activation, axis, begin, end
):
    """Fill a part of c with the products of a stack of matrices, or of one.

    The matrices of a stack lie below each other; an operand may be a single one for all. A turned
    operand lies in memory as its transpose. There is no bias where its array is empty, and no
    residual likewise.
    """
    size, rows, columns = lanes(c), c.shape[0] // stack, c.shape[1]
    first, last, i0, i1, j0, j1 = 0, 1, 0, rows, 0, columns
    if axis == PRODUCTS:
        first, last = begin, end
    elif axis == DOWN:
        i0, i1 = begin * ROWS, min(end * ROWS, rows)
    else:
        j0, j1 = begin * VECTORS * size, min(end * VECTORS * size, columns)
    a_next = rows * depth if a.size > rows * depth else 0
    b_next = depth * columns if b.size > depth * columns else 0
    a_row, a_step = (1, rows) if a_turned else (depth, 1)
    b_row, b_step = (1, depth) if b_turned else (columns, 1)
    by_dots = rows <= FEW_ROWS and b_turned and not a_turned
    by_rows = rows == 1 and not b_turned
    small = columns <= size and depth <= DEPTH and not b_turned
    memory = np.empty(0 if by_dots or by_rows else panel_size(i1 - i0, size), c.dtype)
    panels = aligned(memory)
    for item in range(first, last):
        left = at(pointer(a), item * a_next + i0 * a_row)
        right = at(pointer(b), item * b_next + j0 * b_step)
        place = item * rows * columns + i0 * columns + j0
        o = at(pointer(c), place)
        epilogue = (
            activation, at(pointer(bias), j0), bias.size > 0, at(pointer(residual), place),
            residual.size > 0, columns,
        )  # fmt: skip
        if by_dots:
            dots(o, columns, left, a_row, i1 - i0, right, b_step, j1 - j0, depth)
            finish(o, columns, i1 - i0, j1 - j0, 0, epilogue)
        elif by_rows:
            combination(o, left, right, b_row, j1 - j0, depth)
            finish(o, columns, 1, j1 - j0, 0, epilogue)
        elif small:
            one_vector(
                o, columns, (left, group_of(size) * a_row, a_row, a_step), (right, b_row), depth, i1 - i0,
                j1 - j0, False, True, epilogue,
            )  # fmt: skip
        else:
            multiply(
                o, columns, left, a_row, a_step, right, b_row, b_step, i1 - i0, j1 - j0, depth,
                panels, epilogue,
            )  # fmt: skip
    keep(memory)


def _laid_out(x: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return matrices that are C-contiguous, and whether they are the transposes of those given.

    Only what lies in memory neither way is copied.
    """
    if x.flags.carray:
        return x, False
    turned = x.swapaxes(-1, -2)
    if turned.flags.carray:
        return turned, True
    return np.array(x, order="C"), False


# What stands for no bias and no residual, by the size of an element.
_NOTHING = {
    np.dtype(dtype).itemsize: (np.empty(0, dtype), np.empty((0, 0), dtype))
    for dtype in (np.float32, np.float64)
}


def _product(
    a: np.ndarray,
    b: np.ndarray,
    bias: np.ndarray | None,
    activation: int,
    residual: np.ndarray | None,
) -> np.ndarray:
    """Multiply two matrices."""
    (rows, depth), columns, itemsize = a.shape, b.shape[1], a.itemsize
    product = out = np.empty((rows, columns), a.dtype)
    if columns == 1 and bias is None is residual:
        # The transposed product is that of a row with a matrix.
        a, b, out, rows, columns = b.T, a.T, product.T, 1, rows
    a, a_turned = _laid_out(a)
    b, b_turned = _laid_out(b)
    axis, count = RIGHT, -(-columns * itemsize // (VECTORS * VECTOR_BYTES))
    if count < 2 * get_num_threads():
        axis, count = DOWN, -(-rows // ROWS)
    no_bias, no_residual = _NOTHING[itemsize]
    split(
        _products,
        (
            a, b, out, no_bias if bias is None else bias,
            no_residual if residual is None else residual, 1, depth, a_turned, b_turned,
            activation, axis,
        ),
        count,
        rows * columns * depth,
    )  # fmt: skip
    return product


def _stack(
    a: np.ndarray,
    b: np.ndarray,
    bias: np.ndarray | None,
    activation: int,
    residual: np.ndarray | None,
) -> np.ndarray:
    """Multiply each matrix of a stack with one of another, or with a single one."""
    (count, rows, depth), columns = a.shape, b.shape[-1]
    out = np.empty((count, rows, columns), a.dtype)
    a, a_turned = _laid_out(a)
    b, b_turned = _laid_out(b)
    no_bias, no_residual = _NOTHING[a.itemsize]
    split(
        _products,
        (
            a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]), out.reshape(-1, columns),
            no_bias if bias is None else bias,
            no_residual if residual is None else residual.reshape(-1, columns), count, depth,
            a_turned, b_turned, activation, PRODUCTS,
        ),
        count,
        out.size * depth,
    )  # fmt: skip
    return out


def matmul(
    a: np.ndarray,
    b: np.ndarray,
    bias: np.ndarray | None = None,
    activation: str | None = None,
    residual: np.ndarray | None = None,
) -> np.ndarray:
    if bias is activation is residual is None:
        if a.ndim == 1 and b.ndim == 2:
            return matmul(a[None], b)[0]
        if a.ndim == 2 and b.ndim == 1:
            return matmul(a, b[:, None])[:, 0]
    if (
        a.ndim < 2
        or b.ndim < 2
        or a.shape[-1] != b.shape[-2]
        or a.dtype != b.dtype
        or not (a.size and b.size)
        or (b.ndim > 2 and a.shape[:-2] != b.shape[:-2])
    ):
        return _matmul.reference(a, b, bias, activation, residual)
    code = 0
    if bias is not None or activation is not None or residual is not None:
        check_epilogue((*a.shape[:-1], b.shape[-1]), bias, activation, residual)
        bias, residual = (
            x if x is None else native(x.astype(a.dtype, copy=False)) for x in (bias, residual)
        )
        code = ACTIVATIONS.index(activation)
    if a.ndim == 2:
        return _product(a, b, bias, code, residual)
    shape = (*a.shape[:-1], b.shape[-1])
    if b.ndim == 2 and a.flags.c_contiguous:
        if residual is not None:
            residual = residual.reshape(-1, shape[-1])
        return _product(a.reshape(-1, a.shape[-1]), b, bias, code, residual).reshape(shape)
    if a.ndim == 3:
        return _stack(a, b, bias, code, residual)
    a = a.reshape(-1, *a.shape[-2:])
    b = b if b.ndim == 2 else b.reshape(-1, *b.shape[-2:])
    return _stack(a, b, bias, code, residual).reshape(shape)
