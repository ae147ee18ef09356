"""Worked numbers of lecture notes: neurons, gates, perceptrons (20-31), backprop by hand (32-41).

Rows 32 to 38 are exercises of Udacity's deep-learning courses.
"""

from __future__ import annotations

import csv
import itertools
import math
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn, optim
from autodiff.nn import functional as F
from notes import array, data_file, each_scalar, step, tensor

BITS = list(itertools.product([0.0, 1.0], repeat=2))


@each_scalar
def test_row_20_one_neuron(scalar: Any) -> None:
    bias, w1, w2 = scalar(1.0), scalar(3.0), scalar(-2.0)
    out = ad.sigmoid(bias + w1 * -1.0 + w2 * 2.0)
    out.backward()
    assert float(out) == pytest.approx(0.0024726231566347743, rel=1e-14)
    gradients = [float(w.grad) for w in (bias, w1, w2)]
    assert gradients == pytest.approx([0.00246651, -0.00246651, 0.00493302], abs=5e-9)


def gate(x: Any, y: Any, weights: tuple[float, float], bias: float) -> Any:
    return step(x * weights[0] + y * weights[1] + bias)


@each_scalar
def test_row_21_and_gate(scalar: Any) -> None:
    out = {(x, y): float(gate(scalar(x), scalar(y), (1.0, 1.0), -1.5)) for x, y in reversed(BITS)}
    assert list(out.values()) == [1.0, 0.0, 0.0, 0.0]


@each_scalar
def test_row_22_or_and_not_gates(scalar: Any) -> None:
    ors = [float(gate(scalar(x), scalar(y), (1.0, 1.0), -0.5)) for x, y in BITS]
    assert ors == [0.0, 1.0, 1.0, 1.0]
    assert [float(step(-1.0 * scalar(x) + 0.5)) for x in (0.0, 1.0)] == [1.0, 0.0]


@each_scalar
def test_row_23_xor_needs_two_layers(scalar: Any) -> None:
    def xor(x: Any, y: Any) -> float:
        nand, either = gate(x, y, (-1.0, -1.0), 1.5), gate(x, y, (1.0, 1.0), -0.5)
        return float(gate(scalar(float(nand)), scalar(float(either)), (1.0, 1.0), -1.5))

    assert [xor(scalar(x), scalar(y)) for x, y in BITS] == [0.0, 1.0, 1.0, 0.0]


@each_scalar
def test_row_24_perceptron_trick(scalar: Any) -> None:
    line = [scalar(3.0), scalar(4.0), scalar(-10.0)]
    score = line[0] * 4.0 + line[1] * 5.0 + line[2]
    assert float(step(score)) == 1.0  # on the wrong side of the line
    score.backward()
    assert [float(w) - 1.0 * float(w.grad) for w in line] == [-1.0, -1.0, -11.0]


def perceptron(
    scalar: Any, points: list[tuple[float, ...]], labels: list[float], rate: float, epochs: int
) -> list[int]:
    """Train one perceptron until it makes no error; the errors of each epoch."""
    weights, errors = [0.0, 0.0, 0.0], []
    while len(errors) < epochs and (not errors or errors[-1]):
        errors.append(0)
        for (x1, x2), y in zip(points, labels, strict=True):
            w = [scalar(number) for number in weights]
            score = w[0] * x1 + w[1] * x2 + w[2]
            miss = y - float(step(score))
            if miss:
                errors[-1] += 1
                gradients = ad.grad(score, w)
                weights = [
                    number + rate * miss * float(g)
                    for number, g in zip(weights, gradients, strict=True)
                ]
    return errors


@each_scalar
@pytest.mark.parametrize(
    ("labels", "learnable"),
    [([0.0, 0.0, 0.0, 1.0], True), ([0.0, 1.0, 1.0, 1.0], True), ([0.0, 1.0, 1.0, 0.0], False)],
    ids=["and", "or", "xor"],
)
def test_row_25_perceptron_algorithm(scalar: Any, labels: list[float], learnable: bool) -> None:
    errors = perceptron(scalar, BITS, labels, rate=0.1, epochs=50)
    assert (errors[-1] == 0) is learnable
    assert learnable or len(errors) == 50


