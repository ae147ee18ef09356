"""Trigonometric and hyperbolic functions and their inverses."""

from __future__ import annotations

import autodiff as ad

from . import Row
from .arithmetic import between, unary

ROWS = [
    unary("sin", -3, 3),
    unary("cos", -3, 3),
    unary("tan", -1, 1),
    unary("asin", -0.8, 0.8),
    unary("acos", -0.8, 0.8),
    unary("atan", -3, 3),
    unary("sinh", -2, 2),
    unary("cosh", -2, 2),
    unary("asinh", -2, 2),
    unary("acosh", 1.3, 3),
    unary("atanh", -0.8, 0.8),
    unary("deg2rad", -90, 90),
    unary("rad2deg", -2, 2),
    Row(
        "atan2",
        lambda x, y: ad.atan2(x, y),
        between(-2, 2, (3, 4), (4,), kinks=(0,)),
        lambda torch, x, y: torch.atan2(x, y),
    ),
]
