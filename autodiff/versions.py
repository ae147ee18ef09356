"""Which array was written in place, and when: what keeps a saved array from lying to backward.

Recording an operation and writing into an array draw from one counter. A node whose index is higher than
the last write to each array it saved is safe; otherwise backward must not use it. Nothing is paid when an
array is saved, a little when one is written.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["last_write", "tick", "touch", "version", "version_at"]

tick = itertools.count(1).__next__

_REMEMBERED = 64  # writes per array whose time is kept, to name the version that backward expected


class _Writes:
    __slots__ = ("count", "owner", "times")

    def __init__(self, owner: weakref.ref[Any]) -> None:
        self.owner = owner
        self.count = 0
        self.times: deque[int] = deque(maxlen=_REMEMBERED)


_writes: dict[int, _Writes] = {}
_last = 0
_lock = threading.RLock()


def _owner(array: np.ndarray) -> np.ndarray:
    base = array.base
    while isinstance(base, np.ndarray):
        array = base
        base = array.base
    return array


def touch(*arrays: np.ndarray) -> None:
    """Note that the memory of `arrays` was written in place."""
    global _last
    with _lock:  # else a thread that is slow to store its time could put `_last` back
        _last = time = tick()
        for array in arrays:
            owner = array if array.base is None else _owner(array)
            key = id(owner)
            entry = _writes.get(key)
            if entry is None:
                entry = _writes[key] = _Writes(weakref.ref(owner, _forgetting(key)))
            entry.count += 1
            entry.times.append(time)


def _forgetting(key: int) -> Callable[[weakref.ref[Any]], None]:
    def forget(_: weakref.ref[Any]) -> None:
        _writes.pop(key, None)

    return forget


def last_write() -> int:
    """Return the time of the newest in-place write to any array."""
    return _last


def version(array: np.ndarray) -> int:
    """Return how often the memory of `array` was written in place."""
    entry = _writes.get(id(_owner(array)))
    return 0 if entry is None else entry.count


def version_at(array: np.ndarray, time: int) -> int:
    """Return the version that `array` had at `time`, a value of the counter ``tick``."""
    entry = _writes.get(id(_owner(array)))
    return 0 if entry is None else entry.count - sum(1 for t in entry.times if t > time)
