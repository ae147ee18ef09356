"""How the compiled kernels are compiled: the one module that knows Numba's options.

Importing it imports Numba (a tenth of a second), so only the `*_jit` modules do, and those are
imported at the first call of a kernel that they hold.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import event
from numba.core.ccallback import CFunc

from . import cache, handoff, target

logger = logging.getLogger(__name__)

# error_model: Python's would put a check for zero before each division, and no loop with such a
#   check is vectorised.
# contract: lets a multiplication and an addition become one instruction. Nothing more by default:
#   the other fastmath flags allow NaN, infinities or the sign of zero to be lost, or results that
#   depend on how a loop was cut.
# no_cfunc_wrapper: leaves out what would let C call each function, 7 % of the compile time.
OPTIONS: dict[str, Any] = {
    "nogil": True, "error_model": "numpy", "fastmath": {"contract"}, "no_cfunc_wrapper": True,
}  # fmt: skip

VECTOR_BYTES = target.vector_bytes()

_ROOT = Path(__file__).parent
_IMPORT = re.compile(r"^from (\.+)([\w.]*) import (.*)", re.MULTILINE)


@functools.cache
def _source(path: Path) -> tuple[bytes, list[Path]]:
    """Return what a file holds, and those files of this package that it imports."""
    content, imported = path.read_bytes(), []
    for dots, module, names in _IMPORT.findall(content.decode()):
        folder = path.parents[len(dots) - 1]
        for name in [module.replace(".", "/")] if module else re.findall(r"\w+", names):
            imported += [folder / f"{name}.py", folder / name / "__init__.py"]
    return content, [file for file in imported if file.is_relative_to(_ROOT) and file.is_file()]


@functools.cache
def _digest(file: str) -> str:
    """Name this version of the sources behind the compiled functions of a file.

    Numba's cache on disk asks only whether the file of the function itself has changed, not the
    files of what it calls, nor the options. So this goes into each function's name.
    """
    sources: dict[Path, bytes] = {}
    pending = [Path(file)]
    while pending:
        path = pending.pop()
        if path not in sources:
            sources[path], imported = _source(path)
            pending += imported
    digest = hashlib.sha256(repr((OPTIONS, VECTOR_BYTES)).encode())
    for path in sorted(sources):
        digest.update(sources[path])
    return digest.hexdigest()[:12]


class _Reporter(event.Listener):
    """Logs what is compiled, since that takes a second or more."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._starts: list[float] = []

    def _name(self, data: dict[str, Any]) -> str | None:
        name = data["dispatcher"].__qualname__
        arrays = [kind for kind in data["args"] if isinstance(kind, numba.types.Array)]
        dtype = f" ({arrays[0].dtype})" if arrays else ""
        return name.rpartition("_")[0] + dtype if name in self.names else None

    def on_start(self, happened: event.Event) -> None:
        name = self._name(happened.data)
        if name is not None:
            logger.info("compiling %s ...", name)
            self._starts.append(time.perf_counter())

    def on_end(self, happened: event.Event) -> None:
        name = self._name(happened.data)
        if name is not None:
            seconds = time.perf_counter() - self._starts.pop()
            logger.info("compiling %s took %.1f s", name, seconds)


_reporter = _Reporter()
event.register("numba:compile", _reporter)


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile `function` at its first call for each combination of types, cached on disk.

    What is compiled is logged as information. Where nothing can be written to disk, each process
    compiles for itself, and a warning is logged.
    """
    _name_version(function)
    dispatcher = numba.njit(**OPTIONS)(function)
    cache.enable(dispatcher, function)
    return dispatcher  # type: ignore[no-any-return]


def _name_version(function: Callable[..., Any]) -> None:
    function.__qualname__ = f"{function.__qualname__}_{_digest(function.__code__.co_filename)}"
    _reporter.names.add(function.__qualname__)


class _FromC(CFunc):  # type: ignore[misc]
    """Numba's functions for calls from C, which are not among the events of its compiler."""

    def _compile_uncached(self) -> Any:
        types = self._sig.args  # type: ignore[attr-defined]
        with event.trigger_event("numba:compile", {"dispatcher": self, "args": types}):
            return super()._compile_uncached()  # type: ignore[misc]


def from_c(function: Callable[..., None], words: int) -> Any:
    """Compile `function`, which takes so many 64-bit words, for calls from C; cached on disk.

    Returns an object that keeps the code alive, with its `address`.
    """
    _name_version(function)
    words_in = numba.types.void(*[numba.types.int64] * words)
    compiled = _FromC(function, (words_in.args, words_in.return_type), {}, OPTIONS)
    cache.enable(compiled, function)
    compiled.compile()
    return compiled


_ENTRY = """
def {name}(board, helpers, chunks, count, {arguments}):
    function, record = job(({arguments},))
    share(board, helpers, chunks, count, function, record)
    raise_error(record)
"""


def parallel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel for `threads.split`: its last two parameters are the range `begin, end` of
    independent results that it computes. Memory of its own it allocates itself."""
    arguments = ", ".join(list(inspect.signature(function).parameters)[:-2])
    text = _ENTRY.format(name=function.__name__, arguments=arguments)
    names = {
        "__name__": function.__module__,
        "job": handoff.job_of(function),
        "share": handoff.share,
        "raise_error": handoff.raise_error,
    }
    # Numba's cache wants to know the file.
    exec(compile(text, function.__code__.co_filename, "exec"), names)
    return jit(names[function.__name__])


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper that only compiled functions call (it is cached as a part of them)."""
    return numba.njit(inline="always", **OPTIONS)(function)  # type: ignore[no-any-return]


def part(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a helper like `inline`, but as a function of its own inside its callers: for large
    ones that are called from several places. Not for functions made inside a function: siblings
    would have one name, and Numba may link the wrong one where some come from the cache."""
    return numba.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


def native(array: np.ndarray) -> np.ndarray:
    """Return `array`, or a copy of it that is C-contiguous, aligned and writeable.

    The kernels are compiled for such arrays only: each further layout would be compiled
    separately, and be slower than the copy.
    """
    return array if array.flags.carray else np.array(array, order="C")
