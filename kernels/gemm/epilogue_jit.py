"""What is done to a block of a product while it is still in a cache.

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
def is_wanted(epilogue):
    """Say whether there is anything to do."""
    activation, _, has_bias, _, has_residual, _ = epilogue
    return activation != NONE or has_bias or has_residual


@inline
def moved(epilogue, place, column):
    """Return the epilogue of the block that begins at a place (in elements) and column of another's."""
    activation, bias, has_bias, residual, has_residual, ldr = epilogue
    return activation, at(bias, column), has_bias, at(residual, place), has_residual, ldr


@part
def finish(c, ldc, height, width, epilogue):
    """c = activation(c + bias) + residual, for a block of a product."""
    activation, bias, has_bias, residual, has_residual, ldr = epilogue
    if not is_wanted(epilogue):
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
                v = v + load_first(residual, i * ldr + j, left, 0.0)
            store_first(v, c, i * ldc + j, left)
