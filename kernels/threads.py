"""Threads for the compiled kernels: one small pool, used only where the work pays for it.

Compiled kernels release the interpreter's lock, so plain Python threads do: they may be used from
several threads at once and after a fork, which Numba's own threading layers do not allow. Handing
a range to a thread and waiting for it costs about 20 us.

Work is cut along independent results (images, rows of a gradient), never along a sum, so that no
bit of a result depends on the number of threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

WORTH_A_THREAD = 5_000_000
"""Multiply-adds that a thread must get: about 50 us of a core's work."""


def _default_threads() -> int:
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads = _default_threads()


def get_num_threads() -> int:
    """Return the number of threads that a compiled kernel may use."""
    return _threads


def set_num_threads(threads: int) -> None:
    """Set the number of threads that a compiled kernel may use.

    The default is `OMP_NUM_THREADS` where that is set, else the number of cores that the process
    may run on. It concerns the compiled kernels alone; NumPy's BLAS has a setting of its own.
    """
    global _threads
    if threads < 1:
        raise ValueError(f"set_num_threads: {threads} is less than 1")
    _threads = threads


class _Worker(threading.Thread):
    """A thread that waits for one call at a time. Two bare locks are the quickest way to wake it
    and to wait for it."""

    def __init__(self) -> None:
        super().__init__(name="autodiff-kernels", daemon=True)
        self._go, self._done = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._done.acquire()
        self.start()

    def run(self) -> None:
        while True:
            self._go.acquire()
            try:
                self._function(*self._arguments)
            except BaseException as error:
                self._error: BaseException | None = error
            del self._function, self._arguments
            self._done.release()

    def give(self, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self._function, self._arguments, self._error = function, arguments, None
        self._go.release()

    def wait(self) -> BaseException | None:
        self._done.acquire()
        error, self._error = self._error, None
        return error


_workers: list[_Worker] = []
_idle = threading.Lock()


def _forget_workers() -> None:
    global _idle
    _workers.clear()
    _idle = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)  # threads do not live through a fork


def split(function: Callable[..., None], arguments: tuple[Any, ...], count: int, work: int) -> None:
    """Call function(*arguments, begin, end) on ranges that cover range(count) exactly.

    `work` is the number of multiply-adds of the whole. While the pool is in use, by another thread
    or further up in the same one, the call runs on its own thread alone.
    """
    parts = min(_threads, count, work // WORTH_A_THREAD)
    if parts <= 1 or not _idle.acquire(blocking=False):
        function(*arguments, 0, count)
        return
    idle = _idle
    try:
        while len(_workers) < parts - 1:
            _workers.append(_Worker())
        busy = _workers[: parts - 1]
        for part, worker in enumerate(busy, start=1):
            worker.give(function, (*arguments, count * part // parts, count * (part + 1) // parts))
        try:
            function(*arguments, 0, count // parts)
        finally:
            errors = [worker.wait() for worker in busy]
    except KeyboardInterrupt:
        _workers.clear()  # one may still be at work: it ends that call and is not asked again
        raise
    finally:
        idle.release()
    for error in errors:
        if error is not None:
            raise error
