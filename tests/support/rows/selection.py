"""Choosing, bounds, and comparison (by the choice that it makes)."""

from __future__ import annotations

import numpy as np

import autodiff as ad

from . import Row
from .arithmetic import between, unary

_pairs = between(-2, 2, (3, 4), (3, 4))


def _apart(rng):
    """Two tensors without ties, near ties or zeros."""
    x = rng.permutation(24).reshape(2, 3, 4) / 8 - 1.45
    return [x[0], x[1]]


def _around_bounds(rng):
    x = rng.permutation(np.linspace(-2, 2, 12)).reshape(3, 4)
    return [x, np.full(4, -0.95) + rng.uniform(0, 0.1, 4), np.full((3, 1), 0.9)]


def _mask(module, x):
    mask = np.arange(12).reshape(3, 4) % 3 == 0
    return ad.tensor(mask) if module is ad else module.tensor(mask)


ROWS = [
    Row(
        "where",
        lambda x, y: ad.where(_mask(ad, x), x, y),
        _pairs,
        lambda torch, x, y: torch.where(_mask(torch, x), x, y),
    ),
    Row(
        "where broadcast",
        lambda x, y: ad.where(_mask(ad, x), x, y),
        between(-2, 2, (4,), (2, 1, 1)),
        lambda torch, x, y: torch.where(_mask(torch, x), x, y),
    ),
    Row(
        "where number",
        lambda x: ad.where(x > 0.5, x * x, -1.0),
        between(-2, 2, kinks=(0.5,)),
        lambda torch, x: torch.where(x > 0.5, x * x, -1.0),
    ),
    Row(
        "where method",
        lambda x, y: x.where(_mask(ad, x), y),
        _pairs,
        lambda torch, x, y: x.where(_mask(torch, x), y),
    ),
    Row(
        "masked_fill",
        lambda x: x.masked_fill(_mask(ad, x), -7),
        between(-2, 2),
        lambda torch, x: x.masked_fill(_mask(torch, x), -7),
    ),
    Row(
        "masked_fill tensor",
        lambda x, y: ad.masked_fill(x, _mask(ad, x), y),
        between(-2, 2, (3, 4), ()),
        lambda torch, x, y: torch.masked_fill(x, _mask(torch, x), y),
    ),
    *[
        Row(
            name,
            lambda x, y, name=name: getattr(ad, name)(x, y),
            _apart,
            lambda torch, x, y, name=name: getattr(torch, name)(x, y),
        )
        for name in ("maximum", "minimum", "fmax", "fmin")
    ],
    unary("clamp", -2, 2, kinks=(-0.9, 1), min=-0.9, max=1),
    unary("clamp", -2, 2, kinks=(0.5,), min=0.5),
    unary("clamp", -2, 2, kinks=(0.5,), max=0.5),
    Row(
        "clamp tensors",
        lambda x, y, z: ad.clamp(x, y, z),
        _around_bounds,
        lambda torch, x, y, z: torch.clamp(x, y, z),
    ),
    Row(
        "clamp crossed",
        lambda x, y, z: x.clip(z, y),
        _around_bounds,
        lambda torch, x, y, z: x.clip(z, y),
    ),
    Row(
        "clamp_min",
        lambda x: x.clamp_min(0),
        between(-2, 2, kinks=(0,)),
        lambda torch, x: x.clamp_min(0),
    ),
    Row(
        "clamp_max",
        lambda x: x.clamp_max(0),
        between(-2, 2, kinks=(0,)),
        lambda torch, x: x.clamp_max(0),
    ),
    Row(
        "heaviside",
        lambda x, y: ad.heaviside(x, y) * y,
        between(-2, 2, (3, 4), (4,), kinks=(0,)),
    ),
    unary("nan_to_num", -2, 2, nan=1.0),
    *[
        Row(
            name,
            lambda x, y, name=name: ad.where(getattr(ad, name)(x, y), x, y),
            _apart,
            lambda torch, x, y, name=name: torch.where(getattr(torch, name)(x, y), x, y),
        )
        for name in ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor")
    ],
    *[
        Row(
            name,
            lambda x, y, name=name: ad.where(getattr(ad, name)(x), x, y),
            _apart,
            lambda torch, x, y, name=name: torch.where(getattr(torch, name)(x), x, y),
        )
        for name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf", "logical_not")
    ],
    *[
        Row(
            name,
            lambda x, y, name=name: ad.where(getattr(ad, name)(x > 0, y > 0), x, y),
            _apart,
            lambda torch, x, y, name=name: torch.where(getattr(torch, name)(x > 0, y > 0), x, y),
        )
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor")
    ],
    Row(
        "bitwise_not",
        lambda x, y: ad.where(~(x > 0), x, y),
        _apart,
        lambda torch, x, y: torch.where(~(x > 0), x, y),
    ),
    Row(
        "shifts",
        lambda x: x * (ad.tensor([1, 2, 3]) << 2) + (ad.tensor(9) >> 1),
        between(-2, 2, (3,)),
        lambda torch, x: x * (torch.tensor([1, 2, 3]) << 2) + (torch.tensor(9) >> 1),
    ),
]
