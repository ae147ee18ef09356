"""Softmax, its logarithm, and cross-entropy."""

from __future__ import annotations

from autodiff import kernels

SIZES = [((3,), 0), ((7, 35), 1), ((5, 6, 9), 1), ((41, 1100), 0), ((300, 1301), 1)]


def _forward(rng, dtype):
    return [(rng.standard_normal(shape).astype(dtype), axis) for shape, axis in SIZES]


def _backward(kernel):
    def calls(rng, dtype):
        return [
            (rng.standard_normal(x.shape).astype(dtype), kernel.reference(x, axis), axis)
            for x, axis in _forward(rng, dtype)
        ]

    return calls


def _losses(rng, dtype):
    return [
        (rng.standard_normal((n, classes)).astype(dtype), rng.integers(0, classes, n))
        for n, classes in [(1, 1), (9, 35), (300, 1301)]
    ]


def _loss_gradients(rng, dtype):
    return [
        (
            rng.standard_normal(len(labels)).astype(dtype),
            logits,
            labels,
            *kernels.cross_entropy.reference(logits, labels)[1:],
        )
        for logits, labels in _losses(rng, dtype)
    ]


ROWS = {
    "softmax": _forward,
    "softmax_backward": _backward(kernels.softmax),
    "log_softmax": _forward,
    "log_softmax_backward": _backward(kernels.log_softmax),
    "cross_entropy": _losses,
    "cross_entropy_backward": _loss_gradients,
}
