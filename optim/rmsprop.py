"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autodiff.kernels.update import rmsprop_step

from .optimizer import Arrays, Optimizer, States, begin_step, kept, refuse

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Steps scaled by a running average of the squared gradient.

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr : float, default 0.01
        The learning rate.
    alpha : float, default 0.99
        The memory of the average.
    eps : float, default 1e-8
        Added to the root (outside of it).
    weight_decay : float, default 0
        The factor of an L2 penalty.
    momentum : float, default 0
        How much of the last step is kept.
    centered : bool, default False
        Divide by an estimate of the standard deviation instead (Graves 2013).
    maximize : bool, default False
        Climb.
    foreach : optional
        Accepted for PyTorch's sake.

    Notes
    -----
    Tieleman and Hinton, "Lecture 6.5: rmsprop", Neural networks for machine learning (2012).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> w = ad.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.RMSprop([w], lr=0.1, alpha=0.75)
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("RMSprop", capturable=capturable, differentiable=differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "alpha": alpha,
                "eps": eps,
                "centered": centered,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def _check(self, options: Mapping[str, Any]) -> None:
        super()._check(options)
        if not options["alpha"] >= 0:
            raise ValueError(f"RMSprop: alpha must not be negative, got {options['alpha']}")

    def _move(self, group: dict[str, Any], weights: Arrays, grads: Arrays, states: States) -> None:
        momentum, centered = group["momentum"], group["centered"]
        names = ["square_avg"]
        names += (["momentum_buffer"] if momentum else []) + (["grad_avg"] if centered else [])
        begin_step(weights, states, names)
        rmsprop_step(
            weights, grads, kept(states, "square_avg"),
            kept(states, "grad_avg") if centered else None,
            kept(states, "momentum_buffer") if momentum else None,
            float(group["lr"]), group["alpha"], group["eps"], momentum, group["weight_decay"],
        )  # fmt: skip
