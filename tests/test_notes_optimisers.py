"""Worked numbers of lecture notes: optimisers, schedules and initialisation (rows 58-75)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn, optim
from autodiff.examples.idx import read_mnist
from autodiff.nn import functional as F
from notes import array, data_file, each_scalar, tensor


def descend(scalar: Any, rate: float, steps: int) -> list[float]:
    """Gradient descent on w**2 from 1: every w."""
    path = [1.0]
    for _ in range(steps):
        w = scalar(path[-1])
        (w * w).backward()
        path.append(float(w) - rate * float(w.grad))
    return path


def descend_by_optimizer(rate: float, steps: int) -> list[float]:
    w = tensor(1.0)
    optimizer = optim.SGD([w], lr=rate)
    path = [1.0]
    for _ in range(steps):
        optimizer.zero_grad()
        (w * w).backward()
        optimizer.step()
        path.append(w.item())
    return path


@each_scalar
@pytest.mark.parametrize(("rate", "factor"), [(0.1, 0.8), (0.5, 0.0), (1.1, -1.2)])
def test_row_58_gradient_descent(scalar: Any, rate: float, factor: float) -> None:
    path = descend(scalar, rate, 20)
    assert path == pytest.approx([factor**n for n in range(21)], rel=1e-12)
    assert descend_by_optimizer(rate, 20) == pytest.approx(path, rel=1e-15)


def test_row_59_mini_batches_of_an_epoch() -> None:
    ad.manual_seed(0)
    epochs = [ad.randperm(60000).split(64) for _ in range(2)]
    for batches in epochs:
        assert len(batches) == 938
        assert {len(batch) for batch in batches[:-1]} == {64}
        assert len(batches[-1]) == 60000 - 937 * 64
        np.testing.assert_array_equal(np.sort(array(ad.cat(batches))), np.arange(60000))
    assert not np.array_equal(array(epochs[0][0]), array(epochs[1][0]))


def test_row_60_variance_of_gradient_noise_falls_with_the_batch() -> None:
    ad.manual_seed(0)
    variance = {}
    for size in (8, 32):
        w = tensor(np.zeros((4000, 1)))  # one weight per batch
        x = ad.randn(4000, size, dtype=ad.float64)
        y = 2 * x + ad.randn(4000, size, dtype=ad.float64)
        ((w * x - y) ** 2).mean(dim=1).sum().backward()
        variance[size] = w.grad.var().item()
    assert variance[8] / variance[32] == pytest.approx(4.0, rel=0.1)


def moves(optimizer: optim.Optimizer, w: ad.Tensor, gradients: list[float]) -> list[float]:
    """How far each step goes down, for a given gradient at each step."""
    lengths = []
    for g in gradients:
        before = w.item()
        optimizer.zero_grad()
        (g * w).backward()
        optimizer.step()
        lengths.append(before - w.item())
    return lengths


def test_row_61_momentum() -> None:
    w = tensor(0.0)
    lengths = moves(optim.SGD([w], lr=1.0, momentum=0.9), w, [1.0] * 300)
    assert lengths[:3] == pytest.approx([1.0, 1.9, 2.71], rel=1e-12)
    assert lengths[-1] == pytest.approx(10.0, rel=1e-10)


def test_row_62_momentum_as_a_moving_average() -> None:
    # The buffer starts as the first gradient, undamped; a 0 there makes the average start from 0.
    w = tensor(0.0)
    optimizer = optim.SGD([w], lr=1.0, momentum=0.9, dampening=0.9)
    lengths = moves(optimizer, w, [0.0, 1.0, 1.0, 1.0])
    assert lengths == pytest.approx([0.0, 0.1, 0.19, 0.271], rel=1e-12)


def test_row_63_moving_average_with_bias_correction() -> None:
    # With beta2 = 0 a step of Adam is the corrected average, divided by the gradient's size.
    theta, averages = [1.0, 2.0, 3.0], []
    w = tensor(0.0)
    optimizer = optim.Adam([w], lr=1.0, betas=(0.9, 0.0), eps=0.0)
    corrected = []
    for value in theta:
        (length,) = moves(optimizer, w, [value])
        corrected.append(length * value)
        averages.append(optimizer.state[w]["exp_avg"].item())
    assert averages == pytest.approx([0.1, 0.29, 0.561], rel=1e-12)
    expected = [1.0, 1.5263157894736843, 2.0701107011070117]
    assert corrected == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("eps", [1e-8, 0.1])
def test_row_64_rmsprop(eps: float) -> None:
    w = tensor(0.0)
    (length,) = moves(optim.RMSprop([w], lr=0.01, alpha=0.9, eps=eps), w, [1.0])
    assert length == pytest.approx(0.01 / (math.sqrt(0.1) + eps), rel=1e-12)
    if eps == 1e-8:
        assert length == pytest.approx(0.01 / math.sqrt(0.1), rel=1e-7)


def test_row_65_adam() -> None:
    w = tensor(1.0)
    moves(optim.Adam([w], lr=0.001), w, [0.5])
    assert w.item() == pytest.approx(0.999, abs=1e-10)
    for gradient in (1e-3, -40.0):
        w = tensor(0.0)
        (length,) = moves(optim.Adam([w], lr=0.001), w, [gradient])
        assert length == pytest.approx(math.copysign(0.001, gradient), rel=1e-4)


@pytest.mark.parametrize("gradient", [0.02, -7.0])
def test_row_66_adagrad(gradient: float) -> None:
    w = tensor(0.0)
    (length,) = moves(optim.Adagrad([w], lr=0.1), w, [gradient])
    assert length == pytest.approx(math.copysign(0.1, gradient), rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "rate"),
    [
        (optim.SGD, 0.1),
        (optim.Adam, 0.1),
        (optim.RMSprop, 0.02),
        (optim.Adagrad, 0.5),
        (optim.Adadelta, 5.0),
    ],
)
def test_row_66_one_interface_of_all_optimisers(kind: Any, rate: float) -> None:
    w = tensor([1.0, -2.0])
    optimizer = kind([w], lr=rate)
    for _ in range(200):
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


def rates(schedule: Any, optimizer: optim.Optimizer, epochs: int) -> list[float]:
    """The learning rate in force in each epoch."""
    used = []
    for _ in range(epochs):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return used


def test_row_67_step_decay() -> None:
    optimizer = optim.SGD([tensor(0.0)], lr=1.0)
    schedule = optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.1)
    used = rates(schedule, optimizer, 21)
    assert [used[n] for n in (0, 9, 11, 20)] == pytest.approx([1.0, 1.0, 0.1, 0.01])
    assert used == pytest.approx([0.1 ** (n // 10) for n in range(21)])


def test_row_68_exponential_decay() -> None:
    optimizer = optim.SGD([tensor(0.0)], lr=1.0)
    schedule = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    assert rates(schedule, optimizer, 20) == pytest.approx([0.9**n for n in range(20)])


def test_row_69_lower_the_rate_on_a_plateau() -> None:
    optimizer = optim.SGD([tensor(0.0)], lr=1.0)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=2)
    used = []
    for loss in (3.0, 2.0, 2.0, 2.1, 2.0, 1.5, 1.6, 1.6, 1.6):
        schedule.step(loss)
        used.append(optimizer.param_groups[0]["lr"])
    assert used == pytest.approx([1.0] * 4 + [0.1] * 4 + [0.01])


@each_scalar
def test_row_70_trace_plots_of_three_rates(scalar: Any) -> None:
    small, halving, large = (np.array(descend(scalar, rate, 30)) for rate in (0.001, 0.1, 1.1))
    small_loss, good_loss, large_loss = small**2, halving**2, large**2
    assert (np.diff(small_loss) < 0).all()  # too small: falls, and is far from done
    assert small_loss[-1] > 0.8
    assert (np.diff(good_loss) < 0).all()  # converges
    assert good_loss[-1] < 1e-5
    assert (np.diff(large_loss) > 0).all()  # jumps across the minimum, further each time
    assert (large[:-1] * large[1:] < 0).all()


def test_row_71_random_restarts_find_the_global_minimum() -> None:
    def quartic(x: Any) -> Any:
        return x**4 - 3 * x**2 + x

    stationary = np.roots([4.0, 0.0, -6.0, 1.0])
    best = stationary[np.argmin(quartic(stationary))]

    def settle(starts: ad.Tensor) -> np.ndarray:
        x = starts.clone().requires_grad_()
        optimizer = optim.SGD([x], lr=0.02)
        for _ in range(200):
            optimizer.zero_grad()
            quartic(x).sum().backward()
            optimizer.step()
        return array(x)

    (local,) = settle(ad.tensor([2.0], dtype=ad.float64))
    assert local > 1  # one start ends in the wrong valley
    ad.manual_seed(0)
    ends = settle(ad.empty(16, dtype=ad.float64).uniform_(-2, 2))
    assert ends[np.argmin(quartic(ends))] == pytest.approx(best, abs=1e-6)


def test_row_72_linear_regression_is_convex() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 4)), rng.normal(size=20)
    hessian = array(
        ad.hessian(lambda w: ((ad.tensor(x) @ w - ad.tensor(y)) ** 2).sum() / 2, tensor(np.ones(4)))
    )
    np.testing.assert_allclose(hessian, x.T @ x, rtol=1e-12)
    assert (np.linalg.eigvalsh(hessian) >= 0).all()


def test_row_73_kaiming_initialisation() -> None:
    deviation = nn.init.calculate_gain("relu") / math.sqrt(784)
    assert deviation == pytest.approx(0.050507627227610534, rel=1e-14)
    ad.manual_seed(0)
    w = nn.init.kaiming_normal_(ad.empty(1000, 784), nonlinearity="relu")
    assert array(w).std() == pytest.approx(deviation, rel=0.005)
    w = nn.init.kaiming_uniform_(ad.empty(1000, 784), nonlinearity="relu")
    assert array(w).std() == pytest.approx(deviation, rel=0.005)
    assert np.abs(array(w)).max() <= math.sqrt(3) * deviation * (1 + 1e-6)


def test_row_74_general_rule_and_zeros() -> None:
    deviation = 1 / math.sqrt(784)
    assert deviation == pytest.approx(0.03571428571428571, rel=1e-14)
    ad.manual_seed(0)
    w = nn.init.normal_(ad.empty(1000, 784), 0.0, deviation)
    assert array(w).std() == pytest.approx(deviation, rel=0.005)

    def hidden_gradient(model: nn.Sequential) -> float:
        F.cross_entropy(model(ad.randn(32, 784)), ad.randint(0, 10, (32,))).backward()
        return model[0].weight.grad.abs().max().item()

    model = nn.Sequential(nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 10))
    assert hidden_gradient(model) > 0
    for p in model.parameters():
        nn.init.zeros_(p)
    model.zero_grad()
    assert hidden_gradient(model) == 0  # with all weights 0 no error reaches the hidden layer


def test_row_75_normalisation_of_images() -> None:
    folder = data_file("mnist/train-images-idx3-ubyte.gz").parent
    images, _ = read_mnist(folder, "train")
    assert images.mean(dtype=np.float64) / 255 == pytest.approx(0.13066, abs=5e-6)
    assert images.std(dtype=np.float64) / 255 == pytest.approx(0.30811, abs=5e-6)
    x = (ad.from_numpy(images[:20000]).float() / 255 - 0.1307) / 0.3081
    assert x.mean().item() == pytest.approx(0.0, abs=0.01)
    assert x.std().item() == pytest.approx(1.0, abs=0.01)
