"""Binds the operations to ``Tensor``: operators, methods and their in-place forms.

Each module of `autodiff.ops` lists in ``METHODS`` the functions that become methods under their own name,
and in ``IN_PLACE`` those that have a form with a trailing underscore.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import ops
from .inplace import in_place
from .ops import indexing
from .primitive import registry
from .tensor import Tensor
from .value import Value, bind_hot_operations

__all__: list[str] = []

OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "matmul": "matmul",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
UNARY = {"neg": "neg", "abs": "abs", "invert": "bitwise_not"}


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return function(other, self)

    return method


def bind() -> None:
    """Give ``Tensor`` its operators and methods."""
    functions = {name: f for theme in ops.THEMES for name, f in vars(theme).items() if callable(f)}
    for theme in ops.THEMES:
        for name in getattr(theme, "METHODS", ()):
            setattr(Tensor, name, functions[name])
        for name in getattr(theme, "IN_PLACE", ()):
            setattr(Tensor, f"{name}_", in_place(functions[name]))
    for symbol, name in OPERATORS.items():
        if name in functions:
            setattr(Tensor, f"__{symbol}__", functions[name])
            setattr(Tensor, f"__r{symbol}__", _reflected(functions[name]))
            setattr(Tensor, f"__i{symbol}__", in_place(functions[name]))
    for name in COMPARISONS:
        if name in functions:
            setattr(Tensor, f"__{name}__", functions[name])
    for symbol, name in UNARY.items():
        if name in functions:
            setattr(Tensor, f"__{symbol}__", functions[name])
    Tensor.__pos__ = lambda self: self  # type: ignore[attr-defined]
    Tensor.__getitem__ = indexing.getitem  # type: ignore[attr-defined]
    Tensor.__setitem__ = indexing.setitem  # type: ignore[attr-defined]
    bind_hot_operations(registry["add"], registry["mul"])
    for primitive in registry.values():
        if primitive.elementwise and primitive.arity == 1 and not hasattr(Value, primitive.name):
            setattr(Value, primitive.name, _of_value(primitive))


def _of_value(primitive: Any) -> Callable[[Any], Any]:
    def method(self: Any) -> Any:
        return Value._apply(primitive, (self,))

    method.__name__ = primitive.name
    method.__doc__ = f"``autodiff.{primitive.name}`` of this Value."
    return method


bind()
