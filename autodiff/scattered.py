"""A cotangent that is zero but at some places: what indexing and gathering send back.

A full array of zeros per index would make a loop over ``x[t]`` quadratic. A rule returns a `Scattered`
instead, and the engine adds it into the one buffer that the input's cotangent needs anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Scattered", "is_basic"]


def is_basic(index: Any) -> bool:
    """Whether NumPy returns a view for this index, so that no element is named twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        p is None or p is Ellipsis or isinstance(p, (int, np.integer, slice)) and not isinstance(p, bool)
        for p in parts
    )


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
        if is_basic(self.index):
            buffer[self.index] += self.value
        else:
            np.add.at(buffer, self.index, self.value)

    def dense(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return the whole array."""
        buffer = self.start(shape, None)
        self.add_to(buffer)
        return buffer
