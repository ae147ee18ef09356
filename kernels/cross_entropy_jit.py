"""Compiled cross-entropy: neither pass keeps the exponentials, which are quicker made than moved."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from .cross_entropy import NOT_A_CLASS, check_shapes
from .cross_entropy import cross_entropy as _cross_entropy
from .cross_entropy import cross_entropy_backward as _cross_entropy_backward
from .jit import native, parallel
from .simd import at, lanes, load, load_first, pointer, store, store_first
from .softmax_jit import ELEMENT, exponential_sum, row_maximum
from .threads import split
from .vector_math import exp


@parallel
def _losses(logits, labels, losses, tops, totals, begin, end):
    length = logits.shape[1]
    for i in range(begin, end):
        if not 0 <= labels[i] < length:
            raise IndexError(NOT_A_CLASS)
        row = at(pointer(logits), i * length)
        tops[i] = row_maximum(row, length)
        totals[i] = exponential_sum(row, length, tops[i], row, False)
        losses[i] = math.log(totals[i]) - (row[labels[i]] - tops[i])


@parallel
def _gradients(scale, logits, labels, tops, totals, out, begin, end):
    length = logits.shape[1]
    for i in range(begin, end):
        if not 0 <= labels[i] < length:
            raise IndexError(NOT_A_CLASS)
        row, target = at(pointer(logits), i * length), at(pointer(out), i * length)
        top, factor = tops[i], scale[i] / totals[i]
        step = lanes(row)
        rest = length % step
        for j in range(0, length - rest, step):
            store(exp(load(row, j) - top) * factor, target, j)
        if rest:
            last = load_first(row, length - rest, rest, top)
            store_first(exp(last - top) * factor, target, length - rest, rest)
        target[labels[i]] -= scale[i]


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not logits.size:
        return _cross_entropy.reference(logits, labels)
    check_shapes(logits, labels)
    losses, tops, totals = np.empty((3, len(labels)), logits.dtype)
    arrays = native(logits), native(labels), losses, tops, totals
    split(_losses, arrays, len(labels), logits.size * ELEMENT)
    return losses, tops, totals


def cross_entropy_backward(
    scale: np.ndarray,
    logits: np.ndarray,
    labels: np.ndarray,
    tops: np.ndarray,
    totals: np.ndarray,
) -> np.ndarray:
    rows = scale.shape == labels.shape == tops.shape == totals.shape
    if not (logits.size and rows and scale.dtype == logits.dtype == tops.dtype == totals.dtype):
        return _cross_entropy_backward.reference(scale, logits, labels, tops, totals)
    check_shapes(logits, labels)
    out = np.empty(logits.shape, logits.dtype)
    arrays = [native(array) for array in (scale, logits, labels, tops, totals)]
    split(_gradients, (*arrays, out), len(labels), logits.size * ELEMENT)
    return out
