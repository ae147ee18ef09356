"""Compiled cross-entropy: neither pass keeps the exponentials, which are quicker made than moved."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from .cross_entropy import NOT_A_CLASS, check_shapes
from .cross_entropy import cross_entropy as _cross_entropy
from .cross_entropy import cross_entropy_backward as _cross_entropy_backward
from .jit import jit, native, parallel
from .simd import at, element, lanes, load, load_first, pointer, splat, store, store_first
from .softmax_jit import ELEMENT, exponential_sum, row_maximum
from .threads import split
from .vector_math import exp


@parallel
def _losses(logits, labels, losses, statistics, ignored, begin, end):
    length = logits.shape[1]
    for i in range(begin, end):
        label = labels[i]
        if label == ignored:
            losses[i], statistics[0, i], statistics[1, i] = 0, 1, 1
            continue
        if not 0 <= label < length:
            raise IndexError(NOT_A_CLASS)
        row = at(pointer(logits), i * length)
        top = row_maximum(row, length)
        total = exponential_sum(row, length, top, row, False)
        losses[i] = math.log(total) - (row[label] - top)
        statistics[0, i], statistics[1, i] = top, total


@jit
def _reduce(losses, labels, ignored, mean, out):
    """Write the sum or the mean of the losses to `out`; return the number of those in the mean."""
    kept = 0
    for i in range(len(labels)):
        kept += labels[i] != ignored
    sums = np.zeros(8)  # that many sums side by side do not wait for each other
    for i in range(len(losses)):
        sums[i % 8] += losses[i]
    total = 0.0
    for partial in sums:
        total += partial
    out[()] = total / (kept if mean else 1)
    return kept


@parallel
def _gradients(g, logits, labels, statistics, ignored, divisor, out, begin, end):
    length = logits.shape[1]
    for i in range(begin, end):
        row, target = at(pointer(logits), i * length), at(pointer(out), i * length)
        step = lanes(row)
        rest = length % step
        label = labels[i]
        if label == ignored:
            for j in range(0, length, step):
                store_first(splat(row, 0), target, j, length - j)
            continue
        if not 0 <= label < length:
            raise IndexError(NOT_A_CLASS)
        scale = element(row, g[min(i, len(g) - 1)] / divisor)
        top, factor = statistics[0, i], scale / statistics[1, i]
        for j in range(0, length - rest, step):
            store(exp(load(row, j) - top) * factor, target, j)
        if rest:
            last = load_first(row, length - rest, rest, top)
            store_first(exp(last - top) * factor, target, length - rest, rest)
        target[label] -= scale


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, ignored: int = -100, reduction: str = "none"
) -> tuple[np.ndarray, np.ndarray, int]:
    size = logits.size
    if not size:
        return _cross_entropy.reference(logits, labels, ignored, reduction)
    check_shapes(logits, labels)
    rows, dtype, labels = len(labels), logits.dtype, native(labels)
    losses, statistics = np.empty(rows, dtype), np.empty((2, rows), dtype)
    split(_losses, (native(logits), labels, losses, statistics, ignored), rows, size * ELEMENT)
    if reduction == "none":
        return losses, statistics, 1
    loss, mean = np.empty((), dtype), reduction == "mean"
    kept = _reduce(losses, labels, ignored, mean, loss)
    return loss, statistics, kept if mean else 1


def cross_entropy_backward(
    g: np.ndarray,
    logits: np.ndarray,
    labels: np.ndarray,
    statistics: np.ndarray,
    ignored: int = -100,
    count: int = 1,
) -> np.ndarray:
    size = logits.size
    if not size:
        return _cross_entropy_backward.reference(g, logits, labels, statistics, ignored, count)
    check_shapes(logits, labels, statistics, g)
    out = np.empty(logits.shape, logits.dtype)
    arguments = (
        native(g), native(logits), native(labels), native(statistics), ignored, count, out,
    )  # fmt: skip
    split(_gradients, arguments, len(labels), size * ELEMENT)
    return out
