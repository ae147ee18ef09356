"""Primitives: what an operation is, declared once, and the one function that applies it.

A declaration names the forward function on plain arrays and, per input, a *rule*: the map from the
output's cotangent `g` to the input's. Rules are ordinary functions whose parameter names say what they
need, and so what is saved::

    mul = Primitive("mul", np.multiply, (lambda g, y: g * y, lambda g, x: g * x))

=================================  ====================================================================
``g``                              the cotangent of the output
``x`` ``y`` ``z`` ``w``            the inputs, in order; ``xs`` the tuple of all inputs
``out``                            the output
``aux``                            the second result of a forward that returns ``(output, aux)``
``x_shape`` ... ``w_shape``        shapes of inputs (nothing is saved for these)
``out_shape``                      the shape of the output
``needs``                          one bool per input: whether it wants a cotangent (joint rules)
``saved`` ``node``                 the whole of what was saved, and the node itself
any other name                     the parameter of the forward function that has this name
=================================  ====================================================================

A rule is written with operators and NumPy functions, which work on arrays and on Tensors alike: the usual
backward pass runs it on arrays, and ``create_graph=True`` runs the same rule on Tensors, recording it.
A rule need not undo broadcasting: the engine does.
"""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .mode import debug, mode
from .node import Node, Notes
from .versions import tick

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["Primitive", "apply", "apply_view", "new_tensor", "record", "registry"]

_IDENTITY = (lambda g: g).__code__.co_code
registry: dict[str, Primitive] = {}
"""Every primitive by name."""

_INPUTS = ("x", "y", "z", "w")
_ERRORS = (ValueError, TypeError, IndexError, OverflowError)  # AxisError is one of these
_new = object.__new__
_Array = np.ndarray


