"""Fused multiply-add in NumPy: a * b + c rounded once.

PyTorch's CPU kernels are compiled with fused multiply-add, so their last bit differs from a
product that is rounded before the sum. NumPy has no such operation; these two rebuild it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["fma", "fma32"]

_SPLITTER = 2.0**27 + 1
_CHUNK = 4096  # numbers worked on at once: ten scratch arrays stay in the second-level cache
_SPLITTABLE = 2.0**960  # above it Dekker's splitting overflows


def fma(a: np.ndarray, b: float, c: float) -> np.ndarray:
    """Return `a * b + c`, rounded once, for a float32 or float64 array and scalars of its dtype."""
    rounded = fma32 if a.dtype == np.float32 else _fma64
    return rounded(a, np.float64(b), np.float64(c))


def fma32(a: np.ndarray, b: np.ndarray | np.float64, c: np.ndarray | np.float64) -> np.ndarray:
    """Return `a * b + c` as float32 for float32 values, of which `b` is held in float64.

    The product of two float32 numbers is exact in float64. The sum is rounded to 53 bits before it
    is rounded to 24, which changes a result once in about 2**29.
    """
    value = a.astype(np.float64)
    value *= b
    value += c
    return value.astype(np.float32)


def _fma64(a: np.ndarray, b: np.float64, c: np.float64) -> np.ndarray:
    """Return `a * b + c` from an exact product and an exact sum (T. J. Dekker, 1971)."""
    if max(abs(b), abs(c)) > _SPLITTABLE:
        return a * b + c
    b_high, b_low = _split(b)
    result = np.empty_like(a)
    for start in range(0, len(a), _CHUNK):
        part = a[start : start + _CHUNK]
        product = part * b
        high, low = _split(part)
        error = low * b_low - (((product - high * b_high) - low * b_high) - high * b_low)
        total = product + c
        rest = total - product
        error += (product - (total - rest)) + (c - rest)
        np.add(total, error, out=result[start : start + _CHUNK])
    return result


def _split(x: Any) -> tuple[Any, Any]:
    """Split float64 values into two parts of 26 bits each, whose products are exact."""
    scaled = _SPLITTER * x
    high = scaled - (scaled - x)
    return high, x - high
