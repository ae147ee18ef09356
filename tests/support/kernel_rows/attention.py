"""Attention."""

from __future__ import annotations

import numpy as np

# N, H, L, S, E, V, the mask's shape (None: no mask), causal
SIZES = [
    (1, 2, 3, 3, 4, 4, None, True),
    (2, 3, 53, 41, 5, 7, (2, 1, 1, 41), False),
    (1, 3, 21, 131, 17, 3, (3, 21, 131), True),
    (2, 3, 130, 300, 20, 33, None, False),
]


def _forward(rng, dtype):
    calls = []
    for n, h, queries, keys, width, value_width, mask_shape, causal in SIZES:
        shapes = [(n, h, queries, width), (n, h, keys, width), (n, h, keys, value_width)]
        mask = None
        if mask_shape is not None:
            mask = np.where(rng.random(mask_shape) < 0.3, -np.inf, rng.standard_normal(mask_shape))
            mask = mask.astype(dtype).reshape((1,) * (4 - mask.ndim) + mask.shape)
        operands = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
        calls.append((*operands, mask, causal, width**-0.5))
    return calls


def _backward(rng, dtype):
    calls = []
    for *operands, causal, scale in _forward(rng, dtype):
        query, _, value, _ = operands
        shape = (*query.shape[:3], value.shape[3])
        # Any numbers will do: what a forward pass gives has bits that depend on BLAS's threads.
        g, out = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
        log_sums = (rng.standard_normal(shape[:3]) + 3).astype(dtype)
        calls.append((g, *operands, out, log_sums, causal, scale))
    return calls


ROWS = {"attention_forward": _forward, "attention_backward": _backward}
