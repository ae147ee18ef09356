"""The threads of the BLAS that NumPy calls."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path

import numpy as np


@functools.cache
def openblas() -> ctypes.CDLL | None:
    """Return the OpenBLAS that came with NumPy's wheel; None where NumPy uses another BLAS."""
    package = Path(np.__file__).parent
    folders = (package.parent / "numpy.libs", package / ".dylibs")
    for path in (path for folder in folders for path in folder.glob("*openblas*")):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        if hasattr(library, "scipy_openblas_set_num_threads64_"):
            return library
    return None


def set_threads(count: int) -> None:
    """Let NumPy's matrix products use so many threads, where its BLAS can be asked."""
    library = openblas()
    if library is not None:
        library.scipy_openblas_set_num_threads64_(count)
