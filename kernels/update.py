"""One step of each optimiser, in place, for a list of parameters.

Beside the parameters are lists of as many gradients, and of arrays that are kept for each parameter;
None stands for a list that the options do not ask for. What belongs to one parameter has one shape
and dtype. Formulas and the order of operations are PyTorch's, so that twenty steps agree to
rounding. Nothing here knows of schedules or of weight groups: the caller passes plain numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np

from .registry import kernel

__all__ = ["adadelta_step", "adagrad_step", "adam_step", "rmsprop_step", "sgd_step"]


Arrays = list[np.ndarray]


def _large(w: Arrays, *rest: Any) -> bool:
    """Say whether the compiled version pays.

    Measured: NumPy needs 5 to 12 passes of about 0.5 us each for a small array, a compiled call
    10 us for all; but the first one imports Numba (0.3 s), which a network of a few hundred weights
    should not wait for.
    """
    return sum([a.size for a in w]) > 4096


def _calls(kept: int, *numbers: Any) -> Callable[[Any], list[tuple[Any, ...]]]:
    """Return the examples of a kernel that keeps so many arrays for each parameter."""
    return lambda dtype: [(*([np.ones(3, dtype)] for _ in range(2 + kept)), *numbers)]


def _each(*lists: Sequence[Any] | None) -> Iterator[tuple[Any, ...]]:
    """Go through lists side by side, with None for what is not kept."""
    return zip(*(repeat(None) if one is None else one for one in lists))


@kernel(
    compiled="update_jit", prefer=_large, examples=_calls(1, 0.1, 0.9, 0.0, 0.0, False, [False])
)
def sgd_step(
    w: Arrays,
    g: Arrays,
    buffer: Arrays | None,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    first: Sequence[bool],
) -> None:
    """Gradient descent with momentum (Sutskever et al. 2013).

    Parameters
    ----------
    w, g : list of ndarray
        The parameters, written, and their gradients, left as they are.
    buffer : list of ndarray or None
        The velocities, written; None without momentum.
    first : sequence of bool
        Which buffers are new: they become the gradients.

    Examples
    --------
    >>> w = np.ones(2)
    >>> sgd_step([w], [np.array([1.0, 2.0])], None, 0.5, 0.0, 0.0, 0.0, False, [True])
    >>> w
    array([0.5, 0. ])
    """
    for x, d, velocity, new in _each(w, g, buffer, first):
        if weight_decay:
            d = d + weight_decay * x
        if velocity is not None:
            if new:
                np.copyto(velocity, d)
            else:
                velocity *= momentum
                velocity += d if dampening == 0 else (1 - dampening) * d
            d = d + momentum * velocity if nesterov else velocity
        x -= lr * d


@kernel(compiled="update_jit", prefer=_large, examples=_calls(3, 0.1, 0.9, 0.9, 0.1, 0.0, 0.0, [1]))
def adam_step(
    w: Arrays,
    g: Arrays,
    mean: Arrays,
    square: Arrays,
    largest: Arrays | None,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    l2: float,
    shrink: float,
    step: Sequence[int],
) -> None:
    """Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter 2019), AMSGrad (Reddi et al. 2018).

    Parameters
    ----------
    w, g, mean, square : list of ndarray
        Parameters, gradients, and the running averages of the gradient and of its square.
    largest : list of ndarray or None
        The largest `square` so far, for AMSGrad.
    l2 : float
        Adam's weight decay, added to the gradient.
    shrink : float
        AdamW's weight decay: `w` is first multiplied by ``1 - shrink``.
    step : sequence of int
        The number of each parameter's step, counted from 1.

    Examples
    --------
    >>> w, mean, square = np.ones(2), np.zeros(2), np.zeros(2)
    >>> g = np.array([3.0, -7.0])
    >>> adam_step([w], [g], [mean], [square], None, 0.1, 0.9, 0.999, 0.0, 0.0, 0.0, [1])
    >>> w.round(6)
    array([0.9, 1.1])
    """
    for x, d, m, v, most, t in _each(w, g, mean, square, largest, step):
        if shrink:
            x *= 1 - shrink
        if l2:
            d = d + l2 * x
        m += (1 - beta1) * (d - m)
        v *= beta2
        v += (1 - beta2) * (d * d)
        if most is not None:
            v = np.maximum(most, v, out=most)
        scale = np.sqrt(v) / (1 - beta2**t) ** 0.5 + eps
        x -= lr / (1 - beta1**t) * (m / scale)


@kernel(compiled="update_jit", prefer=_large, examples=_calls(3, 0.1, 0.9, 0.1, 0.0, 0.0))
def rmsprop_step(
    w: Arrays,
    g: Arrays,
    square: Arrays,
    mean: Arrays | None,
    buffer: Arrays | None,
    lr: float,
    alpha: float,
    eps: float,
    momentum: float,
    weight_decay: float,
) -> None:
    """RMSprop (Tieleman and Hinton 2012), centred (Graves 2013) where `mean` is given.

    Examples
    --------
    >>> w = np.ones(2)
    >>> rmsprop_step([w], [np.array([3.0, -7.0])], [np.zeros(2)], None, None, 0.1, 0.75, 0.0, 0.0, 0.0)
    >>> w
    array([0.8, 1.2])
    """
    for x, d, s, m, velocity in _each(w, g, square, mean, buffer):
        if weight_decay:
            d = d + weight_decay * x
        s *= alpha
        s += (1 - alpha) * (d * d)
        if m is None:
            scale = np.sqrt(s) + eps
        else:
            m += (1 - alpha) * (d - m)
            scale = np.sqrt(s - m * m) + eps
        if velocity is None:
            x -= lr * (d / scale)
        else:
            velocity *= momentum
            velocity += d / scale
            x -= lr * velocity


@kernel(compiled="update_jit", prefer=_large, examples=_calls(1, [0.1], 0.1, 0.0))
def adagrad_step(
    w: Arrays, g: Arrays, total: Arrays, lr: Sequence[float], eps: float, weight_decay: float
) -> None:
    """Adagrad (Duchi, Hazan and Singer 2011); each parameter's `lr` has the decay in it already.

    Examples
    --------
    >>> w = np.ones(2)
    >>> adagrad_step([w], [np.array([3.0, -7.0])], [np.zeros(2)], [0.1], 0.0, 0.0)
    >>> w
    array([0.9, 1.1])
    """
    for x, d, s, rate in _each(w, g, total, lr):
        if weight_decay:
            d = d + weight_decay * x
        s += d * d
        x -= rate * (d / (np.sqrt(s) + eps))


@kernel(compiled="update_jit", prefer=_large, examples=_calls(2, 0.1, 0.9, 0.1, 0.0))
def adadelta_step(
    w: Arrays,
    g: Arrays,
    square: Arrays,
    delta_square: Arrays,
    lr: float,
    rho: float,
    eps: float,
    weight_decay: float,
) -> None:
    """Adadelta (Zeiler 2012).

    Examples
    --------
    >>> w = np.ones(2)
    >>> adadelta_step([w], [np.array([3.0, 0.0])], [np.zeros(2)], [np.zeros(2)], 1.0, 0.75, 1.0, 0.0)
    >>> w.round(4)
    array([-0.6641,  1.    ])
    """
    for x, d, s, moved in _each(w, g, square, delta_square):
        if weight_decay:
            d = d + weight_decay * x
        s *= rho
        s += (1 - rho) * (d * d)
        delta = np.sqrt(moved + eps) / np.sqrt(s + eps) * d
        moved *= rho
        moved += (1 - rho) * (delta * delta)
        x -= lr * delta
