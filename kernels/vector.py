"""Two register tiles, emitted as LLVM vector instructions: the inner loops of all products.

A tile keeps its sums in vector registers while it runs through the long axis of a product; the
loops around it (in `gemm_jit` and `conv_jit`) are ordinary Numba. Numba's compiler cannot be
brought to keep such a tile in registers from loops alone, hence these intrinsics.

Names: `lanes` is the number of elements in a vector; a tile has `rows` x `vectors` sums. Both are
literal integers, so each combination becomes a piece of straight code. All arrays are flat and
C-contiguous, and indices count elements. Nothing is checked here: the caller has.
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .jit import VECTOR_BYTES

# Sums per tile: as many as the vector registers hold beside the operands of one step
# (24 + 3 + 1 of 32 registers, 12 + 3 + 1 of 16).
ROWS = 8 if VECTOR_BYTES == 64 or platform.machine() in ("aarch64", "arm64") else 4
HALF_ROWS = ROWS // 2
VECTORS = 3

_INDEX = ir.IntType(64)
_CONTRACT = ("contract",)


class _Emitter:
    """The few vector operations that the tiles are made of."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.context, self.builder = context, builder
        element = context.get_data_type(dtype)
        self.size = context.get_abi_sizeof(element)
        self.lanes = VECTOR_BYTES // self.size
        self.type = ir.VectorType(element, self.lanes)
        self.zero = ir.Constant(self.type, None)

    def data(self, array_type: Any, array: Any) -> Any:
        return self.context.make_array(array_type)(self.context, self.builder, array).data

    def _pointer(self, data: Any, index: Any) -> Any:
        address = self.builder.gep(data, [index], inbounds=True)
        return self.builder.bitcast(address, self.type.as_pointer())

    # The alignment must be given: a vector's own would be its whole size, and fault.
    def load(self, data: Any, index: Any) -> Any:
        return self.builder.load(self._pointer(data, index), align=self.size)

    def store(self, vector: Any, data: Any, index: Any) -> None:
        self.builder.store(vector, self._pointer(data, index), align=self.size)

    def scalar(self, data: Any, index: Any) -> Any:
        return self.builder.load(self.builder.gep(data, [index], inbounds=True))

    def splat(self, scalar: Any) -> Any:
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, undefined, mask)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        product = self.builder.fmul(a, b, flags=_CONTRACT)
        return self.builder.fadd(product, c, flags=_CONTRACT)

    def lanes_below(self, count: Any) -> Any:
        """Return the mask of the first `count` lanes."""
        ramp = ir.Constant(ir.VectorType(_INDEX, self.lanes), list(range(self.lanes)))
        return self.builder.icmp_signed("<", ramp, self.splat(count))

    def _masked(self, verb: str, result: Any, *operands: Any) -> Any:
        letter = "f32" if self.size == 4 else "f64"
        name = f"llvm.masked.{verb}.v{self.lanes}{letter}.p0"
        kind = ir.FunctionType(result, [operand.type for operand in operands])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, operands)

    def masked_load(self, data: Any, index: Any, mask: Any) -> Any:
        place, align = self._pointer(data, index), ir.Constant(ir.IntType(32), self.size)
        return self._masked("load", self.type, place, align, mask, self.zero)

    def masked_store(self, vector: Any, data: Any, index: Any, mask: Any) -> None:
        place, align = self._pointer(data, index), ir.Constant(ir.IntType(32), self.size)
        self._masked("store", ir.VoidType(), vector, place, align, mask)

    def totals(self, vectors: list[Any]) -> list[Any]:
        """Add the lanes of each vector: pairs of neighbours, level by level, all at once."""
        scalars = []
        for first in range(0, len(vectors), self.lanes):
            group = vectors[first : first + self.lanes]
            level = group + [self.zero] * (self.lanes - len(group))
            while len(level) > 1:
                level = [
                    self._add_neighbours(a, b) for a, b in zip(level[::2], level[1::2], strict=True)
                ]
            scalars += [
                self.builder.extract_element(level[0], ir.Constant(ir.IntType(32), lane))
                for lane in range(len(group))
            ]
        return scalars

    def _add_neighbours(self, a: Any, b: Any) -> Any:
        mask_type = ir.VectorType(ir.IntType(32), self.lanes)
        even, odd = (
            self.builder.shuffle_vector(
                a, b, ir.Constant(mask_type, list(range(start, 2 * self.lanes, 2)))
            )
            for start in (0, 1)
        )
        return self.builder.fadd(even, odd)

    def at(self, start: Any, *steps: tuple[Any, int]) -> Any:
        """Return start + the sum of step * count."""
        for step, count in steps:
            start = self.builder.add(start, self.builder.mul(step, _INDEX(count)))
        return start


