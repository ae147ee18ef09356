"""The type of vectors: what Numba and LLVM take them for, their operators, and building blocks."""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.typing import signature as typed
from numba.core.typing.templates import AbstractTemplate, infer_global

from ..jit import VECTOR_BYTES

__all__ = [
    "INDEX", "LANE", "Vector", "first_lanes", "intrinsic", "lanes", "llvm_call", "splat_value",
    "vector_of",
]  # fmt: skip

# Numba's own annotation counts the typing context among the arguments of the function it makes.
intrinsic: Any = extending.intrinsic

INDEX = ir.IntType(64)
LANE = ir.IntType(32)


class Vector(types.Type):
    """Numba's type of a vector of `count` elements of `dtype`; of a mask where that is boolean."""

    def __init__(self, dtype: Any, count: int) -> None:
        self.dtype, self.count = dtype, count
        super().__init__(name=f"Vector({dtype}, {count})")

    def of(self, dtype: Any) -> Vector:
        """Return the type of as many lanes of another type."""
        return Vector(dtype, self.count)


def vector_of(dtype: Any) -> Vector:
    """Return the type of a full register of `dtype`."""
    return Vector(dtype, VECTOR_BYTES // (dtype.bitwidth // 8))


@extending.register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        element = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(element, kind.count))


def splat_value(builder: Any, scalar: Any, count: int) -> Any:
    """Return a vector with `scalar` in each of its lanes."""
    undefined = ir.Constant(ir.VectorType(scalar.type, count), ir.Undefined)
    first = builder.insert_element(undefined, scalar, LANE(0))
    lanes = ir.Constant(ir.VectorType(LANE, count), [0] * count)
    return builder.shuffle_vector(first, undefined, lanes)


def spread(context: Any, builder: Any, value: Any, kind: Any, vector: Vector) -> Any:
    """Return an operand of `kind` as a vector like `vector`."""
    if isinstance(kind, Vector):
        return value
    return splat_value(builder, context.cast(builder, value, kind, vector.dtype), vector.count)


def is_float(kind: Vector) -> bool:
    """Whether the lanes are floats."""
    return isinstance(kind.dtype, types.Float)


def common(arguments: Any) -> Any:
    """Return the type of the vectors among two operands, where they are of one type."""
    vectors = {kind for kind in arguments if isinstance(kind, Vector)}
    others = [kind for kind in arguments if not isinstance(kind, Vector)]
    if len(vectors) == 1 and all(isinstance(kind, types.Number) for kind in others):
        return vectors.pop()
    return None


@intrinsic
def lanes(typingctx, value):
    """Return the number of elements in a vector of the elements of a pointer or array (or in this
    vector), a constant."""
    number = value.count if isinstance(value, Vector) else vector_of(value.dtype).count

    def codegen(context, builder, signature, arguments):
        return INDEX(number)

    return types.intp(value), codegen


def first_lanes(builder: Any, count: Any, lanes: int) -> Any:
    """Return the mask of the first `count` lanes, of all where there are fewer."""
    some = builder.icmp_signed("<", count, INDEX(lanes))
    count = builder.trunc(builder.select(some, count, INDEX(lanes)), LANE)
    numbers = ir.Constant(ir.VectorType(LANE, lanes), list(range(lanes)))
    return builder.icmp_signed("<", numbers, splat_value(builder, count, lanes))


def llvm_call(builder: Any, name: str, result: Any, *operands: Any) -> Any:
    """Call one of LLVM's intrinsic functions by its name."""
    kind = ir.FunctionType(result, [operand.type for operand in operands])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), operands)


def suffix(kind: Vector) -> str:
    """Return how LLVM's intrinsic functions call a vector."""
    letter = "f" if is_float(kind) else "i"
    return f"v{kind.count}{letter}{kind.dtype.bitwidth}"


# Operators -----------------------------------------------------------------------------------


_ARITHMETIC: dict[Any, tuple[Any, Any]] = {  # operator: (for floats, for integers)
    operator.add: ("fadd", "add"),
    operator.sub: ("fsub", "sub"),
    operator.mul: ("fmul", "mul"),
    operator.truediv: ("fdiv", None),
    operator.and_: (None, "and_"),
    operator.or_: (None, "or_"),
    operator.xor: (None, "xor"),
    operator.lshift: (None, "shl"),
    operator.rshift: (None, "ashr"),
}
_COMPARISONS = {
    operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=",
    operator.eq: "==", operator.ne: "!=",
}  # fmt: skip


def _declare_operator(function: Any, result: Any, emit: Any) -> None:
    """Make `function` work on two vectors, and on a vector and a number."""

    @infer_global(function)
    class Template(AbstractTemplate):
        def generic(self, arguments: Any, keywords: Any) -> Any:
            kind = common(arguments) if len(arguments) == 2 else None
            return None if kind is None else typed(result(kind), *arguments)

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = common(signature.args)
        operands = [
            spread(context, builder, value, its_type, kind)
            for value, its_type in zip(arguments, signature.args, strict=True)
        ]
        return emit(builder, kind, *operands)

    for operands in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        extending.lower_builtin(function, *operands)(lower)


def _emit_arithmetic(function: Any) -> Any:
    floating, integral = _ARITHMETIC[function]

    def emit(builder: Any, kind: Vector, a: Any, b: Any) -> Any:
        if is_float(kind):
            return getattr(builder, floating)(a, b, flags=("contract",))
        return getattr(builder, integral)(a, b)

    return emit


def _emit_comparison(sign: str) -> Any:
    def emit(builder: Any, kind: Vector, a: Any, b: Any) -> Any:
        if not is_float(kind):
            return builder.icmp_signed(sign, a, b)
        # NaN is different from everything, as in NumPy.
        ordered = builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered
        return ordered(sign, a, b)

    return emit


for _function in _ARITHMETIC:
    _declare_operator(_function, lambda kind: kind, _emit_arithmetic(_function))
for _function, _sign in _COMPARISONS.items():
    _declare_operator(_function, lambda kind: kind.of(types.boolean), _emit_comparison(_sign))


@infer_global(operator.neg)
class _Negation(AbstractTemplate):
    def generic(self, arguments: Any, keywords: Any) -> Any:
        (kind,) = arguments
        return typed(kind, kind) if isinstance(kind, Vector) and is_float(kind) else None


@extending.lower_builtin(operator.neg, Vector)
def _negate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.fneg(arguments[0])
