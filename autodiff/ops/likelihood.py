"""Losses that are likelihoods: of answers, of distributions, of observations and counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..declare import beside, floating_operand, operand
from ..primitive import Primitive
from .exponential import xlogy
from .loss import (
    check_reduction,
    check_same_shape,
    compared,
    elementwise_loss,
    floating_pair,
    reduced,
)
from .sigmoids import logsigmoid, sigmoid, softplus

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["binary_cross_entropy_with_logits", "kl_div", "poisson_nll_loss"]

_logistic: Primitive = sigmoid.primitive  # type: ignore[attr-defined]
_log_logistic: Primitive = logsigmoid.primitive  # type: ignore[attr-defined]


def _bce(x: np.ndarray, y: np.ndarray, _: None) -> Any:
    return (y - 1) * np.maximum(np.log1p(-x), -100) - y * np.maximum(np.log(x), -100)


_bce_loss = elementwise_loss(
    "binary_cross_entropy",
    _bce,
    lambda x, y, _: (x - y) / np.maximum((1 - x) * x, 1e-12),
    lambda x, y, _: np.log1p(-x) - np.log(x),
)
_bce_of_logits = elementwise_loss(
    "binary_cross_entropy_with_logits",
    lambda x, y, _: (1 - y) * x - _log_logistic(x),
    lambda x, y, _: _logistic(x) - y,
    lambda x, y, _: -x,
)
_kl_div = elementwise_loss(
    "kl_div",
    lambda x, y, _: y * (np.log(np.where(y > 0, y, 1)) - x),
    lambda x, y, _: -y,
    lambda x, y, _: np.where(y > 0, np.log(np.where(y > 0, y, 1)) + 1, 0) - x,
)
_kl_div_of_logs = elementwise_loss(
    "kl_div_log_target",
    lambda x, y, _: np.exp(y) * (y - x),
    lambda x, y, _: -np.exp(y),
    lambda x, y, _: np.exp(y) * (y - x + 1),
)


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Tensor:
    """Cross-entropy of probabilities of a yes and the answers; logarithms are cut at -100.

    Parameters
    ----------
    input : Tensor
        Probabilities in [0, 1].
    target : Tensor
        Of the input's shape: 0, 1, or in between.
    weight : Tensor, optional
        Multiplied with the losses; broadcast to the input's shape.
    reduction : {"mean", "sum", "none"}, default "mean"

    Returns
    -------
    Tensor
        0-d; with "none" of the input's shape.

    Raises
    ------
    ValueError
        For an input outside [0, 1] or NaN, and for shapes that differ.
    TypeError
        For integers on both sides.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.binary_cross_entropy(ad.tensor([0.5, 0.0]), ad.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 100.0000])
    """
    check_reduction(reduction, "binary_cross_entropy")
    x, y = floating_pair("binary_cross_entropy", input, target)
    check_same_shape("binary_cross_entropy", x, y)
    array = x._array
    if array.size and not (
        np.minimum.reduce(array, axis=None) >= 0 and np.maximum.reduce(array, axis=None) <= 1
    ):
        bad = array[~((array >= 0) & (array <= 1))].flat[0]
        raise ValueError(
            f"binary_cross_entropy: the input must be probabilities in [0, 1], but holds {bad}; "
            "for logits use binary_cross_entropy_with_logits"
        )
    if weight is None:
        return apply(_bce_loss, (x, y), (reduction, None))
    return reduced(apply(_bce_loss, (x, y), ("none", None)) * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """Binary cross-entropy of the sigmoid of the input, without its overflow and loss of digits.

    Parameters
    ----------
    input : Tensor
        Logits of a yes.
    target : Tensor
        Of the input's shape: 0, 1, or in between.
    weight : Tensor, optional
        Multiplied with the losses; broadcast to the input's shape.
    reduction : {"mean", "sum", "none"}, default "mean"
    pos_weight : Tensor, optional
        Multiplied with the losses of a yes; broadcast to the input's shape.

    Returns
    -------
    Tensor
        0-d; with "none" of the input's shape.

    Raises
    ------
    ValueError
        For shapes that differ, and for an unknown reduction.
    TypeError
        For integers on both sides.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.binary_cross_entropy_with_logits(
    ...     ad.tensor([0.0, 1000.0, 1000.0]), ad.tensor([1.0, 1.0, 0.0]), reduction="none"
    ... )
    tensor([6.9315e-01, 0.0000e+00, 1.0000e+03])
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(reduction, name)
    x, y = floating_pair(name, input, target)
    check_same_shape(name, x, y)
    if weight is None and pos_weight is None:
        return apply(_bce_of_logits, (x, y), (reduction, None))
    if pos_weight is None:
        losses = apply(_bce_of_logits, (x, y), ("none", None))
    else:
        losses = (1 - y) * x - (y * (operand(pos_weight, name) - 1) + 1) * logsigmoid(x)
    if weight is not None:
        losses = losses * weight
    return reduced(losses, reduction)


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Kullback-Leibler divergence of the target from the input, element by element.

    Parameters
    ----------
    input : Tensor
        Log-probabilities.
    target : Tensor
        Probabilities of the input's shape, or log-probabilities with `log_target`.
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        "batchmean" divides the sum by the length of the first axis, which is the divergence as it
        is defined.
    log_target : bool, default False

    Returns
    -------
    Tensor
        0-d; with "none" of the input's shape.

    Raises
    ------
    ValueError, TypeError
        As ``mse_loss``.

    Examples
    --------
    >>> import autodiff as ad
    >>> p, q = ad.tensor([[0.5, 0.5]]), ad.tensor([[0.25, 0.75]])
    >>> ad.kl_div(q.log(), p, reduction="batchmean")
    tensor(0.1438)
    """
    primitive = _kl_div_of_logs if log_target else _kl_div
    if reduction != "batchmean":
        return compared(primitive, input, target, reduction)
    x = floating_operand(input, "kl_div")
    if not x._array.ndim:
        raise ValueError("kl_div: reduction='batchmean' needs an input with a batch axis")
    return compared(primitive, x, target, "sum") / x._array.shape[0]


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of the target under a normal distribution.

    Parameters
    ----------
    input : Tensor
        Means.
    target : Tensor
        Observations, of the input's shape.
    var : Tensor or float
        Variances, not negative: of the input's shape, without its last axis, or with one axis of
        length 1.
    full : bool, default False
        Add the constant log(2 pi) / 2.
    eps : float, default 1e-6
        The least variance.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ValueError
        For a negative variance, and for shapes that do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.gaussian_nll_loss(ad.tensor([0.0]), ad.tensor([2.0]), ad.tensor([1.0]))
    tensor(2.)

    References
    ----------
    D. A. Nix and A. S. Weigend, "Estimating the mean and variance of the target probability
    distribution", ICNN 1994.
    """
    name = "gaussian_nll_loss"
    check_reduction(reduction, name)
    x, y = floating_pair(name, input, target)
    v = beside(var, x) if isinstance(var, (int, float)) else floating_operand(var, name)
    shape, given = x._array.shape, v._array.shape
    if given and given != shape:
        if given == shape[:-1]:
            v = v.reshape((*given, 1))
        elif len(given) != len(shape) or [m for n, m in zip(shape, given) if n != m] != [1]:
            raise ValueError(
                f"{name}: var has shape {given}, which does not fit the input's {shape}"
            )
    if (v._array < 0).any():
        raise ValueError(f"{name}: var must not be negative")
    # Below eps the value is eps, yet the gradient passes.
    v = v + np.maximum(eps - v._array, 0).astype(x._array.dtype)
    losses = 0.5 * (v.log() + (x - y) ** 2 / v)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of counts under a Poisson distribution.

    Parameters
    ----------
    input : Tensor
        Logarithms of the rates; the rates themselves without `log_input`.
    target : Tensor
        Counts.
    log_input : bool, default True
    full : bool, default False
        Add Stirling's approximation of log(target!) where the target is above 1.
    eps : float, default 1e-8
        Added to a rate before its logarithm.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ValueError
        For an unknown reduction, or shapes that do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.poisson_nll_loss(ad.tensor([0.0, 0.0]), ad.tensor([1.0, 2.0]))
    tensor(1.)
    """
    check_reduction(reduction, "poisson_nll_loss")
    x, y = floating_pair("poisson_nll_loss", input, target)
    losses = x.exp() - y * x if log_input else x - y * (x + eps).log()
    if full:
        above: Any = np.where(y._array > 1, y, 1)
        stirling = xlogy(y, y) - y + 0.5 * (2 * math.pi * above).log()
        losses = losses + np.where(y._array > 1, stirling, 0)
    return reduced(losses, reduction)


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """``log(1 + exp(-target * input))`` for targets of 1 and -1.

    Parameters
    ----------
    input, target, reduction
        As for ``mse_loss``.

    Raises
    ------
    ValueError
        For an unknown reduction, or shapes that do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.soft_margin_loss(ad.tensor([0.0, 1000.0]), ad.tensor([1.0, -1.0]), reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    check_reduction(reduction, "soft_margin_loss")
    x, y = floating_pair("soft_margin_loss", input, target)
    return reduced(softplus(-y * x), reduction)
