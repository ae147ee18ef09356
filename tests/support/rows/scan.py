"""Running sums, products and extrema, and differences."""

from __future__ import annotations

import numpy as np

import autodiff as ad

from . import Row


def _matrix(rng):
    return [rng.normal(size=(3, 4))]


def _cube(rng):
    return [rng.normal(size=(2, 3, 4))]


def _with_zeros(rng):
    x = rng.normal(size=(4, 5))
    x[0, 1] = x[1, 0] = x[1, 3] = x[2, :3] = x[3, 4] = 0.0
    return [x]


def _distinct(rng):
    return [rng.permutation(24).reshape(2, 3, 4) / 10 - 1.15]


ROWS = [
    Row("cumsum", lambda x: ad.cumsum(x, 0), _matrix, lambda torch, x: torch.cumsum(x, 0)),
    Row("cumsum last", lambda x: x.cumsum(-1), _cube, lambda torch, x: x.cumsum(-1)),
    Row("numpy.cumsum", lambda x: np.cumsum(x), _matrix, lambda torch, x: x.reshape(-1).cumsum(0)),
    Row("cumprod", lambda x: ad.cumprod(x, 1), _matrix, lambda torch, x: torch.cumprod(x, 1)),
    Row("cumprod middle", lambda x: x.cumprod(1), _cube, lambda torch, x: x.cumprod(1)),
    Row("cumprod zeros", lambda x: x.cumprod(1), _with_zeros, lambda torch, x: x.cumprod(1)),
    Row("cumprod zeros first", lambda x: x.cumprod(0), _with_zeros, lambda torch, x: x.cumprod(0)),
    Row("cummax", lambda x: x.cummax(1).values, _distinct, lambda torch, x: x.cummax(1).values),
    Row("cummin", lambda x: x.cummin(-1).values, _distinct, lambda torch, x: x.cummin(-1).values),
    Row("diff", lambda x: x.diff(), _matrix, lambda torch, x: x.diff()),
    Row("diff n", lambda x: ad.diff(x, 2, 0), _matrix, lambda torch, x: torch.diff(x, 2, 0)),
    Row(
        "diff prepend append",
        lambda x, y: ad.diff(x, dim=0, prepend=y, append=y),
        lambda rng: [rng.normal(size=(3, 4)), rng.normal(size=(2, 4))],
        lambda torch, x, y: torch.diff(x, dim=0, prepend=y, append=y),
    ),
]
