"""Reductions: many elements to one, over some axes or all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import axes_of, numpy_names
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive, apply

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["sum"]

METHODS = ("sum",)


def _spread(g: Any, shape: tuple[int, ...], axes: tuple[int, ...] | None, keepdim: bool) -> Any:
    """Give `g`, the cotangent of a reduction, the axes of its input back."""
    if axes is not None and not keepdim:
        g = np.expand_dims(g, axes)
    return np.broadcast_to(g, shape)


_sum = Primitive(
    "sum",
    lambda x, axes, keepdim: np.add.reduce(x, axis=axes, keepdims=keepdim),
    (lambda g, x_shape, axes, keepdim: _spread(g, x_shape, axes, keepdim),),
    linear=True,
    symbol="Σ",
)


@implements(np.sum)
@numpy_names
def sum(input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Sum of the elements.

    Parameters
    ----------
    input : Tensor
        Bool and integer tensors are summed as int64.
    dim : int or tuple of int, optional
        The axes to sum over; all by default.
    keepdim : bool, default False
        Keep the summed axes with length 1.
    dtype : dtype, optional
        Convert to this before summing.

    Raises
    ------
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sum(ad.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """
    x = operand(input, "sum", number=False)
    if dtype is not None:
        x = x.to(dtype)
    return apply(_sum, (x,), (axes_of(dim, x._array.ndim, "sum"), keepdim))
