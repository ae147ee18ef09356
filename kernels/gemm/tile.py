"""The inner loop of matrix products: a tile of the result, held in vector registers.

Numba's compiler cannot be brought to keep such a tile in registers from loops alone, hence these
intrinsics, which emit LLVM's vector instructions. The sizes of a tile are literal integers: each
combination becomes straight code. The loops around them are ordinary Numba (`blocks_jit`).
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types

from ..jit import VECTOR_BYTES
from ..simd import INDEX, LANE, first_lanes, intrinsic, llvm_call, splat_value, vector_of

# A tile has as many sums as the vector registers hold beside the operands of one step:
# 24 + 3 + 1 of 32 registers, 12 + 3 + 1 of 16.
ROWS = 8 if VECTOR_BYTES == 64 or platform.machine() in ("aarch64", "arm64") else 4
VECTORS = 3
HALF_ROWS = ROWS // 2


class Emitter:
    """What the tiles are made of, for one element type."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.builder = builder
        self.lanes = vector_of(dtype).count
        self.size = dtype.bitwidth // 8
        self.type = ir.VectorType(context.get_value_type(dtype), self.lanes)
        self.zero = ir.Constant(self.type, None)

    def scaled(self, index: Any, factor: int) -> Any:
        return self.builder.mul(index, INDEX(factor))

    def scalar(self, pointer: Any) -> Any:
        return splat_value(self.builder, self.builder.load(pointer), self.lanes)

    def _address(self, pointer: Any) -> Any:
        return self.builder.bitcast(pointer, self.type.as_pointer())

    def load(self, pointer: Any, mask: Any = None) -> Any:
        if mask is None:
            return self.builder.load(self._address(pointer), align=self.size)
        name = f"llvm.masked.load.v{self.lanes}f{8 * self.size}.p0"
        return llvm_call(
            self.builder, name, self.type, self._address(pointer), LANE(self.size), mask, self.zero
        )

    def store(self, vector: Any, pointer: Any, mask: Any = None) -> None:
        if mask is None:
            self.builder.store(vector, self._address(pointer), align=self.size)
            return
        name = f"llvm.masked.store.v{self.lanes}f{8 * self.size}.p0"
        llvm_call(
            self.builder, name, ir.VoidType(), vector, self._address(pointer), LANE(self.size), mask
        )

    def prefetch(self, pointer: Any) -> None:
        """Ask for memory that will be read and written."""
        for_writing, keep, data = LANE(1), LANE(3), LANE(1)
        address = self.builder.bitcast(pointer, ir.IntType(8).as_pointer())
        llvm_call(self.builder, "llvm.prefetch.p0", ir.VoidType(), address, for_writing, keep, data)

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        product = self.builder.fmul(a, b, flags=("contract",))
        return self.builder.fadd(product, c, flags=("contract",))

    @contextmanager
    def loop(self, count: Any, values: list[Any]) -> Iterator[tuple[Any, list[Any], Callable]]:
        """for index in range(count), with values handed from turn to turn.

        Gives the index, the values at the start of a turn, and a function to be called with
        those at its end; afterwards the list holds the values after the last turn.
        """
        builder = self.builder
        before = builder.block
        head, body, end = (builder.append_basic_block(name) for name in ("head", "body", "end"))
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(INDEX)
        index.add_incoming(INDEX(0), before)
        phis = [builder.phi(value.type) for value in values]
        for phi, value in zip(phis, values, strict=True):
            phi.add_incoming(value, before)
        builder.cbranch(builder.icmp_signed("<", index, count), body, end)
        builder.position_at_end(body)

        def close(results: list[Any]) -> None:
            index.add_incoming(builder.add(index, INDEX(1)), builder.block)
            for phi, value in zip(phis, results, strict=True):
                phi.add_incoming(value, builder.block)
            builder.branch(head)

        yield index, list(phis), close
        builder.position_at_end(end)
        values[:] = phis


