"""Compiled functions of single elements, and the loops that take such functions over memory."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .elementwise import keep as _keep
from .jit import jit, native, parallel
from .simd import element, lanes, load, load_first, pointer, store, store_first
from .threads import split
from .vector_math import erf as erf_of
from .vector_math import vector_function


@vector_function
def each(function, x, out, begin, end):
    """out[i] = function(x[i]) for i in [begin, end)."""
    source, target = pointer(x), pointer(out)
    rest = (end - begin) % lanes(source)
    for i in range(begin, end - rest, lanes(source)):
        store(function(load(source, i)), target, i)
    if rest:
        x = load_first(source, end - rest, rest, element(source, 0))
        store_first(function(x), target, end - rest, rest)


@vector_function
def each_pair(function, x, y, out, begin, end):
    """out[i] = function(x[i], y[i]) for i in [begin, end)."""
    first, second, target = pointer(x), pointer(y), pointer(out)
    rest = (end - begin) % lanes(first)
    for i in range(begin, end - rest, lanes(first)):
        store(function(load(first, i), load(second, i)), target, i)
    if rest:
        x = load_first(first, end - rest, rest, element(first, 0))
        y = load_first(second, end - rest, rest, element(second, 0))
        store_first(function(x, y), target, end - rest, rest)


def mapped(loop: Callable[..., None], x: np.ndarray, work: int) -> np.ndarray:
    """Return what a loop by `each` makes of `x`; an element takes the time of `work`
    multiply-adds."""
    out = np.empty(x.shape, x.dtype)
    split(loop, (native(x).reshape(-1), out.reshape(-1)), x.size, x.size * work)
    return out


def mapped_pair(loop: Callable[..., None], x: np.ndarray, y: np.ndarray, work: int) -> np.ndarray:
    """Return what a loop by `each_pair` makes of two arrays of one shape and dtype."""
    if x.shape != y.shape or x.dtype != y.dtype:
        raise ValueError(
            f"two arrays of one shape and dtype are needed, got {x.dtype}{list(x.shape)} and "
            f"{y.dtype}{list(y.shape)}"
        )
    out = np.empty(x.shape, x.dtype)
    flat = native(x).reshape(-1), native(y).reshape(-1), out.reshape(-1)
    split(loop, flat, x.size, x.size * work)
    return out


@parallel
def _erf(x, out, begin, end):
    each(erf_of, x, out, begin, end)


def erf(x: np.ndarray) -> np.ndarray:
    return mapped(_erf, x, 32)


@jit
def _kept(g, mask, out):
    nothing = out.dtype.type(0)
    for i in range(len(g)):
        out[i] = g[i] if mask[i] else nothing


def keep(g: np.ndarray, mask: np.ndarray) -> np.ndarray:
    if g.shape != mask.shape:
        return _keep.reference(g, mask)
    out = np.empty(g.shape, g.dtype)
    _kept(native(g).reshape(-1), native(mask).reshape(-1), out.reshape(-1))
    return out
