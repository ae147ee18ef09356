"""Conversions: dtype, copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..interop import implements
from ..primitive import Primitive, apply

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__: list[str] = []

METHODS = ("to",)

_cast = Primitive(
    "to",
    lambda x, dtype, source: x.astype(dtype),
    (lambda g, source: g.astype(source),),
    linear=True,
)


def to(input: Tensor, dtype: Any) -> Tensor:
    """The tensor with another dtype."""
    dtype = dtypes.check(dtype)
    source = input._array.dtype
    return input if source == dtype else apply(_cast, (input,), (dtype, source))
