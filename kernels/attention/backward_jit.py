"""Compiled gradients of attention: the weights are computed anew, block by block.

The scheme is that of T. Dao, "FlashAttention-2", 2023. With weights P, gradients of weights D and
means m = sum(g * out) over each row, the gradient of the scores is P * (D - m).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from ..jit import VECTOR_BYTES, native, parallel, part
from ..simd import at, lanes, load, load_first, pointer, splat, store, total
from ..threads import split
from ..tiles import aligned
from ..vector_math import exp
from .attention import attention_backward as _attention_backward
from .attention import check_operands
from .blocks_jit import (
    EXPONENTIAL,
    KEYS,
    ROWS,
    add_mask,
    hide_later_keys,
    plain_mask,
    product,
    scale_row,
    span_of,
    turn,
)

SEGMENT = 4 * KEYS
"""Keys that all queries pass by before the next ones come: with their values and both gradients
they stay in a second-level cache."""

PARTS = 16
"""The tasks that long sequences are cut into at least, whatever the number of threads."""


@part
def _row_products(out, a, b, rows, columns):
    """out[i] = sum over j of a[i, j] * b[i, j]."""
    size = lanes(a)
    for i in range(rows):
        x, y = at(a, i * columns), at(b, i * columns)
        sums = splat(a, 0)
        for j in range(0, columns, size):
            left = columns - j
            sums = sums + load_first(x, j, left, 0.0) * load_first(y, j, left, 0.0)
        out[i] = total(sums)


@part
def _score_gradients(scores, d_weights, lead, log_sums, means, count, queries, scale):
    """Replace scores by weights, and the gradients of these by those of the scores."""
    size = lanes(scores)
    for q in range(0, queries, size):
        log_sum = load_first(log_sums, q, queries - q, np.inf)
        mean = load_first(means, q, queries - q, 0.0)
        for k in range(count):
            weight = exp(load(scores, k * lead + q) - log_sum)
            d_weight = load(d_weights, k * lead + q)
            store(weight, scores, k * lead + q)
            store(weight * ((d_weight - mean) * scale), d_weights, k * lead + q)


@part
def _send_back(
    g, query, key, value, mask, mask_steps, out, log_sums, causal, scale, d_query, d_key, d_value,
    parts, span, buffers, begin, end,
):  # fmt: skip
    n, heads, queries, width = query.shape
    keys, value_width = value.shape[2:]
    masked = len(mask) > 0
    turned, turned_g, scores, d_weights, bias, means = [aligned(buffer) for buffer in buffers]
    n_step, h_step, q_step = mask_steps
    blocks = -(-keys // KEYS)
    for task in range(begin, end):
        part, head = task // (n * heads), task % (n * heads)
        k = at(pointer(key), head * keys * width)
        v = at(pointer(value), head * keys * value_width)
        dk = at(pointer(d_key), head * keys * width)
        dv = at(pointer(d_value), head * keys * value_width)
        mask_head = at(pointer(mask), head // heads * n_step + head % heads * h_step)
        first = blocks * part // parts * KEYS
        last = min(keys, blocks * (part + 1) // parts * KEYS)
        _row_products(
            means, at(pointer(g), head * queries * value_width),
            at(pointer(out), head * queries * value_width), queries, value_width,
        )  # fmt: skip
        for s0 in range(first, last, SEGMENT):
            for q0 in range(s0 // span * span if causal else 0, queries, span):
                rows = min(span, queries - q0)
                columns = -(-rows // lanes(scores)) * lanes(scores)
                row = head * queries + q0
                q, g_rows = at(pointer(query), row * width), at(pointer(g), row * value_width)
                dq = at(pointer(d_query), (task * queries + q0) * width)
                turn(turned, span, q, width, rows, width)
                scale_row(turned, width * span, scale)
                turn(turned_g, span, g_rows, value_width, rows, value_width)
                stop = min(last, s0 + SEGMENT)
                stop = min(stop, q0 + rows) if causal else stop
                for k0 in range(s0, stop, KEYS):
                    count = min(KEYS, stop - k0)
                    seen = q0 + 1 - k0 if causal else keys
                    k_rows, v_rows = at(k, k0 * width), at(v, k0 * value_width)
                    product(
                        scores, span, k_rows, width, 1, turned, span, count, columns, width, width,
                        False,
                    )  # fmt: skip
                    if masked:
                        turn(bias, span, at(mask_head, q0 * q_step + k0), q_step, rows, count)
                        add_mask(scores, bias, span, count, columns)
                    hide_later_keys(scores, span, count, columns, seen)
                    product(
                        d_weights, span, v_rows, value_width, 1, turned_g, span, count, columns,
                        value_width, value_width, False,
                    )  # fmt: skip
                    _score_gradients(
                        scores, d_weights, span, at(pointer(log_sums), row), at(means, q0), count,
                        rows, scale,
                    )  # fmt: skip
                    product(
                        at(dv, k0 * value_width), value_width, scores, span, 1, g_rows, value_width,
                        count, value_width, rows, rows, True,
                    )  # fmt: skip
                    product(
                        at(dk, k0 * width), width, d_weights, span, 1, q, width, count, width, rows,
                        rows, True,
                    )  # fmt: skip
                    product(
                        dq, width, d_weights, 1, span, k_rows, width, rows, width, count,
                        seen + ROWS - 1, True,
                    )  # fmt: skip


@parallel
def _backward(
    g, query, key, value, mask, mask_steps, out, log_sums, causal, scale, d_query, d_key, d_value,
    parts, span, begin, end,
):  # fmt: skip
    slack, dtype = VECTOR_BYTES // query.itemsize, query.dtype
    buffers = (
        np.empty(query.shape[3] * span + slack, dtype),
        np.empty(value.shape[3] * span + slack, dtype),
        np.empty(KEYS * span + slack, dtype),
        np.empty(KEYS * span + slack, dtype),
        np.empty((KEYS * span if len(mask) else 0) + slack, dtype),
        np.empty(query.shape[2] + slack, dtype),
    )
    _send_back(
        g, query, key, value, mask, mask_steps, out, log_sums, causal, scale, d_query, d_key,
        d_value, parts, span, buffers, begin, end,
    )  # fmt: skip


def attention_backward(g, query, key, value, mask, out, log_sums, is_causal, scale):
    check_operands("attention_backward", query, key, value, mask, g, out, log_sums)
    n, heads, queries, width = query.shape
    keys, value_width = value.shape[2:]
    dtype, operands = query.dtype, (g, query, key, value)
    if not (query.size and key.size and value.size):
        return _attention_backward.reference(*operands, mask, out, log_sums, is_causal, scale)
    flat_mask, steps = plain_mask(mask, keys, dtype)
    parts = min(-(-keys // KEYS), -(-PARTS // (n * heads)))
    d_query = np.zeros((parts, *query.shape), dtype) if parts > 1 else np.zeros(query.shape, dtype)
    d_key, d_value = np.zeros(key.shape, dtype), np.zeros(value.shape, dtype)
    work = n * heads * queries * keys * (3 * width + 2 * value_width + EXPONENTIAL)
    split(
        _backward,
        (
            *[native(a) for a in operands], flat_mask, steps, native(out), native(log_sums),
            is_causal, dtype.type(scale), d_query.reshape(-1), d_key, d_value, parts, span_of(dtype),
        ),
        n * heads * parts,
        work // 2 if is_causal else work,
    )  # fmt: skip
    return d_query.sum(axis=0) if parts > 1 else d_query, d_key, d_value
