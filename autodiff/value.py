"""``Value``: the scalar twin of ``Tensor``, a Python float that remembers how it was made.

A Value is its own node in the graph, so that each step of a computation can be looked at: its ``data``, its
``grad``, the operation and the Values it came from. The local derivatives are noted in the forward pass,
when their arguments are at hand; backward then only multiplies and adds.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
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

    __slots__ = ("constants", "data", "grad", "label")

    data: float
    grad: float
    constants: tuple[Any, ...]  # the data of all operands; set where one of them is a number
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
                self.primitive, self.parents, self.saved = lower, (node,), (1.0,)
                self.params = (data._array.dtype,)
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

    def __floordiv__(self, other: Any) -> Any:
        return _binary(primitives.registry["floor_divide"], self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _binary(primitives.registry["floor_divide"], other, self)

    def __mod__(self, other: Any) -> Any:
        return _binary(primitives.registry["remainder"], self, other)

    def __rmod__(self, other: Any) -> Any:
        return _binary(primitives.registry["remainder"], other, self)

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
    def _apply(primitive: Primitive, inputs: Sequence[Any], params: tuple[Any, ...] = ()) -> Any:
        """Do one elementwise operation on Values and numbers; without derivative it gives a number."""
        form = _forms.get(primitive) or _form_of(primitive)
        data = []
        mask = 0
        bit = 1
        for x in inputs:
            if x.__class__ is Value:
                x = x.data
                mask |= bit
            elif x.__class__ is not float and x is not None:
                x = float(x)
            data.append(x)
            bit <<= 1
        result = form.scalar(*data, *params)  # type: ignore[misc]
        if not form.vjp:
            return result
        out = _new(Value)
        out.data = result
        out.grad = 0.0
        out.label = ""
        if not mode.grad:
            out.primitive = None
            out.parents = out.params = out.saved = ()
            out.index = 0
            return out
        out.primitive = primitive
        out.params = params
        if mask == bit - 1:
            out.parents = tuple(inputs)
        else:
            out.parents = tuple([x if x.__class__ is Value else None for x in inputs])
            out.constants = tuple(data)
        vjp = form.vjps.get(mask) or form.vjp_of(mask)
        try:
            out.saved = tuple([float(d or 0.0) for d in vjp(1.0, (*data, result, None), out)])
        except _EDGES:
            out.saved = _exact_derivatives(out, mask, (*data, result))
        out.index = tick()
        return out

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The operands: Values, and numbers where a constant was used."""
        if None not in self.parents:
            return self.parents
        return tuple([c if p is None else p for p, c in zip(self.parents, self.constants, strict=True)])

    def check_unchanged(self) -> None:
        """Raise where an operand's ``data`` was assigned after this Value was computed from it."""
        if self.primitive is lower or self.primitive is _scalar_dot:
            return
        operands = [x.data if x.__class__ is Value else x for x in self.inputs]
        now = _forms[self.primitive].scalar(*operands, *self.params)  # type: ignore[index,misc]
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
    return relation(value.data, other) if isinstance(other, _NUMBERS) else NotImplemented


def _binary(primitive: Primitive, x: Any, y: Any) -> Any:
    for operand in (x, y):
        if operand.__class__ is not Value and not isinstance(operand, _NUMBERS):
            return NotImplemented
    return Value._apply(primitive, (x, y))


_NUMBERS = (int, float, np.number, np.bool_)
_EDGES = (ValueError, OverflowError, ZeroDivisionError, TypeError)  # a TypeError: complex numbers
_forms: dict[Primitive, Primitive] = {}


def _form_of(primitive: Primitive) -> Primitive:
    """An elementwise primitive as it is for Python floats: its forward as `scalar`, its rules."""
    if not primitive.elementwise:
        raise TypeError(f"{primitive.name} does not take Values; convert them with Value.tensor()")
    rules = [rule and on_floats(rule) for rule in primitive.vjp]  # type: ignore[union-attr]
    form = _forms[primitive] = Primitive(
        primitive.name,
        primitive.forward,
        rules if any(rules) else (),
        arity=primitive.arity,
        scalar=total(primitive.scalar, primitive.forward),
        register=False,
    )
    return form


def _exact_derivatives(node: Value, mask: int, saved: tuple[Any, ...]) -> tuple[float, ...]:
    """The local derivatives by the arithmetic of arrays, where that of Python floats raises."""
    vjp = node.primitive.vjp_of(mask)  # type: ignore[union-attr]
    with np.errstate(all="ignore"):
        numbers = [x if x is None else np.float64(x) for x in saved]
        return tuple([float(d or 0.0) for d in vjp(np.float64(1.0), (*numbers, None), node)])


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
            out.constants = (*x_data, *y_data)
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
lower = Primitive("tensor_to_value", lambda x: x.data, (lambda g: g,), symbol="value")
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
