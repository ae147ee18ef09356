"""What operations remember of where they come from: ``scope`` and ``traced``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import get_ident
from time import perf_counter_ns
from typing import Any, TypeVar

from .mode import within
from .observing import Path, observer_of_thread

__all__ = ["scope", "traced"]

F = TypeVar("F", bound=Callable[..., Any])


class _Context:
    """A context manager and decorator that may be entered again, also in several threads at once."""

    def __init__(self) -> None:
        self._entered: defaultdict[int, list[AbstractContextManager[Any]]] = defaultdict(list)

    def _made(self) -> AbstractContextManager[Any]:
        """What one entry enters."""
        raise NotImplementedError

    def __enter__(self) -> None:
        context = self._made()
        context.__enter__()
        self._entered[get_ident()].append(context)

    def __exit__(self, *exception: Any) -> None:
        self._entered[get_ident()].pop().__exit__(*exception)

    def __call__(self, function: F) -> F:
        return within(self._made, function)


class scope(_Context):
    """Name what is computed inside, for pictures and profiles. Context manager or decorator.

    Scopes nest with each other and with modules: an operation inside ``features.0`` inside
    ``scope("encoder")`` belongs to ``encoder.features.0``. They hold in this thread only.

    Parameters
    ----------
    name : str
        Dots make several levels of it.

    Raises
    ------
    TypeError
        If the name is not a string.
    ValueError
        If it is empty, or has an empty part.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.ones(2, requires_grad=True)
    >>> with ad.scope("encoder"):
    ...     h = w * 2
    >>> h.grad_fn.notes.scope
    ('encoder',)
    >>> @ad.scope("decoder")
    ... def decode(h):
    ...     return h.sum()
    >>> decode(h).grad_fn.notes.scope
    ('decoder',)
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        if not isinstance(name, str):
            raise TypeError(
                f"scope: the name must be a string, got {type(name).__name__}; write "
                '@ad.scope("name") or with ad.scope("name"):'
            )
        self._names = tuple(name.split("."))
        if not all(self._names):
            raise ValueError(
                f"scope: the name, and each part of it between dots, must not be empty: {name!r}"
            )

    def _made(self) -> AbstractContextManager[Any]:
        return _inside(self._names)


@contextmanager
def _inside(names: Path) -> Iterator[None]:
    with observer_of_thread() as observer:
        before = observer.path
        path = observer.path = before + names
        begin = perf_counter_ns()
        try:
            yield
        finally:
            observer.path = before
        end = perf_counter_ns()
        for listener in observer.listeners:
            listener.called(None, path, None, begin, end)


class traced(_Context):
    """Let operations remember where they come from. Context manager or decorator.

    What is recorded inside, in this thread, keeps the path of its module and its scopes, the line
    of your code that made it, its output, and the seconds that it took; so does a backward pass
    inside with its own seconds. ``ad.graph`` shows all of it. Outputs stay in memory as long as the
    graph does, and an operation takes a few microseconds longer.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    >>> with ad.traced():
    ...     y = model(ad.ones(5, 2))
    >>> y.grad_fn.notes.scope, y.grad_fn.notes.value.shape
    (('1',), (5, 3))
    """

    def _made(self) -> AbstractContextManager[Any]:
        return observer_of_thread(traces=True)
