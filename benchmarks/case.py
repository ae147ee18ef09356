"""What is raced: one case, with all sides and the check that they compute the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Case", "disagreement"]

Side = Callable[[], Any]


@dataclass
class Case:
    """One race.

    Parameters
    ----------
    name : str
    ours : callable
        Does the work once.
    peer : callable, dict of str to callable, or None
        The other side's; several by name, of which the fastest counts; None where there is none.
    results : callable
        Runs all sides once from the same start and returns pairs of arrays (ours, theirs) to compare.
    rtol : float
        How far they may differ, relative to the largest number.
    """

    name: str
    ours: Side
    peer: Side | Mapping[str, Side] | None
    results: Callable[[], Sequence[tuple[Any, Any]]]
    rtol: float = 1e-4

    @property
    def peers(self) -> dict[str, Side]:
        """The other sides by their names."""
        if self.peer is None:
            return {}
        return dict(self.peer) if isinstance(self.peer, Mapping) else {"": self.peer}


def disagreement(case: Case) -> str | None:
    """Say how the sides differ; None where they agree."""
    for i, (ours, theirs) in enumerate(case.results()):
        a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
        if a.shape != b.shape:
            return f"result {i}: shapes {a.shape} and {b.shape}"
        scale = np.abs(b).max() if b.size else 0.0
        worst = np.abs(a - b).max() if a.size else 0.0
        if not worst <= case.rtol * max(scale, 1e-6):
            return f"result {i}: differs by {worst:.3g} where the largest number is {scale:.3g}"
    return None
