"""The optimisers' steps compiled: one pass over the memory of all parameters.

The elements of all parameters are cut into blocks of one size, whichever parameter they belong to,
so that a network of many small ones and one of few large ones are shared out alike.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from typing import Any

import numpy as np

from . import update
from .jit import inline, parallel
from .simd import lanes, load, load_first, maximum, pointer_to, sqrt, store, store_first
from .table_jit import table_of
from .threads import split

__all__ = ["adadelta_step", "adagrad_step", "adam_step", "rmsprop_step", "sgd_step"]

BLOCK = 2048  # elements

_LIKE = {dtype: np.empty(0, dtype) for dtype in (np.dtype(np.float32), np.dtype(np.float64))}


@inline
def _take(pointer, i, count):
    return load(pointer, i) if count >= lanes(pointer) else load_first(pointer, i, count, 0.0)


@inline
def _put(vector, pointer, i, count):
    if count >= lanes(pointer):
        store(vector, pointer, i)
    else:
        store_first(vector, pointer, i, count)


@inline
def _piece(block, firsts, sizes):
    """Return the parameter that a block lies in, and where it begins and ends there; block firsts[j]
    is the first one of parameter j."""
    low, high = 0, len(sizes)
    while high - low > 1:
        middle = (low + high) // 2
        if firsts[middle] <= block:
            low = middle
        else:
            high = middle
    start = (block - firsts[low]) * BLOCK
    return low, start, min(start + BLOCK, sizes[low])


def _move(kernel: Any, lists: list[Any], numbers: tuple[Any, ...], each: Any) -> bool:
    """Run a kernel over a table of arrays, where there can be one.

    Parameters
    ----------
    lists : list of (list of ndarray or None)
        Parameters, gradients and what is kept for each; None for what is not kept.
    numbers : tuple of float or bool
        What holds for all parameters.
    each : sequence of float
        A number for each parameter.
    """
    table = table_of(lists, BLOCK)
    if table is None:
        return False
    options = tuple(n if isinstance(n, bool) else float(n) for n in numbers)
    arguments = _LIKE[lists[0][0].dtype], *table, np.fromiter(each, np.float64), options
    blocks = int(table[-1][-1])
    split(kernel, arguments, blocks, blocks * BLOCK * 4 * len(lists))
    return True


def sgd_step(w, g, buffer, lr, momentum, dampening, weight_decay, nesterov, first):
    numbers = lr, momentum, 1.0 - dampening, weight_decay, buffer is not None, nesterov
    if not _move(_sgd, [w, g, buffer], numbers, first):
        update.sgd_step.reference(
            w, g, buffer, lr, momentum, dampening, weight_decay, nesterov, first
        )


@parallel
def _sgd(like, rows, sizes, firsts, first, numbers, begin, end):
    lr, momentum, keep, weight_decay, moving, nesterov = numbers
    for block in range(begin, end):
        j, start, stop = _piece(block, firsts, sizes)
        w = pointer_to(rows[0, j], like)
        g = pointer_to(rows[1, j], like)
        buffer = pointer_to(rows[2, j], like)
        for i in range(start, stop, lanes(w)):
            n = stop - i
            x, d = _take(w, i, n), _take(g, i, n)
            if weight_decay != 0:
                d = d + x * weight_decay
            if moving:
                v = d if first[j] != 0 else _take(buffer, i, n) * momentum + d * keep
                _put(v, buffer, i, n)
                d = d + v * momentum if nesterov else v
            _put(x - d * lr, w, i, n)


def adam_step(w, g, mean, square, largest, lr, beta1, beta2, eps, l2, shrink, step):
    numbers = lr, beta1, beta2, eps, l2, shrink, largest is not None
    if not _move(_adam, [w, g, mean, square, largest], numbers, step):
        update.adam_step.reference(
            w, g, mean, square, largest, lr, beta1, beta2, eps, l2, shrink, step
        )


@parallel
def _adam(like, rows, sizes, firsts, step, numbers, begin, end):
    lr, beta1, beta2, eps, l2, shrink, amsgrad = numbers
    for block in range(begin, end):
        j, start, stop = _piece(block, firsts, sizes)
        w = pointer_to(rows[0, j], like)
        g = pointer_to(rows[1, j], like)
        mean = pointer_to(rows[2, j], like)
        square = pointer_to(rows[3, j], like)
        largest = pointer_to(rows[4, j], like)
        rate = lr / (1.0 - beta1 ** step[j])
        correction = 1.0 / np.sqrt(1.0 - beta2 ** step[j])
        for i in range(start, stop, lanes(w)):
            n = stop - i
            x, d = _take(w, i, n) * (1.0 - shrink), _take(g, i, n)
            if l2 != 0:
                d = d + x * l2
            m, v = _take(mean, i, n), _take(square, i, n)
            m = m + (d - m) * (1.0 - beta1)
            v = v * beta2 + d * d * (1.0 - beta2)
            _put(m, mean, i, n)
            _put(v, square, i, n)
            if amsgrad:
                v = maximum(_take(largest, i, n), v)
                _put(v, largest, i, n)
            _put(x - m / (sqrt(v) * correction + eps) * rate, w, i, n)


def rmsprop_step(w, g, square, mean, buffer, lr, alpha, eps, momentum, weight_decay):
    numbers = lr, alpha, eps, momentum, weight_decay, mean is not None, buffer is not None
    if not _move(_rmsprop, [w, g, square, mean, buffer], numbers, np.zeros(len(w))):
        update.rmsprop_step.reference(
            w, g, square, mean, buffer, lr, alpha, eps, momentum, weight_decay
        )


@parallel
def _rmsprop(like, rows, sizes, firsts, each, numbers, begin, end):
    lr, alpha, eps, momentum, weight_decay, centred, moving = numbers
    for block in range(begin, end):
        j, start, stop = _piece(block, firsts, sizes)
        w = pointer_to(rows[0, j], like)
        g = pointer_to(rows[1, j], like)
        square = pointer_to(rows[2, j], like)
        mean = pointer_to(rows[3, j], like)
        buffer = pointer_to(rows[4, j], like)
        for i in range(start, stop, lanes(w)):
            n = stop - i
            x, d = _take(w, i, n), _take(g, i, n)
            if weight_decay != 0:
                d = d + x * weight_decay
            s = _take(square, i, n) * alpha + d * d * (1.0 - alpha)
            _put(s, square, i, n)
            if centred:
                m = _take(mean, i, n)
                m = m + (d - m) * (1.0 - alpha)
                _put(m, mean, i, n)
                s = s - m * m
            d = d / (sqrt(s) + eps)
            if moving:
                d = _take(buffer, i, n) * momentum + d
                _put(d, buffer, i, n)
            _put(x - d * lr, w, i, n)


def adagrad_step(w, g, total, lr, eps, weight_decay):
    if not _move(_adagrad, [w, g, total], (eps, weight_decay), lr):
        update.adagrad_step.reference(w, g, total, lr, eps, weight_decay)


@parallel
def _adagrad(like, rows, sizes, firsts, lr, numbers, begin, end):
    eps, weight_decay = numbers
    for block in range(begin, end):
        j, start, stop = _piece(block, firsts, sizes)
        w = pointer_to(rows[0, j], like)
        g = pointer_to(rows[1, j], like)
        total = pointer_to(rows[2, j], like)
        for i in range(start, stop, lanes(w)):
            n = stop - i
            x, d = _take(w, i, n), _take(g, i, n)
            if weight_decay != 0:
                d = d + x * weight_decay
            t = _take(total, i, n) + d * d
            _put(t, total, i, n)
            _put(x - d / (sqrt(t) + eps) * lr[j], w, i, n)


def adadelta_step(w, g, square, delta_square, lr, rho, eps, weight_decay):
    numbers = lr, rho, eps, weight_decay
    if not _move(_adadelta, [w, g, square, delta_square], numbers, np.zeros(len(w))):
        update.adadelta_step.reference(w, g, square, delta_square, lr, rho, eps, weight_decay)


@parallel
def _adadelta(like, rows, sizes, firsts, each, numbers, begin, end):
    lr, rho, eps, weight_decay = numbers
    for block in range(begin, end):
        j, start, stop = _piece(block, firsts, sizes)
        w = pointer_to(rows[0, j], like)
        g = pointer_to(rows[1, j], like)
        square = pointer_to(rows[2, j], like)
        moved = pointer_to(rows[3, j], like)
        for i in range(start, stop, lanes(w)):
            n = stop - i
            x, d = _take(w, i, n), _take(g, i, n)
            if weight_decay != 0:
                d = d + x * weight_decay
            s, a = _take(square, i, n) * rho + d * d * (1.0 - rho), _take(moved, i, n)
            _put(s, square, i, n)
            d = sqrt(a + eps) / sqrt(s + eps) * d
            _put(a * rho + d * d * (1.0 - rho), moved, i, n)
            _put(x - d * lr, w, i, n)
