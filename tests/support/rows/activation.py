"""Activations."""

from __future__ import annotations

import autodiff as ad

from . import Row
from .arithmetic import between, unary

ROWS = [
    unary("relu", -2, 2, kinks=(0,)),
    unary("relu6", -2, 9, kinks=(0, 6)),
    unary("leaky_relu", -2, 2, kinks=(0,)),
    unary("leaky_relu", -2, 2, kinks=(0,), negative_slope=0.3),
    unary("leaky_relu", -2, 2, kinks=(0,), negative_slope=-1.5),
    unary("elu", -2, 2, kinks=(0,)),
    unary("elu", -2, 2, kinks=(0,), alpha=0.7),
    unary("selu", -2, 2, kinks=(0,)),
    unary("celu", -2, 2, kinks=(0,)),
    unary("celu", -2, 2, kinks=(0,), alpha=2.0),
    unary("gelu", -3, 3),
    unary("gelu", -3, 3, approximate="tanh"),
    unary("silu", -4, 4),
    unary("mish", -4, 4),
    unary("hardtanh", -2, 2, kinks=(-1, 1)),
    unary("hardtanh", -2, 4, kinks=(-0.5, 3), min_val=-0.5, max_val=3.0),
    unary("hardsigmoid", -5, 5, kinks=(-3, 3)),
    unary("hardswish", -5, 5, kinks=(-3, 3)),
    unary("softsign", -2, 2, kinks=(0,)),
    unary("tanhshrink", -2, 2),
    unary("softshrink", -2, 2, kinks=(-0.5, 0.5)),
    unary("softshrink", -2, 2, kinks=(-0.9, 0.9), lambd=0.9),
    unary("hardshrink", -2, 2, kinks=(-0.5, 0.5)),
    unary("threshold", -2, 2, kinks=(0.3,), threshold=0.3, value=-9.0),
    Row(
        "prelu",
        lambda x, w: ad.prelu(x, w),
        between(-2, 2, (2, 3, 4), (3,), kinks=(0,)),
        lambda torch, x, w: torch.prelu(x, w),
    ),
    Row(
        "prelu one slope",
        lambda x, w: x.prelu(w),
        between(-2, 2, (2, 3), (1,), kinks=(0,)),
        lambda torch, x, w: x.prelu(w),
    ),
    Row(
        "prelu vector",
        lambda x, w: x.prelu(w),
        between(-2, 2, (5,), (1,), kinks=(0,)),
        lambda torch, x, w: x.prelu(w),
    ),
]
