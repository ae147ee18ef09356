"""Schedules along a cosine, with and without restarts."""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """Lowers the rate to `eta_min` along half a cosine wave of `T_max` epochs, then raises it.

    Parameters
    ----------
    optimizer : Optimizer
    T_max : int
    eta_min : float, default 0
    last_epoch : int, default -1
        See ``LRScheduler``.

    References
    ----------
    I. Loshchilov, F. Hutter: SGDR: Stochastic gradient descent with warm restarts (2016), without
    the restarts. https://arxiv.org/abs/1608.03983

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> sgd = optim.SGD([ad.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=2)
    >>> schedule.step()
    >>> round(schedule.get_last_lr()[0], 6)
    0.5
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if T_max < 1:
            raise ValueError(f"CosineAnnealingLR: T_max must be 1 or more, got {T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        epoch, half = self.last_epoch, self.T_max
        if epoch == 0:
            return self._present()
        before = 1 + math.cos(math.pi * (epoch - 1) / half)
        if (epoch - 1) % (2 * half) == half:  # at the bottom the present rate says nothing
            rise = (1 - math.cos(math.pi / half)) / 2
            return [
                rate + (base - self.eta_min) * rise
                for rate, base in zip(self._present(), self.base_lrs, strict=True)
            ]
        factor = (1 + math.cos(math.pi * epoch / half)) / before
        return [self.eta_min + (rate - self.eta_min) * factor for rate in self._present()]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Lowers the rate to `eta_min` along half a cosine wave, then starts anew at the initial rate.

    Parameters
    ----------
    optimizer : Optimizer
    T_0 : int
        Epochs until the first restart.
    T_mult : int, default 1
        Each wave is longer than the one before by this factor.
    eta_min : float, default 0
    last_epoch : int, default -1
        See ``LRScheduler``.

    References
    ----------
    I. Loshchilov, F. Hutter: SGDR: Stochastic gradient descent with warm restarts (2016).
    https://arxiv.org/abs/1608.03983

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> sgd = optim.SGD([ad.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = optim.lr_scheduler.CosineAnnealingWarmRestarts(sgd, T_0=2)
    >>> schedule.step()
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 < 1 or T_mult < 1:
            raise ValueError(
                "CosineAnnealingWarmRestarts: T_0 and T_mult must be 1 or more, "
                f"got {T_0} and {T_mult}"
            )
        self.T_0 = self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        factor = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * factor for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on by one epoch, or to `epoch`, perhaps a fraction (epoch + batch / batches)."""
        epoch = self.last_epoch + 1 if epoch is None else epoch
        if epoch < 0:
            raise ValueError(
                f"CosineAnnealingWarmRestarts: epoch must not be negative, got {epoch}"
            )
        waves = 0
        if self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            # After n waves, T_0 * (T_mult**n - 1) / (T_mult - 1) epochs have passed.
            waves = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**waves - 1) / (self.T_mult - 1)
        self.T_i = self.T_0 * self.T_mult**waves
        self.last_epoch = math.floor(epoch)
        self._set(self.get_lr())
