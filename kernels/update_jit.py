"""The optimisers' steps compiled: one pass over memory each.

Numbers reach the loops in the arrays' own dtype, so that float32 stays float32 and the loops
vectorise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import update
from .jit import jit

__all__ = ["adadelta_step", "adagrad_step", "adam_step", "rmsprop_step", "sgd_step"]


def _flat(*arrays: np.ndarray | None) -> list[Any] | None:
    """The arrays as vectors that share their memory; None where a shape or layout forbids it."""
    like = arrays[0]
    assert like is not None
    flat = []
    for a in arrays:
        if a is None:
            flat.append(like[:0].reshape(-1) if like.ndim else like.reshape(-1)[:0])
        elif a.flags.carray and a.dtype == like.dtype and a.shape == like.shape:
            flat.append(a.reshape(-1))
        else:
            return None
    return flat


def sgd_step(w, g, buffer, lr, momentum, dampening, weight_decay, nesterov, first):  # type: ignore[no-untyped-def]
    flat = _flat(w, g, buffer)
    if flat is None:
        update.sgd_step.reference(
            w, g, buffer, lr, momentum, dampening, weight_decay, nesterov, first
        )
        return
    number = w.dtype.type
    _sgd(
        *flat,
        number(lr),
        number(momentum),
        number(1 - dampening),
        number(weight_decay),
        nesterov,
        first,
    )


@jit
def _sgd(w, g, buffer, lr, momentum, keep, weight_decay, nesterov, first):  # type: ignore[no-untyped-def]
    if len(buffer) == 0:
        for i in range(len(w)):
            w[i] -= lr * (g[i] + weight_decay * w[i])
        return
    for i in range(len(w)):
        d = g[i] + weight_decay * w[i]
        v = d if first else momentum * buffer[i] + keep * d
        buffer[i] = v
        w[i] -= lr * (d + momentum * v if nesterov else v)


def adam_step(w, g, mean, square, largest, lr, beta1, beta2, eps, l2, shrink, step):  # type: ignore[no-untyped-def]
    flat = _flat(w, g, mean, square, largest)
    if flat is None:
        update.adam_step.reference(
            w, g, mean, square, largest, lr, beta1, beta2, eps, l2, shrink, step
        )
        return
    number = w.dtype.type
    _adam(
        *flat,
        number(lr / (1 - beta1**step)),
        number(1 - beta1),
        number(beta2),
        number(1 - beta2),
        number((1 - beta2**step) ** 0.5),
        number(eps),
        number(l2),
        number(1 - shrink),
    )


@jit
def _adam(w, g, mean, square, largest, lr, rest1, beta2, rest2, correction, eps, l2, keep):  # type: ignore[no-untyped-def]
    amsgrad = len(largest) > 0
    for i in range(len(w)):
        x = w[i] * keep
        d = g[i] + l2 * x
        m = mean[i] + rest1 * (d - mean[i])
        v = beta2 * square[i] + rest2 * (d * d)
        mean[i] = m
        square[i] = v
        if amsgrad:
            # np.maximum lets a NaN through; a comparison must too.
            v = v if v > largest[i] or v != v else largest[i]
            largest[i] = v
        w[i] = x - lr * (m / (np.sqrt(v) / correction + eps))


def rmsprop_step(w, g, square, mean, buffer, lr, alpha, eps, momentum, weight_decay):  # type: ignore[no-untyped-def]
    flat = _flat(w, g, square, mean, buffer)
    if flat is None:
        update.rmsprop_step.reference(
            w, g, square, mean, buffer, lr, alpha, eps, momentum, weight_decay
        )
        return
    number = w.dtype.type
    _rmsprop(
        *flat,
        number(lr),
        number(alpha),
        number(1 - alpha),
        number(eps),
        number(momentum),
        number(weight_decay),
    )


@jit
def _rmsprop(w, g, square, mean, buffer, lr, alpha, rest, eps, momentum, weight_decay):  # type: ignore[no-untyped-def]
    centred, moving = len(mean) > 0, len(buffer) > 0
    for i in range(len(w)):
        d = g[i] + weight_decay * w[i]
        s = alpha * square[i] + rest * (d * d)
        square[i] = s
        if centred:
            m = mean[i] + rest * (d - mean[i])
            mean[i] = m
            s -= m * m
        d /= np.sqrt(s) + eps
        if moving:
            d += momentum * buffer[i]
            buffer[i] = d
        w[i] -= lr * d


def adagrad_step(w, g, total, lr, eps, weight_decay):  # type: ignore[no-untyped-def]
    flat = _flat(w, g, total)
    if flat is None:
        update.adagrad_step.reference(w, g, total, lr, eps, weight_decay)
        return
    number = w.dtype.type
    _adagrad(*flat, number(lr), number(eps), number(weight_decay))


@jit
def _adagrad(w, g, total, lr, eps, weight_decay):  # type: ignore[no-untyped-def]
    for i in range(len(w)):
        d = g[i] + weight_decay * w[i]
        t = total[i] + d * d
        total[i] = t
        w[i] -= lr * (d / (np.sqrt(t) + eps))


def adadelta_step(w, g, square, delta_square, lr, rho, eps, weight_decay):  # type: ignore[no-untyped-def]
    flat = _flat(w, g, square, delta_square)
    if flat is None:
        update.adadelta_step.reference(w, g, square, delta_square, lr, rho, eps, weight_decay)
        return
    number = w.dtype.type
    _adadelta(*flat, number(lr), number(rho), number(1 - rho), number(eps), number(weight_decay))


@jit
def _adadelta(w, g, square, delta_square, lr, rho, rest, eps, weight_decay):  # type: ignore[no-untyped-def]
    for i in range(len(w)):
        d = g[i] + weight_decay * w[i]
        s = rho * square[i] + rest * (d * d)
        square[i] = s
        d *= np.sqrt(delta_square[i] + eps) / np.sqrt(s + eps)
        delta_square[i] = rho * delta_square[i] + rest * (d * d)
        w[i] -= lr * d
