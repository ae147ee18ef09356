"""Broadcasting: a tensor seen with a larger shape; its axes of length 1 repeat. Read-only views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply_view
from ..arguments import sizes_of
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["broadcast_tensors", "broadcast_to"]

METHODS = ("broadcast_to", "expand", "expand_as")

_expand = Primitive(
    "expand",
    lambda x, shape: np.broadcast_to(x, shape),
    (lambda g: g,),  # the engine sums over what was broadcast
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
    return expand(operand(input, "broadcast_to", number=False), shape)


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """The tensor seen with larger sizes; axes of length 1 repeat. A read-only view.

    Parameters
    ----------
    input : Tensor
    *sizes : int
        Also as one tuple; -1 keeps the length of an axis. New axes come first.

    Raises
    ------
    ValueError
        Where the sizes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([[1], [2]]).expand(-1, 3)
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    shape = sizes_of(sizes, "expand")
    if -1 in shape:
        old = input._array.shape
        extra = len(shape) - len(old)
        if -1 in shape[: max(extra, 0)]:
            raise ValueError(
                f"expand: -1 in {shape} stands at an axis that shape {old} does not have"
            )
        shape = tuple([old[i - extra] if n == -1 else n for i, n in enumerate(shape)])
    return apply_view(_expand, input, (shape,))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.expand(other.shape)``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ones(1, 3).expand_as(ad.zeros(2, 3)).shape
    (2, 3)
    """
    return expand(input, other.shape)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors seen with the one shape that they broadcast to; read-only views.

    Raises
    ------
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> a, b = ad.broadcast_tensors(ad.ones(3), ad.ones(2, 1))
    >>> a.shape, b.shape
    ((2, 3), (2, 3))
    """
    xs = [operand(x, "broadcast_tensors", number=False) for x in tensors]
    try:
        shape = np.broadcast_shapes(*[x._array.shape for x in xs])
    except ValueError:
        shapes = ", ".join(str(x.shape) for x in xs)
        raise ValueError(f"broadcast_tensors: the shapes {shapes} do not broadcast") from None
    return tuple([expand(x, shape) for x in xs])
