"""Arrows as SVG: lines, tips and labels."""

from __future__ import annotations

import itertools

from . import themes
from .layout import Layout
from .layout.routes import Point
from .shapes import note, number
from .text import clean
from .view import Arrow

__all__ = ["drawn_arrows", "drawn_labels"]

_TIP = 7.0


def drawn_arrows(arrows: list[Arrow], layout: Layout, across: bool) -> list[str]:
    """All lines of a kind, and all their tips as one path: simpler and safer than markers."""
    parts = []
    for kind in themes.ARROWS:
        lines, tips = [], []
        drawn = _Drawn()
        for arrow, points in zip(arrows, layout.routes):
            if arrow.kind == kind:
                if not layout.splines:
                    x, y = points[-1]
                    base = (x - _TIP, y) if across else (x, y - _TIP)
                    points = [*points[:-1], base, (x, y)]
                line = _spline(points) if layout.splines else _line(points, drawn, across)
                lines.append(f'<path class="arrow {kind}-arrow" d="{line}"/>')
                tips.append(_tip(*points[-2:]))
        if lines:
            parts += [*lines, f'<path class="{kind}-tip" d="{"".join(tips)}"/>']
    return parts


class _Drawn:
    """What is drawn already: edges of one tail share their way, and are drawn there once.

    Else dashes would run into one another, and lines that lie on one another look thicker.
    """

    def __init__(self) -> None:
        self.furthest: dict[Point, Point] = {}  # of the straight lines from a point
        self.curves: set[tuple[Point, Point]] = set()

    def rest(self, start: Point, end: Point, straight: bool) -> Point | None:
        """From where on a piece is new; None where nothing of it is."""
        if straight:
            far = self.furthest.get(start, start)
            self.furthest[start] = max(far, end)
            return far if far < end else None
        known = (start, end) in self.curves
        self.curves.add((start, end))
        return None if known else start


def _line(points: list[Point], drawn: _Drawn, across: bool) -> str:
    """Straight lines and curves through all points but the last one, where the tip ends."""
    text = ""
    for start, end in itertools.pairwise(points[:-1]):
        straight = start[across] == end[across]
        begin = drawn.rest(start, end, straight)
        if begin is None:
            if end is not points[-2]:
                continue
            begin = start
        (x, y), (to_x, to_y) = begin, end
        if not text:
            text = f"M{number(x)} {number(y)}"
        if across:
            middle = number((x + to_x) / 2)
            curve = f"C{middle} {number(y)} {middle} {number(to_y)} {number(to_x)} {number(to_y)}"
            text += f"H{number(to_x)}" if straight else curve
        else:
            middle = number((y + to_y) / 2)
            curve = f"C{number(x)} {middle} {number(to_x)} {middle} {number(to_x)} {number(to_y)}"
            text += f"V{number(to_y)}" if straight else curve
    return text


def _spline(points: list[Point]) -> str:
    start, *others = [f"{number(x)} {number(y)}" for x, y in points[:-1]]
    return f"M{start}C{' '.join(others)}"


def _tip(base: Point, end: Point) -> str:
    """A triangle from `base` to `end`."""
    (x, y), (to_x, to_y) = base, end
    aside_x, aside_y = (to_y - y) / 2, (x - to_x) / 2
    corners = [(x + aside_x, y + aside_y), end, (x - aside_x, y - aside_y)]
    return "M" + "L".join([f"{number(a)} {number(b)}" for a, b in corners]) + "Z"


def drawn_labels(arrows: list[Arrow], layout: Layout) -> list[str]:
    """The labels of arrows, beside the middle of their first piece between two rows."""
    parts = []
    for arrow, points in zip(arrows, layout.routes):
        if arrow.label:
            (x0, y0), (x1, y1) = points[-2:]
            parts.append(note((x0 + x1) / 2 + 6, (y0 + y1) / 2 + 3, clean(arrow.label)))
    return parts
