"""Checking and normalising the arguments that many operations share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

__all__ = [
    "axes_of", "axis_of", "check_device", "hashable", "indices_below", "is_device", "numpy_names",
    "per_axis", "sizes_of",
]  # fmt: skip

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
    if len(sizes) == 1 and sizes[0].__class__ is not int:
        sizes = tuple(sizes[0]) if isinstance(sizes[0], (tuple, list)) else sizes
    for n in sizes:
        if n.__class__ is not int:
            break
    else:
        return sizes
    try:
        return tuple([n.__index__() for n in sizes])
    except AttributeError:
        raise TypeError(f"{operation}: sizes must be integers, got {sizes!r}") from None


def indices_below(count: int, indices: np.ndarray, operation: str, what: str) -> np.ndarray:
    """Return `indices` as int64, checked to lie in [0, count); `what` names the things counted."""
    if indices.dtype != np.int64:
        if indices.dtype.kind not in "iu":
            raise TypeError(
                f"{operation}: expected integers that number {count} {what}, got {indices.dtype}"
            )
        indices = indices.astype(np.int64)
    # Seen as unsigned a negative number is a huge one, so that one pass finds both kinds; and
    # argmax has half the overhead of max.
    unsigned = indices.view(np.uint64)
    if indices.size and unsigned.item(unsigned.argmax()) >= count:
        bad = indices[(indices < 0) | (indices >= count)].flat[0]
        raise IndexError(
            f"{operation}: {bad} is out of range for {count} {what}, which are numbered from 0 to "
            f"{count - 1}"
        )
    return indices


def per_axis(value: Any, axes: int, name: str, operation: str) -> tuple[int, ...]:
    """Return an option of a convolution or pooling, one integer or one per axis, as a tuple."""
    values = value if isinstance(value, (tuple, list)) else (value,)
    values = values * axes if len(values) == 1 else values
    if len(values) != axes:
        raise ValueError(f"{operation}: {name} must be one integer or {axes}, got {value!r}")
    try:
        return tuple([n.__index__() for n in values])
    except AttributeError:
        raise TypeError(f"{operation}: {name} must be an integer, got {value!r}") from None


_DEVICES = ("cpu", "cuda", "hip", "meta", "mps", "mtia", "xla", "xpu")


def is_device(argument: Any) -> bool:
    """Return whether `argument` names a device of PyTorch's, such as ``"cpu"`` or ``"cuda:0"``."""
    return str(argument).partition(":")[0] in _DEVICES


def check_device(device: Any, operation: str) -> None:
    """Raise ValueError for a device other than the CPU; None stands for the CPU."""
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise ValueError(
            f"{operation}: there is no device {str(device)!r}; everything is on 'cpu', so leave it out"
        )


def hashable(option: Any) -> Any:
    """Return an option that was given as a list as a tuple, so that it can be looked up."""
    return tuple(option) if isinstance(option, list) else option
