"""The table of kernels: for each kernel the calls that every test over all kernels makes.

Each theme has a module here with a dictionary ``ROWS`` from a kernel's name to a function
``(rng, dtype) -> list of tuples``: positional arguments, new ones at every call. Among the tuples are
a small one, an odd-sized one, and one that is big enough for several threads.
``kernels/test_kernels_all.py`` fails when a kernel has no row.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np

Calls = Callable[[np.random.Generator, np.dtype], list[tuple[Any, ...]]]


def all_rows() -> dict[str, Calls]:
    """The rows of every theme."""
    rows: dict[str, Calls] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        rows |= importlib.import_module(f"{__name__}.{module}").ROWS
    return rows
