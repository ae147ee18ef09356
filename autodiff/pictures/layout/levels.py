"""Where rows stand from top to bottom, and how much room frames need between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .nesting import NONE, Nesting
from .rows import Rows

__all__ = ["Levels", "stacked"]

_FREE = 120.0  # an edge may go so far to the side without more room between the rows
_SLOPE = 0.1
_MOST = 80.0


@dataclass
class Levels:
    """Upper and lower ends.

    Attributes
    ----------
    tops, bottoms : list of float
        Where the boxes of each row begin and end.
    free : list of (float, float)
        Where each row begins and ends with the frames around it: between rows is nothing but edges.
    frames : list of (float, float)
    height : float
        Of the whole.
    """

    tops: list[float]
    bottoms: list[float]
    free: list[tuple[float, float]]
    frames: list[tuple[float, float]]
    height: float


def stacked(
    rows: Rows,
    heights: Sequence[float],
    sideways: Sequence[float],
    nesting: Nesting,
    rank_gap: float,
    before: float,
    after: float,
) -> Levels:
    """Place rows one below the other.

    Parameters
    ----------
    rows : Rows
    heights : sequence of float
        The boxes' heights.
    sideways : sequence of float
        How far the edges between each row and the next one go to the side at most.
    nesting : Nesting
    rank_gap : float
    before, after : float
        The room that a frame takes above and below what is in it.
    """
    spans = rows.spans
    highest = [0.0] * len(sideways)
    for level, height in zip(rows.rank, heights):
        highest[level] = max(highest[level], height)
    above, below = [0.0] * len(spans), [0.0] * len(spans)
    head, foot = [0.0] * len(highest), [0.0] * len(highest)
    inner_first = sorted(
        [frame for frame, kept in enumerate(nesting.kept) if kept],
        key=lambda frame: -len(nesting.chain(frame)),
    )
    for frame in inner_first:
        first, last = spans[frame]
        above[frame] += before
        below[frame] += after
        head[first] = max(head[first], above[frame])
        foot[last] = max(foot[last], below[frame])
        around = nesting.parent[frame]
        if around != NONE:
            if spans[around][0] == first:
                above[around] = max(above[around], above[frame])
            if spans[around][1] == last:
                below[around] = max(below[around], below[frame])
    tops, bottoms, y = [], [], 0.0
    for level, height in enumerate(highest):
        if level:
            more = min(max(sideways[level - 1] - _FREE, 0.0) * _SLOPE, _MOST)
            y += foot[level - 1] + rank_gap + more + head[level]
        else:
            y += head[level]
        tops.append(y)
        y += height
        bottoms.append(y)
    return Levels(
        tops,
        bottoms,
        [(top - up, end + down) for top, up, end, down in zip(tops, head, bottoms, foot)],
        [
            (tops[first] - above[frame], bottoms[last] + below[frame])
            for frame, (first, last) in enumerate(spans)
        ],
        y + foot[-1],
    )
