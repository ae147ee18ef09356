"""A graph as data for JSON."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .drawing import where
from .model import Node
from .statistics import summary_of
from .steps import steps_json

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["data"]


def data(graph: Graph, steps: bool = False) -> dict[str, Any]:
    """Return what ``to_json`` writes: numbers, text, lists and dicts of these.

    Parameters
    ----------
    graph : Graph
    steps : bool, default False
        Add the steps of the forward and of the backward sweep, where the graph can be evaluated.
    """
    found: dict[str, Any] = {
        "format": "autodiff-graph",
        "version": 1,
        "nodes": [_node(node) for node in graph.nodes],
        "edges": [[edge.tail, edge.head, edge.slot] for edge in graph.edges],
        "outputs": list(graph.outputs),
        "modules": {".".join(path): name for path, name in graph.style.modules.items()},
        "folded": sorted([".".join(path) for path in graph.folds.closed]),
    }
    if steps:
        with suppress(RuntimeError, ValueError):  # freed, or a part without its output
            found["steps"] = steps_json(graph)
    return found


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "op": node.op,
        "title": node.title,
        "name": node.name,
        "scope": list(node.scope),
        "shape": None if node.shape is None else list(node.shape),
        "dtype": node.dtype,
        "bytes": node.nbytes,
        "saved": list(node.saved),
        "arguments": node.arguments,
        "line": where(node) or None,
        "seconds": node.seconds,
        "backward_seconds": node.backward_seconds,
        "value": None if node.value is None else summary_of(node.value),
        "grad": None if node.grad is None else summary_of(node.grad),
        "times": node.times,
        "count": node.count,
        "mark": node.mark,
    }
