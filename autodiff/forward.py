"""The forward sweep: tangents flow from the inputs to the outputs, each node visited once.

The twin of `engine`, over the same recorded graph. The jvp of a primitive follows from what its
declaration says:

===============  ==================================================================================
``jvp``          is used where it was given
``elementwise``  the Jacobian is diagonal, so each rule maps a tangent as it maps a cotangent
``linear``       the forward function, applied to the tangents
``multilinear``  for each input the forward function, with the tangent in place of that input
otherwise        the jvp is the transpose of the vjp, which is linear in its cotangent: run it on a
                 recorded cotangent, and differentiate that backwards
===============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from . import versions
from ._tensor import Tensor
from .apply import apply
from .handles import new_tensor
from .mode import enable_grad, no_grad
from .node import Leaf, Node, topological_order
from .primitive import Primitive, pick
from .saved import as_tensors, check_versions, freed
from .sweep import fitted, of_value, sweep
from .value import Value, lower
from .versions import tick

__all__ = ["pushforward"]


def pushforward(
    outputs: Iterable[Node], tangents: dict[Node, Any], create: bool
) -> dict[Node, Any]:
    """Carry `tangents` forwards through the graph.

    Parameters
    ----------
    outputs : iterable of Node
        Where to arrive.
    tangents : dict of Node to array (Tensor where `create`; float or Value for a Value)
        What the inputs start from.
    create : bool
        Compute on Tensors, recorded.

    Returns
    -------
    dict of Node to tangent
        For each node between inputs and outputs that depends on an input.
    """
    tangents = dict(tangents)
    with enable_grad() if create else no_grad(), np.errstate(all="ignore"):
        for node in reversed(topological_order(outputs)):
            if node in tangents or tangents.keys().isdisjoint(node.parents):
                continue
            ts = [tangents.get(parent) for parent in node.parents]  # type: ignore[arg-type]
            tangent = _jvp(node, ts, create)
            if tangent is not None:
                tangents[node] = tangent
    return tangents


def _jvp(node: Node, ts: list[Any], create: bool) -> Any:
    """The tangent of one node, from those of its parents (None: zero)."""
    primitive = node.primitive
    assert primitive is not None
    if primitive is pick:
        return ts[0][node.params[0]]
    if isinstance(node, Value):
        return _of_value(node, ts, create)
    if node.parents[0].__class__ is Value:  # value_to_tensor, the one operation that takes a Value
        return ts[0].tensor() if create else np.asarray(ts[0])
    saved: Sequence[Any] | None = node.saved
    if saved is None:
        raise freed(node)
    if node.index < versions._last:
        check_versions(node)
    if create and saved:
        saved = as_tensors(node, saved)
    if primitive.jvp is not None:
        tangent = primitive.jvp(ts, saved, node)
    elif primitive.elementwise:
        tangent = _elementwise(primitive, node, ts, saved)
    elif primitive.linear and None not in node.parents:  # of a constant not even the shape is known
        tangent = _linear(primitive, node, ts, create)
    elif primitive.multilinear and _has_the_others(primitive, node, ts):
        tangent = _multilinear(primitive, node, ts, saved, create)
    else:
        tangent = _transposed(primitive, node, ts, saved, create)
    return np.asarray(tangent) if isinstance(tangent, np.generic) else tangent


def _elementwise(primitive: Primitive, node: Node, ts: list[Any], saved: Sequence[Any]) -> Any:
    total = None
    for i, t in enumerate(ts):
        if t is None:
            continue
        if t.shape != node.shape:
            t = np.broadcast_to(t, node.shape)
        vjp = primitive.vjps.get(1 << i) or primitive.vjp_of(1 << i)
        part = vjp(t, saved, node)[i]
        if part is not None:
            total = part if total is None else total + part
    return total


def _linear(primitive: Primitive, node: Node, ts: list[Any], create: bool) -> Any:
    dtype = next(t.dtype for t in ts if t is not None)
    filled = [
        np.zeros(parent.shape, dtype) if t is None else t  # type: ignore[union-attr]
        for t, parent in zip(ts, node.parents, strict=True)
    ]
    return _forward(primitive, filled, node, create)


def _has_the_others(primitive: Primitive, node: Node, ts: list[Any]) -> bool:
    """Whether, for each input that moves, all other inputs were saved."""
    kept = primitive.keeps(node.mask, len(ts))[: len(ts)]
    return all([all(kept[:i] + kept[i + 1 :]) for i, t in enumerate(ts) if t is not None])


def _multilinear(
    primitive: Primitive, node: Node, ts: list[Any], saved: Sequence[Any], create: bool
) -> Any:
    total = None
    for i, t in enumerate(ts):
        if t is None or not (primitive.joint or primitive.vjp[i]):  # type: ignore[index]
            continue
        part = _forward(primitive, [*saved[:i], t, *saved[i + 1 : len(ts)]], node, create)
        total = part if total is None else total + part
    return total


def _forward(primitive: Primitive, inputs: list[Any], node: Node, create: bool) -> Any:
    if create:
        out = apply(primitive, inputs, node.params)
    else:
        out = primitive.forward(*inputs, *node.params)
    return out[0] if primitive.aux else out


def _transposed(
    primitive: Primitive, node: Node, ts: list[Any], saved: Sequence[Any], create: bool
) -> Any:
    dtype = next(t.dtype for t in ts if t is not None)
    if saved and not create:
        saved = as_tensors(node, saved, history=False)
    since = tick()
    shapes: Any = node.shape if primitive.multi else (node.shape,)
    cotangents = []
    for shape in shapes:
        u = new_tensor(np.zeros(shape, dtype), None)
        u._node = Leaf(shape, dtype)
        u._node.index = since
        cotangents.append(u)
    with enable_grad():
        vjp = primitive.vjps.get(node.mask) or primitive.vjp_of(node.mask)
        contributions = vjp(cotangents if primitive.multi else cotangents[0], saved, node)
    seeds: dict[Node, Any] = {}
    for contribution, t, parent in zip(contributions, ts, node.parents, strict=True):
        if contribution is None or t is None:
            continue
        with enable_grad():
            contribution = fitted(contribution, parent, True)  # type: ignore[arg-type]
        root = contribution._node if isinstance(contribution, Tensor) else None
        if root is not None:
            seeds[root] = seeds[root] + t if root in seeds else t
    order = _recorded_since(seeds, since)
    found = sweep(seeds, {u._node for u in cotangents}, create, create, order)  # type: ignore[misc]
    tangents = [found.get(u._node) for u in cotangents]  # type: ignore[arg-type]
    return tangents if primitive.multi else tangents[0]


def _recorded_since(roots: Iterable[Node], since: int) -> list[Node]:
    """`topological_order` of the part of a graph that is not older than `since`."""
    found = list(roots)
    seen = set(found)
    for node in found:
        for parent in node.parents:
            if parent is not None and parent.index >= since and parent not in seen:
                seen.add(parent)
                found.append(parent)
    found.sort(key=attrgetter("index"), reverse=True)
    return found


def _of_value(node: Value, ts: list[Any], create: bool) -> Any:
    """The tangent of a Value: the sum of its local derivatives times the tangents."""
    if node.primitive is lower:
        (t,) = ts
        return Value(t) if create else float(t.item())
    derivatives: Sequence[Any] = of_value(node, Value(1.0), True) if create else node.saved  # type: ignore[assignment]
    return sum([d * t for d, t in zip(derivatives, ts, strict=True) if t is not None])
