"""Compiled attention: a block of queries passes along the keys, with a running softmax.

The running maximum and sum are those of M. Milakov and N. Gimelshein, "Online normalizer
calculation for softmax", 2018; the blocks those of T. Dao, "FlashAttention-2", 2023.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from ..jit import VECTOR_BYTES, native, parallel, part
from ..simd import at, element, lanes, load, pointer, select, splat, store
from ..threads import split
from ..tiles import aligned
from ..vector_math import exp
from .attention import attention_forward as _attention_forward
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


@part
def _exponentials(scores, lead, maxima, sums, factors, count, queries, seen):
    """Replace scores by exp(score - maximum so far), and bring maxima and sums up to date.

    `factors` become what earlier results are to be multiplied with. The first query sees `seen`
    keys, each further one one more.
    """
    size = lanes(scores)
    for q in range(0, queries, size):
        column, visible = at(scores, q), min(count, seen + q + max(size, ROWS) - 1)
        former = load(maxima, q)
        # A maximum that passes over NaN will do: the sum does not.
        highest = former
        for k in range(visible):
            score = load(column, k * lead)
            highest = select(score > highest, score, highest)
        base = select(highest == -np.inf, splat(scores, 0), highest)
        factor = exp(former - base)
        total = load(sums, q) * factor
        for k in range(visible):
            weight = exp(load(column, k * lead) - base)
            store(weight, column, k * lead)
            total = total + weight
        store(highest, maxima, q)
        store(total, sums, q)
        store(factor, factors, q)


@part
def _attend(
    query, key, value, mask, mask_steps, causal, scale, out, log_sums, span, buffers, begin, end
):
    _, heads, queries, width = query.shape
    keys, value_width = value.shape[2:]
    masked = len(mask) > 0
    turned, scores, bias, maxima, sums, factors = [aligned(buffer) for buffer in buffers]
    blocks = -(-queries // span)
    for task in range(begin, end):
        head, q0 = task // blocks, task % blocks * span
        rows = min(span, queries - q0)
        columns = -(-rows // lanes(scores)) * lanes(scores)
        q = at(pointer(query), (head * queries + q0) * width)
        k = at(pointer(key), head * keys * width)
        v = at(pointer(value), head * keys * value_width)
        o = at(pointer(out), (head * queries + q0) * value_width)
        log_sum = at(pointer(log_sums), head * queries + q0)
        n_step, h_step, q_step = mask_steps
        mask_rows = at(pointer(mask), head // heads * n_step + head % heads * h_step + q0 * q_step)
        for i in range(span):
            maxima[i], sums[i] = -np.inf, 0
        turn(turned, span, q, width, rows, width)
        scale_row(turned, width * span, scale)
        last = min(keys, q0 + rows) if causal else keys
        for k0 in range(0, last, KEYS):
            count = min(KEYS, last - k0)
            seen = q0 + 1 - k0 if causal else keys
            product(
                scores, span, at(k, k0 * width), width, 1, turned, span, count, columns, width,
                width, False,
            )  # fmt: skip
            if masked:
                turn(bias, span, at(mask_rows, k0), q_step, rows, count)
                add_mask(scores, bias, span, count, columns)
            hide_later_keys(scores, span, count, columns, seen)
            _exponentials(scores, span, maxima, sums, factors, count, columns, seen)
            for i in range(rows if k0 else 0):
                if factors[i] != 1:
                    scale_row(at(o, i * value_width), value_width, factors[i])
            product(
                o, value_width, scores, 1, span, at(v, k0 * value_width), value_width, rows,
                value_width, count, seen + ROWS - 1, k0 > 0,
            )  # fmt: skip
        for i in range(rows):
            if sums[i] == 0:
                log_sum[i] = np.inf
            else:
                log_sum[i] = math.log(sums[i]) + maxima[i]
                scale_row(at(o, i * value_width), value_width, element(sums, 1 / sums[i]))


@parallel
def _forward(query, key, value, mask, mask_steps, causal, scale, out, log_sums, span, begin, end):
    slack, dtype = VECTOR_BYTES // query.itemsize, query.dtype
    buffers = (
        np.empty(query.shape[3] * span + slack, dtype),
        np.empty(KEYS * span + slack, dtype),
        np.empty((KEYS * span if len(mask) else 0) + slack, dtype),
        np.empty(span + slack, dtype),
        np.empty(span + slack, dtype),
        np.empty(span + slack, dtype),
    )
    _attend(
        query, key, value, mask, mask_steps, causal, scale, out, log_sums, span, buffers, begin, end
    )


def attention_forward(query, key, value, mask, is_causal, scale):
    check_operands("attention_forward", query, key, value, mask)
    n, heads, queries, width = query.shape
    keys, value_width = value.shape[2:]
    dtype, operands = query.dtype, (query, key, value)
    if not (query.size and key.size and value.size):
        return _attention_forward.reference(*operands, mask, is_causal, scale)
    flat_mask, steps = plain_mask(mask, keys, dtype)
    out = np.empty((n, heads, queries, value_width), dtype)
    log_sums = np.empty((n, heads, queries), dtype)
    span = span_of(dtype)
    work = n * heads * queries * keys * (width + value_width + EXPONENTIAL)
    split(
        _forward,
        (
            *[native(a) for a in operands], flat_mask, steps, is_causal, dtype.type(scale), out,
            log_sums, span,
        ),
        n * heads * -(-queries // span),
        work // 2 if is_causal else work,
    )  # fmt: skip
    return out, log_sums
