"""From the engine's nodes to the nodes and edges of a graph."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._tensor import Tensor
from ..node import Leaf, topological_order
from ..node import Node as Recorded
from ..primitive import Primitive, pick
from ..value import Value
from . import facts, scopes
from .gradients import Gradients
from .model import Edge, Node
from .names import Names

__all__ = ["Reading", "read"]


@dataclass(slots=True)
class Reading:
    """What was read: a graph, and what its nodes are to the engine.

    Attributes
    ----------
    nodes : list of Node
    edges : list of Edge
    outputs : list of int
        The ids of the roots.
    recorded : dict of int to engine node
        For all nodes but the constants.
    """

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    recorded: dict[int, Recorded] = field(default_factory=dict)


def read(
    outputs: Sequence[Any],
    names: Names,
    *,
    share: bool = False,
    inputs: Iterable[Any] = (),
    gradients: Gradients | None = None,
) -> Reading:
    """Read the graph that `outputs` depend on.

    Parameters
    ----------
    outputs : sequence of Tensor or Value
        Each with a history.
    names : Names
    share : bool, default False
        Draw a leaf once, however often it is used, as leaf Values always are.
    inputs : iterable of Tensor
        Leaves that are a model's data: training wants no gradient of theirs.
    gradients : Gradients, optional
        The backward pass, to be read too.
    """
    return _Reader(names, share, {x._node for x in inputs}, gradients).read(outputs)


class _Reader:
    def __init__(
        self, names: Names, share: bool, inputs: set[Recorded], gradients: Gradients | None
    ) -> None:
        self.names = names
        self.share = share
        self.inputs = inputs
        self.gradients = gradients
        self.found = Reading()
        self.ids: dict[Recorded, int] = {}  # of operations, and of leaves that are drawn once
        self.uses: dict[tuple[Recorded, Recorded], int] = {}  # leaves drawn beside their user
        self.data: dict[Recorded, list[tuple[np.ndarray, int]]] = {}  # constant arrays of a user
        self.wanted: list[bool] = []  # whether training wants a gradient there
        self.kept: dict[tuple[Primitive, int, int], tuple[str, ...]] = {}

    def read(self, outputs: Sequence[Any]) -> Reading:
        found, gradients = self.found, self.gradients
        roots = [node_of(x) for x in outputs]
        ends = [] if gradients is None else gradients.ends()
        for node in reversed(topological_order([*roots, *ends])):
            if node.primitive is not None:
                self._operation(node)
        for x, root in zip(outputs, roots, strict=True):
            if root not in self.ids:
                self.ids[root] = self._leaf(root)
            id = self.ids[root]
            found.nodes[id].kind = "output"
            if id not in found.outputs:
                found.outputs.append(id)
            if isinstance(x, Tensor):
                facts.know(found.nodes[id], x._array)
        scopes.infer(found.nodes, found.edges, self._unscoped())
        if gradients is not None:
            self._finish(gradients)
        scopes.of_leaves(found.nodes, found.edges)
        return found

    def _unscoped(self) -> set[int]:
        """The operations of the forward pass that nobody noted a scope for."""
        return {
            id
            for id, node in self.found.recorded.items()
            if self.found.nodes[id].kind in ("operation", "output")
            and getattr(node.notes, "scope", None) is None
        }

    def _finish(self, gradients: Gradients) -> None:
        """Name the gradients, and put the backward part into the modules of the forward one."""
        nodes, ids = self.found.nodes, self.ids
        for node, origin in gradients.origin.items():
            made, source = nodes[ids[node]], nodes[ids[origin]]
            made.scope, made.line = source.scope, source.line
        for root, seed in gradients.seeds.items():
            if seed not in ids:
                ids[seed] = self._leaf(seed)
            self.found.edges.append(Edge(ids[root], ids[seed]))
        for leaf, g in gradients.found.items():
            name = "∂" + (self.names.of_nodes.get(leaf) or getattr(leaf, "label", "") or "input")
            node = node_of(g)
            if node is None:
                read = Node(len(nodes), "gradient", "", name, name)
                self._append(read, None, False)
            else:
                if node not in ids:
                    ids[node] = self._leaf(node)
                read = nodes[ids[node]]
                read.name = f"{read.name}, {name}" if read.name else name
            facts.know(read, g.data if isinstance(g, Value) else g._array)

    # Operations

    def _operation(self, node: Recorded) -> None:
        found = self.found
        primitive = node.primitive
        assert primitive is not None
        gradient = self.gradients is not None and node in self.gradients.origin
        parents, saved = node.parents, node.saved
        tails = [
            self._constant(node, slot, saved, gradient)
            if parent is None
            else self._tail(node, parent, gradient)
            for slot, parent in enumerate(parents)
        ]
        kind = "gradient" if gradient else "operation"
        read = Node(len(found.nodes), kind, primitive.name, facts.title(node))
        read.name = self.names.of_nodes.get(node, "")
        read.arguments = facts.arguments(node)
        mask = 0
        for slot, tail in enumerate(tails):
            if tail is not None:
                found.edges.append(Edge(tail, read.id, slot))
                if parents[slot] is not None and self.wanted[tail]:
                    mask |= 1 << slot
        if isinstance(node, Value):
            read.name = read.name or node.label
            read.shape, read.dtype, read.nbytes = (), "float64", 8
            read.value = node.data
            read.grad = None if gradient else node.grad
            read.saved = () if gradient else self._kept(primitive, mask, len(parents))
        else:
            self._look_into(node, read, tails, 0 if gradient else mask)
        if node.notes is not None:
            facts.take_notes(node.notes, read)
        self.ids[node] = read.id
        self._append(read, node, mask != 0)

    def _look_into(
        self, node: Recorded, read: Node, tails: Sequence[int | None], mask: int
    ) -> None:
        """Fill in what the node of an array operation tells of its result and of its inputs."""
        primitive, saved = node.primitive, node.saved
        assert primitive is not None
        kept = self._kept(primitive, mask, len(node.parents))
        nodes = self.found.nodes
        inputs = [nodes[tail] for tail in tails if tail is not None]
        if saved:
            for tail, array in zip(tails, saved[:-2]):
                if tail is not None and facts.is_true(array, node):
                    facts.know(nodes[tail], array)
            there = [
                name
                for name, x in zip(facts.names_of_saved(primitive, len(saved) - 2), saved)
                if x is not None and not (x.__class__ is tuple and not x)
            ]
            if mask and primitive.joint and not kept:
                kept = tuple(dict.fromkeys(there))  # its rule takes what was saved as it is
            read.saved = tuple([name for name in kept if name in there])
        elif saved is None:
            read.saved = kept  # as long as it had not been freed
        if not primitive.multi:
            read.shape = node.shape
        out = getattr(node.notes, "value", None)
        if out is None and saved:
            out = saved[-2]
        if out is None and primitive is pick and node.parents[0].saved:  # type: ignore
            out = node.parents[0].saved[-2]  # type: ignore[union-attr]
            out = None if out is None else out[node.params[0]]
        if facts.is_true(out, node):
            facts.know(read, out)
            return
        read.dtype = facts.dtype_of(node, inputs)
        if read.shape is not None and read.dtype:
            read.nbytes = math.prod(read.shape) * facts.name_and_size(np.dtype(read.dtype))[1]

    def _kept(self, primitive: Primitive, mask: int, count: int) -> tuple[str, ...]:
        """What the rules of the inputs in `mask` read of the forward pass, by name."""
        key = (primitive, mask, count)
        known = self.kept.get(key)
        if known is None:
            keeps = primitive.keeps(mask, count) if mask else ()
            names = facts.names_of_saved(primitive, count)
            known = tuple(dict.fromkeys([name for name, keep in zip(names, keeps) if keep]))
            self.kept[key] = known
        return known

    # Leaves and constants

    def _tail(self, node: Recorded, parent: Recorded, gradient: bool) -> int:
        """The box that an input comes from."""
        if parent in self.ids:
            return self.ids[parent]
        if gradient:
            origin = self.gradients.origin[node]  # type: ignore[union-attr]
            if (origin, parent) in self.uses:
                return self.uses[origin, parent]
        id = self._leaf(parent)
        once = self.share or isinstance(parent, Value)
        if once or parent in self.inputs or self._is_seed(parent):
            self.ids[parent] = id
        else:
            self.uses[node, parent] = id
        return id

    def _is_seed(self, leaf: Recorded) -> bool:
        return self.gradients is not None and leaf in self.gradients.labels

    def _leaf(self, leaf: Recorded) -> int:
        name = self.names.of_nodes.get(leaf, "")
        read = Node(len(self.found.nodes), "parameter" if name else "input", "", name)
        if isinstance(leaf, Value):
            name = name or leaf.label
            read.kind = "parameter" if name else "input"
            read.title = name or "value"
            read.shape, read.dtype, read.nbytes = (), "float64", 8
            read.value, read.grad = leaf.data, leaf.grad
        else:
            assert isinstance(leaf, Leaf)
            read.title = name or "leaf"
            read.shape = leaf.shape
            read.dtype, size = facts.name_and_size(np.dtype(leaf.dtype))
            read.nbytes = math.prod(leaf.shape) * size
            read.value = self.names.arrays.get(leaf)
            read.grad = None if leaf.grad is None else leaf.grad._array
        read.name = name
        if leaf in self.inputs:
            read.kind = "input"
        if self._is_seed(leaf):
            read.kind = "gradient"
            read.title = read.name = self.gradients.labels[leaf]  # type: ignore[union-attr]
            read.value = 1.0 if isinstance(leaf, Value) else np.ones(leaf.shape, leaf.dtype)
            read.grad = None
        self._append(read, leaf, leaf not in self.inputs)
        return read.id

    def _constant(
        self, node: Recorded, slot: int, saved: tuple[Any, ...] | None, gradient: bool
    ) -> int | None:
        """The box of an input without a gradient; None where the node did not keep it."""
        if isinstance(node, Value):
            value = node.inputs[slot]
        else:
            value = saved[slot] if saved and slot < len(saved) - 2 else None
        if value is None:
            return None
        read = Node(len(self.found.nodes), "constant", "", str(value))
        if isinstance(value, (int, float, np.number)):
            read.title, read.value, read.shape = f"{value:g}", float(value), ()
        elif isinstance(value, np.ndarray):
            if gradient:
                origin = self.gradients.origin[node]  # type: ignore[union-attr]
                for array, known in self.data.get(origin, ()):
                    if np.may_share_memory(array, value):
                        return known
            name = self.names.of_arrays.get(id(value), "")
            kind = "mask" if value.dtype == bool else "data"
            read.title = name or (kind if value.size != 1 else f"{value.item():g}")
            read.name = name
            if name or (not gradient and self._begins(node)):
                read.kind = "input"
            facts.know(read, value)
            self.data.setdefault(node, []).append((value, read.id))
        self._append(read, None, False)
        return read.id

    def _begins(self, node: Recorded) -> bool:
        """Whether an operation works on leaves only, so that its data is where the graph begins."""
        return all([p is None or p.primitive is None for p in node.parents])

    def _append(self, read: Node, node: Recorded | None, wanted: bool) -> None:
        self.found.nodes.append(read)
        self.wanted.append(wanted)
        if node is not None:
            self.found.recorded[read.id] = node


def node_of(x: Any) -> Recorded:
    """The engine's node of a Tensor or a Value with a history."""
    return x if isinstance(x, Value) else x._history()  # type: ignore[no-any-return]
