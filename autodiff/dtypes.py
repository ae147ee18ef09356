"""Dtypes and how they mix: NumPy's dtypes, PyTorch's promotion.

A dtype here *is* a NumPy scalar type (``ad.float32 is np.float32``); only the rules by which two of them
meet are PyTorch's: a category (bool < integer < floating) beats a width, and within a category a tensor
with dimensions beats a 0-d tensor, which beats a Python number.
Rules: https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "bool_", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
    "half", "float_", "double", "short", "int_", "long",
    "get_default_dtype", "set_default_dtype", "promote_types", "result_type",
]  # fmt: skip

bool_ = np.bool_
uint8 = np.uint8
int8 = np.int8
int16 = short = np.int16
int32 = int_ = np.int32
int64 = long = np.int64
float16 = half = np.float16
float32 = float_ = np.float32
float64 = double = np.float64

_SUPPORTED = frozenset("?bBhilqefdHILQ")
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}

default_dtype = np.dtype(np.float32)


def get_default_dtype() -> np.dtype[Any]:
    """Return the floating dtype of tensors made from Python floats (float32 at start).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.get_default_dtype()
    dtype('float32')
    """
    return default_dtype


def set_default_dtype(dtype: Any) -> None:
    """Set the floating dtype of tensors made from Python floats.

    Raises
    ------
    TypeError
        If `dtype` is not a floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.set_default_dtype(ad.float64)
    >>> ad.tensor(1.0).dtype
    dtype('float64')
    >>> ad.set_default_dtype(ad.float32)
    """
    global default_dtype
    dtype = check(dtype)
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype: expected a floating dtype, got {dtype}")
    default_dtype = dtype


def check(dtype: Any) -> np.dtype[Any]:
    """Return `dtype` as a ``numpy.dtype``; raise TypeError for one that tensors cannot hold."""
    try:
        result = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{dtype!r} is not a dtype; use one such as autodiff.float32") from None
    if result.char not in _SUPPORTED:
        raise TypeError(
            f"dtype {result} is not supported; tensors hold bool, integer and floating dtypes "
            "(float16, float32, float64)"
        )
    return result if result.isnative else result.newbyteorder("=")


def scalar_dtype(value: bool | int | float) -> np.dtype[Any]:
    """Return the dtype that a tensor made of one Python number has."""
    if isinstance(value, bool):
        return np.dtype(np.bool_)
    return np.dtype(np.int64) if isinstance(value, int) else default_dtype


def promote_types(type1: Any, type2: Any) -> np.dtype[Any]:
    """Return the smallest dtype to which both may be converted, by PyTorch's rules.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.promote_types(ad.int64, ad.float32)
    dtype('float32')
    """
    a, b = check(type1), check(type2)
    if a == b:
        return a
    rank_a, rank_b = _RANK[a.kind], _RANK[b.kind]
    if rank_a != rank_b:
        return a if rank_a > rank_b else b
    return np.promote_types(a, b)


def result_type(*operands: Any) -> np.dtype[Any]:
    """Return the dtype of an operation on `operands` (tensors, arrays, Python numbers).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.result_type(ad.ones(2, dtype=ad.int64), 1.5)
    dtype('float32')
    """
    best: list[np.dtype[Any] | None] = [None, None, None]  # dimensioned, 0-d, Python numbers
    for operand in operands:
        dtype = getattr(operand, "dtype", None)
        if dtype is None:
            priority, dtype = 2, scalar_dtype(operand)
        else:
            priority = 0 if operand.ndim else 1
        known = best[priority]
        best[priority] = dtype if known is None else promote_types(known, dtype)
    result = None
    for dtype in best:
        if dtype is None:
            continue
        if result is None or _RANK[dtype.kind] > _RANK[result.kind]:
            result = dtype
    assert result is not None, "result_type needs at least one operand"
    return result
