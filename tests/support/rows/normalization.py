"""Normalisation of samples, groups, channels and vectors."""

from __future__ import annotations

import numpy as np

import autodiff as ad
from autodiff.nn import functional as F

from . import Row


def _inputs(*shapes):
    return lambda rng: [rng.normal(size=shape) for shape in shapes]


def _row(label, function, inputs, *args, **options):
    return Row(
        f"{function} {label}",
        lambda x, *affine: _call(F, function, x, affine, args, options),
        inputs,
        lambda torch, x, *affine: _call(torch.nn.functional, function, x, affine, args, options),
    )


def _call(module, function, x, affine, args, options):
    named = dict(zip(("weight", "bias"), affine))
    return getattr(module, function)(x, *args, **named, **options)


def _evaluated(module, tensor, x, *affine):
    mean, variance = tensor(np.array([0.5, -1.0, 0.0])), tensor(np.array([0.5, 2.0, 1.0]))
    return module.batch_norm(x, mean, variance, *affine)


ROWS = [
    _row("affine", "layer_norm", _inputs((3, 4), (4,), (4,)), (4,)),
    _row("two axes", "layer_norm", _inputs((2, 3, 2), (3, 2), (3, 2)), (3, 2)),
    _row("plain", "layer_norm", _inputs((2, 2, 3)), (3,), eps=0.1),
    _row("weight", "layer_norm", _inputs((3, 4), (4,)), (4,)),
    _row("weight", "rms_norm", _inputs((3, 4), (4,)), (4,)),
    _row("plain", "rms_norm", _inputs((2, 3, 2)), (3, 2), eps=0.1),
    _row("affine", "group_norm", _inputs((2, 4, 3), (4,), (4,)), 2),
    _row("plain", "group_norm", _inputs((2, 6)), 2),
    _row("matrix", "batch_norm", _inputs((4, 3), (3,), (3,)), None, None, training=True),
    _row("plain", "batch_norm", _inputs((4, 3)), None, None, training=True),
    _row("sequences", "batch_norm", _inputs((2, 3, 4), (3,), (3,)), None, None, training=True),
    _row("images", "batch_norm", _inputs((2, 3, 2, 2), (3,)), None, None, training=True),
    Row(
        "batch_norm evaluated",
        lambda x, w, b: _evaluated(F, ad.tensor, x, w, b),
        _inputs((2, 3, 2, 2), (3,), (3,)),
        lambda torch, x, w, b: _evaluated(torch.nn.functional, torch.tensor, x, w, b),
    ),
    _row("affine", "instance_norm", _inputs((2, 3, 4), (3,), (3,))),
    _row("images", "instance_norm", _inputs((2, 2, 2, 3))),
    _row("plain", "normalize", _inputs((3, 4))),
    _row("order", "normalize", _inputs((3, 4)), p=3.0, dim=0),
    Row(
        "cosine_similarity",
        lambda x, y: ad.cosine_similarity(x, y),
        _inputs((3, 4), (3, 4)),
        lambda torch, x, y: torch.cosine_similarity(x, y),
    ),
    Row(
        "cosine_similarity broadcast",
        lambda x, y: ad.cosine_similarity(x, y, dim=-1),
        _inputs((2, 3, 4), (4,)),
        lambda torch, x, y: torch.cosine_similarity(x, y, dim=-1),
    ),
    Row(
        "pairwise_distance",
        lambda x, y: ad.pairwise_distance(x, y, keepdim=True),
        _inputs((3, 4), (3, 4)),
        lambda torch, x, y: torch.pairwise_distance(x, y, keepdim=True),
    ),
]
