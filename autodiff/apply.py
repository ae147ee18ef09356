"""Doing an operation: its forward function on plain arrays, and a node for it where that is asked for.

Every operation ends in `result`, or where it has nothing to record in `new_tensor`. Most come here
by `apply`; those of the hot path (`declare`, `reducing`, products) look at their operands themselves.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import handles
from .handles import new_tensor
from .mode import debug, mode
from .node import Node, Notes
from .primitive import Primitive, pick
from .versions import tick

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["apply", "apply_view", "explained", "record", "result"]

_ERRORS = (ValueError, TypeError, IndexError, OverflowError)  # AxisError is one of these
_Array = np.ndarray


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
    if len(inputs) == 1 and isinstance(inputs[0], handles.Tensor):
        (x,) = inputs  # the commonest case
        view = x._view
        if view is not None and view.root._node is not view.root_node:
            x._refresh()
        arrays: tuple[Any, ...] = (x._array,)
        node = x._node
        parents: tuple[Node | None, ...] = (node,)
        mask = 0 if node is None else 1
    else:
        arrays, parents, mask = _taken_apart(inputs)
    try:
        out = primitive.run(*arrays + params)
    except _ERRORS as error:
        raise explained(error, primitive, arrays, params) from None
    aux = None
    if primitive.aux:
        out, aux = out
    if out.__class__ is not _Array and not primitive.multi:
        out = np.asarray(out)
    if not mask or (debug.unusual and not mode.grad):
        if primitive.multi:
            return tuple([new_tensor(np.asarray(o), None) for o in out])
        tensor = new_tensor(out, None)
        return (tensor, aux) if primitive.aux else tensor
    try:
        saver = primitive.savers[mask if primitive.arity >= 0 else ~len(arrays)]
    except KeyError:
        saver = primitive.saver_of(mask, len(arrays))
    saved = saver(arrays, out, aux) if saver is not None else ()
    if primitive.multi:
        return _several(primitive, parents, params, mask, saved, out)
    if out.dtype.kind == "f":
        tensor = result(out, primitive, parents, params, mask, saved, out.shape)
    else:
        tensor = new_tensor(out, None)
    return (tensor, aux) if primitive.aux else tensor


def _taken_apart(
    inputs: Sequence[Any],
) -> tuple[tuple[Any, ...], tuple[Node | None, ...], int]:
    """The arrays of the inputs, their nodes, and the mask of those that have one."""
    arrays = []
    parents: list[Node | None] = []
    mask = 0
    for x in inputs:
        if not isinstance(x, handles.Tensor):
            if not isinstance(x, handles.Value):
                arrays.append(x)
                parents.append(None)
                continue
            x = x.tensor()
        view = x._view
        if view is not None and view.root._node is not view.root_node:
            x._refresh()
        arrays.append(x._array)
        node = x._node
        if node is not None:
            mask |= 1 << len(parents)
        parents.append(node)
    return tuple(arrays), tuple(parents), mask


def apply_view(primitive: Primitive, input: Any, params: tuple[Any, ...] = ()) -> Tensor:
    """`apply` for a view: the same memory shown in another way.

    Where the forward function had to copy, the result is an ordinary tensor: writing into one does
    not change the other.
    """
    if not isinstance(input, handles.Tensor):
        input = (
            input.tensor()
            if isinstance(input, handles.Value)
            else new_tensor(np.asarray(input), None)
        )
    view = input._view
    if view is not None and view.root._node is not view.root_node:
        input._refresh()
    x = input._array
    try:
        out = primitive.run(*(x,) + params)
    except _ERRORS as error:
        raise explained(error, primitive, (x,), params) from None
    parent = input._node
    if parent is None:
        tensor = new_tensor(out, None)
    else:
        tensor = result(out, primitive, (parent,), params, 1, (), out.shape)
    base = out.base
    if base is x or (base is not None and base is x.base):
        tensor._view = shown = handles.View()
        shown.parent = input
        shown.primitive = primitive
        shown.params = params
        shown.root = root = input if view is None else view.root
        shown.root_node = root._node
    return tensor


def _several(
    primitive: Primitive,
    parents: tuple[Node | None, ...],
    params: tuple[Any, ...],
    mask: int,
    saved: tuple[Any, ...],
    outputs: tuple[np.ndarray, ...],
) -> tuple[Tensor, ...]:
    """Record an operation with several outputs: one node for it, and a `pick` node per output."""
    shapes = tuple([out.shape for out in outputs])
    whole = record(primitive, parents, params, mask, saved, shapes)  # type: ignore[arg-type]
    return tuple(
        [
            result(out, pick, (whole,), (i,), 1, (), out.shape)
            if out.dtype.kind == "f"
            else new_tensor(out, None)
            for i, out in enumerate(outputs)
        ]
    )


def result(
    out: np.ndarray,
    primitive: Primitive,
    parents: tuple[Node | None, ...],
    params: tuple[Any, ...],
    mask: int,
    saved: tuple[Any, ...],
    shape: tuple[int, ...],
) -> Tensor:
    """Make the tensor that an operation gives, with a node where this thread records.

    See `Node` for the arguments; `mask` is not 0.
    """
    tensor = handles.blank()
    tensor._array = out
    tensor._leaf = None
    tensor._view = None
    if debug.unusual:
        tensor._node = (
            record(primitive, parents, params, mask, saved, shape, out) if mode.grad else None
        )
        return tensor  # type: ignore[no-any-return]
    tensor._node = node = Node()
    node.primitive = primitive
    node.parents = parents
    node.params = params
    node.mask = mask
    node.saved = saved
    node.shape = shape
    node.index = tick()
    node.notes = None
    return tensor  # type: ignore[no-any-return]


def record(
    primitive: Primitive,
    parents: tuple[Node | None, ...],
    params: tuple[Any, ...],
    mask: int,
    saved: tuple[Any, ...],
    shape: tuple[int, ...],
    out: np.ndarray | None = None,
) -> Node:
    """Make the node of one operation.

    `mask` has a bit for each parent that is not None; `out` is the output, for an observer.
    """
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
    if debug.observed and mode.observer is not None:
        mode.observer.recorded(node, out)
    return node


def _lines_that_led_here() -> str:
    """The innermost lines of the call stack, without those of this library that do the operation."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("autodiff."):
        frame = frame.f_back
    return "".join(traceback.format_list(traceback.extract_stack(frame, limit=5)))


def explained(
    error: Exception, primitive: Primitive, arrays: Sequence[Any], params: tuple[Any, ...]
) -> Exception:
    """Return `error` with the operation, its shapes and dtypes in front."""
    shown = ", ".join(
        [f"{a.dtype}{list(a.shape)}" if isinstance(a, _Array) else repr(a) for a in arrays]
    )
    extra = "".join(
        [f", {name}={value!r}" for name, value in zip(primitive.names, params, strict=False)]
    )
    kind = next(
        k for k in (IndexError, TypeError, OverflowError, ValueError) if isinstance(error, k)
    )
    return kind(f"{primitive.name}({shown}{extra}): {error}")
