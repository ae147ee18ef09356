"""Views in Graphviz's language, and what its program ``dot`` makes of them where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import svg
from .layout import Layout
from .layout.nesting import NONE, Nesting
from .text import clean
from .themes import ARROWS, LIGHT, ink_on
from .view import Box, View

if TYPE_CHECKING:
    import graphviz

__all__ = ["digraph", "found", "png_by_dot", "svg_by_dot"]

_INCH = 72.0  # points; dot takes sizes in inches and gives positions in points
_MARGIN = 12.0  # of clusters
_SHAPES = {
    "operation": {"shape": "box", "style": "rounded,filled"},
    "parameter": {"shape": "box", "style": "filled"},
    "input": {"shape": "parallelogram", "style": "filled"},
    "constant": {"shape": "ellipse", "style": "filled"},
    "output": {"shape": "box", "style": "rounded,filled", "peripheries": "2"},
    "module": {"shape": "box3d", "style": "filled"},
    "gradient": {"shape": "octagon", "style": "filled"},
}


def found() -> bool:
    """Whether ``dot`` is on the PATH."""
    return shutil.which("dot") is not None


def digraph(view: View, direction: str = "TB") -> graphviz.Digraph:
    """Return a view as a ``graphviz.Digraph``: modules are clusters, kinds have shapes and colours.

    Examples
    --------
    >>> from autodiff.pictures.view import Arrow, Box, View
    >>> graph = digraph(View([Box("input", "x"), Box("output", "exp")], [Arrow(0, 1)]))
    >>> "0 -> 1" in graph.source
    True
    """
    import graphviz

    graph = graphviz.Digraph(
        graph_attr={"rankdir": direction, "fontname": "Helvetica", "fontsize": "11"},
        node_attr={"fontname": "Helvetica", "fontsize": "12", "fontcolor": LIGHT.ink},
        edge_attr={"fontname": "Helvetica", "fontsize": "10", "arrowsize": "0.7"},
    )
    _add_boxes(graph, view, _attributes)
    for arrow in view.arrows:
        graph.edge(
            str(arrow.tail),
            str(arrow.head),
            label=graphviz.escape(clean(arrow.label)) if arrow.label else None,
            color=getattr(LIGHT, ARROWS[arrow.kind]),
            style="dashed" if arrow.kind == "saved" else None,
        )
    return graph


def svg_by_dot(
    view: View, direction: str = "TB", theme: str = "light", timeout: float = 60.0
) -> str:
    """Return the picture as `svg.render` draws it, but laid out by ``dot``.

    Raises
    ------
    RuntimeError
        Where ``dot`` is not on the PATH, fails, or does not come to an end within `timeout` seconds.
    """
    sizes = [svg.size(box) for box in view.boxes]
    output = _run(_bare(view, sizes, direction), "json0", timeout)
    return svg.drawn(view, _layout(view, json.loads(output)), direction, theme)


def png_by_dot(view: View, direction: str = "TB", timeout: float = 60.0) -> bytes:
    """Return the picture as PNG, laid out and drawn by ``dot``.

    Raises
    ------
    RuntimeError
        As `svg_by_dot` does.
    """
    return _run(digraph(view, direction), "png", timeout)


def _run(graph: graphviz.Digraph, format: str, timeout: float) -> bytes:
    if not found():
        raise RuntimeError(
            "the program dot of Graphviz is not on the PATH: install it (Debian and Ubuntu: apt-get install "
            "graphviz; macOS: brew install graphviz; Windows: winget install graphviz), or write SVG with "
            'engine="builtin", which needs nothing'
        )
    try:
        done = subprocess.run(
            ["dot", f"-T{format}"],
            input=graph.source.encode(),
            capture_output=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise RuntimeError(
            f"dot did not lay the graph out within {timeout:g} s: fold it, or write SVG with "
            'engine="builtin"'
        ) from None
    if done.returncode:
        raise RuntimeError(f"dot failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _add_boxes(
    graph: graphviz.Digraph, view: View, attributes: Callable[[int, Box], dict[str, Any]]
) -> None:
    """Add all boxes, those of modules in clusters that stand in one another as the frames do."""
    import graphviz

    nesting = Nesting(len(view.boxes), [frame.boxes for frame in view.frames])
    captions = svg.captions(view.frames)
    clusters = {
        i: graphviz.Digraph(
            f"cluster_{i}",
            graph_attr={
                "label": graphviz.escape(captions[i]),
                "labeljust": "l",
                "style": "rounded",
                "color": LIGHT.frame,
                "fontcolor": LIGHT.soft,
                "margin": f"{_MARGIN:g}",
            },
        )
        for i, kept in enumerate(nesting.kept)
        if kept
    }
    clusters[NONE] = graph
    for i, box in enumerate(view.boxes):
        clusters[nesting.home[i]].node(str(i), **attributes(i, box))
    for i in sorted(clusters, key=lambda i: -len(nesting.chain(i))):
        if i != NONE:
            clusters[nesting.parent[i]].subgraph(clusters[i])


def _attributes(number: int, box: Box) -> dict[str, Any]:
    import graphviz

    fill, outline = LIGHT.kinds[box.kind]
    found = {
        "label": graphviz.escape("\n".join([clean(box.title), *map(clean, box.lines)])),
        "fillcolor": box.fill or fill,
        "color": LIGHT.alert if box.alert else LIGHT.gradient if box.saved else outline,
        **_SHAPES[box.kind],
    }
    if box.fill:
        found["fontcolor"] = ink_on(box.fill)
    if box.alert:
        found["penwidth"] = "2.5"
    if box.hint:
        found["tooltip"] = graphviz.escape("\n".join(map(clean, box.hint.splitlines())))
    return found


def _bare(view: View, sizes: Sequence[tuple[float, float]], direction: str) -> graphviz.Digraph:
    """The boxes of our own drawing, for which ``dot`` only finds places."""
    import graphviz

    graph = graphviz.Digraph(
        graph_attr={"rankdir": direction, "nodesep": "0.3", "ranksep": "0.45", "fontsize": "11"},
        node_attr={"shape": "box", "fixedsize": "true", "label": ""},
        edge_attr={"arrowsize": "0.7"},
    )
    _add_boxes(
        graph,
        view,
        lambda i, box: {
            "width": f"{sizes[i][0] / _INCH:.4f}",
            "height": f"{sizes[i][1] / _INCH:.4f}",
        },
    )
    for i, arrow in enumerate(view.arrows):
        graph.edge(str(arrow.tail), str(arrow.head), id=str(i))
    return graph


def _layout(view: View, placed: dict[str, Any]) -> Layout:
    """Read the positions that ``dot`` gives; its y goes upwards."""
    _, _, width, height = map(float, placed["bb"].split(","))

    def point(text: str) -> tuple[float, float]:
        x, y = text.split(",")
        return float(x), height - float(y)

    centres = [(0.0, 0.0)] * len(view.boxes)
    frames: list[tuple[float, float, float, float] | None] = [None] * len(view.frames)
    for thing in placed.get("objects", ()):
        if "bb" in thing:
            left, low, right, high = map(float, thing["bb"].split(","))
            number = int(thing["name"].removeprefix("cluster_"))
            frames[number] = (left, height - high, right - left, high - low)
        else:
            centres[int(thing["name"])] = point(thing["pos"])
    routes: list[list[tuple[float, float]]] = [[] for _ in view.arrows]
    for edge in placed.get("edges", ()):
        tip, *points = edge["pos"].removeprefix("e,").split(" ")
        routes[int(edge["id"])] = [*map(point, points), point(tip)]
    return Layout(centres, routes, frames, width, height, splines=True)
