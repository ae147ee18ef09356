"""Colours by quantity or by module, evenly spaced for the eye.

Colours are made in OKLab (Björn Ottosson, "A perceptual color space for image processing", 2020), in which
equal distances look equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .drawing import bytes_text
from .evaluation import backward_steps
from .folding import Folded
from .model import Node

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["MARKS", "QUANTITIES", "fills", "shade", "tint"]

MARKS = {"added": "#b7e4c0", "removed": "#f6c1bd", "changed": "#f7e0a3"}
"""The colours of a graph of differences."""

_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_DECADES = 100.0  # beyond this ratio of the largest to the smallest, colours go by the logarithm


def _norms(graph: Graph) -> dict[int, float]:
    """The norms of gradients: by a backward sweep or, in a freed graph, those that were kept."""
    try:
        adjoints = {step.node: step.adjoint for step in backward_steps(graph)}
    except (RuntimeError, ValueError):
        adjoints = {}
    norms = {}
    for node in graph.nodes:
        g = node.value if node.kind == "gradient" else node.grad
        if node.id in graph.recorded:
            g = adjoints.get(graph.recorded[node.id], g)
        if g is not None:
            parts = [x for x in g if x is not None] if isinstance(g, list) else [g]
            norms[node.id] = math.hypot(*[float(np.linalg.norm(np.asarray(x))) for x in parts])
    return norms


def _joined_norm(inside: Sequence[tuple[Node, float]]) -> float:
    """The norm of the gradients of a module's parameters; of all there are, where it has none."""
    parameters = [x for node, x in inside if node.kind == "parameter"]
    return math.hypot(*(parameters or [x for _, x in inside]))


def _times(graph: Graph) -> dict[int, float]:
    return {
        node.id: (node.seconds or 0.0) + (node.backward_seconds or 0.0)
        for node in graph.nodes
        if node.seconds is not None or node.backward_seconds is not None
    }


def _bytes(graph: Graph) -> dict[int, float]:
    return {node.id: float(node.nbytes) for node in graph.nodes if node.op}


def _sum(inside: Sequence[tuple[Node, float]]) -> float:
    return sum([x for _, x in inside])


@dataclass(frozen=True, slots=True)
class Quantity:
    """What boxes can be coloured by.

    Attributes
    ----------
    of : function of a Graph
        The numbers of its nodes, by id.
    joined : function of (Node, number) pairs
        The number of a folded module.
    written : function of a number
        Its text in the legend.
    """

    of: Callable[[Graph], dict[int, float]]
    joined: Callable[[Sequence[tuple[Node, float]]], float]
    written: Callable[[float], str]


QUANTITIES = {
    "grad_norm": Quantity(_norms, _joined_norm, lambda x: f"{x:.3g}"),
    "time": Quantity(_times, _sum, lambda x: f"{x * 1e3:.3g} ms"),
    "memory": Quantity(_bytes, _sum, bytes_text),
}


def fills(
    by: str | Callable[[Node], Any], graph: Graph, folded: Folded
) -> tuple[dict[int, str], str]:
    """Return the colours of the boxes, by their place, and words that explain them."""
    if by == "mark":
        marked = {node.id: MARKS[node.mark] for node in folded.nodes if node.mark}
        return marked, "green: added, red: removed, yellow: changed"
    if by == "scope":
        return _by_class(_modules(folded.nodes)), "a colour per module"
    if callable(by):
        given = {node.id: by(node) for node in folded.nodes}
        given = {id: x for id, x in given.items() if x is not None}
        if any(isinstance(x, str) for x in given.values()):
            return _by_class({id: str(x) for id, x in given.items()}), "colours by class"
        return _by_number({id: float(x) for id, x in given.items()}, "colour", lambda x: f"{x:.3g}")
    quantity = QUANTITIES[by]
    known = quantity.of(graph)
    numbers = {}
    for node, members in zip(folded.nodes, folded.members, strict=True):
        inside = [(graph.nodes[id], known[id]) for id in members if id in known]
        if inside:
            numbers[node.id] = quantity.joined(inside)
    return _by_number(numbers, by, quantity.written)


def _modules(nodes: Sequence[Node]) -> dict[int, str]:
    """The module of each box, at the first depth that tells boxes apart."""
    paths = {
        node.id: tuple(node.name.split(".")) if node.kind == "module" else node.scope
        for node in nodes
    }
    deepest = max([len(path) for path in paths.values()], default=0)
    for depth in range(1, deepest + 1):
        found = {id: ".".join(path[:depth]) for id, path in paths.items()}
        if len(set(found.values()) - {""}) > 1:
            return found
    return {id: ".".join(path) for id, path in paths.items()}


def _by_class(classes: dict[int, str]) -> dict[int, str]:
    number = {name: i for i, name in enumerate(dict.fromkeys(c for c in classes.values() if c))}
    return {id: tint(number[name]) for id, name in classes.items() if name}


def _by_number(
    numbers: dict[int, float], word: str, written: Callable[[float], str]
) -> tuple[dict[int, str], str]:
    finite = {id: x for id, x in numbers.items() if math.isfinite(x)}
    if not finite:
        return {}, f"{word}: unknown"
    low, high = min(finite.values()), max(finite.values())
    positive = [x for x in finite.values() if x > 0]
    logarithmic = low >= 0 and bool(positive) and high > _DECADES * min(positive)
    if logarithmic:
        bottom = math.log(min(positive))
        span = math.log(high) - bottom
        shares = {id: (math.log(x) - bottom) / span if x > 0 else 0.0 for id, x in finite.items()}
    else:
        span = high - low or 1.0
        shares = {id: (x - low) / span for id, x in finite.items()}
    scale = ", logarithmic" if logarithmic else ""
    legend = f"{word}: light {written(low)} to dark {written(high)}{scale}"
    return {id: shade(share) for id, share in shares.items()}, legend


def shade(share: float) -> str:
    """Return a colour between light yellow (0) and dark red (1), each step equally visible.

    Examples
    --------
    >>> shade(0.0), shade(1.0)
    ('#fdf6d8', '#e76761')
    """
    lightness = 0.97 - 0.30 * share
    chroma = 0.04 + 0.12 * share
    hue = math.radians(95 - 70 * share)
    return _hex(lightness, chroma * math.cos(hue), chroma * math.sin(hue))


def tint(number: int) -> str:
    """Return one of any number of light colours, neighbours far apart in hue."""
    hue = 4.5 + number * _GOLDEN_ANGLE
    return _hex(0.91 - 0.05 * (number // 8 % 2), 0.06 * math.cos(hue), 0.06 * math.sin(hue))


def _hex(lightness: float, a: float, b: float) -> str:
    """A colour of OKLab as sRGB."""
    cones = [
        (lightness + x * a + y * b) ** 3
        for x, y in (
            (0.3963377774, 0.2158037573),
            (-0.1055613458, -0.0638541728),
            (-0.0894841775, -1.2914855480),
        )
    ]
    linear = [
        sum([share * cone for share, cone in zip(shares, cones, strict=True)])
        for shares in (
            (4.0767416621, -3.3077115913, 0.2309699292),
            (-1.2684380046, 2.6097574011, -0.3413193965),
            (-0.0041960863, -0.7034186147, 1.7076147010),
        )
    ]
    channels = [
        12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055
        for c in [min(max(c, 0.0), 1.0) for c in linear]
    ]
    return "#" + "".join([f"{round(255 * c):02x}" for c in channels])
