"""The sweeps through a recorded graph, step by step: values, adjoints, tangents.

Nothing is differentiated anew: the rules are those of the primitives, as ``backward`` and ``jvp`` run
them. No ``.grad`` is touched, no hook is run, nothing is freed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..forward import pushforward
from ..mode import no_grad
from ..node import Node as Recorded
from ..node import topological_order
from ..primitive import Primitive, pick, registry
from ..saved import check_versions
from ..scattered import Scattered
from ..sweep import fitted, of_value, total, unbroadcast
from ..value import Value
from .facts import is_true

if TYPE_CHECKING:
    from .graph import Graph
    from .model import Node

__all__ = ["Gift", "Step", "backward_steps", "forward_values", "node_values", "tangents"]

_Array = np.ndarray


@dataclass(slots=True)
class Gift:
    """What a node gives to one of its inputs in the backward sweep.

    Attributes
    ----------
    slot : int
        Which input.
    to : engine node
        What stands there.
    local : array, float or None
        The derivative of the node with respect to the input: of the node's shape where it is taken
        element by element, of the input's where the node has one element; None for any other Jacobian.
    contribution : array, float or None
        The adjoint times the derivative, summed over axes that were broadcast.
    """

    slot: int
    to: Recorded
    local: Any
    contribution: Any


@dataclass(slots=True)
class Step:
    """One node of the backward sweep.

    Attributes
    ----------
    node : engine node
    adjoint : array, float or list
        The derivative of the output with respect to the node. A list with an entry per output, None where
        nothing arrived, for an operation with several.
    gives : list of Gift
        Empty for a leaf.
    """

    node: Recorded
    adjoint: Any
    gives: list[Gift] = field(default_factory=list)


def forward_values(graph: Graph) -> dict[Recorded, Any]:
    """Return the values of the nodes of a graph.

    Parameters
    ----------
    graph : Graph

    Returns
    -------
    dict of engine node to array or float
        In topological order, each node after its inputs; a tuple for an operation with several outputs.
        What nobody kept is computed anew where its inputs are known; else the node is missing.

    Raises
    ------
    RuntimeError
        Where values are missing because backward freed them.

    Examples
    --------
    >>> import autodiff as ad
    >>> a = ad.Value(2.0)
    >>> list(forward_values(ad.graph(a * a + 1.0)).values())
    [2.0, 4.0, 5.0]
    """
    order = topological_order(graph.recorded.values())
    known = {
        graph.recorded[node.id]: node.value
        for node in graph.nodes
        if node.id in graph.recorded and node.value is not None
    }
    values: dict[Recorded, Any] = {}
    missing = False
    with no_grad(), np.errstate(all="ignore"):
        for node in reversed(order):
            value = known.get(node)
            if value is None:
                value = _computed(node, values)
            if value is None:
                missing = True
            else:
                values[node] = value
    if missing:
        _check_not_freed(order)
    return values


def node_values(graph: Graph) -> list[Any]:
    """Return the values of the nodes of a graph by id, those of constants too; None where it is not known.

    See `forward_values`.
    """
    values = forward_values(graph)
    return [
        values.get(graph.recorded[node.id]) if node.id in graph.recorded else node.value
        for node in graph.nodes
    ]


def _computed(node: Recorded, values: dict[Recorded, Any]) -> Any:
    """The value of a node from those of its inputs; None where they are not all known."""
    primitive = node.primitive
    if isinstance(node, Value):
        return node.data
    if primitive is None:
        return None
    if primitive is pick:
        several = values.get(node.parents[0])  # type: ignore[arg-type]
        return None if several is None else several[node.params[0]]
    if isinstance(node.parents[0], Value):  # value_to_tensor
        return np.asarray(node.parents[0].data)
    if registry.get(primitive.name) is not primitive:
        return None  # a Function of the user, whose forward may do anything
    inputs = _inputs(primitive, node, values)
    arrays = (*inputs, *node.params) if inputs is not None else ()
    if inputs is None or not all([is_true(x, node) for x in arrays if isinstance(x, _Array)]):
        return None
    out = primitive.forward(*arrays)
    if primitive.aux:
        out = out[0]
    if primitive.multi:
        return tuple(out)
    return np.asarray(out) if np.shape(out) == node.shape else None


def _inputs(primitive: Primitive, node: Recorded, values: dict[Recorded, Any]) -> list[Any] | None:
    """The inputs of a node; None where one is not known."""
    count = len(node.parents)
    saved = node.saved or (None,) * count
    kept = primitive.keeps(node.mask, count) if node.saved is not None else (False,) * count
    inputs: list[Any] = []
    for i, parent in enumerate(node.parents):
        x = saved[i] if parent is None else values.get(parent)
        if x is None and (parent is not None or not kept[i]):
            return None
        inputs.append(x)
    return inputs


def backward_steps(graph: Graph, seed: Any = None) -> Iterator[Step]:
    """Walk the backward sweep from the outputs of a graph.

    Parameters
    ----------
    graph : Graph
    seed : number, array or Tensor, or a sequence of these, optional
        The adjoint of the output, one for each where there are several; ones by default.

    Yields
    ------
    Step
        In the order of the sweep: each node when all that depends on it has given.

    Raises
    ------
    RuntimeError
        For a graph that was freed, or a saved array that was written in place.
    ValueError
        For a seed of the wrong shape, and for a part of a graph without its output.

    Examples
    --------
    >>> import autodiff as ad
    >>> a, b = ad.Value(2.0, label="a"), ad.Value(3.0, label="b")
    >>> for step in backward_steps(ad.graph(a * b)):
    ...     print(step.node.name, step.adjoint, [gift.contribution for gift in step.gives])
    mul 1.0 [3.0, 2.0]
    leaf 3.0 []
    leaf 2.0 []
    """
    adjoints = _seeds(graph, seed)
    order = topological_order(adjoints)
    _check_not_freed(order)
    for node in order:
        adjoint = adjoints.pop(node, None)
        if adjoint is None:
            continue
        step = Step(node, adjoint, _gifts(node, adjoint))
        for gift in step.gives:
            _receive(adjoints, gift, node)
        yield step


def _receive(adjoints: dict[Recorded, Any], gift: Gift, giver: Recorded) -> None:
    known = adjoints.get(gift.to)
    if giver.primitive is pick:
        parts = list(known) if known is not None else [None] * len(gift.to.shape)
        i = giver.params[0]
        parts[i] = gift.contribution if parts[i] is None else total(parts[i], gift.contribution)
        adjoints[gift.to] = parts
    else:
        adjoints[gift.to] = gift.contribution if known is None else total(known, gift.contribution)


def _gifts(node: Recorded, adjoint: Any) -> list[Gift]:
    """What a node gives to its inputs, by the rules of its primitive."""
    primitive = node.primitive
    if primitive is None:
        return []
    if primitive is pick:
        return [Gift(0, node.parents[0], None, adjoint)]  # type: ignore[arg-type]
    with no_grad(), np.errstate(all="ignore"):
        local: Sequence[Any] | None
        if isinstance(node, Value):
            parts, local = of_value(node, adjoint, False), node.saved
        else:
            check_versions(node)
            parts, local = _pulled_back(node, adjoint), _locals(node, adjoint)
        gifts = []
        for slot, (to, part) in enumerate(zip(node.parents, parts)):
            if to is None or part is None:
                continue
            slope = local[slot] if local is not None else None
            if slope is not None and not isinstance(node, Value) and not primitive.elementwise:
                slope = _fitted(slope, to)
            gifts.append(Gift(slot, to, slope, _fitted(part, to)))
    return gifts


def _pulled_back(node: Recorded, adjoint: Any) -> Sequence[Any]:
    primitive = node.primitive
    assert primitive is not None
    vjp = primitive.vjps.get(node.mask) or primitive.vjp_of(node.mask)
    return vjp(adjoint, node.saved, node)


def _locals(node: Recorded, adjoint: Any) -> Sequence[Any] | None:
    """The derivatives with respect to the inputs, where they are no large matrices."""
    primitive = node.primitive
    assert primitive is not None
    if primitive.multi or not (primitive.elementwise or adjoint.size == 1):
        return None
    return _pulled_back(node, np.ones_like(adjoint))


def _fitted(part: Any, to: Recorded) -> Any:
    """A contribution in the form of what receives it."""
    if isinstance(part, Scattered):
        return part.dense(to.shape)
    if isinstance(part, _Array):
        part = part if part.shape == to.shape else unbroadcast(part, to.shape)
        return part if not isinstance(to, Value) else part.item()
    return fitted(part, to, False)


def _seeds(graph: Graph, seed: Any) -> dict[Recorded, Any]:
    """What the backward sweep starts from, checked."""
    ids = [id for id in graph.outputs if id in graph.recorded]
    if not ids:
        raise ValueError(
            "backward sweep: this graph has no output to start from; take the whole graph, not a part "
            "of it or a graph of differences"
        )
    given = [seed] if len(ids) == 1 else [None] * len(ids) if seed is None else list(seed)
    if len(given) != len(ids):
        raise ValueError(f"backward sweep: {len(ids)} outputs, but {len(given)} seeds")
    return {
        graph.recorded[id]: _start(
            "backward sweep: the seed", graph.recorded[id], x, graph.nodes[id]
        )
        for id, x in zip(ids, given)
    }


def _start(what: str, node: Recorded, given: Any, read: Node) -> Any:
    """An adjoint or a tangent to start from: what was given in the form of a node, or ones."""
    if isinstance(node, Value):
        return 1.0 if given is None else float(given)
    dtype = read.dtype or np.float64
    if given is None:
        return np.ones(node.shape, dtype)
    array = np.asarray(getattr(given, "_array", given), dtype)
    if array.shape != node.shape:
        raise ValueError(f"{what} has shape {array.shape}, expected {node.shape}")
    return array


def _check_not_freed(order: Sequence[Recorded]) -> None:
    for node in order:
        if not isinstance(node, Value) and node.saved is None:
            raise RuntimeError(
                f"the graph was freed by backward(): what {node.name!r} (output shape {node.shape}) "
                "saved is gone. Pass retain_graph=True to backward, or ask before it"
            )


def tangents(graph: Graph, id: int, tangent: Any = None) -> dict[Recorded, Any]:
    """Walk the sweep of forward mode from one node of a graph.

    Parameters
    ----------
    graph : Graph
    id : int
        The node whose change is followed.
    tangent : number, array or Tensor, optional
        How it changes; ones by default.

    Returns
    -------
    dict of engine node to array or float
        How the nodes change that depend on it.

    Raises
    ------
    RuntimeError
        For a graph that was freed, or a saved array that was written in place.
    ValueError
        For a constant, and for a tangent of the wrong shape.

    Examples
    --------
    >>> import autodiff as ad
    >>> a, b = ad.Value(2.0), ad.Value(3.0)
    >>> c = a * b
    >>> g = ad.graph(c)
    >>> tangents(g, 0)[c]
    3.0
    """
    if id not in graph.recorded:
        raise ValueError(
            f"forward mode: {graph.nodes[id].title!r} is a constant; it does not change"
        )
    source = graph.recorded[id]
    start = _start("forward mode: the tangent", source, tangent, graph.nodes[id])
    roots = graph.recorded.values()
    _check_not_freed(topological_order(roots))
    return pushforward(roots, {source: start}, create=False)
