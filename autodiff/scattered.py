"""A cotangent that is zero but at some places: what indexing and gathering send back.

A full array of zeros per index would make a loop over ``x[t]`` quadratic. A rule returns a `Scattered`
instead, and the engine adds it into the one buffer that the input's cotangent needs anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .subscripts import names_once

__all__ = ["Scattered", "add_at"]


class Scattered:
    """`value` at `index` of an array of zeros; a place named several times receives the sum."""

    __slots__ = ("index", "value")

    def __init__(self, index: Any, value: np.ndarray) -> None:
        self.index = index
        self.value = value

    def start(self, shape: tuple[int, ...], known: np.ndarray | None) -> np.ndarray:
        """Return a buffer of `shape` that holds `known`, or zeros."""
        return np.zeros(shape, self.value.dtype) if known is None else np.array(known)

    def add_to(self, buffer: np.ndarray) -> None:
        """Add to `buffer` in place."""
        add_at(buffer, self.index, self.value)

    def dense(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the whole array."""
        buffer = self.start(shape, None)
        self.add_to(buffer)
        return buffer


def add_at(buffer: np.ndarray, index: Any, value: Any) -> None:
    """Do ``buffer[index] += value``, adding up where `index` names an element several times."""
    if names_once(index):
        buffer[index] += value
    else:
        np.add.at(buffer, index, value)
