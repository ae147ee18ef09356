"""NumPy's protocols: ``np.exp(t)`` and ``np.sum(t, axis=0)`` are recorded, never cut.

The tables say which operation of ours answers for a NumPy function. One that has no entry raises a
TypeError that names what to use; it is never applied to the bare array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import primitive

__all__ = ["array_function", "array_ufunc", "implements"]

_ufuncs: dict[np.ufunc, Callable[..., Any]] = {}
_functions: dict[Callable[..., Any], Callable[..., Any]] = {}


def implements(*numpy_functions: Callable[..., Any]) -> Callable[[Any], Any]:
    """Say that the decorated function answers for these NumPy functions when given Tensors."""

    def decorate(function: Any) -> Any:
        for f in numpy_functions:
            (_ufuncs if isinstance(f, np.ufunc) else _functions)[f] = function  # type: ignore[index]
        return function

    return decorate


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Answer a NumPy ufunc on Tensors (``np.exp(t)``, ``array * t``) with the recorded operation."""
    name = ufunc.__name__
    if method == "reduce" and ufunc in _reductions:
        return array_function(self, _reductions[ufunc], (), inputs, kwargs)
    function = _ufuncs.get(ufunc)
    if method != "__call__" or function is None:
        what = name if method == "__call__" else f"{name}.{method}"
        raise TypeError(
            f"numpy.{what} is not available for Tensors; use the operation of that kind in autodiff, or "
            "t.detach().numpy() where no gradient is needed"
        )
    out = kwargs.pop("out", None)
    if out is not None:
        target = out[0] if isinstance(out, tuple) else out
        if isinstance(target, primitive.Tensor_) and not kwargs:
            return target.copy_(function(*inputs))
        raise TypeError(f"numpy.{name}: out= must be a Tensor, since the graph would be cut otherwise")
    if kwargs:
        raise TypeError(f"numpy.{name} on a Tensor takes no {', '.join(sorted(kwargs))}")
    return function(*inputs)


def array_function(
    self: Any, func: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Answer a NumPy function on Tensors (``np.sum(t, axis=0)``) with the recorded operation."""
    function = _functions.get(func)
    if function is None:
        name = getattr(func, "__name__", str(func))
        raise TypeError(
            f"numpy.{name} is not available for Tensors; use the operation of that kind in autodiff, or "
            "t.detach().numpy() where no gradient is needed"
        )
    return function(*args, **kwargs)


_reductions: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
}
