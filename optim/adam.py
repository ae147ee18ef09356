"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autodiff.kernels.update import adam_step

from .optimizer import Arrays, Optimizer, States, begin_step, kept, refuse

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and of its square.

    Parameters
    ----------
    params : iterable
        Parameters or groups.
    lr : float, default 1e-3
        The learning rate.
    betas : (float, float), default (0.9, 0.999)
        The memory of the two averages.
    eps : float, default 1e-8
        Added to the root, so that nothing is divided by zero.
    weight_decay : float, default 0
        The factor of an L2 penalty, added to the gradient.
    amsgrad : bool, default False
        Divide by the largest average so far (Reddi, Kale and Kumar 2018).
    maximize : bool, default False
        Climb.
    foreach, fused : optional
        Accepted for PyTorch's sake; every step is fused.
    decoupled_weight_decay : bool, default False
        Shrink the weights instead, as AdamW does.

    Notes
    -----
    Kingma and Ba, "Adam: A method for stochastic optimization" (2015).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> w = ad.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.Adam([w], lr=0.001)
    >>> (0.5 * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9990], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        refuse(type(self).__name__, capturable=capturable, differentiable=differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def _check(self, options: Mapping[str, Any]) -> None:
        super()._check(options)
        for i, beta in enumerate(options["betas"]):
            if not 0 <= beta < 1:
                raise ValueError(f"{type(self).__name__}: betas[{i}] must be in [0, 1), got {beta}")

    def _move(self, group: dict[str, Any], weights: Arrays, grads: Arrays, states: States) -> None:
        lr, decay, amsgrad = float(group["lr"]), group["weight_decay"], group["amsgrad"]
        l2, shrink = (0.0, lr * decay) if group["decoupled_weight_decay"] else (decay, 0.0)
        names = ["exp_avg", "exp_avg_sq"] + (["max_exp_avg_sq"] if amsgrad else [])
        steps = begin_step(weights, states, names)
        beta1, beta2 = group["betas"]
        adam_step(
            weights, grads, kept(states, "exp_avg"), kept(states, "exp_avg_sq"),
            kept(states, "max_exp_avg_sq") if amsgrad else None,
            lr, beta1, beta2, group["eps"], l2, shrink, steps,
        )  # fmt: skip


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink, the gradient stays as it is.

    Parameters are those of `Adam`; ``weight_decay`` is 0.01 by default.

    Notes
    -----
    Loshchilov and Hutter, "Decoupled weight decay regularization" (2019).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import optim
    >>> w = ad.tensor([1.0], requires_grad=True)
    >>> optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.1)
    >>> (0 * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9900], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad,
            maximize=maximize, foreach=foreach, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip
