"""The memory of many arrays at once, for kernels that work through all parameters of a network.

Handing an array to a compiled function costs 0.3 us; a step of an optimiser takes a few arrays for
each parameter, and each may be small. So such a kernel gets the objects' own addresses (`id`), and
reads there what NumPy's C interface promises to hold of an array: `PyArrayObject`, in numpy's
`ndarraytypes.h`, begins with the fields that are named here.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Sequence

import numpy as np
from llvmlite import ir
from numba import types

from .jit import inline, jit
from .simd import INDEX, intrinsic, word

_HEAD = object.__basicsize__
_DATA, _NDIM, _SHAPE, _DTYPE, _FLAGS = _HEAD, _HEAD + 8, _HEAD + 16, _HEAD + 40, _HEAD + 48
_C, _F, _ALIGNED, _WRITEABLE = 0x1, 0x2, 0x100, 0x400


def _layout_is_known() -> bool:
    """Try the fields on an array."""
    probe = np.ones((3, 2), np.float32).T
    flags = ctypes.c_int32.from_address(id(probe) + _FLAGS).value
    return (
        ctypes.c_int64.from_address(id(probe) + _DATA).value == probe.ctypes.data
        and ctypes.c_int32.from_address(id(probe) + _NDIM).value == 2
        and ctypes.c_int64.from_address(id(probe) + _DTYPE).value == id(probe.dtype)
        and flags & (_C | _F | _ALIGNED | _WRITEABLE) == _F | _ALIGNED | _WRITEABLE
    )


_KNOWN = _layout_is_known()


@intrinsic
def _half_word(typingctx, address):
    """Return the 32-bit number at an address."""

    def codegen(context, builder, signature, arguments):
        number = ir.IntType(32)
        value = builder.load(builder.inttoptr(arguments[0], number.as_pointer()))
        return builder.sext(value, INDEX)

    return types.int64(types.int64), codegen


@inline
def _same_shape(a, b):
    if _half_word(a + _NDIM) != _half_word(b + _NDIM):
        return False
    for axis in range(_half_word(a + _NDIM)):
        if word(word(a + _SHAPE, 0), axis) != word(word(b + _SHAPE, 0), axis):
            return False
    return True


@inline
def _size(a):
    size = 1
    for axis in range(_half_word(a + _NDIM)):
        size *= word(word(a + _SHAPE, 0), axis)
    return size


@inline
def _overlap(starts, sizes):
    """Say whether two of some pieces of memory overlap: sorts them in place (Shell 1959)."""
    gap = len(starts) // 2
    while gap > 0:
        for i in range(gap, len(starts)):
            start, size, j = starts[i], sizes[i], i
            while j >= gap and starts[j - gap] > start:
                starts[j], sizes[j] = starts[j - gap], sizes[j - gap]
                j -= gap
            starts[j], sizes[j] = start, size
        gap //= 2
    end = 0
    for i in range(len(starts)):
        if sizes[i] > 0:
            if starts[i] < end:
                return True
            end = starts[i] + sizes[i]
    return False


@jit
def _read(objects, dtype, itemsize, block, sizes, firsts):
    """Replace the objects by the addresses of their elements, and fill in the other two arrays; say
    whether they are all fit for a pass over their memory. An object of 0 is none."""
    rows, columns = objects.shape
    firsts[0] = 0
    for j in range(columns):
        parameter = objects[0, j]
        layouts = _C | _F
        for i in range(rows):
            array = objects[i, j]
            if array != 0:
                flags = _half_word(array + _FLAGS)
                layouts &= flags
                needed = _ALIGNED if i == 1 else _ALIGNED | _WRITEABLE
                if word(array + _DTYPE, 0) != dtype or flags & needed != needed:
                    return False
                if not _same_shape(array, parameter):
                    return False
                objects[i, j] = word(array + _DATA, 0)
        if layouts == 0:
            return False
        sizes[j] = _size(parameter)
        firsts[j + 1] = firsts[j] + (sizes[j] + block - 1) // block
    starts, lengths = np.empty(2 * columns, np.int64), np.empty(2 * columns, np.int64)
    for j in range(columns):
        for i in range(2):
            starts[i * columns + j] = objects[i, j]
            lengths[i * columns + j] = sizes[j] * itemsize
    return not _overlap(starts, lengths)


def table_of(
    lists: Sequence[Sequence[np.ndarray] | None], block: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return what a kernel must know of lists of arrays to work through their memory.

    Parameters
    ----------
    lists : sequence of (sequence of ndarray or None)
        Parameters, their gradients, and further arrays, side by side; the gradients are read only.
    block : int
        Elements in a block.

    Returns
    -------
    addresses : ndarray of int64, shape (lists, parameters)
        0 in the rows of lists that are None. The arrays must live as long as these are used.
    sizes : ndarray of int64, shape (parameters,)
        How many elements each parameter has.
    firsts : ndarray of int64, shape (parameters + 1,)
        The number of the first block of each parameter; at the end, how many blocks there are.

    None where the arrays cannot be worked through as plain memory: all must have the dtype of the
    first, and what belongs to a parameter one shape, and one layout without gaps. Parameters and
    gradients must not overlap.
    """
    if not _KNOWN:
        return None
    parameters = lists[0]
    assert parameters is not None
    rows, columns = len(lists), len(parameters)
    every = (itertools.repeat(0, columns) if one is None else map(id, one) for one in lists)
    objects = np.fromiter(itertools.chain.from_iterable(every), np.int64, rows * columns)
    objects = objects.reshape(rows, columns)
    sizes, firsts = np.empty(columns, np.int64), np.empty(columns + 1, np.int64)
    dtype = parameters[0].dtype
    fit = _read(objects, id(dtype), dtype.itemsize, block, sizes, firsts)
    return (objects, sizes, firsts) if fit else None
