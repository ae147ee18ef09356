"""Compiled activations: functions of vectors, taken over memory by one loop each."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from .elementwise_jit import each, each_pair, mapped, mapped_pair
from .jit import parallel
from .vector_math import exp as exp_of
from .vector_math import gelu as gelu_of
from .vector_math import gelu_slope, gelu_tanh, gelu_tanh_slope, silu_slope, vector_function
from .vector_math import sigmoid as sigmoid_of
from .vector_math import silu as silu_of

# Multiply-adds of a convolution in the time that an element takes.
MOVED, CHEAP, DEAR = 8, 20, 32


@parallel
def _exp(x, out, begin, end):
    each(exp_of, x, out, begin, end)


@parallel
def _sigmoid(x, out, begin, end):
    each(sigmoid_of, x, out, begin, end)


@parallel
def _silu(x, out, begin, end):
    each(silu_of, x, out, begin, end)


@parallel
def _gelu(x, out, begin, end):
    each(gelu_of, x, out, begin, end)


@parallel
def _gelu_tanh(x, out, begin, end):
    each(gelu_tanh, x, out, begin, end)


@vector_function
def _past_sigmoid(g, out):
    return g * (out * (1.0 - out))


@vector_function
def _past_tanh(g, out):
    return g * (1.0 - out * out)


@vector_function
def _past_silu(g, x):
    return g * silu_slope(x)


@vector_function
def _past_gelu(g, x):
    return g * gelu_slope(x)


@vector_function
def _past_gelu_tanh(g, x):
    return g * gelu_tanh_slope(x)


@parallel
def _sigmoid_backward(g, out, dx, begin, end):
    each_pair(_past_sigmoid, g, out, dx, begin, end)


@parallel
def _tanh_backward(g, out, dx, begin, end):
    each_pair(_past_tanh, g, out, dx, begin, end)


@parallel
def _silu_backward(g, x, dx, begin, end):
    each_pair(_past_silu, g, x, dx, begin, end)


@parallel
def _gelu_backward(g, x, dx, begin, end):
    each_pair(_past_gelu, g, x, dx, begin, end)


@parallel
def _gelu_tanh_backward(g, x, dx, begin, end):
    each_pair(_past_gelu_tanh, g, x, dx, begin, end)


def exp(x: np.ndarray) -> np.ndarray:
    return mapped(_exp, x, CHEAP)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return mapped(_sigmoid, x, CHEAP)


def silu(x: np.ndarray) -> np.ndarray:
    return mapped(_silu, x, CHEAP)


def gelu(x: np.ndarray, approximate: str) -> np.ndarray:
    return mapped(_gelu_tanh if approximate == "tanh" else _gelu, x, DEAR)


def sigmoid_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    return mapped_pair(_sigmoid_backward, g, out, MOVED)


def tanh_backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
    return mapped_pair(_tanh_backward, g, out, MOVED)


def silu_backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    return mapped_pair(_silu_backward, g, x, CHEAP)


def gelu_backward(g: np.ndarray, x: np.ndarray, approximate: str) -> np.ndarray:
    loop = _gelu_tanh_backward if approximate == "tanh" else _gelu_backward
    return mapped_pair(loop, g, x, DEAR)
