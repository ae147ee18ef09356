"""Comparison: the results are bool tensors, without gradients."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import binary, operand, promoted, unary
from ..interop import implements

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "allclose", "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite",
    "isinf", "isnan", "isneginf", "isposinf", "le", "less", "less_equal", "lt", "ne", "not_equal",
]  # fmt: skip

METHODS = tuple(__all__)
IN_PLACE = ("eq", "ge", "gt", "le", "lt", "ne")


@implements(np.equal)
@binary(np.equal, None, None, scalar=operator.eq, symbol="==")
def eq(input: Any, other: Any) -> Tensor:
    """Whether ``input == other``, element by element; Values give a bool.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.eq(ad.tensor([1, 2, 3]), 2)
    tensor([False,  True, False])
    """


@implements(np.not_equal)
@binary(np.not_equal, None, None, scalar=operator.ne, symbol="!=")
def ne(input: Any, other: Any) -> Tensor:
    """Whether ``input != other``, element by element; Values give a bool.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ne(ad.tensor([1, 2, 3]), 2)
    tensor([ True, False,  True])
    """


@implements(np.less)
@binary(np.less, None, None, scalar=operator.lt, symbol="<")
def lt(input: Any, other: Any) -> Tensor:
    """Whether ``input < other``, element by element; Values give a bool.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.lt(ad.tensor([1, 2, 3]), 2)
    tensor([ True, False, False])
    """


@implements(np.less_equal)
@binary(np.less_equal, None, None, scalar=operator.le, symbol="<=")
def le(input: Any, other: Any) -> Tensor:
    """Whether ``input <= other``, element by element; Values give a bool.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.le(ad.tensor([1, 2, 3]), 2)
    tensor([ True,  True, False])
    """


@implements(np.greater)
@binary(np.greater, None, None, scalar=operator.gt, symbol=">")
def gt(input: Any, other: Any) -> Tensor:
    """Whether ``input > other``, element by element; Values give a bool.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.gt(ad.tensor([1, 2, 3]), 2)
    tensor([False, False,  True])
    """


@implements(np.greater_equal)
@binary(np.greater_equal, None, None, scalar=operator.ge, symbol=">=")
def ge(input: Any, other: Any) -> Tensor:
    """Whether ``input >= other``, element by element; Values give a bool.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ge(ad.tensor([1, 2, 3]), 2)
    tensor([False,  True,  True])
    """


@implements(np.isnan)
@unary(np.isnan, None, scalar=math.isnan, floating=False)
def isnan(input: Any) -> Tensor:
    """Whether each element is NaN; a Value gives a bool.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.isnan(ad.tensor([1.0, float("nan"), float("-inf")]))
    tensor([False,  True, False])
    """


@implements(np.isinf)
@unary(np.isinf, None, scalar=math.isinf, floating=False)
def isinf(input: Any) -> Tensor:
    """Whether each element is infinite, of either sign; a Value gives a bool.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.isinf(ad.tensor([1.0, float("nan"), float("-inf")]))
    tensor([False, False,  True])
    """


@implements(np.isfinite)
@unary(np.isfinite, None, scalar=math.isfinite, floating=False)
def isfinite(input: Any) -> Tensor:
    """Whether each element is neither infinite nor NaN; a Value gives a bool.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.isfinite(ad.tensor([1.0, float("nan"), float("-inf")]))
    tensor([ True, False, False])
    """


@implements(np.isposinf)
@unary(lambda x: x == np.inf, None, scalar=None, floating=False)
def isposinf(input: Any) -> Tensor:
    """Whether each element is positive infinity; a Value gives a bool.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.isposinf(ad.tensor([1.0, float("nan"), float("-inf")]))
    tensor([False, False, False])
    """


@implements(np.isneginf)
@unary(lambda x: x == -np.inf, None, scalar=None, floating=False)
def isneginf(input: Any) -> Tensor:
    """Whether each element is negative infinity; a Value gives a bool.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.isneginf(ad.tensor([1.0, float("nan"), float("-inf")]))
    tensor([False, False,  True])
    """


def _compared(input: Any, other: Any, operation: str) -> list[np.ndarray]:
    x, y = promoted(operation, (input, other))
    return [operand(z, operation, number=False)._array for z in (x, y)]


@implements(np.isclose)
def isclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether ``|input - other| <= atol + rtol * |other|``, element by element.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast; the dtypes are promoted.
    rtol : float, default 1e-5
        Tolerance relative to `other`.
    atol : float, default 1e-8
        Absolute tolerance.
    equal_nan : bool, default False
        Whether two NaNs are close.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.isclose(ad.tensor([1.0, 2.0]), ad.tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    x, y = _compared(input, other, "isclose")
    close = np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)
    return operand(close, "isclose")  # type: ignore[no-any-return]


@implements(np.allclose)
def allclose(
    input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether all elements are close; see `isclose`.

    Parameters
    ----------
    input, other, rtol, atol, equal_nan
        As in `isclose`.

    Returns
    -------
    bool

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.allclose(ad.tensor([1.0, 2.0]), ad.tensor([1.0, 2.000001]))
    True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


@implements(np.array_equal)
def equal(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape and the same elements.

    Parameters
    ----------
    input, other : Tensor, Value or number

    Returns
    -------
    bool

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.equal(ad.tensor([1, 2]), ad.tensor([1.0, 2.0]))
    True
    """
    x, y = _compared(input, other, "equal")
    return bool(np.array_equal(x, y))


greater = gt
greater_equal = ge
less = lt
less_equal = le
not_equal = ne
