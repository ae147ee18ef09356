"""Convolutions: small, odd, of one axis and of three, depthwise, strided, worth several threads."""

from __future__ import annotations

import numpy as np

from autodiff import kernels

# shapes of x and w; stride, padding, dilation, groups
SIZES = [
    ((1, 2, 3, 4), (3, 2, 2, 2), (1, 0, 1, 1)),
    ((3, 5, 13, 17), (11, 5, 3, 4), ((2, 1), ((1, 0), (2, 3)), (1, 2), 1)),
    ((3, 4, 50), (10, 2, 5), (1, 2, 1, 2)),
    ((1, 3, 6, 7, 9), (9, 3, 2, 3, 3), (1, 1, 1, 1)),
    ((4, 24, 15, 15), (24, 1, 3, 3), (1, 1, 1, 24)),
    ((4, 40, 20, 21), (50, 40, 3, 3), (1, 1, 1, 1)),
]


def _row(arguments):
    """Random x, w and gradient of the output, in the order that the kernel takes."""

    def calls(rng, dtype):
        rows = []
        for x_shape, w_shape, options in SIZES:
            x, w = rng.normal(size=x_shape).astype(dtype), rng.normal(size=w_shape).astype(dtype)
            shape = kernels.conv_forward.reference(x, w, None, *options).shape
            # Of the size of one over the root of the number of terms, so that sums are about 1.
            g = (rng.normal(size=shape) / np.sqrt(np.prod(shape) / shape[1])).astype(dtype)
            w = (w / np.sqrt(np.prod(w_shape[1:]))).astype(dtype)
            rows.append(arguments(rng, x, w, g, options))
        return rows

    return calls


def _forward(rng, x, w, g, options):
    bias, residual = rng.normal(size=len(w)).astype(x.dtype), np.ones_like(g)
    return (x, w, bias, *options, "relu", residual)


ROWS = {
    "conv_forward": _row(_forward),
    "conv_input_grad": _row(lambda rng, x, w, g, options: (g, w, x.shape, *options)),
    "conv_weight_grad": _row(lambda rng, x, w, g, options: (g, x, w.shape, *options)),
    "conv_bias_grad": _row(lambda rng, x, w, g, options: (g,)),
}
