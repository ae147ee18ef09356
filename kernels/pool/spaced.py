"""Vectors of elements that lie some steps apart."""

# mypy: disable-error-code="no-untyped-def, untyped-decorator"

from __future__ import annotations

from llvmlite import ir
from numba import types

from ..simd import INDEX, LANE, first_lanes, intrinsic, llvm_call, vector_of


@intrinsic
def load_spaced(typingctx, pointer, index, step, count):
    """Return the first `count` elements, at least one, of pointer[index], pointer[index + step] and
    so on. Further lanes hold anything; memory behind those elements is not read."""
    kind = vector_of(pointer.dtype)
    lanes, size = kind.count, kind.dtype.bitwidth // 8

    def codegen(context, builder, signature, arguments):
        pointer, index, step, count = arguments
        vector = context.get_value_type(kind)
        nothing = ir.Constant(vector, None)
        start = builder.gep(pointer, [index])

        def load(shift, length):
            address = builder.bitcast(builder.gep(start, [INDEX(shift)]), vector.as_pointer())
            name = f"llvm.masked.load.v{lanes}f{8 * size}.p0"
            mask = first_lanes(builder, length, lanes)
            return llvm_call(builder, name, vector, address, LANE(size), mask, nothing)

        def beside_each_other():
            return load(0, count)

        def every_second():
            length = builder.sub(builder.mul(count, INDEX(2)), INDEX(1))
            low, high = load(0, length), load(lanes, builder.sub(length, INDEX(lanes)))
            even = ir.Constant(ir.VectorType(LANE, lanes), list(range(0, 2 * lanes, 2)))
            return builder.shuffle_vector(low, high, even)

        def one_by_one():
            gathered, last = nothing, builder.sub(count, INDEX(1))
            for lane in range(lanes):
                inside = builder.icmp_signed("<", INDEX(lane), last)
                place = builder.mul(builder.select(inside, INDEX(lane), last), step)
                value = builder.load(builder.gep(start, [place]))
                gathered = builder.insert_element(gathered, value, LANE(lane))
            return gathered

        end = builder.append_basic_block("loaded")
        results = []
        for width, emit in ((1, beside_each_other), (2, every_second), (None, one_by_one)):
            if width is not None:
                this, other = (builder.append_basic_block("step") for _ in range(2))
                builder.cbranch(builder.icmp_signed("==", step, INDEX(width)), this, other)
                builder.position_at_end(this)
            results.append((emit(), builder.block))
            builder.branch(end)
            if width is not None:
                builder.position_at_end(other)
        builder.position_at_end(end)
        value = builder.phi(vector)
        for result, block in results:
            value.add_incoming(result, block)
        return value

    return kind(pointer, types.intp, types.intp, types.intp), codegen
