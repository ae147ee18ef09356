"""``Graph.table``: the evaluation traces of textbooks; and the forms that a table takes."""

from __future__ import annotations

import csv
import io
import math
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.pictures.tabular import Pairs, Table
from autodiff.tracing import traced

E9 = math.exp(-9.0)
P = 1 / (1 + E9)
KINDS = ("forward", "backward", "forward-mode")


def _scalar(kind: str, number: float, label: str, grad: bool = True) -> Any:
    if kind == "value":
        return ad.Value(number, label=label)
    return ad.tensor(number, dtype=ad.float64, requires_grad=grad)


def _by_name(table: Table, column: str) -> dict[str, Any]:
    return dict(zip(table["name"], table[column], strict=True))


def _numbers(table: Table, column: str) -> dict[str, float]:
    return {name: float(x) for name, x in _by_name(table, column).items()}


# Worked examples


@pytest.mark.parametrize("kind", ["value", "tensor"])
def test_the_example_of_baydin_and_others(kind: str) -> None:
    """Automatic differentiation in machine learning: a survey (2018), tables 2 and 3."""
    x1, x2 = _scalar(kind, 2.0, "x1"), _scalar(kind, 5.0, "x2")
    g = ad.graph(ad.log(x1) + x1 * x2 - ad.sin(x2), {"x1": x1, "x2": x2})
    forward = g.table("forward")
    assert _by_name(forward, "operation") == {
        "x1": "", "x2": "", "v1": "log(x1)", "v2": "x1 * x2", "v3": "v1 + v2", "v4": "sin(x2)",
        "v5": "v3 - v4",
    }  # fmt: skip
    assert {name: round(x, 3) for name, x in _numbers(forward, "value").items()} == {
        "x1": 2.0, "x2": 5.0, "v1": 0.693, "v2": 10.0, "v3": 10.693, "v4": -0.959, "v5": 11.652,
    }  # fmt: skip
    tangents = _numbers(g.table("forward-mode", wrt="x1"), "tangent")
    assert tangents == {"x1": 1, "x2": 0, "v1": 0.5, "v2": 5, "v3": 5.5, "v4": 0, "v5": 5.5}
    backward = g.table("backward")
    assert backward["name"][:5] == ["v5", "v4", "v3", "v2", "v1"]
    assert {name: round(x, 3) for name, x in _numbers(backward, "adjoint").items()} == {
        "v5": 1.0, "v4": -1.0, "v3": 1.0, "v2": 1.0, "v1": 1.0, "x2": 1.716, "x1": 5.5,
    }  # fmt: skip
    both = g.table("forward-mode")
    assert both.columns[3:] == ["∂/∂x1", "∂/∂x2"]
    assert [round(float(x), 3) for x in both.rows[-1][3:]] == [5.5, 1.716]


@pytest.mark.parametrize("kind", ["value", "tensor"])
def test_logistic_regression(kind: str) -> None:
    """The loss -y log(1 / (1 + exp(-w x))) at x = 3, w = 3, y = 1."""
    w, x, y = [_scalar(kind, n, name) for n, name in ((3.0, "w"), (3.0, "x"), (1.0, "y"))]
    loss = -y * ad.log(1 / (1 + ad.exp(-w * x)))
    g = ad.graph(loss, {"w": w, "x": x, "y": y})
    values = [float(x) for x in g.table("forward")["value"]]
    for expected in (-9.0, E9, 1 + E9, P, -math.log(P)):
        assert min(abs(x - expected) for x in values) < 1e-15
    slope = -3 * E9 / (1 + E9)
    assert slope == pytest.approx(-0.00037018372795869517, rel=1e-13)
    assert _numbers(g.table("backward"), "adjoint")["w"] == pytest.approx(slope, rel=1e-14)
    tangents = _numbers(g.table("forward-mode", wrt=w), "tangent")
    assert list(tangents.values())[-1] == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize("kind", ["value", "tensor"])
