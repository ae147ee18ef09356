"""A layered layout for directed acyclic graphs: few crossings, straight columns, frames that nest.

The steps are those of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures" (1981); each has its module: `ranks`, `rows`, `order`, `positions`, `levels`, `routes`.
Everything is worked out from top to bottom; a picture from left to right is the same with the axes
exchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .levels import Levels, stacked
from .nesting import Nesting
from .order import ordered
from .positions import positioned
from .ranks import ranked
from .routes import Point, ports, route
from .rows import Rows, rows_of

__all__ = ["Layout", "Style", "arrange"]


@dataclass(frozen=True)
class Style:
    """Distances.

    Attributes
    ----------
    gap, lane_gap : float
        Free space between neighbouring boxes, and between a passing edge and its neighbours.
    rank_gap : float
        Free space between ranks; more is added where edges go far to the side.
    frame_gap : float
        Between the side of a frame and what is inside or outside of it.
    caption : float
        The height of a frame's caption.
    """

    gap: float = 22.0
    lane_gap: float = 11.0
    rank_gap: float = 34.0
    frame_gap: float = 12.0
    caption: float = 18.0


@dataclass(frozen=True)
class Layout:
    """Where boxes and edges go.

    Attributes
    ----------
    centres : list of (x, y)
        The centre of each box.
    routes : list of list of (x, y)
        Per edge the points of its way, the ends included. Between two points that share no coordinate the
        edge is a curve which leaves and arrives in the direction of the picture.
    frames : list of (x, y, width, height) or None
        Per frame its rectangle, None for one that cannot be drawn round its boxes alone.
    width, height : float
        The size of the whole; it begins at (0, 0).
    splines : bool
        The points of a route are those of cubic Bézier curves instead, and then where the arrow's tip
        ends.
    """

    centres: list[Point]
    routes: list[list[Point]]
    frames: list[tuple[float, float, float, float] | None]
    width: float
    height: float
    splines: bool = False


def arrange(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    frames: Sequence[Sequence[int]] = (),
    captions: Sequence[float] = (),
    direction: str = "TB",
    style: Style = Style(),
) -> Layout:
    """Place boxes in ranks so that every edge leads forwards.

    Parameters
    ----------
    sizes : sequence of (width, height)
        The boxes, numbered in a topological order (each before the heads of its edges).
    edges : sequence of (tail, head)
    frames : sequence of sequence of int, optional
        Boxes that stay together, those of inner frames included.
    captions : sequence of float, optional
        The widths of the frames' captions.
    direction : {"TB", "LR"}
        From top to bottom, or from left to right.
    style : Style, optional

    Returns
    -------
    Layout
    """
    if not sizes:
        return Layout([], [], [None] * len(frames), 0.0, 0.0)
    across = direction == "LR"
    if across:
        sizes = [(height, width) for width, height in sizes]
    nesting = Nesting(len(sizes), frames)
    rank = ranked(len(sizes), edges, nesting)
    rows = rows_of(edges, rank, nesting)
    x = positioned(
        rows,
        ordered(rows, nesting),
        edges,
        nesting,
        _distance(sizes, rows, style, style.caption if across else 0.0),
        [0.0 if across else width + style.gap for width in captions] or [0.0] * len(frames),
    )
    left, right = _ends(x, sizes, len(rows.rank), nesting)
    x = [at - left for at in x]
    y = stacked(
        rows,
        [height for _, height in sizes],
        _sideways(rows, x),
        nesting,
        style.rank_gap,
        style.frame_gap + (0.0 if across else style.caption),
        style.frame_gap,
    )
    centres = [(at, (y.tops[level] + y.bottoms[level]) / 2) for at, level in zip(x, rank)]
    ways, width = _ways(edges, rows, y, x, centres, sizes, right - left, style)
    rectangles = [
        (x[side], top, x[side + 1] - x[side], bottom - top) if kept else None
        for kept, (top, bottom), side in zip(
            nesting.kept, y.frames, range(len(rows.rank), len(x), 2)
        )
    ]
    if across:
        return Layout(
            [(b, a) for a, b in centres],
            [[(b, a) for a, b in way] for way in ways],
            [r and (r[1], r[0], r[3], r[2]) for r in rectangles],
            y.height,
            width,
        )
    return Layout(centres, ways, rectangles, width, y.height)


def _distance(
    sizes: Sequence[tuple[float, float]], rows: Rows, style: Style, caption: float
) -> Callable[[int, int], float]:
    """How far apart the middles of two neighbours must be: boxes, lanes, or sides of frames."""
    count, sides = len(sizes), len(rows.rank)

    def distance(a: int, b: int) -> float:
        if a >= sides or b >= sides:
            begins = a >= sides and (a - sides) % 2 == 0
            room = style.frame_gap + (caption if begins else 0.0)
        else:
            room = style.gap if a < count and b < count else style.lane_gap
        return room + sum([sizes[item][0] / 2 for item in (a, b) if item < count])

    return distance


def _ends(
    x: list[float], sizes: Sequence[tuple[float, float]], items: int, nesting: Nesting
) -> tuple[float, float]:
    """The leftmost and the rightmost point of anything."""
    boxes = range(len(sizes))
    others = x[len(sizes) : items]
    others += [at for i, at in enumerate(x[items:]) if nesting.kept[i // 2]]
    return (
        min([x[box] - sizes[box][0] / 2 for box in boxes] + others),
        max([x[box] + sizes[box][0] / 2 for box in boxes] + others),
    )


def _sideways(rows: Rows, x: list[float]) -> list[float]:
    """How far the edges between each row and the next go to the side at most."""
    most = [0.0] * (max(rows.rank) + 1)
    for upper, lowers in enumerate(rows.below):
        for lower in lowers:
            level = rows.rank[upper]
            most[level] = max(most[level], abs(x[upper] - x[lower]))
    return most


def _ways(
    edges: Sequence[tuple[int, int]],
    rows: Rows,
    y: Levels,
    x: list[float],
    centres: list[Point],
    sizes: Sequence[tuple[float, float]],
    width: float,
    style: Style,
) -> tuple[list[list[Point]], float]:
    """The points of each edge, and the width of the picture with the edges that go round the outside."""
    outside = width + style.gap
    rank = rows.rank
    passing = [
        [(outside, rank[tail] + 1, rank[head] - 1)]
        if lane is None
        else [(x[item], rank[item], rank[item]) for item in lane]
        for (tail, head), lane in zip(edges, rows.lanes)
    ]
    coming = [lane[-1][0] if lane else x[tail] for (tail, _), lane in zip(edges, passing)]
    arriving = ports(edges, coming, x, [w for w, _ in sizes])
    ways = []
    for (tail, head), lane, port in zip(edges, passing, arriving):
        start = (x[tail], centres[tail][1] + sizes[tail][1] / 2)
        end = (port, centres[head][1] - sizes[head][1] / 2)
        ways.append(route(start, lane, end, y, rank[tail]))
    return ways, outside if None in rows.lanes else width
