"""Vectors of the CPU as values in compiled kernels.

A `Vector` holds as many elements as the host's registers do (16 float32 with AVX-512, 8 with AVX2,
4 with NEON): arithmetic and comparison work lane by lane with ordinary operators, and numbers
beside a vector are spread over its lanes. A kernel that is written with them does the same
operations on every element wherever it lies, which loops that the compiler cuts into vectors and
a scalar rest do not. So its results depend neither on alignment nor on how work is shared out.

    for i in range(0, size - size % lanes(x), lanes(x)):
        store(load(x, i) * 2.0, out, i)

Memory is named by pointers, because Numba counts references to an array at every call that takes
one, which costs more than a short row. A pointer does not keep its array alive: arguments of a
compiled function are held by its caller, but what the function itself allocates must be named once
more after the last use of its pointers, by `keep`. Nothing is checked here. Offsets count elements.
"""

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

from .jit import VECTOR_BYTES

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


def _spread(context: Any, builder: Any, value: Any, kind: Any, vector: Vector) -> Any:
    """Return an operand of `kind` as a vector like `vector`."""
    if isinstance(kind, Vector):
        return value
    return splat_value(builder, context.cast(builder, value, kind, vector.dtype), vector.count)


# Arithmetic and comparison -------------------------------------------------------------------


def _is_float(kind: Vector) -> bool:
    return isinstance(kind.dtype, types.Float)


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


def _common(arguments: Any) -> Any:
    """Return the type of the vectors among two operands, where they are of one type."""
    vectors = {kind for kind in arguments if isinstance(kind, Vector)}
    others = [kind for kind in arguments if not isinstance(kind, Vector)]
    if len(vectors) == 1 and all(isinstance(kind, types.Number) for kind in others):
        return vectors.pop()
    return None


def _declare_operator(function: Any, result: Any, emit: Any) -> None:
    """Make `function` work on two vectors, and on a vector and a number."""

    @infer_global(function)
    class Template(AbstractTemplate):
        def generic(self, arguments: Any, keywords: Any) -> Any:
            kind = _common(arguments) if len(arguments) == 2 else None
            return None if kind is None else typed(result(kind), *arguments)

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = _common(signature.args)
        operands = [
            _spread(context, builder, value, its_type, kind)
            for value, its_type in zip(arguments, signature.args, strict=True)
        ]
        return emit(builder, kind, *operands)

    for operands in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        extending.lower_builtin(function, *operands)(lower)


def _emit_arithmetic(function: Any) -> Any:
    floating, integral = _ARITHMETIC[function]

    def emit(builder: Any, kind: Vector, a: Any, b: Any) -> Any:
        if _is_float(kind):
            return getattr(builder, floating)(a, b, flags=("contract",))
        return getattr(builder, integral)(a, b)

    return emit


def _emit_comparison(sign: str) -> Any:
    def emit(builder: Any, kind: Vector, a: Any, b: Any) -> Any:
        if not _is_float(kind):
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
        return typed(kind, kind) if isinstance(kind, Vector) and _is_float(kind) else None


@extending.lower_builtin(operator.neg, Vector)
def _negate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.fneg(arguments[0])


# Memory --------------------------------------------------------------------------------------


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


@intrinsic
def lanes(typingctx, value):
    """Return the number of elements in a vector of the elements of a pointer or array (or in this
    vector), a constant."""
    number = value.count if isinstance(value, Vector) else vector_of(value.dtype).count

    def codegen(context, builder, signature, arguments):
        return INDEX(number)

    return types.intp(value), codegen


def _address(context: Any, builder: Any, pointer: Any, index: Any, kind: Vector) -> Any:
    vector = context.get_value_type(kind)
    return builder.bitcast(builder.gep(pointer, [index]), vector.as_pointer())


def _size(kind: Vector) -> int:
    return kind.dtype.bitwidth // 8


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


def _suffix(kind: Vector) -> str:
    letter = "f" if _is_float(kind) else "i"
    return f"v{kind.count}{letter}{kind.dtype.bitwidth}"


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
            builder, f"llvm.masked.load.{_suffix(kind)}.p0", rest.type,
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
            builder, f"llvm.masked.store.{_suffix(kind)}.p0", ir.VoidType(),
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
            builder, f"llvm.masked.gather.{_suffix(kind)}.v{kind.count}p0", nothing.type,
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
            builder, f"llvm.masked.scatter.{_suffix(kind)}.v{kind.count}p0", ir.VoidType(),
            value, places, LANE(_size(kind)), first_lanes(builder, count, kind.count),
        )  # fmt: skip
        return context.get_dummy_value()

    return types.void(vector, pointer, types.intp, types.intp, types.intp), codegen


# Lanes ---------------------------------------------------------------------------------------


@intrinsic
def splat(typingctx, pointer, scalar):
    """Return a vector of the elements of a pointer or array (or like this vector), with `scalar`
    in each lane."""
    kind = pointer if isinstance(pointer, Vector) else vector_of(pointer.dtype)

    def codegen(context, builder, signature, arguments):
        return _spread(context, builder, arguments[1], signature.args[1], kind)

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
    kind = _common((a, b))

    def codegen(context, builder, signature, arguments):
        mask, *values = arguments
        operands = [
            _spread(context, builder, value, its_type, kind)
            for value, its_type in zip(values, signature.args[1:], strict=True)
        ]
        return builder.select(mask, *operands)

    return kind(mask, a, b), codegen


def _unary(name: str, doc: str) -> Any:
    """Make a function of one vector of floats from LLVM's of that name."""

    def function(typingctx, vector):
        def codegen(context, builder, signature, arguments):
            return llvm_call(
                builder, f"llvm.{name}.{_suffix(vector)}", arguments[0].type, arguments[0]
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
        name = f"llvm.fptosi.sat.{_suffix(kind)}.{_suffix(vector)}"
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
    kind = _common((a, b))

    def codegen(context, builder, signature, arguments):
        operands = [
            _spread(context, builder, value, its_type, kind)
            for value, its_type in zip(arguments, signature.args, strict=True)
        ]
        return maximum_value(builder, *operands)

    return kind(a, b), codegen
