"""Timing two functions in turn, so that a machine that slows down slows both."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Timing", "race"]

_SAMPLE = 0.01  # seconds that one sample lasts at least
_ROUNDS = 21


@dataclass(frozen=True)
class Timing:
    """What was measured.

    Attributes
    ----------
    ours, peer : float
        Median seconds per call; `peer` is None where only one side ran.
    spread : float
        The interquartile range of our samples, relative to their median.
    ratio : float or None
        The median over the rounds of our time divided by the peer's.
    """

    ours: float
    peer: float | None
    spread: float
    ratio: float | None


def race(ours: Callable[[], Any], peer: Callable[[], Any] | None, rounds: int = _ROUNDS) -> Timing:
    """Time both functions in turn, A B A B ..., after a warm-up.

    The garbage collector works as it does in a user's program, since garbage is a part of what a design
    costs. But what was there before is frozen, and each sample starts clean: nobody pays for the other's.
    """
    our_loop = _calls_per_sample(ours)
    peer_loop = _calls_per_sample(peer) if peer is not None else 0
    our_samples, peer_samples = [], []
    gc.collect()
    gc.freeze()
    try:
        for _ in range(rounds):
            our_samples.append(_sample(ours, our_loop))
            gc.collect()
            if peer is not None:
                peer_samples.append(_sample(peer, peer_loop))
                gc.collect()
    finally:
        gc.unfreeze()
    low, middle, high = statistics.quantiles(our_samples, n=4)
    if peer is None:
        return Timing(middle, None, (high - low) / middle, None)
    ratio = statistics.median([a / b for a, b in zip(our_samples, peer_samples, strict=True)])
    return Timing(middle, statistics.median(peer_samples), (high - low) / middle, ratio)


def _sample(function: Callable[[], Any], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def _calls_per_sample(function: Callable[[], Any]) -> int:
    function()
    function()
    calls = 1
    while True:
        elapsed = _sample(function, calls) * calls
        if elapsed >= _SAMPLE:
            return calls
        calls = max(calls + 1, int(calls * min(10.0, 1.2 * _SAMPLE / max(elapsed, 1e-9))))
