"""What the engine's node of an operation tells: its title, arguments, dtype, and values that still hold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from .. import versions
from ..node import Node as Recorded
from ..node import Notes
from ..primitive import Primitive, pick
from .model import Node

__all__ = [
    "arguments",
    "dtype_of",
    "is_true",
    "know",
    "name_and_size",
    "names_of_saved",
    "take_notes",
    "title",
]

_INPUTS = ("x", "y", "z", "w")
_PLAIN = (bool, int, float, str, type(None), slice, type(Ellipsis), np.dtype)


def names_of_saved(primitive: Primitive, count: int) -> list[str]:
    """What the entries of a node's ``saved`` are called in the rules of derivatives."""
    inputs = _INPUTS[:count] if 0 <= primitive.arity <= len(_INPUTS) else ("xs",) * count
    return [*inputs, "out", "aux"]


def title(node: Recorded) -> str:
    """What stands in the box of an operation."""
    if node.primitive is pick:
        return f"[{node.params[0]}]"
    return node.primitive.symbol  # type: ignore[union-attr]


def arguments(node: Recorded) -> str:
    """The parameters of an operation that are short, as they are written in a call."""
    params = node.params
    if not params or node.primitive is pick:
        return ""
    names = node.primitive.names  # type: ignore[union-attr]
    shown = [
        f"{name}={_written(value)}"
        for name, value in zip(names, params, strict=False)
        if value is not None and value is not False and _is_short(value)
    ]
    return ", ".join(shown)


def _is_short(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return len(value) <= 8 and all([isinstance(v, _PLAIN) for v in value])
    return isinstance(value, _PLAIN)


def _written(value: Any) -> str:
    return value.name if isinstance(value, np.dtype) else repr(value)


def dtype_of(node: Recorded, inputs: Sequence[Node]) -> str:
    """The dtype of a result that was not kept: that of the first floating input, unless converted."""
    assert node.primitive is not None
    if node.primitive.name == "to":
        return name_and_size(np.dtype(node.params[0]))[0]
    if node.primitive.name == "value_to_tensor":
        return "float64"
    return next((x.dtype for x in inputs if x.dtype.startswith("float")), "")


@cache
def name_and_size(dtype: np.dtype[Any]) -> tuple[str, int]:
    """The name of a dtype and its bytes per element; NumPy takes its time to make up the name."""
    return dtype.name, dtype.itemsize


def is_true(array: Any, node: Recorded) -> bool:
    """Whether this is an array that still holds what it held when `node` was recorded."""
    if not isinstance(array, np.ndarray):
        return False
    if node.index >= versions.last_write():
        return True
    return versions.version(array) == versions.version_at(array, node.index)


def know(read: Node, value: Any) -> None:
    """Note the value of a node, unless it is known."""
    if read.value is not None or not isinstance(value, np.ndarray):
        return
    if read.shape in (None, value.shape):
        read.value = value
        read.shape, read.dtype, read.nbytes = (
            value.shape,
            name_and_size(value.dtype)[0],
            value.nbytes,
        )


def take_notes(notes: Notes, read: Node) -> None:
    """Copy what was recorded about a node beside the operation itself."""
    read.scope = notes.scope or ()
    read.line = notes.line
    read.seconds = notes.seconds
    read.backward_seconds = notes.backward_seconds
    if notes.retained is not None and notes.retained.grad is not None:
        read.grad = notes.retained.grad._array