@each_scalar
def test_row_25_perceptron_on_real_points(scalar: Any) -> None:
    with data_file("perceptron/data.csv").open(encoding="utf-8") as file:
        rows = [tuple(map(float, row)) for row in csv.reader(file)]
    assert len(rows) == 100
    mixed = [
        rows[i // 2 + 50 * (i % 2)] for i in range(100)
    ]  # the file holds one label, then the other
    points, labels = [row[:2] for row in mixed], [row[2] for row in mixed]
    # A line separates the points but for a few: it is found, and the errors never end.
    errors = perceptron(scalar, points, labels, rate=0.01, epochs=25)
    assert errors[0] > 20
    assert all(0 < n < 15 for n in errors[10:])
    assert len(errors) == 25


@each_scalar
def test_row_26_step_function(scalar: Any) -> None:
    assert [float(step(scalar(z))) for z in (-2.0, 0.0, 1e-9, 3.0)] == [0.0, 0.0, 1.0, 1.0]


def test_row_26_step_function_has_no_gradient() -> None:
    assert not step(tensor([-1.0, 0.0, 1.0])).requires_grad


def test_row_27_layer_of_several_outputs() -> None:
    ad.manual_seed(0)
    layer = nn.Linear(3, 2, dtype=ad.float64)
    x = np.random.default_rng(0).normal(size=(5, 3))
    by_hand = x @ array(layer.weight).T + array(layer.bias)
    np.testing.assert_allclose(array(layer(ad.tensor(x))), by_hand, rtol=1e-13)


def test_row_28_sequential_stack_counts_its_parameters() -> None:
    model = nn.Sequential(
        nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)
    )
    assert sum(p.numel() for p in model.parameters()) == 337
    assert model(ad.zeros(4, 2)).shape == (4, 1)


BIKE_X, BIKE_Y = [[0.5, -0.2, 0.1]], [[0.4]]
BIKE_HIDDEN = [[0.1, -0.2], [0.4, 0.5], [-0.3, 0.2]]
BIKE_OUT = [[0.3], [-0.1]]


def test_row_29_two_products_and_a_sigmoid() -> None:
    hidden = ad.sigmoid(tensor(BIKE_X) @ tensor(BIKE_HIDDEN))
    assert (hidden @ tensor(BIKE_OUT)).item() == pytest.approx(0.09998924, abs=5e-9)


def test_row_30_both_conventions_of_a_layer() -> None:
    rng = np.random.default_rng(0)
    w, b, x = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(6, 3))
    rows = array(F.linear(ad.tensor(x), ad.tensor(w), ad.tensor(b)))
    columns = array(ad.tensor(w) @ ad.tensor(x.T) + ad.tensor(b[:, None]))
    np.testing.assert_allclose(rows, columns.T, rtol=1e-13)
    for i in range(4):  # row i of W is neuron i
        np.testing.assert_allclose(rows[:, i], x @ w[i] + b[i], rtol=1e-13)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7)])
def test_row_31_orthogonal_initialisation(shape: tuple[int, int]) -> None:
    ad.manual_seed(0)
    w = array(nn.init.orthogonal_(ad.empty(shape)))
    short = w.T @ w if shape[0] >= shape[1] else w @ w.T
    np.testing.assert_allclose(short, np.eye(min(shape)), atol=1e-6)


