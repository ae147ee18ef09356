"""Threads for the compiled kernels: one small pool, used only where the work pays for it.

A worker is a Python thread that spends its life in one compiled function without the interpreter's
lock (`threads_jit`), so handing it a part of a kernel's work costs about a microsecond (`handoff`).
The pool may be used from several threads at once and after a fork, which Numba's own threading
layers do not allow.

Work is cut along independent results (images, rows of a gradient), never along a sum, so that no
bit of a result depends on the number of threads.
"""

from __future__ import annotations

import atexit
import ctypes
import operator
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from . import blas

WORTH_A_THREAD = 2_500_000
"""Multiply-adds that a thread must get: about 25 us of a core's work. Handing over takes 1 us where
workers watch; where they sleep, 5 us from the caller's time and 50 us until the first one is there."""

_CHUNKS = 4  # per thread: who comes late, or is interrupted, finds the rest done by the others
_PATIENCE = 1e-4  # seconds that a worker watches for the next job before it sleeps


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _default_threads() -> int:
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(asked) if asked.isdigit() and int(asked) > 0 else _cores()


_threads = _default_threads()


def get_num_threads() -> int:
    """Return the number of threads that one operation may use on the CPU.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.get_num_threads() >= 1
    True
    """
    return _threads


def set_num_threads(num: int) -> None:
    """Set the number of threads that one operation may use on the CPU.

    It holds for the compiled kernels and for NumPy's matrix products, where NumPy's BLAS is the
    OpenBLAS of its wheels. Results of the compiled kernels are the same to the bit with any number.

    Parameters
    ----------
    num : int
        At least 1. A process starts with the environment variable `OMP_NUM_THREADS` where that is
        set, else with the number of cores that it may run on.

    Raises
    ------
    ValueError
        For a number below 1.

    Examples
    --------
    >>> import autodiff as ad
    >>> before = ad.get_num_threads()
    >>> ad.set_num_threads(1)
    >>> ad.get_num_threads()
    1
    >>> ad.set_num_threads(before)
    """
    global _threads
    if num < 1:
        raise ValueError(f"set_num_threads: expected at least 1 thread, got {num}")
    _threads = operator.index(num)
    blas.set_threads(_threads)
    if _pool is not None:
        _pool.adapt()


class _Pool:
    """The workers and the board that they watch."""

    def __init__(self) -> None:
        from . import handoff, threads_jit

        self._handoff, self._jit = handoff, threads_jit
        self._workers: list[threading.Thread] = []
        self._starting = threading.Lock()
        memory = np.zeros(handoff.SIZE + handoff.LINE, np.int64)
        skipped = -memory.ctypes.data % (8 * handoff.LINE) // 8
        self._words = memory[skipped:]
        self.board: int = self._words.ctypes.data
        self._words[handoff.NEVER] = _locked()
        self._pauses = _pauses_in(_PATIENCE, threads_jit.pauses)
        self.adapt()

    def adapt(self) -> None:
        """Choose how long workers watch before they sleep: with more threads than cores, one that
        watches keeps another from its work."""
        self._words[self._handoff.PATIENCE] = self._pauses if _threads <= _cores() else 0

    def helpers(self, wanted: int) -> int:
        """Return how many of the `wanted` workers there are, after starting those that are not."""
        if len(self._workers) < wanted:
            with self._starting:
                self._start(min(wanted, self._handoff.MOST_WORKERS))
        return min(wanted, len(self._workers))

    def _start(self, wanted: int) -> None:
        for number in range(len(self._workers), wanted):
            place = self._handoff.WORKERS + number * self._handoff.LINE
            self._words[place + self._handoff.LOCK] = _locked()
            worker = threading.Thread(
                target=self._jit.serve, args=(self.board, number), name="autodiff", daemon=True
            )
            worker.start()
            assert worker.native_id is not None  # it has started
            self._words[place + self._handoff.THREAD] = worker.native_id
            self._workers.append(worker)

    def close(self) -> None:
        """End the workers: none of them may live longer than the compiled code and the board."""
        self._jit.dismiss(self.board, len(self._workers))
        for worker in self._workers:
            worker.join()


def _locked() -> int:
    """Return the address of a new lock of Python's thread library, taken."""
    allocate, acquire = (
        ctypes.pythonapi.PyThread_allocate_lock, ctypes.pythonapi.PyThread_acquire_lock,
    )  # fmt: skip
    allocate.restype = ctypes.c_void_p
    address: int = allocate()
    acquire(ctypes.c_void_p(address), 1)
    return address


def _pauses_in(seconds: float, pauses: Callable[[int], None]) -> int:
    pauses(1)
    start = time.perf_counter()
    pauses(1000)
    return int(1000 * seconds / (time.perf_counter() - start))


_pool: _Pool | None = None
_making = threading.Lock()


def start_pool() -> _Pool:
    """Return the pool; its workers are started when they are first needed."""
    global _pool
    with _making:
        if _pool is None:
            _pool = _Pool()
            atexit.register(_pool.close)
        return _pool


def _forget_pool() -> None:
    global _pool, _making
    if _pool is not None:
        atexit.unregister(_pool.close)
    _pool, _making = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)  # threads do not live through a fork


def split(function: Callable[..., None], arguments: tuple[Any, ...], count: int, work: int) -> None:
    """Run a kernel that was compiled by `jit.parallel` on ranges that cover range(count) exactly.

    `work` is the number of multiply-adds of the whole. While the pool is in use by another thread,
    the call runs on its own thread alone.
    """
    if work < 2 * WORTH_A_THREAD or _threads < 2 or count < 2:
        function(0, 0, 1, count, *arguments)
        return
    threads = min(_threads, count, work // WORTH_A_THREAD)
    pool = _pool or start_pool()
    helpers = pool.helpers(threads - 1)
    function(pool.board, helpers, min(count, _CHUNKS * (helpers + 1)), count, *arguments)
