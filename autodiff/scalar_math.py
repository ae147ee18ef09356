"""Functions of Python floats, for ``Value``: the speed of ``math``, the edges of IEEE arithmetic.

``math`` raises where NumPy returns infinity or NaN (``log(0)``, ``exp(1000)``); here the rare
edge is handed to NumPy, so that a Value and a Tensor agree everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from .primitive import Primitive

__all__ = ["EDGES", "exact_slopes", "form_of", "forms", "on_floats", "sign", "total"]

EDGES = (ArithmeticError, ValueError, TypeError)
"""What Python's floats raise where IEEE arithmetic has a result (TypeError: a complex root)."""


def total(fast: Callable[..., Any] | None, exact: Callable[..., Any]) -> Callable[..., Any]:
    """Return `fast`, with `exact` (on NumPy's numbers) answering where `fast` raises or is None."""

    def of_numpy(*xs: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(
                exact(*[np.float64(x) if x.__class__ is float else x for x in xs])
            ).item()

    if fast is None:
        return of_numpy

    def function(*xs: Any) -> Any:
        try:
            return fast(*xs)
        except (ArithmeticError, ValueError):
            return of_numpy(*xs)

    return function


def _where(condition: Any, x: float, y: float) -> float:
    return x if condition else y


def sign(x: float) -> float:
    """Return -1, 0 or 1; NaN for NaN."""
    return x if x != x else float((x > 0) - (x < 0))


_MATH = {
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log", "log2": "log2", "log10": "log10",
    "log1p": "log1p", "sqrt": "sqrt", "power": "pow", "hypot": "hypot",
    "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh",
}  # fmt: skip
"""Functions of NumPy and what ``math`` calls them."""


class _ScalarNumPy:
    """What the name ``np`` means in a rule that runs on Python floats."""

    def __init__(self) -> None:
        for name, of_math in _MATH.items():
            setattr(self, name, total(getattr(math, of_math), getattr(np, name)))
        self.where = _where
        self.sign = sign
        self.abs = self.absolute = abs

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        if isinstance(function, np.ufunc):
            function = total(None, function)
            setattr(self, name, function)
        return function


_scalar_numpy = _ScalarNumPy()


def on_floats(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Return `rule` for Python floats: ``np`` and primitives in it mean functions of floats."""
    if not isinstance(rule, FunctionType):
        return rule
    known = rule.__globals__
    replaced: dict[str, Any] = {}
    for name in rule.__code__.co_names:
        meaning: Any = known.get(name)
        if meaning is np:
            replaced[name] = _scalar_numpy
        elif isinstance(meaning, Primitive):
            replaced[name] = total(meaning.scalar, meaning.forward)
        elif hasattr(meaning, "on_floats"):
            replaced[name] = meaning.on_floats
        elif isinstance(meaning, FunctionType) and meaning.__module__ == rule.__module__:
            replaced[name] = on_floats(meaning)
    if not replaced:
        return rule
    return FunctionType(
        rule.__code__, {**known, **replaced}, rule.__name__, rule.__defaults__, rule.__closure__
    )


forms: dict[Primitive, Primitive] = {}
"""Elementwise primitives as they are for Python floats."""


def form_of(primitive: Primitive) -> Primitive:
    """Return the form for Python floats: its forward as ``scalar``; rules, unless it has none."""
    if not primitive.elementwise:
        raise TypeError(f"{primitive.name} does not take Values; convert them with Value.tensor()")
    rules = [rule and on_floats(rule) for rule in primitive.vjp]  # type: ignore[union-attr]
    form = forms[primitive] = Primitive(
        primitive.name,
        primitive.forward,
        rules if any(rules) else (),
        arity=primitive.arity,
        scalar=total(primitive.scalar, primitive.forward),
        register=False,
    )
    return form


def exact_slopes(
    primitive: Primitive, mask: int, saved: tuple[Any, ...], node: Any
) -> tuple[float | None, ...]:
    """Return the derivatives by the arithmetic of arrays, where that of Python floats raises."""
    with np.errstate(all="ignore"):
        numbers = [None if x is None else np.float64(x) for x in saved]
        slopes = primitive.vjp_of(mask)(np.float64(1.0), numbers, node)
        return tuple([None if d is None else float(d) for d in slopes])