class _Loop:
    """for index in range(start, stop), with values carried from turn to turn (phi nodes)."""

    def __init__(self, builder: Any, start: Any, stop: Any, step: int, carried: list[Any]) -> None:
        self.builder, self.step = builder, step
        before = builder.block
        self.head = builder.append_basic_block("head")
        body = builder.append_basic_block("body")
        self.end = builder.append_basic_block("end")
        builder.branch(self.head)
        builder.position_at_end(self.head)
        self.index = builder.phi(_INDEX)
        self.index.add_incoming(start, before)
        self.carried = []
        for value in carried:
            phi = builder.phi(value.type)
            phi.add_incoming(value, before)
            self.carried.append(phi)
        builder.cbranch(builder.icmp_signed("<", self.index, stop), body, self.end)
        builder.position_at_end(body)

    def close(self, carried: list[Any]) -> list[Any]:
        """End the body; return the values as they are after the last turn."""
        last = self.builder.block
        self.index.add_incoming(self.builder.add(self.index, _INDEX(self.step)), last)
        for phi, value in zip(self.carried, carried, strict=True):
            phi.add_incoming(value, last)
        self.builder.branch(self.head)
        self.builder.position_at_end(self.end)
        return self.carried


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
def product_tile(
    typingctx, out, o, ldo, w, w0, ldw, valid, w_taps, x, x0, x_taps, t0, t1, add, rows, vectors
):  # type: ignore[no-untyped-def]
    """out[o + i*ldo + j] (+)= sum over t of w[w0 + i*ldw + w_taps[t]] * x[x0 + x_taps[t] + j].

    For i < rows, j < vectors * lanes and t0 <= t < t1; `add` says whether `out` is added to.
    The weights have `valid` rows: from there on the last one is repeated, into rows of `out` that
    nobody reads.
    """
    n_rows, n_vectors = rows.literal_value, vectors.literal_value
    index = types.intp
    signature = types.void(
        out, index, index, w, index, index, index, w_taps, x, index, x_taps, index, index,
        types.boolean, rows, vectors,
    )  # fmt: skip

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        (_, o, ldo, _, w0, ldw, valid, _, _, x0, _, t0, t1, add, _, _) = values
        emit = _Emitter(context, builder, signature.args[0].dtype)
        out_data, w_data, w_tap_data, x_data, x_tap_data = (
            emit.data(signature.args[k], values[k]) for k in (0, 3, 7, 8, 10)
        )
        tile = [(i, v) for i in range(n_rows) for v in range(n_vectors)]
        places = [emit.at(o, (ldo, i), (_INDEX(emit.lanes), v)) for i, v in tile]
        last = builder.sub(valid, _INDEX(1))
        weight_rows = [
            builder.mul(
                ldw,
                builder.select(builder.icmp_signed("<", _INDEX(i), last), _INDEX(i), last),
            )
            for i in range(n_rows)
        ]
        fresh = builder.block
        with builder.if_then(add):
            former = [emit.load(out_data, place) for place in places]
            loaded = builder.block
        sums = []
        for value in former:
            phi = builder.phi(emit.type)
            phi.add_incoming(emit.zero, fresh)
            phi.add_incoming(value, loaded)
            sums.append(phi)
        loop = _Loop(builder, t0, t1, 1, sums)
        start = builder.add(x0, emit.scalar(x_tap_data, loop.index))
        columns = [
            emit.load(x_data, emit.at(start, (_INDEX(emit.lanes), v))) for v in range(n_vectors)
        ]
        weight = builder.add(w0, emit.scalar(w_tap_data, loop.index))
        factors = [
            emit.splat(emit.scalar(w_data, builder.add(weight, row))) for row in weight_rows
        ]
        sums = loop.close(
            [
                emit.multiply_add(factors[i], columns[v], loop.carried[k])
                for k, (i, v) in enumerate(tile)
            ]
        )
        for value, place in zip(sums, places, strict=True):
            emit.store(value, out_data, place)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic(prefer_literal=True)  # type: ignore[untyped-decorator]
