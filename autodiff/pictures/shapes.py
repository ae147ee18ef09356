"""The outline of each kind of box. Sides on which edges arrive are straight."""

from __future__ import annotations

from collections.abc import Callable

from .text import markup, width

__all__ = ["NOTE", "SHAPES", "alert_mark", "note", "number", "saved_mark"]

NOTE = 11.0  # the size of the type of captions and labels


def number(value: float) -> str:
    """A coordinate, with one decimal at most."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _rectangle(x: float, y: float, w: float, h: float, radius: float) -> str:
    x, y, w, h = map(number, (x, y, w, h))  # type: ignore[assignment]
    return f'<rect class="shape" x="{x}" y="{y}" width="{w}" height="{h}" rx="{number(radius)}"/>'


def _path(points: list[tuple[float, float]]) -> str:
    text = "L".join([f"{number(x)} {number(y)}" for x, y in points])
    return f'<path class="shape" d="M{text}Z"/>'


def _operation(x: float, y: float, w: float, h: float) -> str:
    return _rectangle(x, y, w, h, 7)


def _parameter(x: float, y: float, w: float, h: float) -> str:
    bar = f"M{number(x + 4.5)} {number(y)}v{number(h)}"
    return _rectangle(x, y, w, h, 0) + f'<path class="shape" d="{bar}"/>'


def _input(x: float, y: float, w: float, h: float) -> str:
    return _path([(x + 8, y), (x + w, y), (x + w - 8, y + h), (x, y + h)])


def _constant(x: float, y: float, w: float, h: float) -> str:
    return _rectangle(x, y, w, h, min(w, h) / 2)


def _output(x: float, y: float, w: float, h: float) -> str:
    return _rectangle(x, y, w, h, 7) + _rectangle(x + 3, y + 3, w - 6, h - 6, 4)


def _module(x: float, y: float, w: float, h: float) -> str:
    return _rectangle(x + 5, y + 5, w - 10, h - 5, 6) + _rectangle(x, y, w, h - 4, 7)


def _gradient(x: float, y: float, w: float, h: float) -> str:
    c, right, low = 7, x + w, y + h
    return _path(
        [
            (x + c, y), (right - c, y), (right, y + c), (right, low - c),
            (right - c, low), (x + c, low), (x, low - c), (x, y + c),
        ]
    )  # fmt: skip


# From the box's corner and size to SVG.
SHAPES: dict[str, Callable[[float, float, float, float], str]] = {
    "operation": _operation,
    "parameter": _parameter,
    "input": _input,
    "constant": _constant,
    "output": _output,
    "module": _module,
    "gradient": _gradient,
}


def note(x: float, y: float, text: str) -> str:
    """A caption or a label that begins at x, on a plate that covers the lines behind it."""
    return (
        f'<rect class="plate" x="{number(x - 3)}" y="{number(y - 10)}" '
        f'width="{number(width(text, NOTE) + 6)}" height="14" rx="3"/>'
        f'<text class="note" x="{number(x)}" y="{number(y)}">{markup(text)}</text>'
    )


def saved_mark(x: float, y: float, w: float) -> str:
    """A ribbon at the upper right: something is kept for the backward pass."""
    at = f"M{number(x + w - 13)} {number(y - 2)}"
    return f'<path class="saved-mark" d="{at}h7v10l-3.5-3-3.5 3z"/>'


def alert_mark(x: float, y: float) -> str:
    """A triangle with an exclamation mark at the upper left: NaN or infinity."""
    at = f"{number(x + 1)} {number(y - 8)}"
    return (
        f'<path class="alert-mark" d="M{at}l8.5 15h-17z"/>'
        f'<path class="alert-sign" d="M{at}m0 5v5m0 2v1.2"/>'
    )
