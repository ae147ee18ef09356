"""Checking and normalising the arguments that many operations share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["axes_of", "axis_of", "numpy_names", "sizes_of"]

F = TypeVar("F", bound=Callable[..., Any])
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def numpy_names(function: F) -> F:
    """Let a function take NumPy's ``axis`` and ``keepdims`` for ``dim`` and ``keepdim``."""

    @functools.wraps(function)
    def renamed(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            for name, ours in _NUMPY_NAMES.items():
                if name in kwargs:
                    if ours in kwargs:
                        raise TypeError(f"{function.__name__}: give {name} or {ours}, not both")
                    kwargs[ours] = kwargs.pop(name)
        return function(*args, **kwargs)

    return renamed  # type: ignore[return-value]


def axis_of(dim: Any, ndim: int, operation: str) -> int:
    """Return `dim` as a non-negative axis of a tensor with `ndim` axes (a 0-d tensor has axis 0 and -1)."""
    try:
        axis = dim.__index__()
    except AttributeError:
        raise TypeError(f"{operation}: dim must be an integer, got {type(dim).__name__}") from None
    span = ndim or 1
    if not -span <= axis < span:
        raise IndexError(
            f"{operation}: dim {axis} is out of range for a tensor with {ndim} axes; "
            f"expected {-span} to {span - 1}"
        )
    return axis + span if axis < 0 else axis


def axes_of(dim: Any, ndim: int, operation: str) -> tuple[int, ...] | None:
    """Return `dim` (None, an integer or several) as a tuple of axes; None stands for all."""
    if dim is None:
        return None
    dims = dim if isinstance(dim, (tuple, list)) else (dim,)
    if len(dims) == 0:
        return None
    axes = tuple([axis_of(d, ndim, operation) for d in dims])
    if len(set(axes)) != len(axes):
        raise ValueError(f"{operation}: dim {tuple(dims)} names an axis twice")
    return axes if ndim else None


def sizes_of(sizes: tuple[Any, ...], operation: str) -> tuple[int, ...]:
    """Return sizes given as ``f(2, 3)`` or ``f((2, 3))`` as a tuple of integers."""
    if len(sizes) == 1 and not hasattr(sizes[0], "__index__"):
        sizes = tuple(sizes[0])
    try:
        return tuple([n.__index__() for n in sizes])
    except AttributeError:
        raise TypeError(f"{operation}: sizes must be integers, got {sizes!r}") from None
