"""Walking the sweeps in the viewer: the numbers on the canvas, beside the arrows and in the tables."""

from __future__ import annotations

import json
import math

import graph_json
import pytest

import autodiff as ad

pytestmark = pytest.mark.browser


def _rows(page, table: str) -> list[list[str]]:
    return page.run(
        f"[...document.querySelectorAll('#{table}-table tbody tr:not(.spacer)')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def _step_to(page, position: int) -> None:
    page.run("viewer.stepper.goTo(arguments[0])", position)
    page.settle()


def test_forward_sweep_fills_its_table(page) -> None:
    page.open(graph_json.expression())
    page.click("#steps-button")
    assert _rows(page, "forward") == []
    for _ in range(5):
        page.keys(".")
    rows = _rows(page, "forward")
    assert rows[3] == ["v1", "-w", "−3"]
    assert rows[-1] == ["v2", "v1 * x", "−9"]
    assert page.text("#progress") == "Forward 5 of 11"
    assert "v2 = v1 * x = −9" in page.text("#sentence")
    assert "v2 = v1 * x = −9" in page.text("#announcer")
    assert page.run("viewer.stepper.lit().length") == 2
    lines = "viewer.stepper.lines(viewer.view.scene.boxOf[arguments[0]]).map((l) => l.text)"
    assert page.run(lines, 5) == ["−9", "·"]
    assert page.run(lines, 6) == ["·", "·"]
    page.keys(",")
    assert len(_rows(page, "forward")) == 4


def test_backward_sweep_shows_who_receives_what(page) -> None:
    page.open(graph_json.expression())
    steps = page.run("viewer.graph.steps")
    at = next(i for i, step in enumerate(steps["backward"]) if step["node"] == 5)
    _step_to(page, len(steps["forward"]) - 1 + at + 1)  # the constant has no step of its own
    e = math.exp(-9)
    lit = page.run("viewer.stepper.lit().map(({ wire, label }) => [wire.tail.node.title, label])")
    lit = dict(lit)
    adjoint = e / (1 + e)
    assert lit == {"x": f"−{3 * adjoint:.4g}", "neg": f"{3 * adjoint:.4g}"}
    assert page.run("document.querySelector('#dock').dataset.phase") == "backward"
    names = [row[0] for row in _rows(page, "backward")]
    assert names[0] == "v8"
    assert {"v1", "x"} <= set(names)
    assert "w" not in names
    lines = page.run("viewer.stepper.lines(viewer.view.scene.boxOf[4]).map((l) => l.text)")
    assert lines == ["−3", f"∂ {3 * adjoint:.4g}"]


def test_the_derivative_of_the_textbook_stands_at_the_end(page) -> None:
    page.open(graph_json.expression())
    _step_to(page, 10**6)
    assert _rows(page, "backward")[-1][:2] == ["w", "−0.000370184"]
    page.run("document.querySelector('#backward-table').parentElement.scrollTo(0, 0)")
    page.settle()
    assert _rows(page, "backward")[0] == ["v8", "1", "seed"]
    assert page.text("#progress") == "Backward 11 of 11"


def test_contributions_add_up(page) -> None:
    graph = graph_json.expression()
    one = lambda x: {"number": x}
    node = graph["nodes"][0]
    nodes = [
        node | {"id": 0, "kind": "input", "name": "x", "grad": None},
        node | {"id": 1, "op": "mul", "title": "*", "kind": "operation", "name": ""},
        node | {"id": 2, "op": "add", "title": "+", "kind": "output", "name": ""},
    ]
    give = lambda to, slot, local, part: {
        "to": to,
        "slot": slot,
        "local": one(local),
        "contribution": one(part),
    }
    graph |= {"nodes": nodes, "edges": [[0, 1, 0], [0, 1, 1], [1, 2, 0], [0, 2, 1]], "outputs": [2]}
    graph["steps"] = {
        "forward": [{"node": i, "value": one(float(v))} for i, v in enumerate((3, 9, 12))],
        "backward": [
            {"node": 2, "adjoint": one(1.0), "gives": [give(1, 0, 1.0, 1.0), give(0, 1, 1.0, 1.0)]},
            {"node": 1, "adjoint": one(1.0), "gives": [give(0, 0, 3.0, 3.0), give(0, 1, 3.0, 3.0)]},
            {"node": 0, "adjoint": one(7.0), "gives": []},
        ],
    }
    page.open(graph)
    _step_to(page, 4)
    assert _rows(page, "backward")[-1] == ["x", "1", "1 (v2)"]
    _step_to(page, 5)
    assert ["x", "7", "1 (v2) + 3 (v1) + 3 (v1)"] in _rows(page, "backward")
    assert page.run("viewer.stepper.lit()[0].label") == "3, 3"
    assert "x receives 3 · 1 = 3" in page.text("#sentence")


def test_arrays_show_norms(page) -> None:
    page.open(graph_json.mlp())
    _step_to(page, 22)
    assert page.text("#progress").startswith("Backward")
    assert "‖" in _rows(page, "backward")[-1][1]
    assert "‖" in page.run("viewer.stepper.lit().map(({ label }) => label).join()")


def test_play_and_pause(page) -> None:
    page.open(graph_json.expression())
    page.click("#steps-button")
    page.choose("#speed", "20")
    page.click("#play")
    page.settle()
    page.click("#play")
    stopped = page.run("viewer.stepper.position")
    assert stopped > 3
    page.settle()
    assert page.run("viewer.stepper.position") == stopped
    assert page.find("#play").get_attribute("aria-label") == "Play"


def test_slider_and_rows_go_to_a_step(page) -> None:
    page.open(graph_json.expression())
    page.click("#steps-button")
    from selenium.webdriver import Keys

    page.find("#position").send_keys(Keys.END)
    assert page.run("viewer.stepper.position") == 22
    page.run("document.querySelector('#backward-table').parentElement.scrollTo(0, 0)")
    page.settle()
    page.click("#backward-table tbody tr:nth-child(3)")
    assert page.run("viewer.stepper.present().index") == 10
    page.click("#step-first")
    assert page.run("viewer.stepper.position") == 0


def test_no_steps_no_button(page) -> None:
    page.open(graph_json.rnn(3))
    assert not page.find("#steps-button").is_displayed()
    page.keys(".", "s")
    assert not page.find("#dock").is_displayed()


def test_steps_inside_folded_modules_light_the_module(page) -> None:
    page.open(graph_json.transformer())
    page.click("#fold-all")
    _step_to(page, 300)
    assert page.run("viewer.view.shownAs(viewer.stepper.present()).module !== undefined")
    # The tables hold only the rows that can be seen.
    assert 5 < len(_rows(page, "forward")) < 60
    assert page.find("#forward-table").get_attribute("aria-rowcount") == "301"


def test_names_and_formulas_are_those_of_the_tables(page) -> None:
    w, x = ad.Value(3.0, label="w"), ad.Value(3.0, label="x")
    graph = ad.graph(-1.0 * ad.log(1 / (1 + ad.exp(-w * x))))
    page.open(json.loads(graph.to_json()))
    formulas = page.run(
        "viewer.graph.nodes.filter((n) => n.op).map((n) => [n.label, viewer.formula(viewer.graph, n)])"
    )
    assert formulas == [[name, text] for name, text, *_ in graph.table("forward").rows if text]
