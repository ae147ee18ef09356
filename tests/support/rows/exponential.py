"""Exponentials, logarithms, sigmoids and the error function."""

from __future__ import annotations

import autodiff as ad

from . import Row
from .arithmetic import between, unary

ROWS = [
    unary("exp", -2, 2),
    unary("exp2", -2, 2),
    unary("expm1", -2, 2),
    unary("log", 0.3, 3),
    unary("log2", 0.3, 3),
    unary("log10", 0.3, 3),
    unary("log1p", -0.7, 3),
    unary("sigmoid", -4, 4),
    unary("tanh", -2, 2),
    unary("logsigmoid", -4, 4),
    unary("softplus", -4, 4),
    unary("softplus", -0.5, 0.9, beta=4.0, threshold=3.0, kinks=(0.75,)),
    unary("erf", -2, 2),
    unary("erfc", -2, 2),
    unary("erfinv", -0.9, 0.9),
    Row(
        "logaddexp",
        lambda x, y: ad.logaddexp(x, y),
        between(-2, 2, (3, 4), (4,)),
        lambda torch, x, y: torch.logaddexp(x, y),
    ),
    Row(
        "xlogy",
        lambda x, y: ad.xlogy(x, y),
        between(0.3, 2, (3, 4), (4,)),
        lambda torch, x, y: torch.xlogy(x, y),
    ),
    Row(
        "xlogy number",
        lambda x: ad.xlogy(x, 3),
        between(0.3, 2),
        lambda torch, x: torch.xlogy(x, 3),
    ),
]