@each_scalar
def test_row_32_one_step_by_hand(scalar: Any) -> None:
    rate, target = 0.5, 1.0
    w1, w2, w0 = scalar(0.4), scalar(-0.2), scalar(0.1)
    h = w1 * 0.1 + w2 * 0.3
    a = ad.sigmoid(h)
    z = w0 * a
    out = ad.sigmoid(z)
    loss = (target - out) ** 2 / 2
    deltas = [-float(ad.grad(loss, node, retain_graph=True)[0]) for node in (z, h)]
    loss.backward()
    assert float(h) == pytest.approx(-0.02, rel=1e-14)
    assert float(a) == pytest.approx(0.4950001666600003, rel=1e-14)
    assert float(out) == pytest.approx(0.512372477962617, rel=1e-14)
    assert deltas == pytest.approx([0.1218322353606694, 0.003045501323732555], rel=1e-13)
    assert -rate * float(w0.grad) == pytest.approx(0.030153488404045865, rel=1e-13)
    assert -rate * float(w1.grad) == pytest.approx(1.5228e-4, abs=5e-9)
    assert -rate * float(w2.grad) == pytest.approx(4.5683e-4, abs=5e-9)


def test_row_33_two_hidden_units() -> None:
    rate, target = 0.5, 0.6
    x = ad.tensor([0.5, 0.1, -0.2], dtype=ad.float64)
    w_ih, w_ho = tensor([[0.5, -0.6], [0.1, -0.2], [0.1, 0.7]]), tensor([0.1, -0.3])
    out = ad.sigmoid(ad.sigmoid(x @ w_ih) @ w_ho)
    ((target - out) ** 2 / 2).backward()
    np.testing.assert_allclose(-rate * array(w_ho.grad), [0.00804047, 0.00555918], atol=5e-9)
    expected = [
        [1.77005547e-4, -5.11178506e-4],
        [3.54011093e-5, -1.02235701e-4],
        [-7.08022187e-5, 2.04471402e-4],
    ]
    np.testing.assert_allclose(-rate * array(w_ih.grad), expected, rtol=1e-8)


def bike_step(records: int) -> tuple[np.ndarray, np.ndarray]:
    """One step on `records` copies of the record; the new weights."""
    x, y = ad.tensor(BIKE_X * records), ad.tensor(BIKE_Y * records)
    w_ih, w_ho = tensor(BIKE_HIDDEN), tensor(BIKE_OUT)
    optimizer = optim.SGD([w_ih, w_ho], lr=0.5)
    x, y = x.to(ad.float64), y.to(ad.float64)
    out = ad.sigmoid(x @ w_ih) @ w_ho
    (((y - out) ** 2).sum() / (2 * records)).backward()
    optimizer.step()
    return array(w_ih), array(w_ho)


@pytest.mark.parametrize("records", [1, 4])
def test_row_34_and_37_step_of_the_bike_sharing_network(records: int) -> None:
    w_ih, w_ho = bike_step(records)  # the mean over records: copies change nothing
    np.testing.assert_allclose(w_ho, [[0.37275328], [-0.03172939]], atol=5e-7)
    expected = [
        [0.10562014, -0.20185996],
        [0.39775194, 0.50074398],
        [-0.29887597, 0.19962801],
    ]
    np.testing.assert_allclose(w_ih, expected, atol=5e-7)


