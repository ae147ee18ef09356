"""Views as SVG text that needs nothing else."""

from __future__ import annotations

from . import themes
from .arrows import drawn_arrows, drawn_labels
from .layout import Layout, arrange
from .shapes import NOTE, SHAPES, alert_mark, note, number, saved_mark
from .text import clean, markup, shortened, width
from .view import Box, Frame, View

__all__ = ["captions", "check", "drawn", "render", "size"]

_TITLE, _LINE = 13.0, 11.5  # sizes of type
_TITLE_STEP, _LINE_STEP = 17.0, 15.0
_BASE = 12.5  # from the upper end of a title to the line on which it stands
_SIDE, _ABOVE = 13.0, 6.0  # free space in a box, at its sides, and above and below its text
_LEAST_WIDTH = 44.0
_MOST_WIDTH = 210.0  # of the text in a box; what is longer is shortened
_MARGIN = 20.0
_LEGEND_HEIGHT, _LEGEND_GAP = 50.0, 14.0
# What slanted sides, bars and double lines take of a box's inside.
_EXTRA_SIDE = {"input": 5.0, "parameter": 2.0, "output": 2.0, "constant": -2.0}
_EXTRA_ABOVE = {"output": 1.5}
_EXTRA_BELOW = {"output": 1.5, "module": 4.0}
_STYLE = """\
text{font-family:"Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif;text-anchor:middle}
.title{font-size:13px;font-weight:600}
.line{font-size:11.5px}
.note{font-size:11px;text-anchor:start}
.plate{fill-opacity:.7}
.shape{stroke-width:1.2}
.frame{fill-opacity:.14;stroke-width:1}
.arrow{fill:none;stroke-width:1.3}
.saved-arrow{stroke-dasharray:4 3}
.constant .title{font-weight:400}
.alert .shape{stroke-width:2.4}
.alert-sign{fill:none;stroke-width:2}"""


def render(view: View, direction: str = "TB", theme: str = "light", legend: bool = False) -> str:
    """Draw a view.

    Parameters
    ----------
    view : View
    direction : {"TB", "LR"}
        From top to bottom, or from left to right.
    theme : {"light", "dark", "auto"}
        "auto" follows the reader's own setting.
    legend : bool, default False
        Say below the picture what the kinds of boxes are.

    Returns
    -------
    str
        The same view gives the same text.

    Raises
    ------
    ValueError
        For another direction or theme.

    Examples
    --------
    >>> from autodiff.pictures.view import Arrow, Box, View
    >>> view = View([Box("input", "x"), Box("output", "exp")], [Arrow(0, 1)])
    >>> render(view, "LR").startswith("<svg")
    True
    """
    check(direction, theme)
    layout = arrange(
        [size(box) for box in view.boxes],
        [(arrow.tail, arrow.head) for arrow in view.arrows],
        [frame.boxes for frame in view.frames],
        [min(width(caption, NOTE), _MOST_WIDTH) for caption in captions(view.frames)],
        direction,
    )
    return drawn(view, layout, direction, theme, legend)


def check(direction: str, theme: str) -> None:
    """Raise ValueError for what `render` does not know."""
    if direction not in ("TB", "LR"):
        raise ValueError(f'svg: direction must be "TB" or "LR", got {direction!r}')
    if theme not in ("light", "dark", "auto"):
        raise ValueError(f'svg: theme must be "light", "dark" or "auto", got {theme!r}')


def drawn(
    view: View, layout: Layout, direction: str, theme: str = "light", legend: bool = False
) -> str:
    """Draw a view whose boxes and arrows have their places."""
    key = _legend(view) if legend else []
    wide = max(layout.width, _extent(key)) + 2 * _MARGIN
    high = layout.height + 2 * _MARGIN + (_LEGEND_HEIGHT if key else 0)
    name = f"ad-{theme}"
    title = markup(clean(view.title))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" '
        f'viewBox="0 0 {number(wide)} {number(high)}" width="{number(wide)}" '
        f'height="{number(high)}" role="graphics-document document" aria-label="{title}">',
        f"<title>{title}</title>",
        f"<desc>{len(view.boxes)} boxes, {len(view.arrows)} arrows</desc>",
        f"<style>{_style(name, theme)}</style>",
        f'<rect class="paper" width="{number(wide)}" height="{number(high)}"/>',
        f'<g transform="translate({number((wide - layout.width) / 2)} {number(_MARGIN)})">',
    ]
    parts += _frames(layout)
    parts += drawn_arrows(view.arrows, layout, direction == "LR")
    parts += _captions(view.frames, layout)
    for box, (x, y) in zip(view.boxes, layout.centres):
        w, h = size(box)
        parts.append(_box(box, x - w / 2, y - h / 2, w, h))
    parts += drawn_labels(view.arrows, layout)
    parts.append("</g>")
    if key:
        parts += _drawn_legend(key, _MARGIN, high - _LEGEND_HEIGHT / 2 - _MARGIN / 2)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def size(box: Box) -> tuple[float, float]:
    """The width and the height of a box with its text."""
    lines = [min(width(clean(box.title), _TITLE, bold=True), _MOST_WIDTH)]
    lines += [min(width(clean(line), _LINE), _MOST_WIDTH) for line in box.lines]
    return (
        max(max(lines) + 2 * (_SIDE + _EXTRA_SIDE.get(box.kind, 0.0)), _LEAST_WIDTH),
        _TITLE_STEP
        + _LINE_STEP * len(box.lines)
        + 2 * _ABOVE
        + _EXTRA_ABOVE.get(box.kind, 0.0)
        + _EXTRA_BELOW.get(box.kind, 0.0),
    )


