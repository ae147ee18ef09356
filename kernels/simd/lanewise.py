"""Functions of vectors, lane by lane, and what is made of all lanes together."""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from .vector import LANE, Vector, common, intrinsic, llvm_call, spread, suffix, vector_of

__all__ = [
    "absolute", "any_lane", "bits", "element", "floor", "from_bits", "largest", "maximum",
    "maximum_value", "nearest", "select", "splat", "sqrt", "to_floats", "to_integers", "total",
]  # fmt: skip


@intrinsic
def splat(typingctx, pointer, scalar):
    """Return a vector of the elements of a pointer or array (or like this vector), with `scalar`
    in each lane."""
    kind = pointer if isinstance(pointer, Vector) else vector_of(pointer.dtype)

    def codegen(context, builder, signature, arguments):
        return spread(context, builder, arguments[1], signature.args[1], kind)

    return kind(pointer, scalar), codegen


@intrinsic
def element(typingctx, pointer, number):
    """Return `number` as an element of a pointer, array or vector: rounded to its type."""

    def codegen(context, builder, signature, arguments):
        return context.cast(builder, arguments[1], signature.args[1], signature.return_type)

    return pointer.dtype(pointer, number), codegen


@intrinsic
def select(typingctx, mask, a, b):
    """Return `a` in the lanes where `mask` is true, and `b` in the others; one may be a number."""
    kind = common((a, b))

    def codegen(context, builder, signature, arguments):
        mask, *values = arguments
        operands = [
            spread(context, builder, value, its_type, kind)
            for value, its_type in zip(values, signature.args[1:], strict=True)
        ]
        return builder.select(mask, *operands)

    return kind(mask, a, b), codegen


def _unary(name: str, doc: str) -> Any:
    """Make a function of one vector of floats from LLVM's of that name."""

    def function(typingctx, vector):
        def codegen(context, builder, signature, arguments):
            return llvm_call(
                builder, f"llvm.{name}.{suffix(vector)}", arguments[0].type, arguments[0]
            )

        return vector(vector), codegen

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return intrinsic(function)


sqrt = _unary("sqrt", "Return the square roots.")
absolute = _unary("fabs", "Return the absolute values.")
floor = _unary("floor", "Return the floors.")
nearest = _unary("rint", "Round to the nearest integers, halves to even.")


@intrinsic
def bits(typingctx, vector):
    """Return the lanes of floats as integers of the same bits."""
    kind = vector.of(types.int32 if vector.dtype == types.float32 else types.int64)

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(kind))

    return kind(vector), codegen


@intrinsic
def from_bits(typingctx, vector):
    """Return the lanes of integers as floats of the same bits."""
    kind = vector.of(types.float32 if vector.dtype == types.int32 else types.float64)

    def codegen(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(kind))

    return kind(vector), codegen


@intrinsic
def to_integers(typingctx, vector):
    """Return the lanes of floats cut to integers of the same width; 0 for NaN, the nearest for those
    that do not fit."""
    kind = vector.of(types.int32 if vector.dtype == types.float32 else types.int64)

    def codegen(context, builder, signature, arguments):
        # The saturating conversion: a plain one of NaN is poison, of which LLVM may make anything.
        result = context.get_value_type(kind)
        name = f"llvm.fptosi.sat.{suffix(kind)}.{suffix(vector)}"
        return llvm_call(builder, name, result, arguments[0])

    return kind(vector), codegen


@intrinsic
def to_floats(typingctx, vector):
    """Return the lanes of integers as floats of the same width."""
    kind = vector.of(types.float32 if vector.dtype == types.int32 else types.float64)

    def codegen(context, builder, signature, arguments):
        return builder.sitofp(arguments[0], context.get_value_type(kind))

    return kind(vector), codegen


@intrinsic
def any_lane(typingctx, mask):
    """Say whether a mask is true in any lane."""

    def codegen(context, builder, signature, arguments):
        packed = builder.bitcast(arguments[0], ir.IntType(mask.count))
        return builder.icmp_unsigned("!=", packed, ir.Constant(packed.type, 0))

    return types.boolean(mask), codegen


def maximum_value(builder: Any, a: Any, b: Any) -> Any:
    """Return the larger lanes; NaN where either is NaN."""
    larger = builder.select(builder.fcmp_ordered(">", a, b), a, b)
    return builder.select(builder.fcmp_unordered("uno", a, a), a, larger)


def _fold(builder: Any, vector: Any, count: int, combine: Any) -> Any:
    """Combine all lanes into one: always halves, so the order depends on nothing."""
    while count > 1:
        count //= 2
        undefined = ir.Constant(vector.type, ir.Undefined)
        low, high = (
            builder.shuffle_vector(
                vector,
                undefined,
                ir.Constant(ir.VectorType(LANE, count), list(range(start, start + count))),
            )
            for start in (0, count)
        )
        vector = combine(low, high)
    return builder.extract_element(vector, LANE(0))


@intrinsic
def total(typingctx, vector):
    """Return the sum of the lanes."""

    def codegen(context, builder, signature, arguments):
        return _fold(builder, arguments[0], vector.count, builder.fadd)

    return vector.dtype(vector), codegen


@intrinsic
def largest(typingctx, vector):
    """Return the largest lane; NaN where there is one."""

    def codegen(context, builder, signature, arguments):
        def combine(a: Any, b: Any) -> Any:
            return maximum_value(builder, a, b)

        return _fold(builder, arguments[0], vector.count, combine)

    return vector.dtype(vector), codegen


@intrinsic
def maximum(typingctx, a, b):
    """Return the larger lanes; NaN where either is NaN. One may be a number."""
    kind = common((a, b))

    def codegen(context, builder, signature, arguments):
        operands = [
            spread(context, builder, value, its_type, kind)
            for value, its_type in zip(arguments, signature.args, strict=True)
        ]
        return maximum_value(builder, *operands)

    return kind(a, b), codegen
