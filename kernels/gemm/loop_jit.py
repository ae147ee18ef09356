"""The loop over products of matrices, with the arguments that NumPy gives to the loop of a ufunc.

A call of a generalised ufunc costs 0.7 us, in which NumPy has looked at shapes and strides, broadcast
them and made the output. A compiled function of arrays costs four times as much, more than a product
of matrices of 40x40 takes. Threads call the same loop by its address.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import threading
from typing import Any

import numba
import numpy as np
from numba.np.ufunc import _internal  # type: ignore[attr-defined]

from ..jit import VECTOR_BYTES, from_c
from ..simd import at, keep, lanes, pointer_to, word
from ..tiles import aligned
from ..ufunc import clear_exceptions
from .blocks_jit import multiply, needs_no_packing, panel_size
from .epilogue_jit import NONE, finish
from .products import ACTIVATIONS
from .vectors_jit import combination, dots

# Rows up to which a product with a transposed matrix is made of dot products: packing would cost
# more than the product.
FEW_ROWS = 4


def _loop(kind):
    """Make the loop for elements of a type."""

    def products(addresses, lengths, steps, extras):
        """c = activation(a @ b + bias) + residual, for each matrix of a stack.

        The addresses are those of a, b, with a bias that, and c; the lengths the count, rows, depth
        and columns; the steps in bytes those from one matrix to the next, and then along the axes
        of each. Of a and b one axis has the step of one element, of c and the bias the last.

        `extras` is 0, or the number of an activation and 1 where there is a bias; or an address of
        numbers: the rows of the product of which this is a part, the activation, and the addresses
        of bias and residual, 0 where there is none.
        """
        with_bias = 1 if 0 < extras <= len(ACTIVATIONS) else 0
        a, b = pointer_to(word(addresses, 0), kind), pointer_to(word(addresses, 1), kind)
        c = pointer_to(word(addresses, 2 + with_bias), kind)
        count, rows, depth, columns = (
            word(lengths, 0), word(lengths, 1), word(lengths, 2), word(lengths, 3),
        )  # fmt: skip
        whole, activation, bias, residual = rows, NONE, 0, 0
        if with_bias:
            activation, bias = extras - 1, word(addresses, 2)
        elif extras != 0:
            whole, activation = word(extras, 0), word(extras, 1)
            bias, residual = word(extras, 2), word(extras, 3)
        size = lanes(c)
        itemsize = VECTOR_BYTES // size
        a_next, b_next = word(steps, 0) // itemsize, word(steps, 1) // itemsize
        c_next = word(steps, 2 + with_bias) // itemsize
        inner = steps + 8 * (3 + with_bias)
        # Along an axis of one element a step may be anything.
        a_row = word(inner, 0) // itemsize if whole > 1 else depth
        a_step = word(inner, 1) // itemsize if depth > 1 else 1
        b_row = word(inner, 2) // itemsize
        b_step = word(inner, 3) // itemsize if columns > 1 else 1
        ldc = word(inner, 4 + with_bias) // itemsize
        if columns == 1 and ldc == 1 and b_row == 1 and bias == 0 and residual == 0:
            # The transposed product is that of a row with a matrix.
            a, b, a_next, b_next = b, a, b_next, a_next
            a_row, a_step, b_row, b_step = depth, 1, a_step, a_row
            whole, rows, columns = 1, 1, rows
        by_dots = whole <= FEW_ROWS and b_step != 1 and b_row == 1 and a_step == 1
        by_rows = whole == 1 and b_step == 1 and a_step == 1
        together = not (by_dots or by_rows) and needs_no_packing(
            columns, depth, b_row, b_step, size
        )
        step = max(count, 1) if together else 1
        unused = by_dots or by_rows or together
        memory = np.empty(0 if unused else panel_size(rows, size), kind)
        panels = aligned(memory)
        for item in range(0, count, step):
            left, right, o = at(a, item * a_next), at(b, item * b_next), at(c, item * c_next)
            epilogue = (
                activation, pointer_to(bias, kind), bias != 0,
                at(pointer_to(residual, kind), item * c_next), residual != 0, ldc,
            )  # fmt: skip
            if by_dots:
                dots(o, ldc, left, a_row, rows, right, b_step, columns, depth)
                finish(o, ldc, rows, columns, epilogue)
            elif by_rows:
                combination(o, left, right, b_row, columns, depth)
                finish(o, ldc, rows, columns, epilogue)
            else:
                multiply(
                    o, ldc, left, a_row, a_step, right, b_row, b_step, rows, columns, depth,
                    (step, a_next, b_next, c_next), panels, epilogue,
                )  # fmt: skip
        keep(memory)
        clear_exceptions()

    products.__qualname__ = f"products_{kind}"
    return from_c(products, words=4)


class _Loop:
    """The loop for one dtype: its address, and the ufuncs of it, by activations with a bias."""

    def __init__(self, dtype: type) -> None:
        code = _loop(getattr(numba, dtype.__name__))
        self.address: int = code.address

        def ufunc(signature: str, operands: int, extras: int | None) -> Any:
            kinds = [np.dtype(dtype).num] * (operands + 1)
            return _internal.fromfunc(
                "matmul", "Product of matrices.", [code.address], [kinds], operands, 1, [extras],
                code, _internal.PyUFunc_None, signature,
            )  # fmt: skip

        self.ufunc = ufunc("(m,k),(k,n)->(m,n)", 2, None)
        self.with_bias = {
            activation: ufunc("(m,k),(k,n),(n)->(m,n)", 3, number)
            for number, activation in enumerate(ACTIVATIONS, 1)
        }


class _Loops(dict[int, _Loop]):
    """The loops by the size of an element, compiled when they are first needed."""

    def __init__(self) -> None:
        self._making = threading.Lock()

    def __missing__(self, itemsize: int) -> _Loop:
        # Code goes with its object: of two, the one that is kept may not be the one that runs.
        with self._making:
            if itemsize not in self:
                self[itemsize] = _Loop({4: np.float32, 8: np.float64}[itemsize])
        return self[itemsize]


LOOPS = _Loops()
