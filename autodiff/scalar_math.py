"""Functions of one Python float for ``Value``: the speed of ``math``, the edge cases of IEEE arithmetic.

``math`` raises where NumPy returns infinity or NaN (``log(0)``, ``exp(1000)``); here the rare edge is handed
to NumPy, so a Value and a Tensor agree everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

__all__ = ["on_floats", "total"]


def total(fast: Callable[..., float], exact: Callable[..., Any]) -> Callable[..., float]:
    """Return `fast`, with `exact` (a NumPy function) answering where `fast` raises."""

    def function(*xs: float) -> float:
        try:
            return fast(*xs)
        except (ValueError, OverflowError, ZeroDivisionError):
            with np.errstate(all="ignore"):
                return float(exact(*[np.float64(x) for x in xs]))

    return function


def _where(condition: Any, x: float, y: float) -> float:
    return x if condition else y


def _sign(x: float) -> float:
    return x if x != x else float((x > 0) - (x < 0))


class _ScalarNumPy:
    """What the name ``np`` means in a rule that runs on Python floats."""

    def __init__(self) -> None:
        for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
            setattr(self, name, total(getattr(math, name), getattr(np, name)))
        self.where = _where
        self.sign = _sign
        self.abs = self.absolute = abs
        self.square = lambda x: x * x

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


scalar_numpy = _ScalarNumPy()


def on_floats(rule: Callable[..., Any]) -> Callable[..., float]:
    """Return `rule` with ``np`` in its body meaning functions of Python floats."""
    if not isinstance(rule, FunctionType) or "np" not in rule.__code__.co_names:
        return rule
    names = {**rule.__globals__, "np": scalar_numpy}
    return FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__, rule.__closure__)
