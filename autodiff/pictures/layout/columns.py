"""Columns: items of successive rows that stand exactly above one another, so that edges are straight."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from .nesting import Nesting
from .rows import Rows

__all__ = ["bordered", "columns"]

MAIN, LANE = 2, 1


def bordered(rows: Rows, layers: list[list[int]], nesting: Nesting) -> list[list[int]]:
    """Return the rows with the sides of frames between the items.

    The left side of frame f is item n + 2 f and its right side n + 2 f + 1, where n counts the items.
    """
    n = len(rows.rank)
    if not any(nesting.kept):
        return layers
    found = []
    for layer in layers:
        row: list[int] = []
        open_: tuple[int, ...] = ()
        for home, item in [*[(rows.home[item], item) for item in layer], (-1, -1)]:
            chain = nesting.chain(home)
            common = 0
            while common < min(len(open_), len(chain)) and open_[common] == chain[common]:
                common += 1
            row += [n + 2 * frame + 1 for frame in reversed(open_[common:])]
            row += [n + 2 * frame for frame in chain[common:]]
            open_ = chain
            if item >= 0:
                row.append(item)
        found.append(row)
    return found


def columns(
    rows: Rows,
    bordered: list[list[int]],
    edges: Sequence[tuple[int, int]],
    nesting: Nesting,
) -> tuple[list[list[int]], list[int]]:
    """Return the columns, each a list of items from top to bottom, and how much each one matters.

    Joined items are aligned greedily, as by Brandes and Köpf, "Fast and simple horizontal coordinate
    assignment" (2001), but the most important edges come first: those of the longest path, then lanes,
    then the longer paths. An edge that would cross an aligned one, or the side of a frame, is passed over.

    A column matters `MAIN` with a part of the longest path, `LANE` with a piece of a lane, else 0.
    """
    place = [0] * (len(rows.rank) + 2 * len(nesting.frames))
    aligned: list[list[tuple[int, int]]] = [[] for _ in bordered]
    for level, row in enumerate(bordered):
        for i, item in enumerate(row):
            if item >= len(rows.rank):
                frame = (item - len(rows.rank)) // 2
                if level > rows.spans[frame][0]:
                    aligned[level - 1].append((place[item], i))
            place[item] = i
    for pairs in aligned:
        pairs.sort()
    under = [-1] * len(rows.rank)
    over = [-1] * len(rows.rank)
    matters = [0] * len(rows.rank)
    for importance, _, _, _, upper, lower in sorted(_candidates(rows, place, edges)):
        if under[upper] >= 0 or over[lower] >= 0:
            continue
        pairs = aligned[rows.rank[upper]]
        pair = (place[upper], place[lower])
        i = bisect_left(pairs, pair)
        if (i and pairs[i - 1][1] > pair[1]) or (i < len(pairs) and pairs[i][1] < pair[1]):
            continue
        pairs.insert(i, pair)
        under[upper], over[lower] = lower, upper
        matters[upper] = max(matters[upper], -importance)
        matters[lower] = max(matters[lower], -importance)
    found, worth = [], []
    for item, above in enumerate(over):
        if above < 0:
            column = [item]
            while under[column[-1]] >= 0:
                column.append(under[column[-1]])
            found.append(column)
            worth.append(max([matters[item] for item in column]))
    return found, worth


def _candidates(
    rows: Rows, place: list[int], edges: Sequence[tuple[int, int]]
) -> list[tuple[int, int, float, int, int, int]]:
    """All pairs that could be aligned; sorted, the most important one comes first."""
    through = _through(rows, edges)
    longest = max(through, default=0)
    # Whether nothing leads to an item but lanes: one of several sources is no more the middle of them than
    # the others, as input, weight and bias of a layer.
    source = [not inputs for inputs in rows.above]
    for item in sorted(range(rows.count, len(source)), key=rows.rank.__getitem__):
        source[item] = all([source[upper] for upper in rows.above[item]])
    above = [_off_middle(items, through, place) for items in rows.above]
    below = [_off_middle(items, through, place) for items in rows.below]
    found = []
    for lower, uppers in enumerate(rows.above):
        for slot, upper in enumerate(uppers):
            length = min(through[upper], through[lower])
            both_lanes = upper >= rows.count and lower >= rows.count
            importance = MAIN if length == longest else LANE if both_lanes else 0
            # Of equals the middle one goes straight, or else the first input.
            off = below[upper].get(lower, 0.0)
            off += slot if source[upper] else above[lower].get(upper, 0.0)
            found.append((-importance, -length, off, slot, upper, lower))
    return found


def _through(rows: Rows, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The length of the longest path through each item."""
    depth, height = [0] * rows.count, [0] * rows.count
    inwards: list[list[int]] = [[] for _ in range(rows.count)]
    for tail, head in edges:
        inwards[head].append(tail)
    for head, tails in enumerate(inwards):
        if tails:
            depth[head] = max([depth[tail] for tail in tails]) + 1
    for head in range(rows.count - 1, -1, -1):
        for tail in inwards[head]:
            height[tail] = max(height[tail], height[head] + 1)
    through = [d + h for d, h in zip(depth, height)] + [0] * (len(rows.rank) - rows.count)
    for (tail, head), lane in zip(edges, rows.lanes):
        for item in lane or ():
            through[item] = max(through[item], depth[tail] + height[head] + 1)
    return through


def _off_middle(items: list[int], through: list[int], place: list[int]) -> dict[int, float]:
    """How far those on the longest paths stand from their middle."""
    if len(items) < 2:
        return {}
    most = max([through[item] for item in items])
    equals = sorted([item for item in items if through[item] == most], key=place.__getitem__)
    return {item: abs(i - (len(equals) - 1) / 2) for i, item in enumerate(equals)}
