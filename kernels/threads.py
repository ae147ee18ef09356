"""Threads for the compiled kernels: one small pool, used only where the work pays for it.

Compiled kernels release the interpreter's lock, so plain Python threads do: they may be used from
several threads at once and after a fork, which Numba's own threading layers do not allow. Handing
a range to a thread and waiting for it costs up to 0.1 ms.

Work is cut along independent results (images, rows of a gradient), never along a sum, so that no
bit of a result depends on the number of threads.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

WORTH_A_THREAD = 20_000_000
"""Multiply-adds that a thread must get. Measured on two cores: convolutions of 19 million gained
nothing from a second thread, of 115 million 1.5 times, of 460 million and more 1.9 times."""


def _default_threads() -> int:
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_threads = _default_threads()
_pool: ThreadPoolExecutor | None = None


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
    _forget_pool()
    _threads = threads


def _forget_pool() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)  # threads do not live through a fork


def split(function: Callable[[int, int], None], count: int, work: int) -> None:
    """Call function(begin, end) on ranges that cover range(count) exactly.

    `work` is the number of multiply-adds of the whole.
    """
    global _pool
    parts = min(_threads, count, work // WORTH_A_THREAD)
    if parts <= 1:
        function(0, count)
        return
    pool = _pool
    if pool is None:
        pool = _pool = ThreadPoolExecutor(_threads, thread_name_prefix="autodiff-kernels")
    first, *rest = itertools.pairwise(count * part // parts for part in range(parts + 1))
    others = [pool.submit(function, *bounds) for bounds in rest]
    try:
        function(*first)
    finally:
        for other in others:
            other.result()
