"""Ranks: on which level each box stands, so that all edges lead to a higher one."""

from __future__ import annotations

from collections.abc import Sequence

from .nesting import NONE, Nesting

__all__ = ["ranked"]


def ranked(count: int, edges: Sequence[tuple[int, int]], nesting: Nesting) -> list[int]:
    """Return the rank of each box: the longest path to it, but sources stand close above their use.

    A frame begins below everything that leads into it, so that frames one after another share no rank and
    can stand in one column. A frame that this would tie into a cycle is dropped from `nesting`.

    Parameters
    ----------
    count : int
        How many boxes there are, numbered in a topological order.
    edges : sequence of (tail, head)
    nesting : Nesting
        The frames; may lose some.

    Returns
    -------
    list of int
    """
    heads: list[list[int]] = [[] for _ in range(count)]
    tails: list[list[int]] = [[] for _ in range(count)]
    for tail, head in edges:
        heads[tail].append(head)
        tails[head].append(tail)
    below, order = _constraints(count, heads, tails, nesting)
    rank = [0] * len(below)
    for node in order:
        # Number count + f stands for the upper side of frame f, which takes up no rank.
        level = rank[node] + (node < count)
        for other in below[node]:
            if rank[other] < level:
                rank[other] = level
    _tighten(rank, order, below, heads, tails)
    used = {level: i for i, level in enumerate(sorted(set(rank[:count])))}
    return [used[level] for level in rank[:count]]


def _constraints(
    count: int, heads: list[list[int]], tails: list[list[int]], nesting: Nesting
) -> tuple[list[list[int]], list[int]]:
    """What must stand below each box and each frame's upper side, and an order of all of them."""
    below = [list(row) for row in heads] + [[] for _ in nesting.frames]
    waiting = [len(row) for row in tails] + [0] * len(nesting.frames)
    for frame, boxes in enumerate(nesting.frames):
        if not nesting.kept[frame]:
            continue
        inside = set(boxes)
        outside: set[int] = set()
        for box in boxes:
            entering = [tail for tail in tails[box] if tail not in inside]
            outside.update(entering)
            if len(entering) == len(tails[box]):
                below[count + frame].append(box)
                waiting[box] += 1
        for tail in sorted(outside):
            below[tail].append(count + frame)
            waiting[count + frame] += 1
        if nesting.parent[frame] != NONE:
            below[count + nesting.parent[frame]].append(count + frame)
            waiting[count + frame] += 1
    done = [False] * len(below)
    dropped = [False] * len(below)
    order: list[int] = []
    ready = [node for node in range(len(below)) if not waiting[node]]
    first = 0  # all boxes before this one are done
    while True:
        while ready:
            node = ready.pop()
            done[node] = True
            order.append(node)
            for other in below[node]:
                waiting[other] -= 1
                if not waiting[other] and not dropped[other]:
                    ready.append(other)
        while first < count and done[first]:
            first += 1
        if first == count:
            break
        # Only frames can be in the way of the first box; the outermost of them is at fault.
        frame = next(f for f in nesting.chain(nesting.home[first]) if not done[count + f])
        nesting.drop(frame)
        dropped[count + frame] = done[count + frame] = True
        for other in below[count + frame]:
            waiting[other] -= 1
            if not waiting[other] and not dropped[other]:
                ready.append(other)
        below[count + frame] = []
    return below, order


def _tighten(
    rank: list[int],
    order: list[int],
    below: list[list[int]],
    heads: list[list[int]],
    tails: list[list[int]],
) -> None:
    """Move boxes down where that makes edges shorter: those that hold on to nothing above them."""
    count = len(heads)
    latest = list(rank)  # how far down each one could go
    for node in reversed(order):
        if below[node]:
            latest[node] = min([latest[other] for other in below[node]]) - (node < count)
    # An edge costs nothing if its tail moves along with the box, or if it shares a lane that is there in
    # any case: that of a source with many uses, or of a tail with a use further down.
    deepest = [max([rank[head] for head in row], default=0) for row in heads]
    loose = [True] * count
    for box in range(count):
        loose[box] = all(
            [
                deepest[tail] >= latest[box]
                or not tails[tail]
                or (loose[tail] and len(heads[tail]) == 1)
                for tail in tails[box]
            ]
        )
    for node in reversed(order):
        if below[node] and (node >= count or loose[node]):
            rank[node] = min([rank[other] for other in below[node]]) - (node < count)
