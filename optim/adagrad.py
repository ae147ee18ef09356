"""Adagrad."""

from __future__ import annotations

from typing import Any

from autodiff.kernels.update import adagrad_step

from .optimizer import Arrays, Optimizer, States, begin_step, kept, refuse

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Steps scaled by the sum of all squared gradients.

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr : float, default 0.01
        The learning rate.
    lr_decay : float, default 0
        Step n uses ``lr / (1 + (n - 1) * lr_decay)``.
    weight_decay : float, default 0
        The factor of an L2 penalty.
    initial_accumulator_value : float, default 0
        What the sum starts from.
    eps : float, default 1e-10
        Added to the root.
    maximize : bool, default False
        Climb.
    foreach, fused : optional
        Accepted for PyTorch's sake.

    Notes
    -----
    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> w = ad.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.Adagrad([w], lr=0.1)
    >>> (3 * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse("Adagrad", differentiable=differentiable)
        if not initial_accumulator_value >= 0:
            raise ValueError(
                "Adagrad: initial_accumulator_value must not be negative, "
                f"got {initial_accumulator_value}"
            )
        super().__init__(
            params,
            {
                "lr": lr,
                "lr_decay": lr_decay,
                "eps": eps,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "maximize": maximize,
            },
        )

    def _move(self, group: dict[str, Any], weights: Arrays, grads: Arrays, states: States) -> None:
        start = group["initial_accumulator_value"]
        steps = begin_step(weights, states, ["sum"], start)
        rates = [float(group["lr"]) / (1 + (step - 1) * group["lr_decay"]) for step in steps]
        sums = kept(states, "sum")
        adagrad_step(weights, grads, sums, rates, group["eps"], group["weight_decay"])
