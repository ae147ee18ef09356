"""Losses that compare an input with a target element by element, and how they are reduced.

A loss is declared by two functions of the elements: its value, and its slope in the input and the
target. The slopes are written with operators and NumPy functions, so that they can be
differentiated again.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import beside, floating_operand, operand, promoted
from ..primitive import Primitive, apply
from .exponential import xlogy
from .sigmoids import logsigmoid, sigmoid, softplus

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["binary_cross_entropy_with_logits", "kl_div", "poisson_nll_loss"]

REDUCTIONS = frozenset(("mean", "sum", "none"))
_logistic: Primitive = sigmoid.primitive  # type: ignore[attr-defined]
_log_logistic: Primitive = logsigmoid.primitive  # type: ignore[attr-defined]


def check_reduction(reduction: Any, operation: str) -> None:
    """Raise ValueError for a word that is not a reduction."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"{operation}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}"
        )


def reduced(losses: Any, reduction: str) -> Any:
    """Return the mean, the sum or all of the losses of a Tensor."""
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()


def _elementwise_loss(
    name: str,
    value: Callable[[Any, Any, Any], Any],
    input_slope: Callable[[Any, Any, Any], Any],
    target_slope: Callable[[Any, Any, Any], Any],
) -> Primitive:
    """Declare a loss, with its reduction, from functions of input, target and one option."""

    def forward(x: np.ndarray, y: np.ndarray, reduction: str, option: Any) -> Any:
        losses = value(x, y, option)
        if reduction == "none":
            return losses
        loss = np.add.reduce(losses, axis=None)
        return loss / losses.size if reduction == "mean" else loss

    def input_rule(g: Any, x: Any, y: Any, reduction: str, option: Any) -> Any:
        slope = input_slope(x, y, option)
        return slope * (g / math.prod(slope.shape) if reduction == "mean" else g)

    def target_rule(g: Any, x: Any, y: Any, reduction: str, option: Any) -> Any:
        slope = target_slope(x, y, option)
        return slope * (g / math.prod(slope.shape) if reduction == "mean" else g)

    return Primitive(name, forward, (input_rule, target_rule))


def _difference_loss(
    name: str, value: Callable[[Any, Any], Any], slope: Callable[[Any, Any], Any]
) -> Primitive:
    """Declare a loss from functions of the difference of input and target, and one option."""
    return _elementwise_loss(
        name,
        lambda x, y, option: value(x - y, option),
        lambda x, y, option: slope(x - y, option),
        lambda x, y, option: -slope(x - y, option),
    )


def _huber(d: np.ndarray, delta: float) -> Any:
    size = np.abs(d)
    return np.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta))


def _clipped(d: Any, limit: float) -> Any:
    return np.minimum(np.maximum(d, -limit), limit)


_mse = _difference_loss("mse_loss", lambda d, _: d * d, lambda d, _: 2 * d)
_l1 = _difference_loss("l1_loss", lambda d, _: np.abs(d), lambda d, _: np.sign(d))
_huber_loss = _difference_loss("huber_loss", _huber, _clipped)
_smooth_l1 = _difference_loss(
    "smooth_l1_loss",
    lambda d, beta: _huber(d, beta) / beta,
    lambda d, beta: _clipped(d / beta, 1.0),
)


def _bce(x: np.ndarray, y: np.ndarray, _: None) -> Any:
    return (y - 1) * np.maximum(np.log1p(-x), -100) - y * np.maximum(np.log(x), -100)


_bce_loss = _elementwise_loss(
    "binary_cross_entropy",
    _bce,
    lambda x, y, _: (x - y) / np.maximum((1 - x) * x, 1e-12),
    lambda x, y, _: np.log1p(-x) - np.log(x),
)
_bce_of_logits = _elementwise_loss(
    "binary_cross_entropy_with_logits",
    lambda x, y, _: (1 - y) * x - _log_logistic(x),
    lambda x, y, _: _logistic(x) - y,
    lambda x, y, _: -x,
)
_kl_div = _elementwise_loss(
    "kl_div",
    lambda x, y, _: y * (np.log(np.where(y > 0, y, 1)) - x),
    lambda x, y, _: -y,
    lambda x, y, _: np.where(y > 0, np.log(np.where(y > 0, y, 1)) + 1, 0) - x,
)
_kl_div_of_logs = _elementwise_loss(
    "kl_div_log_target",
    lambda x, y, _: np.exp(y) * (y - x),
    lambda x, y, _: -np.exp(y),
    lambda x, y, _: np.exp(y) * (y - x + 1),
)


