"""What register tiles are made of: LLVM's vector instructions, for code that Numba's compiler
cannot be brought to write from loops.

The functions made with these work on pointers, as all of `simd` does. Nothing is checked here.
Lengths, offsets and leads (distances between rows) count elements; `lanes` is the number of
elements in a vector.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types

from .jit import VECTOR_BYTES
from .simd import INDEX, LANE, first_lanes, intrinsic, llvm_call, splat_value, vector_of

# A tile has as many sums as the vector registers hold beside the operands of one step:
# 24 + 3 + 1 of 32 registers, 12 + 3 + 1 of 16.
ROWS = 8 if VECTOR_BYTES == 64 or platform.machine() in ("aarch64", "arm64") else 4
HALF_ROWS = ROWS // 2
VECTORS = 3


@intrinsic
def aligned(typingctx, array):
    """Return a pointer to the first element of an array that begins a vector in memory."""

    def codegen(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.add(builder.ptrtoint(data, INDEX), INDEX(VECTOR_BYTES - 1))
        return builder.inttoptr(builder.and_(address, INDEX(-VECTOR_BYTES)), data.type)

    return types.CPointer(array.dtype)(array), codegen


class Emitter:
    """The few vector operations that the tiles are made of, for one element type."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.builder = builder
        self.size = dtype.bitwidth // 8
        self.lanes = vector_of(dtype).count
        self.type = ir.VectorType(context.get_value_type(dtype), self.lanes)
        self.zero = ir.Constant(self.type, None)

    def product(self, index: Any, factor: Any) -> Any:
        return self.builder.mul(index, INDEX(factor) if isinstance(factor, int) else factor)

    def shift(self, pointer: Any, *offsets: Any) -> Any:
        for offset in offsets:
            pointer = self.builder.gep(
                pointer, [INDEX(offset) if isinstance(offset, int) else offset]
            )
        return pointer

    def scalar(self, pointer: Any, index: Any) -> Any:
        return self.builder.load(self.shift(pointer, index))

    def splat(self, scalar: Any) -> Any:
        return splat_value(self.builder, scalar, self.lanes)

    # The alignment must be given: a vector's own would be its whole size, and fault.
    def load(self, pointer: Any, mask: Any = None) -> Any:
        address = self.builder.bitcast(pointer, self.type.as_pointer())
        if mask is None:
            return self.builder.load(address, align=self.size)
        name = f"llvm.masked.load.v{self.lanes}f{8 * self.size}.p0"
        return llvm_call(self.builder, name, self.type, address, LANE(self.size), mask, self.zero)

    def store(self, vector: Any, pointer: Any, mask: Any = None) -> None:
        address = self.builder.bitcast(pointer, self.type.as_pointer())
        if mask is None:
            self.builder.store(vector, address, align=self.size)
            return
        name = f"llvm.masked.store.v{self.lanes}f{8 * self.size}.p0"
        llvm_call(self.builder, name, ir.VoidType(), vector, address, LANE(self.size), mask)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        product = self.builder.fmul(a, b, flags=("contract",))
        return self.builder.fadd(product, c, flags=("contract",))

    def add_products(self, left: list[Any], right: list[Any], sums: list[Any]) -> list[Any]:
        """Return the sums with the products of each of `left` with each of `right` added."""
        pairs = [(a, b) for a in left for b in right]
        return [self.multiply_add(a, b, c) for (a, b), c in zip(pairs, sums, strict=True)]

    def clamped(self, index: int, count: Any) -> Any:
        """Return the least of `index` and count - 1."""
        last = self.builder.sub(count, INDEX(1))
        inside = self.builder.icmp_signed("<", INDEX(index), last)
        return self.builder.select(inside, INDEX(index), last)

    def totals(self, vectors: list[Any]) -> list[Any]:
        """Return vectors of the sums over the lanes of each vector, neighbours added first."""
        results = []
        for first in range(0, len(vectors), self.lanes):
            group = vectors[first : first + self.lanes]
            level = group + [self.zero] * (self.lanes - len(group))
            while len(level) > 1:
                level = [
                    self._add_neighbours(a, b) for a, b in zip(level[::2], level[1::2], strict=True)
                ]
            results += level
        return results

    def lanes_of(self, a: Any, b: Any, numbers: list[int]) -> Any:
        """Return the lanes of these numbers of two vectors side by side."""
        return self.builder.shuffle_vector(
            a, b, ir.Constant(ir.VectorType(LANE, self.lanes), numbers)
        )

    def _add_neighbours(self, a: Any, b: Any) -> Any:
        even, odd = (self.lanes_of(a, b, list(range(start, 2 * self.lanes, 2))) for start in (0, 1))
        return self.builder.fadd(even, odd)


def _not_unrolled(module: Any) -> Any:
    """Return LLVM's mark of a loop that stays as it is: the bodies of tiles are long enough, and
    copies of them would only take longer to compile."""
    option = module.add_metadata(["llvm.loop.unroll.disable"])
    mark = ir.MDValue(module, [option], str(len(module.metadata)))
    mark.operands = (mark, option)  # that is how LLVM tells loops apart
    return mark


class Loop:
    """for index in range(start, stop, step), with values handed from turn to turn (phi nodes)."""

    def __init__(self, builder: Any, start: Any, stop: Any, step: int, values: list[Any]) -> None:
        self.builder, self.step = builder, step
        before = builder.block
        self.head = builder.append_basic_block("head")
        body = builder.append_basic_block("body")
        self.end = builder.append_basic_block("end")
        builder.branch(self.head)
        builder.position_at_end(self.head)
        self.index = builder.phi(INDEX)
        self.index.add_incoming(start, before)
        self.values = []
        for value in values:
            phi = builder.phi(value.type)
            phi.add_incoming(value, before)
            self.values.append(phi)
        builder.cbranch(builder.icmp_signed("<", self.index, stop), body, self.end)
        builder.position_at_end(body)

    def close(self, values: list[Any]) -> list[Any]:
        """End the body; return the values as they are after the last turn."""
        last = self.builder.block
        self.index.add_incoming(self.builder.add(self.index, INDEX(self.step)), last)
        for phi, value in zip(self.values, values, strict=True):
            phi.add_incoming(value, last)
        again = self.builder.branch(self.head)
        again.set_metadata("llvm.loop", _not_unrolled(self.builder.module))
        self.builder.position_at_end(self.end)
        return self.values


@intrinsic
def move_row(typingctx, out, x, length, add):
    """out[p] = x[p] + add for p < length: for rows too short for a loop of Numba's to pay."""
    result = types.void(out, x, types.intp, out.dtype)

    def codegen(context, builder, signature, arguments):
        out, x, length, add = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        increment = emit.splat(add)
        rest = builder.and_(length, INDEX(emit.lanes - 1))
        whole = builder.sub(length, rest)
        loop = Loop(builder, INDEX(0), whole, emit.lanes, [])
        moved = builder.fadd(emit.load(emit.shift(x, loop.index)), increment)
        emit.store(moved, emit.shift(out, loop.index))
        loop.close([])
        with builder.if_then(builder.icmp_signed(">", rest, INDEX(0))):
            mask = first_lanes(builder, rest, emit.lanes)
            moved = builder.fadd(emit.load(emit.shift(x, whole), mask), increment)
            emit.store(moved, emit.shift(out, whole), mask)
        return context.get_dummy_value()

    return result, codegen
