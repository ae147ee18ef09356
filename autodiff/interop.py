"""NumPy's protocols: ``np.exp(t)`` and ``np.sum(t, axis=0)`` are recorded, never cut.

The tables say which operation of ours answers for a NumPy function; most entries stand where the
operation is declared, those with other arguments in `numpy_functions`. A function that has no entry
raises a TypeError that names what to use; it is never applied to the bare array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import handles

__all__ = ["array_function", "array_ufunc", "implements"]

_ufuncs: dict[np.ufunc, Callable[..., Any]] = {}
_functions: dict[Callable[..., Any], Callable[..., Any]] = {}
_reductions: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
_OTHER_NAMES = {
    "add.accumulate": "cumsum",
    "multiply.accumulate": "cumprod",
    "add.at": "index_add",
    "copyto": "Tensor.copy_",
    "fill_diagonal": "eye and where",
    "insert": "cat",
    "delete": "cat",
    "put": "Tensor.index_put_",
    "put_along_axis": "scatter",
    "ptp": "amax and amin",
    "putmask": "Tensor.masked_fill_",
    "place": "Tensor.masked_scatter_",
}


def implements(*numpy_functions: Callable[..., Any]) -> Callable[[Any], Any]:
    """Say that the decorated function answers for these NumPy functions when given Tensors."""

    def decorate(function: Any) -> Any:
        for f in numpy_functions:
            table: dict[Any, Any] = _ufuncs if isinstance(f, np.ufunc) else _functions
            table[f] = function
        return function

    return decorate


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Answer a ufunc on Tensors (``np.exp(t)``, ``array * t``) with the recorded operation."""
    if method == "reduce" and ufunc in _reductions:
        return array_function(self, _reductions[ufunc], (), inputs, {"axis": 0, **kwargs})
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    function = _ufuncs.get(ufunc)
    if method != "__call__" or function is None:
        raise _unavailable(name)
    return _answered(name, function, inputs, kwargs)


def array_function(
    self: Any, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Answer a NumPy function on Tensors (``np.sum(t, axis=0)``) with the recorded operation."""
    name = f"{func.__module__}.{func.__name__}".removeprefix("numpy.")
    function = _functions.get(func)
    if function is None:
        raise _unavailable(name)
    return _answered(name, function, args, kwargs)


def _answered(name: str, function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    out = kwargs.pop("out", None)
    if isinstance(out, tuple):
        (out,) = out
    if out is not None and not isinstance(out, handles.Tensor):
        raise TypeError(
            f"numpy.{name}: the result would be written into an array, which cuts the graph; leave "
            "out= (or the in-place operator) away, or make the array a Tensor"
        )
    try:
        result = function(*args, **kwargs)
    except TypeError as error:
        if "unexpected keyword" in str(error) or "positional argument" in str(error):
            raise TypeError(f"numpy.{name} on a Tensor: {error}") from None
        raise
    return result if out is None else out.copy_(result)


def _unavailable(name: str) -> TypeError:
    import autodiff

    ours = _OTHER_NAMES.get(name, name if hasattr(autodiff, name) else None)
    use = "an operation of autodiff" if ours is None else f"autodiff.{ours}"
    return TypeError(
        f"numpy.{name} is not available for Tensors; use {use}, or t.detach().numpy() where no "
        "gradient is needed"
    )