def _pair(operation: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Return input and target as Tensors of one floating dtype."""
    x, y = operand(input, operation, number=False), operand(target, operation, number=False)
    if x._array.dtype is not y._array.dtype:
        x, y = promoted(operation, (x, y))
    if x._array.dtype.kind != "f":
        raise TypeError(
            f"{operation}: input and target are {x.dtype}; at least one must be floating (.float())"
        )
    return x, y


def _same_shape(operation: str, x: Any, y: Any, what: str = "target") -> None:
    if x._array.shape != y._array.shape:
        raise ValueError(
            f"{operation}: {what} has shape {y.shape}, which must be that of the input, {x.shape}"
        )


def _compared(
    primitive: Primitive,
    input: Any,
    target: Any,
    reduction: str,
    option: Any = None,
    weight: Any = None,
    weighted_mean: bool = True,
) -> Tensor:
    """Apply a loss to input and target of any shapes that broadcast, as PyTorch does."""
    name = primitive.name
    check_reduction(reduction, name)
    x, y = _pair(name, input, target)
    if x._array.shape != y._array.shape:
        warnings.warn(
            f"{name}: input has shape {x.shape} and target {y.shape}; they are broadcast, which is "
            "seldom meant: give both the same shape",
            UserWarning,
            stacklevel=3,
        )
    if weight is None:
        return apply(primitive, (x, y), (reduction, option))
    w = operand(weight, name)
    _same_shape(name, x, w, "weight")
    losses = apply(primitive, (x, y), ("none", option)) * w
    if reduction == "mean" and weighted_mean:
        return losses.sum() / w.sum()
    return reduced(losses, reduction)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Tensor:
    """Squared differences of input and target.

    Parameters
    ----------
    input, target : Tensor
        Of the same shape and of one floating dtype (else they are broadcast, with a warning, and
        promoted).
    reduction : {"mean", "sum", "none"}, default "mean"
    weight : Tensor of the input's shape, optional
        Multiplied with the losses; "mean" then divides by the sum of the weights.

    Returns
    -------
    Tensor
        0-d; with "none" of the input's shape.

    Raises
    ------
    ValueError
        For an unknown reduction, or shapes that do not fit.
    TypeError
        For integers on both sides.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.mse_loss(ad.tensor([1.0, 2.0]), ad.tensor([1.0, 4.0]))
    tensor(2.)
    """
    return _compared(_mse, input, target, reduction, None, weight)


def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Tensor:
    """Absolute differences of input and target; the slope at 0 is 0.

    Parameters
    ----------
    input, target, reduction, weight
        As for ``mse_loss``.

    Raises
    ------
    ValueError, TypeError
        As ``mse_loss``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.l1_loss(ad.tensor([1.0, 2.0]), ad.tensor([1.0, 4.0]))
    tensor(1.)
    """
    return _compared(_l1, input, target, reduction, None, weight)


def smooth_l1_loss(
    input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """Squares below `beta`, absolute differences above: ``huber_loss`` divided by `beta`.

    Parameters
    ----------
    input, target, reduction
        As for ``mse_loss``.
    beta : float, default 1
        Where the square ends; 0 gives ``l1_loss``.

    Raises
    ------
    ValueError, TypeError
        As ``mse_loss``, and for a negative `beta`.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.smooth_l1_loss(ad.tensor([0.0, 0.0]), ad.tensor([1.0, 3.0]), reduction="none")
    tensor([0.5000, 2.5000])

    References
    ----------
    R. Girshick, "Fast R-CNN", ICCV 2015.
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    if beta == 0:
        return _compared(_l1, input, target, reduction)
    return _compared(_smooth_l1, input, target, reduction, beta)


def huber_loss(
    input: Any,
    target: Any,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Any = None,
) -> Tensor:
    """Half the square of small differences, and growing linearly from `delta` on.

    Parameters
    ----------
    input, target, reduction
        As for ``mse_loss``.
    delta : float, default 1
        Where the square ends.
    weight : Tensor of the input's shape, optional
        Multiplied with the losses; "mean" divides by their number all the same.

    Raises
    ------
    ValueError, TypeError
        As ``mse_loss``, and for a `delta` that is not positive.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.huber_loss(ad.tensor([0.0, 0.0]), ad.tensor([1.0, 3.0]), reduction="none", delta=2.0)
    tensor([0.5000, 4.0000])

    References
    ----------
    P. J. Huber, "Robust estimation of a location parameter", Ann. Math. Statist. 35, 1964.
    """
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    return _compared(_huber_loss, input, target, reduction, delta, weight, weighted_mean=False)


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
    x, y = _pair("binary_cross_entropy", input, target)
    _same_shape("binary_cross_entropy", x, y)
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
    x, y = _pair(name, input, target)
    _same_shape(name, x, y)
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
        return _compared(primitive, input, target, reduction)
    x = floating_operand(input, "kl_div")
    if not x._array.ndim:
        raise ValueError("kl_div: reduction='batchmean' needs an input with a batch axis")
    return _compared(primitive, x, target, "sum") / x._array.shape[0]


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
    x, y = _pair(name, input, target)
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
    x, y = _pair("poisson_nll_loss", input, target)
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
    x, y = _pair("soft_margin_loss", input, target)
    return reduced(softplus(-y * x), reduction)
