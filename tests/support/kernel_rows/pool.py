"""Pooling."""

from __future__ import annotations

SHAPES = [(1, 1, 4, 4), (2, 3, 9, 7), (3, 5, 33, 37)]
WINDOWS = [((2, 2), (2, 2), (0, 0)), ((3, 2), (2, 1), (1, 1)), ((3, 3), (1, 3), (0, 1))]
BINS = [(1, 1), (3, 2), (4, 3)]


def _images(rng, dtype, shape):
    return rng.standard_normal(shape).astype(dtype)


def _sizes(shape, window):
    return [(n + 2 * p - k) // s + 1 for n, k, s, p in zip(shape[2:], *window)]


def _windows(rng, dtype):
    rows = [(_images(rng, dtype, shape), *window) for shape in SHAPES for window in WINDOWS]
    return [*rows, (_images(rng, dtype, (2, 3, 7, 6)), (7, 6), (7, 6))]


def _bins(rng, dtype):
    return [(_images(rng, dtype, shape), bins) for shape in SHAPES for bins in BINS]


def _max_backward(rng, dtype):
    rows = []
    for shape in SHAPES:
        out = (*shape[:2], 5, 3)
        places = rng.integers(0, shape[2] * shape[3], out)
        rows.append((_images(rng, dtype, out), places, shape))
    return rows


def _avg_backward(rng, dtype):
    return [
        (_images(rng, dtype, (*shape[:2], *_sizes(shape, window))), shape, *window)
        for shape in SHAPES
        for window in WINDOWS
    ]


def _adaptive_backward(rng, dtype):
    return [(_images(rng, dtype, (*shape[:2], *bins)), shape) for shape in SHAPES for bins in BINS]


ROWS = {
    "max_pool_forward": _windows,
    "max_pool_backward": _max_backward,
    "avg_pool_forward": _windows,
    "avg_pool_backward": _avg_backward,
    "adaptive_max_pool_forward": _bins,
    "adaptive_avg_pool_forward": _bins,
    "adaptive_avg_pool_backward": _adaptive_backward,
}
