"""The way of each edge: straight through rows, curves only in the free space between them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .levels import Levels

__all__ = ["ports", "route"]

Point = tuple[float, float]

_PORT_GAP = 12.0  # between edges that arrive side by side
_CORNER = 8.0  # no edge arrives nearer than this to a box's corner


def ports(
    edges: Sequence[tuple[int, int]],
    coming: Sequence[float],
    x: Sequence[float],
    widths: Sequence[float],
) -> list[float]:
    """Where each edge arrives on its head: from left to right as they come.

    One edge from straight above arrives in the middle, the others to its sides.

    Parameters
    ----------
    edges : sequence of (tail, head)
    coming : sequence of float
        The x from which each edge comes.
    x, widths : sequence of float
        The boxes.
    """
    arriving: list[list[int]] = [[] for _ in widths]
    for edge, (_, head) in enumerate(edges):
        arriving[head].append(edge)
    found = [0.0] * len(edges)
    for head, ends in enumerate(arriving):
        ends.sort(key=lambda edge: coming[edge])
        middle = (len(ends) - 1) / 2
        straight = [i for i, edge in enumerate(ends) if abs(coming[edge] - x[head]) < 0.5]
        if len(straight) == 1:
            middle = straight[0]
        reach = max(middle, len(ends) - 1 - middle)
        room = max(widths[head] / 2 - _CORNER, 0.0)
        gap = min(_PORT_GAP, room / reach) if reach else 0.0
        for i, edge in enumerate(ends):
            found[edge] = x[head] + (i - middle) * gap
    return found


def route(
    start: Point, passing: Sequence[tuple[float, int, int]], end: Point, rows: Levels, first: int
) -> list[Point]:
    """The points of an edge, without those on a straight line.

    Parameters
    ----------
    start, end : (x, y)
    passing : sequence of (x, int, int)
        The lanes that it takes: where, and from which row to which.
    rows : Levels
    first : int
        The row of the tail; the head is in the row after the last lane.
    """
    last = passing[-1][2] if passing else first
    points = [start, (start[0], rows.free[first][1])]
    for x, upper, lower in passing:
        points += [(x, rows.free[upper][0]), (x, rows.free[lower][1])]
    points += [(end[0], rows.free[last + 1][0]), end]
    kept = [start]
    for point, after in itertools.pairwise(points[1:]):
        if point != kept[-1] and not kept[-1][0] == point[0] == after[0]:
            kept.append(point)
    if kept[-1] == end:
        kept.pop()
    kept.append(end)
    return kept
