"""Axes in another order, in the same memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..apply import apply_view
from ..arguments import axes_of, axis_of, sizes_of
from ..declare import operand
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "adjoint", "moveaxis", "movedim", "permute", "swapaxes", "swapdims", "t", "transpose",
]  # fmt: skip

METHODS = tuple(__all__)


_transpose = Primitive(
    "transpose",
    lambda x, dim0, dim1: x.swapaxes(dim0, dim1),
    (lambda g, dim0, dim1: g.swapaxes(dim0, dim1),),
    linear=True,
    view=True,
)


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """The tensor with two axes swapped, as a view.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.transpose(ad.zeros(2, 3, 4), 0, 2).shape
    (4, 3, 2)
    """
    x = operand(input, "transpose", number=False)
    ndim = x._array.ndim
    a, b = axis_of(dim0, ndim, "transpose"), axis_of(dim1, ndim, "transpose")
    return apply_view(_transpose, x, (a, b)) if ndim else apply_view(_permute, x, ((),))


swapaxes = swapdims = transpose


def t(input: Any) -> Tensor:
    """The transpose of a matrix, as a view; a vector stays as it is.

    Raises
    ------
    ValueError
        For a tensor with more than two axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.t(ad.tensor([[1, 2], [3, 4]]))
    tensor([[1, 3],
            [2, 4]])
    """
    x = operand(input, "t", number=False)
    if x._array.ndim > 2:
        raise ValueError(
            f"t: expected a tensor with at most two axes, got shape {x.shape}; use transpose, mT "
            "or permute"
        )
    return apply_view(_transpose, x, (0, 1)) if x._array.ndim == 2 else x


def T(input: Tensor) -> Tensor:
    """The tensor with its axes in reverse order, as a view: the transpose of a matrix.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(2, 3, 4).T.shape
    (4, 3, 2)
    """
    ndim = input._array.ndim
    if ndim == 2:
        return apply_view(_transpose, input, (0, 1))
    return apply_view(_permute, input, (tuple(range(ndim))[::-1],))


def adjoint(input: Any) -> Tensor:
    """The transpose of every matrix in a stack: the last two axes swapped, as a view; ``x.mT``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.adjoint(ad.zeros(5, 2, 3)).shape
    (5, 3, 2)
    """
    x = operand(input, "adjoint", number=False)
    if x._array.ndim < 2:
        raise ValueError(f"adjoint: expected a tensor with at least two axes, got shape {x.shape}")
    return apply_view(_transpose, x, (-1, -2))


METHOD_FORMS = {name: property(T) for name in ("T", "H")}
METHOD_FORMS |= {name: property(adjoint) for name in ("mT", "mH")}


_permute: Primitive = Primitive(
    "permute",
    lambda x, dims: x.transpose(dims),
    (lambda g, dims: _permute(g, tuple(sorted(range(len(dims)), key=dims.__getitem__))),),
    linear=True,
    view=True,
)


def permute(input: Any, *dims: Any) -> Tensor:
    """The tensor with its axes in another order, as a view.

    Parameters
    ----------
    input : Tensor
    *dims : int
        Every axis once, also as one tuple.

    Raises
    ------
    ValueError
        Unless every axis is named once.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.permute(ad.zeros(2, 3, 4), 2, 0, 1).shape
    (4, 2, 3)
    """
    x = operand(input, "permute", number=False)
    ndim = x._array.ndim
    order = sizes_of(dims, "permute")
    if sorted(order) != list(range(ndim)):
        order = axes_of(order, ndim, "permute") or ()
        if len(order) != ndim:
            raise ValueError(f"permute: dims {order} do not name each axis of shape {x.shape} once")
    return apply_view(_permute, x, (order,))


def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """The tensor with some axes moved to other places, the rest in their old order, as a view.

    Parameters
    ----------
    input : Tensor
    source, destination : int or tuple of int
        Old and new places, as many of each.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.movedim(ad.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    x = operand(input, "movedim", number=False)
    ndim = x._array.ndim
    old, new = (axes_of(dims, ndim, "movedim") or () for dims in (source, destination))
    if len(old) != len(new):
        raise ValueError(f"movedim: {len(old)} axes to move but {len(new)} places for them")
    order = [axis for axis in range(ndim) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return apply_view(_permute, x, (tuple(order),))


moveaxis = movedim
