"""How the compiled kernels are compiled: the one module that knows Numba's options.

Importing it imports Numba (half a second), so only the `*_jit` modules do, and those are imported
at the first call of a kernel that they hold.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np

logger = logging.getLogger(__name__)

# error_model: Python's would put a check for zero before each division, and no loop with such a
#   check is vectorised.
# contract: lets a multiplication and an addition become one instruction. Nothing more by default:
#   the other fastmath flags allow NaN, infinities or the sign of zero to be lost, or results that
#   depend on how a loop was cut.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}


def _digest_of_sources() -> str:
    """Name this version of the compiled sources.

    Numba's cache on disk asks only whether the file of the function itself has changed, not the
    files of what it calls, nor the options. So this goes into each function's name.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.endswith("jit") or path.stem == "vector":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


_DIGEST = _digest_of_sources()


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` at its first call for each combination of types, cached on disk.

    Numba looks for a cache folder it can write: `NUMBA_CACHE_DIR`, `__pycache__` beside the
    source, the user's cache folder. Where there is none, the function is compiled anew in every
    process.
    """
    function.__qualname__ = f"{function.__qualname__}_{_DIGEST}"
    try:
        return numba.njit(cache=True, **OPTIONS)(function)  # type: ignore[no-any-return]
    except RuntimeError as error:
        logger.warning("kernels are compiled in every process: %s", error)
        return numba.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that only compiled functions call (it is cached as a part of them)."""
    return numba.njit(inline="always", **OPTIONS)(function)  # type: ignore[no-any-return]


def _vector_bytes() -> int:
    """Return the width of the widest vectors for which Numba's target has instructions."""
    asked = getattr(numba.config, "CPU_FEATURES", None)
    features = llvm.get_host_cpu_features().flatten() if asked is None else asked
    enabled = {word[1:] for word in features.split(",") if word.startswith("+")}
    if "avx512f" in enabled and "avx512dq" in enabled:
        return 64
    return 32 if "avx2" in enabled and "fma" in enabled else 16


VECTOR_BYTES = _vector_bytes()


def native(array: np.ndarray) -> np.ndarray:
    """Return `array`, or a copy of it that is C-contiguous, aligned and writeable.

    The kernels are compiled for such arrays only: each further layout would be compiled
    separately, and be slower than the copy.
    """
    return array if array.flags.carray else np.array(array, order="C")
