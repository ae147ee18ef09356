"""The 1cycle policy: up to a high rate and down to a very low one, within one run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler

__all__ = ["OneCycleLR"]


def _cosine(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def _linear(start: float, end: float, part: float) -> float:
    return start + (end - start) * part


_ANNEALING: dict[str, Callable[[float, float, float], float]] = {"cos": _cosine, "linear": _linear}


class OneCycleLR(LRScheduler):
    """Raises the rate to `max_lr`, then lowers it far below where it began.

    ``step()`` is called after every batch. Momentum (or Adam's first beta) goes the other way.

    Parameters
    ----------
    optimizer : Optimizer
    max_lr : float or list of float
        The highest rate, for all groups or for each.
    total_steps : int, optional
        The number of steps; or give `epochs` and `steps_per_epoch`.
    epochs, steps_per_epoch : int, optional
    pct_start : float, default 0.3
        The part of the steps in which the rate rises.
    anneal_strategy : {"cos", "linear"}
    cycle_momentum : bool, default True
    base_momentum, max_momentum : float or list of float, default 0.85 and 0.95
    div_factor : float, default 25
        The initial rate is ``max_lr / div_factor``.
    final_div_factor : float, default 1e4
        The last rate is the initial one divided by this.
    three_phase : bool, default False
        Come down to the initial rate first, as fast as the rise, then to the last one.
    last_epoch : int, default -1
        See ``LRScheduler``.

    Raises
    ------
    ValueError
        For options out of range, for momentum to be cycled where the optimiser has none, and for a
        step beyond the last.

    References
    ----------
    L. Smith, N. Topin: Super-convergence: very fast training of neural networks using large
    learning rates (2017). https://arxiv.org/abs/1708.07120

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> sgd = optim.SGD([ad.ones(1, requires_grad=True)], lr=0.1, momentum=0.9)
    >>> schedule = optim.lr_scheduler.OneCycleLR(sgd, max_lr=1.0, total_steps=11)
    >>> [round(rate, 4) for rate in schedule.get_last_lr()]
    [0.04]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"OneCycleLR: expected an Optimizer, got {type(optimizer).__name__}")
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if total_steps < 1:
            raise ValueError(
                f"OneCycleLR: the number of steps must be 1 or more, got {total_steps}"
            )
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must lie in [0, 1], got {pct_start}")
        if anneal_strategy not in _ANNEALING:
            raise ValueError(
                f"OneCycleLR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}"
            )
        self.total_steps = total_steps
        self.cycle_momentum = cycle_momentum
        self._anneal = anneal_strategy
        self._phases = _phases(total_steps, pct_start, three_phase)
        groups = optimizer.param_groups
        highest = _per_group(max_lr, groups, "max_lr")
        if last_epoch == -1:
            for group, rate in zip(groups, highest, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            self._prepare_momentum(optimizer, base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _prepare_momentum(
        self,
        optimizer: Optimizer,
        base: float | list[float],
        highest: float | list[float],
        last_epoch: int,
    ) -> None:
        if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
            raise ValueError(
                f"OneCycleLR: {type(optimizer).__name__} has no momentum; pass cycle_momentum=False"
            )
        groups = optimizer.param_groups
        if last_epoch == -1:
            bounds = zip(
                groups,
                _per_group(base, groups, "base_momentum"),
                _per_group(highest, groups, "max_momentum"),
                strict=True,
            )
            for group, low, high in bounds:
                _set_momentum(group, high)
                group["base_momentum"], group["max_momentum"] = low, high

    def get_lr(self) -> list[float]:
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {step} is beyond the last, {self.total_steps}; "
                "the schedule is at its end"
            )
        anneal = _ANNEALING[self._anneal]
        phases = iter(self._phases)
        start = 0.0
        end, lr_names, momentum_names = next(phases)
        while step > end and (following := next(phases, None)) is not None:
            start = end
            end, lr_names, momentum_names = following
        part = (step - start) / (end - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                low, high = (group[name] for name in momentum_names)
                _set_momentum(group, anneal(low, high, part))
        return [anneal(group[lr_names[0]], group[lr_names[1]], part) for group in groups]


_Phase = tuple[float, tuple[str, str], tuple[str, str]]


def _phases(total: int, rising: float, three: bool) -> list[_Phase]:
    """Return per phase its last step, and from where to where rate and momentum go in it."""
    top = float(rising * total) - 1
    up: _Phase = (top, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
    if not three:
        return [up, (total - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum"))]
    return [
        up,
        (
            2 * float(rising * total) - 2,
            ("max_lr", "initial_lr"),
            ("base_momentum", "max_momentum"),
        ),
        (total - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum")),
    ]


def _per_group(value: Any, groups: list[dict[str, Any]], name: str) -> list[float]:
    values = list(value) if isinstance(value, (list, tuple)) else [value] * len(groups)
    if len(values) != len(groups):
        raise ValueError(
            f"OneCycleLR: {len(values)} values of {name} for {len(groups)} parameter groups"
        )
    return values


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
