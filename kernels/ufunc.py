"""Elementwise kernels as ufuncs of NumPy, with loops compiled from functions of vectors.

A call of a ufunc costs 0.3 us, in which NumPy has looked at shapes and strides, made the output and
let go of the interpreter's lock. A compiled function with an output made for it costs four times as
much, more than a thousand elements take. Large arrays are cut into parts for the threads, which
call the same loop.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import functools
import inspect
import platform
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.np.ufunc import _internal  # type: ignore[attr-defined]

from . import threads
from .jit import VECTOR_BYTES, from_c, parallel
from .simd import (
    INDEX,
    LANE,
    gather_first,
    intrinsic,
    lanes,
    llvm_call,
    load,
    pointer_to,
    scatter_first,
    store,
    word,
)
from .vector_math import vector_function

__all__ = ["call_loop", "clear_exceptions", "elementwise"]


@intrinsic
def clear_exceptions(typingctx):
    """Forget the floating-point exceptions: NumPy would warn of one even where it stems from a lane
    whose result is not used."""

    def codegen(context, builder, signature, arguments):
        if platform.machine() in ("x86_64", "AMD64"):
            state = cgutils.alloca_once(builder, LANE)
            llvm_call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), state)
            builder.store(builder.and_(builder.load(state), LANE(~0x3F)), state)
            llvm_call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), state)
        else:
            llvm_call(builder, "feclearexcept", LANE, LANE(0x1F))  # all, whatever their order is
        return context.get_dummy_value()

    return types.void(), codegen


@vector_function
def _each(function, kind, addresses, lengths, steps):
    """out[i] = function(x[i]), with NumPy's arguments for the loop of a ufunc."""
    x, out = pointer_to(word(addresses, 0), kind), pointer_to(word(addresses, 1), kind)
    x_step, out_step = word(steps, 0), word(steps, 1)
    length, width = word(lengths, 0), lanes(x)
    size = VECTOR_BYTES // width
    done = 0
    if x_step == size and out_step == size:
        done = length - length % width
        for i in range(0, done, width):
            store(function(load(x, i)), out, i)
    for i in range(done, length, width):
        result = function(gather_first(x, i, x_step, length - i))
        scatter_first(result, out, i, out_step, length - i)
    clear_exceptions()


@vector_function
def _each_pair(function, kind, addresses, lengths, steps):
    """out[i] = function(x[i], y[i]), with NumPy's arguments for the loop of a ufunc."""
    x, y = pointer_to(word(addresses, 0), kind), pointer_to(word(addresses, 1), kind)
    out = pointer_to(word(addresses, 2), kind)
    x_step, y_step, out_step = word(steps, 0), word(steps, 1), word(steps, 2)
    length, width = word(lengths, 0), lanes(x)
    size = VECTOR_BYTES // width
    done = 0
    if x_step == size and y_step == size and out_step == size:
        done = length - length % width
        for i in range(0, done, width):
            store(function(load(x, i), load(y, i)), out, i)
    for i in range(done, length, width):
        count = length - i
        result = function(gather_first(x, i, x_step, count), gather_first(y, i, y_step, count))
        scatter_first(result, out, i, out_step, count)
    clear_exceptions()


_LOOP = """
def {name}(addresses, lengths, steps, data):
    each(function, kind, addresses, lengths, steps)
"""


class _Loop:
    """The loop of a function for one dtype, and the ufunc of it."""

    __slots__ = ("code", "ufunc")

    def __init__(self, body: Callable[..., Any], dtype: np.dtype[Any]) -> None:
        operands = len(inspect.signature(body).parameters)
        name = f"{body.__name__.strip('_')}_{dtype.name}"
        names = {
            "__name__": body.__module__,
            "each": (_each, _each_pair)[operands - 1],
            "function": vector_function(body),
            "kind": getattr(numba, dtype.name),
        }
        # Numba's cache wants to know the file.
        exec(compile(_LOOP.format(name=name), body.__code__.co_filename, "exec"), names)
        self.code = from_c(names[name], words=4)  # type: ignore[arg-type]
        self.ufunc: Any = _internal.fromfunc(
            body.__name__, body.__doc__, [self.code.address], [[dtype.num] * (operands + 1)],
            operands, 1, [None], self.code, _internal.PyUFunc_None,
        )  # fmt: skip


@intrinsic
def call_loop(typingctx, loop, addresses, lengths, steps, extras):
    """Call the loop of a ufunc at an address with these numbers, of which it gets the addresses."""
    numbers = [
        types.UniTuple(types.int64, kind.count) for kind in (addresses, lengths, steps, extras)
    ]

    def codegen(context, builder, signature, arguments):
        loop, *tuples = arguments
        words = []
        for values in tuples:
            array = cgutils.pack_array(builder, cgutils.unpack_tuple(builder, values))
            words.append(builder.ptrtoint(cgutils.alloca_once_value(builder, array), INDEX))
        kind = ir.FunctionType(ir.VoidType(), [INDEX] * 4)
        builder.call(builder.inttoptr(loop, kind.as_pointer()), words)
        return context.get_dummy_value()

    return types.void(types.int64, *numbers), codegen


@parallel
def _unary_part(loop, x, out, size, begin, end):
    start = begin * size
    call_loop(loop, (x + start, out + start), (end - begin,), (size, size), (0,))


@parallel
def _binary_part(loop, x, y, out, size, begin, end):
    start = begin * size
    addresses = x + start, y + start, out + start
    call_loop(loop, addresses, (end - begin,), (size, size, size), (0,))


_PARTS = _unary_part, _binary_part


def _in_parts(loop: _Loop, operands: tuple[np.ndarray, ...], work: int) -> np.ndarray:
    """Take a loop over arrays of one layout without gaps, in the threads that there are."""
    out = np.empty_like(operands[0])
    addresses = [array.ctypes.data for array in (*operands, out)]
    arguments = loop.code.address, *addresses, out.itemsize
    threads.split(_PARTS[len(operands) - 1], arguments, out.size, out.size * work)
    return out


def _side_by_side(operands: tuple[np.ndarray, ...]) -> bool:
    first = operands[0]
    return all(
        array.flags.forc and array.flags.aligned and array.strides == first.strides
        and array.shape == first.shape and array.dtype == first.dtype
        for array in operands
    )  # fmt: skip


def elementwise(work: int) -> Callable[[Callable[..., Any]], Callable[..., np.ndarray]]:
    """Make a kernel of arrays of a function of one or two vectors, for float32 and float64.

    An element takes the time of `work` multiply-adds. The arrays have one dtype; they broadcast.
    """
    alone = 2 * threads.WORTH_A_THREAD // work

    def declare(body: Callable[..., Any]) -> Callable[..., np.ndarray]:
        loops: dict[np.dtype[Any], _Loop] = {}

        @functools.wraps(body)
        def kernel(*operands: np.ndarray) -> np.ndarray:
            first = operands[0]
            try:
                loop = loops[first.dtype]
            except KeyError:
                loop = loops[first.dtype] = _Loop(body, first.dtype)
            if first.size >= alone and threads.get_num_threads() > 1 and _side_by_side(operands):
                return _in_parts(loop, operands, work)
            out = loop.ufunc(*operands)
            return out if out.__class__ is np.ndarray else np.asarray(out)

        return kernel

    return declare
