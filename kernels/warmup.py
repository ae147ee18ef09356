"""Compiling the kernels ahead of their use."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .registry import KERNELS
from .threads import start_pool

__all__ = ["warm_up"]


def warm_up(
    dtypes: Sequence[Any] = (np.float32, np.float64),
    report: Callable[[str, float], None] = lambda name, seconds: None,
) -> None:
    """Compile every kernel, or load it where the cache on disk has it.

    The compiled code stays on disk, so that later processes need not wait at their first calls. The
    command ``autodiff warmup`` does the same.

    Parameters
    ----------
    dtypes : sequence of dtype, default (float32, float64)
        For which to compile.
    report : callable, optional
        Is called with the name and the seconds of each kernel that is ready.

    Examples
    --------
    >>> from autodiff import kernels
    >>> kernels.warm_up(dtypes=[])
    """
    for dtype in map(np.dtype, dtypes):
        for name, kernel in sorted(KERNELS.items()):
            start = time.perf_counter()
            compiled = kernel.compiled
            if compiled is not None:
                for arguments in kernel.examples(dtype):
                    compiled(*arguments)
                report(f"{name} ({dtype})", time.perf_counter() - start)
    if len(dtypes):
        start = time.perf_counter()
        start_pool()
        report("threads", time.perf_counter() - start)
