"""How the compiled kernels are compiled: the one module that knows Numba's options.

Importing it imports Numba (half a second), so only the `*_jit` modules do, and those are imported
at the first call of a kernel that they hold.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import re
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


_ROOT = Path(__file__).parent
_IMPORT = re.compile(r"^from (\.+)([\w.]*) import ", re.MULTILINE)


def _sources(path: Path) -> set[Path]:
    """Return the file of a kernel and those files of this package that it imports, and so on."""
    found, pending = set(), [path]
    while pending:
        path = pending.pop()
        found.add(path)
        for dots, name in _IMPORT.findall(path.read_text(encoding="utf-8")):
            imported = path.parents[len(dots) - 1].joinpath(*name.split(".")).with_suffix(".py")
            if imported.is_relative_to(_ROOT) and imported.is_file() and imported not in found:
                pending.append(imported)
    return found


@functools.cache
def _digest(file: str) -> str:
    """Name this version of the sources behind the compiled functions of a file.

    Numba's cache on disk asks only whether the file of the function itself has changed, not the
    files of what it calls, nor the options. So this goes into each function's name.
    """
    digest = hashlib.sha256(repr(OPTIONS).encode())
    for path in sorted(_sources(Path(file))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` at its first call for each combination of types, cached on disk.

    Numba looks for a cache folder it can write: `NUMBA_CACHE_DIR`, `__pycache__` beside the
    source, the user's cache folder. Where there is none, the function is compiled anew in every
    process.
    """
    function.__qualname__ = f"{function.__qualname__}_{_digest(function.__code__.co_filename)}"
    try:
        return numba.njit(cache=True, **OPTIONS)(function)  # type: ignore[no-any-return]
    except RuntimeError as error:
        logger.warning("kernels are compiled in every process: %s", error)
        return numba.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


def parallel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel for `threads.split`: its last two parameters are the range `begin, end` of
    independent results that it computes. Memory of its own it allocates itself."""
    return jit(function)


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
