"""What reductions have in common: the declaration, the way back to the input's shape, adding up."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..apply import explained, result
from ..arguments import axes_of
from ..declare import operand
from ..handles import new_tensor
from ..primitive import Primitive

__all__ = [
    "Axes", "count_of", "divides", "kept", "plain", "reduce_add", "reduce_all", "reduce_any",
    "reduce_max", "reduce_min", "reduce_mul", "reduced_shape", "reduction", "spread", "total",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])
Axes = tuple[int, ...] | None
"""The axes that are reduced; None for all."""
_Array = np.ndarray

# Called as (array, axes, dtype, out, keepdims): the fastest way, which NumPy's stubs do not know.
reduce_add: Any = np.add.reduce
reduce_mul: Any = np.multiply.reduce
reduce_max: Any = np.maximum.reduce
reduce_min: Any = np.minimum.reduce
reduce_all: Any = np.logical_and.reduce
reduce_any: Any = np.logical_or.reduce


def reduction(
    forward: Callable[..., Any],
    rule: Callable[..., Any] | None,
    *,
    linear: bool = False,
    symbol: str | None = None,
) -> Callable[[F], F]:
    """Declare a reduction by its signature: ``(input, dim=None, keepdim=False)``, perhaps a dtype.

    `forward` takes an array, the axes (a tuple, or None for all) and keepdim. What comes out is
    written flat, as in `declare`, because ``sum`` and ``mean`` end every loss.
    """

    def declare(signature: F) -> F:
        name = signature.__name__
        prim = Primitive(name, forward, (rule,), linear=linear, symbol=symbol)
        keep_x, keep_out, _ = prim.keeps(1, 1)
        keeps_any = keep_x or keep_out
        options = frozenset(inspect.signature(signature).parameters)

        @functools.wraps(signature)
        def function(input: Any, dim: Any = None, keepdim: bool = False, **named: Any) -> Any:
            if named:
                input, dim, keepdim = _renamed(name, options, input, dim, keepdim, **named)
            try:
                x = input._array
                parent = input._node if input._view is None else input._history()
            except AttributeError:
                return function(operand(input, name, number=False), dim, keepdim)
            if dim is None:
                axes: Axes = None
            elif dim.__class__ is int and -x.ndim <= dim < x.ndim:
                axes = (dim if dim >= 0 else dim + x.ndim,)
            else:
                axes = axes_of(dim, x.ndim, name)
            run = prim.run
            try:
                out = run(x, axes, keepdim)
            except (ValueError, TypeError, IndexError) as error:
                raise explained(error, prim, (x,), (axes, keepdim)) from None
            if out.__class__ is not _Array:
                out = np.asarray(out)
            if parent is None or rule is None:
                return new_tensor(out, None)
            saved = (x if keep_x else None, out if keep_out else None, None) if keeps_any else ()
            return result(out, prim, (parent,), (axes, keepdim), 1, saved, out.shape)

        function.primitive = prim  # type: ignore[attr-defined]
        return function  # type: ignore[return-value]

    return declare


def _renamed(
    operation: str,
    options: frozenset[str],
    input: Any,
    dim: Any,
    keepdim: bool,
    *,
    axis: Any = None,
    keepdims: bool | None = None,
    dtype: Any = None,
    **unknown: Any,
) -> tuple[Any, Any, bool]:
    """Resolve NumPy's names and the conversion to a dtype."""
    if dtype is not None and "dtype" not in options:
        unknown["dtype"] = dtype
    if unknown:
        raise TypeError(f"{operation}() got an unexpected keyword argument {next(iter(unknown))!r}")
    if axis is not None:
        if dim is not None:
            raise TypeError(f"{operation}: give axis or dim, not both")
        dim = axis
    if dtype is not None:
        input = operand(input, operation, number=False).to(dtype)
    return input, dim, keepdim if keepdims is None else bool(keepdims)


# Shapes


