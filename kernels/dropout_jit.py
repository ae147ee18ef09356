"""Compiled dropout."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from .dropout import LANES, MULTIPLIERS, ROUNDS, WEYL, scale, threshold
from .jit import native, parallel
from .threads import split
from .vector_math import vector_function

BLOCK = 4 * LANES
# Multiply-adds of a convolution in the time that an element takes.
ELEMENT = 24

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_FIRST, _SECOND = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
_FIRST_STEP, _SECOND_STEP = np.uint64(WEYL[0]), np.uint64(WEYL[1])


@vector_function
def _philox(block, first_key, second_key, numbers):
    """Write the random numbers of a block, which are 32 bits in 64."""
    for lane in range(LANES):
        counter = np.uint64(block * LANES + lane)
        a, b, c, d = counter & _LOW, counter >> _HALF, np.uint64(0), np.uint64(0)
        key, other = np.uint64(first_key), np.uint64(second_key)
        for _ in range(ROUNDS):
            left, right = a * _FIRST, c * _SECOND
            a, b = (right >> _HALF) ^ b ^ key, right & _LOW
            c, d = (left >> _HALF) ^ d ^ other, left & _LOW
            key, other = (key + _FIRST_STEP) & _LOW, (other + _SECOND_STEP) & _LOW
        numbers[lane] = a
        numbers[LANES + lane] = b
        numbers[2 * LANES + lane] = c
        numbers[3 * LANES + lane] = d


@parallel
def _dropout(x, out, factor, level, first_key, second_key, begin, end):
    """For blocks [begin, end) of elements."""
    numbers = np.empty(BLOCK, np.uint64)
    nothing, least = factor * 0, np.uint64(level)
    for block in range(begin, end):
        _philox(block, first_key, second_key, numbers)
        start = block * BLOCK
        for i in range(min(BLOCK, len(x) - start)):
            out[start + i] = x[start + i] * factor if numbers[i] >= least else nothing


def dropout(x: np.ndarray, p: float, seed: int) -> np.ndarray:
    level = threshold(p)
    out = np.empty(x.shape, x.dtype)
    keys = seed & 0xFFFFFFFF, seed >> 32
    flat = native(x).reshape(-1), out.reshape(-1)
    split(
        _dropout,
        (*flat, x.dtype.type(scale(p)), level, *keys),
        -(-x.size // BLOCK),
        x.size * ELEMENT,
    )
    return out
