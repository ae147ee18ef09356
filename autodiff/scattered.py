"""A cotangent that is zero but at some places: what indexing and gathering send back.

A full array of zeros per index would make a loop over ``x[t]`` quadratic. A rule returns a
`Scattered` instead, and the engine adds it into the one buffer that the input's cotangent needs
anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff.kernels import index_add

from .subscripts import names_once

__all__ = ["Scattered", "add_at"]


class Scattered:
    """`value` at `index` of an array of zeros; a place named several times receives the sum.

    With `flat` the index is that of the flattened array.
    """

    __slots__ = ("flat", "index", "value")

    def __init__(self, index: Any, value: np.ndarray, flat: bool = False) -> None:
        self.index = index
        self.value = value
        self.flat = flat

    def start(self, shape: tuple[int, ...], known: np.ndarray | None) -> np.ndarray:
        """Return a buffer of `shape` that holds `known`, or zeros."""
        if known is None:
            return np.zeros(shape, self.value.dtype)
        return np.array(known, order="C")

    def add_to(self, buffer: np.ndarray) -> None:
        """Add to `buffer` in place."""
        add_at(buffer.reshape(-1) if self.flat else buffer, self.index, self.value)

    def dense(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the whole array."""
        buffer = self.start(shape, None)
        self.add_to(buffer)
        return buffer


def add_at(buffer: np.ndarray, index: Any, value: Any) -> None:
    """Do ``buffer[index] += value``, adding up where `index` names an element several times.

    `buffer` is contiguous, `index` plain (see `subscripts`).
    """
    if names_once(index):
        buffer[index] += value
        return
    parts = index if index.__class__ is tuple else (index,)
    axis = 0
    while parts[axis].__class__ is slice and parts[axis] == _ALL:
        axis += 1
    tables = parts[axis:]
    if not all([_is_table(part) for part in tables]):
        axis, tables = 0, (np.arange(buffer.size).reshape(buffer.shape)[index],)
        buffer = buffer.reshape(-1)
    named = tables[0].shape if len(tables) == 1 else np.broadcast(*tables).shape
    shape = buffer.shape[:axis] + named + buffer.shape[axis + len(tables) :]
    if 0 in shape:
        return
    if np.shape(value) != shape:
        value = np.broadcast_to(value, shape)
    if axis == 0:
        _add_rows(buffer, tables, value)
        return
    # The axes before the tables go to the end, so that what is added are rows.
    ahead, behind = tuple(range(axis)), tuple(range(-axis, 0))
    added = np.zeros(buffer.shape[axis:] + buffer.shape[:axis], buffer.dtype)
    _add_rows(added, tables, np.moveaxis(value, ahead, behind))
    buffer += np.moveaxis(added, behind, ahead)


_ALL = slice(None)
_FEW = (
    1024  # single elements up to which NumPy is as fast as the kernel, which checks the index again
)


def _is_table(part: Any) -> bool:
    return part.__class__ is np.ndarray and part.dtype.kind == "i"


def _add_rows(buffer: np.ndarray, tables: tuple[np.ndarray, ...], value: np.ndarray) -> None:
    """`add_at` for tables that name places on the first axes."""
    count = len(tables)
    rows = tables[0]
    if count > 1:
        rows = np.ravel_multi_index(tables, buffer.shape[:count], mode="wrap")
    row_shape = buffer.shape[count:]
    if not row_shape and value.size <= _FEW:
        np.add.at(buffer.reshape(-1), rows.reshape(-1), value.reshape(-1))
        return
    index_add(
        buffer.reshape(-1, *row_shape), rows.reshape(-1), value.reshape(rows.size, *row_shape)
    )
