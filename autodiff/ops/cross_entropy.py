"""Losses of classifiers: cross-entropy of logits, and its half, the negative log-likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels

from ..apply import apply
from ..arguments import indices_below
from ..declare import floating_operand, operand
from ..primitive import Primitive
from .loss import check_reduction
from .softmax import log_softmax, softmax

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__: list[str] = []

_INT64 = np.dtype(np.int64)


def _places(labels: np.ndarray) -> tuple[np.ndarray, ...]:
    """The index that picks from (N, C, d1, ...) the element of each label in (N, d1, ...)."""
    if labels.ndim == 1:
        return np.arange(labels.shape[0]), labels
    grids = np.ix_(*[np.arange(n) for n in labels.shape])
    return (grids[0], labels, *grids[1:])


def _rows(x: np.ndarray) -> np.ndarray:
    """The logits (N, C, d1, ...) as a matrix with one row per sample."""
    return x if x.ndim == 2 else np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _forward(x: np.ndarray, labels: np.ndarray, factors: Any, ignored: int, reduction: str) -> Any:
    weighted = factors is not None
    loss, statistics, count = kernels.cross_entropy(
        _rows(x), labels.reshape(-1), ignored, "none" if weighted else reduction
    )
    if weighted or reduction == "none":
        loss = loss.reshape(labels.shape)
    if weighted:
        loss = np.where(factors == 0, 0, loss * factors)
        if reduction == "mean":
            count = np.add.reduce(factors, axis=None)
        if reduction != "none":
            loss = np.add.reduce(loss, axis=None) / count
    return loss, (statistics, count)


def _rule(g: Any, x: Any, y: np.ndarray, z: Any, aux: Any, ignored: int) -> Any:
    statistics, count = aux
    if isinstance(g, np.ndarray):
        if z is not None:
            g, count = g / count * z, 1
        rows = _rows(x), y.reshape(-1)
        dx = kernels.cross_entropy_backward(g.reshape(-1), *rows, statistics, ignored, count)
        return dx if x.ndim == 2 else np.moveaxis(dx.reshape(*y.shape, x.shape[1]), -1, 1)
    kept = y != ignored
    certain = np.zeros(x.shape, x.dtype)
    certain[_places(np.where(kept, y, 0))] = 1
    scale = g / count * (kept.astype(x.dtype) if z is None else z)  # that of each sample's loss
    return (softmax(x, 1) - certain) * scale[:, None]


_cross_entropy = Primitive("cross_entropy", _forward, (_rule, None, None), aux=True)


def _labelled(
    labels: np.ndarray, classes: int, weight: Any, ignore_index: int, operation: str, dtype: Any
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the labels, checked, and the factor of each sample (None where all are 1)."""
    if weight is None and not 0 <= ignore_index < classes:
        try:
            return indices_below(classes, labels, operation, "classes"), None
        except IndexError:
            if not (labels == ignore_index).any():
                raise
    ignored = labels == ignore_index
    labels = indices_below(classes, np.where(ignored, 0, labels), operation, "classes")
    if weight is None:
        return labels, np.asarray(~ignored, dtype)
    w = floating_operand(weight, operation)._array
    if w.shape != (classes,):
        raise ValueError(
            f"{operation}: weight has shape {w.shape}; {classes} classes need ({classes},)"
        )
    return labels, np.where(ignored, 0, w.astype(dtype, copy=False)[labels])


