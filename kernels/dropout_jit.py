"""Compiled dropout."""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types

from .dropout import LANES, MULTIPLIERS, ROUNDS, WEYL, scale, threshold
from .jit import native, parallel
from .simd import (
    INDEX,
    intrinsic,
    lanes,
    load,
    load_first,
    pointer,
    select,
    splat_value,
    store,
    store_first,
    vector_of,
)
from .threads import split
from .vector_math import vector_function

BLOCK = 4 * LANES
# Multiply-adds of a convolution in the time that an element takes.
ELEMENT = 24

_LOW = 0xFFFFFFFF


@intrinsic
def _counters(typingctx, pointer, first):
    """Return first, first + 1, ..., for each lane of a vector of a pointer's elements."""
    kind = vector_of(pointer.dtype).of(types.int64)

    def codegen(context, builder, signature, arguments):
        numbers = ir.Constant(ir.VectorType(INDEX, kind.count), list(range(kind.count)))
        return builder.add(splat_value(builder, arguments[1], kind.count), numbers)

    return kind(pointer, types.int64), codegen


@vector_function
def _philox(counters, key, other):
    """Return four vectors of random numbers of 32 bits. Above these, lanes hold anything."""
    a, b, c, d = counters, counters >> 32, counters ^ counters, counters ^ counters
    for _ in range(ROUNDS):
        left, right = (a & _LOW) * MULTIPLIERS[0], (c & _LOW) * MULTIPLIERS[1]
        a, b, c, d = (right >> 32) ^ b ^ key, right, (left >> 32) ^ d ^ other, left
        key, other = (key + WEYL[0]) & _LOW, (other + WEYL[1]) & _LOW
    return a, b, c, d


@vector_function
def _thin(numbers, level, source, target, factor, place, size):
    """Write a vector of results, as much as there is place for."""
    stays = (numbers & _LOW) >= level
    if place + lanes(source) <= size:
        store(select(stays, load(source, place) * factor, 0.0), target, place)
    elif place < size:
        x = load_first(source, place, size - place, factor)
        store_first(select(stays, x * factor, 0.0), target, place, size - place)


@parallel
def _dropout(x, out, factor, level, key, other, begin, end):
    """For blocks [begin, end) of elements."""
    source, target, size = pointer(x), pointer(out), len(x)
    for block in range(begin, end):
        for part in range(0, LANES, lanes(source)):
            a, b, c, d = _philox(_counters(source, block * LANES + part), key, other)
            place = block * BLOCK + part
            _thin(a, level, source, target, factor, place, size)
            _thin(b, level, source, target, factor, place + LANES, size)
            _thin(c, level, source, target, factor, place + 2 * LANES, size)
            _thin(d, level, source, target, factor, place + 3 * LANES, size)


def dropout(x: np.ndarray, p: float, seed: int) -> np.ndarray:
    level = threshold(p)
    out = np.empty(x.shape, x.dtype)
    keys = seed & _LOW, seed >> 32
    flat = native(x).reshape(-1), out.reshape(-1)
    split(
        _dropout,
        (*flat, x.dtype.type(scale(p)), level, *keys),
        -(-x.size // BLOCK),
        x.size * ELEMENT,
    )
    return out
