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
    sizes = [(1, 1, "none"), (9, 35, "mean"), (300, 1301, "none"), (300, 1301, "sum")]
    rows = []
    for n, classes, reduction in sizes:
        labels = rng.integers(0, classes, n)
        labels[n // 2 :: 7] = -100
        rows.append((rng.standard_normal((n, classes)).astype(dtype), labels, -100, reduction))
    return rows


def _loss_gradients(rng, dtype):
    rows = []
    for logits, labels, ignored, reduction in _losses(rng, dtype):
        g = rng.standard_normal(len(labels) if reduction == "none" else 1).astype(dtype)
        _, statistics, count = kernels.cross_entropy.reference(logits, labels, ignored, reduction)
        rows.append((g, logits, labels, statistics, ignored, count))
    return rows


ROWS = {
    "softmax": _forward,
    "softmax_backward": _backward(kernels.softmax),
    "log_softmax": _forward,
    "log_softmax_backward": _backward(kernels.log_softmax),
    "cross_entropy": _losses,
    "cross_entropy_backward": _loss_gradients,
}
