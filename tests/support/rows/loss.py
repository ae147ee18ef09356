"""Losses, with their options and reductions."""

from __future__ import annotations

import numpy as np

import autodiff as ad
from autodiff.nn import functional as F

from . import Row

_LABELS = np.array([0, 2, 1, 2, 0])
_IGNORED = np.array([0, -100, 1, 2, -100])
_PIXELS = np.array([[0, 1], [2, -100]])
_WEIGHT = np.array([0.5, 2.0, 1.0])
_MATRIX = np.array([[0.3, 1.5, 0.8], [1.1, 0.2, 2.0]])
_SIGNS = np.array([[1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]])


def _normal(*shapes):
    return lambda rng: [rng.normal(size=shape) for shape in shapes]


def _probabilities(*shapes):
    return lambda rng: [rng.uniform(0.1, 0.9, size=shape) for shape in shapes]


def _apart(rng):
    """Two arrays whose differences stay away from 0 and from +-1, where slopes change."""
    x = rng.normal(size=(2, 3))
    return [x, x + rng.choice([-1, 1], (2, 3)) * rng.choice([0.3, 0.7, 1.6, 2.5], (2, 3))]


def _row(label, function, inputs, *targets, second=True, **options):
    """A loss of differentiable inputs, then constant targets; arrays become tensors."""

    def call(module, tensor, xs):
        given = [tensor(t) for t in targets]
        named = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        return getattr(module, function)(*xs, *given, **named)

    return Row(
        f"{function} {label}",
        lambda *xs: call(F, ad.tensor, xs),
        inputs,
        lambda torch, *xs: call(torch.nn.functional, torch.tensor, xs),
        second,
    )


_LOGITS = _normal((5, 3))
_IMAGES = _normal((2, 3, 2))

ROWS = [
    _row("mean", "cross_entropy", _LOGITS, _LABELS),
    _row("sum", "cross_entropy", _LOGITS, _LABELS, reduction="sum"),
    _row("none", "cross_entropy", _LOGITS, _LABELS, reduction="none"),
    _row("few rows", "cross_entropy", _normal((2, 4)), np.array([3, 0]), reduction="none"),
    _row("ignored", "cross_entropy", _LOGITS, _IGNORED),
    _row("weight", "cross_entropy", _LOGITS, _IGNORED, weight=_WEIGHT),
    _row("ignore_index", "cross_entropy", _LOGITS, _LABELS, weight=_WEIGHT, ignore_index=2),
    _row("no batch", "cross_entropy", _normal((3,)), np.array(1)),
    _row("pixels", "cross_entropy", _IMAGES, _PIXELS),
    _row("pixels none", "cross_entropy", _IMAGES, _PIXELS, weight=_WEIGHT, reduction="none"),
    _row("smoothed", "cross_entropy", _LOGITS, _LABELS, label_smoothing=0.2),
    _row(
        "smoothed weight",
        "cross_entropy",
        _IMAGES,
        _PIXELS,
        weight=_WEIGHT,
        label_smoothing=0.2,
    ),
    _row("probabilities", "cross_entropy", _probabilities((4, 3), (4, 3))),
    _row(
        "probabilities options",
        "cross_entropy",
        _probabilities((2, 3, 2), (2, 3, 2)),
        weight=_WEIGHT,
        label_smoothing=0.2,
        reduction="none",
    ),
    _row("mean", "nll_loss", _LOGITS, _LABELS),
    _row("weight", "nll_loss", _IMAGES, _PIXELS, weight=_WEIGHT),
    _row("none", "nll_loss", _LOGITS, _IGNORED, reduction="none"),
    _row("mean", "mse_loss", _normal((2, 3), (2, 3))),
    _row("none", "mse_loss", _normal((2, 3), (2, 3)), reduction="none"),
    _row("weight", "mse_loss", _normal((2, 3), (2, 3)), weight=_MATRIX),
    _row("mean", "l1_loss", _apart),
    _row("sum", "l1_loss", _apart, reduction="sum"),
    _row("weight", "l1_loss", _apart, weight=_MATRIX),
    _row("mean", "smooth_l1_loss", _apart),
    _row("beta", "smooth_l1_loss", _apart, reduction="none", beta=0.5),
    _row("beta 0", "smooth_l1_loss", _apart, beta=0.0),
    _row("mean", "huber_loss", _apart),
    _row("delta", "huber_loss", _apart, reduction="sum", delta=2.0),
    _row("weight", "huber_loss", _apart, weight=_MATRIX),
    _row("mean", "binary_cross_entropy", _probabilities((2, 3), (2, 3))),
    _row("weight", "binary_cross_entropy", _probabilities((2, 3), (2, 3)), weight=_MATRIX),
    _row("mean", "binary_cross_entropy_with_logits", _normal((2, 3), (2, 3))),
    _row(
        "weights",
        "binary_cross_entropy_with_logits",
        _normal((2, 3), (2, 3)),
        weight=_WEIGHT,
        pos_weight=_WEIGHT,
        reduction="sum",
    ),
    _row("batchmean", "kl_div", _probabilities((2, 3), (2, 3)), reduction="batchmean"),
    _row("log_target", "kl_div", _normal((2, 3), (2, 3)), log_target=True, reduction="sum"),
    _row("none", "kl_div", _normal((2, 3)), _MATRIX, reduction="none"),
    _row("mean", "gaussian_nll_loss", _probabilities((2, 3), (2, 3), (2, 3))),
    _row("full", "gaussian_nll_loss", _probabilities((2, 3), (2, 3), (2,)), full=True),
    _row("log_input", "poisson_nll_loss", _normal((2, 3)), _MATRIX),
    _row("full", "poisson_nll_loss", _probabilities((2, 3)), _MATRIX, log_input=False, full=True),
    _row("mean", "soft_margin_loss", _normal((2, 3)), _SIGNS),
    _row("mean", "hinge_embedding_loss", _probabilities((2, 3)), _SIGNS, margin=1.5),
    _row("mean", "margin_ranking_loss", _apart, _SIGNS, margin=0.1),
    _row(
        "mean", "cosine_embedding_loss", _probabilities((2, 3), (2, 3)), _SIGNS[0, :2], margin=0.2
    ),
    _row("mean", "triplet_margin_loss", _normal((2, 3), (2, 3), (2, 3)), margin=9.0),
    _row("swap", "triplet_margin_loss", _normal((2, 3), (2, 3), (2, 3)), margin=9.0, swap=True),
]