class Primitive:
    """An operation with its derivative.

    Parameters
    ----------
    name : str
        Unique; shown by ``grad_fn`` and in error messages.
    forward : callable
        Takes the inputs as arrays (or Python numbers), then the parameters; returns an array, with
        ``aux=True`` the pair (array, what backward needs beside it), with ``multi=True`` a tuple of arrays.
    vjp : tuple of (callable or None), or callable
        One rule per input (None: not differentiable), or one joint rule that returns a cotangent (or
        None) for each input.
    arity : int, optional
        The number of inputs; found from `vjp` when that is a tuple. -1: any number.
    linear : bool, default False
        The forward function is linear in all its inputs together, so it is its own jvp.
    multilinear : bool, default False
        It is linear in each input that has a rule while the others are held fixed, as a product is.
    elementwise : bool, default False
        The Jacobian is diagonal, so each rule is its own jvp, and inputs of several dtypes are promoted.
    floating : bool, default False
        Integer inputs are converted to the default floating dtype.
    view : bool, default False
        The output shares memory with the only input, unless the forward function had to copy.
    scalar : callable, optional
        The forward function on Python floats, for ``Value``.
    symbol : str, optional
        The label in pictures; the name by default.
    jvp : callable, optional
        Takes the tangents (None where zero), what was saved and the node, returns the tangent of the
        output; by default it is derived from the rest (see `autodiff.forward`).
    register : bool, default True
        List it in `registry`, where its name must be unique.
    """

    __slots__ = (
        "name", "forward", "vjp", "arity", "linear", "multilinear", "elementwise", "floating", "view", "aux",
        "multi", "scalar", "symbol", "jvp", "_names", "joint", "vjps", "_keeps", "_dropped", "__weakref__",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        vjp: Sequence[Callable[..., Any] | None] | Callable[..., Any] = (),
        *,
        arity: int | None = None,
        linear: bool = False,
        multilinear: bool = False,
        elementwise: bool = False,
        floating: bool = False,
        view: bool = False,
        aux: bool = False,
        multi: bool = False,
        scalar: Callable[..., float] | None = None,
        symbol: str | None = None,
        jvp: Callable[..., Any] | None = None,
        register: bool = True,
    ) -> None:
        self.name = name
        self.forward = forward
        self.joint = callable(vjp)
        self.vjp = vjp if callable(vjp) else tuple(vjp)
        self.arity = arity if arity is not None else len(self.vjp)  # type: ignore[arg-type]
        self.linear = linear
        self.multilinear = multilinear
        self.elementwise = elementwise
        self.floating = floating
        self.view = view
        self.aux = aux
        self.multi = multi
        self.scalar = scalar
        self.symbol = symbol or name
        self.jvp = jvp
        self._names: tuple[str, ...] | None = None
        self.vjps: dict[int, Callable[[Any, Any, Any], Sequence[Any]]] = {}
        self._keeps: dict[int, tuple[bool, ...]] = {}
        self._dropped: dict[int, tuple[int, ...] | None] = {}
        if view and any(self.keeps(1, 1)):
            raise TypeError(f"view {name!r}: its rule may use shapes and parameters only")
        if register:
            if name in registry:
                raise ValueError(f"a primitive named {name!r} exists already")
            registry[name] = self

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return registry.__getitem__, (self.name,)

    def __call__(self, *args: Any) -> Any:
        """Apply to inputs, then parameters: arrays give an array, Tensors a Tensor."""
        arity = len(args) if self.arity < 0 else self.arity
        inputs = args[:arity]
        for x in inputs:
            if isinstance(x, _tensor_types):
                return apply(self, inputs, args[arity:])
        return self.forward(*args)

    # What follows is worked out from the declaration.

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the forward function's parameters after its inputs."""
        if self._names is None:
            self._names = self._parameter_names()
        return self._names

    def _parameter_names(self) -> tuple[str, ...]:
        if isinstance(self.forward, np.ufunc) or self.arity < 0:
            return ()
        return tuple(inspect.signature(self.forward).parameters)[self.arity :]

    def _argument(self, name: str) -> str:
        """The source text that fetches, from a saved tuple `s` and a node `n`, what `name` stands for."""
        if name in _INPUTS:
            return f"s[{_INPUTS.index(name)}]"
        if name.endswith("_shape") and name[:-6] in _INPUTS:
            return f"n.parents[{_INPUTS.index(name[:-6])}].shape"
        fixed = {
            "xs": "s[:-2]", "out": "s[-2]", "aux": "s[-1]", "out_shape": "n.shape",
            "needs": "[p is not None for p in n.parents]", "params": "n.params", "saved": "s", "node": "n",
        }  # fmt: skip
        if name in fixed:
            return fixed[name]
        if name not in self.names:
            raise TypeError(f"rule of primitive {self.name!r}: unknown parameter name {name!r}")
        return f"n.params[{self.names.index(name)}]"

    def compiled(self, rule: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
        """Return `rule` as a function of (cotangent, saved, node)."""
        return eval(f"lambda g, s, n: {self._call('rule', rule)}", {"rule": rule})

    def _call(self, name: str, rule: Callable[..., Any]) -> str:
        if getattr(rule, "__code__", None) is not None and rule.__code__.co_code == _IDENTITY:
            return "g"
        return f"{name}({', '.join(['g', *map(self._argument, _wanted(rule))])})"

    def vjp_of(self, mask: int) -> Callable[[Any, Any, Any], Sequence[Any]]:
        """Return the function (cotangent, saved, node) -> one cotangent (or None) per input in `mask`."""
        if self.joint:
            function = self.vjps.get(0) or self.compiled(self.vjp)  # type: ignore[arg-type]
            if self.arity < 0:
                mask = 0  # one function for all masks, of which there is no end
        else:
            rules = {f"rule{i}": rule for i, rule in enumerate(self.vjp) if rule}  # type: ignore[arg-type]
            calls = [
                self._call(f"rule{i}", rules[f"rule{i}"])
                if f"rule{i}" in rules and mask >> i & 1
                else "None"
                for i in range(self.arity)
            ]
            function = eval(f"lambda g, s, n: ({', '.join(calls)},)", rules)
        self.vjps[mask] = function
        return function

    def keeps(self, mask: int, count: int) -> tuple[bool, ...]:
        """Which of ``(*inputs, output, aux)`` backward needs when the inputs in `mask` want gradients."""
        key = mask if self.arity >= 0 else ~count  # a joint rule does not look at the mask
        known = self._keeps.get(key)
        if known is not None:
            return known
        if self.joint:
            rules: Sequence[Any] = (self.vjp,)
        else:
            rules = [r for i, r in enumerate(self.vjp) if r and mask >> i & 1]  # type: ignore[arg-type]
        wanted = {name for rule in rules for name in _wanted(rule)}
        kept = [("xs" in wanted) or (i < 4 and _INPUTS[i] in wanted) for i in range(count)]
        result = (*kept, "out" in wanted, "aux" in wanted)
        self._keeps[key] = result
        return result

    def dropped(self, mask: int, count: int) -> tuple[int, ...] | None:
        """The places of ``(*inputs, output, aux)`` that backward does not need; None: it needs none."""
        key = mask if self.arity >= 0 else ~count
        known = self._dropped.get(key, False)
        if known is False:
            keep = self.keeps(mask, count)
            known = tuple([i for i, k in enumerate(keep) if not k]) if any(keep) else None
            self._dropped[key] = known
        return known  # type: ignore[return-value]


def _wanted(rule: Callable[..., Any]) -> tuple[str, ...]:
    """The parameter names of a rule after its cotangent."""
    code = rule.__code__
    return code.co_varnames[1 : code.co_argcount]


def new_tensor(array: np.ndarray, node: Node | None) -> Tensor:
    """Make a handle on `array` whose history is `node`."""
    tensor = _new(Tensor_)
    tensor._array = array
    tensor._node = node
    tensor._leaf = None
    tensor._view = None
    return tensor


def record(
    primitive: Primitive,
    parents: tuple[Node | None, ...],
    params: tuple[Any, ...],
    mask: int,
    saved: tuple[Any, ...],
    shape: tuple[int, ...],
) -> Node:
    """Make the node of one operation; `mask` has a bit for each parent that is not None."""
    node = Node()
    node.primitive = primitive
    node.parents = parents
    node.params = params
    node.mask = mask
    node.saved = saved
    node.shape = shape
    node.index = tick()
    node.notes = None
    if debug.anomaly:
        node.notes = Notes()
        node.notes.where = _lines_that_led_here()
    return node


def _lines_that_led_here() -> str:
    """The innermost lines of the call stack, without those of this library that do the operation."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("autodiff."):
        frame = frame.f_back
    return "".join(traceback.format_list(traceback.extract_stack(frame, limit=5)))


def recorded(
    primitive: Primitive,
    parents: tuple[Node | None, ...],
    params: tuple[Any, ...],
    mask: int,
    saved: tuple[Any, ...],
    shape: tuple[int, ...],
) -> Node | None:
    """Make the node of one operation where this thread records; None where it does not."""
    return record(primitive, parents, params, mask, saved, shape) if mode.grad else None


def apply(primitive: Primitive, inputs: Sequence[Any], params: tuple[Any, ...] = ()) -> Any:
    """Do one operation, and record it where an input requires grad.

    Parameters
    ----------
    primitive : Primitive
    inputs : sequence of Tensor, Value, array, number or None
        Only Tensors and Values can require grad.
    params : tuple
        The other arguments of ``primitive.forward``.

    Returns
    -------
    Tensor; the pair (Tensor, aux) for a primitive with ``aux``; a tuple of Tensors for one with ``multi``.
    """
    if primitive.view:
        return apply_view(primitive, inputs[0], params)
    if len(inputs) == 1 and isinstance(inputs[0], Tensor_) and not primitive.multi:
        return _apply_to_one(primitive, inputs[0], params)
    arrays: list[Any] = []
    parents: list[Node | None] = []
    mask = 0
    bit = 1
    for x in inputs:
        if isinstance(x, Tensor_):
            view = x._view
            if view is not None and view.root._node is not view.root_node:
                x._refresh()
            arrays.append(x._array)
            node = x._node
        elif isinstance(x, Value_):
            x = x.tensor()
            arrays.append(x._array)
            node = x._node
        else:
            arrays.append(x)
            node = None
        parents.append(node)
        if node is not None:
            mask |= bit
        bit <<= 1
    try:
        out = primitive.forward(*arrays, *params)
    except _ERRORS as error:
        raise explained(error, primitive, arrays, params) from None
    aux = None
    if primitive.aux:
        out, aux = out
    if primitive.multi:
        return _several(primitive, arrays, parents, params, mask, out)
    if out.__class__ is not _Array:
        out = np.asarray(out)
    result = _new(Tensor_)
    result._array = out
    result._leaf = None
    result._view = None
    result._node = None
    if mask and mode.grad and out.dtype.kind == "f":
        dropped = primitive.dropped(mask, len(arrays))
        if dropped is None:
            saved: Any = ()
        else:
            arrays += (out, aux)
            for i in dropped:
                arrays[i] = None
            saved = tuple(arrays)
        result._node = record(primitive, tuple(parents), params, mask, saved, out.shape)
    return (result, aux) if primitive.aux else result


def _apply_to_one(primitive: Primitive, x: Tensor, params: tuple[Any, ...]) -> Any:
    """`apply` for the commonest case, one Tensor; it does the same with less looking around."""
    view = x._view
    if view is not None and view.root._node is not view.root_node:
        x._refresh()
    array = x._array
    node = x._node
    try:
        out = primitive.forward(array, *params)
    except _ERRORS as error:
        raise explained(error, primitive, (array,), params) from None
    aux = None
    if primitive.aux:
        out, aux = out
    if out.__class__ is not _Array:
        out = np.asarray(out)
    result = _new(Tensor_)
    result._array = out
    result._leaf = None
    result._view = None
    result._node = None
    if node is not None and mode.grad and out.dtype.kind == "f":
        keep = primitive._keeps.get(1) or primitive.keeps(1, 1)
        keep_x, keep_out, keep_aux = keep
        saved = (
            (array if keep_x else None, out if keep_out else None, aux if keep_aux else None)
            if True in keep
            else ()
        )
        result._node = record(primitive, (node,), params, 1, saved, out.shape)
    return (result, aux) if primitive.aux else result


def apply_view(primitive: Primitive, input: Any, params: tuple[Any, ...] = ()) -> Tensor:
    """`apply` for a view: the same memory shown in another way.

    Where the forward function had to copy, the result is an ordinary tensor: writing into one does
    not change the other.
    """
    if not isinstance(input, Tensor_):
        input = input.tensor() if isinstance(input, Value_) else new_tensor(np.asarray(input), None)
    view = input._view
    if view is not None and view.root._node is not view.root_node:
        input._refresh()
    x = input._array
    try:
        out = primitive.forward(x, *params)
    except _ERRORS as error:
        raise explained(error, primitive, (x,), params) from None
    result = _new(Tensor_)
    result._array = out
    result._leaf = None
    parent = input._node
    if parent is None:
        result._node = None
    elif debug.unusual:
        result._node = recorded(primitive, (parent,), params, 1, (), out.shape)
    else:
        result._node = node = Node()
        node.primitive = primitive
        node.parents = (parent,)
        node.params = params
        node.mask = 1
        node.saved = ()
        node.shape = out.shape
        node.index = tick()
        node.notes = None
    base = out.base
    if base is x or (base is not None and base is x.base):
        result._view = shown = _new(View_)
        shown.parent = input
        shown.primitive = primitive
        shown.params = params
        shown.root = root = input if view is None else view.root
        shown.root_node = root._node
    else:
        result._view = None
    return result


def _several(
    primitive: Primitive,
    arrays: list[Any],
    parents: list[Node | None],
    params: tuple[Any, ...],
    mask: int,
    outputs: tuple[np.ndarray, ...],
) -> tuple[Tensor, ...]:
    """Finish an operation with several outputs: one node for it, and a `pick` node per output."""
    if not (mask and mode.grad):
        return tuple([new_tensor(np.asarray(out), None) for out in outputs])
    keep = primitive.keeps(mask, len(arrays))
    saved = tuple([a if k else None for a, k in zip((*arrays, outputs, None), keep, strict=True)])
    shapes = tuple([out.shape for out in outputs])
    whole = record(primitive, tuple(parents), params, mask, saved, shapes)  # type: ignore[arg-type]
    return tuple(
        [
            new_tensor(
                out,
                record(pick, (whole,), (i,), 1, (), out.shape) if out.dtype.kind == "f" else None,
            )
            for i, out in enumerate(outputs)
        ]
    )


def explained(
    error: Exception, primitive: Primitive, arrays: Sequence[Any], params: tuple[Any, ...]
) -> Exception:
    """Return `error` with the operation, its shapes and dtypes in front."""
    shown = ", ".join(
        f"{a.dtype}{list(a.shape)}" if isinstance(a, _Array) else repr(a) for a in arrays
    )
    extra = "".join(
        f", {name}={value!r}" for name, value in zip(primitive.names, params, strict=False)
    )
    kind = next(
        k for k in (IndexError, TypeError, OverflowError, ValueError) if isinstance(error, k)
    )
    return kind(f"{primitive.name}({shown}{extra}): {error}")


def _bind(tensor: type, value: type, view: type) -> None:
    """Tell this module the handle types, which are built on it."""
    global Tensor_, Value_, View_, _tensor_types
    Tensor_, Value_, View_ = tensor, value, view
    _tensor_types = (tensor, value)


Tensor_: Any = ()
Value_: Any = ()
View_: Any = None
_tensor_types: Any = ()

pick = Primitive("pick", lambda x, i: x[i], (None,))
"""Output `i` of an operation with several outputs; the engine routes its cotangent."""
