"""Lengths, angles and distances of vectors, and the losses that are made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import numpy_names
from ..declare import floating_operand, promoted
from .broadcasting import broadcast_tensors
from .loss import check_reduction, reduced
from .norms import norm

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "cosine_embedding_loss", "cosine_similarity", "hinge_embedding_loss", "margin_ranking_loss",
    "pairwise_distance", "triplet_margin_loss",
]  # fmt: skip


def _floating(operation: str, *inputs: Any) -> list[Any]:
    return [floating_operand(x, operation) for x in promoted(operation, inputs)]


@numpy_names
def normalize(input: Any, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """Divide the vectors along an axis by their norm.

    Parameters
    ----------
    input : Tensor
    p : float, default 2
        The order of the norm.
    dim : int or tuple of int, default 1
        The axis along which the vectors lie.
    eps : float, default 1e-12
        Divide by no less than this.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.normalize(ad.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    x = floating_operand(input, "normalize")
    return x / np.maximum(norm(x, p, dim, True), eps)


@numpy_names
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Cosine of the angle between vectors.

    Parameters
    ----------
    x1, x2 : Tensor
        Of shapes that broadcast.
    dim : int, default 1
        The axis along which the vectors lie.
    eps : float, default 1e-8
        The least length to divide by, so that a zero vector gives 0.

    Returns
    -------
    Tensor
        Of the shape of the inputs without `dim`.

    Raises
    ------
    IndexError
        For an axis that the tensors do not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cosine_similarity(ad.tensor([[1.0, 0.0]]), ad.tensor([[3.0, 4.0]]))
    tensor([0.6000])
    """
    x, y = [
        t / np.maximum(norm(t, 2, dim, True), eps)
        for t in broadcast_tensors(*_floating("cosine_similarity", x1, x2))
    ]
    return (x * y).sum(dim)


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Norms of the differences of vectors, which lie along the last axis.

    Parameters
    ----------
    x1, x2 : Tensor, shape (N, D) or (D,)
    p : float, default 2
        The order of the norm.
    eps : float, default 1e-6
        Added to each difference.
    keepdim : bool, default False
        Keep the last axis with length 1.

    Raises
    ------
    ValueError
        For shapes that do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.pairwise_distance(ad.tensor([[0.0, 0.0]]), ad.tensor([[3.0, 4.0]]), eps=0.0)
    tensor([5.])
    """
    x, y = _floating("pairwise_distance", x1, x2)
    return norm(x - y + eps, p, -1, keepdim)


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """Distances of pairs that belong together, and how far the others are below `margin`.

    Parameters
    ----------
    input : Tensor
        Distances.
    target : Tensor
        1 or -1 for each.
    margin : float, default 1
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ValueError
        For an unknown reduction, or shapes that do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hinge_embedding_loss(ad.tensor([0.25, 0.25]), ad.tensor([1.0, -1.0]))
    tensor(0.5000)
    """
    check_reduction(reduction, "hinge_embedding_loss")
    x, y = _floating("hinge_embedding_loss", input, target)
    apart = np.where(y._array != 1, (margin - x).clamp(min=0), 0)
    return reduced(apart + np.where(y._array != -1, x, 0), reduction)


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """How far the input that should rank higher is from being so by `margin`.

    Parameters
    ----------
    input1, input2 : Tensor
        Scores.
    target : Tensor
        1 where `input1` should be the higher one, -1 where `input2` should.
    margin : float, default 0
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ValueError
        For an unknown reduction, or shapes that do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> one = ad.ones(1)
    >>> ad.margin_ranking_loss(ad.tensor([2.0]), ad.tensor([1.5]), -one, margin=0.25)
    tensor(0.7500)
    """
    check_reduction(reduction, "margin_ranking_loss")
    x, y, t = _floating("margin_ranking_loss", input1, input2, target)
    return reduced((-t * (x - y) + margin).clamp(min=0), reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """1 - cosine of pairs that belong together (target 1), and by how much others exceed `margin`.

    Parameters
    ----------
    input1, input2 : Tensor, shape (N, D) or (D,)
    target : Tensor, shape (N,) or ()
        1 or -1 for each pair.
    margin : float, default 0
        In [-1, 1].
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ValueError
        For an unknown reduction, or shapes that do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([[1.0, 0.0]])
    >>> ad.cosine_embedding_loss(x, ad.tensor([[3.0, 4.0]]), ad.tensor([1.0]))
    tensor(0.4000)
    """
    check_reduction(reduction, "cosine_embedding_loss")
    x, y, t = _floating("cosine_embedding_loss", input1, input2, target)
    if x._array.ndim not in (1, 2) or t._array.ndim != x._array.ndim - 1:
        raise ValueError(
            "cosine_embedding_loss: expected inputs (N, D) and a target (N,), or (D,) and (); got "
            f"{x.shape}, {y.shape} and {t.shape}"
        )
    cosine: Any = cosine_similarity(x, y, -1)
    apart = np.where(t._array == -1, (cosine - margin).clamp(min=0), 0)
    return reduced(np.where(t._array == 1, 1 - cosine, apart), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """By how much an anchor is not nearer to its like than to another, by `margin`.

    Parameters
    ----------
    anchor, positive, negative : Tensor, shape (N, D) or (D,)
    margin : float, default 1
    p, eps : float
        As for ``pairwise_distance``.
    swap : bool, default False
        Measure the distance to the negative from the positive where that is smaller.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ValueError
        For an unknown reduction, or shapes that do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> a, b = ad.tensor([[0.0, 0.0]]), ad.tensor([[3.0, 4.0]])
    >>> ad.triplet_margin_loss(a, b, b)
    tensor(1.)

    References
    ----------
    V. Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional
    neural networks", BMVC 2016.
    """
    check_reduction(reduction, "triplet_margin_loss")
    near: Any = pairwise_distance(anchor, positive, p, eps)
    far: Any = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced((near - far + margin).clamp(min=0), reduction)
