"""Modules folded into one box each, and equal ones that follow each other into one for all.

A box must not lead back to itself by way of others. So the operations of a module are first cut where a
path leaves it and comes back, and into what is connected; a fold that would still make a cycle
together with others is given up.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .folds import Folds, to_depth
from .model import Edge, Node, Path
from .pieces import Piece, calls, parts, repeats
from .scopes import inputs_of, of_backward

__all__ = ["Folded", "automatic", "fold"]

MANY = 150
"""A graph with more nodes comes folded."""
ENOUGH = 50
"""So many boxes are left then, at most, where the modules allow it."""


@dataclass(slots=True)
class Folded:
    """What is drawn of a graph.

    Attributes
    ----------
    nodes : list of Node
        In a topological order.
    edges : list of Edge
        Between a folded module and another node one in each direction, at most.
    members : list of list of int
        For each node the ids of those it stands for.
    """

    nodes: list[Node]
    edges: list[Edge]
    members: list[list[int]]


def automatic(nodes: Sequence[Node], edges: Sequence[Edge]) -> Folds:
    """Fold a large graph as little as makes it readable, and a small one not at all."""
    if len(nodes) <= MANY:
        return Folds()
    folds = Folds()
    for depth in range(max(len(node.scope) for node in nodes) - 1, -1, -1):
        folds = to_depth(nodes, depth)
        if len(fold(nodes, edges, folds).nodes) <= ENOUGH:
            break
    return folds


def fold(nodes: Sequence[Node], edges: Sequence[Edge], folds: Folds) -> Folded:
    """Draw the closed modules as one box each, wherever that leaves the graph free of cycles."""
    if not folds.closed:
        return Folded(list(nodes), list(edges), [[node.id] for node in nodes])
    tails = inputs_of(nodes, edges)
    backward = of_backward(nodes, edges)
    pieces: list[Piece] = []
    for key, ids in _groups(nodes, backward, folds.closed).items():
        pieces += [(key[1], 1, piece) for piece in parts(ids, tails)]
    pieces = [piece for piece in pieces if len(piece[2]) > 1]
    pieces = repeats(pieces, nodes, backward, tails, folds.apart)
    while True:
        owner = list(range(len(nodes)))
        for _, _, ids in pieces:
            for id in ids:
                owner[id] = ids[0]
        order, stuck = _order(owner, edges)
        if not stuck:
            break
        tangled = [piece for piece in pieces if piece[2][0] in stuck]
        tangled.sort(key=lambda piece: (len(piece[2]), piece[2]))
        for piece in tangled[: (len(tangled) + 1) // 2]:  # the small ones; all, in few rounds
            pieces.remove(piece)
    return _drawn(nodes, edges, owner, order, {ids[0]: (p, t, ids) for p, t, ids in pieces})


def _groups(
    nodes: Sequence[Node], backward: Sequence[bool], closed: frozenset[Path]
) -> dict[tuple[bool, Path], list[int]]:
    groups: dict[tuple[bool, Path], list[int]] = {}
    folded: dict[Path, Path | None] = {}
    for node in nodes:
        scope = node.scope
        if scope not in folded:
            around = [scope[:depth] for depth in range(1, len(scope) + 1)]
            folded[scope] = next((path for path in around if path in closed), None)
        path = folded[scope]
        if path is not None:
            groups.setdefault((backward[node.id], path), []).append(node.id)
    return groups


def _order(owner: Sequence[int], edges: Sequence[Edge]) -> tuple[list[int], set[int]]:
    """The boxes in a topological order, by their first node; and those that lie on cycles."""
    heads: dict[int, set[int]] = {box: set() for box in owner}
    waiting = dict.fromkeys(heads, 0)
    for edge in edges:
        tail, head = owner[edge.tail], owner[edge.head]
        if tail != head and head not in heads[tail]:
            heads[tail].add(head)
            waiting[head] += 1
    ready = [box for box, count in waiting.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        box = heapq.heappop(ready)
        order.append(box)
        for head in heads[box]:
            waiting[head] -= 1
            if not waiting[head]:
                heapq.heappush(ready, head)
    stuck = heads.keys() - set(order)  # what lies on cycles, or behind them
    ends = [box for box in stuck if not heads[box] & stuck]
    tails: dict[int, list[int]] = {box: [] for box in stuck}
    for box in stuck:
        for head in heads[box] & stuck:
            tails[head].append(box)
            waiting[box] = len(heads[box] & stuck)
    while ends:
        box = ends.pop()
        stuck.discard(box)
        for tail in tails[box]:
            waiting[tail] -= 1
            if not waiting[tail]:
                ends.append(tail)
    return order, stuck


def _drawn(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    owner: Sequence[int],
    order: Sequence[int],
    pieces: dict[int, Piece],
) -> Folded:
    results = {
        edge.tail
        for edge in edges
        if owner[edge.tail] != owner[edge.head]
        and nodes[edge.tail].op
        and (nodes[edge.head].kind == "gradient") == (nodes[edge.tail].kind == "gradient")
    }
    results.update([node.id for node in nodes if node.kind == "output"])
    drawn: list[Node] = []
    members: list[list[int]] = []
    place: dict[int, int] = {}
    for box in order:
        place[box] = len(drawn)
        piece = pieces.get(box)
        ids = [box] if piece is None else piece[2]
        if piece is None:
            drawn.append(replace(nodes[box], id=len(drawn)))
        else:
            inside = [nodes[id] for id in ids]
            last = max([id for id in ids if id in results], default=None)
            result = None if last is None else nodes[last]
            drawn.append(_module(len(drawn), piece, inside, result))
        members.append(ids)
    arrows: dict[tuple[int, int, int], Edge] = {}
    for edge in edges:
        tail, head = owner[edge.tail], owner[edge.head]
        if tail != head:
            slot = 0 if tail in pieces or head in pieces else edge.slot
            arrows.setdefault((tail, head, slot), Edge(place[tail], place[head], slot))
    return Folded(drawn, list(arrows.values()), members)


def _module(id: int, piece: Piece, inside: Sequence[Node], result: Node | None) -> Node:
    """One box for the operations and leaves of a module, or of several equal ones.

    The backward part of a module has no `result` where nothing before it wants a gradient.
    """
    path, times, _ = piece
    each = calls(inside) if times == 1 else 1
    operations = [node for node in inside if node.op]
    title = path[-1]
    if times > 1:
        title = f"{path[-1]}–{int(path[-1]) + times - 1}"
    title = ".".join((*path[:-1], title))
    if any(node.kind == "gradient" for node in inside):
        title = f"∂ {title}"
    seconds = [n.seconds for n in operations if n.seconds is not None]
    backward = [n.backward_seconds for n in operations if n.backward_seconds is not None]
    weights = {n.name: math.prod(n.shape or ()) for n in inside if n.kind == "parameter"}
    return Node(
        id,
        "module",
        "",
        title,
        name=".".join(path),
        scope=path[:-1],
        shape=None if result is None else result.shape,
        dtype="" if result is None else result.dtype,
        nbytes=sum([node.nbytes for node in operations]),
        seconds=sum(seconds) if seconds else None,
        backward_seconds=sum(backward) if backward else None,
        count=len(operations),
        times=times * each,
        parameters=sum(weights.values()),
    )
