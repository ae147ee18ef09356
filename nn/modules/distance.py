"""How near or how alike vectors are."""

from __future__ import annotations

from autodiff._tensor import Tensor

from .. import functional as F
from .module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along one axis.

    Parameters
    ----------
    dim : int, default 1
    eps : float, default 1e-8
        The least product of lengths that is divided by.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.CosineSimilarity(dim=0)(ad.tensor([1.0, 0.0]), ad.tensor([0.0, 2.0]))
    tensor(0.)
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The distance between vectors along the last axis.

    Parameters
    ----------
    p : float, default 2
        The order of the norm.
    eps : float, default 1e-6
        Added to the differences.
    keepdim : bool, default False
        Keep the last axis, with size 1.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.PairwiseDistance()(ad.tensor([[3.0, 0.0]]), ad.tensor([[0.0, 4.0]])).shape
    (1,)
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
