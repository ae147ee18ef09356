"""What the random functions are given, checked; each error names the operation."""

from __future__ import annotations

import math
import operator

import numpy as np
from numpy.typing import DTypeLike

__all__ = [
    "Shape",
    "as_dtype",
    "as_floating",
    "as_integer",
    "as_probability",
    "as_real",
    "as_shape",
    "computed_in",
]

Shape = int | tuple[int, ...] | list[int]

_FLOATING = (np.float16, np.float32, np.float64)


def as_shape(operation: str, shape: Shape) -> tuple[int, ...]:
    """Return `shape` as a tuple of sizes, none of them negative."""
    sizes = shape if isinstance(shape, (tuple, list)) else (shape,)
    result = tuple(as_integer(operation, "a size", size) for size in sizes)
    if any(size < 0 for size in result):
        raise ValueError(f"{operation}: sizes must not be negative, got shape {result}")
    return result


def as_integer(operation: str, name: str, value: object) -> int:
    """Return `value` as an int; floats are refused."""
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(
            f"{operation}: {name} must be an integer, got {type(value).__name__}"
        ) from None


def as_real(operation: str, name: str, value: object) -> float:
    """Return `value` as a float that is not NaN."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(
            f"{operation}: {name} must be a real number, got {type(value).__name__}"
        ) from None
    if math.isnan(number):
        raise ValueError(f"{operation}: {name} must be a number, got nan")
    return number


def as_probability(operation: str, value: object) -> float:
    """Return `value` as a float in [0, 1]."""
    p = as_real(operation, "p", value)
    if not 0 <= p <= 1:
        raise ValueError(f"{operation}: p must lie in [0, 1], got {p}")
    return p


def as_dtype(operation: str, dtype: DTypeLike) -> np.dtype:
    """Return `dtype` as a real NumPy dtype: boolean, integer or floating."""
    try:
        result = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{operation}: dtype must be a NumPy dtype, got {dtype!r}") from None
    if result.kind not in "biu" and result.type not in _FLOATING:
        raise TypeError(f"{operation}: there are no random numbers of dtype {result}")
    return result


def as_floating(operation: str, dtype: DTypeLike) -> np.dtype:
    """Return `dtype` as float16, float32 or float64."""
    result = as_dtype(operation, dtype)
    if result.type not in _FLOATING:
        raise TypeError(
            f"{operation}: dtype must be float16, float32 or float64, got {result}; "
            "these numbers are continuous"
        )
    return result


def computed_in(dtype: np.dtype) -> np.dtype:
    """Return the dtype that a kernel for the floating `dtype` computes in."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype
