"""Worked numbers of lecture notes: activations and losses (rows 42-57)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn, optim
from autodiff.nn import functional as F
from notes import array, each_scalar, tensor


def value_and_slope(function: Any, x: Any) -> tuple[float, float]:
    y = function(x)
    y.backward()
    return float(y), float(x.grad)


@each_scalar
def test_row_42_sigmoid(scalar: Any) -> None:
    assert value_and_slope(ad.sigmoid, scalar(0.0)) == (0.5, 0.25)
    assert value_and_slope(ad.sigmoid, scalar(1000.0)) == (1.0, 0.0)
    assert value_and_slope(ad.sigmoid, scalar(-1000.0)) == (0.0, 0.0)
    s, slope = value_and_slope(ad.sigmoid, scalar(0.7))
    assert slope == pytest.approx(s * (1 - s), rel=1e-14)


@each_scalar
def test_row_43_tanh(scalar: Any) -> None:
    assert value_and_slope(ad.tanh, scalar(0.0)) == (0.0, 1.0)
    t, slope = value_and_slope(ad.tanh, scalar(0.7))
    assert t == pytest.approx(
        (math.exp(0.7) - math.exp(-0.7)) / (math.exp(0.7) + math.exp(-0.7)), rel=1e-14
    )
    assert slope == pytest.approx(1 - t * t, rel=1e-14)
    assert value_and_slope(ad.tanh, scalar(1000.0)) == (1.0, 0.0)


@each_scalar
def test_row_44_relu(scalar: Any) -> None:
    assert value_and_slope(ad.relu, scalar(0.0)) == (0.0, 0.0)
    assert value_and_slope(ad.relu, scalar(2.0)) == (2.0, 1.0)
    assert value_and_slope(ad.relu, scalar(-2.0)) == (0.0, 0.0)


@each_scalar
@pytest.mark.parametrize("slope", [0.01, 0.2])
def test_row_45_leaky_relu(scalar: Any, slope: float) -> None:
    def leaky(z: Any) -> Any:
        return F.leaky_relu(z, negative_slope=slope)

    assert value_and_slope(leaky, scalar(-2.0)) == (-2 * slope, slope)
    assert value_and_slope(leaky, scalar(3.0)) == (3.0, 1.0)


def test_row_45_a_dead_unit_lives_on_with_a_leak() -> None:
    x = ad.tensor([[0.5], [1.0], [2.0]], dtype=ad.float64)
    gradients = {}
    for function in (F.relu, F.leaky_relu):
        w, b = tensor([[1.0]]), tensor([-10.0])
        function(x @ w + b).sum().backward()
        gradients[function] = w.grad.item()
    assert gradients[F.relu] == 0.0
    assert gradients[F.leaky_relu] == pytest.approx(0.01 * 3.5)


@each_scalar
def test_row_46_softmax_of_two_is_a_sigmoid(scalar: Any) -> None:
    p, _ = value_and_slope(ad.sigmoid, scalar(3.0))
    assert p == pytest.approx(0.9525741268224331, rel=1e-14)
    both = F.softmax(ad.tensor([2.0, -1.0], dtype=ad.float64), dim=0)
    assert both[0].item() == pytest.approx(p, rel=1e-14)


def test_row_46_softmax_sums_to_one_and_does_not_overflow() -> None:
    z = ad.tensor([[1000.0, 1001.0, 999.0], [-1e4, 0.0, 1e4]], dtype=ad.float64)
    p = array(F.softmax(z, dim=1))
    np.testing.assert_allclose(p.sum(1), [1.0, 1.0], rtol=1e-15)
    np.testing.assert_array_equal(p[1], [0.0, 0.0, 1.0])


def test_row_47_log_softmax_and_nll() -> None:
    z, labels = tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]]), ad.tensor([2, 0])
    log_p = F.log_softmax(z, dim=1)
    assert (array(log_p) < 0).all()
    np.testing.assert_allclose(np.exp(array(log_p)).sum(1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(array(log_p.exp()), array(F.softmax(z, dim=1)), rtol=1e-14)
    pair = nn.NLLLoss()(nn.LogSoftmax(dim=1)(z), labels)
    assert pair.item() == pytest.approx(F.cross_entropy(z, labels).item(), rel=1e-15)


@each_scalar
def test_row_48_cross_entropy_of_a_good_and_a_bad_prediction(scalar: Any) -> None:
    good, bad = -ad.log(scalar(0.99)), -ad.log(scalar(0.01))
    assert float(good) == pytest.approx(0.01005033585350145, rel=1e-14)
    assert float(bad) == pytest.approx(4.605170185988091, rel=1e-14)


def test_row_48_cross_entropy_from_probabilities_and_from_logits() -> None:
    p = ad.tensor([[0.99, 0.01], [0.01, 0.99]], dtype=ad.float64)
    labels = ad.tensor([0, 0])
    expected = [0.01005033585350145, 4.605170185988091]
    for losses in (
        F.nll_loss(p.log(), labels, reduction="none"),
        F.cross_entropy(p.log(), labels, reduction="none"),
        F.binary_cross_entropy(p[:, 0], ad.ones(2, dtype=ad.float64), reduction="none"),
    ):
        np.testing.assert_allclose(array(losses), expected, rtol=1e-13)


def test_row_49_binary_cross_entropy_is_that_of_two_classes() -> None:
    rng = np.random.default_rng(0)
    z, y = tensor(rng.normal(size=8)), rng.integers(0, 2, 8)
    two = ad.stack([ad.zeros_like(z), z], dim=1)
    losses = [
        nn.BCELoss()(ad.sigmoid(z), ad.tensor(y.astype(float))),
        nn.BCEWithLogitsLoss()(z, ad.tensor(y.astype(float))),
        nn.CrossEntropyLoss()(two, ad.tensor(y)),
        nn.CrossEntropyLoss()(two, ad.tensor(np.eye(2)[y])),  # one-hot
    ]
    gradients = [array(ad.grad(loss, z)[0]) for loss in losses]
    for loss, gradient in zip(losses[1:], gradients[1:], strict=True):
        assert loss.item() == pytest.approx(losses[0].item(), rel=1e-14)
        np.testing.assert_allclose(gradient, gradients[0], rtol=0, atol=1e-15)


@each_scalar
def test_row_50_will_i_pass(scalar: Any) -> None:
    def bce(p: float, y: float) -> Any:
        prob = scalar(p)
        return -(y * ad.log(prob) + (1 - y) * ad.log(1 - prob))

    assert float(bce(0.1, 1.0)) == pytest.approx(2.3025850929940455, rel=1e-14)
    table = [bce(p, y) for p, y in zip((0.1, 0.8, 0.6), (1.0, 0.0, 1.0), strict=True)]
    assert float(sum(table) / 3) == pytest.approx(1.4742828763980453, rel=1e-14)


def test_row_50_will_i_pass_as_a_loss() -> None:
    loss = nn.BCELoss()
    one = loss(tensor([0.1]), tensor([1.0]))
    assert one.item() == pytest.approx(2.3025850929940455, rel=1e-14)
    table = loss(tensor([0.1, 0.8, 0.6]), tensor([1.0, 0.0, 1.0]))
    assert table.item() == pytest.approx(1.4742828763980453, rel=1e-14)


@each_scalar
@pytest.mark.parametrize(
    ("probabilities", "product", "loss"),
    [
        ((0.2, 0.6, 0.7, 0.3), 0.0252, 3.6809112844647593),
        ((0.7, 0.7, 0.4), 0.196, 1.6296406197516198),
    ],
)
def test_row_51_maximum_likelihood(
    scalar: Any, probabilities: tuple[float, ...], product: float, loss: float
) -> None:
    ps = [scalar(p) for p in probabilities]
    likelihood = ps[0]
    for p in ps[1:]:
        likelihood = likelihood * p
    assert float(likelihood) == pytest.approx(product, rel=1e-14)
    assert float(-ad.log(likelihood)) == pytest.approx(loss, rel=1e-14)
    assert float(-sum(ad.log(p) for p in ps)) == pytest.approx(loss, rel=1e-14)


def test_row_51_the_sum_of_logarithms_does_not_underflow() -> None:
    p = tensor(np.full(1000, 0.2))
    assert p.prod().item() == 0.0
    loss = -p.log().sum()
    loss.backward()
    assert loss.item() == pytest.approx(1000 * math.log(5), rel=1e-13)
    np.testing.assert_allclose(array(p.grad), -5.0)


def test_row_52_squared_errors() -> None:
    x, target = np.array([0.5, -1.0, 2.0]), ad.tensor([1.0, 0.0, 1.0], dtype=ad.float64)
    w = tensor([0.3, 0.2, -0.4])
    out = ad.sigmoid(w * ad.tensor(x))
    square = (array(out) - array(target)) ** 2
    np.testing.assert_allclose(array(nn.MSELoss(reduction="none")(out, target)), square)
    assert nn.MSELoss()(out, target).item() == pytest.approx(square.mean())
    sse = nn.MSELoss(reduction="sum")(out, target)
    assert sse.item() == pytest.approx(square.sum())
    (sse / 2).backward()
    o, y = array(out), array(target)
    np.testing.assert_allclose(array(w.grad), -(y - o) * o * (1 - o) * x, rtol=1e-14)


def test_row_53_losses_are_negative_log_likelihoods() -> None:
    rng = np.random.default_rng(0)
    y, mean, sigma = rng.normal(size=6), tensor(rng.normal(size=6)), 0.7
    density = ad.exp(-((ad.tensor(y) - mean) ** 2) / (2 * sigma**2)) / math.sqrt(
        2 * math.pi * sigma**2
    )
    (of_normal,) = ad.grad(-density.log().mean(), mean)
    (of_mse,) = ad.grad(F.mse_loss(mean, ad.tensor(y)), mean)
    np.testing.assert_allclose(array(of_normal), array(of_mse) / (2 * sigma**2), rtol=1e-12)

    bits, p = ad.tensor([1.0, 0.0, 1.0], dtype=ad.float64), tensor([0.9, 0.3, 0.2])
    bernoulli = -(p**bits * (1 - p) ** (1 - bits)).log().mean()
    assert bernoulli.item() == pytest.approx(F.binary_cross_entropy(p, bits).item(), rel=1e-14)

    z, labels = tensor(rng.normal(size=(4, 3))), np.array([0, 2, 1, 2])
    multinoulli = -(F.softmax(z, dim=1) ** ad.tensor(np.eye(3)[labels])).prod(dim=1).log().mean()
    crossed = F.cross_entropy(z, ad.tensor(labels))
    assert multinoulli.item() == pytest.approx(crossed.item(), rel=1e-14)


def test_row_54_output_units_and_their_losses_give_prediction_minus_target() -> None:
    rng = np.random.default_rng(0)
    z, y, labels = rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    hot = np.eye(3)[labels]
    pairs = [
        (lambda z: z, lambda z: F.mse_loss(z, ad.tensor(y), reduction="sum") / 2, y),
        (
            ad.sigmoid,
            lambda z: F.binary_cross_entropy(ad.sigmoid(z), ad.tensor(hot), reduction="sum"),
            hot,
        ),
        (
            lambda z: F.softmax(z, dim=1),
            lambda z: F.cross_entropy(z, ad.tensor(labels), reduction="sum"),
            hot,
        ),
    ]
    for unit, loss, target in pairs:
        logits = tensor(z)
        loss(logits).backward()
        np.testing.assert_allclose(
            array(logits.grad), array(unit(logits)) - target, rtol=0, atol=1e-13
        )


def test_row_54_small_gan_learns_where_the_data_lie() -> None:
    ad.manual_seed(0)
    generator = nn.Linear(1, 1)
    critic = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    play = optim.Adam(generator.parameters(), lr=0.02)
    judge = optim.Adam(critic.parameters(), lr=0.02)
    loss, real, fake = nn.BCEWithLogitsLoss(), ad.ones(64, 1), ad.zeros(64, 1)
    for _ in range(400):
        made = generator(ad.randn(64, 1))
        judge.zero_grad()
        data = 3 + 0.5 * ad.randn(64, 1)
        (loss(critic(data), real) + loss(critic(made.detach()), fake)).backward()
        judge.step()
        play.zero_grad()
        loss(critic(made), real).backward()
        play.step()
    with ad.no_grad():
        assert generator(ad.randn(1000, 1)).mean().item() == pytest.approx(3.0, abs=0.5)


def test_row_55_fused_loss_of_logits_stays_finite() -> None:
    z = tensor([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0]])
    loss = F.cross_entropy(z, ad.tensor([0, 1]), reduction="none")
    np.testing.assert_array_equal(array(loss), [0.0, 2e4])
    loss.sum().backward()
    np.testing.assert_array_equal(array(z.grad), [[0.0, 0.0, 0.0], [1.0, -1.0, 0.0]])
    z = tensor([1e4, -1e4])
    loss = F.binary_cross_entropy_with_logits(z, ad.tensor([0.0, 0.0], dtype=ad.float64))
    loss.backward()
    assert loss.item() == 5e3
    np.testing.assert_array_equal(array(z.grad), [0.5, 0.0])


def test_row_56_average_of_batch_losses() -> None:
    ad.manual_seed(0)
    out, target = ad.randn(10, dtype=ad.float64), ad.zeros(10, dtype=ad.float64)
    whole = F.mse_loss(out, target).item()

    def batches(size: int) -> list[tuple[float, int]]:
        return [
            (F.mse_loss(o, t).item(), len(o))
            for o, t in zip(out.split(size), target.split(size), strict=True)
        ]

    equal = batches(5)
    assert sum(loss for loss, _ in equal) / len(equal) == pytest.approx(whole, rel=1e-14)
    unequal = batches(4)  # 4, 4 and 2
    assert [n for _, n in unequal] == [4, 4, 2]
    assert sum(loss * n for loss, n in unequal) / 10 == pytest.approx(whole, rel=1e-14)
    assert sum(loss for loss, _ in unequal) / 3 != pytest.approx(whole, rel=1e-3)


def test_row_57_linear_layers_collapse_into_one() -> None:
    ad.manual_seed(0)
    first = nn.Linear(3, 5, bias=False, dtype=ad.float64)
    second = nn.Linear(5, 2, bias=False, dtype=ad.float64)
    x = ad.randn(7, 3, dtype=ad.float64)
    together = array(second.weight) @ array(first.weight)
    np.testing.assert_allclose(array(second(first(x))), array(x) @ together.T, rtol=1e-12)
    jacobian = ad.jacobian(lambda x: second(first(x)), x[0])
    np.testing.assert_allclose(array(jacobian), together, rtol=1e-12)
