"""The table of operations: one row per operation and way of calling it.

Each theme of ``autodiff.ops`` has a module here with a list ``ROWS``. ``autodiff/test_operations.py`` checks
every row against finite differences to second order, forward mode against reverse mode, and PyTorch; a
meta-test fails when a primitive is exercised by no row.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """One way of calling an operation.

    Parameters
    ----------
    name : str
        Unique; shown as the test's id.
    call : callable
        Takes Tensors, returns a Tensor or a tuple of Tensors.
    inputs : callable
        Takes a ``numpy.random.Generator``, returns the float64 arrays to differentiate with respect to, away
        from points where the operation has no derivative.
    torch : callable, optional
        The same call for ``torch`` tensors: ``lambda torch, *xs: ...``. None: torch has no such operation.
    second : bool
        Check second derivatives too (False only where they do not exist).
    """

    name: str
    call: Callable[..., Any]
    inputs: Callable[[np.random.Generator], list[np.ndarray]]
    torch: Callable[..., Any] | None = None
    second: bool = True


def all_rows() -> list[Row]:
    """The rows of every theme."""
    rows: list[Row] = []
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        rows += importlib.import_module(f"{__name__}.{module}").ROWS
    return rows
