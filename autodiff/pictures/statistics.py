"""What there is to say about an array in a few numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..value import Value

__all__ = ["summary_of"]

_BINS = 16
_FIRST = 8
_BLOCK = 1 << 14  # elements: what is made of one stays in the cache


def summary_of(x: Any) -> dict[str, Any]:
    """Return the numbers that say what is in `x`, as JSON can hold them.

    Parameters
    ----------
    x : array, Tensor, Value or number
        Of a bool, integer or floating dtype.

    Returns
    -------
    dict
        For one element ``{"number": x}``. Else "shape", "dtype"; "min", "max", "mean" and "std" of the
        finite elements (None where there are none); "norm", the Euclidean norm of all; "nan" and "inf", how
        many there are; "histogram" of the finite elements, its ends "low" and "high" and 16 "counts"; and
        "first", up to 8 elements. NaN and infinities are the strings "nan", "inf" and "-inf".

    Examples
    --------
    >>> import numpy as np
    >>> summary_of(0.5)
    {'number': 0.5}
    >>> found = summary_of(np.array([1.0, 2.0, np.nan]))
    >>> found["mean"], found["norm"], found["nan"], found["first"]
    (1.5, 'nan', 1, [1.0, 2.0, 'nan'])
    """
    if x.__class__ is float:
        return {"number": _plain(x)}
    array = np.asarray(x.data if isinstance(x, Value) else x)
    if array.size == 1:
        return {"number": _plain(array.item())}
    flat = finite = array.reshape(-1) if array.dtype != bool else array.reshape(-1).view(np.uint8)
    nan = inf = 0
    if array.size and not (math.isfinite(flat.min()) and math.isfinite(flat.max())):
        nan = int(np.count_nonzero(np.isnan(flat)))
        inf = int(np.count_nonzero(np.isinf(flat)))
        finite = flat[np.isfinite(flat)]
    found = _of_finite(finite)
    if nan or inf:
        found["norm"] = "nan" if nan else "inf"
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        **found,
        "nan": nan,
        "inf": inf,
        "first": [_plain(value) for value in flat[:_FIRST].tolist()],
    }


def _plain(x: float | int | bool) -> float | int | str:
    """A number as JSON can hold it."""
    if isinstance(x, int):
        return int(x)
    return x if math.isfinite(x) else "nan" if x != x else "inf" if x > 0 else "-inf"


def _of_finite(x: np.ndarray) -> dict[str, Any]:
    """Extremes, moments, norm and histogram; all but the extremes are computed without overflow."""
    if x.size == 0:
        nothing = {"low": 0.0, "high": 1.0, "counts": [0] * _BINS}
        return {**dict.fromkeys(("min", "max", "mean", "std")), "norm": 0.0, "histogram": nothing}
    low, high = x.min().item(), x.max().item()
    exponent = math.frexp(max(abs(low), abs(high)))[1]
    exponent = 0 if -300 < exponent < 300 else exponent
    least, most = math.ldexp(low, -exponent), math.ldexp(high, -exponent)
    total = squares = spread = 0.0
    for part in _blocks(x, exponent):
        total += float(part.sum())
        squares += float(np.dot(part, part))
    mean = total / x.size
    counts = np.zeros(_BINS, np.intp)
    for part in _blocks(x, exponent):
        rest = part - mean
        spread += float(np.dot(rest, rest))
        part = (part - least) / (most - least if most > least else 1.0) * _BINS
        counts += np.bincount(np.minimum(part.astype(np.intp), _BINS - 1), minlength=_BINS)
    if most == least:
        counts = np.roll(counts, _BINS // 2)  # one value stands in the middle
    return {
        "min": _plain(low),
        "max": _plain(high),
        "mean": math.ldexp(mean, exponent),
        "std": math.ldexp(math.sqrt(spread / x.size), exponent),
        "norm": _unbounded(math.sqrt(squares), exponent),
        "histogram": {"low": float(low), "high": float(high), "counts": counts.tolist()},
    }


def _blocks(x: np.ndarray, exponent: int) -> Iterator[np.ndarray]:
    """Pieces of `x` in float64, divided by two to the power of `exponent`."""
    for begin in range(0, x.size, _BLOCK):
        part = x[begin : begin + _BLOCK].astype(np.float64)
        yield np.ldexp(part, -exponent) if exponent else part


def _unbounded(x: float, exponent: int) -> float | str:
    try:
        return math.ldexp(x, exponent)
    except OverflowError:
        return "inf"
