"""What two graphs have in common, and what only one of them has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from .model import Edge, Node

__all__ = ["merged"]


def merged(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    other_nodes: Sequence[Node],
    other_edges: Sequence[Edge],
) -> tuple[list[Node], list[Edge], list[int], list[int]]:
    """Join two graphs to one, whose nodes are marked "removed", "added", "changed" or not at all.

    Nodes are matched by module, operation and name, and by their place among those alike. The order is
    one that both graphs agree with, so there is no cycle.

    Returns
    -------
    (nodes, edges, place, other_place)
        The places say where the nodes of each graph are in the joined one.
    """
    matcher = SequenceMatcher(None, _keys(nodes), _keys(other_nodes), autojunk=False)
    joined: list[Node] = []
    place, other_place = [], []
    for word, i0, i1, j0, j1 in matcher.get_opcodes():
        if word == "equal":
            for old, new in zip(nodes[i0:i1], other_nodes[j0:j1], strict=True):
                place.append(len(joined))
                other_place.append(len(joined))
                mark = "" if _facts(old) == _facts(new) else "changed"
                joined.append(replace(new, id=len(joined), mark=mark))
            continue
        for node in nodes[i0:i1]:
            place.append(len(joined))
            joined.append(replace(node, id=len(joined), mark="removed"))
        for node in other_nodes[j0:j1]:
            other_place.append(len(joined))
            joined.append(replace(node, id=len(joined), mark="added"))
    arrows = [(other_place[e.tail], other_place[e.head], e.slot) for e in other_edges]
    arrows += [(place[e.tail], place[e.head], e.slot) for e in edges]
    return joined, [Edge(*arrow) for arrow in dict.fromkeys(arrows)], place, other_place


def _keys(nodes: Sequence[Node]) -> list[tuple[object, ...]]:
    met: Counter[tuple[object, ...]] = Counter()
    keys: list[tuple[object, ...]] = []
    for node in nodes:
        key = (node.scope, node.op, node.name, "" if node.op else node.title)
        keys.append((*key, met[key]))
        met[key] += 1
    return keys


def _facts(node: Node) -> tuple[object, ...]:
    return node.kind, node.shape, node.dtype, node.arguments
