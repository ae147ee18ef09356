"""Sorted elements, the largest few, medians."""

from __future__ import annotations

import numpy as np

import autodiff as ad

from . import Row


def _distinct(rng):
    return [rng.permutation(24).reshape(2, 3, 4) / 10 - 1.15]


def _long(rng):
    return [rng.permutation(80).reshape(2, 40) / 10 - 4]


ROWS = [
    Row("sort", lambda x: ad.sort(x).values, _distinct, lambda torch, x: torch.sort(x).values),
    Row(
        "sort descending",
        lambda x: x.sort(1, True)[0],
        _distinct,
        lambda torch, x: x.sort(1, True)[0],
    ),
    Row("numpy.sort", lambda x: np.sort(x, axis=0), _distinct, lambda torch, x: x.sort(0)[0]),
    Row("topk", lambda x: x.topk(2).values, _distinct, lambda torch, x: x.topk(2).values),
    Row(
        "topk smallest",
        lambda x: x.topk(2, 1, False)[0],
        _distinct,
        lambda torch, x: x.topk(2, 1, False)[0],
    ),
    Row("topk of many", lambda x: ad.topk(x, 3)[0], _long, lambda torch, x: x.topk(3)[0]),
    Row(
        "topk least of many",
        lambda x: x.topk(3, largest=False)[0],
        _long,
        lambda torch, x: x.topk(3, largest=False)[0],
    ),
    Row(
        "kthvalue",
        lambda x: x.kthvalue(2, 1).values,
        _distinct,
        lambda torch, x: x.kthvalue(2, 1).values,
    ),
    Row(
        "kthvalue keepdim",
        lambda x: ad.kthvalue(x, 1, keepdim=True)[0],
        _distinct,
        lambda torch, x: x.kthvalue(1, keepdim=True)[0],
    ),
    Row("median", lambda x: x.median(), _distinct, lambda torch, x: x.median()),
    Row("median dim", lambda x: x.median(2).values, _distinct, lambda torch, x: x.median(2).values),
    Row(
        "median keepdim",
        lambda x: ad.median(x, 1, True)[0],
        _distinct,
        lambda torch, x: x.median(1, True)[0],
    ),
    Row(
        "numpy.median",
        lambda x: np.median(x, axis=2),
        _distinct,
        lambda torch, x: x.sort(2)[0][..., 1:3].mean(2),
    ),
    Row(
        "numpy.median odd",
        lambda x: np.median(x, axis=1, keepdims=True),
        _distinct,
        lambda torch, x: x.median(1, True)[0],
    ),
]
