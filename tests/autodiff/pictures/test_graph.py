"""``ad.graph``: what is drawn, as SVG and as DOT."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

import autodiff as ad

_SVG = "{http://www.w3.org/2000/svg}"


def _texts(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{_SVG}text")]


def _loss() -> tuple[ad.Tensor, dict[str, ad.Tensor]]:
    w = ad.ones((2, 3), requires_grad=True)
    b = ad.zeros(3, requires_grad=True)
    x = ad.ones((4, 2))
    return ((x @ w + b) * 2.0).sum(), {"w": w, "b": b}


def test_operations_shapes_and_names_are_drawn() -> None:
    loss, params = _loss()
    texts = _texts(ad.graph(loss, params).to_svg())
    for wanted in ("@", "+", "*", "2", "w", "b", "2×3", "4×3", "scalar", "value 48"):
        assert wanted in texts


def test_edges_lead_from_parameters_to_the_output() -> None:
    loss, params = _loss()
    graph = ad.graph(loss, params)
    titles = [box.title for box in graph.boxes]
    heads = {titles[t]: titles[h] for t, h in graph.edges}
    assert heads["w"] == "@"
    assert heads["b"] == "+"
    assert graph.boxes[-1].kind == "output"
    assert all(t < h for t, h in graph.edges)


def test_scalars_show_data_and_gradient() -> None:
    a, b = ad.Value(2.0, label="a"), ad.Value(-3.0, label="b")
    c = a * b
    c.backward()
    texts = _texts(ad.graph(c).to_svg())
    assert texts.count("a") == 1
    for wanted in ("data 2", "grad -3", "data -3", "grad 2", "data -6", "grad 1"):
        assert wanted in texts


def test_a_shared_value_is_one_box_and_a_shared_weight_one_per_use() -> None:
    a = ad.Value(2.0)
    assert len(ad.graph(a * a).boxes) == 2
    w = ad.ones(2, requires_grad=True)
    assert [box.title for box in ad.graph(w * w, {"w": w}).boxes] == ["w", "w", "*"]


def test_names_with_markup_survive() -> None:
    w = ad.ones(2, requires_grad=True)
    name = 'a<b>&"c"{|}µ'
    graph = ad.graph((w * 2).sum(), {name: w})
    assert name in _texts(graph.to_svg())
    assert "a<b>" in graph.to_dot()


def test_module_gives_the_names() -> None:
    from autodiff import nn

    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    texts = _texts(ad.graph(model(ad.ones((5, 2))).sum(), model).to_svg())
    assert {"0.weight", "0.bias", "2.weight", "2.bias"} <= set(texts)


def test_files_are_written(tmp_path) -> None:
    loss, params = _loss()
    graph = ad.graph(loss, params)
    assert graph.to_svg(tmp_path / "g.svg") == (tmp_path / "g.svg").read_text("utf-8")
    assert graph.to_dot(tmp_path / "g.dot") == (tmp_path / "g.dot").read_text("utf-8")
    with pytest.raises(OSError):
        graph.to_svg(tmp_path / "no" / "such" / "folder.svg")


def test_same_graph_same_bytes() -> None:
    assert ad.graph(*_loss()).to_svg() == ad.graph(*_loss()).to_svg()


def test_a_long_chain_is_drawn_without_recursion() -> None:
    x = ad.ones(1, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y + x
    assert len(ad.graph(y).boxes) == 10001


def test_bad_input_is_named() -> None:
    with pytest.raises(TypeError, match="expected a Tensor or a Value, got list"):
        ad.graph([1.0])
    with pytest.raises(ValueError, match="has no graph"):
        ad.graph(ad.ones(2))


def test_leaf_alone_is_one_box() -> None:
    assert len(ad.graph(ad.ones((), requires_grad=True)).boxes) == 1
    assert len(ad.graph(ad.Value(1.0)).boxes) == 1
