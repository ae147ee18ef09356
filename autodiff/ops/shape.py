"""Changing the shape: the same elements seen with other axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import sizes_of
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive, apply

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["broadcast_to", "reshape"]

METHODS = ("broadcast_to", "reshape")

_reshape = Primitive(
    "reshape",
    lambda x, shape: x.reshape(shape),
    (lambda g, x_shape: g.reshape(x_shape),),
    linear=True,
    view=True,
)


@implements(np.reshape)
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
    return apply(_reshape, (operand(input, "reshape", number=False),), (sizes_of(shape, "reshape"),))


_expand = Primitive(
    "expand",
    np.broadcast_to,
    (lambda g: g,),  # the engine sums over what was broadcast
    arity=1,
    linear=True,
    view=True,
)


@implements(np.broadcast_to)
def broadcast_to(input: Any, shape: Any) -> Tensor:
    """The tensor seen with a larger shape; axes of length 1 repeat. A read-only view.

    Parameters
    ----------
    input : Tensor
    shape : tuple of int

    Raises
    ------
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.broadcast_to(ad.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return apply(_expand, (operand(input, "broadcast_to", number=False),), (sizes_of((shape,), "expand"),))


_expand_dims = Primitive(
    "unsqueeze",
    lambda x, axes: np.expand_dims(x, axes),
    (lambda g, x_shape: g.reshape(x_shape),),
    linear=True,
    view=True,
)


@implements(np.expand_dims)
def expand_dims(input: Any, axis: Any) -> Tensor:
    """NumPy's name for ``unsqueeze``; several axes at once."""
    return apply(_expand_dims, (operand(input, "expand_dims", number=False),), (axis,))
