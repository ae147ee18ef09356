"""Worked numbers of lecture notes, a test per row of their table: computational graphs (rows 1-19).

The other themes stand beside this file. The running example is the loss of one logistic neuron,
L = -y log(1 / (1 + exp(-W X))) at X = 3, y = 1, W = 3 (UCLA CS M148, lecture 15).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn, optim
from autodiff.nn import functional as F
from notes import array, each_scalar, tensor

X, Y, W = 3.0, 1.0, 3.0
VALUES = [
    -9.0,
    1.2340980408667956e-4,
    1.0001234098040868,
    0.9998766054240137,
    -1.2340218972334e-4,
    1.2340218972334e-4,
]
PARTIALS = [-3.0, 1.2340980408667956e-4, 1.0, -0.9997532260742488, 1.0001234098040868, -1.0]
TANGENTS = [-3.0, -3.7022941e-4, -3.7022941e-4, 3.7013804929e-4, 3.7018372796e-4, -3.7018372796e-4]
SLOPE = -3.7018372795869517e-4


def table(w: Any, x: float = X, y: float = Y) -> list[Any]:
    """The nodes xi_1 ... xi_5 and L, one operation each."""
    xi1 = -x * w
    xi2 = ad.exp(xi1)
    xi3 = 1 + xi2
    xi4 = 1 / xi3
    xi5 = ad.log(xi4)
    return [xi1, xi2, xi3, xi4, xi5, -y * xi5]


def loss_of(w: Any) -> Any:
    return table(w)[-1]


@each_scalar
def test_row_01_table_of_a_computational_graph(scalar: Any) -> None:
    w = scalar(W)
    nodes = table(w)
    assert [float(node) for node in nodes] == pytest.approx(VALUES, rel=1e-11)
    partials = [
        float(ad.grad(node, operand, retain_graph=True)[0])
        for node, operand in zip(nodes, [w, *nodes[:-1]], strict=True)
    ]
    assert partials == pytest.approx(PARTIALS, rel=1e-12)
    nodes[-1].backward()
    assert float(w.grad) == pytest.approx(SLOPE, rel=1e-13)


@each_scalar
def test_row_02_forward_mode(scalar: Any) -> None:
    values, tangents = ad.jvp(lambda w: tuple(table(w)), scalar(W))
    assert [float(v) for v in values] == pytest.approx(VALUES, rel=1e-11)
    assert [float(t) for t in tangents] == pytest.approx(TANGENTS, rel=2e-8)
    assert float(tangents[-1]) == pytest.approx(SLOPE, rel=1e-13)


@each_scalar
def test_row_03_backward_mode_equals_forward_mode(scalar: Any) -> None:
    _, backward = ad.vjp(loss_of, scalar(W))
    _, forward = ad.jvp(loss_of, scalar(W))
    np.testing.assert_array_max_ulp(float(backward), SLOPE, maxulp=1)
    np.testing.assert_array_max_ulp(float(backward), float(forward), maxulp=1)


@each_scalar
def test_row_04_stable_logarithm_of_one_minus_sigmoid(scalar: Any) -> None:
    w = scalar(W)
    loss = -ad.logsigmoid(-X * w)
    loss.backward()
    assert float(loss) == pytest.approx(9.000123402189065, rel=1e-14)
    assert float(w.grad) == pytest.approx(2.999629816272041, rel=1e-14)
    w = scalar(1000.0)
    loss = -ad.logsigmoid(-X * w)
    loss.backward()
    assert (float(loss), float(w.grad)) == (3000.0, 3.0)


@each_scalar
@pytest.mark.parametrize(
    ("y", "loss_value", "slope"),
    [(1.0, VALUES[-1], SLOPE), (0.0, 9.000123402189065, 2.999629816272041)],
)
def test_row_05_loss_of_a_bernoulli_unit(
    scalar: Any, y: float, loss_value: float, slope: float
) -> None:
    w = scalar(W)
    p = ad.sigmoid(X * w)
    loss = -y * ad.log(p) - (1 - y) * ad.log(1 - p)
    prob = float(p)
    (of_p,) = ad.grad(loss, p, retain_graph=True)
    assert float(of_p) == pytest.approx(-y / prob + (1 - y) / (1 - prob), rel=1e-12)
    loss.backward()
    assert float(loss) == pytest.approx(loss_value, rel=1e-11)
    assert float(w.grad) == pytest.approx(slope, rel=1e-11)
    assert float(w.grad) == pytest.approx(X * (prob - y), rel=1e-11)


@each_scalar
def test_row_06_gradients_of_several_paths_add_up(scalar: Any) -> None:
    x = scalar(3.0)
    (x * x + x).backward()
    assert float(x.grad) == 7.0
    x = scalar(0.7)
    paths = [ad.sin(x), ad.exp(x), x * x]
    z = paths[0] * paths[1] + paths[2]
    outer = [float(g) for g in ad.grad(z, paths, retain_graph=True)]
    z.backward()
    inner = [math.cos(0.7), math.exp(0.7), 1.4]
    assert float(x.grad) == pytest.approx(np.dot(outer, inner), rel=1e-14)


@pytest.mark.parametrize("depth", [1, 2, 6])
def test_row_07_a_longer_chain_needs_no_new_derivative_code(depth: int) -> None:
    links = [ad.tanh, ad.exp, ad.sin, ad.square, ad.sigmoid, ad.log1p]

    def chain(x: ad.Tensor) -> ad.Tensor:
        for link in links[:depth]:
            x = link(x)
        return x

    x = tensor([0.3, 0.8, 1.1])
    assert ad.gradcheck(chain, (x,))
    assert ad.gradgradcheck(chain, (x,))


class Exp(ad.Function):
    """A pair of a function and its derivative, written by hand."""

    @staticmethod
    def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
        y = ad.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
        (y,) = ctx.saved_tensors
        return g * y


class Log(ad.Function):
    @staticmethod
    def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
        ctx.save_for_backward(x)
        return ad.log(x)

    @staticmethod
    def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
        return g / ctx.saved_tensors[0]


class Reciprocal(ad.Function):
    @staticmethod
    def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
        ctx.save_for_backward(x)
        return 1 / x

    @staticmethod
    def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
        (x,) = ctx.saved_tensors
        return -g / (x * x)


class NegMul(ad.Function):
    @staticmethod
    def forward(ctx: Any, a: ad.Tensor, x: ad.Tensor) -> ad.Tensor:
        ctx.save_for_backward(a, x)
        return -a * x

    @staticmethod
    def backward(ctx: Any, g: ad.Tensor) -> tuple[ad.Tensor, ad.Tensor]:
        a, x = ctx.saved_tensors
        return -g * x, -g * a


@pytest.mark.parametrize(
    ("pair", "built_in", "arity"),
    [
        (Exp, ad.exp, 1),
        (Log, ad.log, 1),
        (Reciprocal, ad.reciprocal, 1),
        (NegMul, lambda a, x: -a * x, 2),
    ],
    ids=["exp", "log", "reciprocal", "neg-mul"],
)
def test_row_08_pairs_of_function_and_derivative(pair: Any, built_in: Any, arity: int) -> None:
    inputs = tuple(tensor([0.5, 1.0, 2.5]) + k for k in range(arity))
    for function in (pair.apply, built_in):
        assert ad.gradcheck(function, inputs)
    np.testing.assert_array_equal(array(pair.apply(*inputs)), array(built_in(*inputs)))


@each_scalar
def test_row_09_picture_of_the_graph(scalar: Any) -> None:
    picture = ad.graph(loss_of(scalar(W)))
    boxes = picture.view().boxes
    operations = [box for box in boxes if box.kind in ("operation", "output")]
    assert [box.title for box in operations] == ["*", "exp", "+", "/", "log", "*"]
    assert boxes[-1] is operations[-1]
    svg = picture.to_svg()
    assert svg.startswith("<svg")
    assert all(f">{title}<" in svg for title in ("exp", "log"))


def test_row_09_picture_shows_the_forward_and_the_reverse_table() -> None:
    loss = loss_of(ad.Value(W))
    loss.backward()
    boxes = [box for box in ad.graph(loss).view().boxes if box.kind in ("operation", "output")]
    shown = [dict(line.split() for line in box.lines) for box in boxes]
    cotangents = [math.prod(PARTIALS[i + 1 :]) for i in range(6)]
    assert [float(box["data"]) for box in shown] == pytest.approx(VALUES, rel=1e-3)
    assert [float(box["grad"]) for box in shown] == pytest.approx(cotangents, rel=1e-3)


@each_scalar
def test_row_10_backward_accumulates(scalar: Any) -> None:
    w = scalar(W)
    loss = loss_of(w)
    loss.backward(retain_graph=True)
    once = float(w.grad)
    loss.backward()
    assert float(w.grad) == 2 * once
    assert ad.tensor(W).requires_grad is False


@pytest.mark.parametrize("set_to_none", [True, False])
def test_row_11_zero_grad_between_passes(set_to_none: bool) -> None:
    w = tensor(W)
    optimizer = optim.SGD([w], lr=0.1)
    loss_of(w).backward()
    once = w.grad.item()
    loss_of(w).backward()
    assert w.grad.item() == 2 * once
    optimizer.zero_grad(set_to_none=set_to_none)
    assert w.grad is None if set_to_none else w.grad.item() == 0.0
    loss_of(w).backward()
    assert w.grad.item() == once


@each_scalar
def test_row_12_functional_loop_equals_sgd(scalar: Any) -> None:
    rate, steps = 0.4, 20
    w = tensor(W)
    optimizer = optim.SGD([w], lr=rate)
    by_optimizer = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(w).backward()
        optimizer.step()
        by_optimizer.append(w.item())
    number, by_hand = W, []
    for _ in range(steps):
        v = scalar(number)
        (g,) = ad.grad(loss_of(v), v)
        number = number - rate * float(g)
        by_hand.append(number)
    assert by_hand == by_optimizer
    assert by_hand[-1] > W


@each_scalar
def test_row_13_finite_differences(scalar: Any) -> None:
    h = 1e-6
    with ad.no_grad():
        difference = float(loss_of(scalar(W + h)) - loss_of(scalar(W - h))) / (2 * h)
    assert difference == pytest.approx(-3.7018371e-4, rel=1e-6)
    w = scalar(W)
    loss_of(w).backward()
    assert float(w.grad) == pytest.approx(difference, rel=1e-6)


def test_row_13_checkers_of_gradients() -> None:
    class Wrong(ad.Function):
        @staticmethod
        def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
            return x * x

        @staticmethod
        def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
            return g

    assert ad.gradcheck(loss_of, (tensor(W),))
    assert ad.gradgradcheck(loss_of, (tensor(W),))
    assert not ad.gradcheck(Wrong.apply, (tensor(W),), raise_exception=False)


@each_scalar
def test_row_14_chain_of_one_neuron(scalar: Any) -> None:
    a_, w_, b_, y = 0.6, -1.3, 0.2, 1.0
    before, w, b = scalar(a_), scalar(w_), scalar(b_)
    cost = (ad.sigmoid(w * before + b) - y) ** 2
    cost.backward()
    a = 1 / (1 + math.exp(-(w_ * a_ + b_)))
    common = a * (1 - a) * 2 * (a - y)
    assert float(w.grad) == pytest.approx(a_ * common, rel=1e-14)
    assert float(b.grad) == pytest.approx(common, rel=1e-14)
    assert float(before.grad) == pytest.approx(w_ * common, rel=1e-14)


def test_row_15_sum_over_the_paths_of_a_layer() -> None:
    ad.manual_seed(0)
    hidden = nn.Sequential(nn.Linear(3, 4, dtype=ad.float64), nn.Sigmoid())
    last = nn.Linear(4, 2, dtype=ad.float64)
    x, y = tensor([0.2, -0.4, 0.9]), ad.tensor([1.0, 0.0], dtype=ad.float64)

    def cost(x: ad.Tensor, *weights: ad.Tensor) -> ad.Tensor:
        return ((ad.sigmoid(last(hidden(x))) - y) ** 2).sum()

    assert ad.gradcheck(cost, (x, *hidden.parameters(), *last.parameters()))
    a = hidden(x).detach().requires_grad_()
    out = ad.sigmoid(last(a))
    ((out - y) ** 2).sum().backward()
    o, weight = array(out), array(last.weight)
    by_paths = [
        sum(weight[j, k] * o[j] * (1 - o[j]) * 2 * (o[j] - float(y[j])) for j in range(2))
        for k in range(4)
    ]
    np.testing.assert_allclose(array(a.grad), by_paths, rtol=1e-13)


def test_row_16_backpropagation_with_matrices() -> None:
    rng = np.random.default_rng(0)
    m = 7
    a0 = rng.normal(size=(3, m))
    w1, b1 = tensor(rng.normal(size=(4, 3))), tensor(rng.normal(size=(4, 1)))
    w2, b2 = tensor(rng.normal(size=(2, 4))), tensor(rng.normal(size=(2, 1)))
    targets = np.eye(2)[rng.integers(0, 2, m)].T

    z1 = w1 @ ad.tensor(a0) + b1
    a1 = ad.tanh(z1)
    z2 = w2 @ a1 + b2
    loss = -(ad.tensor(targets) * F.log_softmax(z2, dim=0)).sum() / m
    loss.backward()

    dz2 = array(F.softmax(z2, dim=0)) - targets
    dz1 = array(w2).T @ dz2 * (1 - array(a1) ** 2)
    by_hand = [
        (w2, dz2 @ array(a1).T / m),
        (b2, dz2.sum(1, keepdims=True) / m),
        (w1, dz1 @ a0.T / m),
        (b1, dz1.sum(1, keepdims=True) / m),
    ]
    for parameter, gradient in by_hand:
        assert np.abs(array(parameter.grad) - gradient).max() < 1e-12


def test_row_17_a_broadcast_bias_sums_over_the_batch() -> None:
    b = tensor(np.zeros((5, 1)))
    cotangent = np.arange(15.0).reshape(5, 3)
    z = ad.zeros(5, 3, dtype=ad.float64) + b
    z.backward(ad.tensor(cotangent))
    assert b.grad.shape == (5, 1)
    np.testing.assert_array_equal(array(b.grad), cotangent.sum(1, keepdims=True))


def test_row_18_nothing_flows_back_to_the_input_layer() -> None:
    products = []

    class Product(ad.Function):
        """A matrix product that notes which gradients it computes."""

        @staticmethod
        def forward(ctx: Any, w: ad.Tensor, x: ad.Tensor) -> ad.Tensor:
            ctx.save_for_backward(w, x)
            return w @ x

        @staticmethod
        def backward(ctx: Any, g: ad.Tensor) -> tuple[ad.Tensor | None, ad.Tensor | None]:
            w, x = ctx.saved_tensors
            of_w, of_x = ctx.needs_input_grad
            products.extend(name for name, needed in (("w", of_w), ("x", of_x)) if needed)
            return (g @ x.T if of_w else None), (w.T @ g if of_x else None)

    def layers(x: ad.Tensor) -> list[str]:
        products.clear()
        w1, w2 = tensor(np.ones((4, 3))), tensor(np.ones((2, 4)))
        Product.apply(w2, ad.tanh(Product.apply(w1, x))).sum().backward()
        assert w1.grad is not None
        assert w2.grad is not None
        return sorted(products)

    data = ad.ones(3, 5, dtype=ad.float64)
    assert layers(data) == ["w", "w", "x"]
    assert data.grad is None
    assert layers(data.requires_grad_()) == ["w", "w", "x", "x"]
    assert data.grad.shape == (3, 5)


@each_scalar
def test_row_19_each_node_is_visited_once(scalar: Any) -> None:
    visits = []
    leaf = x = scalar(1.0)
    for _ in range(50):
        x = x + x
        if isinstance(x, ad.Tensor):
            x.register_hook(lambda g: visits.append(1))
    x.backward()  # along every path it would be 2**50 visits
    assert float(leaf.grad) == 2.0**50
    assert len(visits) == (50 if isinstance(x, ad.Tensor) else 0)
