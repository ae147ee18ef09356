"""Schedules made of other schedules: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["ChainedScheduler", "SequentialLR"]


def _check_one_optimizer(name: str, optimizer: Optimizer, schedulers: list[LRScheduler]) -> None:
    if not schedulers:
        raise ValueError(f"{name}: there are no schedulers")
    for i, scheduler in enumerate(schedulers):
        if scheduler.optimizer is not optimizer:
            raise ValueError(f"{name}: scheduler {i} belongs to another optimizer than the first")


class _Composed(LRScheduler):
    """The common part: the state of the schedulers within is saved with this one's."""

    _unsaved = ("optimizer", "_schedulers")
    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """Return what ``load_state_dict`` needs, with the states of the schedulers within."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` returned."""
        state = dict(state_dict)
        for scheduler, saved in zip(self._schedulers, state.pop("_schedulers"), strict=True):
            scheduler.load_state_dict(saved)
        super().load_state_dict(state)


class SequentialLR(_Composed):
    """Runs one schedule after the other; each starts from epoch 0 at its milestone.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of LRScheduler
    milestones : list of int
        The epochs at which the second, third ... takes over.
    last_epoch : int, default -1
        The epoch to continue after.

    Raises
    ------
    ValueError
        For a wrong number of milestones or schedulers of another optimiser.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> sgd = optim.SGD([ad.ones(1, requires_grad=True)], lr=1.0)
    >>> warmup = optim.lr_scheduler.ConstantLR(sgd, factor=0.1, total_iters=10)
    >>> decay = optim.lr_scheduler.ExponentialLR(sgd, gamma=0.5)
    >>> schedule = optim.lr_scheduler.SequentialLR(sgd, [warmup, decay], milestones=[1])
    >>> rates = []
    >>> for epoch in range(3):
    ...     rates += schedule.get_last_lr()
    ...     sgd.step()
    ...     schedule.step()
    >>> rates
    [0.1, 1.0, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self._schedulers = list(schedulers)
        _check_one_optimizer("SequentialLR", optimizer, self._schedulers)
        if len(milestones) != len(self._schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(self._schedulers)} schedulers need one milestone less, got "
                f"{len(milestones)}"
            )
        self.optimizer = optimizer
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        # Making the schedulers has set the rates of each; the first one's are wanted.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._restart(self._schedulers[0])

    def _restart(self, scheduler: LRScheduler) -> None:
        """Let `scheduler` set the rates of its epoch 0."""
        scheduler.last_epoch = -1
        LRScheduler.step(scheduler)
        self._last_lr = scheduler.get_last_lr()

    def step(self) -> None:
        """Go on by one epoch."""
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[index]
        if index > 0 and self._milestones[index - 1] == self.last_epoch:
            for group in self.optimizer.param_groups:
                group["lr"] = group["initial_lr"]
            self._restart(scheduler)
        else:
            scheduler.step()
            self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Composed):
    """Steps several schedules of one optimiser together; each changes what the others left.

    Parameters
    ----------
    schedulers : list of LRScheduler
    optimizer : Optimizer, optional
        That of the schedulers by default.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> sgd = optim.SGD([ad.ones(1, requires_grad=True)], lr=1.0)
    >>> halving = optim.lr_scheduler.ExponentialLR(sgd, gamma=0.5)
    >>> dropping = optim.lr_scheduler.MultiStepLR(sgd, milestones=[1], gamma=0.1)
    >>> schedule = optim.lr_scheduler.ChainedScheduler([halving, dropping])
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.05]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._schedulers = list(schedulers)
        if not self._schedulers:
            raise ValueError("ChainedScheduler: there are no schedulers")
        self.optimizer = self._schedulers[0].optimizer if optimizer is None else optimizer
        _check_one_optimizer("ChainedScheduler", self.optimizer, self._schedulers)
        self._last_lr = self._present()

    def step(self) -> None:
        """Go on by one epoch."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._present()
