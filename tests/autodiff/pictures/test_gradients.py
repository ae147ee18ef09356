"""The graph of the backward pass: what it computes, what it reads, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from rows import Row, all_rows


def _arrows(graph: ad.pictures.Graph) -> dict[str, set[tuple[str, str]]]:
    view = graph.view()
    found: dict[str, set[tuple[str, str]]] = {}
    for arrow in view.arrows:
        pair = view.boxes[arrow.tail].title, view.boxes[arrow.head].title
        found.setdefault(arrow.kind, set()).add(pair)
    return found


def _gradients(graph: ad.pictures.Graph) -> dict[str, object]:
    return {node.name: node.value for node in graph if node.kind == "gradient" and node.name}


def test_of_values() -> None:
    a, b = ad.Value(2.0, label="a"), ad.Value(-3.0, label="b")
    graph = ad.graph(a * b, backward=True)
    assert [(n.kind, n.title, n.name) for n in graph] == [
        ("parameter", "a", "a"),
        ("parameter", "b", "b"),
        ("output", "*", ""),
        ("gradient", "∂output", "∂output"),
        ("gradient", "*", "∂a"),
        ("gradient", "*", "∂b"),
    ]
    assert _gradients(graph) == {"∂output": 1.0, "∂a": -3.0, "∂b": 2.0}
    arrows = _arrows(graph)
    assert arrows["saved"] == {("b", "*  ∂a"), ("a", "*  ∂b")}
    assert arrows["gradient"] == {
        ("*", "∂output"), ("∂output", "*  ∂a"), ("∂output", "*  ∂b"),
    }  # fmt: skip
    assert (a.grad, b.grad) == (0.0, 0.0)


def test_of_tensors() -> None:
    rng = np.random.default_rng(0)
    w = ad.tensor(rng.normal(size=(2, 3)), requires_grad=True)
    x = ad.tensor(rng.normal(size=(4, 2)))
    loss = (x @ w).exp().sum()
    graph = ad.graph(loss, {"w": w, "x": x}, backward=True)
    assert {("exp", "*"), ("x", "@  ∂w")} <= _arrows(graph)["saved"]
    assert len([n for n in graph if n.title == "x"]) == 1
    assert w.grad is None
    loss.backward()  # nothing was freed
    np.testing.assert_allclose(_gradients(graph)["∂w"], w.grad.numpy())


def test_a_weight_is_read_from_where_it_was_used() -> None:
    w = ad.ones((2, 2), requires_grad=True)
    graph = ad.graph((w @ (w @ ad.ones((2, 1)))).sum(), {"w": w}, backward=True)
    assert len([node for node in graph if node.title == "w"]) == 2


def test_gradients_that_are_the_seed_itself() -> None:
    a, b = ad.Value(2.0, label="a"), ad.Value(-3.0, label="b")
    graph = ad.graph(a + b, backward=True)
    assert [node.name for node in graph if node.kind == "gradient"] == ["∂output, ∂a, ∂b"]
    w = ad.ones(3, requires_grad=True)
    assert "∂w" in ad.graph(w + 1.0, {"w": w}, backward=True).nodes[-1].name


def test_of_several_outputs_of_any_shape() -> None:
    w = ad.ones((2, 3), requires_grad=True)
    graph = ad.graph([w * 2.0, w.sum()], {"w": w}, backward=True)
    assert {"∂output 0", "∂output 1", "∂w"} <= set(_gradients(graph))
    np.testing.assert_array_equal(_gradients(graph)["∂w"], np.full((2, 3), 3.0))


def test_double_backward() -> None:
    x = ad.tensor(3.0, requires_grad=True)
    (slope,) = ad.grad(x**3, x, create_graph=True)
    graph = ad.graph(slope, {"x": x}, backward=True)
    assert _gradients(graph)["∂x"] == pytest.approx(18.0)
    v = ad.Value(3.0, label="v")
    (slope,) = ad.grad(v**3, v, create_graph=True)
    assert _gradients(ad.graph(slope, backward=True))["∂v"] == pytest.approx(18.0)


def test_gradients_of_a_gradient_graph_are_drawn_too() -> None:
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    (slope,) = ad.grad((x**3).sum(), x, create_graph=True)
    assert len(ad.graph(slope, {"x": x})) > 3


def test_a_model_asks_for_the_gradients_of_its_parameters_only() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    graph = ad.graph(model, ad.ones((5, 2)), backward=True)
    names = set(_gradients(graph))
    assert names == {"∂output", "∂0.weight", "∂0.bias", "∂2.weight", "∂2.bias"}
    assert {n.scope for n in graph.find("∂0.weight")} == {("0",)}


def test_modules_of_the_backward_pass_fold_apart() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    graph = ad.graph(model, ad.ones((5, 2)), backward=True, depth=0)
    titles = [box.title for box in graph.view().boxes]
    assert {"0", "2", "∂ 0", "∂ 2"} <= set(titles)
    arrows = _arrows(graph)
    assert ("2", "∂ 2") in arrows["saved"]
    assert ("∂output", "∂ 2") in arrows["gradient"]


def test_hooks_and_kept_gradients_are_left_alone() -> None:
    w = ad.ones(3, requires_grad=True)
    h = w * 2.0
    h.retain_grad()
    called = []
    h.register_hook(lambda g: called.append(g))
    loss = h.sum()
    ad.graph(loss, backward=True)
    assert called == []
    assert h.grad is None
    loss.backward()
    assert len(called) == 1
    assert h.grad is not None


def test_operations_with_several_outputs() -> None:
    x = ad.arange(6.0).requires_grad_()
    values, _ = ad.sort(x * 2.0)
    first, second = ad.split(values, 3)
    graph = ad.graph((first * second).sum(), {"x": x}, backward=True)
    np.testing.assert_array_equal(_gradients(graph)["∂x"], [12.0, 16.0, 20.0, 0.0, 4.0, 8.0])


def test_a_freed_graph_is_refused() -> None:
    w = ad.ones(3, requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    assert len(ad.graph(loss)) == 4
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        ad.graph(loss, backward=True)


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: row.name)
def test_every_operation_can_be_drawn_with_its_gradients(row: Row) -> None:
    arrays = row.inputs(np.random.default_rng(0))
    xs = [ad.from_numpy(np.array(a)).requires_grad_() for a in arrays]
    found = row.call(*xs)
    ys = [y for y in (found if isinstance(found, (tuple, list)) else [found]) if y.requires_grad]
    names = {f"x{i}": x for i, x in enumerate(xs)}
    graph = ad.graph(ys, names, backward=True)
    assert all(edge.tail < edge.head for edge in graph.edges)
    drawn = {}
    for node in graph:
        if node.kind == "gradient" and node.name:
            drawn.update(dict.fromkeys(node.name.split(", "), node.value))
    wanted = ad.grad(ys, xs, [ad.ones(y.shape, dtype=y.dtype) for y in ys], allow_unused=True)
    for name, gradient in zip(names, wanted, strict=True):
        if gradient is not None:
            np.testing.assert_allclose(drawn[f"∂{name}"], gradient.numpy(), rtol=1e-9, atol=1e-12)
