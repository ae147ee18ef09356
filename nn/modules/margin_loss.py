"""Losses that push pairs of things together or apart, as modules."""

from __future__ import annotations

from autodiff._tensor import Tensor

from .. import functional as F
from .loss import Loss

__all__ = ["CosineEmbeddingLoss", "HingeEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss"]


class HingeEmbeddingLoss(Loss):
    """The input where the target is 1, max(0, margin - input) where it is -1.

    Parameters
    ----------
    margin : float, default 1
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> loss = nn.HingeEmbeddingLoss(reduction="none")
    >>> loss(ad.tensor([0.5, 0.25]), ad.tensor([1.0, -1.0]))
    tensor([0.5000, 0.7500])
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(Loss):
    """max(0, margin - target * (input1 - input2)), for pairs to be ranked.

    Target 1: the first input should be the larger one, -1: the smaller one.

    Parameters
    ----------
    margin : float, default 0
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.MarginRankingLoss()(ad.tensor([1.0]), ad.tensor([3.0]), ad.tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.

    Parameters
    ----------
    margin : float, default 0
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> x1, x2 = ad.tensor([[1.0, 0.0]]), ad.tensor([[0.0, 1.0]])
    >>> nn.CosineEmbeddingLoss()(x1, x2, ad.tensor([1.0]))
    tensor(1.)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class TripletMarginLoss(Loss):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin).

    Parameters
    ----------
    margin : float, default 1
    p : float, default 2
        The order of the norm that gives the distances.
    eps : float, default 1e-6
        Added to the differences.
    swap : bool, default False
        Use the distance from positive to negative where that is smaller.
    reduction : {"mean", "sum", "none"}

    References
    ----------
    V. Balntas et al.: Learning shallow convolutional feature descriptors with triplet losses
    (2016).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> near, far = ad.tensor([[0.0]]), ad.tensor([[5.0]])
    >>> nn.TripletMarginLoss()(near, near, far).item()
    0.0
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            self.margin,
            self.p,
            self.eps,
            self.swap,
            reduction=self.reduction,
        )
