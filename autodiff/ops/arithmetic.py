"""Arithmetic: sums, differences, products, and what is made of them."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import binary, operand, unary
from ..interop import implements
from ..scalar_math import sign as _sign
from .division import div
from .masks import nothing
from .selection import where

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "abs", "absolute", "add", "addcdiv", "addcmul", "lerp", "mul", "multiply", "neg", "negative",
    "positive", "sign", "sub", "subtract",
]  # fmt: skip

METHODS = tuple(__all__)
IN_PLACE = tuple(name for name in __all__ if name != "positive")


@implements(np.add)
@binary(np.add, lambda g: g, lambda g: g, scalar=operator.add, symbol="+")
def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Sum of two tensors, element by element: ``input + alpha * other``.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted. Also written ``input + other``.
    alpha : number, default 1
        Factor of `other`.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.add(ad.tensor([1.0, 2.0]), 3, alpha=10)
    tensor([31., 32.])
    """
    return add(input, mul(other, alpha))


@implements(np.subtract)
@binary(np.subtract, lambda g: g, lambda g: -g, scalar=operator.sub, symbol="-")
def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Difference of two tensors, element by element: ``input - alpha * other``.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted. Also written ``input - other``.
    alpha : number, default 1
        Factor of `other`.

    Raises
    ------
    TypeError
        For two bool tensors; ``logical_xor`` tells where they differ.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sub(ad.tensor([1.0, 2.0]), 3)
    tensor([-2., -1.])
    """
    return sub(input, mul(other, alpha))


@implements(np.multiply)
@binary(np.multiply, lambda g, y: g * y, lambda g, x: g * x, scalar=operator.mul, symbol="*")
def mul(input: Any, other: Any) -> Tensor:
    """Product of two tensors, element by element.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted. Also written ``input * other``.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mul(ad.tensor([[1.0], [2.0]]), ad.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """


@implements(np.negative)
@unary(np.negative, lambda g: -g, scalar=operator.neg, symbol="neg", floating=False)
def neg(input: Any) -> Tensor:
    """Negative of each element.

    Parameters
    ----------
    input : Tensor or Value
        Also written ``-input``.

    Raises
    ------
    TypeError
        For a bool tensor; ``logical_not`` negates those.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.neg(ad.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """


@implements(np.positive)
def positive(input: Any) -> Tensor:
    """The tensor itself, as ``+input``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.positive(ad.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    return input if hasattr(input, "requires_grad") else operand(input, "positive", number=False)


@implements(np.absolute, np.fabs)
@unary(np.absolute, lambda g, x: g * np.sign(x), scalar=math.fabs, floating=False)
def abs(input: Any) -> Tensor:
    """Absolute value of each element; its derivative at 0 is 0.

    Parameters
    ----------
    input : Tensor or Value
        Also written ``abs(input)``. Integers stay integers.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.abs(ad.tensor([-1.5, 0.0, 2.0]))
    tensor([1.5000, 0.0000, 2.0000])
    """


@implements(np.sign)
@unary(
    lambda x: x.copy() if x.dtype.kind == "b" else np.sign(x), nothing, scalar=_sign, floating=False
)
def sign(input: Any) -> Tensor:
    """-1, 0 or 1 for negative, zero and positive elements; the derivative is 0 everywhere.

    Parameters
    ----------
    input : Tensor or Value
        Integers stay integers; NaN stays NaN.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sign(ad.tensor([-1.5, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """``input + value * tensor1 * tensor2``, element by element.

    Parameters
    ----------
    input, tensor1, tensor2 : Tensor, Value or number
        Of shapes that broadcast.
    value : number, default 1

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.addcmul(ad.tensor([1.0, 2.0]), ad.tensor(3.0), ad.tensor([1.0, 10.0]), value=2)
    tensor([ 7., 62.])
    """
    return add(input, _scaled(mul(tensor1, tensor2), value))


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """``input + value * tensor1 / tensor2``, element by element.

    Parameters
    ----------
    input, tensor1, tensor2 : Tensor, Value or number
        Of shapes that broadcast.
    value : number, default 1

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.addcdiv(ad.tensor([1.0, 2.0]), ad.tensor(3.0), ad.tensor([1.0, 10.0]))
    tensor([4.0000, 2.3000])
    """
    return add(input, _scaled(div(tensor1, tensor2), value))


def _scaled(x: Any, factor: Any) -> Any:
    return x if factor.__class__ is int and factor == 1 else mul(x, factor)


def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """Linear interpolation from `input` (at weight 0) to `end` (at weight 1).

    Both ends are met exactly: the sum starts from the nearer one.

    Parameters
    ----------
    input, end : Tensor, Value or number
        Of shapes that broadcast.
    weight : Tensor, Value or number
        Outside [0, 1] it extrapolates.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.lerp(ad.tensor([1.0, 2.0]), ad.tensor([3.0, 6.0]), 0.25)
    tensor([1.5000, 3.0000])
    """
    difference = sub(end, input)
    from_input = add(input, mul(difference, weight))
    near = np.abs(weight) < 0.5
    if isinstance(near, (bool, np.bool_)) and near:
        return from_input
    from_end = sub(end, mul(difference, 1 - weight))
    return from_end if isinstance(near, (bool, np.bool_)) else where(near, from_input, from_end)


absolute = abs
multiply = mul
negative = neg
subtract = sub