def test_row_35_loop_over_records_equals_full_batch_sgd() -> None:
    with data_file("admissions/student_data.csv").open(encoding="utf-8") as file:
        rows = np.array([[float(v) for v in row] for row in list(csv.reader(file))[1:]])
    assert rows.shape == (400, 4)
    y, scores = rows[:, 0], rows[:, 1:3]
    ranks = rows[:, 3:] == np.arange(1, 5)
    x = np.hstack([(scores - scores.mean(0)) / scores.std(0), ranks])

    rate, weights, losses = 0.5, np.zeros(6), []
    model = nn.Linear(6, 1, bias=False, dtype=ad.float64)
    nn.init.zeros_(model.weight)
    optimizer = optim.SGD(model.parameters(), lr=rate)
    for _ in range(30):
        total = np.zeros(6)
        for features, target in zip(x, y, strict=True):
            out = 1 / (1 + math.exp(-(features @ weights)))
            total += (target - out) * out * (1 - out) * features
        weights += rate * total / len(x)

        optimizer.zero_grad()
        out = ad.sigmoid(model(ad.tensor(x))).squeeze(1)
        loss = 0.5 * F.mse_loss(out, ad.tensor(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        np.testing.assert_allclose(array(model.weight)[0], weights, rtol=0, atol=1e-12)
    assert losses == sorted(losses, reverse=True)


def test_row_36_gradient_of_several_outputs_is_an_outer_product() -> None:
    rng = np.random.default_rng(0)
    x, y, w = rng.normal(size=3), rng.normal(size=2), tensor(rng.normal(size=(3, 2)))
    out = ad.sigmoid(ad.tensor(x) @ w)
    (((out - ad.tensor(y)) ** 2).sum() / 2).backward()
    o = array(out)
    delta = (y - o) * o * (1 - o)
    np.testing.assert_allclose(-array(w.grad), np.outer(x, delta), rtol=1e-13)


def test_row_38_gradient_of_averaged_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 4)), rng.integers(0, 2, 9).astype(float)
    w, b = tensor(rng.normal(size=4)), tensor(0.3)
    out = ad.sigmoid(ad.tensor(x) @ w + b)
    F.binary_cross_entropy(out, ad.tensor(y)).backward()
    miss = y - array(out)
    np.testing.assert_allclose(array(w.grad), -(x * miss[:, None]).mean(0), rtol=0, atol=1e-12)
    assert b.grad.item() == pytest.approx(-miss.mean(), abs=1e-12)


def test_row_39_jacobian_of_softmax() -> None:
    z = tensor([1.0, 2.0, 3.0])
    a = F.softmax(z, dim=0)
    np.testing.assert_allclose(array(a), [0.09003057, 0.24472847, 0.66524096], atol=5e-9)
    jacobian = array(ad.jacobian(lambda z: F.softmax(z, dim=0), z))
    np.testing.assert_allclose(
        jacobian[0], [0.08192507, -0.02203304, -0.05989202], rtol=0, atol=5e-9
    )
    p = array(a)
    np.testing.assert_allclose(jacobian, np.diag(p) - np.outer(p, p), rtol=0, atol=1e-15)
    F.cross_entropy(z, ad.tensor(2)).backward()
    np.testing.assert_allclose(
        array(z.grad), [0.09003057, 0.24472847, -0.33475904], rtol=0, atol=5e-9
    )


@each_scalar
@pytest.mark.parametrize(("depth", "slope"), [(5, 9.765625e-4), (10, 9.5367431640625e-7)])
def test_row_40_gradient_vanishes_through_sigmoids(scalar: Any, depth: int, slope: float) -> None:
    x = a = scalar(0.5)
    for _ in range(depth):
        a = ad.sigmoid(a - 0.5)  # at zero, where the derivative is largest: 1/4
    a.backward()
    assert float(x.grad) == slope


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.ReLU])
def test_row_40_gradient_norms_of_the_layers(activation: Any) -> None:
    ad.manual_seed(0)
    layers = [nn.Linear(32, 32) for _ in range(10)]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    model = nn.Sequential(*[part for layer in layers for part in (layer, activation())])
    model(ad.randn(64, 32)).square().mean().backward()
    norms = [layer.weight.grad.norm().item() for layer in layers]
    if activation is nn.Sigmoid:
        assert norms == sorted(norms)
        assert norms[0] < 1e-3 * norms[-1]
    else:
        assert 0.1 < norms[0] / norms[-1] < 10


def test_row_41_clipping_an_exploding_gradient() -> None:
    x = tensor([3.0, 4.0])
    (100 * x.square().sum() / 2).backward()
    total = nn.utils.clip_grad_norm_([x], max_norm=1.0)
    assert total.item() == pytest.approx(500.0)
    np.testing.assert_allclose(array(x.grad), [0.6, 0.8], rtol=1e-6)
    assert x.grad.norm().item() == pytest.approx(1.0, rel=1e-6)
    nn.utils.clip_grad_value_([x], clip_value=0.7)
    np.testing.assert_allclose(array(x.grad), [0.6, 0.7], rtol=1e-6)
