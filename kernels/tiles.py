"""Register tiles, emitted as LLVM vector instructions: the inner loops of all products.

A tile keeps its sums in vector registers while it runs along the long axis of a product; the loops
around it (in `gemm` and `conv`) are ordinary Numba. Numba's compiler cannot be brought to
keep such a tile in registers from loops alone, hence these intrinsics.

They work on pointers, as all of `simd` does. Nothing is checked here.

Lengths, offsets and leads (distances between rows) count elements; `lanes` is the number of
elements in a vector. The sizes of a tile are literal integers: each combination becomes straight
code.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from .jit import VECTOR_BYTES
from .simd import INDEX, LANE, intrinsic, splat_value

# A tile has as many sums as the vector registers hold beside the operands of one step
# (24 + 3 + 1 of 32 registers, 12 + 3 + 1 of 16).
ROWS = 8 if VECTOR_BYTES == 64 or platform.machine() in ("aarch64", "arm64") else 4
HALF_ROWS = ROWS // 2
VECTORS = 3


class _Emitter:
    """The few vector operations that the tiles are made of, for one element type."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.builder = builder
        self.element = context.get_data_type(dtype)
        self.size = context.get_abi_sizeof(self.element)
        self.lanes = VECTOR_BYTES // self.size
        self.type = ir.VectorType(self.element, self.lanes)
        self.zero = ir.Constant(self.type, None)

    def offset(self, start: Any, *steps: tuple[Any, int]) -> Any:
        """Return start + the sum of step * count."""
        for step, count in steps:
            start = self.builder.add(start, self.builder.mul(step, INDEX(count)))
        return start

    def scalar(self, pointer: Any, index: Any) -> Any:
        return self.builder.load(self.builder.gep(pointer, [index]))

    def _address(self, pointer: Any, index: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(pointer, [index]), self.type.as_pointer())

    # The alignment must be given: a vector's own would be its whole size, and fault.
    def load(self, pointer: Any, index: Any) -> Any:
        return self.builder.load(self._address(pointer, index), align=self.size)

    def store(self, vector: Any, pointer: Any, index: Any) -> None:
        self.builder.store(vector, self._address(pointer, index), align=self.size)

    def _masked(self, verb: str, result: Any, *operands: Any) -> Any:
        name = f"llvm.masked.{verb}.v{self.lanes}f{8 * self.size}.p0"
        kind = ir.FunctionType(result, [operand.type for operand in operands])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, operands)

    def masked_load(self, pointer: Any, index: Any, mask: Any) -> Any:
        address = self._address(pointer, index)
        return self._masked("load", self.type, address, LANE(self.size), mask, self.zero)

    def masked_store(self, vector: Any, pointer: Any, index: Any, mask: Any) -> None:
        address = self._address(pointer, index)
        self._masked("store", ir.VoidType(), vector, address, LANE(self.size), mask)

    def splat(self, scalar: Any) -> Any:
        return splat_value(self.builder, scalar, self.lanes)

    def first_lanes(self, count: Any) -> Any:
        """Return the mask of the first `count` lanes."""
        numbers = ir.Constant(ir.VectorType(INDEX, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", numbers, self.splat(count))

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        product = self.builder.fmul(a, b, flags=("contract",))
        return self.builder.fadd(product, c, flags=("contract",))

    def totals(self, vectors: list[Any]) -> list[Any]:
        """Add up the lanes of each vector, neighbours first, for many vectors at once."""
        scalars = []
        for first in range(0, len(vectors), self.lanes):
            group = vectors[first : first + self.lanes]
            level = group + [self.zero] * (self.lanes - len(group))
            while len(level) > 1:
                level = [
                    self._add_neighbours(a, b) for a, b in zip(level[::2], level[1::2], strict=True)
                ]
            scalars += [
                self.builder.extract_element(level[0], LANE(lane)) for lane in range(len(group))
            ]
        return scalars

    def _add_neighbours(self, a: Any, b: Any) -> Any:
        even, odd = (
            self.builder.shuffle_vector(
                a,
                b,
                ir.Constant(ir.VectorType(LANE, self.lanes), list(range(start, 2 * self.lanes, 2))),
            )
            for start in (0, 1)
        )
        return self.builder.fadd(even, odd)


class _Loop:
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
        self.builder.branch(self.head)
        self.builder.position_at_end(self.end)
        return self.values


@intrinsic(prefer_literal=True)
def product_tile(typingctx, out, ldo, w, ldw, valid, w_taps, x, x_taps, t0, t1, add, rows, vectors):
    """out[i*ldo + j] (+)= sum over t of w[i*ldw + w_taps[t]] * x[x_taps[t] + j].

    For i < rows, j < vectors * lanes and t0 <= t < t1; `add` says whether `out` is added to.
    The weights have `valid` rows: from there on the last one is repeated, into rows of `out` that
    nobody reads.
    """
    n_rows, n_vectors = rows.literal_value, vectors.literal_value
    index = types.intp
    result = types.void(
        out, index, w, index, index, w_taps, x, x_taps, index, index, types.boolean, rows, vectors
    )

    def codegen(context, builder, signature, arguments):
        out, ldo, w, ldw, valid, w_taps, x, x_taps, t0, t1, add, _, _ = arguments
        emit = _Emitter(context, builder, signature.args[0].dtype)
        tile = [(i, v) for i in range(n_rows) for v in range(n_vectors)]
        columns = [INDEX(v * emit.lanes) for v in range(n_vectors)]
        places = [builder.add(builder.mul(ldo, INDEX(i)), columns[v]) for i, v in tile]
        last = builder.sub(valid, INDEX(1))
        weight_rows = []
        for i in range(n_rows):
            inside = builder.icmp_signed("<", INDEX(i), last)
            row = builder.mul(ldw, builder.select(inside, INDEX(i), last))
            weight_rows.append(builder.gep(w, [row]))
        fresh = builder.block
        with builder.if_then(add):
            former = [emit.load(out, place) for place in places]
            loaded = builder.block
        sums = []
        for value in former:
            phi = builder.phi(emit.type)
            phi.add_incoming(emit.zero, fresh)
            phi.add_incoming(value, loaded)
            sums.append(phi)
        loop = _Loop(builder, t0, t1, 1, sums)
        start = emit.scalar(x_taps, loop.index)
        moving = [emit.load(builder.gep(x, [start]), column) for column in columns]
        weight = emit.scalar(w_taps, loop.index)
        fixed = [emit.splat(emit.scalar(row, weight)) for row in weight_rows]
        sums = loop.close(
            [
                emit.multiply_add(fixed[i], moving[v], former)
                for (i, v), former in zip(tile, loop.values, strict=True)
            ]
        )
        for value, place in zip(sums, places, strict=True):
            emit.store(value, out, place)
        return context.get_dummy_value()

    return result, codegen


@intrinsic(prefer_literal=True)
def dot_tile(typingctx, out, ldo, g, ldg, g_step, x, x_step, x_taps, count, length, rows, taps):
    """out[i*ldo + j] += sum over m, p of g[m*g_step + i*ldg + p] * x[m*x_step + x_taps[j] + p].

    For i < rows, j < taps, m < count and p < length, which is a multiple of the lanes.
    """
    n_rows, n_taps = rows.literal_value, taps.literal_value
    index = types.intp
    result = types.void(out, index, g, index, index, x, index, x_taps, index, index, rows, taps)

    def codegen(context, builder, signature, arguments):
        out, ldo, g, ldg, g_step, x, x_step, x_taps, count, length, _, _ = arguments
        emit = _Emitter(context, builder, signature.args[0].dtype)
        shifts = [emit.scalar(x_taps, INDEX(j)) for j in range(n_taps)]
        tile = [(i, j) for i in range(n_rows) for j in range(n_taps)]
        outer = _Loop(builder, INDEX(0), count, 1, [emit.zero] * len(tile))
        g_start, x_start = builder.mul(outer.index, g_step), builder.mul(outer.index, x_step)
        inner = _Loop(builder, INDEX(0), length, emit.lanes, outer.values)
        g_place, x_place = (builder.add(start, inner.index) for start in (g_start, x_start))
        left = [emit.load(g, emit.offset(g_place, (ldg, i))) for i in range(n_rows)]
        right = [emit.load(x, builder.add(x_place, shift)) for shift in shifts]
        sums = inner.close(
            [
                emit.multiply_add(left[i], right[j], former)
                for (i, j), former in zip(tile, inner.values, strict=True)
            ]
        )
        sums = outer.close(sums)
        for value, (i, j) in zip(emit.totals(sums), tile, strict=True):
            place = builder.gep(out, [emit.offset(INDEX(j), (ldo, i))])
            builder.store(builder.fadd(builder.load(place), value), place)
        return context.get_dummy_value()

    return result, codegen


@intrinsic
def move_row(typingctx, out, x, length, add):
    """out[p] = x[p] + add for p < length: for rows too short for a loop of Numba's to pay."""
    result = types.void(out, x, types.intp, out.dtype)

    def codegen(context, builder, signature, arguments):
        out, x, length, add = arguments
        emit = _Emitter(context, builder, signature.args[0].dtype)
        increment = emit.splat(add)
        rest = builder.and_(length, INDEX(emit.lanes - 1))
        whole = builder.sub(length, rest)
        loop = _Loop(builder, INDEX(0), whole, emit.lanes, [])
        emit.store(builder.fadd(emit.load(x, loop.index), increment), out, loop.index)
        loop.close([])
        with builder.if_then(builder.icmp_signed(">", rest, INDEX(0))):
            mask = emit.first_lanes(rest)
            moved = builder.fadd(emit.masked_load(x, whole, mask), increment)
            emit.masked_store(moved, out, whole, mask)
        return context.get_dummy_value()

    return result, codegen