def spread(g: Any, shape: tuple[int, ...], axes: Axes, keepdim: bool) -> Any:
    """Give `g`, the cotangent of a reduction, the axes of its input back: a read-only view."""
    if isinstance(g, np.generic):
        g = np.asarray(g)
    if g.__class__ is _Array and g.flags.c_contiguous and g.size:
        # What np.broadcast_to does, in a fifth of its time.
        if axes is None:
            strides: tuple[int, ...] = (0,) * len(shape)
        elif keepdim:
            strides = tuple([0 if i in axes else s for i, s in enumerate(g.strides)])
        else:
            steps = iter(g.strides)
            strides = tuple([0 if i in axes else next(steps) for i in range(len(shape))])
        out = _Array(shape, g.dtype, g, 0, strides)
        out.setflags(write=False)
        return out
    return np.broadcast_to(kept(g, shape, axes, keepdim), shape)


def kept(g: Any, shape: tuple[int, ...], axes: Axes, keepdim: bool) -> Any:
    """Give the result of a reduction its axes back, with length 1."""
    if keepdim or not shape:
        return g
    if axes is None:
        return g.reshape((1,) * len(shape))
    return g.reshape(tuple([1 if i in axes else n for i, n in enumerate(shape)]))


def reduced_shape(shape: tuple[int, ...], axes: Axes) -> tuple[int, ...]:
    """Return `shape` without the reduced axes."""
    return () if axes is None else tuple([n for i, n in enumerate(shape) if i not in axes])


def count_of(shape: tuple[int, ...], axes: Axes) -> int:
    """Return how many elements each element of a reduction's result stands for."""
    count = 1
    for i in range(len(shape)) if axes is None else axes:
        count *= shape[i]
    return count


def plain(x: Any) -> np.ndarray:
    """Return the array of `x`, for what depends on it in steps only (masks, places, counts)."""
    return x if x.__class__ is _Array else x._array


# Sums

_SMALL = 8192  # elements: up to here BLAS, which runs on one thread, adds fastest along an axis
_LONG = 1024  # elements: longer axes are added in blocks
_ONES: dict[str, np.ndarray] = {"f": np.ones(_SMALL, np.float32), "d": np.ones(_SMALL, np.float64)}


def total(x: np.ndarray, axes: Axes, keepdim: bool = False) -> Any:
    """Add up: integers as int64, float16 in float32, and long axes in blocks."""
    char = x.dtype.char
    if char not in _ONES:
        if char == "e":
            return total(x.astype(np.float32), axes, keepdim).astype(np.float16)
        return reduce_add(x, axes, np.int64, None, keepdim)
    if x.size <= _SMALL:
        if axes is None:
            if not keepdim:
                return x.reshape(-1).dot(_ONES[char][: x.size])
        elif x.ndim == 2 and len(axes) == 1:
            (axis,) = axes
            ones = _ONES[char][: x.shape[axis]]
            out = x.dot(ones) if axis else ones.dot(x)
            return (out[:, None] if axis else out[None]) if keepdim else out
    elif axes is not None or not x.flags.forc:
        for axis in range(x.ndim) if axes is None else axes:
            if x.shape[axis] > _LONG:
                x = _in_blocks(x, axis)
    return reduce_add(x, axes, None, None, keepdim)


def _in_blocks(x: np.ndarray, axis: int) -> np.ndarray:
    """Add up blocks along an axis until it is short.

    NumPy adds rows one after the other, and the rounding error grows with their number; in blocks
    it grows with its logarithm only.
    """
    if axis == x.ndim - 1 and x.flags.c_contiguous:
        return x  # a contiguous run NumPy adds in blocks itself
    x = x.swapaxes(0, axis)
    while x.shape[0] > _LONG:
        blocks = x.shape[0] // 256
        whole = x[: blocks * 256].reshape(blocks, 256, *x.shape[1:])
        x = np.concatenate([np.add.reduce(whole, 1), np.add.reduce(x[blocks * 256 :], 0)[None]])
    return x.swapaxes(0, axis)


_TINY = {char: float(np.finfo(char).tiny) for char in "efd"}


def divides(x: np.ndarray) -> bool:
    """Whether no element is 0, infinite, NaN, or so small that digits were lost."""
    if x.size == 0:
        return True
    size = np.abs(x)
    low, high = reduce_min(size, None), reduce_max(size, None)
    return bool(_TINY[x.dtype.char] < low and high < np.inf)
