"""Softmax and its logarithm."""

from __future__ import annotations

import autodiff as ad
from autodiff.nn import functional as F

from . import Row


def _rows(rng):
    return [rng.normal(size=(3, 4))]


def _cube(rng):
    return [rng.normal(size=(2, 3, 4))]


def _tall(rng):
    return [rng.normal(size=(9, 2))]


def _scalar(rng):
    return [rng.normal(size=())]


ROWS = [
    Row("softmax rows", lambda x: ad.softmax(x, 1), _rows, lambda torch, x: torch.softmax(x, 1)),
    Row("softmax columns", lambda x: x.softmax(dim=0), _rows, lambda torch, x: x.softmax(dim=0)),
    Row("softmax short rows", lambda x: x.softmax(-1), _tall, lambda torch, x: x.softmax(-1)),
    Row("softmax middle", lambda x: x.softmax(axis=1), _cube, lambda torch, x: x.softmax(1)),
    Row("softmax 0-d", lambda x: x.softmax(0), _scalar, lambda torch, x: x.softmax(0)),
    Row("log_softmax rows", lambda x: x.log_softmax(1), _rows, lambda torch, x: x.log_softmax(1)),
    Row(
        "log_softmax short rows",
        lambda x: ad.log_softmax(x, -1),
        _tall,
        lambda torch, x: torch.log_softmax(x, -1),
    ),
    Row("log_softmax first", lambda x: x.log_softmax(0), _cube, lambda torch, x: x.log_softmax(0)),
    Row(
        "softmin",
        lambda x: F.softmin(x, 1),
        _rows,
        lambda torch, x: torch.nn.functional.softmin(x, 1),
    ),
]
