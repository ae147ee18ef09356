"""How a ``Function`` is recorded and differentiated.

Its node saves ``(*inputs, output or outputs, others)`` like every node, so that what the user saved
is freed, checked for writes and given its history back as everywhere. A *slot*, a pair of place
and number, says where in that a saved Tensor is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._tensor import Tensor
from .apply import record
from .handles import new_tensor
from .inplace import rebase
from .mode import mode
from .node import Node
from .primitive import Primitive, pick

if TYPE_CHECKING:
    from .function import Function, FunctionCtx

__all__ = ["closed", "handles", "jvp", "kind", "record_call", "vjp"]

_OUTPUT, _OTHER = -2, -1


def kind(x: Any) -> tuple[tuple[int, ...], Any] | None:
    """Shape and dtype of a Tensor; None for anything else."""
    return (x.shape, x.dtype) if isinstance(x, Tensor) else None


def record_call(
    primitive: Primitive,
    ctx: FunctionCtx,
    inputs: tuple[Any, ...],
    parents: tuple[Node | None, ...],
    outputs: tuple[Any, ...],
) -> Node:
    """Make the node of one call."""
    if not any([isinstance(out, Tensor) for out in outputs]):
        raise TypeError(
            f"{primitive.name}: forward must return a Tensor or a tuple of Tensors, got "
            f"{type(outputs if primitive.multi else outputs[0]).__name__}"
        )
    ctx._gives = [kind(out) for out in outputs]
    places = {id(x): (i, 0) for i, x in enumerate(inputs) if isinstance(x, Tensor)}
    for i, out in enumerate(outputs):
        if id(out) not in places or _among(out, ctx._dirty):
            places[id(out)] = (_OUTPUT, i)
    others: list[np.ndarray] = []

    def slot(t: Tensor | None) -> tuple[int, int] | None:
        if t is None:
            return None
        if id(t) not in places:
            places[id(t)] = (_OTHER, len(others))
            others.append(t._array)
        return places[id(t)]

    ctx._slots = [slot(t) for t in ctx._to_save]
    for_jvp = ctx._to_save if ctx._to_save_for_jvp is None else ctx._to_save_for_jvp
    ctx._jvp_slots = [slot(t) for t in for_jvp]
    ctx._to_save, ctx._to_save_for_jvp = (), None
    used = {found[0] for found in (*ctx._slots, *ctx._jvp_slots) if found is not None}
    saved: tuple[Any, ...] = ()
    if used:
        arrays = tuple([out._array if isinstance(out, Tensor) else None for out in outputs])
        saved = (
            *[x._array if i in used else None for i, x in enumerate(inputs)],
            None if _OUTPUT not in used else arrays if primitive.multi else arrays[0],
            tuple(others),
        )
    mask = sum([1 << i for i, parent in enumerate(parents) if parent is not None])
    shapes: Any = tuple([getattr(out, "shape", ()) for out in outputs])
    shape = shapes if primitive.multi else shapes[0]
    out = None if primitive.multi else outputs[0]._array
    return record(primitive, parents, (ctx,), mask, saved, shape, out)


def handles(
    ctx: FunctionCtx,
    inputs: tuple[Any, ...],
    outputs: tuple[Any, ...],
    node: Node | None,
    several: bool,
) -> tuple[Any, ...]:
    """The outputs as the caller gets them, with their history."""
    for x in ctx._dirty:
        if not _among(x, outputs):
            raise RuntimeError(f"{ctx._name}: an input marked dirty must be returned by forward")
    results = []
    for i, out in enumerate(outputs):
        if not isinstance(out, Tensor):
            results.append(out)
            continue
        own = node
        if out._array.dtype.kind != "f" or _among(out, ctx._constant):
            own = None
        elif node is not None and several:
            own = record(pick, (node,), (i,), 1, (), out.shape, out._array)
        if _among(out, ctx._dirty):
            if mode.grad:
                rebase(out, own)
            results.append(out)
            continue
        array = out._array
        if any([isinstance(x, Tensor) and np.may_share_memory(array, x._array) for x in inputs]):
            array = array.copy()  # else writing into one would change the other unnoticed
        results.append(new_tensor(array, own))
    ctx._dirty = ctx._constant = ()
    return tuple(results)


def _among(x: Any, items: Sequence[Any]) -> bool:
    return any([x is item for item in items])


def vjp(cls: type[Function], g: Any, saved: Sequence[Any], node: Node) -> list[Any]:
    """The rule of every Function: call its ``backward``."""
    ctx: FunctionCtx = node.params[0]
    grads = list(g) if _has_several(node) else [g]
    create = any([isinstance(g, Tensor) for g in grads])
    for i, (g, given) in enumerate(zip(grads, ctx._gives, strict=True)):
        if given is None:  # an output that is no Tensor
            grads[i] = None
        elif isinstance(g, np.ndarray):
            g = g.view()
            g.flags.writeable = False  # others may have been given the same cotangent
            grads[i] = new_tensor(g, None)
        elif g is None and ctx._materialize:
            grads[i] = new_tensor(np.zeros(*given), None)
    found = _call(ctx, cls.backward, ctx._slots, saved, node, grads)
    while len(found) > len(ctx._takes) and found[-1] is None:
        found.pop()
    if len(found) != len(ctx._takes):
        raise RuntimeError(
            f"{ctx._name}: backward returned {len(found)} gradients, but forward took "
            f"{len(ctx._takes)} arguments; return one for each, None where there is none"
        )
    what = "backward", "the gradient of argument"
    return [_checked(ctx, *what, i, r, ctx._takes[i], create) for i, r in enumerate(found)]


def jvp(cls: type[Function], ts: Sequence[Any], saved: Sequence[Any], node: Node) -> Any:
    """The jvp of a Function that defines one."""
    ctx: FunctionCtx = node.params[0]
    create = any([isinstance(t, Tensor) for t in ts])
    tangents = []
    for t, takes in zip(ts, ctx._takes, strict=True):
        if t is None and takes is not None and ctx._materialize:
            t = np.zeros(*takes)
        tangents.append(_tensor(t))
    found = _call(ctx, cls.jvp, ctx._jvp_slots, saved, node, tangents)
    if len(found) != len(ctx._gives):
        raise RuntimeError(
            f"{ctx._name}: jvp returned {len(found)} tangents for {len(ctx._gives)} outputs"
        )
    what = "jvp", "the tangent of output"
    results = [_checked(ctx, *what, i, r, ctx._gives[i], create) for i, r in enumerate(found)]
    return results if _has_several(node) else results[0]


def _has_several(node: Node) -> bool:
    assert node.primitive is not None
    return node.primitive.multi


def _call(
    ctx: FunctionCtx,
    method: Any,
    slots: Sequence[Any],
    saved: Sequence[Any],
    node: Node,
    arguments: list[Any],
) -> list[Any]:
    """Call ``backward`` or ``jvp`` with what was saved at hand; what it returned as a list."""
    ctx._restored = tuple([None if slot is None else _restored(saved, *slot) for slot in slots])
    ctx._node = node
    try:
        results = method(ctx, *arguments)
    finally:
        ctx._restored = ctx._node = None
    return list(results) if isinstance(results, (tuple, list)) else [results]


def _restored(saved: Sequence[Any], place: int, number: int) -> Any:
    item = saved[place]
    return _tensor(item[number] if isinstance(item, tuple) else item)


def _tensor(x: Any) -> Any:
    return new_tensor(x, None) if isinstance(x, np.ndarray) else x


def _checked(
    ctx: FunctionCtx, method: str, what: str, i: int, result: Any, like: Any, create: bool
) -> Any:
    """What a method gave for one argument or output, in the form that the sweeps want."""
    if result is None:
        return None
    if not isinstance(result, Tensor):
        raise TypeError(
            f"{ctx._name}: {method} returned a {type(result).__name__} as {what} {i}; expected a "
            "Tensor or None"
        )
    if like is None:
        raise RuntimeError(
            f"{ctx._name}: {method} returned a Tensor as {what} {i}, which is not a Tensor; return "
            "None"
        )
    shape, dtype = like
    if result.shape != shape and not (method == "backward" and _sums_to(result.shape, shape)):
        raise RuntimeError(
            f"{ctx._name}: {method} returned shape {result.shape} as {what} {i}, expected {shape}"
        )
    result = result.to(dtype)  # type: ignore[attr-defined]
    return result if create else result._array


def _sums_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether summing over broadcast axes brings a gradient of `shape` to `target`."""
    try:
        return np.broadcast_shapes(shape, target) == shape
    except ValueError:
        return False


def closed(ctx: FunctionCtx, grads: Sequence[Any], results: Any) -> tuple[Any, ...]:
    """The results of an unrecorded backward, with a history that ends in an error."""
    assert ctx._node is not None
    sources = (*ctx._node.parents, *[g._history() for g in grads if g is not None])
    parents = tuple([source for source in sources if source is not None])
    mask = (1 << len(parents)) - 1
    results = results if isinstance(results, (tuple, list)) else (results,)
    return tuple(
        [
            new_tensor(r._array, record(_once, parents, (ctx._name,), mask, (), r.shape))
            if isinstance(r, Tensor)
            else r
            for r in results
        ]
    )


def _only_once(g: Any, params: tuple[str]) -> Any:
    raise RuntimeError(
        f"{params[0]}: its backward is marked once_differentiable, so gradients of its gradients "
        "do not exist"
    )


_once = Primitive("once_differentiable", lambda *xs: None, _only_once, arity=-1, register=False)
