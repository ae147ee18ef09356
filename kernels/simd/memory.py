"""Vectors from memory and into it: whole ones, the first lanes of one, elements that lie apart."""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from .vector import (
    INDEX,
    LANE,
    Vector,
    first_lanes,
    intrinsic,
    llvm_call,
    splat_value,
    suffix,
    vector_of,
)

__all__ = [
    "at", "gather_first", "keep", "load", "load_first", "pointer", "pointer_to", "scatter_first",
    "store", "store_first", "word",
]  # fmt: skip


@intrinsic
def pointer(typingctx, array):
    """Return the address of the first element of `array`."""

    def codegen(context, builder, signature, arguments):
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), codegen


@intrinsic
def at(typingctx, pointer, offset):
    """Return pointer + offset."""

    def codegen(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.intp), codegen


@intrinsic
def keep(typingctx, array):
    """Keep an array until here: Numba frees one after its last use by name, pointers do not count."""

    def codegen(context, builder, signature, arguments):
        return context.get_dummy_value()

    return types.void(array), codegen


def _address(context: Any, builder: Any, pointer: Any, index: Any, kind: Vector) -> Any:
    vector = context.get_value_type(kind)
    return builder.bitcast(builder.gep(pointer, [index]), vector.as_pointer())


def _size(kind: Vector) -> int:
    return kind.dtype.bitwidth // 8


@intrinsic
def load(typingctx, pointer, index):
    """Return the vector pointer[index : index + lanes]."""
    kind = vector_of(pointer.dtype)

    def codegen(context, builder, signature, arguments):
        # The alignment must be given: a vector's own would be its whole size, and fault.
        address = _address(context, builder, arguments[0], arguments[1], kind)
        return builder.load(address, align=_size(kind))

    return kind(pointer, types.intp), codegen


@intrinsic
def store(typingctx, vector, pointer, index):
    """pointer[index : index + lanes] = vector."""

    def codegen(context, builder, signature, arguments):
        value, pointer, index = arguments
        kind = signature.args[0]
        address = _address(context, builder, pointer, index, kind)
        builder.store(value, address, align=_size(kind))
        return context.get_dummy_value()

    return types.void(vector, pointer, types.intp), codegen


@intrinsic
def load_first(typingctx, pointer, index, count, other):
    """Return the first `count` elements of load(pointer, index), and `other` in further lanes.

    Memory behind them is not read. `count` may be more than there are lanes.
    """
    kind = vector_of(pointer.dtype)

    def codegen(context, builder, signature, arguments):
        pointer, index, count, other = arguments
        address = _address(context, builder, pointer, index, kind)
        rest = splat_value(builder, other, kind.count)
        return llvm_call(
            builder, f"llvm.masked.load.{suffix(kind)}.p0", rest.type,
            address, LANE(_size(kind)), first_lanes(builder, count, kind.count), rest,
        )  # fmt: skip

    return kind(pointer, types.intp, types.intp, pointer.dtype), codegen


@intrinsic
def store_first(typingctx, vector, pointer, index, count):
    """Store the first `count` lanes only. `count` may be more than there are lanes."""

    def codegen(context, builder, signature, arguments):
        value, pointer, index, count = arguments
        kind = signature.args[0]
        address = _address(context, builder, pointer, index, kind)
        llvm_call(
            builder, f"llvm.masked.store.{suffix(kind)}.p0", ir.VoidType(),
            value, address, LANE(_size(kind)), first_lanes(builder, count, kind.count),
        )  # fmt: skip
        return context.get_dummy_value()

    return types.void(vector, pointer, types.intp, types.intp), codegen


@intrinsic
def word(typingctx, address, index):
    """Return a 64-bit number of the memory at an address that is a number itself."""

    def codegen(context, builder, signature, arguments):
        address, index = arguments
        return builder.load(builder.gep(builder.inttoptr(address, INDEX.as_pointer()), [index]))

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def pointer_to(typingctx, address, like):
    """Return a pointer to elements of the type of `like`, an array or a type, from an address."""
    kind = types.CPointer(like.dtype)

    def codegen(context, builder, signature, arguments):
        return builder.inttoptr(arguments[0], context.get_value_type(kind))

    return kind(types.int64, like), codegen


def _spaced(builder: Any, pointer: Any, index: Any, step: Any, lanes: int) -> Any:
    """Return a vector of addresses: of elements index, index + 1, ... that lie `step` bytes apart."""
    numbers = ir.Constant(ir.VectorType(INDEX, lanes), list(range(lanes)))
    places = builder.mul(
        builder.add(splat_value(builder, index, lanes), numbers), splat_value(builder, step, lanes)
    )
    base = splat_value(builder, builder.ptrtoint(pointer, INDEX), lanes)
    return builder.inttoptr(builder.add(base, places), ir.VectorType(pointer.type, lanes))


@intrinsic
def gather_first(typingctx, pointer, index, step, count):
    """Return a vector of `count` elements that lie `step` bytes apart, from number `index` on, and 0
    in further lanes. `count` may be more than there are lanes."""
    kind = vector_of(pointer.dtype)

    def codegen(context, builder, signature, arguments):
        pointer, index, step, count = arguments
        places = _spaced(builder, pointer, index, step, kind.count)
        nothing = ir.Constant(context.get_value_type(kind), None)
        return llvm_call(
            builder, f"llvm.masked.gather.{suffix(kind)}.v{kind.count}p0", nothing.type,
            places, LANE(_size(kind)), first_lanes(builder, count, kind.count), nothing,
        )  # fmt: skip

    return kind(pointer, types.intp, types.intp, types.intp), codegen


@intrinsic
def scatter_first(typingctx, vector, pointer, index, step, count):
    """Store the first `count` lanes where `gather_first` finds them."""

    def codegen(context, builder, signature, arguments):
        value, pointer, index, step, count = arguments
        kind = signature.args[0]
        places = _spaced(builder, pointer, index, step, kind.count)
        llvm_call(
            builder, f"llvm.masked.scatter.{suffix(kind)}.v{kind.count}p0", ir.VoidType(),
            value, places, LANE(_size(kind)), first_lanes(builder, count, kind.count),
        )  # fmt: skip
        return context.get_dummy_value()

    return types.void(vector, pointer, types.intp, types.intp, types.intp), codegen
