"""Exponentials and logarithms."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels

from ..declare import beside, binary, elementwise, unary
from ..interop import implements
from ..primitive import Primitive
from .sigmoids import _sigmoid

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "xlogy",
]  # fmt: skip

METHODS = tuple(__all__)
IN_PLACE = tuple(name for name in __all__ if name != "logaddexp")

_LN2 = math.log(2)
_LN10 = math.log(10)


@implements(np.exp)
@unary(kernels.exp, lambda g, out: g * out, scalar=math.exp)
def exp(input: Any) -> Tensor:
    """Exponential of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.exp(ad.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """


@implements(np.exp2)
@unary(np.exp2, lambda g, out: g * (out * _LN2), scalar=math.exp2)
def exp2(input: Any) -> Tensor:
    """2 to the power of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.exp2(ad.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """


@implements(np.expm1)
@unary(np.expm1, lambda g, out: g * (out + 1), scalar=math.expm1)
def expm1(input: Any) -> Tensor:
    """``exp(input) - 1`` for each element, accurate near 0.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.expm1(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 1.7183])
    """


@implements(np.log)
@unary(np.log, lambda g, x: g / x, scalar=math.log)
def log(input: Any) -> Tensor:
    """Natural logarithm of each element: -inf at 0, NaN below.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.log(ad.tensor([1.0, 10.0]))
    tensor([0.0000, 2.3026])
    """


@implements(np.log2)
@unary(np.log2, lambda g, x: g / (x * _LN2), scalar=math.log2)
def log2(input: Any) -> Tensor:
    """Logarithm to the base 2 of each element: -inf at 0, NaN below.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.log2(ad.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """


@implements(np.log10)
@unary(np.log10, lambda g, x: g / (x * _LN10), scalar=math.log10)
def log10(input: Any) -> Tensor:
    """Logarithm to the base 10 of each element: -inf at 0, NaN below.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.log10(ad.tensor([1.0, 1000.0]))
    tensor([0.0000, 3.0000])
    """


@implements(np.log1p)
@unary(np.log1p, lambda g, x: g / (x + 1), scalar=math.log1p)
def log1p(input: Any) -> Tensor:
    """``log(1 + input)`` for each element, accurate near 0.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.log1p(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.6931])
    """


@implements(np.logaddexp)
@binary(
    np.logaddexp,
    lambda g, x, y: g * _sigmoid(x - y),
    lambda g, x, y: g * _sigmoid(y - x),
    floating=True,
)
def logaddexp(input: Any, other: Any) -> Tensor:
    """``log(exp(input) + exp(other))``, element by element, without overflow.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logaddexp(ad.tensor([0.0, 1000.0]), ad.tensor([0.0, 1000.0]))
    tensor([6.9315e-01, 1.0007e+03])
    """


def _xlogy_forward(x: Any, y: Any) -> Any:
    return x * np.log(np.where((x == 0) & (y == y), 1, y))


def _xlogy_x(g: Any, x: Any, y: Any) -> Any:
    return g * np.log(np.where((x == 0) & (y <= 0), 1, y))


def _xlogy_y(g: Any, x: Any, y: Any) -> Any:
    return g * (x / np.where((x == 0) & (y == 0), 1, y))


_xlogy = Primitive("xlogy", _xlogy_forward, (_xlogy_x, _xlogy_y), elementwise=True, floating=True)


def xlogy(input: Any, other: Any) -> Tensor:
    """``input * log(other)``, element by element, and 0 where `input` is 0.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.xlogy(ad.tensor([0.0, 2.0]), ad.tensor([0.0, 10.0]))
    tensor([0.0000, 4.6052])
    """
    if isinstance(other, (int, float)) and hasattr(input, "_array"):
        other = beside(other, input)
    return elementwise(_xlogy, (input, other))
