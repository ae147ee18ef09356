"""Shapes: the same elements seen with other axes, in the same memory where that is possible.

Other orders of the axes are in `transposing`; operations that put elements into other places or
repeat them in `rearranging`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply_view
from ..arguments import axes_of, axis_of, numpy_names, sizes_of
from ..declare import operand
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["expand_dims", "flatten", "ravel", "reshape", "squeeze", "unflatten", "unsqueeze"]

METHODS = (
    "flatten", "ravel", "reshape", "reshape_as", "squeeze", "unflatten", "unsqueeze", "view",
    "view_as",
)  # fmt: skip


def _reshaping(name: str) -> Primitive:
    """An operation that keeps elements and order; with a name of its own for pictures."""
    return Primitive(
        name,
        lambda x, shape: x.reshape(shape),
        (lambda g, x_shape: g.reshape(x_shape),),
        linear=True,
        view=True,
    )


_reshape = _reshaping("reshape")
_flatten = _reshaping("flatten")
_unflatten = _reshaping("unflatten")
_squeeze = _reshaping("squeeze")
_unsqueeze = _reshaping("unsqueeze")


def reshape(input: Any, *shape: Any) -> Tensor:
    """The same elements in row-major order, with other sizes.

    Parameters
    ----------
    input : Tensor
    *shape : int
        The sizes, also as one tuple; at most one may be -1, which is then worked out.

    Returns
    -------
    Tensor
        A view where the memory allows it, a copy otherwise.

    Raises
    ------
    ValueError
        Where the sizes do not hold as many elements.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.reshape(ad.tensor([1, 2, 3, 4]), 2, -1)
    tensor([[1, 2],
            [3, 4]])
    """
    return apply_view(
        _reshape, operand(input, "reshape", number=False), (sizes_of(shape, "reshape"),)
    )


def view(input: Tensor, *shape: Any) -> Tensor:
    """Like ``reshape``, but never a copy.

    Raises
    ------
    ValueError
        Where the sizes do not hold as many elements, or the memory would have to be copied.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.zeros(4)
    >>> x.view(2, 2)[0] = 1.0
    >>> x
    tensor([1., 1., 0., 0.])
    """
    result = reshape(input, *shape)
    if result._view is None and result._array.size:
        raise ValueError(
            f"view: a tensor of shape {input.shape} and strides {input.stride()} cannot be seen as "
            f"{result.shape} without a copy; use reshape"
        )
    return result


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.view(other.shape)``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(4).view_as(ad.ones(2, 2)).shape
    (2, 2)
    """
    return view(input, other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.reshape(other.shape)``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(4).reshape_as(ad.ones(2, 2)).shape
    (2, 2)
    """
    return reshape(input, other.shape)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """One axis in place of the axes from `start_dim` to `end_dim`, both included.

    Parameters
    ----------
    input : Tensor
        A 0-d tensor gives one of shape (1,).
    start_dim, end_dim : int, default 0 and -1

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.
    ValueError
        Where `start_dim` lies behind `end_dim`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.flatten(ad.zeros(2, 3, 4), start_dim=1).shape
    (2, 12)
    """
    x = operand(input, "flatten", number=False)
    shape = x._array.shape
    if start_dim == 0 and end_dim == -1:
        return apply_view(_flatten, x, ((x._array.size,),))
    first, last = (axis_of(dim, len(shape), "flatten") for dim in (start_dim, end_dim))
    if first > last:
        raise ValueError(
            f"flatten: start_dim {start_dim} lies behind end_dim {end_dim} in shape {shape}"
        )
    length = 1
    for n in shape[first : last + 1]:
        length *= n
    return apply_view(_flatten, x, ((*shape[:first], length, *shape[last + 1 :]),))


def unflatten(input: Any, dim: int, sizes: Any) -> Tensor:
    """Several axes of the given sizes in place of one.

    Parameters
    ----------
    input : Tensor
    dim : int
        The axis to split up.
    sizes : tuple of int
        At most one may be -1; their product is the length of the axis.

    Raises
    ------
    ValueError
        Where the sizes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.unflatten(ad.zeros(2, 12), 1, (3, -1)).shape
    (2, 3, 4)
    """
    x = operand(input, "unflatten", number=False)
    shape = x._array.shape
    axis = axis_of(dim, len(shape), "unflatten")
    parts = sizes_of((sizes,), "unflatten")
    try:
        parts = np.empty(shape[axis : axis + 1], bool).reshape(parts).shape
    except ValueError:
        raise ValueError(
            f"unflatten: sizes {parts} do not make up axis {axis} of shape {shape}"
        ) from None
    return apply_view(_unflatten, x, ((*shape[:axis], *parts, *shape[axis + 1 :]),))


def ravel(input: Any) -> Tensor:
    """All elements along one axis: ``flatten`` over all axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ravel(ad.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return flatten(input)


@numpy_names
def squeeze(input: Any, dim: Any = None) -> Tensor:
    """The tensor without its axes of length 1.

    Parameters
    ----------
    input : Tensor
    dim : int or tuple of int, optional
        Only these; those among them that are longer stay. All by default.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.squeeze(ad.zeros(1, 3, 1)).shape, ad.squeeze(ad.zeros(1, 3, 1), 0).shape
    ((3,), (3, 1))
    """
    x = operand(input, "squeeze", number=False)
    shape = x._array.shape
    axes = None if dim is None else axes_of(dim, len(shape), "squeeze") or ()
    return apply_view(
        _squeeze,
        x,
        (
            tuple(
                [n for i, n in enumerate(shape) if n != 1 or (axes is not None and i not in axes)]
            ),
        ),
    )


@numpy_names
def unsqueeze(input: Any, dim: int) -> Tensor:
    """The tensor with one more axis, of length 1, at position `dim`.

    Parameters
    ----------
    input : Tensor
    dim : int
        From ``-ndim - 1`` to ``ndim``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.unsqueeze(ad.zeros(3), 0).shape, ad.unsqueeze(ad.zeros(3), -1).shape
    ((1, 3), (3, 1))
    """
    x = operand(input, "unsqueeze", number=False)
    shape = x._array.shape
    axis = axis_of(dim, len(shape) + 1, "unsqueeze")
    return apply_view(_unsqueeze, x, ((*shape[:axis], 1, *shape[axis:]),))


def expand_dims(input: Any, axis: Any) -> Tensor:
    """NumPy's form of ``unsqueeze``: several new axes at once, named by their places in the result.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.expand_dims(ad.zeros(3), (0, 2)).shape
    (1, 3, 1)
    """
    x = operand(input, "unsqueeze", number=False)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    ndim = x._array.ndim + len(axes)
    new = sorted([axis_of(a, ndim, "unsqueeze") for a in axes])
    if len(set(new)) != len(new):
        raise ValueError(f"unsqueeze: {tuple(axes)} names an axis twice")
    shape = list(x._array.shape)
    for a in new:
        shape.insert(a, 1)
    return apply_view(_unsqueeze, x, (tuple(shape),))
