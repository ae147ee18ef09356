"""What is raced: one case, with both sides and the check that they compute the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Case", "disagreement"]


@dataclass
class Case:
    """One race.

    Parameters
    ----------
    name : str
    ours : callable
        Does the work once.
    peer : callable or None
        The other side's; None where it is not installed.
    results : callable
        Runs both sides once from the same start and returns pairs of arrays (ours, theirs) to compare.
    rtol : float
        How far they may differ, relative to the largest number.
    """

    name: str
    ours: Callable[[], Any]
    peer: Callable[[], Any] | None
    results: Callable[[], Sequence[tuple[Any, Any]]]
    rtol: float = 1e-4


def disagreement(case: Case) -> str | None:
    """Say how the two sides differ; None where they agree."""
    for i, (ours, theirs) in enumerate(case.results()):
        a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        if a.shape != b.shape:
            return f"result {i}: shapes {a.shape} and {b.shape}"
        scale = np.abs(b).max() if b.size else 0.0
        worst = np.abs(a - b).max() if a.size else 0.0
        if not worst <= case.rtol * max(scale, 1e-6):
            return f"result {i}: differs by {worst:.3g} where the largest number is {scale:.3g}"
    return None
