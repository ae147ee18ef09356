"""A graph as one HTML file: the page in ``viewer/``, with the graph's JSON and all scripts inside it."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from .themes import DARK, LIGHT, Theme

__all__ = ["render"]

_STYLES = ("theme.css", "controls.css", "page.css", "panels.css", "steps.css", "windows.css")
_SCRIPTS = (
    "text.js",
    "formulas.js",
    "graph.js",
    "modules.js",
    "ordering.js",
    "positions.js",
    "layered.js",
    "nesting.js",
    "scene.js",
    "camera.js",
    "palette.js",
    "heat.js",
    "boxes.js",
    "wires.js",
    "canvas.js",
    "minimap.js",
    "histogram.js",
    "panel.js",
    "folding.js",
    "search.js",
    "outline.js",
    "sweep.js",
    "tables.js",
    "stepper.js",
    "pointer.js",
    "keys.js",
    "main.js",
)
"""In the order in which the page holds them; the last one starts it."""

# What would end the script element that holds the data; json.dumps leaves nothing outside of ASCII.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}


def render(graph: dict[str, Any], title: str = "Computation graph") -> str:
    """Return one self-contained HTML page that shows `graph`.

    Parameters
    ----------
    graph : dict
        What ``Graph.to_json`` writes, with the key ``steps`` where the page is to walk the sweeps.
    title : str, default "Computation graph"

    Returns
    -------
    str
        A page that needs no network and no other file, and that a browser may open from disk.

    Raises
    ------
    ValueError
        For a number that JSON lacks, such as NaN, and for a dict of another format.

    Examples
    --------
    >>> graph = {"format": "autodiff-graph", "version": 1, "nodes": [], "edges": [], "outputs": []}
    >>> render(graph, "a < b").splitlines()[5]
    '<title>a &lt; b</title>'
    """
    if graph.get("format") != "autodiff-graph":
        raise ValueError(
            f"render: expected a graph as to_json gives it (format 'autodiff-graph'), "
            f"got format {graph.get('format')!r}"
        )
    data = json.dumps(graph, allow_nan=False, separators=(",", ":"))
    return Template(_part("page.html")).substitute(
        title=escape(title),
        style=_variables(":root", LIGHT)
        + _variables(':root[data-theme="dark"]', DARK)
        + "\n".join(map(_part, _STYLES)),
        script="\n".join(map(_part, _SCRIPTS)),
        data=data.translate(_ESCAPES),
    )


def _variables(selector: str, theme: Theme) -> str:
    """The colours that all pictures share, for the style sheet."""
    named = {
        "paper": theme.background,
        "ink": theme.ink,
        "soft-ink": theme.soft,
        "wire": theme.edge,
        "backward": theme.gradient,
        "frame-line": theme.frame,
        "alert": theme.alert,
    }
    for kind, (fill, line) in theme.kinds.items():
        named |= {f"{kind}-fill": fill, f"{kind}-line": line}
    return f"{selector}{{{''.join([f'--{name}:{color};' for name, color in named.items()])}}}\n"


@cache
def _part(name: str) -> str:
    return files(__package__).joinpath("viewer", name).read_text("utf-8")
