"""Which module a node belongs to, where that was not recorded: inferred from parameters' names."""

from __future__ import annotations

from collections.abc import Sequence

from ..primitive import pick
from .model import Edge, Node, Path

__all__ = ["common", "infer", "inputs_of", "of_backward", "of_leaves"]

_WITHIN = ("parameter", "constant")  # what belongs to its user; a model's input does not


def infer(nodes: Sequence[Node], edges: Sequence[Edge], unknown: set[int]) -> None:
    """Give the operations in `unknown` a scope.

    One that uses ``features.0.weight`` belongs to ``features.0``. One between two of these belongs to
    what they have in common, and one that leads from an item of a list to the next (a residual sum
    between ``blocks.0`` and ``blocks.1``) to the former, as does the sum at the end of the last one.
    Others stay without.
    """
    if not any(node.kind == "parameter" and "." in node.name for node in nodes):
        return
    tails = inputs_of(nodes, edges)
    weight: dict[int, Path] = {}  # of what is made of one parameter alone, such as its transpose
    found: dict[int, Path] = {}
    for node in nodes:
        if node.kind == "parameter":
            weight[node.id] = tuple(node.name.split(".")[:-1])
        elif node.id in unknown and node.op == pick.name:
            found[node.id] = node.scope = nodes[tails[node.id][0]].scope
        elif node.id in unknown:
            path = next((weight[tail] for tail in tails[node.id] if weight.get(tail)), None)
            if path:
                found[node.id] = node.scope = path
                if len(tails[node.id]) == 1:
                    weight[node.id] = path
        elif node.kind in ("operation", "output"):
            found[node.id] = node.scope
    before = dict(found)
    for node in nodes:
        if node.id in unknown and node.id not in found:
            known = [tail for tail in tails[node.id] if tail in before]
            if known:
                before[node.id] = before[max(known)]
    after = dict(found)
    for edge in sorted(edges, key=lambda edge: (-edge.tail, edge.head)):
        if edge.tail in unknown and edge.tail not in after and edge.head in after:
            after[edge.tail] = after[edge.head]
    items = _items(found)
    for id in sorted(unknown - found.keys()):
        if id in before:
            path = _between(before[id], after.get(id, ()))
            nodes[id].scope = path or _closed(id, before[id], items, nodes, tails)


def _between(before: Path, after: Path) -> Path:
    path = common(before, after)
    depth = len(path)
    if len(before) > depth and len(after) > depth:
        item, following = before[depth], after[depth]
        if item.isdigit() and following.isdigit() and int(following) == int(item) + 1:
            return before[: depth + 1]
    return path


def _items(found: dict[int, Path]) -> dict[Path, set[int]]:
    """The operations in each item of a list that has modules of its own: ``blocks.11``."""
    items: dict[Path, set[int]] = {}
    for id, path in found.items():
        for depth in range(1, len(path)):
            if path[depth - 1].isdigit():
                items.setdefault(path[:depth], set()).add(id)
    return items


def _closed(
    id: int,
    before: Path,
    items: dict[Path, set[int]],
    nodes: Sequence[Node],
    tails: Sequence[Sequence[int]],
) -> Path:
    """The item that a sum closes: each operand was made in it, or is what it started from."""
    operands = [tail for tail in tails[id] if nodes[tail].kind not in _WITHIN]
    for depth in range(1, len(before)):
        path = before[:depth]
        inside = items.get(path)
        if inside is None or len(operands) < 2:
            continue
        read = {tail for member in inside for tail in tails[member]}
        if all(x in inside or x in read or nodes[x].scope[:depth] == path for x in operands):
            return path
    return ()


def of_leaves(nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
    """Put each parameter and constant where it is used: in what its users share."""
    backward = of_backward(nodes, edges)
    used: dict[int, Path] = {}
    for edge in edges:
        leaf, user = nodes[edge.tail], nodes[edge.head]
        if leaf.kind in _WITHIN and backward[leaf.id] == backward[user.id]:
            known = used.get(leaf.id)
            used[leaf.id] = user.scope if known is None else common(known, user.scope)
    for id, path in used.items():
        nodes[id].scope = path


def of_backward(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[bool]:
    """Whether each node belongs to the backward pass: gradients, and constants only they use."""
    backward = [node.kind == "gradient" for node in nodes]
    forward_use = {edge.tail for edge in edges if not backward[edge.head]}
    gradient_use = {edge.tail for edge in edges if backward[edge.head]}
    for node in nodes:
        if node.kind == "constant" and node.id in gradient_use - forward_use:
            backward[node.id] = True
    return backward


def common(one: Path, other: Path) -> Path:
    """The longest path that both begin with."""
    depth = 0
    for a, b in zip(one, other):
        if a != b:
            break
        depth += 1
    return one[:depth]


def inputs_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[list[int]]:
    """The tails of each node's edges, by slot."""
    tails: list[list[int]] = [[] for _ in nodes]
    for edge in edges:
        tails[edge.head].append(edge.tail)
    return tails
