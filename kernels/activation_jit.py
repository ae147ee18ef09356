"""Compiled activations: functions of vectors, made ufuncs."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from .ufunc import elementwise
from .vector_math import exp as exp_of
from .vector_math import gelu as gelu_of
from .vector_math import gelu_slope, gelu_tanh, gelu_tanh_slope, silu_slope
from .vector_math import sigmoid as sigmoid_of
from .vector_math import silu as silu_of

# Multiply-adds of a convolution in the time that an element takes.
MOVED, CHEAP, DEAR = 8, 20, 32


@elementwise(work=CHEAP)
def exp(x):
    return exp_of(x)


@elementwise(work=CHEAP)
def sigmoid(x):
    return sigmoid_of(x)


@elementwise(work=MOVED)
def sigmoid_backward(g, out):
    return g * (out * (1.0 - out))


@elementwise(work=MOVED)
def tanh_backward(g, out):
    return g * (1.0 - out * out)


@elementwise(work=CHEAP)
def silu(x):
    return silu_of(x)


@elementwise(work=CHEAP)
def silu_backward(g, x):
    return g * silu_slope(x)


@elementwise(work=DEAR)
def _gelu_exact(x):
    return gelu_of(x)


@elementwise(work=DEAR)
def _gelu_tanh(x):
    return gelu_tanh(x)


def gelu(x: np.ndarray, approximate: str) -> np.ndarray:
    return _gelu_tanh(x) if approximate == "tanh" else _gelu_exact(x)


@elementwise(work=DEAR)
def _gelu_exact_backward(g, x):
    return g * gelu_slope(x)


@elementwise(work=DEAR)
def _gelu_tanh_backward(g, x):
    return g * gelu_tanh_slope(x)


def gelu_backward(g: np.ndarray, x: np.ndarray, approximate: str) -> np.ndarray:
    return _gelu_tanh_backward(g, x) if approximate == "tanh" else _gelu_exact_backward(g, x)
