"""The graph of the backward pass: run on the recorded graph, and recorded itself."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..handles import new_tensor
from ..mode import mode, observe
from ..node import Node as Recorded
from ..node import topological_order
from ..sweep import sweep
from ..tracing import traced
from ..value import Value
from ..versions import tick
from .names import Names

__all__ = ["Gradients"]


class Gradients:
    """The gradients of some outputs with respect to the leaves, as a recorded graph.

    What the nodes saved stays, and no ``.grad`` and no hook is touched.

    Parameters
    ----------
    outputs : sequence of Tensor or Value
        Each with a history. The sweep starts from ones.
    names : Names
    unwanted : sequence of Tensor
        Leaves whose gradients are not asked for.

    Attributes
    ----------
    origin : dict of engine node to engine node
        For each node of the backward pass, the node of the forward pass whose derivative it is.
    seeds : dict of engine node to engine node
        For each output what the sweep starts from.
    labels : dict of engine node to str
        What the seeds are called.
    found : dict of engine node to Tensor or Value
        The gradient of each leaf.

    Raises
    ------
    RuntimeError
        For a graph that was freed, or a saved array that was written in place.
    """

    def __init__(self, outputs: Sequence[Any], names: Names, unwanted: Sequence[Any] = ()) -> None:
        cotangents: dict[Recorded, Any] = {}
        self.seeds: dict[Recorded, Recorded] = {}
        self.labels: dict[Recorded, str] = {}
        for i, x in enumerate(outputs):
            root = x if isinstance(x, Value) else x._history()
            if root in cotangents:
                continue
            cotangents[root] = seed = _seed(x)
            label = names.of_nodes.get(root) or getattr(root, "label", "")
            node = seed if isinstance(seed, Value) else seed._node
            self.seeds[root] = node
            self.labels[node] = f"∂{label or ('output' if len(outputs) == 1 else f'output {i}')}"
        order = topological_order(cotangents)
        watched = _Watched(order)
        given = {x._node for x in unwanted}
        targets = {node for node in order if node.primitive is None and node not in given}
        start = tick()
        with _without_effects(order), traced():
            found = sweep(cotangents, targets, retain=True, create=True, order=watched)
        self.found = {leaf: found[leaf] for leaf in order if leaf in found}
        made = [node for node in topological_order(self.ends()) if node.index > start]
        self.origin = watched.origins(made)

    def ends(self) -> list[Recorded]:
        """The engine's nodes of the gradients; one that depends on nothing has none."""
        nodes = [g if isinstance(g, Value) else g._history() for g in self.found.values()]
        return [node for node in nodes if node is not None]


def _seed(output: Any) -> Any:
    """What the sweep starts from: ones, with a place in the graph."""
    if isinstance(output, Value):
        return Value(1.0)
    return new_tensor(np.ones(output.shape, output.dtype), None).requires_grad_()


class _Watched(list[Recorded]):
    """The order of a sweep, which notes the time when each node is visited."""

    def __iter__(self) -> Iterator[Recorded]:
        self.times: list[int] = []
        self.visited: list[Recorded] = []
        for node in super().__iter__():
            self.times.append(tick())
            self.visited.append(node)
            yield node

    def origins(self, made: Sequence[Recorded]) -> dict[Recorded, Recorded]:
        """For nodes recorded during the sweep, those that were being visited."""
        return {node: self.visited[bisect(self.times, node.index) - 1] for node in made}


@contextmanager
def _without_effects(nodes: Sequence[Recorded]) -> Iterator[None]:
    """Let a sweep pass by hooks, gradients that are kept and observers: it is not the user's."""
    noted = [node.notes for node in nodes if node.notes is not None]
    held = [(notes, notes.hooks, notes.retained, notes.backward_seconds) for notes in noted]
    for notes in noted:
        notes.hooks = notes.retained = None
    observer = mode.observer
    observe(None)
    try:
        yield
    finally:
        observe(observer)
        for notes, hooks, retained, seconds in held:
            notes.hooks, notes.retained = hooks, retained
            if seconds is not None:
                notes.backward_seconds = seconds
