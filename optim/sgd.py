"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autodiff.kernels.update import sgd_step

from .optimizer import Optimizer, Update, refuse, zeros_for

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum and weight decay.

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr : float, default 1e-3
        The learning rate.
    momentum : float, default 0
        How much of the last step is kept.
    dampening : float, default 0
        How much of the gradient is left out of the velocity.
    weight_decay : float, default 0
        The factor of an L2 penalty.
    nesterov : bool, default False
        Look ahead along the velocity; needs momentum and no dampening.
    maximize : bool, default False
        Climb.
    foreach, fused : optional
        Accepted for PyTorch's sake; every step is fused.

    Notes
    -----
    Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013);
    the velocity is PyTorch's, which has the learning rate outside.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> w = ad.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse("SGD", differentiable=differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _check(self, options: Mapping[str, Any]) -> None:
        super()._check(options)
        if options["nesterov"] and (options["momentum"] <= 0 or options["dampening"] != 0):
            raise ValueError("SGD: nesterov needs a momentum above zero and no dampening")

    def _updater(self, group: dict[str, Any]) -> Update:
        lr, momentum = float(group["lr"]), group["momentum"]
        dampening, weight_decay = group["dampening"], group["weight_decay"]
        nesterov = group["nesterov"]

        def update(w: np.ndarray, g: np.ndarray, state: dict[str, Any]) -> None:
            if not momentum:
                sgd_step(w, g, None, lr, 0.0, 0.0, weight_decay, False, False)
                return
            buffer: Any = state.get("momentum_buffer")
            first = buffer is None
            if first:
                buffer = state["momentum_buffer"] = zeros_for(w)
            sgd_step(w, g, buffer._array, lr, momentum, dampening, weight_decay, nesterov, first)

        return update
