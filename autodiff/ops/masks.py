"""Choosing between elements by a mask, for the rules of the other modules.

A rule must never multiply by 0 what it does not want: ``0 * inf`` is NaN. ``numpy.where`` does not,
but it branches at every element and is ten times slower than a product when the mask is random. The
bits of floats can be masked without a branch, and nothing comes through, not even a NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import kernels
from ..kernels.elementwise import INTEGERS

__all__ = ["ONE", "ZERO", "keep", "nothing", "select"]

ZERO = {char: np.zeros((), char) for char in "?bBhHiIlLqQefd"}
ONE = {char: np.ones((), char) for char in "?bBhHiIlLqQefd"}
"""Zeros and ones by the letter of their dtype: NumPy would convert a Python number in each call."""

_BRANCHING = 2048  # elements up to which numpy.where is the faster one


def _bits(mask: Any) -> Any:
    """Return -1 (all bits set) where `mask` is True, 0 elsewhere."""
    return -mask.view(np.int8)


def keep(g: Any, mask: Any) -> Any:
    """Return `g` where `mask` is True and 0 elsewhere; arrays, Tensors, Values or floats."""
    if g.__class__ is np.ndarray and g.dtype.char in INTEGERS:
        return kernels.keep(g, mask)
    return np.where(mask, g, 0)


def select(mask: Any, x: Any, y: Any) -> Any:
    """Return `x` where `mask` is True and `y` elsewhere; arrays, Tensors, Values or numbers."""
    if mask.__class__ is np.ndarray and mask.size > _BRANCHING:
        if x.__class__ is float or x.__class__ is int:
            x = np.asarray(x, np.result_type(x, y))
        elif y.__class__ is float or y.__class__ is int:
            y = np.asarray(y, np.result_type(x, y))
        if x.__class__ is np.ndarray and y.__class__ is np.ndarray and x.dtype is y.dtype:
            integer = INTEGERS.get(x.dtype.char)
            if integer is not None:
                y_bits = y.view(integer)
                return (((x.view(integer) ^ y_bits) & _bits(mask)) ^ y_bits).view(x.dtype)
    return np.where(mask, x, y)


def nothing(g: Any) -> Any:
    """Return zeros like `g`: the rule of what is constant between its jumps."""
    return np.zeros(g.shape, g.dtype) if g.__class__ is np.ndarray else np.where(False, g, 0)


keep.on_floats = lambda g, mask: g if mask else 0.0  # type: ignore[attr-defined]
select.on_floats = lambda mask, x, y: x if mask else y  # type: ignore[attr-defined]
nothing.on_floats = lambda g: 0.0  # type: ignore[attr-defined]
