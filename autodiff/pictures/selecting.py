"""Finding nodes by name, and the parts of a graph around or between them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from ..node import Node as Recorded
from .model import Edge, Node

__all__ = ["around", "between", "chosen", "named", "subgraph"]


def named(nodes: Sequence[Node], pattern: str) -> list[int]:
    """The ids of the nodes called so: by name, by path or operation, or by the module they are in."""
    return [node.id for node in nodes if _fits(node, pattern)]


def _fits(node: Node, pattern: str) -> bool:
    called = {node.name, node.path, node.op, *node.name.split(", ")}
    scopes = [".".join(node.scope[:depth]) for depth in range(1, len(node.scope) + 1)]
    return any(fnmatchcase(name, pattern) for name in (*called, *scopes) if name)


def chosen(nodes: Sequence[Node], recorded: Mapping[int, Recorded], what: Any) -> list[int]:
    """The ids of what the user names by an id, a name, a pattern, a Tensor, a Value or a Node.

    Raises
    ------
    ValueError
        Where the graph has nothing of that name, no such id, or not this tensor.
    TypeError
        For anything else.
    """
    if isinstance(what, Node):
        what = what.id
    if isinstance(what, int):
        if not 0 <= what < len(nodes):
            raise ValueError(f"graph: no node {what}; the ids go from 0 to {len(nodes) - 1}")
        return [what]
    if isinstance(what, str):
        ids = named(nodes, what)
        if not ids:
            names = {name for node in nodes for name in (node.name, node.path, node.op) if name}
            close = difflib.get_close_matches(what, sorted(names), 3)
            hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
            raise ValueError(f"graph: nothing is called {what!r}{hint}")
        return ids
    if not isinstance(what, Recorded) and not hasattr(what, "_node"):
        raise TypeError(
            "graph: name a node by its id, its name, a pattern, or the Tensor or Value itself, "
            f"not by a {type(what).__name__}"
        )
    engine = what if isinstance(what, Recorded) else what._history()
    ids = [id for id, node in recorded.items() if node is engine]
    if not ids:
        raise ValueError("graph: this tensor is no part of the graph")
    return ids


def around(edges: Iterable[Edge], centre: Iterable[int], hops: int, count: int) -> set[int]:
    """The nodes at most `hops` edges away."""
    neighbours: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        neighbours[edge.tail].append(edge.head)
        neighbours[edge.head].append(edge.tail)
    found = set(centre)
    ring = sorted(found)
    for _ in range(hops):
        ring = list(dict.fromkeys(n for id in ring for n in neighbours[id] if n not in found))
        found.update(ring)
    return found


def between(edges: Sequence[Edge], start: Iterable[int], end: Iterable[int]) -> set[int]:
    """The nodes on the paths from one set to the other, both included."""
    forward, backward = set(start), set(end)
    for edge in sorted(edges, key=lambda edge: edge.tail):
        if edge.tail in forward:
            forward.add(edge.head)
    for edge in sorted(edges, key=lambda edge: edge.head, reverse=True):
        if edge.head in backward:
            backward.add(edge.tail)
    return forward & backward


def subgraph(
    nodes: Sequence[Node], edges: Sequence[Edge], ids: set[int]
) -> tuple[list[Node], list[Edge], dict[int, int]]:
    """These nodes and what joins them, numbered anew; and the new id of each."""
    place = {id: i for i, id in enumerate(sorted(ids))}
    kept = [replace(nodes[id], id=i) for id, i in place.items()]
    joined = [
        Edge(place[edge.tail], place[edge.head], edge.slot)
        for edge in edges
        if edge.tail in place and edge.head in place
    ]
    return kept, joined, place
