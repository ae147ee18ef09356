"""The types that users hold, by name, for the modules that these types are built on.

``Tensor`` and ``Value`` bind the operations in their class bodies, so they exist only after the
operations do. Until `bind` is called nothing is an instance of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._tensor import Tensor as Tensor_
    from .node import Node

__all__ = ["Tensor", "Value", "View", "bind", "blank", "new_tensor"]

Tensor: Any = ()
Value: Any = ()
View: Any = ()
blank: Callable[[], Any]
"""Makes a Tensor without going through ``Tensor.__init__``."""


def bind(tensor: type, value: type, view: type) -> None:
    """Tell this module the types."""
    global Tensor, Value, View, blank
    Tensor, Value, View = tensor, value, view
    blank = functools.partial(object.__new__, tensor)  # faster than object.__new__(tensor)


def new_tensor(array: np.ndarray, node: Node | None) -> Tensor_:
    """Make a handle on `array` whose history is `node`."""
    tensor = blank()
    tensor._array = array
    tensor._node = node
    tensor._leaf = None
    tensor._view = None
    return tensor  # type: ignore[no-any-return]
