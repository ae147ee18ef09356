"""Rows: boxes rank by rank, with the lanes in which long edges pass other boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .nesting import NONE, Nesting

__all__ = ["Rows", "rows_of"]

_MOST_LANES = 60_000  # items; beyond this the longest edges go round the outside of the picture


@dataclass
class Rows:
    """Items in rows. Numbers below `count` are boxes; the others are places in lanes and in frames.

    Attributes
    ----------
    count : int
        How many boxes there are.
    rank : list of int
        The row of each item.
    above, below : list of list of int
        What each item is joined to in the row above, and below.
    home : list of int
        The innermost frame around each item, or -1.
    lanes : list of (list of int or None)
        Per edge the items that it passes; None for an edge that goes round the outside.
    spans : list of (int, int)
        The first and the last row of each frame.
    """

    count: int
    rank: list[int]
    above: list[list[int]]
    below: list[list[int]]
    home: list[int]
    lanes: list[list[int] | None]
    spans: list[tuple[int, int]]


def rows_of(edges: Sequence[tuple[int, int]], rank: Sequence[int], nesting: Nesting) -> Rows:
    """Cut long edges into pieces that each lead to the next row.

    Edges of one tail share a lane as far as they go the same way: it is one value that goes to many uses.
    Inside the frames of its ends an edge runs within them.
    """
    count = len(rank)
    spans = _spans(rank, nesting)
    rows = Rows(
        count,
        list(rank),
        [[] for _ in range(count)],
        [[] for _ in range(count)],
        list(nesting.home),
        [],
        spans,
    )
    limit = _longest(rank, edges)
    shared: dict[tuple[int, int, int], int] = {}
    for tail, head in edges:
        if rank[head] - rank[tail] > limit:
            rows.lanes.append(None)
            continue
        lane: list[int] = []
        last = tail
        if rank[head] - rank[tail] > 1:
            homes = _homes(tail, head, rank, nesting, spans)
            for level, home in zip(range(rank[tail] + 1, rank[head]), homes):
                item = shared.get((last, level, home))
                if item is None:
                    item = shared[last, level, home] = _added(rows, level, home)
                    _join(rows, last, item)
                lane.append(item)
                last = item
        _join(rows, last, head)
        rows.lanes.append(lane)
    _fill_frames(rows, nesting)
    return rows


def _spans(rank: Sequence[int], nesting: Nesting) -> list[tuple[int, int]]:
    spans = []
    for boxes, kept in zip(nesting.frames, nesting.kept):
        levels = [rank[box] for box in boxes] if kept else [0]
        spans.append((min(levels), max(levels)))
    return spans


def _longest(rank: Sequence[int], edges: Sequence[tuple[int, int]]) -> int:
    """The length up to which edges get lanes, so that there are not too many."""
    lengths = sorted([rank[head] - rank[tail] for tail, head in edges])
    total = 0
    for length in lengths:
        total += length - 1
        if total > _MOST_LANES:
            return length - 1
    return len(rank)


def _homes(
    tail: int, head: int, rank: Sequence[int], nesting: Nesting, spans: list[tuple[int, int]]
) -> list[int]:
    """The frame of an edge in each row between its ends."""
    from_, to = nesting.home[tail], nesting.home[head]
    levels = range(rank[tail] + 1, rank[head])
    if from_ == to:
        return [from_] * len(levels)
    outer, inner = nesting.chain(from_), nesting.chain(to)
    common = 0
    while common < min(len(outer), len(inner)) and outer[common] == inner[common]:
        common += 1
    left, entered = outer[common:], inner[common:]
    shared = outer[common - 1] if common else NONE
    homes = []
    for level in levels:
        into = [frame for frame in entered if spans[frame][0] <= level]
        out = [frame for frame in left if spans[frame][1] >= level]
        homes.append(into[-1] if into else out[-1] if out else shared)
    return homes


def _fill_frames(rows: Rows, nesting: Nesting) -> None:
    """Give every frame a place in each row that it passes."""
    present = set()
    for item, home in enumerate(rows.home):
        present.update([(frame, rows.rank[item]) for frame in nesting.chain(home)])
    for frame, (first, last) in enumerate(rows.spans):
        if nesting.kept[frame]:
            for level in range(first, last + 1):
                if (frame, level) not in present:
                    _added(rows, level, frame)
                    present.update([(around, level) for around in nesting.chain(frame)])


def _added(rows: Rows, level: int, home: int) -> int:
    rows.rank.append(level)
    rows.above.append([])
    rows.below.append([])
    rows.home.append(home)
    return len(rows.rank) - 1


def _join(rows: Rows, upper: int, lower: int) -> None:
    rows.below[upper].append(lower)
    rows.above[lower].append(upper)
