"""``Value``: the scalar twin of ``Tensor``, a Python float that remembers how it was made.

A Value is its own node in the graph, so that each step of a computation can be looked at: its
``data``, its ``grad``, the operation and the Values it came from. The local derivatives are noted
in the forward pass, when their arguments are at hand; backward then only multiplies and adds.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import handles
from .apply import record
from .handles import new_tensor
from .mode import mode
from .node import Node
from .primitive import Primitive, registry
from .scalar_math import EDGES, exact_slopes, form_of, forms
from .versions import tick

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["Value"]

_new = object.__new__
_NUMBERS = (int, float, np.number, np.bool_)


def _operators(name: str) -> tuple[Any, Any]:
    """The operator of a primitive with two operands, and its reflected form."""

    def method(self: Value, other: Any) -> Any:
        return _binary(registry[name], self, other)

    def reflected(self: Value, other: Any) -> Any:
        return _binary(registry[name], other, self)

    return method, reflected


def _comparison(relation: Any) -> Any:
    def method(self: Value, other: Any) -> Any:
        if other.__class__ is Value:
            return relation(self.data, other.data)
        return bool(relation(self.data, other)) if isinstance(other, _NUMBERS) else NotImplemented

    return method


class Values(tuple[Any, ...]):
    """Operands that are Values one and all, so that a sweep need not look at each."""

    __slots__ = ()


class Value(Node):
    """A scalar that records its history.

    Parameters
    ----------
    data : number, or Tensor of one element
        A Tensor's history is kept: gradients flow on into it.
    label : str, optional
        A name for pictures.

    Attributes
    ----------
    data : float
        The value; may be assigned, which does not change the history.
    grad : float
        The derivative of the output of the last ``backward()`` with respect to this; at a leaf, the
        sum over all ``backward()`` calls.

    Raises
    ------
    TypeError
        For what is not a number.
    ValueError
        For a Tensor of several elements.

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
    Every elementwise operation (``ad.exp``, ``ad.where``, ...) takes Values, and is a method too. A
    Value and a Tensor make a Tensor; a Value counts as a 0-d float64 Tensor there.

    Names and behaviour follow micrograd (https://github.com/karpathy/micrograd), so its programs
    run here.
    """

    # x and y are the operands (a number where that was a constant, None where there is none), dx
    # and dy the derivatives with respect to them. An operation on more than two has tuples in x and
    # dx.
    __slots__ = ("data", "dx", "dy", "grad", "label", "x", "y")

    data: float
    grad: float
    label: str
    x: Any
    y: Any
    dx: Any
    dy: Any
    shape = ()
    requires_grad = True
    mask = 3

    def __init__(self, data: Any, label: str = "") -> None:
        self.primitive = self.x = self.y = None
        self.index = 0
        self.grad = 0.0
        self.label = label
        if data.__class__ is float:
            self.data = data
        elif isinstance(data, handles.Tensor):
            self._lower(data)
        elif isinstance(data, (int, float, np.number, np.ndarray)):
            self.data = float(data)
        else:
            raise TypeError(
                f"Value: expected a number or a Tensor of one element, got {type(data).__name__}"
            )

    def _lower(self, tensor: Tensor) -> None:
        if tensor._array.size != 1:
            raise ValueError(f"Value: expected a Tensor of one element, got shape {tensor.shape}")
        self.data = float(tensor._array.item())
        node = tensor._history()
        if node is not None and mode.grad:
            self.primitive, self.x, self.dx = lower, node, 1.0
            self.params = (tensor._array.dtype,)
            self.index = tick()
            if mode.observer is not None:
                mode.observer.recorded(self, self.data)

    def __getattr__(self, name: str) -> Any:
        # What few Values have is not set on the others, which would cost each of them time.
        if name == "params":
            return ()
        if name == "label":
            return ""
        if name == "notes":
            return None
        raise AttributeError(f"'Value' object has no attribute {name!r}")

    # The two operations that scalar networks consist of are written out; the rest follow from their
    # declarations in `ops`.

    def __add__(self, other: Any) -> Any:
        if other.__class__ is not Value or not mode.plain:
            return _binary(_add, self, other)
        out = _new(Value)
        out.data = self.data + other.data
        out.grad = 0.0
        out.primitive = _add
        out.x = self
        out.y = other
        out.dx = out.dy = 1.0
        out.index = tick()
        return out

    def __mul__(self, other: Any) -> Any:
        if other.__class__ is not Value or not mode.plain:
            return _binary(_mul, self, other)
        out = _new(Value)
        out.x = self
        out.y = other
        out.dx = y = other.data
        out.dy = x = self.data
        out.data = x * y
        out.grad = 0.0
        out.primitive = _mul
        out.index = tick()
        return out

    __radd__ = _operators("add")[1]
    __rmul__ = _operators("mul")[1]
    __sub__, __rsub__ = _operators("sub")
    __truediv__, __rtruediv__ = _operators("div")
    __floordiv__, __rfloordiv__ = _operators("floor_divide")
    __mod__, __rmod__ = _operators("remainder")
    __pow__, __rpow__ = _operators("pow")
    __eq__ = _comparison(operator.eq)
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)
    __hash__ = object.__hash__

    def __neg__(self) -> Any:
        return _unary(registry["neg"], self)

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Any:
        return _unary(registry["abs"], self)

    @staticmethod
    def _apply(primitive: Primitive, inputs: Sequence[Any], params: tuple[Any, ...] = ()) -> Any:
        """Do an elementwise operation on Values and numbers; a number, if it has no derivative."""
        if not params:
            if len(inputs) == 1:
                return _unary(primitive, inputs[0])
            if len(inputs) == 2:
                return _binary(primitive, *inputs)
        form = forms.get(primitive) or form_of(primitive)
        inputs = [x if x.__class__ is Value or x is None else float(x) for x in inputs]
        data = [x.data if x.__class__ is Value else x for x in inputs]
        out = result_of(primitive, form.scalar(*data, *params))  # type: ignore[misc]
        if out.primitive is not None:
            out.params = params
            mask = sum([1 << i for i, x in enumerate(inputs) if x.__class__ is Value])
            vjp = form.vjps.get(mask) or form.vjp_of(mask)
            try:
                slopes = vjp(1.0, (*data, out.data, None), out)
            except EDGES:
                slopes = exact_slopes(primitive, mask, (*data, out.data, None), out)
            if len(inputs) <= 2:
                out.x, out.y = (*inputs, None)[:2]
                out.dx, out.dy = (*slopes, None)[:2]
            else:
                out.x, out.dx = tuple(inputs), tuple(slopes)
        return out

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The operands: Values, and numbers where constants were used."""
        x = self.x
        if isinstance(x, tuple):
            return x  # type: ignore[no-any-return]
        if self.y is not None:
            return (x, self.y)
        return () if x is None else (x,)

    @property
    def parents(self) -> tuple[Node | None, ...]:  # type: ignore[override]
        """The operands that have a gradient; None for the others."""
        return tuple([x if isinstance(x, Node) else None for x in self.inputs])

    @property
    def saved(self) -> tuple[float, ...]:  # type: ignore[override]
        """The derivatives with respect to the operands; 0 for numbers."""
        inputs = self.inputs
        if not inputs:
            return ()
        if isinstance(self.x, tuple):
            slopes = self.dx
        else:
            slopes = (self.dx,) if self.y is None else (self.dx, self.dy)
        return tuple([d if isinstance(x, Node) else 0.0 for x, d in zip(inputs, slopes)])

    @property
    def _prev(self) -> set[Value]:
        """The operands that are Values, under micrograd's name."""
        return {x for x in self.inputs if x.__class__ is Value}

    @property
    def _op(self) -> str:
        """The operation's symbol, under micrograd's name."""
        return "" if self.primitive is None else self.primitive.symbol

    def check_unchanged(self) -> None:
        """Raise where an operand's ``data`` was assigned after this Value was computed from it."""
        primitive = self.primitive
        assert primitive is not None
        if primitive is lower:
            return
        data = [x.data if x.__class__ is Value else x for x in self.inputs]
        if primitive.elementwise:
            form = forms.get(primitive) or form_of(primitive)
            now = form.scalar(*data, *self.params)  # type: ignore[misc]
        else:
            now = primitive.forward(*data)
        if now != self.data and not (now != now and self.data != self.data):
            raise RuntimeError(
                f"backward of {self.name!r} with create_graph=True: the data of an operand was "
                "assigned after the forward pass; run the forward pass again"
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
        out = np.asarray(self.data)
        node = record(_lift, (self,), (), 1, (), (), out) if mode.grad else None
        return new_tensor(out, node)

    def detach(self) -> Value:
        """Return a Value of the same number without history."""
        return Value(self.data)

    def item(self) -> float:
        """Return the number."""
        return self.data

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return handles.Tensor.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return handles.Tensor.__array_function__(self, func, types, args, kwargs)

    def __float__(self) -> float:
        return float(self.data)

    def __int__(self) -> int:
        return int(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

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


def result_of(primitive: Primitive, data: Any) -> Value:
    """The Value that an operation gives, without its operands and derivatives."""
    out = _new(Value)
    out.data = data
    out.grad = 0.0
    out.x = out.y = None
    if mode.plain:
        out.primitive = primitive
        out.index = tick()
    elif mode.grad:
        out.primitive = primitive
        out.index = tick()
        mode.observer.recorded(out, data)
    else:
        out.primitive = None
        out.index = 0
    return out


def _unary(primitive: Primitive, x: Value) -> Any:
    form = forms.get(primitive) or form_of(primitive)
    data = x.data
    result = form.scalar(data)  # type: ignore[misc]
    if not form.vjp:
        return result
    out = result_of(primitive, result)
    if out.primitive is not None:
        out.x = x
        vjp = form.vjps.get(1) or form.vjp_of(1)
        saved = (data, result, None)
        try:
            (out.dx,) = vjp(1.0, saved, out)
        except EDGES:
            (out.dx,) = exact_slopes(primitive, 1, saved, out)
    return out


def _binary(primitive: Primitive, x: Any, y: Any) -> Any:
    mask = 0
    if x.__class__ is Value:
        x_data = x.data
        mask = 1
    elif isinstance(x, _NUMBERS):
        x_data = x = float(x)
    else:
        return NotImplemented
    if y.__class__ is Value:
        y_data = y.data
        mask |= 2
    elif isinstance(y, _NUMBERS):
        y_data = y = float(y)
    else:
        return NotImplemented
    form = forms.get(primitive) or form_of(primitive)
    result = form.scalar(x_data, y_data)  # type: ignore[misc]
    if not form.vjp:
        return result
    out = result_of(primitive, result)
    if out.primitive is not None:
        out.x = x
        out.y = y
        vjp = form.vjps.get(mask) or form.vjp_of(mask)
        saved = (x_data, y_data, result, None)
        try:
            out.dx, out.dy = vjp(1.0, saved, out)
        except EDGES:
            out.dx, out.dy = exact_slopes(primitive, mask, saved, out)
    return out


_lift = Primitive("value_to_tensor", lambda x: np.asarray(x.data), (lambda g: g,), symbol="tensor")
lower = Primitive("tensor_to_value", lambda x: x.data, (lambda g: g,), symbol="value")
_add: Any = None
_mul: Any = None


def bind_hot_operations(add: Primitive, mul: Primitive) -> None:
    """Tell this module the primitives that it writes out."""
    global _add, _mul
    _add, _mul = add, mul
