"""Division: quotients, whole quotients and what remains of them."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import binary, elementwise, unary
from ..interop import implements
from ..primitive import Primitive
from .masks import nothing

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "div", "divide", "floor_divide", "fmod", "reciprocal", "remainder", "true_divide",
]  # fmt: skip

METHODS = tuple(__all__)
IN_PLACE = tuple(__all__)


def _of_nonzero(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Let `function` raise where integers are divided by 0, which has no integer result."""

    def forward(x: Any, y: Any) -> Any:
        if np.result_type(x, y).kind != "f" and not np.all(y):
            raise ZeroDivisionError(
                "integers divided by 0: there is no integer result; convert with .float() to get "
                "infinities and NaN"
            )
        return function(x, y)

    return forward


@implements(np.true_divide)
@binary(
    np.true_divide,
    lambda g, y: g / y,
    lambda g, x, y: g * (x / y / -y),
    scalar=operator.truediv,
    symbol="/",
    floating=True,
)
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Quotient of two tensors, element by element.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast. Two integers give the default floating dtype. Also written
        ``input / other``.
    rounding_mode : {None, "trunc", "floor"}, default None
        Round the quotient towards zero or down; integers then stay integers, and the derivative is
        0.

    Raises
    ------
    ValueError
        For another rounding mode, and where the shapes do not broadcast.
    ZeroDivisionError
        Where integers are divided by 0 with a rounding mode.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.div(ad.tensor([7, -7]), 2)
    tensor([ 3.5000, -3.5000])
    >>> ad.div(ad.tensor([7, -7]), 2, rounding_mode="trunc")
    tensor([ 3, -3])
    """
    if rounding_mode is None:
        return div(input, other)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return elementwise(_trunc_divide, (input, other))
    raise ValueError(f"div: rounding_mode must be None, 'trunc' or 'floor', got {rounding_mode!r}")


def _truncated(x: Any, y: Any) -> Any:
    quotient = np.true_divide(x, y)
    if np.result_type(x, y).kind == "f":
        return np.trunc(quotient)
    # Floats do not hold every integer: divide as integers, and go up by one from below zero.
    floor = np.floor_divide(x, y)
    return floor + ((floor * y != x) & (quotient < 0))


_trunc_divide = Primitive(
    "trunc_divide",
    _of_nonzero(_truncated),
    (lambda g: nothing(g), lambda g: nothing(g)),
    elementwise=True,
    symbol="trunc(/)",
)


@implements(np.floor_divide)
@binary(
    _of_nonzero(np.floor_divide),
    nothing,
    nothing,
    scalar=operator.floordiv,
    symbol="//",
)
def floor_divide(input: Any, other: Any) -> Tensor:
    """Quotient of two tensors, rounded down; its derivative is 0.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; integers stay integers. Also written ``input // other``.

    Raises
    ------
    ZeroDivisionError
        Where integers are divided by 0.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.floor_divide(ad.tensor([7, -7]), 2)
    tensor([ 3, -4])
    """


@implements(np.remainder)
@binary(
    _of_nonzero(np.remainder),
    lambda g: g,
    lambda g, x, y: -g * np.floor_divide(x, y),
    scalar=operator.mod,
    symbol="%",
)
def remainder(input: Any, other: Any) -> Tensor:
    """What remains of ``input // other``; it has the sign of `other`, as in Python.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast. Also written ``input % other``.

    Raises
    ------
    ZeroDivisionError
        Where integers are divided by 0.

    See Also
    --------
    fmod : the remainder with the sign of `input`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.remainder(ad.tensor([7.0, -7.0]), 4)
    tensor([3., 1.])
    """


@implements(np.fmod)
@binary(
    _of_nonzero(np.fmod),
    lambda g: g,
    lambda g, x, y: -g * np.trunc(x / y),
    scalar=math.fmod,
)
def fmod(input: Any, other: Any) -> Tensor:
    """What remains of the quotient rounded towards zero; it has the sign of `input`, as in C.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast.

    Raises
    ------
    ZeroDivisionError
        Where integers are divided by 0.

    See Also
    --------
    remainder : the remainder with the sign of `other`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.fmod(ad.tensor([7.0, -7.0]), 4)
    tensor([ 3., -3.])
    """


@implements(np.reciprocal)
@unary(np.reciprocal, lambda g, out: g * (out * -out), scalar=lambda x: 1.0 / x, symbol="1/")
def reciprocal(input: Any) -> Tensor:
    """``1 / input``, element by element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.reciprocal(ad.tensor([2.0, -4.0]))
    tensor([ 0.5000, -0.2500])
    """


divide = div
true_divide = div
