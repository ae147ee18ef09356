"""``Value``: the scalar twin of ``Tensor``, a Python float that remembers how it was made.

A Value is its own node in the graph, so that each step of a computation can be looked at: its ``data``, its
``grad``, the operation and the Values it came from. The local derivatives are noted in the forward pass,
when their arguments are at hand; backward then only multiplies and adds.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import primitive as primitives
from .mode import mode
from .node import Node, topological_order
from .primitive import Primitive, new_tensor, record
from .scalar_math import on_floats, total
from .versions import tick

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["Value"]

_new = object.__new__


class Value(Node):
    """A scalar that records its history.

    Parameters
    ----------
    data : float, or a Tensor of one element
        A Tensor's history is kept: gradients flow on into it.
    label : str, optional
        A name for pictures.

    Attributes
    ----------
    data : float
        The value; may be assigned, which does not change the history.
    grad : float
        The derivative of the output of the last ``backward()`` with respect to this; at a leaf, the sum
        over all ``backward()`` calls.

    Examples
    --------
    >>> import autodiff as ad
    >>> a, b = ad.Value(2.0), ad.Value(-3.0)
    >>> c = a * b + a**2
    >>> c.backward()
    >>> c, a.grad, b.grad
    (Value(data=-2.0, grad=1.0), 1.0, 2.0)

    Notes
    -----
    Names and behaviour follow micrograd (https://github.com/karpathy/micrograd), so its programs run here.
    """

    __slots__ = ("data", "grad", "label")

    data: float
    grad: float
    shape = ()
    notes = None
    requires_grad = True
    mask = 3

    def __init__(self, data: Any, label: str = "") -> None:
        self.primitive = None
        self.parents = self.params = self.saved = ()
        self.index = 0
        self.grad = 0.0
        self.label = label
        if isinstance(data, primitives.Tensor_):
            node = data._history()
            if node is not None and mode.grad:
                if data._array.size != 1:
                    raise ValueError(
                        f"Value: expected a Tensor of one element, got shape {data.shape}"
                    )
                self.primitive, self.parents, self.saved = _lower, (node,), (1.0,)
                self.index = tick()
            data = data._array.item() if data._array.size == 1 else data._array
        elif isinstance(data, Value):
            raise TypeError("Value: the argument is a Value already")
        self.data = float(data)

    # The two operations that scalar networks consist of are written out; the rest follow from their
    # declarations in `ops`.

    def __add__(self, other: Any) -> Any:
        if other.__class__ is not Value or not mode.grad:
            return _binary(_add, self, other)
        out = _new(Value)
        out.data = self.data + other.data
        out.grad = 0.0
        out.primitive = _add
        out.parents = (self, other)
        out.saved = _ONES
        out.params = ()
        out.index = tick()
        out.label = ""
        return out

    def __mul__(self, other: Any) -> Any:
        if other.__class__ is not Value or not mode.grad:
            return _binary(_mul, self, other)
        x = self.data
        y = other.data
        out = _new(Value)
        out.data = x * y
        out.grad = 0.0
        out.primitive = _mul
        out.parents = (self, other)
        out.saved = (y, x)
        out.params = ()
        out.index = tick()
        out.label = ""
        return out

    def __radd__(self, other: Any) -> Any:
        return _binary(_add, other, self)

    def __rmul__(self, other: Any) -> Any:
        return _binary(_mul, other, self)

    def __sub__(self, other: Any) -> Any:
        return _binary(primitives.registry["sub"], self, other)

    def __rsub__(self, other: Any) -> Any:
        return _binary(primitives.registry["sub"], other, self)

    def __truediv__(self, other: Any) -> Any:
        return _binary(primitives.registry["div"], self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _binary(primitives.registry["div"], other, self)

    def __pow__(self, other: Any) -> Any:
        return _binary(primitives.registry["pow"], self, other)

    def __rpow__(self, other: Any) -> Any:
        return _binary(primitives.registry["pow"], other, self)

    def __neg__(self) -> Value:
        return Value._apply(primitives.registry["neg"], (self,))

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return Value._apply(primitives.registry["abs"], (self,))

    @staticmethod
    def _apply(primitive: Primitive, inputs: tuple[Any, ...]) -> Value:
        """Do one elementwise operation on Values and numbers."""
        forward, rules = _scalar_forms(primitive)
        data = [x.data if x.__class__ is Value else float(x) for x in inputs]
        out = Value(forward(*data))
        if not mode.grad:
            return out
        saved = (*data, out.data, None)
        out.primitive = primitive
        out.parents = tuple([x if x.__class__ is Value else None for x in inputs])
        out.params = () if None not in out.parents else tuple(data)
        out.saved = tuple(
            [
                0.0 if parent is None or rule is None else _derivative(rule, saved)
                for parent, rule in zip(out.parents, rules, strict=True)
            ]
        )
        out.index = tick()
        return out

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The operands: Values, and numbers where a constant was used."""
        if not self.params:
            return self.parents
        return tuple([c if p is None else p for p, c in zip(self.parents, self.params, strict=True)])

    def check_unchanged(self) -> None:
        """Raise where an operand's ``data`` was assigned after this Value was computed from it."""
        if self.primitive is _lower or self.primitive is _scalar_dot:
            return
        forward, _ = _scalar_forms(self.primitive)  # type: ignore[arg-type]
        now = forward(*[x.data if x.__class__ is Value else x for x in self.inputs])
        if now != self.data and not (now != now and self.data != self.data):
            raise RuntimeError(
                f"backward of {self.name!r} with create_graph=True: the data of an operand was assigned "
                "after the forward pass; run the forward pass again"
            )

    def backward(
        self,
        gradient: float | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Set ``grad`` of every Value this depends on; leaves add up. See ``autodiff.backward``."""
        from .engine import backward

        backward([self], [gradient], retain_graph, create_graph, inputs)

    def tensor(self) -> Tensor:
        """Return a 0-d float64 Tensor that depends on this Value."""
        node = record(_lift, (self,), (), 1, (), ()) if mode.grad else None
        return new_tensor(np.asarray(self.data), node)

    def detach(self) -> Value:
        """Return a Value of the same number without history."""
        return Value(self.data)

    def item(self) -> float:
        """Return the number."""
        return self.data

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return primitives.Tensor_.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return primitives.Tensor_.__array_function__(self, func, types, args, kwargs)

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __eq__(self, other: object) -> Any:
        return _compare(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return _compare(operator.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return _compare(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return _compare(operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compare(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return _compare(operator.ge, self, other)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __copy__(self) -> Value:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        if self.primitive is not None:
            raise RuntimeError("deepcopy: only a leaf Value can be copied; call detach() first")
        copy = Value(self.data, self.label)
        copy.grad = self.grad
        memo[id(self)] = copy
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        if self.primitive is not None:
            raise RuntimeError("pickle: only a leaf Value can be pickled; call detach() first")
        return _restored, (self.data, self.label, self.grad)


def _restored(data: float, label: str, grad: float) -> Value:
    value = Value(data, label)
    value.grad = grad
    return value


def _compare(relation: Any, value: Value, other: Any) -> Any:
    if other.__class__ is Value:
        return relation(value.data, other.data)
    return relation(value.data, other) if isinstance(other, (int, float)) else NotImplemented


def _binary(primitive: Primitive, x: Any, y: Any) -> Any:
    for operand in (x, y):
        if operand.__class__ is not Value and not isinstance(operand, (int, float)):
            return NotImplemented
    return Value._apply(primitive, (x, y))


_forms: dict[Primitive, tuple[Any, tuple[Any, ...]]] = {}


def _scalar_forms(primitive: Primitive) -> tuple[Any, tuple[Any, ...]]:
    """The forward function and the rules of an elementwise primitive, both on Python floats."""
    known = _forms.get(primitive)
    if known is None:
        if not primitive.elementwise:
            raise TypeError(f"{primitive.name} does not take Values; convert them with Value.tensor()")
        forward = primitive.forward
        fast = primitive.scalar or (lambda *xs: float(forward(*[np.float64(x) for x in xs])))
        rules = tuple(
            rule and primitive.compiled(on_floats(rule))
            for rule in primitive.vjp  # type: ignore[union-attr]
        )
        known = _forms[primitive] = (total(fast, forward), rules)
    return known


def _derivative(rule: Any, saved: tuple[Any, ...]) -> float:
    try:
        return float(rule(1.0, saved, None))
    except (ZeroDivisionError, OverflowError, ValueError):
        with np.errstate(all="ignore"):
            return float(rule(1.0, [np.float64(s) if s is not None else s for s in saved], None))


def dot(xs: Iterable[Any], ys: Iterable[Any]) -> Value:
    """Return the sum of products of two sequences of Values and numbers, as one node."""
    xs, ys = list(xs), list(ys)
    if len(xs) != len(ys):
        raise ValueError(f"dot: sequences of different lengths, {len(xs)} and {len(ys)}")
    x_data = [x.data if x.__class__ is Value else x for x in xs]
    y_data = [y.data if y.__class__ is Value else y for y in ys]
    out = _new(Value)
    out.data = sum(map(operator.mul, x_data, y_data), 0.0)
    out.grad = 0.0
    out.label = ""
    out.params = ()
    if not mode.grad:
        out.primitive = None
        out.parents = out.saved = ()
        out.index = 0
        return out
    parents = xs + ys
    for p in parents:
        if p.__class__ is not Value:
            parents = [p if p.__class__ is Value else None for p in parents]
            out.params = (*x_data, *y_data)
            break
    out.primitive = _scalar_dot
    out.parents = tuple(parents)
    out.saved = (*y_data, *x_data)
    out.index = tick()
    return out


def sweep_values(order: list[Node], cotangents: dict[Node, Any]) -> bool:
    """Carry cotangents back through a graph of nothing but Values; False: there are other nodes."""
    for node in order:
        if node.__class__ is not Value:
            return False
        if node.primitive is not None:
            node.grad = 0.0  # type: ignore[attr-defined]
    for root, g in cotangents.items():
        root.grad += g  # type: ignore[attr-defined]
    for node in order:
        g = node.grad  # type: ignore[attr-defined]
        for parent, derivative in zip(node.parents, node.saved):  # type: ignore[arg-type] # noqa: B905
            if parent is not None:
                parent.grad += g * derivative  # type: ignore[attr-defined]
    return True


_ONES = (1.0, 1.0)
_lift = Primitive("value_to_tensor", lambda x: np.asarray(x.data), (lambda g: g,), symbol="tensor")
_lower = Primitive("tensor_to_value", lambda x: x.data, (lambda g: g,), symbol="value")
_scalar_dot = Primitive(
    "dot_of_values",
    lambda *xs: sum(map(operator.mul, xs[: len(xs) // 2], xs[len(xs) // 2 :])),
    lambda g, xs: [g * y for y in (*xs[len(xs) // 2 :], *xs[: len(xs) // 2])],
    arity=-1,
    symbol="dot",
)
_add: Any = None
_mul: Any = None


def bind_hot_operations(add: Primitive, mul: Primitive) -> None:
    """Tell this module the primitives that it writes out."""
    global _add, _mul
    _add, _mul = add, mul
