"""Which layout a picture gets: our own, or that of the ``dot`` program."""

from __future__ import annotations

from . import dot, svg
from .view import View

__all__ = ["render", "suits_dot"]

_MOST_BOXES = 80  # dot's time grows steeply from some hundred boxes on
_SECONDS = 2.0  # that "auto" waits for dot
_PATIENCE = 60.0  # seconds that "dot" does


def suits_dot(view: View) -> bool:
    """Whether "auto" asks ``dot``: where it is on the PATH, for small pictures.

    Not for frames: ``dot`` sets those of modules one after another side by side, as stairs.
    """
    return len(view.boxes) <= _MOST_BOXES and not view.frames and dot.found()


def render(view: View, direction: str = "TB", theme: str = "light", engine: str = "auto") -> str:
    """Draw a view as SVG.

    Parameters
    ----------
    view : View
    direction : {"TB", "LR"}
    theme : {"light", "dark", "auto"}
    engine : {"auto", "dot", "builtin"}
        What lays the picture out; it looks the same otherwise. "auto" asks ``dot`` where `suits_dot` says
        so, and does not wait long for it.

    Raises
    ------
    ValueError
        For another direction, theme or engine.
    RuntimeError
        Where "dot" is asked for and not installed, or does not come to an end within a minute.

    Examples
    --------
    >>> from autodiff.pictures.view import Box, View
    >>> render(View([Box("input", "x")], []), engine="builtin").startswith("<svg")
    True
    """
    if engine not in ("auto", "dot", "builtin"):
        raise ValueError(f'svg: engine must be "auto", "dot" or "builtin", got {engine!r}')
    svg.check(direction, theme)
    if engine == "dot":
        return dot.svg_by_dot(view, direction, theme, _PATIENCE)
    if engine == "auto" and suits_dot(view):
        try:
            return dot.svg_by_dot(view, direction, theme, _SECONDS)
        except RuntimeError:
            pass
    return svg.render(view, direction, theme)
