"""Looking up rows of a table."""

from __future__ import annotations

import numpy as np

import autodiff as ad
from autodiff.nn import functional as F

from . import Row

_INDICES = np.array([[0, 3, 3], [1, 0, 4]])


def _table(rng):
    return [rng.normal(size=(5, 2))]


def _row(label, indices):
    return Row(
        f"embedding {label}",
        lambda w: F.embedding(ad.tensor(indices), w),
        _table,
        lambda torch, w: torch.nn.functional.embedding(torch.tensor(indices), w),
    )


ROWS = [
    _row("matrix", _INDICES),
    _row("0-d", _INDICES[1, 2]),
]
