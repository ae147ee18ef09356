"""Normalisations."""

from __future__ import annotations

import numpy as np

MATRICES = [(3, 5), (70, 33), (129, 517)]
IMAGES = [(2, 4, 3), (9, 6, 5, 7), (5, 36, 31), (40, 130)]


def _arrays(rng, dtype, shape):
    """A gradient, an input, a weight and a bias."""
    sizes = (shape, shape, shape[1], shape[1])
    return [rng.standard_normal(size).astype(dtype) for size in sizes]


def _statistics(rng, count):
    return np.array([rng.standard_normal(count), 0.5 + rng.random(count)])


def _layer(rng, dtype):
    rows = []
    for shape in MATRICES:
        _, x, w, b = _arrays(rng, dtype, shape)
        rows += [(x, w, b), (x, None, None, 0.1, False)]
    return rows


def _layer_backward(rng, dtype):
    rows = []
    for shape in MATRICES:
        g, x, w, _ = _arrays(rng, dtype, shape)
        statistics = _statistics(rng, shape[0])
        rows += [(g, x, statistics, w), (g, x, statistics, None, 0.1, False)]
    return rows


def _batch(rng, dtype):
    rows = []
    for shape in IMAGES:
        _, x, w, b = _arrays(rng, dtype, shape)
        rows += [(x, w, b), (x, None, None, 0.1, _statistics(rng, shape[1]))]
    return rows


def _batch_backward(rng, dtype):
    rows = []
    for shape in IMAGES:
        g, x, w, _ = _arrays(rng, dtype, shape)
        statistics = _statistics(rng, shape[1])
        rows += [(g, x, statistics, w), (g, x, statistics, None, 0.1, True)]
    return rows


def _group(rng, dtype):
    rows = []
    for shape in IMAGES:
        _, x, w, b = _arrays(rng, dtype, shape)
        rows += [(x, 2, w, b), (x, 1, None, None, 0.1)]
    return rows


def _group_backward(rng, dtype):
    rows = []
    for shape in IMAGES:
        g, x, w, _ = _arrays(rng, dtype, shape)
        rows.append((g, x, 2, _statistics(rng, 2 * shape[0]), w))
        rows.append((g, x, 1, _statistics(rng, shape[0]), None, 0.1))
    return rows


ROWS = {
    "layer_norm_forward": _layer,
    "layer_norm_backward": _layer_backward,
    "batch_norm_forward": _batch,
    "batch_norm_backward": _batch_backward,
    "group_norm_forward": _group,
    "group_norm_backward": _group_backward,
}
