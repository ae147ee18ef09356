"""The larger and the smaller of two tensors, and bounds."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import handles
from ..apply import apply
from ..declare import binary, elementwise, of_values, promoted
from ..interop import implements
from ..primitive import Primitive
from .masks import keep, select

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["clamp", "clamp_max", "clamp_min", "clip", "fmax", "fmin", "maximum", "minimum"]

METHODS = tuple(__all__)
IN_PLACE = ("clamp", "clamp_max", "clamp_min", "clip")


def _winner(g: Any, wins: Any, tie: Any) -> Any:
    """The cotangent of an operand of maximum or minimum."""
    return select(tie, g * 0.5, keep(g, wins))


@implements(np.maximum)
@binary(
    np.maximum,
    lambda g, x, y: _winner(g, np.logical_not(x < y), x == y),
    lambda g, x, y: _winner(g, np.logical_not(y < x), x == y),
    scalar=lambda x, y: x if x >= y or x != x else y,
    symbol="max",
)
def maximum(input: Any, other: Any) -> Tensor:
    """The larger of two tensors, element by element; equal elements share the gradient evenly.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast. A NaN in either gives NaN.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    See Also
    --------
    fmax : prefers a number to a NaN.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.maximum(ad.tensor([1.0, 5.0]), ad.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """


@implements(np.minimum)
@binary(
    np.minimum,
    lambda g, x, y: _winner(g, np.logical_not(x > y), x == y),
    lambda g, x, y: _winner(g, np.logical_not(y > x), x == y),
    scalar=lambda x, y: x if x <= y or x != x else y,
    symbol="min",
)
def minimum(input: Any, other: Any) -> Tensor:
    """The smaller of two tensors, element by element; equal elements share the gradient evenly.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast. A NaN in either gives NaN.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    See Also
    --------
    fmin : prefers a number to a NaN.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.minimum(ad.tensor([1.0, 5.0]), ad.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """


@implements(np.fmax)
@binary(
    np.fmax,
    lambda g, x, y: keep(g, (x >= y) | (y != y)),
    lambda g, x, y: keep(g, np.logical_not((x >= y) | (y != y))),
    scalar=lambda x, y: x if x >= y or y != y else y,
)
def fmax(input: Any, other: Any) -> Tensor:
    """The larger of two tensors, element by element, where a number wins against a NaN.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast. Of equal elements `input` gets the gradient.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.fmax(ad.tensor([1.0, float("nan")]), ad.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """


@implements(np.fmin)
@binary(
    np.fmin,
    lambda g, x, y: keep(g, (x <= y) | (y != y)),
    lambda g, x, y: keep(g, np.logical_not((x <= y) | (y != y))),
    scalar=lambda x, y: x if x <= y or y != y else y,
)
def fmin(input: Any, other: Any) -> Tensor:
    """The smaller of two tensors, element by element, where a number wins against a NaN.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast. Of equal elements `input` gets the gradient.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.fmin(ad.tensor([1.0, float("nan")]), ad.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """


# x, y and z are the input, the lower and the upper bound; a bound may be None.


def _clamp_forward(x: Any, y: Any, z: Any) -> Any:
    if y is None:
        return np.minimum(x, z)
    return np.maximum(x, y) if z is None else x.clip(y, z)


def _clamp_float(x: float, y: float | None, z: float | None) -> float:
    if y is not None and (x < y or y != y):
        x = y
    return z if z is not None and (x > z or z != z) else x


def _clamp_x(g: Any, x: Any, y: Any, z: Any) -> Any:
    if y is None:
        return keep(g, x <= z)
    return keep(g, x >= y if z is None else (x >= y) & (x <= z))


def _clamp_y(g: Any, x: Any, y: Any, z: Any) -> Any:
    return keep(g, x < y if z is None else (x < y) & (y < z))


def _clamp_z(g: Any, x: Any, y: Any, z: Any) -> Any:
    return keep(g, x > z if y is None else (x > z) | (z < y))


_clamp = Primitive(
    "clamp", _clamp_forward, (_clamp_x, _clamp_y, _clamp_z), elementwise=True, scalar=_clamp_float
)


@implements(np.clip)
def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Each element, moved to the nearer bound where it lies outside of them.

    Parameters
    ----------
    input : Tensor or Value
    min, max : Tensor, Value or number, optional
        The bounds, of shapes that broadcast; where `min` is above `max`, the result is `max`. An
        element on a bound gets the gradient, the bound does not.

    Raises
    ------
    TypeError
        Without any bound.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.clamp(ad.tensor([-2.0, 0.5, 2.0]), min=-1, max=1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is not None and max is not None:
        return elementwise(_clamp, (input, min, max))
    if min is max:
        raise TypeError("clamp: give min, max or both")
    bound = max if min is None else min
    if of_values(input, bound):
        return handles.Value._apply(_clamp, (input, min, max))
    input, bound = promoted("clamp", (input, bound))
    return apply(_clamp, (input, None, bound) if min is None else (input, bound, None))


def clamp_min(input: Any, min: Any) -> Tensor:
    """Each element, but not less than `min`; see `clamp`.

    Parameters
    ----------
    input : Tensor or Value
    min : Tensor, Value or number

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.clamp_min(ad.tensor([-2.0, 0.5]), -1)
    tensor([-1.0000,  0.5000])
    """
    return clamp(input, min)


def clamp_max(input: Any, max: Any) -> Tensor:
    """Each element, but not more than `max`; see `clamp`.

    Parameters
    ----------
    input : Tensor or Value
    max : Tensor, Value or number

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.clamp_max(ad.tensor([-2.0, 0.5]), 0)
    tensor([-2.,  0.])
    """
    return clamp(input, None, max)


clip = clamp
