"""Boxes and arrows as SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .layout import arrange
from .model import Box

__all__ = ["render"]

_FONT = 13.0
_LINE = 17.0
_PADDING = 10.0
_MARGIN = 16.0
_FILL = {
    "operation": ("#eef2ff", "#6366f1"),
    "parameter": ("#ecfdf5", "#059669"),
    "input": ("#f0f9ff", "#0284c7"),
    "constant": ("#f8fafc", "#94a3b8"),
    "output": ("#fff7ed", "#ea580c"),
}


def render(boxes: Sequence[Box], edges: Sequence[tuple[int, int]]) -> str:
    """Return a self-contained SVG picture, laid out from top to bottom."""
    sizes = [_size(box) for box in boxes]
    layout = arrange(sizes, edges)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" '
        f'font-family="ui-sans-serif, system-ui, Helvetica, Arial, sans-serif" font-size="{_FONT:g}">',
        "<title>Computation graph</title>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#64748b"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        '<g fill="none" stroke="#64748b" stroke-width="1.2" marker-end="url(#arrow)">',
    ]
    for (tail, head), route in zip(edges, layout.routes):
        (x0, y0), (x1, y1) = layout.centres[tail], layout.centres[head]
        points = [(x0, y0 + sizes[tail][1] / 2), *route, (x1, y1 - sizes[head][1] / 2)]
        parts.append(f'<path d="{_curve(points)}"/>')
    parts.append("</g>")
    for box, (x, y), (w, h) in zip(boxes, layout.centres, sizes):
        parts.append(_drawn(box, x + _MARGIN, y + _MARGIN, w, h))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _size(box: Box) -> tuple[float, float]:
    characters = max(len(line) for line in [box.title, *box.lines])
    return (
        max(34.0, characters * _FONT * 0.6) + 2 * _PADDING,
        _LINE * (1 + len(box.lines)) + _PADDING,
    )


def _curve(points: list[tuple[float, float]]) -> str:
    """A smooth path through `points` that leaves and arrives vertically."""
    (x, y), *rest = [(px + _MARGIN, py + _MARGIN) for px, py in points]
    text = f"M{x:.1f} {y:.1f}"
    for nx, ny in rest:
        middle = (y + ny) / 2
        text += f"C{x:.1f} {middle:.1f} {nx:.1f} {middle:.1f} {nx:.1f} {ny:.1f}"
        x, y = nx, ny
    return text


def _drawn(box: Box, x: float, y: float, w: float, h: float) -> str:
    fill, stroke = _FILL[box.kind]
    radius = 6 if box.kind in ("operation", "output") else h / 2 if box.kind == "constant" else 2
    lines = []
    top = y - h / 2 + _PADDING / 2 + _FONT
    for i, line in enumerate([box.title, *box.lines]):
        style = ' font-weight="600"' if i == 0 else ' fill="#475569"'
        lines.append(
            f'<text x="{x:.1f}" y="{top + i * _LINE:.1f}" text-anchor="middle"{style}>'
            f"{escape(line)}</text>"
        )
    return (
        f'<g class="{box.kind}"><rect x="{x - w / 2:.1f}" y="{y - h / 2:.1f}" width="{w:.1f}" '
        f'height="{h:.1f}" rx="{radius:g}" fill="{fill}" stroke="{stroke}"/>{"".join(lines)}</g>'
    )
