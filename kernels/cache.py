"""Where compiled code is kept between processes: Numba's cache on disk, made safe for many of them.

Numba numbers the files of a function by an index file that every process rewrites. Processes that
start together on an empty cache then take one number for different code, and the next one loads
what was compiled for other types. Here each file is named after what it holds, so there is no
index; a file appears complete or not at all.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
from collections.abc import Callable
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime import rtsys

logger = logging.getLogger(__name__)


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    """The files of one function."""

    def _name(self, key: Any) -> str:
        """Name the code for a signature, a CPU and a source (all in the key) and a Numba version."""
        content = repr((key, self._source_stamp, self._version)).encode()
        return str(self._data_name_pattern.format(number=int(hashlib.md5(content).hexdigest(), 16)))

    def save(self, key: Any, data: Any) -> None:
        self._save_data(self._name(key), data)

    def load(self, key: Any) -> Any:
        try:
            return self._load_data(self._name(key))
        except (OSError, EOFError, pickle.UnpicklingError):
            return None


class _Cache(FunctionCache):  # type: ignore[misc]
    """The cache of one function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        former = self._cache_file
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, former._source_stamp)

    def load_overload(self, signature: Any, context: Any) -> Any:
        # Numba's own method first declares all that it can compile, which takes 0.2 s. To run what
        # is compiled already, only the functions that it calls for memory need names.
        rtsys.initialize(context)
        return self._load_overload(signature, context)

    def save_overload(self, signature: Any, compiled: Any) -> None:
        try:
            super().save_overload(signature, compiled)
        except OSError as error:
            _warn_once(str(error))


def enable(compiled: Any, function: Callable[..., Any]) -> None:
    """Let what Numba makes of a function be kept on disk, if there is a folder for it.

    That is the first that can be written of `NUMBA_CACHE_DIR`, `__pycache__` beside the source, and
    the user's cache folder.
    """
    try:
        compiled._cache = _Cache(function)
    except RuntimeError as error:
        _warn_once(str(error))


_reasons: list[str] = []


def _warn_once(reason: str) -> None:
    if not _reasons:
        logger.warning(
            "kernels are compiled anew in every process, because no folder for compiled code can be "
            "written; set NUMBA_CACHE_DIR to one that can (%s)", reason,
        )  # fmt: skip
    _reasons.append(reason)
