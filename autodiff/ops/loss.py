"""Losses that compare an input with a target element by element, and how they are reduced.

A loss is declared by two functions of the elements: its value, and its slope in the input and the
target. The slopes are written with operators and NumPy functions, so that they can be
differentiated again. Here are the losses of differences; `likelihood` has those of probabilities.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..declare import operand, promoted
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__: list[str] = []

REDUCTIONS = frozenset(("mean", "sum", "none"))


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


def elementwise_loss(
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


def floating_pair(operation: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Return input and target as Tensors of one floating dtype."""
    x, y = operand(input, operation, number=False), operand(target, operation, number=False)
    if x._array.dtype is not y._array.dtype:
        x, y = promoted(operation, (x, y))
    if x._array.dtype.kind != "f":
        raise TypeError(
            f"{operation}: input and target are {x.dtype}; at least one must be floating (.float())"
        )
    return x, y


def check_same_shape(operation: str, x: Any, y: Any, what: str = "target") -> None:
    if x._array.shape != y._array.shape:
        raise ValueError(
            f"{operation}: {what} has shape {y.shape}, which must be that of the input, {x.shape}"
        )


def compared(
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
    x, y = floating_pair(name, input, target)
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
    check_same_shape(name, x, w, "weight")
    losses = apply(primitive, (x, y), ("none", option)) * w
    if reduction == "mean" and weighted_mean:
        return losses.sum() / w.sum()
    return reduced(losses, reduction)


def _difference_loss(
    name: str, value: Callable[[Any, Any], Any], slope: Callable[[Any, Any], Any]
) -> Primitive:
    """Declare a loss from functions of the difference of input and target, and one option."""
    return elementwise_loss(
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
    return compared(_mse, input, target, reduction, None, weight)


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
    return compared(_l1, input, target, reduction, None, weight)


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
        return compared(_l1, input, target, reduction)
    return compared(_smooth_l1, input, target, reduction, beta)


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
    return compared(_huber_loss, input, target, reduction, delta, weight, weighted_mean=False)
