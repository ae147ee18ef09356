"""What is done to a tile of a product while it is still in the first-level cache.

An epilogue is a tuple (activation, bias, has_bias, residual, has_residual, ldr): the number of an
activation, and pointers to the first elements that belong to a block of the product; rows of the
residual are `ldr` apart.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from ..jit import inline, part
from ..simd import at, lanes, load_first, store_first
from ..vector_math import gelu, relu, sigmoid, tanh

# In the order of products.ACTIVATIONS.
NONE, RELU, GELU, TANH, SIGMOID = range(5)


@inline
def moved(epilogue, i, j):
    """Return the epilogue of the block that begins at row i and column j of another's."""
    activation, bias, has_bias, residual, has_residual, ldr = epilogue
    return activation, at(bias, j), has_bias, at(residual, i * ldr + j), has_residual, ldr


@part
def finish(c, ldc, height, width, row, epilogue):
    """c = activation(c + bias) + residual, for the tile that begins at a row of the block."""
    activation, bias, has_bias, residual, has_residual, ldr = epilogue
    if activation == NONE and not has_bias and not has_residual:
        return
    for j in range(0, width, lanes(c)):
        left = width - j
        shift = load_first(bias, j, left if has_bias else 0, 0.0)
        for i in range(height):
            v = load_first(c, i * ldc + j, left, 0.0) + shift
            if activation == RELU:
                v = relu(v)
            elif activation == GELU:
                v = gelu(v)
            elif activation == TANH:
                v = tanh(v)
            elif activation == SIGMOID:
                v = sigmoid(v)
            if has_residual:
                v = v + load_first(residual, (row + i) * ldr + j, left, 0.0)
            store_first(v, c, i * ldc + j, left)
