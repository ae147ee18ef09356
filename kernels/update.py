"""One step of each optimiser, in place, for one parameter.

All arrays have one shape and dtype. Formulas and the order of operations are PyTorch's, so that
twenty steps agree to rounding. Nothing here knows of schedules or of weight groups: the caller
passes plain numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .registry import kernel

__all__ = ["adadelta_step", "adagrad_step", "adam_step", "rmsprop_step", "sgd_step"]


def _large(w: np.ndarray, *rest: Any) -> bool:
    """Say whether the compiled version pays.

    Measured: NumPy needs 5 to 12 passes of about 0.5 us each for a small array, a compiled call
    3 us; but the first one imports Numba (0.5 s), which a network of a few hundred weights should
    not wait for.
    """
    return w.size > 4096


@kernel(compiled="update_jit", prefer=_large)
def sgd_step(
    w: np.ndarray,
    g: np.ndarray,
    buffer: np.ndarray | None,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    first: bool,
) -> None:
    """Gradient descent with momentum (Sutskever et al. 2013).

    Parameters
    ----------
    w, g : ndarray
        The parameter, written, and its gradient, left as it is.
    buffer : ndarray or None
        The velocity, written; None without momentum.
    first : bool
        The buffer is new: it becomes the gradient.
    """
    if weight_decay:
        g = g + weight_decay * w
    if buffer is not None:
        if first:
            np.copyto(buffer, g)
        else:
            buffer *= momentum
            buffer += g if dampening == 0 else (1 - dampening) * g
        g = g + momentum * buffer if nesterov else buffer
    w -= lr * g


@kernel(compiled="update_jit", prefer=_large)
def adam_step(
    w: np.ndarray,
    g: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    largest: np.ndarray | None,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    l2: float,
    shrink: float,
    step: int,
) -> None:
    """Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019), AMSGrad (Reddi et al. 2018).

    Parameters
    ----------
    w, g, mean, square : ndarray
        Parameter, gradient, and the running averages of the gradient and of its square.
    largest : ndarray or None
        The largest `square` so far, for AMSGrad.
    l2 : float
        Adam's weight decay, added to the gradient.
    shrink : float
        AdamW's weight decay: `w` is first multiplied by ``1 - shrink``.
    step : int
        Counted from 1.
    """
    if shrink:
        w *= 1 - shrink
    if l2:
        g = g + l2 * w
    mean += (1 - beta1) * (g - mean)
    square *= beta2
    square += (1 - beta2) * (g * g)
    if largest is not None:
        square = np.maximum(largest, square, out=largest)
    scale = np.sqrt(square) / (1 - beta2**step) ** 0.5 + eps
    w -= lr / (1 - beta1**step) * (mean / scale)


@kernel(compiled="update_jit", prefer=_large)
def rmsprop_step(
    w: np.ndarray,
    g: np.ndarray,
    square: np.ndarray,
    mean: np.ndarray | None,
    buffer: np.ndarray | None,
    lr: float,
    alpha: float,
    eps: float,
    momentum: float,
    weight_decay: float,
) -> None:
    """RMSprop (Tieleman and Hinton 2012), centred (Graves 2013) where `mean` is given."""
    if weight_decay:
        g = g + weight_decay * w
    square *= alpha
    square += (1 - alpha) * (g * g)
    if mean is None:
        scale = np.sqrt(square) + eps
    else:
        mean += (1 - alpha) * (g - mean)
        scale = np.sqrt(square - mean * mean) + eps
    if buffer is None:
        w -= lr * (g / scale)
    else:
        buffer *= momentum
        buffer += g / scale
        w -= lr * buffer


@kernel(compiled="update_jit", prefer=_large)
def adagrad_step(
    w: np.ndarray, g: np.ndarray, total: np.ndarray, lr: float, eps: float, weight_decay: float
) -> None:
    """Adagrad (Duchi, Hazan and Singer 2011); `lr` has the decay in it already."""
    if weight_decay:
        g = g + weight_decay * w
    total += g * g
    w -= lr * (g / (np.sqrt(total) + eps))


@kernel(compiled="update_jit", prefer=_large)
def adadelta_step(
    w: np.ndarray,
    g: np.ndarray,
    square: np.ndarray,
    delta_square: np.ndarray,
    lr: float,
    rho: float,
    eps: float,
    weight_decay: float,
) -> None:
    """Adadelta (Zeiler 2012)."""
    if weight_decay:
        g = g + weight_decay * w
    square *= rho
    square += (1 - rho) * (g * g)
    delta = np.sqrt(delta_square + eps) / np.sqrt(square + eps) * g
    delta_square *= rho
    delta_square += (1 - rho) * (delta * delta)
    w -= lr * delta
