"""The sweeps step by step: values, adjoints, contributions, tangents."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.pictures.evaluation import backward_steps, forward_values, tangents
from autodiff.pictures.steps import steps_json

F = nn.functional
_RNG = np.random.default_rng(3)


def _tensor(*shape: int, grad: bool = True) -> ad.Tensor:
    return ad.tensor(_RNG.normal(size=shape), requires_grad=grad)


def _mlp() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x, w, b = _tensor(5, 4, grad=False), _tensor(4, 3), _tensor(3)
    return ((x @ w + b).tanh() ** 2).mean(), [w, b]


def _shared() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x = _tensor(3)
    return (x * x + ad.exp(x) / x).sum(), [x]


def _broadcast() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x, y = _tensor(4, 1), _tensor(3)
    return (x * y - y / x).sum(), [x, y]


def _indexing() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x = _tensor(4, 3)
    return (x[1:] * x[:-1]).sum() + x[[0, 0, 2]].exp().sum() + x[0, 1], [x]


def _several_outputs() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x = _tensor(5, 2, 4)
    lstm = nn.LSTM(4, 3, dtype=ad.float64)
    out, (h, _) = lstm(x)
    return out.sum() + (h * h).sum(), [x, *lstm.parameters()]


def _attention() -> tuple[ad.Tensor, list[ad.Tensor]]:
    q, k, v = _tensor(2, 3, 4), _tensor(2, 5, 4), _tensor(2, 5, 4)
    return F.scaled_dot_product_attention(q, k, v).square().sum(), [q, k, v]


def _convolution() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x, w, b = _tensor(2, 3, 6, 6), _tensor(4, 3, 3, 3), _tensor(4)
    return F.max_pool2d(F.relu(F.conv2d(x, w, b)), 2).sum(), [x, w, b]


def _values_and_tensors() -> tuple[ad.Tensor, list[Any]]:
    a, x = ad.Value(0.5), _tensor(3)
    s = ad.Value((x * a).sum())
    return (ad.exp(s) * x * s).sum(), [a, x]


def _assignment() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x, y = _tensor(3), _tensor()
    z = x * 2.0
    z[1] = y
    return (z * x).sum(), [x, y]


class _Cube(ad.Function):
    @staticmethod
    def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
        (x,) = ctx.saved_tensors
        return 3 * x**2 * g


def _own_function() -> tuple[ad.Tensor, list[ad.Tensor]]:
    x = _tensor(3)
    return (_Cube.apply(x) * x).sum(), [x]


_MADE = [
    _mlp, _shared, _broadcast, _indexing, _several_outputs, _attention, _convolution, _values_and_tensors,
    _assignment, _own_function,
]  # fmt: skip
Made = Callable[[], tuple[Any, list[Any]]]


def _node(x: Any) -> Any:
    return x if isinstance(x, ad.Value) else x._history()


@pytest.mark.parametrize("made", _MADE)
def test_adjoints_are_the_gradients_of_the_engine(made: Made) -> None:
    y, leaves = made()
    found = {step.node: step.adjoint for step in backward_steps(ad.graph(y))}
    for leaf, g in zip(leaves, ad.grad(y, leaves), strict=True):
        np.testing.assert_allclose(found[_node(leaf)], np.asarray(g), rtol=1e-12)


@pytest.mark.parametrize("made", _MADE)
def test_adjoints_are_the_sums_of_contributions(made: Made) -> None:
    y, _ = made()
    received: dict[Any, Any] = {}
    for step in backward_steps(ad.graph(y)):
        if isinstance(step.adjoint, list):
            continue
        if step.node in received:
            np.testing.assert_array_equal(received[step.node], step.adjoint)
        for gift in step.gives:
            known = received.get(gift.to)
            if not isinstance(gift.to.shape, tuple) or gift.to.shape == np.shape(gift.contribution):
                received[gift.to] = (
                    gift.contribution if known is None else known + gift.contribution
                )


@pytest.mark.parametrize("made", _MADE)
def test_tangents_are_those_of_the_engine(made: Made) -> None:
    if made is _own_function:
        pytest.skip("has no jvp that can be derived")
    y, leaves = made()
    g = ad.graph(y)
    for leaf in leaves:
        id = next(id for id, node in g.recorded.items() if node is _node(leaf))
        (gradient,) = ad.grad(y, leaf, retain_graph=True)
        tangent = tangents(g, id)[_node(y)]
        np.testing.assert_allclose(tangent, np.asarray(gradient).sum(), 1e-9, 1e-12)


def test_local_derivatives_of_scalars_and_of_elementwise_operations() -> None:
    x, y = _tensor(3, 2), _tensor(2)
    (product, *_) = [
        step for step in backward_steps(ad.graph(x * y), np.full((3, 2), 2.0)) if step.gives
    ]
    to_x, to_y = product.gives
    np.testing.assert_array_equal(to_x.local, np.broadcast_to(y.detach().numpy(), (3, 2)))
    np.testing.assert_array_equal(to_x.contribution, 2.0 * to_x.local)
    np.testing.assert_array_equal(to_y.contribution, (2.0 * to_y.local).sum(axis=0))


def test_the_gradient_of_a_sum_is_its_local_derivative_and_a_jacobian_is_left_out() -> None:
    w = _tensor(4, 3)
    steps = list(backward_steps(ad.graph((ad.ones(2, 4, dtype=ad.float64) @ w).sum()), 3.0))
    np.testing.assert_array_equal(steps[0].gives[0].local, np.ones((2, 3)))
    np.testing.assert_array_equal(steps[0].gives[0].contribution, np.full((2, 3), 3.0))
    assert steps[1].node.name == "matmul"
    assert steps[1].gives[0].local is None


def test_a_value_that_is_used_twice_has_a_contribution_per_use() -> None:
    a = ad.Value(3.0)
    steps = list(backward_steps(ad.graph(a * a), seed=10.0))
    assert [(g.slot, g.local, g.contribution) for g in steps[0].gives] == [
        (0, 3.0, 30.0),
        (1, 3.0, 30.0),
    ]
    assert steps[1].adjoint == 60.0


def test_several_outputs_and_their_seeds() -> None:
    a = ad.Value(3.0)
    g = ad.graph([a * a, a * 2.0])
    assert list(backward_steps(g))[-1].adjoint == 8.0
    assert list(backward_steps(g, [1.0, 10.0]))[-1].adjoint == 26.0
    with pytest.raises(ValueError, match="2 outputs, but 1 seeds"):
        list(backward_steps(g, [1.0]))


def test_a_wrong_seed() -> None:
    x = _tensor(3)
    with pytest.raises(ValueError, match=r"seed has shape \(2,\), expected \(3,\)"):
        list(backward_steps(ad.graph(x * 2.0), np.ones(2)))
    with pytest.raises(ValueError, match=r"tangent has shape \(\), expected \(3,\)"):
        tangents(ad.graph(x * 2.0), 0, 1.0)


def test_nothing_changes() -> None:
    w = _tensor(3)
    called: list[Any] = []
    y = ad.exp(w)
    y.register_hook(called.append)
    y.retain_grad()
    loss = (y * y).sum()
    g = ad.graph(loss, {"w": w})
    forward_values(g)
    list(backward_steps(g))
    tangents(g, 0)
    assert (w.grad, y.grad, called) == (None, None, [])
    loss.backward()  # is not freed
    np.testing.assert_allclose(w.grad.numpy(), 2 * np.exp(2 * w.detach().numpy()))


def test_values_that_nobody_kept_are_computed() -> None:
    w = _tensor(4, 3)
    x = _tensor(2, 4, grad=False)
    h = (x @ w).reshape(3, 2).T
    loss = (h + h).sum()
    g = ad.graph(loss, {"w": w})
    assert any(node.value is None for node in g)
    values = forward_values(g)
    np.testing.assert_array_equal(values[h._history()], h.detach().numpy())
    assert len(values) == len({*g.recorded.values()})


@pytest.mark.parametrize("made", _MADE)
def test_values_agree_with_those_of_a_second_evaluation(made: Made) -> None:
    y, leaves = made()
    named = {f"p{i}": leaf for i, leaf in enumerate(leaves)}
    values = forward_values(ad.graph(y, named))
    for node, value in values.items():
        if node.primitive is not None and not isinstance(value, tuple):
            assert np.shape(value) == node.shape
    np.testing.assert_allclose(values[_node(y)], np.asarray(y.detach()), rtol=1e-12)


def test_a_leaf_written_to_since_gives_no_false_values() -> None:
    w = _tensor(3)
    y = w + w
    loss = (y + y).sum()
    with ad.no_grad():
        w += 1.0
    values = forward_values(ad.graph(loss, {"w": w}))
    assert y._history() not in values
    x = _tensor(3)
    loss = (x * x).sum()
    with ad.no_grad():
        x += 1.0
    with pytest.raises(RuntimeError, match="changed in place"):
        list(backward_steps(ad.graph(loss)))


def test_a_freed_graph() -> None:
    x = _tensor(3)
    loss = (ad.exp(x) * x).sum()
    loss.backward()
    g = ad.graph(loss)
    for ask in (lambda: forward_values(g), lambda: list(backward_steps(g)), lambda: tangents(g, 0)):
        with pytest.raises(RuntimeError, match="retain_graph=True"):
            ask()


def test_a_part_without_its_output_has_no_backward_sweep() -> None:
    a = ad.Value(2.0, label="a")
    part = ad.graph(ad.exp(a * a) + 1.0).focus("a", hops=1)
    assert list(forward_values(part).values()) == [2.0, 4.0]
    with pytest.raises(ValueError, match="no output"):
        list(backward_steps(part))


def test_a_constant_does_not_change() -> None:
    g = ad.graph(ad.Value(2.0) * 3.0)
    with pytest.raises(ValueError, match="'3' is a constant"):
        tangents(g, 1)


@pytest.mark.parametrize("leaf", [ad.Value(1.0), ad.ones((), dtype=ad.float64, requires_grad=True)])
def test_ten_thousand_operations(leaf: Any) -> None:
    y = leaf
    for _ in range(10_000):
        y = y * 1.0001
    g = ad.graph(y, {"x": leaf}, depth=0)
    slope = pytest.approx(1.0001**10_000)
    assert len(forward_values(g)) == 10_001
    assert list(backward_steps(g))[-1].adjoint == slope
    assert tangents(g, 0)[_node(y)] == slope


# As data


def test_steps_as_json() -> None:
    a, b = ad.Value(2.0, label="a"), ad.Value(3.0, label="b")
    g = ad.graph(a * b + 1.0)
    steps = steps_json(g)
    place = {node.title: node.id for node in g}
    assert [step["value"]["number"] for step in steps["forward"]] == [node.value for node in g]
    assert steps["backward"][0] == {
        "node": place["+"],
        "adjoint": {"number": 1.0},
        "gives": [
            {
                "to": place["*"], "slot": 0, "local": {"number": 1.0}, "contribution": {"number": 1.0}
            }
        ],
    }  # fmt: skip
    assert steps["backward"][1]["node"] == place["*"]
    assert {step["node"] for step in steps["backward"][2:]} == {place["a"], place["b"]}


@pytest.mark.parametrize("made", _MADE)
def test_steps_are_json_and_name_what_is_there(made: Made) -> None:
    y, _ = made()
    g = ad.graph(y)
    steps = json.loads(json.dumps(steps_json(g), allow_nan=False))
    edges = {(edge.tail, edge.head, edge.slot) for edge in g.edges}
    assert [step["node"] for step in steps["forward"]] == list(range(len(g)))
    assert {step["node"] for step in steps["backward"]} <= set(g.recorded)
    for step in steps["backward"]:
        assert all((give["to"], step["node"], give["slot"]) in edges for give in step["gives"])


def test_a_leaf_drawn_twice_has_the_same_adjoint_at_both_places() -> None:
    w = _tensor(3)
    g = ad.graph((ad.exp(w) * w).sum(), {"w": w})
    drawn = [node.id for node in g if node.name == "w"]
    assert len(drawn) == 2
    steps = steps_json(g)["backward"]
    first, second = [step["adjoint"] for step in steps if step["node"] in drawn]
    assert first == second
    gifts = [give["to"] for step in steps for give in step["gives"]]
    assert set(drawn) <= set(gifts)
