"""Binds the operations to ``Tensor``: operators, methods and their in-place forms.

Each module of `autodiff.ops` lists in ``METHODS`` the functions that become methods under their
own name, in ``IN_PLACE`` those that have a form with a trailing underscore, and in
``METHOD_FORMS`` the methods whose arguments stand in another order. ``Value`` gets the
elementwise ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import creation, ops
from ._tensor import Tensor
from .inplace import in_place
from .ops import indexing
from .primitive import registry
from .value import Value, bind_hot_operations

__all__: list[str] = []

OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "matmul": "matmul",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift",
}  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY = {"neg": "neg", "abs": "abs", "invert": "bitwise_not"}


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return function(other, self)

    return method


_COMPARABLE = (Tensor, Value, bool, int, float, np.ndarray, np.generic)


def _comparison(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator: for what is no number Python decides, so that ``t == None`` is False."""

    def method(self: Any, other: Any) -> Any:
        return function(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    return method


def bind() -> None:
    """Give ``Tensor`` its operators and methods."""
    functions: dict[str, Any] = {}
    for theme in (*ops.THEMES, *creation.THEMES):
        own = vars(theme)
        functions |= {name: own[name] for name in getattr(theme, "__all__", ())}
        for name in getattr(theme, "METHODS", ()):
            setattr(Tensor, name, own[name])
        for name in getattr(theme, "IN_PLACE", ()):
            setattr(Tensor, f"{name}_", in_place(own[name]))
        for name, method in getattr(theme, "METHOD_FORMS", {}).items():
            setattr(Tensor, name, method)
    for symbol, name in OPERATORS.items():
        function = functions[name]
        operator = getattr(function, "operator", function)
        setattr(Tensor, f"__{symbol}__", operator)
        setattr(Tensor, f"__r{symbol}__", _reflected(operator))
        setattr(Tensor, f"__i{symbol}__", in_place(function))
    for name in COMPARISONS:
        setattr(Tensor, f"__{name}__", _comparison(functions[name]))
    for symbol, name in UNARY.items():
        setattr(Tensor, f"__{symbol}__", functions[name])
    for symbol, function in (
        ("pos", functions["positive"]),
        ("getitem", indexing.getitem),
        ("setitem", indexing.setitem),
    ):
        setattr(Tensor, f"__{symbol}__", function)
    bind_hot_operations(registry["add"], registry["mul"])
    for theme in ops.ELEMENTWISE:
        for name in theme.__all__:
            setattr(Value, name, _of_value(functions[name]))
        for name, method in getattr(theme, "METHOD_FORMS", {}).items():
            setattr(Value, name, method)


def _of_value(function: Any) -> Callable[..., Any]:
    """The method of ``Value``: straight to the primitive where that is all the function does."""
    primitive = getattr(function, "primitive", None)
    if primitive is None or primitive.arity != 1 or hasattr(function, "operator"):
        return function  # type: ignore[no-any-return]

    def method(self: Any) -> Any:
        return Value._apply(primitive, (self,))

    method.__name__ = function.__name__
    method.__doc__ = f"``autodiff.{function.__name__}`` of this Value."
    return method


bind()