def test_logistic_regression_with_data_as_numbers(kind: str) -> None:
    """The six nodes of the table in the notes: values, local partials, derivatives with respect to w."""
    w = _scalar(kind, 3.0, "w")
    with traced():
        p = ad.reciprocal(ad.exp(w * -3.0) + 1.0)
        g = ad.graph(ad.log(p) * -1.0, {"w": w})
    forward = g.table("forward")
    assert forward["name"] == ["w", "v1", "v2", "v3", "v4", "v5", "v6"]
    assert [float(x) for x in forward["value"][1:]] == pytest.approx(
        [-9.0, 1.2340980408667956e-4, 1.0001234098040868, 0.9998766054240137, -1.2340218972334e-4,
         1.2340218972334e-4], rel=1e-12
    )  # fmt: skip
    local = [cell.pairs[0][1] for cell in g.table("backward")["local derivatives"][-2::-1]]
    assert [float(x) for x in local] == pytest.approx(
        [-3.0, 1.2340980408667956e-4, 1.0, -0.9997532260742488, 1.0001234098040868, -1.0], rel=1e-12
    )
    assert [float(x) for x in g.table("forward-mode")["tangent"][1:]] == pytest.approx(
        [-3.0, -3.7022941226e-4, -3.7022941226e-4, 3.7013804929e-4, 3.7018372796e-4, -3.7018372796e-4],
        rel=1e-10,
    )  # fmt: skip
    assert float(g.table("backward")["adjoint"][-1]) == pytest.approx(-3.7018372795869517e-4)


def test_the_other_branch_of_logistic_regression() -> None:
    w = ad.Value(3.0, label="w")
    loss = -(1.0 - 0.0) * ad.log(1.0 - ad.sigmoid(w * 3.0))
    g = ad.graph(loss)
    assert g.table("forward")["value"][-1] == pytest.approx(9.000123402189065, rel=1e-12)
    assert g.table("backward")["adjoint"][-1] == pytest.approx(2.999629816272041, rel=1e-12)


def test_a_neuron() -> None:
    """The sigmoid of 1 + 3 x1 - 2 x2 at (-1, 2), and its gradient."""
    w = [ad.Value(n, label=f"w{i}") for i, n in enumerate((1.0, 3.0, -2.0))]
    g = ad.graph(ad.sigmoid(w[0] + w[1] * -1.0 + w[2] * 2.0))
    assert g.table("forward")["value"][-1] == pytest.approx(0.0024726231566347743)
    adjoints = _numbers(g.table("backward"), "adjoint")
    assert [adjoints[f"w{i}"] for i in range(3)] == pytest.approx(
        [0.00246651, -0.00246651, 0.00493302], rel=1e-5
    )


def test_contributions_add_up_where_paths_meet() -> None:
    """dz/dx of z = x x + x at 3 is 7."""
    x = ad.Value(3.0, label="x")
    table = ad.graph(x * x + x).table("backward")
    assert _by_name(table, "adjoint")["x"] == 7.0
    given = [pair for cell in table["contributions"] if cell is not None for pair in cell.pairs]
    assert [n for name, n in given if name == "x"] == [1.0, 3.0, 3.0]


# Names


def test_names_of_leaves_constants_and_intermediate_results() -> None:
    a, unnamed = ad.Value(2.0, label="a"), ad.Value(1.0)
    s = a + unnamed
    s.label = "v1"  # a name that the table would give
    y = ad.tanh(s * -2.0) ** 2 / (-s)
    forward = ad.graph(y).table("forward")
    operations = {name: text for name, text in _by_name(forward, "operation").items() if text}
    assert operations == {
        "v1": "a + x1", "v2": "v1 * (-2)", "v3": "tanh(v2)", "v4": "v3 ^ 2", "v5": "-v1", "v6": "v4 / v5",
    }  # fmt: skip


def test_equal_names_are_told_apart() -> None:
    a, b = ad.Value(1.0, label="a"), ad.Value(2.0, label="a")
    assert ad.graph(a + b).table()["name"][:2] == ["a", "a (2)"]


def test_a_leaf_that_is_drawn_twice_has_one_row() -> None:
    w = ad.ones(3, requires_grad=True)
    g = ad.graph((ad.exp(w) * w).sum(), {"w": w})
    assert sum(node.name == "w" for node in g) == 2
    assert g.table("forward")["name"] == ["w", "v1", "v2", "v3"]
    assert g.table("backward")["name"] == ["v3", "v2", "v1", "w"]
    assert g.table("forward")["operation"] == ["", "exp(w)", "v1 * w", "sum(v2)"]