def captions(frames: list[Frame]) -> list[str]:
    """The path of each frame, from the frame around it on."""
    paths = {frame.path for frame in frames}
    found = []
    for frame in frames:
        outer = len(frame.path) - 1
        while outer and frame.path[:outer] not in paths:
            outer -= 1
        found.append(clean(".".join(frame.path[outer:])))
    return found


def _style(name: str, theme: str) -> str:
    """The style sheet; every rule names the picture's class, for pages that hold many pictures."""
    plain = "\n".join([f".{name} {rule}" for rule in _STYLE.splitlines()])
    if theme == "auto":
        dark = themes.rules(themes.DARK, name)
        return (
            f"{plain}\n{themes.rules(themes.LIGHT, name)}\n"
            f"@media (prefers-color-scheme:dark){{\n{dark}\n}}"
        )
    return f"{plain}\n{themes.rules(themes.LIGHT if theme == 'light' else themes.DARK, name)}"


def _box(box: Box, x: float, y: float, w: float, h: float) -> str:
    title, lines = clean(box.title), [clean(line) for line in box.lines]
    short = [shortened(title, _MOST_WIDTH, _TITLE, bold=True)]
    short += [shortened(line, _MOST_WIDTH, _LINE) for line in lines]
    whole = [title, *lines]
    hint = [box.hint] if short == whole and box.hint else [*whole, box.hint]
    shape = SHAPES[box.kind](x, y, w, h)
    ink = ""
    if box.fill:
        shape = shape.replace('class="shape"', f'class="shape" style="fill:{box.fill}"')
        ink = f' style="fill:{themes.ink_on(box.fill)}"'
    alert = " alert" if box.alert else ""
    parts = [
        f'<g class="{box.kind}{alert}"><title>{markup(chr(10).join(filter(None, hint)))}</title>',
        shape,
    ]
    middle = number(x + w / 2)
    top = y + _ABOVE + _EXTRA_ABOVE.get(box.kind, 0.0) + _BASE
    for i, line in enumerate(short):
        parts.append(
            f'<text class="{"line" if i else "title"}" x="{middle}" '
            f'y="{number(top + i * _LINE_STEP)}"{ink}>{markup(line)}</text>'
        )
    if box.saved:
        parts.append(saved_mark(x, y, w))
    if box.alert:
        parts.append(alert_mark(x, y))
    return "".join(parts) + "</g>"


def _frames(layout: Layout) -> list[str]:
    """The rectangles of frames, outer ones first."""
    parts = []
    for frame in sorted([frame for frame in layout.frames if frame], key=lambda f: -f[2] * f[3]):
        x, y, w, h = map(number, frame)
        parts.append(f'<rect class="frame" x="{x}" y="{y}" width="{w}" height="{h}" rx="9"/>')
    return parts


def _captions(frames: list[Frame], layout: Layout) -> list[str]:
    parts = []
    for frame, caption, place in zip(frames, captions(frames), layout.frames):
        if place:
            x, y, w, _ = place
            parts.append(
                f"<g><title>{markup(clean('.'.join(frame.path)))}</title>"
                f"{note(x + 9, y + 15, shortened(caption, w - 16, NOTE))}</g>"
            )
    return parts


def _legend(view: View) -> list[Box]:
    """One box for each kind in the picture, and for each mark."""
    kinds = {box.kind for box in view.boxes}
    key = [Box(kind, kind) for kind in SHAPES if kind in kinds]
    if any(box.saved for box in view.boxes):
        key.append(Box("operation", "kept for backward", saved=True))
    if any(box.alert for box in view.boxes):
        key.append(Box("operation", "NaN or infinity", alert=True))
    return key


def _extent(key: list[Box]) -> float:
    return sum([size(box)[0] + _LEGEND_GAP for box in key])


def _drawn_legend(key: list[Box], x: float, y: float) -> list[str]:
    """The boxes of the legend in a row, with their middles at y."""
    parts = ['<g class="legend">']
    for box in key:
        w, h = size(box)
        parts.append(_box(box, x, y - h / 2, w, h))
        x += w + _LEGEND_GAP
    return [*parts, "</g>"]
