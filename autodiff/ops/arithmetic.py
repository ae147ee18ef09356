"""Arithmetic: the four operations, powers, and what is close to them."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import binary, unary
from ..interop import implements

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["add", "sub", "mul", "exp", "tanh"]


@implements(np.add)
@binary(np.add, lambda g: g, lambda g: g, scalar=operator.add, symbol="+")
def add(input: Any, other: Any) -> Tensor:
    """Sum of two tensors, with broadcasting.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.add(ad.tensor([1.0, 2.0]), 3)
    tensor([4., 5.])
    """


@implements(np.subtract)
@binary(np.subtract, lambda g: g, lambda g: -g, scalar=operator.sub, symbol="-")
def sub(input: Any, other: Any) -> Tensor:
    """Difference of two tensors, with broadcasting.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sub(ad.tensor([1.0, 2.0]), 3)
    tensor([-2., -1.])
    """


@implements(np.multiply)
@binary(np.multiply, lambda g, y: g * y, lambda g, x: g * x, scalar=operator.mul, symbol="*")
def mul(input: Any, other: Any) -> Tensor:
    """Product of two tensors, element by element, with broadcasting.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mul(ad.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """


@implements(np.exp)
@unary(np.exp, lambda g, out: g * out, scalar=math.exp)
def exp(input: Any) -> Tensor:
    """Exponential."""


@implements(np.tanh)
@unary(np.tanh, lambda g, out: g * (1 - out * out), scalar=math.tanh)
def tanh(input: Any) -> Tensor:
    """Hyperbolic tangent."""
