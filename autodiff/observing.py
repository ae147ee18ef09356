"""Watching operations: who is told of each, in which module, and how long its forward function took.

A thread has an `Observer` while it is in a scope, a trace, a profile or the like. The engine tells it of each
operation that is recorded (``mode.observer``), modules tell it when they are called, and while somebody
listens, ``Primitive.run`` is the forward function with a clock around it. No thread that is not
observed pays for that.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter_ns
from typing import Any

from .mode import mode, observe
from .node import Node, Notes
from .primitive import Primitive, registry

__all__ = ["Listener", "Observer", "Path", "observer_of_thread"]

Path = tuple[str, ...]
_NOT_LIBRARY = ("autodiff.examples.", "autodiff.benchmarks.")


class Listener:
    """What an observer tells: times are those of ``time.perf_counter_ns``."""

    def operation(
        self, primitive: Primitive, inputs: Sequence[Any], out: Any, begin: int, end: int, own: int
    ) -> None:
        """A forward function returned `out`; `own` is its time without operations inside it."""

    def recorded(self, node: Node) -> None:
        """The node of the last operation was made."""

    def rule(self, node: Node, g: Any, contributions: Sequence[Any], begin: int, end: int) -> None:
        """The rules of a node gave `contributions` for the cotangent `g`."""

    def swept(self, begin: int, end: int) -> None:
        """A backward sweep ended."""

    def called(self, module: Any, path: Path, output: Any, begin: int, end: int) -> None:
        """A call of a module ended; of a scope, where `module` is None."""


class Observer:
    """What one thread notes of its operations.

    Attributes
    ----------
    path : tuple of str
        The scopes and modules that the thread is in, outermost first.
    calls : list of Module
        The modules that it is in.
    traces : int
        How many traces are on.
    listeners : list of Listener
    """

    __slots__ = (
        "path", "calls", "traces", "listeners", "_users", "_base", "_paths", "_known", "_silent",
        "_inside", "_last",
    )  # fmt: skip

    def __init__(self) -> None:
        self.path: Path = ()
        self.calls: list[Any] = []
        self.traces = 0
        self.listeners: list[Listener] = []
        self._users = 0
        self._base: Path = ()  # the scopes around the outermost module
        self._paths: dict[Any, Path] = {}  # of modules below the outermost one
        self._known: dict[Any, dict[Any, Path]] = {}  # the same, by outermost module
        self._silent = False  # inside a rule: what runs there is part of it
        self._inside = 0  # nanoseconds of the operations inside the present one
        self._last: tuple[str, float] | None = None  # the last operation and its seconds

    # Modules

    def called(
        self,
        module: Any,
        run: Callable[[Any, tuple[Any, ...], dict[str, Any]], Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Run a module, in its path."""
        before = self.path
        self.path = self._path_of(module)
        self.calls.append(module)
        begin = perf_counter_ns()
        try:
            output = run(module, args, kwargs)
            end = perf_counter_ns()
            for listener in self.listeners:
                listener.called(module, self.path, output, begin, end)
            return output
        finally:
            self.calls.pop()
            self.path = before

    def _path_of(self, module: Any) -> Path:
        if not self.calls:
            self._base = self.path
            if module not in self._known:
                self._known[module] = _paths_below(module, ())
            self._paths = self._known[module]
            return self.path
        above = self._paths[self.calls[-1]]
        if module not in self._paths:  # it stands in a plain list, say, where nobody finds it
            below = _paths_below(module, (*above, type(module).__name__))
            self._paths.update({**below, **self._paths})
        own = self._paths[module]
        if own[: len(above)] == above:
            return self.path + own[len(above) :]
        return self._base + own

    # Operations

    def timed(
        self,
        primitive: Primitive,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Call a forward function, and note its time where somebody wants to know it."""
        if self._silent or not (self.traces or self.listeners):
            return forward(*args, **kwargs)
        around, self._inside = self._inside, 0
        begin = perf_counter_ns()
        try:
            out = forward(*args, **kwargs)
        finally:
            end = perf_counter_ns()
            inside, self._inside = self._inside, around + end - begin
        self._last = primitive.name, (end - begin) * 1e-9
        for listener in self.listeners:
            listener.operation(primitive, args, out, begin, end, end - begin - inside)
        return out

    def recorded(self, node: Node, out: Any) -> None:
        """Note on a new node where it comes from."""
        notes = node.notes
        if notes is None:
            notes = node.notes = Notes()
        notes.scope = self.path
        if self.traces:
            notes.line = _line_of_user()
            notes.value = out
        if self._last is not None:
            name, seconds = self._last
            if name == node.primitive.name:  # type: ignore[union-attr]
                notes.seconds = seconds
            self._last = None
        for listener in self.listeners:
            listener.recorded(node)

    # Backward

    def swept(self, sweep: Callable[..., Any], *args: Any) -> Any:
        """Run a backward sweep, told of each node where somebody wants to know."""
        if not (self.traces or self.listeners):
            return sweep(*args)
        begin = perf_counter_ns()
        found = sweep(*args, self)
        end = perf_counter_ns()
        for listener in self.listeners:
            listener.swept(begin, end)
        return found

    def rule(
        self, vjp: Callable[[Any, Any, Node], Sequence[Any]], g: Any, saved: Any, node: Node
    ) -> Sequence[Any]:
        """Run the rules of a node, and note their time; what they record belongs to its module."""
        notes, path, silent = node.notes, self.path, self._silent
        self._silent = True
        if notes is not None and notes.scope is not None:
            self.path = notes.scope
        begin = perf_counter_ns()
        try:
            contributions = vjp(g, saved, node)
        finally:
            end = perf_counter_ns()
            self._silent, self.path = silent, path
        if notes is not None:
            notes.backward_seconds = (end - begin) * 1e-9
        if not silent:
            for listener in self.listeners:
                listener.rule(node, g, contributions, begin, end)
        return contributions


def _paths_below(module: Any, prefix: Path) -> dict[Any, Path]:
    """The paths of a module and of all below it."""
    return {
        m: (*prefix, *name.split(".")) if name else prefix for name, m in module.named_modules()
    }


def _line_of_user() -> tuple[str, int] | None:
    """File and line of the innermost frame that is not of this library."""
    frame = sys._getframe(2)
    while frame is not None:
        name = f"{frame.f_globals.get('__name__', '')}."
        if not name.startswith("autodiff.") or name.startswith(_NOT_LIBRARY):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return None


@contextmanager
def observer_of_thread(
    listener: Listener | None = None, traces: bool = False
) -> Iterator[Observer]:
    """Give this thread's observer, a new one where it has none.

    Parameters
    ----------
    listener : Listener, optional
        Told of everything in the meantime.
    traces : bool, default False
        Note lines and values.
    """
    observer: Observer = mode.observer or Observer()
    timing = listener is not None or traces
    if not observer._users:
        observe(observer)
    observer._users += 1
    observer.traces += traces
    if timing:
        _clocks(1)
    if listener is not None:
        observer.listeners = [*observer.listeners, listener]
    try:
        yield observer
    finally:
        if listener is not None:
            observer.listeners = [other for other in observer.listeners if other is not listener]
        if timing:
            _clocks(-1)
        observer.traces -= traces
        observer._users -= 1
        if not observer._users:
            observe(None)


_lock = threading.Lock()
_wanted = 0  # by how many traces and listeners, in all threads


def _clocks(change: int) -> None:
    """Put a clock around all forward functions when the first wants it; take it off after the last."""
    global _wanted
    with _lock:
        before, _wanted = _wanted, _wanted + change
        if bool(before) != bool(_wanted):
            for primitive in registry.values():
                primitive.run = _with_clock(primitive) if _wanted else primitive.forward


def _with_clock(primitive: Primitive) -> Callable[..., Any]:
    forward = primitive.forward

    def run(*args: Any, **kwargs: Any) -> Any:
        observer = mode.observer
        if observer is None:
            return forward(*args, **kwargs)
        return observer.timed(primitive, forward, args, kwargs)

    return run
