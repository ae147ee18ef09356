"""Mean and variance of what lies in the first cache, and the passes that use them.

Data come as `planes` stretches of `length` elements, `pitch` elements apart: one stretch for a
row or a group of channels, one per image for a channel of a batch.

A mean is held as two numbers: `shift` has the type of the data, and x - shift is exact or nearly
so; what is left of the mean goes into the next multiply-add. So rows far from zero lose nothing.
Variances are sums of squared deviations, never differences of large sums.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np

from ..jit import inline, jit, part
from ..simd import at, element, lanes, load, load_first, splat, store, store_first, total

# Elements of which first the mean is taken and then the deviations, while they are in the first
# cache. Sums of so many are short enough for float32: a lane adds up 64 of them with AVX-512.
BLOCK = 4096


@inline
def _sum(x, planes, pitch, length):
    step = lanes(x)
    s0, s1, s2, s3 = splat(x, 0), splat(x, 0), splat(x, 0), splat(x, 0)
    whole = length - length % (4 * step)
    for plane in range(planes):
        row = at(x, plane * pitch)
        for i in range(0, whole, 4 * step):
            s0, s1 = s0 + load(row, i), s1 + load(row, i + step)
            s2, s3 = s2 + load(row, i + 2 * step), s3 + load(row, i + 3 * step)
        for i in range(whole, length, step):
            s0 = s0 + load_first(row, i, length - i, 0)
    return total((s0 + s1) + (s2 + s3))


@inline
def _deviations(x, planes, pitch, length, shift):
    """Return the sums of x - shift and of its squares."""
    step = lanes(x)
    s0, s1, s2, s3 = splat(x, 0), splat(x, 0), splat(x, 0), splat(x, 0)
    q0, q1, q2, q3 = splat(x, 0), splat(x, 0), splat(x, 0), splat(x, 0)
    whole = length - length % (4 * step)
    for plane in range(planes):
        row = at(x, plane * pitch)
        for i in range(0, whole, 4 * step):
            a, b = load(row, i) - shift, load(row, i + step) - shift
            c, d = load(row, i + 2 * step) - shift, load(row, i + 3 * step) - shift
            s0, s1, s2, s3 = s0 + a, s1 + b, s2 + c, s3 + d
            q0, q1, q2, q3 = q0 + a * a, q1 + b * b, q2 + c * c, q3 + d * d
        for i in range(whole, length, step):
            a = load_first(row, i, length - i, shift) - shift
            s0, q0 = s0 + a, q0 + a * a
    return total((s0 + s1) + (s2 + s3)), total((q0 + q1) + (q2 + q3))


@part
def moments(x, planes, pitch, length):
    """Return mean and mean square deviation from it, in float64.

    Blocks are combined as in T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating formulae and a
    pairwise algorithm for computing sample variances", 1979.
    """
    mean, squares, count = 0.0, 0.0, 0
    together = max(1, BLOCK // length)
    for first in range(0, planes, together):
        many = min(together, planes - first)
        for start in range(0, length, BLOCK):
            size = min(BLOCK, length - start)
            block, here = at(x, first * pitch + start), many * size
            shift = element(x, _sum(block, many, pitch, size) / here)
            s, q = _deviations(block, many, pitch, size, shift)
            if count == 0:
                rest = s / here
                mean, squares = shift + rest, q - s * rest
            else:
                rest, part = s / here, here / (count + here)
                away = shift + rest - mean
                squares += q - s * rest + away * away * (count * part)
                mean += away * part
            count += here
    return mean, squares / count


@part
def gradient_sums(g, x, planes, pitch, length, shift):
    """Return the sums of g and of g * (x - shift), in float64."""
    step = lanes(x)
    sum_g, sum_gx = 0.0, 0.0
    together = max(1, BLOCK // length)
    for first in range(0, planes, together):
        for start in range(0, length, BLOCK):
            size = min(BLOCK, length - start)
            pairs = size - size % (2 * step)
            s0, s1, q0, q1 = splat(x, 0), splat(x, 0), splat(x, 0), splat(x, 0)
            for plane in range(first, min(first + together, planes)):
                g_row, row = at(g, plane * pitch + start), at(x, plane * pitch + start)
                for i in range(0, pairs, 2 * step):
                    a, b = load(g_row, i), load(g_row, i + step)
                    s0, s1 = s0 + a, s1 + b
                    q0 = q0 + a * (load(row, i) - shift)
                    q1 = q1 + b * (load(row, i + step) - shift)
                for i in range(pairs, size, step):
                    a = load_first(g_row, i, size - i, 0)
                    s0, q0 = s0 + a, q0 + a * (load_first(row, i, size - i, shift) - shift)
            sum_g += total(s0 + s1)
            sum_gx += total(q0 + q1)
    return sum_g, sum_gx


@part
def write_scaled(out, x, length, shift, scale, offset):
    """out = (x - shift) * scale + offset."""
    step = lanes(x)
    whole = length - length % step
    for i in range(0, whole, step):
        store((load(x, i) - shift) * scale + offset, out, i)
    if whole < length:
        last = load_first(x, whole, length - whole, 0)
        store_first((last - shift) * scale + offset, out, whole, length - whole)


@part
def write_gradient(dx, g, x, length, shift, of_g, of_x, offset):
    """dx = g * of_g + (x - shift) * of_x + offset."""
    step = lanes(x)
    whole = length - length % step
    for i in range(0, whole, step):
        store(load(g, i) * of_g + ((load(x, i) - shift) * of_x + offset), dx, i)
    if whole < length:
        count = length - whole
        last = (load_first(x, whole, count, 0) - shift) * of_x + offset
        store_first(load_first(g, whole, count, 0) * of_g + last, dx, whole, count)


@jit
def _add_blocks(parts, out):
    wide = np.zeros(len(out))
    for start in range(0, len(parts), len(out)):
        for i in range(len(out)):
            wide[i] += parts[start + i]
    for i in range(len(out)):
        out[i] = wide[i]


def sum_of_blocks(parts: np.ndarray, length: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return the sum of blocks of so many elements that follow each other, taken in float64."""
    out = np.empty(length, dtype)
    _add_blocks(parts, out)
    return out
