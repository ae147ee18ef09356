"""Schedules given by functions of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["LambdaLR", "MultiplicativeLR"]

Factor = Callable[[int], float]


class _FunctionLR(LRScheduler):
    """The common part: one function per group, saved only where it is an object with attributes."""

    _unsaved = ("optimizer", "lr_lambdas")

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1
    ) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas: list[Factor] = (
            [lr_lambda] * count if callable(lr_lambda) else list(lr_lambda)
        )
        if len(self.lr_lambdas) != count:
            raise ValueError(
                f"{type(self).__name__}: {len(self.lr_lambdas)} functions for {count} "
                "parameter groups"
            )
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return what ``load_state_dict`` needs; of callable objects their attributes."""
        saved = [dict(vars(f)) if not hasattr(f, "__code__") else None for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": saved}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from what ``state_dict`` returned."""
        state = dict(state_dict)
        for function, saved in zip(self.lr_lambdas, state.pop("lr_lambdas"), strict=True):
            if saved is not None:
                vars(function).update(saved)
        super().load_state_dict(state)


class LambdaLR(_FunctionLR):
    """Sets the rate to the initial one times a function of the epoch.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or one per group
        Takes the epoch (from 0), returns the factor.
    last_epoch : int, default -1
        See ``LRScheduler``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> sgd = optim.SGD([ad.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = optim.lr_scheduler.LambdaLR(sgd, lambda epoch: 0.5**epoch)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        return [
            base * function(self.last_epoch)
            for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


class MultiplicativeLR(_FunctionLR):
    """Multiplies the present rate, at each epoch after the first, by a function of the epoch.

    Parameters
    ----------
    optimizer : Optimizer
    lr_lambda : callable, or one per group
        Takes the epoch (from 1), returns the factor.
    last_epoch : int, default -1
        See ``LRScheduler``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> sgd = optim.SGD([ad.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = optim.lr_scheduler.MultiplicativeLR(sgd, lambda epoch: 0.5)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return self._present()
        return [
            rate * function(self.last_epoch)
            for rate, function in zip(self._present(), self.lr_lambdas, strict=True)
        ]
