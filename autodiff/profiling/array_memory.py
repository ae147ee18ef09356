"""Whose memory arrays are: what an operation made, and how much of it is alive."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np

__all__ = ["Alive", "made", "owners"]

_Array = np.ndarray


def owners(things: Iterable[Any]) -> list[np.ndarray]:
    """The arrays that own the memory of arrays and Tensors, also of those in tuples."""
    found: list[np.ndarray] = []
    for x in things:
        if x.__class__ is not _Array:
            if isinstance(x, (tuple, list)):
                found += owners(x)
                continue
            x = getattr(x, "_array", x)
            if not isinstance(x, _Array):
                continue
        base = x.base
        while isinstance(base, _Array):
            x, base = base, base.base
        found.append(x)
    return found


def made(inputs: Iterable[Any], outputs: Iterable[Any]) -> list[np.ndarray]:
    """The memory of `outputs` that is not the memory of `inputs`, each piece once.

    Examples
    --------
    >>> x = np.ones(4)
    >>> [array.nbytes for array in made([x], [x[:2], x + 1])]
    [32]
    """
    known = set(map(id, owners(inputs)))
    found = []
    for array in owners(outputs):
        if id(array) not in known:
            known.add(id(array))
            found.append(array)
    return found


class Alive:
    """The arrays that were added and still exist.

    Attributes
    ----------
    nbytes, peak : int
        Their bytes, now and at most.
    """

    def __init__(self) -> None:
        self.nbytes = 0
        self.peak = 0
        self._found: dict[int, _Reference] = {}

    def add(self, array: np.ndarray) -> int:
        """Note an array; return its bytes, or 0 where it was noted before."""
        key = id(array)
        if key in self._found:
            return 0
        reference = self._found[key] = _Reference(array, self._died)
        reference.key = key
        reference.nbytes = nbytes = array.nbytes
        self.nbytes += nbytes
        if self.nbytes > self.peak:
            self.peak = self.nbytes
        return nbytes

    def forget(self) -> None:
        """Follow no array any more; the peak stays."""
        self._found.clear()
        self.nbytes = 0

    def _died(self, reference: _Reference) -> None:
        if self._found.pop(reference.key, None) is not None:
            self.nbytes -= reference.nbytes


class _Reference(weakref.ref):  # type: ignore[type-arg]
    __slots__ = ("key", "nbytes")

    key: int
    nbytes: int