def test_what_was_not_kept_is_left_open() -> None:
    x = ad.ones((), requires_grad=True)
    forward = ad.graph(ad.reciprocal(x + 1.0), {"x": x}).table()
    assert forward["operation"] == ["", "x + …", "1 / v1"]
    assert forward["value"] == [1.0, None, 0.5]
    assert "v1 = ?" in str(forward)
    assert "traced()" in forward.caption


def test_subscripts_are_written_as_in_python() -> None:
    x = ad.ones(5, 4, requires_grad=True)
    parts = [x[1:, ::2].sum(), x[..., -1].sum(), x[2].sum(), x[[0, 0, 3]].sum(), x[:, None].sum()]
    operations = ad.graph(sum(parts), {"x": x}).table()["operation"]
    assert [text for text in operations if text.startswith("x[")] == [
        "x[1:, ::2]", "x[..., -1]", "x[2]", "x[…]", "x[:, None]"
    ]  # fmt: skip


def test_what_a_trace_kept_outlives_backward() -> None:
    x = ad.ones(3, requires_grad=True)
    with traced():
        loss = ((x + 1.0).exp() * 3.0).sum()
    loss.backward()
    assert all(value is not None for value in ad.graph(loss, {"x": x}).table()["value"])


def test_a_model() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    g = ad.graph(model, ad.ones(5, 4))
    forward = g.table("forward")
    assert forward["operation"][-3:] == [
        "linear(input, 0.weight, 0.bias)",
        "tanh(v1)",
        "linear(v2, 2.weight, 2.bias)",
    ]
    assert "0.weight (8×4)" in str(forward)
    np.testing.assert_array_equal(forward["value"][-1], model(ad.ones(5, 4)).detach().numpy())
    adjoints = _by_name(g.table("backward"), "adjoint")
    np.testing.assert_array_equal(adjoints["2.bias"], [5.0, 5.0, 5.0])


def test_a_recurrent_layer_has_several_outputs() -> None:
    lstm = nn.LSTM(4, 8)
    x = ad.ones(5, 1, 4)
    g = ad.graph(lstm(x)[0].sum(), lstm)
    for kind in KINDS:
        assert "lstm" in str(g.table(kind, wrt="bias_ih_l0" if kind == "forward-mode" else None))


# What can be asked


def test_wrt_and_seeds() -> None:
    w = ad.tensor([1.0, 2.0], requires_grad=True)
    g = ad.graph(w * w, {"w": w})
    tangent = g.table("forward-mode", wrt=w, seed=[1.0, 0.0])
    np.testing.assert_array_equal(tangent["tangent"][-1], [2.0, 0.0])
    assert tangent.caption == "Tangents with respect to w"
    adjoint = g.table("backward", seed=ad.tensor([1.0, 10.0]))["adjoint"][-1]
    np.testing.assert_array_equal(adjoint, [2.0, 40.0])
    for bad in (
        {"kind": "sideways"},
        {"kind": "backward", "wrt": "w"},
        {"kind": "forward", "seed": 1},
    ):
        with pytest.raises(ValueError, match="table: "):
            g.table(**bad)
    with pytest.raises(ValueError, match="nothing is called"):
        g.table("forward-mode", wrt="nothing")


def test_forward_mode_of_many_leaves_asks_for_some() -> None:
    leaves = [ad.Value(float(i), label=f"w{i}") for i in range(9)]
    g = ad.graph(sum(leaves, ad.Value(0.0, label="b")))
    with pytest.raises(ValueError, match=r"choose with wrt= from"):
        g.table("forward-mode")
    assert g.table("forward-mode", wrt=["w1", leaves[2]]).columns[3:] == ["∂/∂w1", "∂/∂w2"]


def test_graphs_without_a_trace() -> None:
    a = ad.Value(2.0, label="a")
    g = ad.graph(ad.exp(a))
    with pytest.raises(ValueError, match="not recorded"):
        g.diff(ad.graph(a * a)).table()
    x = ad.ones(3, requires_grad=True)
    loss = (x.exp() * x).sum()
    loss.backward()
    for kind in KINDS:
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            ad.graph(loss).table(kind)


