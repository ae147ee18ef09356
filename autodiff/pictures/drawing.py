"""From a graph, folded and coloured, to the boxes, arrows and frames of a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from . import scopes
from .folding import Folded
from .folds import paths_of
from .model import Node, Path
from .pieces import parts
from .view import Arrow, Box, Frame, View

if TYPE_CHECKING:
    from .graph import Graph, Style

__all__ = ["SHOWN", "checked", "draw", "is_finite", "where"]


def draw(folded: Folded, graph: Graph, fills: dict[int, str], title: str) -> View:
    """Return the picture of a graph that was folded.

    Parameters
    ----------
    folded : Folded
        What is drawn of it.
    graph : Graph
    fills : dict of int to str
        The colours of boxes, by their place.
    title : str
    """
    nodes, style = graph.nodes, graph.style
    boxes = []
    for node, members in zip(folded.nodes, folded.members, strict=True):
        inside = [nodes[id] for id in members]
        boxes.append(
            Box(
                node.kind,
                _title(node),
                _lines(node, inside, style),
                fills.get(node.id),
                saved=any(member.saved for member in inside if not _is_scalar(member)),
                alert=not all(is_finite(x) for n in inside for x in (n.value, n.grad)),
                hint=_hint(node),
            )
        )
    of_backward = scopes.of_backward(nodes, graph.edges)
    backward = [of_backward[members[0]] for members in folded.members]
    arrows = [
        Arrow(
            edge.tail,
            edge.head,
            _kind(folded.nodes[edge.head], backward[edge.tail], backward[edge.head]),
        )
        for edge in folded.edges
    ]
    return View(boxes, arrows, _frames(folded, backward), title)


def _kind(head: Node, from_backward: bool, to_backward: bool) -> str:
    if not to_backward:
        return "data"
    # The seed reads nothing: the backward pass begins there.
    is_seed = head.kind == "gradient" and not head.op
    return "gradient" if from_backward or is_seed else "saved"


def _is_scalar(node: Node) -> bool:
    return node.value.__class__ is float and node.kind != "constant"


def _title(node: Node) -> str:
    if node.op and node.name:
        return f"{node.title}  {node.name}"
    return f"{node.title}  ×{node.times}" if node.times > 1 else node.title


def _lines(node: Node, inside: Sequence[Node], style: Style) -> list[str]:
    lines = [text for item in style.show for text in SHOWN[item](node)]
    if node.kind == "module":
        of_class = style.modules.get(tuple(node.name.split(".")))
        titles = [member.title for member in inside if member.op]
        if of_class:
            lines.insert(0, of_class)
        elif len(titles) == 1:
            lines.insert(0, titles[0])
        if len(titles) > 1:
            lines.append(f"{node.count:,} operations")
        if node.parameters:
            lines.append(f"{node.parameters:,} parameters")
    if node.kind == "output" and "value" not in style.show and isinstance(node.value, np.ndarray):
        lines += _value(node) if node.value.size == 1 else []
    return lines


def _shape(node: Node) -> list[str]:
    if _is_scalar(node):  # A Value has no shape to speak of, but two numbers.
        grad = [] if node.grad is None else [f"grad {node.grad:.4g}"]
        return [f"data {node.value:.4g}", *grad]
    if node.kind == "constant" and node.shape == ():
        return []
    return [] if node.shape is None else [shape_text(node.shape)]


@cache
def shape_text(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "scalar"


def _value(node: Node) -> list[str]:
    return [] if node.kind == "constant" else _number("value", node.value)


def _number(word: str, x: Any) -> list[str]:
    """One line for a number, or for the range of an array."""
    if x is None:
        return []
    x = np.asarray(x)
    if x.size == 1:
        return [f"{word} {x.item():.6g}"]
    if x.size == 0:
        return [f"{word} empty"]
    return [f"{word} {x.min():.3g} … {x.max():.3g}"]


def _time(node: Node) -> list[str]:
    found = []
    for word, seconds in (("forward", node.seconds), ("backward", node.backward_seconds)):
        if seconds is not None:
            found.append(f"{word} {seconds * 1e3:.3g} ms")
    return found


def bytes_text(count: float) -> str:
    """A number of bytes as people read it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.4g} {unit}"


def where(node: Node) -> str:
    """The line of source that made a node: ``model.py:12``."""
    return "" if node.line is None else f"{PurePath(node.line[0]).name}:{node.line[1]}"


def _text(of: Callable[[Node], str]) -> Callable[[Node], list[str]]:
    return lambda node: [text] if (text := of(node)) else []


SHOWN: dict[str, Callable[[Node], list[str]]] = {
    "shape": _shape,
    "dtype": _text(lambda node: node.dtype),
    "value": _value,
    "grad": lambda node: _number("grad", node.grad),
    "time": _time,
    "memory": _text(lambda node: bytes_text(node.nbytes) if node.nbytes else ""),
    "arguments": _text(lambda node: node.arguments),
    "saved": _text(lambda node: f"keeps {', '.join(node.saved)}" if node.saved else ""),
    "scope": _text(lambda node: ".".join(node.scope)),
    "line": _text(where),
}
"""What may stand in a box below its title, by the word that asks for it."""


def checked(show: Any) -> tuple[str, ...]:
    """`show` as a tuple of words; raises for one that is not known."""
    words = (show,) if isinstance(show, str) else tuple(show)
    for word in words:
        if word not in SHOWN:
            raise ValueError(f"graph: cannot show {word!r}; choose from {', '.join(SHOWN)}")
    return words


def _hint(node: Node) -> str:
    """What can be told of a node, but for times: the same graph gives the same picture."""
    parts = [
        f"{node.op}({node.arguments})" if node.arguments else node.op,
        node.name,
        "in " + ".".join(node.scope) if node.scope else "",
        f"{shape_text(node.shape)} {node.dtype}".strip() if node.shape is not None else "",
        bytes_text(node.nbytes) if node.nbytes else "",
        *SHOWN["saved"](node),
        where(node),
    ]
    return "\n".join([part for part in parts if part])


def is_finite(x: Any) -> bool:
    """Whether there is no NaN and no infinity in a number or an array."""
    if x is None:
        return True
    if isinstance(x, float):
        return math.isfinite(x)
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):  # a finite sum has finite terms, and takes no memory
        return bool(np.isfinite(x.sum())) or bool(np.isfinite(x).all())


def _frames(folded: Folded, backward: Sequence[bool]) -> list[Frame]:
    """Frames around the boxes of unfolded modules: the forward and the backward part of each apart."""
    tails = scopes.inputs_of(folded.nodes, folded.edges)
    around: dict[tuple[bool, Path], list[int]] = {}
    for node, back in zip(folded.nodes, backward, strict=True):
        for depth in range(1, len(node.scope) + 1):
            around.setdefault((back, node.scope[:depth]), []).append(node.id)
    frames = []
    for path in paths_of(folded.nodes):
        for back in (False, True):
            for piece in parts(around.get((back, path), ()), tails):
                if len(piece) > 1 and any(folded.nodes[id].op for id in piece):
                    shown = (f"∂ {path[0]}", *path[1:]) if back else path
                    frames.append(Frame(shown, piece))
    return frames
