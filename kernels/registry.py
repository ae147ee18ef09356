"""What a kernel is, and the one place that decides which version of it runs.

A kernel has one name and one contract, and up to two versions of itself:

- the *reference*: plain NumPy, written to be read; always there;
- the *compiled* version: Numba, in a module that is imported at its first use only.

Both take the same arguments and give the same arrays. The declaration is one decorator on the
reference::

    @kernel(
        compiled="scatter_jit",
        prefer=lambda out, indices, values: values.size > 64,
        examples=lambda dtype: [(np.zeros(3, dtype), np.array([2, 0]), np.ones(2, dtype))],
    )
    def index_add(out, indices, values): ...

The compiled twin is then the function of the same name in `kernels/scatter_jit.py`. To replace a
kernel, replace that one function: nothing else knows about it.
"""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")

MODES = ("auto", "numpy", "numba")
VARIABLE = "AUTODIFF_KERNELS"

KERNELS: dict[str, Kernel[..., Any]] = {}
"""Every declared kernel by its name."""

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
_COMPILED = frozenset((_FLOAT32, _FLOAT64))


def _check_mode(mode: str, source: str) -> str:
    if mode not in MODES:
        raise ValueError(f"{source}: {mode!r} is not one of {', '.join(map(repr, MODES))}")
    return mode


# With Numba's own switch off there is nothing to call: its loops would run as plain Python.
_NOTHING_IS_COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")

_mode = _check_mode(os.environ.get(VARIABLE) or "auto", f"environment variable {VARIABLE}")


def mode() -> str:
    """Return which versions run: "auto", "numpy" or "numba" (see `use`)."""
    return _mode


@contextmanager
def _restore(previous: str) -> Iterator[None]:
    global _mode
    try:
        yield
    finally:
        _mode = previous


def use(mode: str) -> Any:
    """Choose which versions of the kernels run, for the whole process.

    Parameters
    ----------
    mode : {"auto", "numpy", "numba"}
        "auto" picks per call what was measured to be faster; "numpy" switches every Numba kernel
        off; "numba" takes the compiled version wherever there is one. The environment variable
        `AUTODIFF_KERNELS` gives the mode that a process starts with (default "auto").

    Returns
    -------
    context manager
        The mode is set by the call itself; used in a `with` statement, the former mode comes
        back at its end.

    Raises
    ------
    ValueError
        For another word.

    Examples
    --------
    >>> from autodiff import kernels
    >>> with kernels.use("numpy"):
    ...     kernels.mode()
    'numpy'
    """
    global _mode
    previous, _mode = _mode, _check_mode(mode, "kernels.use")
    return _restore(previous)


Examples = Callable[[np.dtype[Any]], list[tuple[Any, ...]]]


def _no_examples(dtype: np.dtype[Any]) -> list[tuple[Any, ...]]:
    return []


def ones(*shapes: tuple[int, ...], options: tuple[Any, ...] = ()) -> Examples:
    """Make the examples of a kernel of one call, with arrays of ones of these shapes."""
    return lambda dtype: [(*[np.ones(shape, dtype) for shape in shapes], *options)]


class Kernel(Generic[P, R]):
    """One kernel: callable, and made of its reference and (perhaps) its compiled version.

    Attributes
    ----------
    name : str
    reference : callable
        The NumPy version.
    compiled : callable or None
        The Numba version; reading it imports Numba.
    examples : callable
        dtype -> argument tuples of small calls, see `kernel`.
    """

    # What a call reads; the rest, the reference's docstring and so on, is in the dictionary.
    __slots__ = ("__dict__", "_compiled", "_least", "_module", "_prefer", "reference")

    def __init__(
        self,
        reference: Callable[P, R],
        compiled: str | None,
        prefer: Callable[..., bool] | int,
        examples: Examples = _no_examples,
    ) -> None:
        functools.update_wrapper(self, reference)
        self.name = reference.__name__
        self.reference = reference
        self._module = None if _NOTHING_IS_COMPILED else compiled
        self._compiled: Callable[P, R] | None = None
        self._least = prefer if isinstance(prefer, int) else 0
        self._prefer = None if isinstance(prefer, int) else prefer
        self.examples = examples

    @property
    def compiled(self) -> Callable[P, R] | None:
        if self._compiled is None and self._module is not None:
            module = importlib.import_module(f"{__package__}.{self._module}")
            self._compiled = getattr(module, self.name)
        return self._compiled

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        first: Any = args[0]
        if _mode == "auto":
            if self._prefer is None:
                wanted = first.size >= self._least
            else:
                wanted = self._prefer(*args, **kwargs)
        else:
            wanted = _mode == "numba"
        if wanted and self._module is not None:
            dtype = first[0].dtype if first.__class__ is list else first.dtype
            if dtype is _FLOAT32 or dtype is _FLOAT64 or dtype in _COMPILED:
                compiled: Any = self._compiled or self.compiled
                # An empty dictionary costs as much as all that stands above.
                return compiled(*args, **kwargs) if kwargs else compiled(*args)  # type: ignore[no-any-return]
        return self.reference(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<kernel {self.name}>"


def kernel(
    *,
    compiled: str | None = None,
    prefer: Callable[..., bool] | int = 0,
    examples: Examples = _no_examples,
) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Declare a kernel: decorate its NumPy reference.

    Parameters
    ----------
    compiled : str, optional
        Name of the module of this package that holds the compiled version, a function of the
        same name and signature. It is called with float32 or float64 as the type of the first
        argument only, an array or a list of arrays, which must be positional; everything else goes
        to the reference.
    prefer : int or callable, default 0
        The least number of elements of the first argument with which the compiled version is the
        faster one; or what takes the kernel's arguments and says whether it is. Asked in mode
        "auto" only, and at every call, so it must be cheap.
    examples : callable, for a kernel with a compiled version
        Takes a dtype and returns argument tuples of small calls, which together compile all that
        the kernel may need (see `warm_up`). `ones` makes the usual ones.
    """

    def declare(reference: Callable[P, R]) -> Kernel[P, R]:
        declared = Kernel(reference, compiled, prefer, examples)
        KERNELS[declared.name] = declared
        return declared

    return declare
