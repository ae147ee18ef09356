"""Pooling by maximum and mean, plain and adaptive."""

from __future__ import annotations

import numpy as np

from autodiff.nn import functional as F

from . import Row


def _distinct(*shape):
    """No two elements closer than 0.1, so that no maximum is near a tie."""
    return lambda rng: [rng.permutation(int(np.prod(shape))).reshape(shape) / 10 - 1.05]


def _row(label, function, inputs, *args, **options):
    return Row(
        f"{function} {label}",
        lambda x: getattr(F, function)(x, *args, **options),
        inputs,
        lambda torch, x: getattr(torch.nn.functional, function)(x, *args, **options),
    )


_IMAGES = _distinct(2, 2, 5, 4)
_SEQUENCES = _distinct(2, 2, 7)

ROWS = [
    _row("plain", "max_pool2d", _IMAGES, 2),
    _row("no batch", "max_pool2d", _distinct(2, 5, 4), 2),
    _row("overlap", "max_pool2d", _IMAGES, (3, 2), stride=1, padding=1),
    _row("dilation", "max_pool2d", _IMAGES, 2, stride=1, dilation=(2, 1)),
    _row("ceil_mode", "max_pool2d", _IMAGES, 3, stride=2, ceil_mode=True),
    _row("plain", "max_pool1d", _SEQUENCES, 3),
    _row("options", "max_pool1d", _distinct(2, 7), 3, stride=2, padding=1, ceil_mode=True),
    _row("plain", "avg_pool2d", _IMAGES, 2),
    _row("no batch", "avg_pool2d", _distinct(2, 5, 4), 2),
    _row("overlap", "avg_pool2d", _IMAGES, (3, 2), stride=1, padding=1),
    _row("ceil_mode", "avg_pool2d", _IMAGES, 3, 2, padding=1, ceil_mode=True),
    _row("no pad", "avg_pool2d", _IMAGES, 3, 2, padding=1, count_include_pad=False),
    _row("divisor", "avg_pool2d", _IMAGES, 2, divisor_override=3),
    _row("plain", "avg_pool1d", _SEQUENCES, 3),
    _row("options", "avg_pool1d", _distinct(2, 7), 3, 2, padding=1, count_include_pad=False),
    _row("overlap", "adaptive_avg_pool2d", _IMAGES, (3, 3)),
    _row("keep", "adaptive_avg_pool2d", _distinct(2, 5, 4), (None, 1)),
    _row("plain", "adaptive_avg_pool1d", _SEQUENCES, 3),
    _row("overlap", "adaptive_max_pool2d", _IMAGES, (3, 3)),
    _row("keep", "adaptive_max_pool2d", _distinct(2, 5, 4), (None, 1)),
    _row("plain", "adaptive_max_pool1d", _SEQUENCES, 3),
]
