"""Where items stand from left to right: near what they are joined to, in a picture that is not too wide."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from .columns import bordered, columns
from .cutting import Where, narrowed
from .nesting import Nesting
from .rows import Rows
from .spacing import Spacing

__all__ = ["positioned"]

# How wide the picture may be: so many widths of its widest row, or so much more than that.
_SPARE, _ALWAYS = 1.2, 200.0
# Rounds of cutting columns that make it wider; fewer where there are many items to look at in each.
_CUTS, _LOOKS = 60, 200_000
_PULLS = 16  # rounds in which all columns move at once
_SETTLINGS = 8  # rounds in which each one moves by itself
# How strongly boxes, boxes and lanes, and the pieces of a lane are drawn to one another.
_PULL = (1.0, 2.0, 8.0)


def positioned(
    rows: Rows,
    layers: list[list[int]],
    edges: Sequence[tuple[int, int]],
    nesting: Nesting,
    distance: Callable[[int, int], float],
    least: Sequence[float],
) -> list[float]:
    """Return the x of each item, then of the left and the right side of each frame.

    The items of a column move as one. First all of them move to the mean of what they are joined to and are
    pushed apart again, then each one to the best place between its neighbours.

    Parameters
    ----------
    rows : Rows
    layers : list of list of int
        The order of the items in each row.
    edges : sequence of (tail, head)
    nesting : Nesting
    distance : callable
        How far apart the middles of two neighbours must be; they are numbered as in the result.
    least : sequence of float
        The least width of each frame.
    """
    lines = bordered(rows, layers, nesting)
    gaps = [[distance(a, b) for a, b in itertools.pairwise(line)] for line in lines]
    widest = max([sum(row) for row in gaps], default=0.0)
    most = max(_SPARE * widest, widest + _ALWAYS)
    pieces, spacing = narrowed(
        *columns(rows, lines, edges, nesting),
        rows.rank,
        most,
        lambda pieces: _spacing(lines, gaps, _numbered(pieces, rows, nesting), nesting, least),
        min(_CUTS, 1 + _LOOKS // len(rows.rank)),
    )
    column_of = _numbered(pieces, rows, nesting)
    width = max(spacing.width, most)
    links = _links(rows, column_of, len(spacing.right))
    sides = {}
    for frame, kept in enumerate(nesting.kept):
        if kept:
            left, right = column_of[len(rows.rank) + 2 * frame :][:2]
            sides[left], sides[right] = 1, -1
            links[left][right] = links[right][left] = 1.0
    x = _drawn_together(spacing, [list(row.items()) for row in links], sides, width)
    return [x[column] for column in column_of]


def _numbered(pieces: list[list[int]], rows: Rows, nesting: Nesting) -> list[int]:
    """The number of each item's column; the sides of frames are columns of their own, after the others."""
    column_of = [0] * len(rows.rank)
    for i, column in enumerate(pieces):
        for item in column:
            column_of[item] = i
    return column_of + list(range(len(pieces), len(pieces) + 2 * len(nesting.frames)))


def _spacing(
    lines: list[list[int]],
    gaps: list[list[float]],
    column_of: list[int],
    nesting: Nesting,
    least: Sequence[float],
) -> tuple[Spacing, Where]:
    """The distances between columns, and the rows in which they are neighbours."""
    right: list[dict[int, float]] = [{} for _ in range(max(column_of, default=-1) + 1)]
    where: Where = {}
    for level, (line, row) in enumerate(zip(lines, gaps)):
        for (a, b), gap in zip(itertools.pairwise([column_of[item] for item in line]), row):
            before = where.get((a, b))
            if before is None:
                where[a, b] = level, level, level
            else:
                where[a, b] = before[0], level, before[2] if gap <= right[a][b] else level
            right[a][b] = max(right[a].get(b, 0.0), gap)
    for left, width, kept in zip(
        range(len(right) - 2 * len(least), len(right), 2), least, nesting.kept
    ):
        if kept:
            right[left][left + 1] = max(right[left].get(left + 1, 0.0), width)
    return Spacing(right), where


def _links(rows: Rows, column_of: list[int], count: int) -> list[dict[int, float]]:
    """How strongly columns are drawn to one another by the edges between them."""
    links: list[dict[int, float]] = [{} for _ in range(count)]
    for upper, lowers in enumerate(rows.below):
        a = column_of[upper]
        for lower in lowers:
            b = column_of[lower]
            if a != b:
                pull = _PULL[(upper >= rows.count) + (lower >= rows.count)]
                links[a][b] = links[b][a] = links[a].get(b, 0.0) + pull
    return links


def _drawn_together(
    spacing: Spacing,
    links: list[list[tuple[int, float]]],
    sides: dict[int, int],
    width: float,
) -> list[float]:
    """Move all near to what they are linked to; `sides` of frames go as far inwards as they can."""
    pulls = [sum([pull for _, pull in row]) for row in links]
    x = spacing.apart(list(spacing.least), width)
    turns = itertools.cycle([spacing.order, spacing.order[::-1]])
    for order in itertools.islice(turns, _PULLS):
        for thing in order:
            if pulls[thing]:
                x[thing] = sum([x[other] * pull for other, pull in links[thing]]) / pulls[thing]
        x = spacing.apart(x, width)
    for order in itertools.islice(turns, _SETTLINGS):
        for thing in order:
            low, high = spacing.room(x, thing, width)
            side = sides.get(thing)
            if side:
                x[thing] = high if side > 0 else low
            elif pulls[thing]:
                x[thing] = min(max(_median(x, links[thing], pulls[thing], x[thing]), low), high)
    return x


def _median(x: list[float], links: list[tuple[int, float]], total: float, at: float) -> float:
    """The weighted median of what a thing at `at` is linked to: one strong link makes a straight line.

    Between two lanes it is the nearer one, so that there is one bend instead of two.
    """
    ends = sorted([(x[other], pull) for other, pull in links])
    below = 0.0
    for i, (end, pull) in enumerate(ends):
        below += pull
        if below > total / 2:
            return end
        if below == total / 2:
            after, strength = ends[i + 1]
            if min(pull, strength) < _PULL[2]:
                return (end + after) / 2
            return end if at - end <= after - at else after
    return ends[-1][0]
