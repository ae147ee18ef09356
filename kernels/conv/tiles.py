"""The inner loops of convolutions: register tiles of sums, and the copying before them.

A tile keeps its sums in vector registers while it runs along the long axis of a product; the loops
around it are ordinary Numba. The sizes of a tile are literal integers: each combination becomes
straight code.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from ..simd import INDEX, first_lanes, intrinsic
from ..tiles import ROWS, Emitter, Loop

# Rows of positions under a tile of one row of weights, and of the few of a thin layout.
ROWS_OF_ONE = 4
ROWS_OF_FEW = 3 if ROWS == 8 else 1


def _sums(
    emit: Emitter, places: list[Any], masks: list[Any], fresh: list[Any], add: Any, taps: Any,
    step: Callable[[Any, list[Any]], list[Any]],
) -> None:  # fmt: skip
    """Run `step(t, sums)` for all taps t, from what stands at `places` or from `fresh`; store."""
    builder = emit.builder
    before = builder.block
    with builder.if_then(add):
        former = [emit.load(place, mask) for place, mask in zip(places, masks, strict=True)]
        loaded = builder.block
    sums = []
    for value, start in zip(former, fresh, strict=True):
        phi = builder.phi(emit.type)
        phi.add_incoming(start, before)
        phi.add_incoming(value, loaded)
        sums.append(phi)
    loop = Loop(builder, INDEX(0), taps, 1, sums)
    sums = loop.close(step(loop.index, loop.values))
    for value, place, mask in zip(sums, places, masks, strict=True):
        emit.store(value, place, mask)


def _masks(emit: Emitter, vectors: int, rest: Any, masked: bool) -> list[Any]:
    mask = first_lanes(emit.builder, rest, emit.lanes) if masked else None
    return [None] * (vectors - 1) + [mask]


@intrinsic(prefer_literal=True)
def product_tile(
    typingctx, out, ldo, bias, add, valid, w, x, x_taps, taps, rest, rows, vectors, masked
):
    """out[i*ldo + j] = bias[i] + sum over t < taps of w[t*ROWS + i] * x[x_taps[t] + j].

    For i < rows and j < vectors * lanes; of the last vector the first `rest` lanes only, if
    `masked` is 1. With `add` the sum is added to `out` instead. Rows from `valid` on are those of
    the last valid row, whose weights they must repeat.
    """
    n_rows, n_vectors, has_mask = rows.literal_value, vectors.literal_value, masked.literal_value
    index = types.intp
    result = types.void(
        out, index, bias, types.boolean, index, w, x, x_taps, index, index, rows, vectors, masked
    )

    def codegen(context, builder, signature, arguments):
        out, ldo, bias, add, valid, w, x, x_taps, taps, rest, _, _, _ = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        columns = [v * emit.lanes for v in range(n_vectors)]
        masks = _masks(emit, n_vectors, rest, bool(has_mask))
        numbers = [emit.clamped(i, valid) for i in range(n_rows)]
        places = [
            emit.shift(out, emit.product(number, ldo), column)
            for number in numbers
            for column in columns
        ]
        fresh = [emit.splat(emit.scalar(bias, number)) for number in numbers for _ in columns]

        def step(t: Any, sums: list[Any]) -> list[Any]:
            start = emit.shift(x, emit.scalar(x_taps, t))
            moving = [
                emit.load(emit.shift(start, column), mask)
                for column, mask in zip(columns, masks, strict=True)
            ]
            weights = emit.shift(w, emit.product(t, ROWS))
            fixed = [emit.splat(emit.scalar(weights, i)) for i in range(n_rows)]
            return emit.add_products(fixed, moving, sums)

        _sums(emit, places, masks * n_rows, fresh, add, taps, step)
        return context.get_dummy_value()

    return result, codegen


@intrinsic(prefer_literal=True)
def row_tile(
    typingctx, out, ldo, row_step, bias, add, valid, valid_height, w, x, ldx, x_taps, taps, rest,
    rows, height, vectors, masked,
):  # fmt: skip
    """As `product_tile` for rows of positions that do not join on.

    out[i*ldo + y*row_step + j] = bias[i] + sum over t < taps of
    w[t*rows + i] * x[x_taps[t] + y*ldx + j], for y < height, too. Those from `valid_height` on
    repeat the last valid one.
    """
    n_rows, n_height, n_vectors, has_mask = (
        size.literal_value for size in (rows, height, vectors, masked)
    )
    index = types.intp
    result = types.void(
        out, index, index, bias, types.boolean, index, index, w, x, index, x_taps, index, index,
        rows, height, vectors, masked,
    )  # fmt: skip

    def codegen(context, builder, signature, arguments):
        (
            out, ldo, row_step, bias, add, valid, valid_height, w, x, ldx, x_taps, taps, rest, *_,
        ) = arguments  # fmt: skip
        emit = Emitter(context, builder, signature.args[0].dtype)
        columns = [v * emit.lanes for v in range(n_vectors)]
        masks = _masks(emit, n_vectors, rest, bool(has_mask)) * n_height
        lines = [emit.clamped(y, valid_height) for y in range(n_height)]
        numbers = [emit.clamped(i, valid) for i in range(n_rows)]
        places = [
            emit.shift(out, emit.product(number, ldo), emit.product(line, row_step), column)
            for number in numbers
            for line in lines
            for column in columns
        ]
        origins = [
            emit.shift(x, emit.product(line, ldx), column) for line in lines for column in columns
        ]
        fresh = [emit.splat(emit.scalar(bias, number)) for number in numbers for _ in origins]

        def step(t: Any, sums: list[Any]) -> list[Any]:
            shift = emit.scalar(x_taps, t)
            moving = [
                emit.load(emit.shift(origin, shift), mask)
                for origin, mask in zip(origins, masks, strict=True)
            ]
            weights = emit.shift(w, emit.product(t, n_rows))
            fixed = [emit.splat(emit.scalar(weights, i)) for i in range(n_rows)]
            return emit.add_products(fixed, moving, sums)

        _sums(emit, places, masks * n_rows, fresh, add, taps, step)
        return context.get_dummy_value()

    return result, codegen


@intrinsic(prefer_literal=True)
def dot_tile(
    typingctx, out, g, ldg, g_step, valid, x, x_step, x_taps, count, length, rows, taps, packed
):
    """out[i*taps + j] += sum over m, p of g[m*g_step + i*ldg + p] * x[m*x_step + x_taps[j] + p].

    For i < rows, j < taps, m < count and p < length. If `packed` is 1, the rows of `g` lie side by
    side, a vector of each: element p of row i at p*rows + i*ldg, p the start of a vector. Rows from
    `valid` on are those of the last valid one. `out` is rounded up to whole vectors.
    """
    n_rows, n_taps, is_packed = (size.literal_value for size in (rows, taps, packed))
    index = types.intp
    result = types.void(
        out, g, index, index, index, x, index, x_taps, index, index, rows, taps, packed
    )

    def codegen(context, builder, signature, arguments):
        out, g, ldg, g_step, valid, x, x_step, x_taps, count, length, _, _, _ = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        left = [emit.shift(g, emit.product(emit.clamped(i, valid), ldg)) for i in range(n_rows)]
        right = [emit.shift(x, emit.scalar(x_taps, j)) for j in range(n_taps)]
        rest = builder.and_(length, INDEX(emit.lanes - 1))
        whole = builder.sub(length, rest)
        outer = Loop(builder, INDEX(0), count, 1, [emit.zero] * (n_rows * n_taps))
        g_start, x_start = (builder.mul(outer.index, step) for step in (g_step, x_step))

        def add_products(loop: Loop, mask: Any) -> list[Any]:
            offset = emit.product(loop.index, n_rows) if is_packed else loop.index
            place = builder.add(g_start, offset)
            rows = [emit.load(emit.shift(row, place), mask) for row in left]
            place = builder.add(x_start, loop.index)
            columns = [emit.load(emit.shift(tap, place), mask) for tap in right]
            return loop.close(emit.add_products(rows, columns, loop.values))

        sums = add_products(Loop(builder, INDEX(0), whole, emit.lanes, outer.values), None)
        # At most one turn.
        mask = first_lanes(builder, rest, emit.lanes)
        sums = add_products(Loop(builder, whole, length, emit.lanes, sums), mask)
        sums = outer.close(sums)
        for i, vector in enumerate(emit.totals(sums)):
            target = emit.shift(out, i * emit.lanes)
            emit.store(builder.fadd(emit.load(target), vector), target)
        return context.get_dummy_value()

    return result, codegen


@intrinsic
def interleave_rows(typingctx, out, x, ldx, valid, count):
    """out[j*ROWS + i] = x[i*ldx + j] for i < ROWS and j < count, at most the lanes.

    Rows from `valid` on are those of the last valid one.
    """
    index = types.intp
    result = types.void(out, x, index, index, index)

    def codegen(context, builder, signature, arguments):
        out, x, ldx, valid, count = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        mask = first_lanes(builder, count, emit.lanes)
        vectors = [
            emit.load(emit.shift(x, emit.product(emit.clamped(i, valid), ldx)), mask)
            for i in range(ROWS)
        ]
        # As one array of ROWS * lanes elements, shuffle it perfectly (the second half between the
        # elements of the first) until the number of the row, first in the index, has come last.
        half = ROWS // 2
        halves = (range(emit.lanes // 2), range(emit.lanes // 2, emit.lanes))
        for _ in range(half.bit_length()):
            vectors = [
                emit.lanes_of(a, b, [lane for i in part for lane in (i, i + emit.lanes)])
                for a, b in zip(vectors[:half], vectors[half:], strict=True)
                for part in halves
            ]
        size = emit.product(count, ROWS)
        for i, vector in enumerate(vectors):
            start = i * emit.lanes
            write = first_lanes(builder, builder.sub(size, INDEX(start)), emit.lanes)
            emit.store(vector, emit.shift(out, start), write)
        return context.get_dummy_value()

    return result, codegen


@intrinsic(prefer_literal=True)
def copy_rows(typingctx, out, ldo, rows, length, x, ldx, top, bottom, begin, end, step):
    """out[i*ldo + j] = x[i*ldx + j*step] where top <= i < bottom and begin <= j < end, else 0.

    For i < rows and j < length. `step` is 1 or 2. Nothing else of `x` is read.
    """
    stride = step.literal_value
    index = types.intp
    result = types.void(out, index, index, index, x, index, index, index, index, index, step)

    def codegen(context, builder, signature, arguments):
        out, ldo, rows, length, x, ldx, top, bottom, begin, end, _ = arguments
        emit = Emitter(context, builder, signature.args[0].dtype)
        # The last element read is that of end - 1; those between two steps are never there.
        first = emit.product(begin, stride)
        last = builder.sub(emit.product(end, stride), INDEX(stride - 1))
        columns = Loop(builder, INDEX(0), length, emit.lanes, [])
        read = []
        for part in range(stride):
            origin = builder.add(emit.product(columns.index, stride), INDEX(part * emit.lanes))
            below, above = (
                first_lanes(builder, builder.sub(bound, origin), emit.lanes)
                for bound in (first, last)
            )
            read.append((origin, builder.and_(builder.not_(below), above)))
        write = first_lanes(builder, builder.sub(length, columns.index), emit.lanes)
        target = emit.shift(out, columns.index)
        for start, stop in ((INDEX(0), top), (bottom, rows)):
            lines = Loop(builder, start, stop, 1, [])
            emit.store(emit.zero, emit.shift(target, emit.product(lines.index, ldo)), write)
            lines.close([])
        lines = Loop(builder, top, bottom, 1, [])
        source = emit.shift(x, emit.product(lines.index, ldx))
        parts = [emit.load(emit.shift(source, origin), mask) for origin, mask in read]
        if stride == 2:
            parts = [emit.lanes_of(parts[0], parts[1], list(range(0, 2 * emit.lanes, 2)))]
        emit.store(parts[0], emit.shift(target, emit.product(lines.index, ldo)), write)
        lines.close([])
        columns.close([])
        return context.get_dummy_value()

    return result, codegen
