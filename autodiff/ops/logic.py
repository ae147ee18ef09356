"""Logic: of truth values, and of the bits of integers; without gradients."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import binary, unary
from ..interop import implements

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "logical_and", "logical_not", "logical_or", "logical_xor",
]  # fmt: skip

METHODS = tuple(__all__)
IN_PLACE = tuple(__all__)


@implements(np.logical_and)
@binary(np.logical_and, None, None, scalar=lambda x, y: bool(x) and bool(y))
def logical_and(input: Any, other: Any) -> Tensor:
    """Whether both are true, element by element; 0 counts as False, all else as True.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast, of any dtype.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logical_and(ad.tensor([True, True, False]), ad.tensor([True, False, False]))
    tensor([ True, False, False])
    """


@implements(np.logical_or)
@binary(np.logical_or, None, None, scalar=lambda x, y: bool(x) or bool(y))
def logical_or(input: Any, other: Any) -> Tensor:
    """Whether one or both are true, element by element; 0 counts as False, all else as True.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast, of any dtype.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logical_or(ad.tensor([True, True, False]), ad.tensor([True, False, False]))
    tensor([ True,  True, False])
    """


@implements(np.logical_xor)
@binary(np.logical_xor, None, None, scalar=lambda x, y: bool(x) != bool(y))
def logical_xor(input: Any, other: Any) -> Tensor:
    """Whether exactly one is true, element by element; 0 counts as False, all else as True.

    Parameters
    ----------
    input, other : Tensor, Value or number
        Of shapes that broadcast, of any dtype.

    Raises
    ------
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logical_xor(ad.tensor([True, True, False]), ad.tensor([True, False, False]))
    tensor([False,  True, False])
    """


@implements(np.logical_not)
@unary(np.logical_not, None, scalar=operator.not_, floating=False)
def logical_not(input: Any) -> Tensor:
    """Whether each element is 0 or False.

    Parameters
    ----------
    input : Tensor or Value
        Of any dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logical_not(ad.tensor([True, False]))
    tensor([False,  True])
    """


@implements(np.bitwise_and)
@binary(np.bitwise_and, None, None, symbol="&")
def bitwise_and(input: Any, other: Any) -> Tensor:
    """The bits set in both, element by element.

    Parameters
    ----------
    input, other : Tensor or number
        Integer or bool, of shapes that broadcast. Also written ``input & other``.

    Raises
    ------
    TypeError
        For floating tensors.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bitwise_and(ad.tensor([5, 6]), 3)
    tensor([1, 2])
    """


@implements(np.bitwise_or)
@binary(np.bitwise_or, None, None, symbol="|")
def bitwise_or(input: Any, other: Any) -> Tensor:
    """The bits set in at least one of the two, element by element.

    Parameters
    ----------
    input, other : Tensor or number
        Integer or bool, of shapes that broadcast. Also written ``input | other``.

    Raises
    ------
    TypeError
        For floating tensors.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bitwise_or(ad.tensor([5, 6]), 3)
    tensor([7, 7])
    """


@implements(np.bitwise_xor)
@binary(np.bitwise_xor, None, None, symbol="^")
def bitwise_xor(input: Any, other: Any) -> Tensor:
    """The bits set in exactly one of the two, element by element.

    Parameters
    ----------
    input, other : Tensor or number
        Integer or bool, of shapes that broadcast. Also written ``input ^ other``.

    Raises
    ------
    TypeError
        For floating tensors.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bitwise_xor(ad.tensor([5, 6]), 3)
    tensor([6, 5])
    """


@implements(np.left_shift)
@binary(np.left_shift, None, None, symbol="<<")
def bitwise_left_shift(input: Any, other: Any) -> Tensor:
    """``input * 2**other`` by moving the bits, element by element.

    Parameters
    ----------
    input, other : Tensor or number
        Integer, of shapes that broadcast. Also written ``input << other``.

    Raises
    ------
    TypeError
        For floating tensors.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bitwise_left_shift(ad.tensor([5, 6]), 2)
    tensor([20, 24])
    """


@implements(np.right_shift)
@binary(np.right_shift, None, None, symbol=">>")
def bitwise_right_shift(input: Any, other: Any) -> Tensor:
    """``input // 2**other`` by moving the bits, element by element.

    Parameters
    ----------
    input, other : Tensor or number
        Integer, of shapes that broadcast. Also written ``input >> other``.

    Raises
    ------
    TypeError
        For floating tensors.
    ValueError
        Where the shapes do not broadcast.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bitwise_right_shift(ad.tensor([5, 6]), 1)
    tensor([2, 3])
    """


@implements(np.invert)
@unary(np.invert, None, symbol="~", floating=False)
def bitwise_not(input: Any) -> Tensor:
    """The bits not set in each element; for bool the opposite.

    Parameters
    ----------
    input : Tensor
        Integer or bool. Also written ``~input``.

    Raises
    ------
    TypeError
        For a floating tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bitwise_not(ad.tensor([True, False]))
    tensor([False,  True])
    """
