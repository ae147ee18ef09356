"""The inner loop of matrix products: a tile of the result, held in vector registers.

Numba's compiler cannot be brought to keep such a tile in registers from loops alone, hence these
intrinsics, which emit LLVM's vector instructions. The sizes of a tile are literal integers: each
combination becomes straight code. The loops around them are ordinary Numba (`blocks_jit`).
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from llvmlite import ir
from numba import types

from ..simd import INDEX, first_lanes, intrinsic
from ..tiles import Emitter, Loop


@intrinsic(prefer_literal=True)
def multiply_tile(
    typingctx, c, ldc, a, a_row, a_step, b, b_step, depth, height, width, add, rows, vectors
):
    """c[i*ldc + j] (+)= sum over k < depth of a[i*a_row + k*a_step] * b[k*b_step + j].

    For i < height and j < width, where height is at most `rows` and width at most vectors * lanes
    and more than one vector less. `add` says whether `c` is added to. Nothing else is read or
    written. A height that is a literal must be `rows`; the tile then spends nothing on its edge.
    """
    n_rows, n_vectors = rows.literal_value, vectors.literal_value
    whole = isinstance(height, types.Literal)
    index = types.intp
    result = types.void(
        c, index, a, index, index, b, index, index, height, index, types.boolean, rows, vectors
    )

    def codegen(context, builder, signature, arguments):
        c, ldc, a, a_row, a_step, b, b_step, depth, height, width, add, _, _ = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        tile = [(i, v) for i in range(n_rows) for v in range(n_vectors)]
        left = builder.sub(width, INDEX((n_vectors - 1) * emit.lanes))
        masks = [None] * (n_vectors - 1) + [first_lanes(builder, left, emit.lanes)]
        # Rows that do not exist repeat the last one, and are not stored. Addresses that are not
        # multiples of one distance take registers, or loads, of their own.
        numbers = [INDEX(i) if whole else emit.clamped(i, height) for i in range(n_rows)]
        starts = [emit.shift(a, emit.product(number, a_row)) for number in numbers]
        places = {
            (i, v): builder.gep(c, [builder.add(builder.mul(INDEX(i), ldc), INDEX(v * emit.lanes))])
            for i, v in tile
        }
        loop = Loop(builder, INDEX(0), depth, 1, [emit.zero] * len(tile))
        row = emit.shift(b, builder.mul(loop.index, b_step))
        right = [emit.load(emit.shift(row, v * emit.lanes), masks[v]) for v in range(n_vectors)]
        step = builder.mul(loop.index, a_step)
        left = [emit.splat(emit.scalar(start, step)) for start in starts]
        sums = loop.close(emit.add_products(left, right, loop.values))

        def write(adding: bool) -> None:
            for i in range(n_rows):
                edge = builder.if_then(builder.icmp_signed("<", INDEX(i), height))
                with nullcontext() if whole else edge:
                    for v in range(n_vectors):
                        value, place = sums[i * n_vectors + v], places[i, v]
                        if adding:
                            value = builder.fadd(emit.load(place, masks[v]), value)
                        emit.store(value, place, masks[v])

        with builder.if_else(add) as (added, set_):
            with added:
                write(True)
            with set_:
                write(False)
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
        halves.append(emit.lanes_of(a, b, lanes))
    return halves[0], halves[1]