def dot_tile(
    typingctx, out, o, ldo, g, g0, ldg, g_step, x, x0, x_step, x_taps, t, count, length, rows, taps
):  # type: ignore[no-untyped-def]
    """out[o + i*ldo + j] += sum over m, p of g[g0 + m*g_step + i*ldg + p] * x[X + p].

    With X = x0 + m*x_step + x_taps[t + j], for i < rows, j < taps, m < count and p < length, which
    is a multiple of the lanes.
    """
    n_rows, n_taps = rows.literal_value, taps.literal_value
    index = types.intp
    signature = types.void(
        out, index, index, g, index, index, index, x, index, index, x_taps, index, index, index,
        rows, taps,
    )  # fmt: skip

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        (_, o, ldo, _, g0, ldg, g_step, _, x0, x_step, _, t, count, length, _, _) = values
        emit = _Emitter(context, builder, signature.args[0].dtype)
        out_data, g_data, x_data, tap_data = (
            emit.data(signature.args[k], values[k]) for k in (0, 3, 7, 10)
        )
        offsets = [emit.scalar(tap_data, builder.add(t, _INDEX(j))) for j in range(n_taps)]
        tile = [(i, j) for i in range(n_rows) for j in range(n_taps)]
        zero = _INDEX(0)
        outer = _Loop(builder, zero, count, 1, [emit.zero] * len(tile))
        g_start = builder.add(g0, builder.mul(outer.index, g_step))
        x_start = builder.add(x0, builder.mul(outer.index, x_step))
        inner = _Loop(builder, zero, length, emit.lanes, outer.carried)
        g_place, x_place = (builder.add(start, inner.index) for start in (g_start, x_start))
        left = [emit.load(g_data, emit.at(g_place, (ldg, i))) for i in range(n_rows)]
        right = [emit.load(x_data, builder.add(x_place, offset)) for offset in offsets]
        sums = inner.close(
            [
                emit.multiply_add(left[i], right[j], inner.carried[k])
                for k, (i, j) in enumerate(tile)
            ]
        )
        sums = outer.close(sums)
        for value, (i, j) in zip(emit.totals(sums), tile, strict=True):
            place = builder.gep(out_data, [emit.at(o, (ldo, i), (_INDEX(1), j))], inbounds=True)
            builder.store(builder.fadd(builder.load(place), value), place)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic  # type: ignore[untyped-decorator]
def move_row(typingctx, out, o, x, x0, length, add):  # type: ignore[no-untyped-def]
    """out[o + p] = x[x0 + p] + add for p < length: for rows too short for a loop to pay."""
    index = types.intp
    signature = types.void(out, index, x, index, index, out.dtype)

    def codegen(context, builder, signature, values):  # type: ignore[no-untyped-def]
        out_, o, x_, x0, length, add = values
        emit = _Emitter(context, builder, signature.args[0].dtype)
        out_data, x_data = emit.data(signature.args[0], out_), emit.data(signature.args[2], x_)
        increment = emit.splat(add)
        rest = builder.srem(length, _INDEX(emit.lanes))
        whole = builder.sub(length, rest)
        loop = _Loop(builder, _INDEX(0), whole, emit.lanes, [])
        moved = builder.fadd(emit.load(x_data, builder.add(x0, loop.index)), increment)
        emit.store(moved, out_data, builder.add(o, loop.index))
        loop.close([])
        with builder.if_then(builder.icmp_signed(">", rest, _INDEX(0))):
            mask = emit.lanes_below(rest)
            moved = builder.fadd(emit.masked_load(x_data, builder.add(x0, whole), mask), increment)
            emit.masked_store(moved, out_data, builder.add(o, whole), mask)
        return context.get_dummy_value()

    return signature, codegen
