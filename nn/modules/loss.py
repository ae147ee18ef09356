"""Losses by element and by class, as modules; the formulas stand in ``autodiff.nn.functional``."""

from __future__ import annotations

from autodiff._tensor import Tensor

from .. import functional as F
from .module import Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "GaussianNLLLoss", "HuberLoss", "KLDivLoss",
    "L1Loss", "MSELoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss",
]  # fmt: skip


class Loss(Module):
    """A loss; `reduction` says what is done with the losses of the elements.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(
                f"{type(self).__name__}: reduction must be 'mean', 'sum' or 'none', "
                f"got {reduction!r}"
            )
        self.reduction = reduction


class WeightedLoss(Loss):
    """A loss with a buffer `weight` (or None) of factors for elements or classes."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)


class MSELoss(Loss):
    """The squared difference.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.MSELoss()(ad.tensor([1.0, 2.0]), ad.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """The absolute difference.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.L1Loss()(ad.tensor([1.0, 2.0]), ad.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """A parabola for differences d below `beta`, straight lines beyond.

    d**2 / (2 beta), and abs(d) - beta / 2.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    beta : float, default 1
        0 gives ``L1Loss``.

    References
    ----------
    R. Girshick: Fast R-CNN (2015). https://arxiv.org/abs/1504.08083

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.SmoothL1Loss(reduction="none")(ad.tensor([1.0, 2.0]), ad.tensor([0.0, 4.0]))
    tensor([0.5000, 1.5000])
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """``SmoothL1Loss`` times `delta`: d**2 / 2 for differences d below `delta`, lines beyond.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    delta : float, default 1

    References
    ----------
    P. Huber: Robust estimation of a location parameter (1964).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.HuberLoss(delta=2.0)(ad.tensor([4.0]), ad.tensor([0.0]))
    tensor(6.)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class CrossEntropyLoss(WeightedLoss):
    """Minus the logarithm of the probability of the right class, from unnormalised scores (logits).

    Parameters
    ----------
    weight : Tensor, shape (C,), optional
        A factor for each class.
    ignore_index : int, default -100
        A class number that does not count.
    reduction : {"mean", "sum", "none"}
        The mean is weighted.
    label_smoothing : float, default 0
        The part of the target that is spread evenly over all classes.

    Notes
    -----
    Input (N, C), (C,) or (N, C, ...); target: class numbers of shape (N,), () or (N, ...), or
    probabilities of the input's shape.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.CrossEntropyLoss()(ad.zeros(1, 2), ad.tensor([1]))
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(WeightedLoss):
    """Minus the log-probability of the right class, from log-probabilities.

    Parameters
    ----------
    weight : Tensor, shape (C,), optional
        A factor for each class.
    ignore_index : int, default -100
        A class number that does not count.
    reduction : {"mean", "sum", "none"}
        The mean is weighted.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.NLLLoss()(ad.tensor([[-0.5, -1.5]]), ad.tensor([1]))
    tensor(1.5000)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class BCELoss(WeightedLoss):
    """Binary cross-entropy, from probabilities; ``BCEWithLogitsLoss`` is the more accurate one.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each element.
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.BCELoss()(ad.tensor([0.5]), ad.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(WeightedLoss):
    """Binary cross-entropy, from logits: does not overflow.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each element.
    reduction : {"mean", "sum", "none"}
    pos_weight : Tensor, optional
        A factor for the positive part of each element's loss.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.BCEWithLogitsLoss()(ad.tensor([0.0]), ad.tensor([1.0]))
    tensor(0.6931)
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(Loss):
    """The Kullback-Leibler divergence of `target` from `input`, which holds log-probabilities.

    Parameters
    ----------
    reduction : {"mean", "batchmean", "sum", "none"}
        ``"batchmean"`` divides by the size of the first axis, which is the definition.
    log_target : bool, default False
        The target holds log-probabilities too.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> p = ad.tensor([[0.5, 0.5]])
    >>> nn.KLDivLoss(reduction="batchmean")(p.log(), p)
    tensor(0.)
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction="mean" if reduction == "batchmean" else reduction)
        self.reduction = reduction
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class GaussianNLLLoss(Loss):
    """The negative log-likelihood of `target` under normal distributions.

    Parameters
    ----------
    full : bool, default False
        Add the constant term, log(2 pi) / 2.
    eps : float, default 1e-6
        The least variance.
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.GaussianNLLLoss()(ad.tensor([1.0]), ad.tensor([3.0]), ad.tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor) -> Tensor:
        return F.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )


class PoissonNLLLoss(Loss):
    """The negative log-likelihood of counts under Poisson distributions.

    Parameters
    ----------
    log_input : bool, default True
        The input holds logarithms of the rates.
    full : bool, default False
        Add Stirling's approximation of the constant term.
    eps : float, default 1e-8
        Added to the rate where its logarithm is taken.
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.PoissonNLLLoss()(ad.tensor([0.0]), ad.tensor([2.0]))
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        *,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(
            input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction
        )


class SoftMarginLoss(Loss):
    """log(1 + exp(-target * input)), for targets of 1 and -1.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.SoftMarginLoss()(ad.tensor([0.0]), ad.tensor([1.0]))
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)
