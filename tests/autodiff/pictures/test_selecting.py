"""Parts of a graph, colours and differences."""

from __future__ import annotations

import itertools
import re

import pytest

import autodiff as ad
from autodiff import nn
from autodiff.pictures import coloring


def _chain() -> tuple[dict[str, ad.Value], ad.pictures.Graph]:
    a, b = ad.Value(2.0, label="a"), ad.Value(0.5, label="b")
    c = ad.exp(a)
    d = c * b
    e = ad.log(d)
    return {"a": a, "b": b, "c": c, "d": d, "e": e}, ad.graph(e)


def _titles(graph: ad.pictures.Graph) -> list[str]:
    return [node.title for node in graph]


def test_find_by_name_operation_pattern_and_module() -> None:
    _, graph = _chain()
    assert [n.title for n in graph.find("a")] == ["a"]
    assert [n.title for n in graph.find("exp")] == ["exp"]
    assert [n.title for n in graph.find("*")] == _titles(graph)
    assert graph.find("nothing") == []
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    found = ad.graph(model, ad.ones((5, 2))).find("0")
    assert [n.title for n in found] == ["0.weight", "0.bias", "linear"]


def test_focus_by_every_kind_of_name() -> None:
    values, graph = _chain()
    wanted = ["a", "exp", "*"]
    node = graph.find("exp")[0]
    for centre in ("exp", "ex*", node.id, node, values["c"]):
        assert _titles(graph.focus(centre, hops=1)) == wanted
    assert _titles(graph.focus("exp", hops=0)) == ["exp"]
    assert _titles(graph.focus("exp")) == _titles(graph)
    w = ad.ones(3, requires_grad=True)
    h = w * 2.0
    assert _titles(ad.graph(h.exp().sum()).focus(h, 0)) == ["*"]


def test_parts_are_graphs_of_their_own() -> None:
    values, graph = _chain()
    part = graph.focus("*", hops=1)
    assert [node.id for node in part] == list(range(len(part)))
    assert all(edge.tail < edge.head for edge in part.edges)
    assert part.recorded[part.find("*")[-1].id] is not None
    assert _titles(part.focus(values["c"], 0)) == ["exp"]
    assert part.to_svg().startswith("<svg")
    assert len(graph) == 5


def test_path() -> None:
    values, graph = _chain()
    assert _titles(graph.path("a", values["e"])) == ["a", "exp", "*", "log"]
    assert _titles(graph.path(values["b"], "log")) == ["b", "*", "log"]
    with pytest.raises(ValueError, match="no path leads"):
        graph.path("b", "exp")


def test_what_is_not_there_is_named() -> None:
    _, graph = _chain()
    with pytest.raises(ValueError, match="nothing is called 'expo'; did you mean 'exp'"):
        graph.focus("expo")
    with pytest.raises(ValueError, match="no node 99; the ids go from 0 to 4"):
        graph.focus(99)
    with pytest.raises(ValueError, match="no part of the graph"):
        graph.focus(ad.Value(1.0))
    with pytest.raises(TypeError, match="not by a float"):
        graph.focus(1.5)
    with pytest.raises(ValueError, match="hops must not be negative"):
        graph.focus("a", -1)


# Colours


