"""Indexing: parts of a tensor, by position, mask or table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..inplace import assign, plain_index
from ..primitive import Primitive, apply
from ..scattered import Scattered, is_basic

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__: list[str] = []

METHODS = ()


def scatter_at(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """An array of zeros of `shape` with `g` added at `index`."""
    return Scattered(index, g) if isinstance(g, np.ndarray) else _put(g, index, shape)


_put = Primitive(
    "put",
    lambda x, index, shape: Scattered(index, x).dense(shape),
    (lambda g, index: g[index],),
    linear=True,
)
_rule = lambda g, index, x_shape: scatter_at(g, index, x_shape)
_slice = Primitive("slice", lambda x, index: x[index], (_rule,), linear=True, view=True, symbol="[]")
_index = Primitive("index", lambda x, index: x[index], (_rule,), linear=True, symbol="[]")


def getitem(input: Tensor, index: Any) -> Tensor:
    """``input[index]``: a view for integers and slices, a copy for arrays and masks."""
    index = plain_index(index)
    return apply(_slice if is_basic(index) else _index, (input,), (index,))


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """``input[index] = value``, recorded."""
    assign(input, index, value)
