"""Adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autodiff.kernels.update import adadelta_step

from .optimizer import Optimizer, Update, refuse, zeros_for

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

    def _updater(self, group: dict[str, Any]) -> Update:
        lr, rho, eps = float(group["lr"]), group["rho"], group["eps"]
        decay = group["weight_decay"]

        def update(w: np.ndarray, g: np.ndarray, state: dict[str, Any]) -> None:
            if not state:
                state["step"] = 0
                state["square_avg"] = zeros_for(w)
                state["acc_delta"] = zeros_for(w)
            state["step"] += 1
            square, delta = state["square_avg"]._array, state["acc_delta"]._array
            adadelta_step(w, g, square, delta, lr, rho, eps, decay)

        return update
