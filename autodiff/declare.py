"""Decorators that turn a signature and its docstring into an elementwise operation.

The decorated function has no body: its name, its docstring and the arguments of the decorator say
all there is. What comes out is the public function (and, bound in the class body, the method): the
hot path, with no loop over inputs. In `binary`, of which every formula is made, even what `result`
does is written out, since the call would cost 4 % of an operation on a small tensor. A decorated
function with keyword options (``add(x, y, alpha=2)``) has a body, which answers where an option is
given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from . import dtypes, handles
from .apply import apply, explained, result
from .handles import new_tensor
from .mode import debug
from .node import Node
from .primitive import Primitive
from .versions import tick

__all__ = [
    "beside",
    "binary",
    "elementwise",
    "floating_operand",
    "of_values",
    "operand",
    "promoted",
    "unary",
]

F = TypeVar("F", bound=Callable[..., Any])
_Array = np.ndarray
_EMPTY: tuple[Any, ...] = ()


def unary(
    forward: Callable[..., Any],
    rule: Callable[..., Any] | None,
    *,
    scalar: Callable[..., float] | None = None,
    symbol: str | None = None,
    floating: bool = True,
) -> Callable[[F], F]:
    """Declare an elementwise function of one tensor. See `Primitive` for the arguments."""

    def declare(signature: F) -> F:
        name = signature.__name__.rstrip("_")
        prim = Primitive(
            name,
            forward,
            (rule,),
            elementwise=True,
            scalar=scalar,
            symbol=symbol,
            floating=floating,
        )
        keep_x, keep_out, _ = prim.keeps(1, 1)
        keeps_any = keep_x or keep_out

        @functools.wraps(signature)
        def function(input: Any) -> Any:
            try:
                x = input._array
                parent = input._node
                view = input._view
            except AttributeError:
                return _unary_of_other(prim, function, input)
            if view is not None and view.root._node is not view.root_node:
                input._refresh()
                parent = input._node
            if parent is None and floating and x.dtype.kind != "f":
                x = x.astype(dtypes.default_dtype)
            run = prim.run  # a name of its own: to call an attribute takes longer
            try:
                out = run(x)
            except (ValueError, TypeError) as error:
                raise explained(error, prim, (x,), _EMPTY) from None
            if out.__class__ is not _Array:
                out = np.asarray(out)
            if parent is None or rule is None:
                return new_tensor(out, None)
            saved = (
                (x if keep_x else None, out if keep_out else None, None) if keeps_any else _EMPTY
            )
            # Of the same shape as its input, whose node has it at hand: an array makes it anew.
            return result(out, prim, (parent,), _EMPTY, 1, saved, parent.shape)

        function.primitive = prim  # type: ignore[attr-defined]
        return _with_options(function, signature)

    return declare


def binary(
    forward: Callable[..., Any],
    x_rule: Callable[..., Any] | None,
    y_rule: Callable[..., Any] | None,
    *,
    scalar: Callable[..., float] | None = None,
    symbol: str | None = None,
    floating: bool = False,
) -> Callable[[F], F]:
    """Declare an elementwise function of two tensors. See `Primitive` for the arguments."""

    def declare(signature: F) -> F:
        name = signature.__name__.rstrip("_")
        prim = Primitive(
            name, forward, (x_rule, y_rule),
            elementwise=True, scalar=scalar, symbol=symbol, floating=floating,
        )  # fmt: skip
        keeps = [prim.keeps(mask, 2) for mask in range(4)]
        nothing_kept = not any(keeps[3])
        inputs_kept = keeps[3] == (True, True, False, False)
        differentiable = x_rule is not None or y_rule is not None

        @functools.wraps(signature)
        def function(input: Any, other: Any) -> Any:
            kind = other.__class__
            if kind is float or kind is int:
                if not isinstance(input, handles.Tensor) or input._array.dtype.kind != "f":
                    return elementwise(prim, (input, other))
                x = input._array
                y = other
                x_parent = input._node if input._view is None else input._history()
                y_parent = None
            else:
                try:
                    x = input._array
                    y = other._array
                    x_parent = input._node
                    y_parent = other._node
                    if x.dtype is not y.dtype:
                        return elementwise(prim, (input, other))
                    if input._view is not None or other._view is not None:
                        x_parent, y_parent = input._history(), other._history()
                except AttributeError:
                    return elementwise(prim, (input, other))
                if floating and x_parent is None and y_parent is None and x.dtype.kind != "f":
                    return elementwise(prim, (input, other))
            run = prim.run
            try:
                out = run(x, y)
            except (ValueError, TypeError) as error:
                raise explained(error, prim, (x, y), _EMPTY) from None
            if out.__class__ is not _Array:
                out = np.asarray(out)
            # What `result` does, without the call.
            tensor = handles.blank()
            tensor._array = out
            tensor._leaf = None
            tensor._view = None
            if x_parent is None:
                if y_parent is None:
                    tensor._node = None
                    return tensor
                mask = 2
            else:
                mask = 1 if y_parent is None else 3
            if not differentiable:
                tensor._node = None
                return tensor
            if nothing_kept:
                saved: tuple[Any, ...] = _EMPTY
            elif mask == 3 and inputs_kept:
                saved = (x, y, None, None)
            else:
                keep_x, keep_y, keep_out, _ = keeps[mask]
                saved = (
                    x if keep_x else None, y if keep_y else None, out if keep_out else None, None,
                )  # fmt: skip
            if debug.unusual:
                return result(out, prim, (x_parent, y_parent), _EMPTY, mask, saved, out.shape)
            tensor._node = node = Node()
            node.primitive = prim
            node.parents = (x_parent, y_parent)
            node.params = _EMPTY
            node.mask = mask
            node.saved = saved
            node.shape = out.shape
            node.index = tick()
            node.notes = None
            return tensor

        function.primitive = prim  # type: ignore[attr-defined]
        return _with_options(function, signature)

    return declare


def _with_options(function: Any, signature: Any) -> Any:
    """Let the body of `signature` answer where a keyword option is given; operators stay flat."""
    if not signature.__kwdefaults__:
        return function

    @functools.wraps(function)
    def with_options(*inputs: Any, **options: Any) -> Any:
        return signature(*inputs, **options) if options else function(*inputs)

    with_options.operator = function  # type: ignore[attr-defined]
    return with_options


def _unary_of_other(prim: Primitive, function: Callable[..., Any], input: Any) -> Any:
    if isinstance(input, handles.Value):
        return handles.Value._apply(prim, (input,))
    return function(operand(input, prim.name, number=False))


def elementwise(prim: Primitive, inputs: tuple[Any, ...], params: tuple[Any, ...] = ()) -> Any:
    """Apply an elementwise primitive to Tensors of one dtype, or to Values.

    Inputs of several dtypes are promoted; Values and numbers alone give a Value.
    """
    first = inputs[0]
    if isinstance(first, handles.Tensor) and first._array.dtype.kind == "f":
        for x in inputs[1:]:
            if x.__class__ is not float and x.__class__ is not int:
                break
        else:  # nothing but numbers beside a floating tensor: they take its dtype
            return apply(prim, inputs, params)
    if of_values(*inputs):
        return handles.Value._apply(prim, inputs, params)
    return apply(prim, promoted(prim.name, inputs, prim.floating), params)


def of_values(*inputs: Any) -> bool:
    """Return whether `inputs` are Values and numbers, with at least one Value."""
    Value = handles.Value
    found = False
    for x in inputs:
        if isinstance(x, Value):
            found = True
        elif not isinstance(x, (float, int, np.number)):
            return False
    return found


def operand(x: Any, operation: str, number: bool = True) -> Any:
    """Return `x` as a Tensor (or, with `number`, leave a Python number as it is)."""
    if isinstance(x, handles.Tensor):
        return x
    if isinstance(x, handles.Value):
        return x.tensor()
    if isinstance(x, (bool, int, float)):
        return (
            float(x)
            if number and isinstance(x, np.floating)
            else (x if number else new_tensor(np.asarray(x, dtypes.scalar_dtype(x)), None))
        )
    if isinstance(x, (np.ndarray, np.generic)):
        array = np.asarray(x)
        return new_tensor(array.astype(dtypes.check(array.dtype), copy=False), None)
    raise TypeError(
        f"{operation}: expected a Tensor, an array or a number, got {type(x).__name__}; "
        "make a tensor of it with autodiff.tensor(...)"
    )


def floating_operand(x: Any, operation: str, dtype: Any = None) -> Any:
    """Return `x` as a Tensor of a floating dtype, converted to `dtype` where that is given."""
    x = operand(x, operation, number=False)
    if dtype is not None:
        x = x.to(dtype)
    if x._array.dtype.kind != "f":
        raise TypeError(
            f"{operation}: expected a floating tensor, got {x.dtype} of shape {x.shape}; convert it "
            "with .float()"
        )
    return x


def beside(number: Any, tensor: Any) -> Any:
    """Return a Python number as a Tensor of the dtype that it takes beside `tensor`."""
    return new_tensor(np.asarray(number, dtypes.result_type(tensor, number)), None)


def promoted(operation: str, inputs: Any, floating: bool = False) -> list[Any]:
    """Return `inputs` converted to their common dtype; Python numbers stay numbers (weak)."""
    xs = [operand(x, operation) for x in inputs]
    if not any([isinstance(x, handles.Tensor) for x in xs]):
        xs = [operand(x, operation, number=False) for x in xs]
    dtype = dtypes.result_type(*xs)
    if floating and dtype.kind != "f":
        dtype = dtypes.default_dtype
    return [x.to(dtype) if isinstance(x, handles.Tensor) and x.dtype != dtype else x for x in xs]