@intrinsic(prefer_literal=True)
def multiply_tile(
    typingctx, c, ldc, a, a_row, a_step, b, b_step, depth, height, width, add, rows, vectors
):
    """c[i*ldc + j] (+)= sum over k < depth of a[i*a_row + k*a_step] * b[k*b_step + j].

    For i < height and j < width, where height is at most `rows` and width at most vectors * lanes
    and more than one vector less. `add` says whether `c` is added to. Nothing else is read or
    written.
    """
    n_rows, n_vectors = rows.literal_value, vectors.literal_value
    index = types.intp
    result = types.void(
        c, index, a, index, index, b, index, index, index, index, types.boolean, rows, vectors
    )

    def codegen(context, builder, signature, arguments):
        c, ldc, a, a_row, a_step, b, b_step, depth, height, width, add, _, _ = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        tile = [(i, v) for i in range(n_rows) for v in range(n_vectors)]
        left = builder.sub(width, INDEX((n_vectors - 1) * emit.lanes))
        masks = [None] * (n_vectors - 1) + [first_lanes(builder, left, emit.lanes)]
        # Rows that do not exist repeat the last one, and are not stored.
        exists = [builder.icmp_signed("<", INDEX(i), height) for i in range(n_rows)]
        last = builder.sub(height, INDEX(1))
        rows_read = [builder.select(exists[i], INDEX(i), last) for i in range(n_rows)]
        starts = [builder.gep(a, [builder.mul(row, a_row)]) for row in rows_read]
        places = {
            (i, v): builder.gep(c, [builder.add(builder.mul(INDEX(i), ldc), INDEX(v * emit.lanes))])
            for i, v in tile
        }
        for place in places.values():
            emit.prefetch(place)
        sums = [emit.zero] * len(tile)
        with emit.loop(depth, sums) as (k, former, close):
            row = builder.gep(b, [builder.mul(k, b_step)])
            right = [
                emit.load(builder.gep(row, [INDEX(v * emit.lanes)]), masks[v])
                for v in range(n_vectors)
            ]
            step = builder.mul(k, a_step)
            results = []
            for i in range(n_rows):
                factor = emit.scalar(builder.gep(starts[i], [step]))
                results += [
                    emit.multiply_add(factor, right[v], former[i * n_vectors + v])
                    for v in range(n_vectors)
                ]
            close(results)
        for i in range(n_rows):
            with builder.if_then(exists[i]):
                values = sums[i * n_vectors : (i + 1) * n_vectors]
                with builder.if_else(add) as (adding, setting):
                    with adding:
                        for v, value in enumerate(values):
                            former = emit.load(places[i, v], masks[v])
                            emit.store(builder.fadd(former, value), places[i, v], masks[v])
                    with setting:
                        for v, value in enumerate(values):
                            emit.store(value, places[i, v], masks[v])
        return context.get_dummy_value()

    return result, codegen


@intrinsic(prefer_literal=True)
def transpose_tile(typingctx, out, ldo, x, ldx, height, width):
    """out[j*ldo + i] = x[i*ldx + j] for i < height and j < width, both from 1 to the lanes.

    Where height is less than the lanes, out[j*ldo + i] is 0 for the further i below the lanes.
    """
    index = types.intp
    result = types.void(out, index, x, index, index, index)

    def codegen(context, builder, signature, arguments):
        out, ldo, x, ldx, height, width = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        read = first_lanes(builder, width, emit.lanes)
        rows = []
        for i in range(emit.lanes):
            inside = builder.icmp_signed("<", INDEX(i), height)
            mask = builder.select(inside, read, ir.Constant(read.type, None))
            rows.append(emit.load(builder.gep(x, [builder.mul(INDEX(i), ldx)]), mask))
        # Swap the off-diagonal blocks of 2x2 blocks, of single elements first, of halves last.
        block = 1
        while block < emit.lanes:
            for i in range(emit.lanes):
                if not i & block:
                    rows[i], rows[i + block] = _swap_blocks(emit, rows[i], rows[i + block], block)
            block *= 2
        for j, row in enumerate(rows):
            with builder.if_then(builder.icmp_signed("<", INDEX(j), width)):
                emit.store(row, builder.gep(out, [builder.mul(INDEX(j), ldo)]))
        return context.get_dummy_value()

    return result, codegen


def _swap_blocks(emit: Emitter, a: Any, b: Any, block: int) -> tuple[Any, Any]:
    """Return (a0 b0 a2 b2 ...) and (a1 b1 a3 b3 ...) of blocks of so many lanes."""
    halves = []
    for odd in (0, block):
        lanes = [(i & ~block | odd) + (emit.lanes if i & block else 0) for i in range(emit.lanes)]
        mask = ir.Constant(ir.VectorType(LANE, emit.lanes), lanes)
        halves.append(emit.builder.shuffle_vector(a, b, mask))
    return halves[0], halves[1]
