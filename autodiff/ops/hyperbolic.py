"""Hyperbolic functions and their inverses (`tanh` stands with the sigmoids)."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import unary
from ..interop import implements

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["acosh", "arccosh", "arcsinh", "arctanh", "asinh", "atanh", "cosh", "sinh"]

METHODS = tuple(__all__)
IN_PLACE = tuple(__all__)


@implements(np.sinh)
@unary(np.sinh, lambda g, x: g * np.cosh(x), scalar=math.sinh)
def sinh(input: Any) -> Tensor:
    """Hyperbolic sine of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sinh(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """


@implements(np.cosh)
@unary(np.cosh, lambda g, x: g * np.sinh(x), scalar=math.cosh)
def cosh(input: Any) -> Tensor:
    """Hyperbolic cosine of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cosh(ad.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """


@implements(np.arcsinh)
@unary(np.arcsinh, lambda g, x: g / np.hypot(x, 1.0), scalar=math.asinh)
def asinh(input: Any) -> Tensor:
    """Inverse hyperbolic sine of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.asinh(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """


@implements(np.arccosh)
@unary(np.arccosh, lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), scalar=math.acosh)
def acosh(input: Any) -> Tensor:
    """Inverse hyperbolic cosine of each element; NaN below 1.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.acosh(ad.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """


@implements(np.arctanh)
@unary(np.arctanh, lambda g, x: g / ((1 - x) * (1 + x)), scalar=math.atanh)
def atanh(input: Any) -> Tensor:
    """Inverse hyperbolic tangent of each element; infinite at -1 and 1, NaN outside.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.atanh(ad.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """


arccosh = acosh
arcsinh = asinh
arctanh = atanh
