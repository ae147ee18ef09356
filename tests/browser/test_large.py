"""Large and crowded graphs: the layout stands, and comes to an end."""

from __future__ import annotations

import graph_json
import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "graph", [graph_json.skips, lambda: graph_json.transformer(104, steps=False)]
)
def test_five_thousand_nodes(page, layout_faults, graph) -> None:
    page.open(graph())
    page.run("viewer.folding.setAll(viewer.modules, true, '')")
    page.settle()
    assert page.run("viewer.view.scene.boxes.length") >= 5000
    assert layout_faults(page) == []


def test_many_inputs_end_at_the_box(page, layout_faults) -> None:
    graph = graph_json.skips(40)
    last = graph["nodes"][-1]["id"]
    graph["edges"] += [[node["id"], last, 1] for node in graph["nodes"][:-2]]
    page.open(graph)
    assert layout_faults(page) == []


def test_a_value_used_everywhere(page, layout_faults) -> None:
    graph = graph_json.skips(2000)
    graph["edges"] += [[0, node["id"], 2] for node in graph["nodes"][10:] if node["op"]]
    page.open(graph)
    assert layout_faults(page) == []
