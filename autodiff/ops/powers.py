"""Powers and roots."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import beside, binary, elementwise, unary
from ..interop import implements
from ..primitive import Primitive
from .division import reciprocal
from .masks import nothing

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["hypot", "pow", "rsqrt", "sqrt", "square"]

METHODS = tuple(__all__)
IN_PLACE = tuple(__all__)


# x + x where 2 * x is meant: adding an array is faster than multiplying by a number.


@implements(np.square)
@unary(np.square, lambda g, x: g * (x + x), scalar=lambda x: x * x, symbol="²", floating=False)
def square(input: Any) -> Tensor:
    """Square of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers stay integers.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.square(ad.tensor([1.5, -2.0]))
    tensor([2.2500, 4.0000])
    """


@implements(np.sqrt)
@unary(np.sqrt, lambda g, out: g / (out + out), scalar=math.sqrt, symbol="√")
def sqrt(input: Any) -> Tensor:
    """Square root of each element: NaN for negative ones; the derivative at 0 is infinite.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sqrt(ad.tensor([4.0, 2.25]))
    tensor([2.0000, 1.5000])
    """


@unary(
    lambda x: np.reciprocal(np.sqrt(x)),
    lambda g, out: g * (out * out * out) * -0.5,
    scalar=lambda x: 1.0 / math.sqrt(x),
    symbol="1/√",
)
def rsqrt(input: Any) -> Tensor:
    """Reciprocal of the square root of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rsqrt(ad.tensor([4.0, 0.25]))
    tensor([0.5000, 2.0000])
    """


def _power(x: Any, y: Any) -> Any:
    # NumPy's power of negative float32 numbers is fifty times slower than these products.
    if y.__class__ is float or y.__class__ is int:
        if y == 2:
            return np.square(x)
        if y == 3:
            return x * x * x
    try:
        return np.power(x, y)
    except ValueError as error:
        if "negative integer power" not in str(error):
            raise
        raise ValueError(
            "an integer to a negative power is a fraction; convert the base with .float() first"
        ) from None


def _pow_x(g: Any, x: Any, y: Any) -> Any:
    if isinstance(y, (int, float)):
        return g * (y * _pow(x, y - 1)) if y else nothing(g)
    # Where y is 0 and x is 0 or NaN the exponent stays 0, or 0 * inf would follow.
    return g * (y * _pow(x, y - ((y != 0) | ((x != 0) & (x == x)))))


def _pow_y(g: Any, x: Any, y: Any, out: Any) -> Any:
    if isinstance(x, (int, float)) and x > 0:
        return g * (out * math.log(x))
    # 0 to the power y is 0 for each y > 0, and so is its derivative; PyTorch says so at y = 0 too.
    return g * (out * np.log(np.where((x == 0) & (y >= 0), 1, x)))


_pow = Primitive("pow", _power, (_pow_x, _pow_y), elementwise=True, scalar=math.pow, symbol="^")

_SPECIAL = {2: square, 0.5: sqrt, -1: reciprocal, -0.5: rsqrt}


@implements(np.power)
def pow(input: Any, exponent: Any) -> Tensor:
    """``input`` to the power of ``exponent``, element by element.

    Parameters
    ----------
    input, exponent : Tensor, Value or number
        Of shapes that broadcast; also written ``input ** exponent``. Two integers give an integer.

    Raises
    ------
    ValueError
        For an integer to a negative integer power, and where the shapes do not broadcast.

    Notes
    -----
    A negative base with an exponent that is not whole gives NaN. The derivative with respect to the
    base is 0 for the exponent 0; that with respect to the exponent is 0 for the base 0 and an
    exponent that is not negative, and NaN for a negative base.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.pow(ad.tensor([2.0, 3.0]), 3)
    tensor([ 8., 27.])
    >>> ad.pow(2, ad.tensor([3, 4]))
    tensor([ 8, 16])
    """
    array = getattr(input, "_array", None)
    if array is not None:
        if (exponent.__class__ is int or exponent.__class__ is float) and array.dtype.kind == "f":
            special = _SPECIAL.get(exponent)
            if special is not None:
                return special(input)
    elif isinstance(input, (int, float)) and input <= 0 and hasattr(exponent, "_array"):
        input = beside(input, exponent)
    return elementwise(_pow, (input, exponent))


@implements(np.hypot)
@binary(
    np.hypot,
    lambda g, x, out: g * (x / (out + (out == 0))),
    lambda g, y, out: g * (y / (out + (out == 0))),
    scalar=math.hypot,
    floating=True,
)
def hypot(input: Any, other: Any) -> Tensor:
    """``sqrt(input**2 + other**2)``, element by element, without overflow; derivatives 0 at 0.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hypot(ad.tensor([3.0, 5.0]), ad.tensor([4.0, 12.0]))
    tensor([ 5., 13.])
    """