def test_forward_mode_through_the_backward_pass_gives_second_derivatives() -> None:
    a, b = ad.Value(2.0, label="a"), ad.Value(3.0, label="b")
    g = ad.graph(a * a * b, backward=True)
    values = _by_name(g.table("forward"), "value")
    assert (values["∂a"], values["∂b"]) == (12.0, 4.0)
    tangents = _by_name(g.table("forward-mode", wrt="a"), "tangent")
    assert (tangents["∂a"], tangents["∂b"]) == (6.0, 4.0)


# Forms


def _table() -> Table:
    rows: list[tuple[Any, ...]] = [
        ("plain", 1.0, None),
        ("a|b *c* <d> & `e`", -1234567.0, Pairs((("x", 0.5), ("y", np.zeros((2, 3)))), "{} = {}")),
        ("σ 中文", math.nan, np.array([1.5, -0.0])),
    ]
    return Table(["name", "number", "more"], rows, "A caption")


def test_text_is_aligned() -> None:
    assert str(_table()).splitlines() == [
        "A caption",
        "",
        "name                     number  more",
        "-----------------  ------------  -------------------------",
        "plain                         1",
        "a|b *c* <d> & `e`  -1.23457e+06  x = 0.5, y = norm 0 (2×3)",
        "σ 中文                      nan  [1.5, 0]",
    ]
    assert repr(_table()) == str(_table())


def test_wide_text_has_pairs_below_each_other() -> None:
    text = _table().to_text(width=40).splitlines()
    assert text[6].strip() == "y = norm 0 (2×3)"
    assert text[5].index("x = 0.5") == text[6].index("y = norm")


def test_digits_and_sizes() -> None:
    table = Table(["x"], [(math.pi,), (np.arange(5.0),), (np.zeros((0, 2)),), (np.array([1, 2]),)])
    assert table.to_text().splitlines()[2:] == [
        "3.14159",
        "norm 5.47723 (5)",
        "float64 (0×2)",
        "[1, 2]",
    ]
    table.digits = 12
    assert "3.14159265359" in str(table)


def test_many_pairs_are_cut_on_the_page_but_not_in_files() -> None:
    table = Table(["x"], [(Pairs(tuple((f"v{i}", 1.0) for i in range(50)), "{} += {}"),)])
    assert "v3 += 1, and 46 more" in table.to_text()
    assert "v49 += 1.0" in table.to_csv()


def test_markdown() -> None:
    lines = _table().to_markdown().splitlines()
    assert lines[2:4] == ["| name | number | more |", "| :-- | --: | :-- |"]
    assert lines[5].startswith(r"| a\|b \*c\* \<d> & \`e\` |")


def test_html_parses_and_escapes(tmp_path: Path) -> None:
    html = _table().to_html(tmp_path / "t.html")
    assert (tmp_path / "t.html").read_text("utf-8") == html == _table()._repr_html_()
    cells = [
        "".join(cell.itertext()) for cell in ET.fromstring(html.replace("<br>", "<br/>")).iter("td")
    ]
    assert cells[3] == "a|b *c* <d> & `e`"
    assert cells[5] == "x = 0.5y = norm 0 (2×3)"
    with pytest.raises(OSError, match="nowhere"):
        _table().to_html(tmp_path / "nowhere" / "t.html")


def test_csv_has_all_digits(tmp_path: Path) -> None:
    table = Table(["name", "value"], [('say "a, b"', 0.1 + 0.2)])
    text = table.to_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text("utf-8") == text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [["name", "value"], ['say "a, b"', "0.30000000000000004"]]


def test_dataframe() -> None:
    pandas = pytest.importorskip("pandas", exc_type=ImportError)
    x = ad.tensor(2.0, requires_grad=True)
    frame = ad.graph(x * x, {"x": x}).table("backward").to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["adjoint"]) == [1.0, 4.0]
    assert frame["contributions"][0] == [("x", 2.0), ("x", 2.0)]


def test_dataframe_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        _table().to_dataframe()


def test_a_table_is_a_sequence_of_rows() -> None:
    table = _table()
    assert (len(table), next(iter(table))[0]) == (3, "plain")
    with pytest.raises(KeyError, match="no column 'value'"):
        table["value"]
    with pytest.raises(ValueError, match="1 cells, but there are 2 columns"):
        Table(["a", "b"], [(1,)])


def test_empty_table() -> None:
    assert Table(["a"], []).to_text().splitlines() == ["a", "-"]
