"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autodiff.kernels.update import sgd_step

from .optimizer import Arrays, Optimizer, States, kept, refuse, zeros_for

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

    def _move(self, group: dict[str, Any], weights: Arrays, grads: Arrays, states: States) -> None:
        buffers, first = None, [False] * len(weights)
        if group["momentum"]:
            first = ["momentum_buffer" not in state for state in states]
            for w, state, new in zip(weights, states, first, strict=True):
                if new:
                    state["momentum_buffer"] = zeros_for(w)
            buffers = kept(states, "momentum_buffer")
        sgd_step(
            weights, grads, buffers, float(group["lr"]), group["momentum"], group["dampening"],
            group["weight_decay"], group["nesterov"], first,
        )  # fmt: skip
