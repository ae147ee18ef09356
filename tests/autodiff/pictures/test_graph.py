"""``ad.graph``: what a graph holds, and the files that it writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn

_SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{_SVG}text")]


def _loss() -> tuple[ad.Tensor, dict[str, ad.Tensor]]:
    w = ad.ones((2, 3), requires_grad=True)
    b = ad.zeros(3, requires_grad=True)
    x = ad.ones((4, 2))
    return ((x @ w + b) * 2.0).sum(), {"w": w, "b": b}


def _edges(graph: ad.pictures.Graph) -> list[tuple[str, str]]:
    return [(graph.nodes[e.tail].title, graph.nodes[e.head].title) for e in graph.edges]


def test_operations_shapes_and_names_are_drawn() -> None:
    loss, params = _loss()
    texts = _texts(ad.graph(loss, params).to_svg(engine="builtin"))
    for wanted in ("@", "+", "*", "2", "w", "b", "2×3", "4×3", "scalar", "value 48"):
        assert wanted in texts


def test_kinds_and_edges() -> None:
    graph = ad.graph(*_loss())
    kinds = {node.title: node.kind for node in graph}
    assert kinds == {
        "data": "input", "w": "parameter", "@": "operation", "b": "parameter", "+": "operation",
        "2": "constant", "*": "operation", "Σ": "output",
    }  # fmt: skip
    assert {("data", "@"), ("w", "@"), ("@", "+"), ("b", "+"), ("2", "*")} <= set(_edges(graph))
    assert graph.outputs == [len(graph) - 1]
    assert all(edge.tail < edge.head for edge in graph.edges)
    assert [node.id for node in graph] == list(range(len(graph)))


def test_slots_tell_the_operands_apart() -> None:
    x = ad.ones(3, requires_grad=True)
    graph = ad.graph(2.0 / x)
    slots = {graph.nodes[edge.tail].title: edge.slot for edge in graph.edges}
    assert slots == {"2": 0, "leaf": 1}


def test_what_backward_keeps_is_marked() -> None:
    w = ad.ones((2, 3), requires_grad=True)
    x = ad.ones((4, 2))
    y = (x @ w).exp() + 1.0
    saved = {node.title: node.saved for node in ad.graph(y)}
    assert saved["@"] == ("x",)  # for the gradient of w
    assert saved["exp"] == ("out",)
    assert saved["+"] == ()
    boxes = {box.title: box for box in ad.graph(y).view().boxes}
    assert boxes["exp"].saved
    assert not boxes["+"].saved


def test_marks_stay_when_the_graph_was_freed() -> None:
    w = ad.ones(3, requires_grad=True)
    loss = (w * w).exp().sum()
    loss.backward()
    nodes = {node.title: node for node in ad.graph(loss, {"w": w})}
    assert nodes["exp"].saved == ("out",)
    assert nodes["exp"].value is None
    np.testing.assert_array_equal(nodes["w"].grad, w.grad.numpy())


def test_known_values_dtypes_and_bytes() -> None:
    w = ad.full((2, 2), 3.0, dtype=ad.float64, requires_grad=True)
    y = (w * w).exp()
    graph = ad.graph(y.to(ad.float32).sum(), {"w": w})
    nodes = {node.op or node.title: node for node in graph}
    np.testing.assert_array_equal(nodes["w"].value, w.detach().numpy())
    np.testing.assert_array_equal(nodes["exp"].value, y.detach().numpy())
    assert [nodes[op].dtype for op in ("mul", "exp", "to", "sum")] == [
        "float64", "float64", "float32", "float32",
    ]  # fmt: skip
    assert [nodes[op].nbytes for op in ("w", "mul", "to", "sum")] == [32, 32, 16, 4]


def test_a_value_that_was_overwritten_is_not_shown() -> None:
    w = ad.ones(2, requires_grad=True)
    h = w * 1.0
    y = h * h
    with ad.no_grad():
        h += 5.0
    assert [node.value is None for node in ad.graph(y.sum()) if node.op == "mul"] == [True, True]


def test_scalars_show_data_and_gradient() -> None:
    a, b = ad.Value(2.0, label="a"), ad.Value(-3.0, label="b")
    c = a * b
    c.backward()
    texts = _texts(ad.graph(c).to_svg(engine="builtin"))
    assert texts.count("a") == 1
    for wanted in ("data 2", "grad -3", "data -3", "grad 2", "data -6", "grad 1"):
        assert wanted in texts


def test_a_shared_value_is_one_box_and_a_shared_weight_one_per_use() -> None:
    a = ad.Value(2.0)
    assert len(ad.graph(a * a)) == 2
    w = ad.ones(2, requires_grad=True)
    assert [node.title for node in ad.graph(w * w, {"w": w})] == ["w", "w", "*"]
    shared = ad.graph(w * w, {"w": w}, share=True)
    assert [node.title for node in shared] == ["w", "*"]
    assert [(e.tail, e.head, e.slot) for e in shared.edges] == [(0, 1, 0), (0, 1, 1)]


def test_several_outputs() -> None:
    a, b = ad.Value(2.0, label="a"), ad.Value(3.0, label="b")
    s = a + b
    graph = ad.graph([s, s * a])
    assert [graph.nodes[id].title for id in graph.outputs] == ["+", "*"]
    assert [node.kind for node in graph] == ["parameter", "parameter", "output", "output"]


def test_an_operation_with_several_outputs() -> None:
    x = ad.arange(6.0).requires_grad_()
    first, second = ad.split(x * 1.0, 3)
    graph = ad.graph((first * second).sum())
    assert {"[0]", "[1]"} <= {node.title for node in graph} or "[]" in {
        node.title for node in graph
    }


def test_values_and_tensors_mixed() -> None:
    a = ad.Value(2.0, label="a")
    w = ad.ones(3, requires_grad=True)
    loss = ad.Value((w * a).sum()) * 2.0
    graph = ad.graph(loss, {"w": w})
    assert {"a", "w", "2", "tensor", "value"} <= {node.title for node in graph}


@pytest.mark.parametrize("name", ['a<b>&"c"{|}µ', "]]>", "日本語", "\\n"])
def test_names_with_markup_survive(name: str) -> None:
    w = ad.ones(2, requires_grad=True)
    assert name in _texts(ad.graph((w * 2).sum(), {name: w}).to_svg(engine="builtin"))


def test_names_of_results_and_of_data() -> None:
    w, x = ad.ones(2, requires_grad=True), ad.ones(2)
    h = w * x
    graph = ad.graph(h.sum(), {"w": w, "x": x, "hidden": h})
    assert [(node.kind, node.title, node.name) for node in graph][:3] == [
        ("parameter", "w", "w"),
        ("input", "x", "x"),
        ("operation", "*", "hidden"),
    ]
    assert "*  hidden" in [box.title for box in graph.view().boxes]


def test_arguments_are_told() -> None:
    x = ad.ones((2, 3), requires_grad=True)
    node = ad.graph(x.sum(dim=1, keepdim=True)).nodes[-1]
    assert "keepdim=True" in node.arguments


def test_lines_that_are_asked_for() -> None:
    loss, params = _loss()
    boxes = {box.title: box.lines for box in ad.graph(
        loss, params, show=("dtype", "memory", "saved", "value")
    ).view().boxes}  # fmt: skip
    assert boxes["@"] == ["float32", "48 B", "keeps x"]
    assert boxes["w"] == ["float32", "24 B", "value 1 … 1"]
    with pytest.raises(ValueError, match="cannot show 'colour'; choose from shape, dtype"):
        ad.graph(loss, show="colour")


def test_nan_and_infinity_alert() -> None:
    x = ad.tensor([0.0, 1.0], requires_grad=True)
    boxes = {box.title: box for box in ad.graph((1.0 / x).sum()).view().boxes}
    assert boxes["Σ"].alert
    assert not boxes["1"].alert


# Models


def test_module_gives_the_names() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    titles = {node.title for node in ad.graph(model(ad.ones((5, 2))).sum(), model)}
    assert {"0.weight", "0.bias", "2.weight", "2.bias"} <= titles


def test_a_model_is_drawn_from_its_input_on() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.ReLU())
    graph = ad.graph(model, np.ones((5, 2, 2), np.float32))
    assert graph.nodes[0].title == "input"
    assert graph.nodes[0].kind == "input"
    assert [node.kind for node in graph if node.op][-1] == "output"
    linear = graph.find("linear")[0]
    assert linear.saved == ("x",)  # the input's own gradient is not part of training
    assert linear.scope == ("1",)
    assert model[1].weight.grad is None


class _Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(2, 2), nn.Linear(3, 2)

    def forward(self, a: ad.Tensor, b: ad.Tensor) -> dict[str, ad.Tensor]:
        return {"sum": self.first(a) + self.second(b), "first": a.sum()}


@pytest.mark.parametrize(
    "example",
    [
        (ad.ones((5, 2)), ad.ones((5, 3))),
        {"a": ad.ones((5, 2)), "b": ad.ones((5, 3))},
    ],
)
def test_a_model_with_several_inputs_and_outputs(example: object) -> None:
    graph = ad.graph(_Two(), example)
    assert len([node for node in graph if node.kind == "input"]) == 2
    assert [graph.nodes[id].op for id in graph.outputs] == ["add", "sum"]


def test_a_model_on_integers() -> None:
    model = nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 2))
    graph = ad.graph(model, ad.tensor([[1, 2, 3]]))
    assert [node.kind for node in graph if node.name == "input"] == ["input"]


# What was recorded under traced() and scope()


def test_a_model_is_traced() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Tanh()))
    nodes = {node.op: node for node in ad.graph(model, ad.ones((5, 2))) if node.op}
    assert [nodes[op].scope for op in ("linear", "relu", "tanh")] == [("0",), ("1",), ("2", "0")]
    for node in nodes.values():
        assert node.value.shape == (5, 3)
        assert node.seconds > 0
        assert node.line[0] == __file__


def test_times_and_lines_of_a_traced_loss() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    with ad.traced():
        loss = model(ad.ones((5, 2))).sum()
        loss.backward()
    graph = ad.graph(loss, model, show=("time", "line", "scope"))
    lines = {box.title: box.lines for box in graph.view().boxes}["ReLU"]
    assert lines[0].startswith("forward ")
    assert lines[1].startswith("backward ")
    assert lines[2].startswith("test_graph.py:")
    assert lines[3] == "1"
    assert "ms" in graph.color_by("time").view().title
    folded = graph.collapse("0")._folded().nodes
    assert next(node for node in folded if node.kind == "module").seconds > 0


def test_gradients_are_traced_too() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    graph = ad.graph(model, ad.ones((5, 2)), backward=True)
    for node in graph:
        if node.op:
            assert node.value.shape == node.shape
            assert node.line[0] == __file__
    (linear,) = graph.find("linear")
    assert linear.backward_seconds > 0


def test_drawing_is_not_observed() -> None:
    with ad.traced():
        loss = (ad.ones(3, requires_grad=True) * 2.0).exp().sum()
        loss.backward(retain_graph=True)
        seconds = loss.grad_fn.notes.backward_seconds
        ad.graph(loss, backward=True)
        assert loss.grad_fn.notes.backward_seconds == seconds


def test_scopes_without_modules() -> None:
    a = ad.Value(2.0, label="a")
    w = ad.ones(3, requires_grad=True)
    with ad.scope("outer"):
        with ad.scope("inner"):
            b = ad.exp(a)
            h = w.exp()
        c, loss = b * a, (h * 2.0).sum()
    assert [node.scope for node in ad.graph(c) if node.op] == [("outer", "inner"), ("outer",)]
    graph = ad.graph(loss, {"w": w})
    assert [node.scope for node in graph if node.title == "w"] == [("outer", "inner")]
    assert [box.title for box in graph.collapse("outer").view().boxes] == ["outer"]


# Files


def test_files_are_written(tmp_path) -> None:
    graph = ad.graph(*_loss())
    assert graph.to_svg(tmp_path / "g.svg") == (tmp_path / "g.svg").read_text("utf-8")
    assert graph.to_dot(tmp_path / "g.dot") == (tmp_path / "g.dot").read_text("utf-8")
    assert graph.to_json(tmp_path / "g.json") == (tmp_path / "g.json").read_text("utf-8")
    with pytest.raises(OSError):
        graph.to_svg(tmp_path / "no" / "such" / "folder.svg")


def test_json_holds_the_whole_graph() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    graph = ad.graph(model, ad.ones((5, 2)), depth=0)
    found = json.loads(graph.to_json())
    assert (found["format"], found["version"]) == ("autodiff-graph", 1)
    assert len(found["nodes"]) == len(graph) == 5
    assert found["folded"] == ["0", "1"]
    assert found["modules"]["0"] == "Linear"
    by_name = {node["name"] or node["op"]: node for node in found["nodes"]}
    assert by_name["0.weight"]["value"]["shape"] == [3, 2]
    assert by_name["linear"]["scope"] == ["0"]
    assert by_name["tanh"]["saved"] == ["out"]
    assert found["outputs"] == graph.outputs
    assert found["edges"] == [[e.tail, e.head, e.slot] for e in graph.edges]


def test_json_knows_no_nan() -> None:
    a = ad.Value(float("nan"), label="a")
    found = json.loads(ad.graph(a * 1.0).to_json(), parse_constant=pytest.fail)
    assert found["nodes"][0]["value"] == {"number": "nan"}


def test_notebooks_get_a_picture() -> None:
    bundle = ad.graph(*_loss())._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == "Graph(8 nodes, 7 edges)"


def test_engines(monkeypatch, tmp_path) -> None:
    graph = ad.graph(*_loss())
    with pytest.raises(ValueError, match='engine must be "auto", "dot" or "builtin"'):
        graph.to_svg(engine="neato")
    if shutil.which("dot"):
        assert _texts(graph.to_svg(engine="dot")) == _texts(graph.to_svg(engine="builtin"))
        assert graph.to_png(tmp_path / "g.png") == (tmp_path / "g.png").read_bytes()
    monkeypatch.setenv("PATH", "")
    assert graph.to_svg() == graph.to_svg(engine="builtin")
    with pytest.raises(RuntimeError, match="not on the PATH"):
        graph.to_svg(engine="dot")
    with pytest.raises(RuntimeError, match="not on the PATH"):
        graph.to_png()


def test_same_graph_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import autodiff as ad, hashlib\nfrom autodiff import nn\n"
        "m = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(3)])\n"
        "for p in m.parameters(): p.data = ad.ones(p.shape)\n"
        "g = ad.graph(m, ad.ones(5, 2), backward=True, depth=0).color_by('scope')\n"
        "text = g.to_svg(engine='builtin') + g.to_dot()\n"
        "text += ad.graph(m(ad.ones(5, 2)).sum(), m, backward=True).to_json()\n"  # without times
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(digests) == 1


def test_long_chains_are_read_without_recursion() -> None:
    x = ad.ones(1, requires_grad=True)
    y, v = x, ad.Value(1.0)
    for _ in range(10_000):
        y, v = y + x, v * 1.0001
    assert len(ad.graph(y)) == 20_001
    assert len(ad.graph(v)) == 20_001


# Bad input


def test_bad_input_is_named() -> None:
    with pytest.raises(TypeError, match="expected a Tensor or a Value, got float"):
        ad.graph([1.0])
    with pytest.raises(TypeError, match="expected a Tensor or a Value, got str"):
        ad.graph("loss")
    with pytest.raises(ValueError, match="no outputs"):
        ad.graph([])
    with pytest.raises(ValueError, match=r"shape \(2,\) has no graph"):
        ad.graph(ad.ones(2))
    with pytest.raises(ValueError, match="depth must not be negative"):
        ad.graph(ad.Value(1.0), depth=-1)
    with pytest.raises(TypeError, match=r"graph\(model, x\)"):
        ad.graph(nn.Linear(1, 1))
    with pytest.raises(ValueError, match="nothing that Flatten returned"):
        ad.graph(nn.Flatten(), ad.tensor([[1, 2]]))


def test_leaf_alone_is_one_box() -> None:
    assert [node.kind for node in ad.graph(ad.ones((), requires_grad=True))] == ["output"]
    assert len(ad.graph(ad.Value(1.0))) == 1
