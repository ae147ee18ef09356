"""Whether operations are recorded: ``no_grad``, ``enable_grad``, ``inference_mode``, anomaly mode.

The switches belong to a thread, so that one thread that evaluates never silences another that trains.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = [
    "enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled", "no_grad",
    "set_grad_enabled", "detect_anomaly",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


class _Mode(threading.local):
    grad = True
    inference = False


class _Debug:
    """What holds for all threads.

    Attributes
    ----------
    anomaly : bool
        Whether operations remember the line that made them.
    unusual : int
        How many threads record nothing, and anomaly modes are on. While it is 0, which an operation can
        ask much faster than its thread's mode, everything is recorded in the ordinary way.
    """

    __slots__ = ("anomaly", "unusual")

    def __init__(self) -> None:
        self.anomaly = False
        self.unusual = 0


mode = _Mode()
debug = _Debug()
_lock = threading.Lock()


def _change(fields: dict[str, bool]) -> None:
    """Set fields of this thread's mode."""
    grad = fields.get("grad", mode.grad)
    if grad != mode.grad:
        with _lock:
            debug.unusual += -1 if grad else 1
    vars(mode).update(fields)


class _Switch:
    """Set fields of the thread's mode for a while: a context manager and a decorator."""

    def __init__(self, **fields: bool) -> None:
        self._fields = fields
        self._previous: list[dict[str, bool]] = []

    def __enter__(self) -> None:
        self._previous.append({name: getattr(mode, name) for name in self._fields})
        _change(self._fields)

    def __exit__(self, *exception: object) -> None:
        _change(self._previous.pop())

    def __call__(self, function: F) -> F:
        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with _Switch(**self._fields):
                return function(*args, **kwargs)

        @functools.wraps(function)
        def switched_steps(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            sent = None
            try:
                while True:
                    with _Switch(**self._fields):  # not while the caller has the turn
                        item = steps.send(sent)
                    sent = yield item
            except StopIteration as stop:
                return stop.value
            finally:
                steps.close()

        return switched_steps if inspect.isgeneratorfunction(function) else switched  # type: ignore


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
        super().__init__(grad=False)


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
        super().__init__(grad=True)


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
        super().__init__(grad=bool(mode))
        super().__enter__()

    def __enter__(self) -> None:
        if not self._previous:
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
        super().__init__(grad=not mode, inference=bool(mode))


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
            self._previous = debug.anomaly
            debug.anomaly = True
            debug.unusual += 1

    def __exit__(self, *exception: object) -> None:
        with _lock:
            debug.anomaly = self._previous
            debug.unusual -= 1


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
