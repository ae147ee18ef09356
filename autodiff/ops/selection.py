"""Choosing between the elements of several tensors by a condition."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import handles
from ..apply import apply
from ..declare import binary, elementwise, of_values, operand, promoted
from ..handles import new_tensor
from ..interop import implements
from ..primitive import Primitive
from .masks import keep, nothing, select

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["heaviside", "masked_fill", "nan_to_num", "where"]

METHODS = ("heaviside", "masked_fill", "nan_to_num")
IN_PLACE = METHODS

_where = Primitive(
    "where",
    lambda x, y, z: select(x, y, z),
    (None, lambda g, x: keep(g, x), lambda g, x: keep(g, np.logical_not(x))),
    elementwise=True,
    scalar=lambda x, y, z: y if x else z,
)


def _mask_of(condition: Any, operation: str) -> np.ndarray:
    mask: np.ndarray = operand(condition, operation, number=False)._array
    if mask.dtype.kind != "b":
        raise TypeError(
            f"{operation}: the condition must be bool, got {mask.dtype} of shape {mask.shape}; "
            "compare first, as in `x != 0`"
        )
    return mask


@implements(np.where)
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Elements of `input` where `condition` is True, of `other` elsewhere.

    What is not taken gets the gradient 0, even where it is infinite or NaN.

    Parameters
    ----------
    condition : Tensor of bool
    input, other : Tensor, Value or number
        Of shapes that broadcast with the condition's. Without both, the places where the condition
        is True are returned.

    Returns
    -------
    Tensor, or a tuple of int64 Tensors (one index per axis) without `input` and `other`.

    Raises
    ------
    TypeError
        For a condition that is not bool, or one of `input` and `other` alone.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([-1.0, 0.0, 2.0])
    >>> ad.where(x > 0, x, 0.5)
    tensor([0.5000, 0.5000, 2.0000])
    >>> ad.where(x > 0)
    (tensor([2]),)
    """
    try:
        mask = condition._array
        if mask.dtype.char == "?" and input._array.dtype is other._array.dtype:
            return apply(_where, (mask, input, other))
    except AttributeError:
        pass
    if condition.__class__ is float:  # a bool that a Value remembers
        condition = condition != 0.0
    if isinstance(condition, (bool, np.bool_)) and of_values(input, other):
        return handles.Value._apply(_where, (condition, input, other))
    mask = _mask_of(condition, "where")
    if input is None or other is None:
        if input is not other:
            raise TypeError("where: give both input and other, or neither")
        return tuple([new_tensor(index, None) for index in np.nonzero(np.atleast_1d(mask))])
    return apply(_where, (mask, *promoted("where", (input, other))))


def _where_method(self: Any, condition: Any, other: Any) -> Any:
    """``autodiff.where(condition, self, other)``."""
    return where(condition, self, other)


METHOD_FORMS = {"where": _where_method}


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """The tensor with `value` in the places where `mask` is True.

    Parameters
    ----------
    input : Tensor
    mask : Tensor of bool
        Of a shape that broadcasts with the input's.
    value : number or 0-d Tensor
        Converted to the dtype of `input`.

    Raises
    ------
    TypeError
        For a mask that is not bool, or a value that the dtype of `input` cannot hold.
    ValueError
        For a value with dimensions, and where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.masked_fill(ad.tensor([1.0, 2.0, 3.0]), ad.tensor([True, False, True]), 0.5)
    tensor([0.5000, 2.0000, 0.5000])
    """
    x = operand(input, "masked_fill", number=False)
    mask = _mask_of(mask, "masked_fill")
    if value.__class__ is float and x._array.dtype.kind == "f":
        return apply(_where, (mask, value, x))
    fill = operand(value, "masked_fill", number=False)
    if fill.ndim:
        raise ValueError(f"masked_fill: value must be a number or 0-d, got shape {fill.shape}")
    if fill.dtype.kind == "f" and x.dtype.kind != "f":
        raise TypeError(
            f"masked_fill: a tensor of dtype {x.dtype} cannot hold the value {fill.item()!r}; "
            "convert the tensor with .float() first"
        )
    if isinstance(value, (int, float)):
        fill = np.asarray(value, x.dtype)
    elif fill.dtype != x.dtype:
        fill = fill.to(x.dtype)
    return apply(_where, (mask, fill, x))


@implements(np.heaviside)
@binary(
    lambda x, y: np.heaviside(x, y).astype(np.result_type(x, y), copy=False),
    nothing,
    lambda g, x: keep(g, x == 0),
)
def heaviside(input: Any, values: Any) -> Tensor:
    """Unit step: 0 for negative elements, 1 for positive ones, `values` for 0.

    Parameters
    ----------
    input, values : Tensor, Value or number
        Of shapes that broadcast.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.heaviside(ad.tensor([-1.5, 0.0, 2.0]), 0.5)
    tensor([0.0000, 0.5000, 1.0000])
    """


_nan_to_num = Primitive(
    "nan_to_num",
    lambda x, nan, posinf, neginf: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
    (lambda g, x: keep(g, np.isfinite(x)),),
    elementwise=True,
)


@implements(np.nan_to_num)
def nan_to_num(
    input: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """The elements, with numbers in place of NaN and infinities; those get the gradient 0.

    Parameters
    ----------
    input : Tensor or Value
    nan : float, default 0
        Stands for NaN.
    posinf, neginf : float, optional
        Stand for the infinities; by default the largest and the smallest number of the dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.nan_to_num(ad.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    return elementwise(_nan_to_num, (input,), (nan, posinf, neginf))