def _classified(
    input: Any, target: Any, reduction: str, operation: str
) -> tuple[Tensor, Tensor, bool]:
    """Return logits (N, C, ...) and targets, checked; and whether there was no N."""
    x, t = floating_operand(input, operation), operand(target, operation, number=False)
    check_reduction(reduction, operation)
    shape, labels = x._array.shape, t._array
    if not shape:
        raise ValueError(f"{operation}: the input needs an axis for the classes, got shape ()")
    single, kind = len(shape) == 1, labels.dtype.kind
    probabilities = kind == "f" and operation == "cross_entropy"
    expected = shape if probabilities else shape[:0] if single else shape[:1] + shape[2:]
    if labels.shape != expected:
        raise ValueError(
            f"{operation}: an input of shape {shape} has its classes on axis {0 if single else 1} "
            "and needs "
            + (
                f"probabilities of shape {shape}"
                if probabilities
                else f"labels of shape {expected}"
            )
            + f"; got a {t.dtype} target of shape {t.shape}"
        )
    if not probabilities and kind != "i" and kind != "u":
        raise TypeError(f"{operation}: labels must be integers, got a {t.dtype} target")
    if single:
        x, t = x.reshape((1, *shape)), t.reshape((1, *t.shape))
    return x, t, single


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy between logits and classes: the negative log-likelihood of ``log_softmax``.

    Parameters
    ----------
    input : Tensor, shape (N, C), (C,) or (N, C, d1, ...)
        Logits, not probabilities: the softmax is part of the loss.
    target : Tensor
        Labels, integers in [0, C) of the input's shape without C; or probabilities, a floating
        tensor of the input's shape, which may require grad.
    weight : Tensor, shape (C,), optional
        The weight of each class.
    ignore_index : int, default -100
        Samples with this label count for nothing.
    reduction : {"mean", "sum", "none"}, default "mean"
        "mean" is the weighted mean over the samples that are not ignored.
    label_smoothing : float, default 0
        In [0, 1]: the part of each target that is spread evenly over all classes.

    Returns
    -------
    Tensor
        0-d; with "none" of the shape of labels.

    Raises
    ------
    IndexError
        For a label that is not in [0, C).
    ValueError
        For shapes that do not fit, and for options out of range.
    TypeError
        For logits or labels of a wrong dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.cross_entropy(ad.zeros(2, 10), ad.tensor([3, 7]))  # log(10)
    tensor(2.3026)

    References
    ----------
    Label smoothing: C. Szegedy et al., "Rethinking the Inception architecture for computer vision",
    CVPR 2016.
    """
    x, t, single = _classified(input, target, reduction, "cross_entropy")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"cross_entropy: label_smoothing must lie in [0, 1], got {label_smoothing}"
        )
    loss: Any
    if t._array.dtype.kind == "f":
        loss = _of_probabilities(x, t, weight, reduction, label_smoothing)
    else:
        classes, labels, factors = x._array.shape[1], t._array, None
        if weight is not None or label_smoothing:
            labels, factors = _labelled(
                labels, classes, weight, ignore_index, "cross_entropy", x._array.dtype
            )
        elif labels.dtype != _INT64:
            labels = labels.astype(np.int64)
        if label_smoothing:
            loss = _smoothed(x, labels, factors, weight, reduction, label_smoothing)
        else:
            try:
                loss = apply(_cross_entropy, (x, labels, factors), (ignore_index, reduction))[0]
            except IndexError:
                kept = labels[labels != ignore_index]
                indices_below(classes, kept, "cross_entropy", "classes")  # says which one it is
                raise
    return loss.reshape(()) if single else loss


def _of_probabilities(
    x: Any, target: Any, weight: Any, reduction: str, label_smoothing: float
) -> Tensor:
    classes = x._array.shape[1]
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    losses = -(log_softmax(x, 1) * _weighted(target, weight, x)).sum(dim=1)
    if reduction == "none":
        return losses
    loss = losses.sum()
    return loss if reduction == "sum" else loss / losses._array.size


def _smoothed(
    x: Any, labels: np.ndarray, factors: Any, weight: Any, reduction: str, label_smoothing: float
) -> Tensor:
    logp = log_softmax(x, 1)
    spread = _weighted(logp, weight, x).sum(dim=1) * (-label_smoothing / x._array.shape[1])
    if factors is not None:
        spread = spread * (factors != 0)
    losses = _likelihoods(logp, labels, factors) * (1 - label_smoothing) + spread
    return _reduced(losses, factors, reduction)


def _weighted(t: Any, weight: Any, x: Any) -> Any:
    """Multiply `t`, of the shape of the logits `x`, by the weight of each class."""
    if weight is None:
        return t
    shape = x._array.shape
    w = floating_operand(weight, "cross_entropy")
    if w._array.shape != shape[1:2]:
        raise ValueError(
            f"cross_entropy: weight has shape {w.shape}; {shape[1]} classes need ({shape[1]},)"
        )
    return t * w.detach().to(x._array.dtype).reshape((shape[1],) + (1,) * (len(shape) - 2))


def _likelihoods(logp: Any, labels: np.ndarray, factors: Any) -> Any:
    """The negative log-likelihood of each label, times its factor."""
    picked = -logp[_places(labels)]
    return picked if factors is None else np.where(factors == 0, 0.0, picked * factors)


def _reduced(losses: Any, factors: Any, reduction: str) -> Tensor:
    if reduction == "none":
        return losses
    loss = losses.sum()
    if reduction == "sum":
        return loss
    return loss / (losses._array.size if factors is None else float(factors.sum()))


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Negative log-likelihood of labels under log-probabilities, such as those of ``log_softmax``.

    Parameters
    ----------
    input : Tensor, shape (N, C), (C,) or (N, C, d1, ...)
        Log-probabilities.
    target : Tensor of integers in [0, C)
        Of the input's shape without C.
    weight : Tensor, shape (C,), optional
        The weight of each class.
    ignore_index : int, default -100
        Samples with this label count for nothing.
    reduction : {"mean", "sum", "none"}, default "mean"
        "mean" is the weighted mean over the samples that are not ignored.

    Returns
    -------
    Tensor
        0-d; with "none" of the shape of the labels.

    Raises
    ------
    IndexError, ValueError, TypeError
        As ``cross_entropy``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.nll_loss(ad.tensor([[-0.5, -1.0], [-3.0, -0.1]]), ad.tensor([0, 1]))
    tensor(0.3000)
    """
    x, t, single = _classified(input, target, reduction, "nll_loss")
    labels, factors = _labelled(
        t._array, x._array.shape[1], weight, ignore_index, "nll_loss", x._array.dtype
    )
    loss: Any = _reduced(_likelihoods(x, labels, factors), factors, reduction)
    return loss.reshape(()) if single else loss