def _lightness(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16


def test_shades_darken_evenly() -> None:
    lights = [_lightness(coloring.shade(i / 10)) for i in range(11)]
    steps = [a - b for a, b in itertools.pairwise(lights)]
    assert lights[0] > 95
    assert min(steps) > 0
    assert max(steps) < 2 * min(steps)


def test_by_memory() -> None:
    w = ad.ones((3, 4), requires_grad=True)
    graph = ad.graph((w * 2).sum(), {"w": w}).color_by("memory")
    fills = {box.title: box.fill for box in graph.view().boxes}
    assert fills == {
        "w": None, "2": None, "*": coloring.shade(1.0), "Σ": coloring.shade(0.0),
    }  # fmt: skip
    assert "light 4 B to dark 48 B" in graph.view().title


def test_by_norm_of_the_gradient() -> None:
    w = ad.tensor([3.0, 4.0], requires_grad=True)
    loss = (w * w).sum()  # the gradient is (6, 8)
    graph = ad.graph(loss, {"w": w}).color_by("grad_norm")
    assert "light 1 to dark 10" in graph.view().title
    fills = {box.title: box.fill for box in graph.view().boxes}
    assert fills["w"] == coloring.shade(1.0)
    assert fills["Σ"] == coloring.shade(0.0)
    assert w.grad is None


def test_by_norm_in_a_freed_graph_takes_what_was_kept() -> None:
    w = ad.tensor([3.0, 4.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    boxes = ad.graph(loss, {"w": w}).color_by("grad_norm").view().boxes
    assert {box.title for box in boxes if box.fill} == {"w"}


def test_by_norm_of_folded_modules() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    graph = ad.graph(model, ad.ones((5, 2)), depth=0).color_by("grad_norm")
    assert {"0", "2"} <= {box.title for box in graph.view().boxes if box.fill}


def test_by_scope_and_by_a_function() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    graph = ad.graph(model, ad.ones((5, 2)))
    boxes = graph.color_by("scope").view().boxes
    fills = {box.title: box.fill for box in boxes if box.fill}
    assert len({fills["0.weight"], fills["2.weight"]}) == 2
    assert fills["0.weight"] == fills["0.bias"]
    by_class = graph.color_by(lambda node: node.kind).view()
    assert len({box.fill for box in by_class.boxes}) == len({node.kind for node in graph})
    by_number = graph.color_by(lambda node: node.id if node.op else None).view()
    assert [box.fill is None for box in by_number.boxes] == [not node.op for node in graph]
    assert all(re.fullmatch("#[0-9a-f]{6}", box.fill) for box in by_class.boxes)


def test_folded_boxes_have_the_colour_of_what_is_inside() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    graph = ad.graph(model, ad.ones((5, 2)), depth=0).color_by("memory")
    assert {box.title for box in graph.view().boxes if box.fill} == {"0", "ReLU", "2"}


def test_unknown_colours() -> None:
    with pytest.raises(ValueError, match="unknown 'heat'; choose from 'scope', 'grad_norm'"):
        _chain()[1].color_by("heat")
    assert _chain()[1].color_by("time").view().title.endswith("time: unknown")


# Differences


def test_equal_graphs_do_not_differ() -> None:
    assert {node.mark for node in _chain()[1].diff(_chain()[1])} == {""}


def test_added_removed_and_changed() -> None:
    def loss(width: int, activation: type[nn.Module]) -> ad.pictures.Graph:
        model = nn.Sequential(nn.Linear(2, width), activation(), nn.Linear(width, 1))
        return ad.graph(model, ad.ones((5, 2)))

    graph = loss(3, nn.ReLU).diff(loss(4, nn.Tanh))
    marks = {(node.name or node.op): node.mark for node in graph}
    assert marks["relu"] == "removed"
    assert marks["tanh"] == "added"
    assert marks["0.weight"] == "changed"
    assert marks["2.bias"] == ""
    assert all(edge.tail < edge.head for edge in graph.edges)
    fills = {box.title: box.fill for box in graph.view().boxes}
    assert fills["tanh"] == coloring.MARKS["added"]
    assert fills["2.bias"] is None
    assert "green: added" in graph.view().title


def test_what_differs_in_a_large_graph_is_not_folded() -> None:
    def deep(activation: type[nn.Module]) -> ad.pictures.Graph:
        blocks = [nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(60)]
        blocks[30][1] = activation()
        return ad.graph(nn.Sequential(*blocks), ad.ones((5, 2)))

    boxes = deep(nn.ReLU).diff(deep(nn.Tanh)).view().boxes
    titles = [box.title for box in boxes]
    assert {"ReLU", "tanh", "0–29  ×30", "31–59  ×29"} <= set(titles)
    assert len(boxes) < 12
