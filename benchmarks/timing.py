"""Timing several functions in turn, so that a machine that slows down slows all."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autodiff import get_num_threads

__all__ = ["Timing", "race"]

_SAMPLE = 0.01  # seconds that one sample lasts at least
# Seconds for which the other side's threads may still wait on the cores: OpenBLAS' do so for 2^26
# ticks of the CPU's clock, those of OpenMP for some milliseconds.
_REST, _REST_OF_THREADS = 0.003, 0.05
_ROUNDS = 21


@dataclass(frozen=True)
class Timing:
    """What was measured.

    Attributes
    ----------
    ours, peer : float
        Median seconds per call; `peer` is the fastest peer's, None where only our side ran.
    spread : float
        The interquartile range of our samples, relative to their median.
    ratio : float or None
        The median over the rounds of our time divided by that peer's.
    rival : str or None
        The name of that peer.
    """

    ours: float
    peer: float | None
    spread: float
    ratio: float | None
    rival: str | None


def race(
    ours: Callable[[], Any], peers: Mapping[str, Callable[[], Any]], rounds: int = _ROUNDS
) -> Timing:
    """Time all functions in turn, A B C A B C ..., after a warm-up.

    The garbage collector works as it does in a user's program, since garbage is a part of what a design
    costs. But what was there before is frozen, and each sample starts clean: nobody pays for the other's.
    """
    sides = [ours, *peers.values()]
    rest = _REST if get_num_threads() == 1 else _REST_OF_THREADS
    calls = [_calls_per_sample(side) for side in sides]
    samples: list[list[float]] = [[] for _ in sides]
    gc.collect()
    gc.freeze()
    try:
        for _ in range(rounds):
            for side, count, taken in zip(sides, calls, samples, strict=True):
                time.sleep(rest)
                taken.append(_sample(side, count))
                gc.collect()
    finally:
        gc.unfreeze()
    low, middle, high = statistics.quantiles(samples[0], n=4)
    spread = (high - low) / middle
    if not peers:
        return Timing(middle, None, spread, None, None)
    times = dict(zip(peers, samples[1:], strict=True))
    rival = min(times, key=lambda name: statistics.median(times[name]))
    ratio = statistics.median([a / b for a, b in zip(samples[0], times[rival], strict=True)])
    return Timing(middle, statistics.median(times[rival]), spread, ratio, rival)


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
