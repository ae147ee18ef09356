"""How modules are cut into pieces that can be one box each, and which pieces are equal."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Node, Path

__all__ = ["Piece", "calls", "parts", "repeats"]

Piece = tuple[Path, int, list[int]]
"""The module (of several equal ones the first), how many there are, and the ids of the nodes."""


def parts(ids: Sequence[int], tails: Sequence[Sequence[int]]) -> list[list[int]]:
    """Cut a set of nodes into pieces that are connected and that no path leaves and enters again.

    Nodes that one node outside leads to count as connected: the heads of an attention, say.
    A path from one of the nodes to another stays between the first and the last in topological order, so
    no other node needs to be looked at.
    """
    if not ids:
        return []
    inside = set(ids)
    entries: dict[int, int] = {}  # how often the paths to a node have come back into the set
    piece: dict[tuple[int, int], tuple[int, int]] = {}  # a forest over (node, entries)

    def root(x: tuple[int, int]) -> tuple[int, int]:
        piece.setdefault(x, x)
        while piece[x] != x:
            piece[x] = piece[piece[x]]
            x = piece[x]
        return x

    for id in range(ids[0], ids[-1] + 1):
        known = [entries[t] + (t in inside and id not in inside) for t in tails[id] if t in entries]
        if id not in inside:
            if known:
                entries[id] = max(known)
            continue
        entries[id] = depth = max(known, default=0)
        for tail in tails[id]:
            if tail not in inside or entries[tail] == depth:
                piece[root((tail, depth))] = root((id, depth))
        root((id, depth))
    found: dict[tuple[int, int], list[int]] = {}
    for id in ids:
        found.setdefault(root((id, entries[id])), []).append(id)
    return list(found.values())


def repeats(
    pieces: list[Piece],
    nodes: Sequence[Node],
    backward: Sequence[bool],
    tails: Sequence[Sequence[int]],
    apart: frozenset[Path],
) -> list[Piece]:
    """Join modules ``x.0``, ``x.1``, ... that are equal inside and follow each other."""
    single: dict[tuple[bool, Path], Piece | None] = {}
    for piece in pieces:
        key = (backward[piece[2][0]], piece[0])
        single[key] = None if key in single else piece
    candidates = [
        (key[0], piece)
        for key, piece in single.items()
        if piece is not None and piece[0][-1].isdecimal() and piece[0][:-1] not in apart
    ]
    candidates.sort(key=lambda c: (c[0], c[1][0][:-1], int(c[1][0][-1])))
    owner = {id: i for i, (_, piece) in enumerate(candidates) for id in piece[2]}
    linked = {
        (owner[tail], i) for id, i in owner.items() for tail in tails[id] if tail in owner
    }  # the backward pass goes through a list from its end
    shapes = [_structure(nodes, tails, piece) for _, piece in candidates]

    def follows(i: int, j: int) -> bool:
        (back, one), (after, other) = candidates[i], candidates[j]
        return (
            (back, one[0][:-1], int(one[0][-1]) + 1) == (after, other[0][:-1], int(other[0][-1]))
            and ((i, j) in linked or (j, i) in linked)
            and shapes[i] == shapes[j]
        )

    joined: list[Piece] = []
    gone: set[int] = set()
    start = 0
    while start < len(candidates):
        end = start + 1
        while end < len(candidates) and follows(end - 1, end):
            end += 1
        run = [piece for _, piece in candidates[start:end]]
        union = sorted([id for _, _, ids in run for id in ids])
        if len(run) > 1 and len(parts(union, tails)) == 1:
            joined.append((run[0][0], len(run), union))
            gone.update([ids[0] for _, _, ids in run])
        start = end
    return [piece for piece in pieces if piece[2][0] not in gone] + joined


def _structure(
    nodes: Sequence[Node], tails: Sequence[Sequence[int]], piece: Piece
) -> list[tuple[object, ...]]:
    """What makes two modules equal: operations, shapes and edges, with names as seen from inside."""
    path, _, ids = piece
    place = {id: i for i, id in enumerate(ids)}
    depth = len(path)
    dotted = ".".join(path)

    def relative(name: str) -> list[str]:
        return [one.replace(dotted, "", 1) for one in name.split(", ")]

    return [
        (
            node.op or node.kind, node.shape, node.dtype, node.arguments, node.scope[depth:],
            relative(node.name), tuple([place[tail] for tail in tails[node.id] if tail in place]),
        )
        for node in [nodes[id] for id in ids]
    ]  # fmt: skip


def calls(inside: Sequence[Node]) -> int:
    """How often a module is called one time after the other: its weights and operations recur."""
    words = [(n.op, n.shape, n.scope, n.name) for n in inside if n.op or n.kind == "parameter"]
    border = [0] * len(words)  # the longest proper prefix that ends here (Knuth, Morris and Pratt)
    for i in range(1, len(words)):
        length = border[i - 1]
        while length and words[i] != words[length]:
            length = border[length - 1]
        border[i] = length + (words[i] == words[length])
    period = len(words) - border[-1]
    shares_weights = any(not word[0] for word in words[:period])
    if len(words) % period or not shares_weights:
        return 1
    return len(words) // period
