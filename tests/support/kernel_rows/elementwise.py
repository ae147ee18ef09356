"""Functions and activations of single elements."""

from __future__ import annotations

import numpy as np

SHAPES = [(3,), (13, 21), (1000, 1301)]


def _inputs(count, *options, spread=3.0, bound=None):
    """Rows of a kernel that takes `count` arrays, and then some options."""

    def calls(rng, dtype):
        rows = []
        for shape in SHAPES:
            xs = [rng.standard_normal(shape) * spread for _ in range(count)]
            xs = [x if bound is None else np.clip(x, -bound, bound) for x in xs]
            rows += [(*[x.astype(dtype) for x in xs], *option) for option in options or [()]]
        return rows

    return calls


def _keep(rng, dtype):
    return [(rng.standard_normal(shape).astype(dtype), rng.random(shape) < 0.5) for shape in SHAPES]


def _dropout(rng, dtype):
    return [(rng.standard_normal(shape).astype(dtype), 0.3, 2**63 + 5) for shape in SHAPES]


ROWS = {
    "dropout": _dropout,
    "erf": _inputs(1),
    "erfc": _inputs(1),
    "erfinv": _inputs(1, spread=0.3, bound=0.99),
    "exp": _inputs(1),
    "gelu": _inputs(1, ("none",), ("tanh",)),
    "gelu_backward": _inputs(2, ("none",), ("tanh",)),
    "keep": _keep,
    "sigmoid": _inputs(1),
    "sigmoid_backward": _inputs(2),
    "silu": _inputs(1),
    "silu_backward": _inputs(2),
    "tanh_backward": _inputs(2),
}
