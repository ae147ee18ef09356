"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autodiff.kernels.update import adadelta_step

from .optimizer import Arrays, Optimizer, States, begin_step, kept, refuse

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Steps scaled by the ratio of running averages of past steps and of gradients.

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr : float, default 1.0
        A factor on the step.
    rho : float, default 0.9
        The memory of the averages.
    eps : float, default 1e-6
        Added inside the roots.
    weight_decay : float, default 0
        The factor of an L2 penalty.
    maximize : bool, default False
        Climb.
    foreach : optional
        Accepted for PyTorch's sake.

    Notes
    -----
    Zeiler, "ADADELTA: An adaptive learning rate method" (2012).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> w = ad.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.Adadelta([w])
    >>> w.sum().backward()
    >>> optimizer.step()
    >>> bool(w < 1)
    True
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("Adadelta", capturable=capturable, differentiable=differentiable)
        super().__init__(
            params,
            {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize},
        )

    def _check(self, options: Mapping[str, Any]) -> None:
        super()._check(options)
        if not 0 <= options["rho"] <= 1:
            raise ValueError(f"Adadelta: rho must be in [0, 1], got {options['rho']}")

    def _move(self, group: dict[str, Any], weights: Arrays, grads: Arrays, states: States) -> None:
        begin_step(weights, states, ["square_avg", "acc_delta"])
        adadelta_step(
            weights, grads, kept(states, "square_avg"), kept(states, "acc_delta"),
            float(group["lr"]), group["rho"], group["eps"], group["weight_decay"],
        )  # fmt: skip
