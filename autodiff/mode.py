"""Whether operations are recorded: ``no_grad``, ``enable_grad``, ``inference_mode``, anomaly mode.

The switches belong to a thread, so that one thread that evaluates never silences another that trains.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import get_ident
from typing import Any, TypeVar

__all__ = [
    "enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled", "no_grad",
    "set_grad_enabled", "detect_anomaly",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


class _Mode(threading.local):
    """What holds for one thread.

    Attributes
    ----------
    grad, inference : bool
    observer : Observer or None
        Told of every operation (see `observing`).
    plain : bool
        Whether operations are recorded and nobody is told.
    """

    grad = True
    inference = False
    observer: Any = None
    plain = True


class _Debug:
    """What holds for all threads.

    Attributes
    ----------
    anomaly : int
        How many anomaly modes are on, in which operations remember the line that made them.
    observed : int
        How many threads have an observer.
    unusual : set
        The threads that record nothing or have an observer, and whether there is an anomaly mode.
        While it is empty, which an operation can ask much faster than its thread's mode, everything is
        recorded in the ordinary way.
    """

    __slots__ = ("anomaly", "observed", "unusual")

    def __init__(self) -> None:
        self.anomaly = 0
        self.observed = 0
        self.unusual: set[int | str] = set()


mode = _Mode()
debug = _Debug()
_lock = threading.Lock()


def _set(grad: bool, inference: bool) -> None:
    """Set this thread's mode."""
    if grad != mode.grad:
        mode.grad = grad
        if grad:
            debug.unusual.discard(get_ident())
        else:
            debug.unusual.add(get_ident())
        mode.plain = grad and mode.observer is None
    mode.inference = inference


def observe(observer: Any) -> None:
    """Set this thread's observer; None takes it away."""
    before, mode.observer = mode.observer, observer
    mode.plain = mode.grad and observer is None
    mark = f"observer of {get_ident()}"
    if observer is not None:
        debug.unusual.add(mark)
    else:
        debug.unusual.discard(mark)
    with _lock:
        debug.observed += (observer is not None) - (before is not None)


def within(context: Callable[[], AbstractContextManager[Any]], function: F) -> F:
    """Return `function` so that it runs in a context of its own: the decorators' part of a switch."""

    @functools.wraps(function)
    def switched(*args: Any, **kwargs: Any) -> Any:
        with context():
            return function(*args, **kwargs)

    @functools.wraps(function)
    def switched_steps(*args: Any, **kwargs: Any) -> Any:
        steps = function(*args, **kwargs)
        sent = None
        try:
            while True:
                with context():  # not while the caller has the turn
                    item = steps.send(sent)
                sent = yield item
        except StopIteration as stop:
            return stop.value
        finally:
            steps.close()

    return switched_steps if inspect.isgeneratorfunction(function) else switched  # type: ignore


class _Switch:
    """Set the thread's mode for a while: a context manager and a decorator.

    One object may be entered again inside itself, and in several threads at once.
    """

    def __init__(self, grad: bool, inference: bool | None = None) -> None:
        self._grad = grad
        self._inference = inference
        self._previous: defaultdict[int, list[tuple[bool, bool]]] = defaultdict(list)  # by thread

    def __enter__(self) -> None:
        inference = mode.inference
        self._previous[get_ident()].append((mode.grad, inference))
        _set(self._grad, inference if self._inference is None else self._inference)

    def __exit__(self, *exception: object) -> None:
        _set(*self._previous[get_ident()].pop())

    def __call__(self, function: F) -> F:
        return within(lambda: _Switch(self._grad, self._inference), function)


class no_grad(_Switch):
    """Record nothing inside: results do not require grad. Context manager or decorator.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.ones(2, requires_grad=True)
    >>> with ad.no_grad():
    ...     (w * 2).requires_grad
    False
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Switch):
    """Record inside, also within ``no_grad``. Context manager or decorator.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.ones(2, requires_grad=True)
    >>> with ad.no_grad(), ad.enable_grad():
    ...     (w * 2).requires_grad
    True
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_Switch):
    """Record or not, by a flag; takes effect at once, and until the end of a ``with`` block.

    Parameters
    ----------
    mode : bool
        True to record.

    Examples
    --------
    >>> import autodiff as ad
    >>> with ad.set_grad_enabled(False):
    ...     ad.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        super().__enter__()

    def __enter__(self) -> None:
        if not self._previous[get_ident()]:  # else `__init__` was the entry
            super().__enter__()

    def __call__(self, function: F) -> F:
        self.__exit__()
        return super().__call__(function)


class inference_mode(_Switch):
    """Like ``no_grad``, for code that never trains.

    Parameters
    ----------
    mode : bool, default True
        False makes the block an ordinary recording one.

    Examples
    --------
    >>> import autodiff as ad
    >>> with ad.inference_mode():
    ...     ad.is_grad_enabled(), ad.is_inference_mode_enabled()
    (False, True)
    """

    def __new__(cls, mode: Any = True) -> Any:
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode, bool(mode))


class detect_anomaly:
    """Find the forward line of a failing backward pass, and raise where a gradient turns NaN.

    Each operation recorded inside, in any thread, remembers the line that made it, which is slow.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor(0.0, requires_grad=True)
    >>> with ad.detect_anomaly():
    ...     (x.sqrt() * 0).backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    RuntimeError: backward of 'sqrt' returned NaN for input 0 ...
    """

    def __enter__(self) -> None:
        with _lock:
            debug.anomaly += 1
            debug.unusual.add("anomaly")

    def __exit__(self, *exception: object) -> None:
        with _lock:
            debug.anomaly -= 1
            if not debug.anomaly:
                debug.unusual.discard("anomaly")


def is_grad_enabled() -> bool:
    """Return True where operations are recorded.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.is_grad_enabled()
    True
    """
    return mode.grad


def is_inference_mode_enabled() -> bool:
    """Return True inside ``inference_mode``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.is_inference_mode_enabled()
    False
    """
    return mode.inference
