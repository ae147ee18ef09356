"""Dropout: the same elements fall out in every call, since the seed is set before.

PyTorch lets others fall out, so the values agree only where all do.
"""

from __future__ import annotations

import autodiff as ad
from autodiff.nn import functional as F

from . import Row


def _row(function, shape, p):
    def ours(x):
        ad.manual_seed(0)
        return getattr(F, function)(x, p, training=True)

    def torchs(torch, x):
        torch.manual_seed(0)
        return getattr(torch.nn.functional, function)(x, p, training=True)

    return Row(
        f"{function} {p}",
        ours,
        lambda rng: [rng.normal(size=shape)],
        torchs if p == 1 else None,
    )


ROWS = [
    _row("dropout", (3, 4), 0.3),
    _row("dropout", (3, 4), 1.0),
    _row("alpha_dropout", (3, 4), 0.3),
    _row("alpha_dropout", (3, 4), 1.0),
    _row("dropout1d", (2, 3, 4), 0.3),
    _row("dropout1d", (2, 3, 4), 1.0),
    _row("dropout2d", (2, 3, 2, 2), 0.5),
]
