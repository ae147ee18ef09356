"""The product of two arrays with labelled axes, summed over some: what `einsum` is made of.

It is brought down to one matrix product, between a permutation of axes and a permutation back.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from ..primitive import Primitive
from .linalg import product

__all__ = ["Labels", "contract"]

Labels = tuple[Hashable, ...]


@functools.lru_cache(maxsize=1024)
def _plan(xs: Labels, ys: Labels, out: Labels) -> tuple[Any, ...]:
    """Work out how to make the contraction one product.

    Returns its kind, the order of x's axes and of y's, the numbers of axes of each sort, which
    labels of the result x and y have, and the order of axes that leads from the product to it.
    """
    both = set(xs) & set(ys)
    batch = [label for label in out if label in both]
    summed = [label for label in xs if label in both and label not in out]
    left = [label for label in out if label in xs and label not in both]
    right = [label for label in out if label in ys and label not in both]
    if not summed:
        kind = "multiply"
        x_order, y_order = [[label for label in out if label in s] for s in (xs, ys)]
        result = list(out)
    elif not left and not right:
        kind = "dot"
        x_order = y_order = batch + summed
        result = batch
    elif batch + right + left == list(out) and left and right:
        kind = "swapped"  # the product of the transposes has its axes in order
        x_order, y_order = batch + summed + left, batch + right + summed
        result = list(out)
    else:
        kind = "matmul"
        x_order, y_order = batch + left + summed, batch + summed + right
        result = batch + left + right
    counts = (len(batch), len(left), len(summed), len(right))
    shapes = [tuple([label in s for label in out]) for s in (xs, ys)]
    return (
        kind, tuple(map(xs.index, x_order)), tuple(map(ys.index, y_order)), counts, shapes,
        tuple(map(result.index, out)),
    )  # fmt: skip


def _contracted(
    x: np.ndarray, y: np.ndarray, x_labels: Labels, y_labels: Labels, labels: Labels
) -> np.ndarray:
    """Multiply, and sum over what `labels` does not name; each label is in two of the three."""
    kind, x_axes, y_axes, counts, present, back = _plan(x_labels, y_labels, labels)
    batch, left, summed, right = counts
    x, y = x.transpose(x_axes), y.transpose(y_axes)
    if kind == "multiply":
        return _spaced(x, present[0]) * _spaced(y, present[1])
    if kind == "dot":
        x, y = _joined(x, batch, summed), _joined(y, batch, summed)
        result = np.asarray(np.vecdot(x, y) if batch else x.dot(y))
    elif kind == "swapped":
        lengths = y.shape[: batch + right] + x.shape[batch + summed :]
        result = product(_matrices(y, batch, right), _matrices(x, batch, summed)).reshape(lengths)
    else:
        lengths = x.shape[: batch + left] + y.shape[batch + summed :]
        result = product(_matrices(x, batch, left), _matrices(y, batch, summed)).reshape(lengths)
    return result.transpose(back)


def _spaced(x: np.ndarray, present: tuple[bool, ...]) -> np.ndarray:
    """Give `x` an axis of length 1 for each label that it does not have."""
    return x[tuple([slice(None) if here else None for here in present])]


def _joined(x: np.ndarray, start: int, count: int) -> np.ndarray:
    """Make `count` axes from `start` on one."""
    if count == 1:
        return x
    stop = start + count
    return x.reshape(x.shape[:start] + (math.prod(x.shape[start:stop]),) + x.shape[stop:])


def _matrices(x: np.ndarray, batch: int, rows: int) -> np.ndarray:
    """Make of the axes after the batch a matrix, with the first `rows` of them as its rows."""
    x = _joined(x, batch, rows)
    return _joined(x, batch + 1, x.ndim - batch - 1)


contract: Primitive = Primitive(
    "einsum",
    _contracted,
    (
        lambda g, y, x_labels, y_labels, labels: contract(g, y, labels, y_labels, x_labels),
        lambda g, x, x_labels, y_labels, labels: contract(g, x, labels, x_labels, y_labels),
    ),
    multilinear=True,
    symbol="Σ×",
)
