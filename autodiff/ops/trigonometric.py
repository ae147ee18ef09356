"""Trigonometric functions and their inverses; angles are in radians."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import binary, unary
from ..interop import implements

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "acos", "arccos", "arcsin", "arctan", "arctan2", "asin", "atan", "atan2", "cos", "deg2rad",
    "rad2deg", "sin", "tan",
]  # fmt: skip

METHODS = tuple(__all__)
IN_PLACE = tuple(__all__)


@implements(np.sin)
@unary(np.sin, lambda g, x: g * np.cos(x), scalar=math.sin)
def sin(input: Any) -> Tensor:
    """Sine of each element.

    Parameters
    ----------
    input : Tensor or Value
        In radians; integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sin(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """


@implements(np.cos)
@unary(np.cos, lambda g, x: -g * np.sin(x), scalar=math.cos)
def cos(input: Any) -> Tensor:
    """Cosine of each element.

    Parameters
    ----------
    input : Tensor or Value
        In radians; integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cos(ad.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """


@implements(np.tan)
@unary(np.tan, lambda g, out: g * (1 + out * out), scalar=math.tan)
def tan(input: Any) -> Tensor:
    """Tangent of each element.

    Parameters
    ----------
    input : Tensor or Value
        In radians; integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tan(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """


# (1 - x) * (1 + x) where 1 - x * x is meant: near 1 the difference of x alone is exact.


@implements(np.arcsin)
@unary(np.arcsin, lambda g, x: g / np.sqrt((1 - x) * (1 + x)), scalar=math.asin)
def asin(input: Any) -> Tensor:
    """Inverse sine of each element, in [-π/2, π/2]; NaN outside [-1, 1].

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.asin(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """


@implements(np.arccos)
@unary(np.arccos, lambda g, x: -g / np.sqrt((1 - x) * (1 + x)), scalar=math.acos)
def acos(input: Any) -> Tensor:
    """Inverse cosine of each element, in [0, π]; NaN outside [-1, 1].

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.acos(ad.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """


@implements(np.arctan)
@unary(np.arctan, lambda g, x: g / (1 + x * x), scalar=math.atan)
def atan(input: Any) -> Tensor:
    """Inverse tangent of each element, in [-π/2, π/2].

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.atan(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """


def _over_square(x: Any, y: Any) -> Any:
    """``x / (x**2 + y**2)`` without overflow, 0 where both are 0."""
    r = np.hypot(x, y)
    r = r + (r == 0)
    return x / r / r


@implements(np.arctan2)
@binary(
    np.arctan2,
    lambda g, x, y: g * _over_square(y, x),
    lambda g, x, y: -g * _over_square(x, y),
    scalar=math.atan2,
    floating=True,
)
def atan2(input: Any, other: Any) -> Tensor:
    """Angle of the points (`other`, `input`), in [-π, π]; its derivatives at (0, 0) are 0.

    Parameters
    ----------
    input, other : Tensor, Value or number
        The ordinates and the abscissas, of shapes that broadcast.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.atan2(ad.tensor([1.0, 0.0]), ad.tensor([1.0, -1.0]))
    tensor([0.7854, 3.1416])
    """


@implements(np.deg2rad, np.radians)
@unary(np.deg2rad, lambda g: g * (math.pi / 180), scalar=math.radians)
def deg2rad(input: Any) -> Tensor:
    """Angles in degrees, converted to radians.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.deg2rad(ad.tensor([90.0, 180.0]))
    tensor([1.5708, 3.1416])
    """


@implements(np.rad2deg, np.degrees)
@unary(np.rad2deg, lambda g: g * (180 / math.pi), scalar=math.degrees)
def rad2deg(input: Any) -> Tensor:
    """Angles in radians, converted to degrees.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rad2deg(ad.tensor([0.0, 1.0]))
    tensor([ 0.0000, 57.2958])
    """


arccos = acos
arcsin = asin
arctan = atan
arctan2 = atan2
