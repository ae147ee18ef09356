"""Conversions of dtype, and copies."""

from __future__ import annotations

import numpy as np

import autodiff as ad

from . import Row
from .arithmetic import between

ROWS = [
    Row("clone", lambda x: x.clone() * x, between(-2, 2), lambda torch, x: x.clone() * x),
    Row("copy", lambda x: np.copy(x) * x, between(-2, 2), lambda torch, x: x.clone() * x),
    Row(
        "contiguous",
        lambda x: x.mT.contiguous(),
        between(-2, 2),
        lambda torch, x: x.mT.contiguous(),
    ),
    # float32 is too coarse for finite differences: what is converted here is a constant, and
    # test_ops_conversion.py looks at the gradient.
    Row(
        "to",
        lambda x: x.to(ad.float64) * ad.tensor([1, 2, 3, 4]).to(ad.float64),
        between(-2, 2),
        lambda torch, x: x.to(torch.float64) * torch.tensor([1, 2, 3, 4]).to(torch.float64),
    ),
]
