"""Sums, means, products, extrema, spread and norms."""

from __future__ import annotations

import numpy as np

import autodiff as ad

from . import Row


def _matrix(rng):
    return [rng.normal(size=(3, 4))]


def _cube(rng):
    return [rng.normal(size=(2, 3, 4))]


def _positive(rng):
    return [rng.uniform(0.5, 2.0, size=(3, 4))]


def _distinct(rng):
    return [rng.permutation(24).reshape(2, 3, 4) / 10 - 1.15]


def _distinct_sizes(rng):
    return [
        rng.permutation(np.arange(1, 25)).reshape(2, 3, 4) / 10 * rng.choice([-1, 1], (2, 3, 4))
    ]


def _with_zeros(rng):
    x = rng.normal(size=(4, 5))
    x[0, 1] = x[1, 0] = x[1, 3] = x[2, :3] = 0.0
    return [x]


def _with_nan(rng):
    # NaN has no finite differences, so it is put in by the call.
    return [rng.normal(size=(3, 4))]


def _holes(module, x):
    mask = np.zeros((3, 4), bool)
    mask[0, 1] = mask[2, 2] = True
    return module.where(mask if module is ad else module.tensor(mask), np.nan, x)


ROWS = [
    Row("sum", lambda x: ad.sum(x), _matrix, lambda torch, x: torch.sum(x)),
    Row("sum dim", lambda x: x.sum(1), _cube, lambda torch, x: x.sum(1)),
    Row(
        "sum dims keepdim",
        lambda x: x.sum((0, -1), True),
        _cube,
        lambda torch, x: x.sum((0, -1), True),
    ),
    Row(
        "sum numpy names",
        lambda x: np.sum(x, axis=0, keepdims=True),
        _matrix,
        lambda torch, x: x.sum(0, True),
    ),
    Row(
        "sum strided",
        lambda x: x.swapaxes(0, 2).sum(1),
        _cube,
        lambda torch, x: x.swapaxes(0, 2).sum(1),
    ),
    Row("sum empty", lambda x: x[:, :0].sum(1), _matrix, lambda torch, x: x[:, :0].sum(1)),
    Row("mean", lambda x: ad.mean(x), _matrix, lambda torch, x: torch.mean(x)),
    Row("mean dim", lambda x: x.mean(0), _cube, lambda torch, x: x.mean(0)),
    Row(
        "mean dims keepdim",
        lambda x: x.mean((1, 2), True),
        _cube,
        lambda torch, x: x.mean((1, 2), True),
    ),
    Row(
        "nansum",
        lambda x: ad.nansum(_holes(ad, x), 1),
        _with_nan,
        lambda torch, x: _holes(torch, x).nansum(1),
    ),
    Row(
        "nanmean",
        lambda x: ad.nanmean(_holes(ad, x), 0),
        _with_nan,
        lambda torch, x: _holes(torch, x).nanmean(0),
    ),
    Row(
        "nanmean all",
        lambda x: _holes(ad, x).nanmean(),
        _with_nan,
        lambda torch, x: _holes(torch, x).nanmean(),
    ),
    Row("prod", lambda x: x.prod(), _positive, lambda torch, x: x.prod()),
    Row("prod dim keepdim", lambda x: x.prod(0, True), _positive, lambda torch, x: x.prod(0, True)),
    Row("prod zeros", lambda x: ad.prod(x, 1), _with_zeros, lambda torch, x: x.prod(1)),
    Row("prod all zeros", lambda x: ad.prod(x[:2]), _with_zeros, lambda torch, x: x[:2].prod()),
    Row("prod dims", lambda x: np.prod(x, axis=(0, 2)), _cube, lambda torch, x: x.prod(2).prod(0)),
    Row("logsumexp", lambda x: ad.logsumexp(x, 1), _matrix, lambda torch, x: torch.logsumexp(x, 1)),
    Row(
        "logsumexp dims",
        lambda x: x.logsumexp((0, 2), True),
        _cube,
        lambda torch, x: x.logsumexp((0, 2), True),
    ),
    Row(
        "logsumexp large",
        lambda x: (x * 1000).logsumexp(0),
        _matrix,
        lambda torch, x: (x * 1000).logsumexp(0),
    ),
    Row("amax", lambda x: ad.amax(x), _distinct, lambda torch, x: x.amax()),
    Row("amax dims", lambda x: x.amax((0, 2)), _distinct, lambda torch, x: x.amax((0, 2))),
    Row("amin keepdim", lambda x: x.amin(1, True), _distinct, lambda torch, x: x.amin(1, True)),
    Row("amin", lambda x: ad.amin(x), _distinct, lambda torch, x: x.amin()),
    Row("max", lambda x: x.max(), _distinct, lambda torch, x: x.max()),
    Row("max dim", lambda x: x.max(1).values, _distinct, lambda torch, x: x.max(1).values),
    Row(
        "max dim keepdim",
        lambda x: x.max(-1, True)[0],
        _distinct,
        lambda torch, x: x.max(-1, True)[0],
    ),
    Row(
        "max other",
        lambda x, y: ad.max(x, y),
        lambda rng: [*_matrix(rng), *_matrix(rng)],
        lambda torch, x, y: torch.max(x, y),
    ),
    Row("min", lambda x: x.min(), _distinct, lambda torch, x: x.min()),
    Row("min dim", lambda x: ad.min(x, 0).values, _distinct, lambda torch, x: x.min(0).values),
    Row(
        "aminmax",
        lambda x: tuple(ad.aminmax(x, dim=2)),
        _distinct,
        lambda torch, x: tuple(torch.aminmax(x, dim=2)),
    ),
    Row("var", lambda x: x.var(), _matrix, lambda torch, x: x.var()),
    Row(
        "var dim",
        lambda x: x.var(1, correction=0, keepdim=True),
        _cube,
        lambda torch, x: x.var(1, correction=0, keepdim=True),
    ),
    Row("var dims", lambda x: ad.var(x, (0, 2)), _cube, lambda torch, x: x.var((0, 2))),
    Row("std", lambda x: x.std(), _matrix, lambda torch, x: x.std()),
    Row(
        "std dim",
        lambda x: x.std(0, unbiased=False),
        _cube,
        lambda torch, x: x.std(0, unbiased=False),
    ),
    Row("numpy.var", lambda x: np.var(x, axis=0), _matrix, lambda torch, x: x.var(0, correction=0)),
    Row("numpy.std", lambda x: np.std(x, ddof=1), _matrix, lambda torch, x: x.std()),
    Row("var_mean", lambda x: ad.var_mean(x, 1), _matrix, lambda torch, x: torch.var_mean(x, 1)),
    Row(
        "std_mean",
        lambda x: ad.std_mean(x, (0, 1)),
        _cube,
        lambda torch, x: torch.std_mean(x, (0, 1)),
    ),
    Row("norm", lambda x: ad.norm(x), _matrix, lambda torch, x: torch.norm(x)),
    Row("norm dim", lambda x: x.norm(dim=1), _cube, lambda torch, x: x.norm(dim=1)),
    Row(
        "norm dims keepdim",
        lambda x: x.norm(2, (0, 2), True),
        _cube,
        lambda torch, x: x.norm(2, (0, 2), True),
    ),
    Row("norm p=1", lambda x: x.norm(1, 0), _matrix, lambda torch, x: x.norm(1, 0)),
    Row("norm p=3", lambda x: x.norm(3, 1), _matrix, lambda torch, x: x.norm(3, 1)),
    Row("norm p=3 of all", lambda x: x.norm(3), _matrix, lambda torch, x: x.norm(3)),
    Row(
        "norm p=-2", lambda x: x.norm(-2, 0, True), _positive, lambda torch, x: x.norm(-2, 0, True)
    ),
    Row("norm p=0.5", lambda x: x.norm(0.5), _positive, lambda torch, x: x.norm(0.5)),
    Row(
        "norm p=inf",
        lambda x: x.norm(float("inf"), 1),
        _distinct_sizes,
        lambda torch, x: x.norm(float("inf"), 1),
    ),
    Row(
        "norm p=-inf",
        lambda x: x.norm(float("-inf")),
        _distinct_sizes,
        lambda torch, x: x.norm(float("-inf")),
    ),
    Row(
        "vector_norm",
        lambda x: ad.vector_norm(x, 2, -1),
        _matrix,
        lambda torch, x: torch.linalg.vector_norm(x, 2, -1),
    ),
    Row(
        "numpy.linalg.norm",
        lambda x: np.linalg.norm(x, axis=1),
        _matrix,
        lambda torch, x: x.norm(dim=1),
    ),
]
