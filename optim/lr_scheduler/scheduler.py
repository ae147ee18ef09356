"""``LRScheduler``: the base of the schedules, which set learning rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..optimizer import Optimizer

__all__ = ["LRScheduler"]


class LRScheduler:
    """Sets ``group["lr"]`` of each group: once when made, and at each ``step()``.

    A subclass defines ``get_lr``, which returns the rates for epoch ``last_epoch``. Most schedules
    find them from the present rates, so that several schedules may act on one optimiser.

    Parameters
    ----------
    optimizer : Optimizer
    last_epoch : int, default -1
        The epoch to continue after; -1 starts anew and stores each group's rate as
        ``"initial_lr"``.

    Attributes
    ----------
    base_lrs : list of float
        The initial rates.
    last_epoch : int
        How many steps were made.

    Raises
    ------
    TypeError
        If `optimizer` is not an Optimizer.
    KeyError
        If `last_epoch` is not -1 and a group has no ``"initial_lr"``.
    """

    _unsaved: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: expected an Optimizer, got {type(optimizer).__name__}"
            )
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group["initial_lr"] = group.get("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: group {i} has no 'initial_lr', which continuing "
                    f"after epoch {last_epoch} needs"
                )
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._last_lr: list[float] = []
        self.step()

    def get_lr(self) -> list[float]:
        """Return the rates for the epoch ``last_epoch``, one per group."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr()")

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last."""
        return self._last_lr

    def step(self) -> None:
        """Go on by one epoch; to be called after the optimiser's steps of that epoch."""
        self.last_epoch += 1
        self._set(self.get_lr())

    def _set(self, rates: list[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = list(rates)

    def _present(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _scaled(self, factor: float) -> list[float]:
        """The present rates times `factor`."""
        return [rate * factor for rate in self._present()]

    def state_dict(self) -> dict[str, Any]:
        """Return what ``load_state_dict`` needs; the optimiser has a state of its own."""
        return {key: value for key, value in vars(self).items() if key not in self._unsaved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` returned."""
        vars(self).update(state_dict)
