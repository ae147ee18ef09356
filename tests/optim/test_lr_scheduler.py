"""Every schedule gives PyTorch's rates, can be saved, and refuses nonsense."""

from __future__ import annotations

import pytest

import autodiff as ad
from autodiff import optim
from autodiff.optim import lr_scheduler


def _sequence(schedulers, optimizer):
    first = schedulers.LinearLR(optimizer, start_factor=0.1, total_iters=4)
    second = schedulers.ExponentialLR(optimizer, gamma=0.8)
    return schedulers.SequentialLR(optimizer, [first, second], milestones=[7])


CASES = {
    "StepLR": lambda s, o: s.StepLR(o, 7, 0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 9, 9, 30], 0.3),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.5, 6),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.25, 0.9, 10),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 20, 2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 12, 0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.01),
    "LambdaLR": lambda s, o: s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (1 + e)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda e: 0.95),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, [0.5, 1.0], total_steps=60),
    "OneCycleLR-linear": lambda s, o: s.OneCycleLR(
        o, 0.5, epochs=6, steps_per_epoch=10, anneal_strategy="linear", pct_start=0.4
    ),
    "OneCycleLR-three": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=60, three_phase=True),
    "SequentialLR": _sequence,
}


def _optimizer(lib, optim):
    a, b = lib.ones(2, requires_grad=True), lib.ones(2, requires_grad=True)
    return optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.2}], lr=1.0, momentum=0.9)


def _rates(schedule, optimizer, epochs: int) -> list[list[float]]:
    rates = []
    for _ in range(epochs):
        rates.append([g["lr"] for g in optimizer.param_groups])
        rates.append([g["momentum"] for g in optimizer.param_groups])
        assert schedule.get_last_lr() == rates[-2]
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_rates_equal_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = _optimizer(ad, optim), _optimizer(torch, torch.optim)
    a = _rates(CASES[name](lr_scheduler, ours), ours, 50)
    b = _rates(CASES[name](torch.optim.lr_scheduler, theirs), theirs, 50)
    for x, y in zip(a, b, strict=True):
        assert x == pytest.approx(y, rel=1e-12, abs=1e-15)


@pytest.mark.parity
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 0, "cooldown": 2, "factor": 0.5},
        {"mode": "max", "patience": 1, "threshold_mode": "abs", "threshold": 0.1},
        {"patience": 1, "min_lr": [0.05, 0.01], "threshold": 0.2},
        {"patience": 1, "eps": 0.05},
    ],
)
def test_plateau_equals_pytorchs(options) -> None:
    torch = pytest.importorskip("torch")
    losses = [
        3,
        2.9,
        2.95,
        2.8,
        2.8,
        2.8,
        2.9,
        2.0,
        2.1,
        2.2,
        2.3,
        1.0,
        1.0,
        1.0,
        float("nan"),
        1.0,
        0.5,
    ]
    ours, theirs = _optimizer(ad, optim), _optimizer(torch, torch.optim)
    a = lr_scheduler.ReduceLROnPlateau(ours, **options)
    b = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **options)
    for loss in losses * 2:
        a.step(loss)
        b.step(loss)
        assert a.get_last_lr() == pytest.approx([g["lr"] for g in theirs.param_groups])


@pytest.mark.parametrize("name", CASES)
def test_saved_state_continues(name: str) -> None:
    one = _optimizer(ad, optim)
    schedule = CASES[name](lr_scheduler, one)
    whole = _rates(schedule, one, 20)
    two = _optimizer(ad, optim)
    first = CASES[name](lr_scheduler, two)
    start = _rates(first, two, 8)
    three = _optimizer(ad, optim)
    second = CASES[name](lr_scheduler, three)
    three.load_state_dict(two.state_dict())
    second.load_state_dict(first.state_dict())
    assert start + _rates(second, three, 12) == whole


def test_rate_assigned_by_hand_is_taken_up() -> None:
    optimizer = _optimizer(ad, optim)
    schedule = lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.param_groups[0]["lr"] = 8.0
    schedule.step()
    assert schedule.get_last_lr() == [4.0, 0.1]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda o: lr_scheduler.StepLR("sgd", 1), TypeError, "expected an Optimizer, got str"),
        (lambda o: lr_scheduler.StepLR(o, 0), ValueError, "step_size must be 1 or more"),
        (lambda o: lr_scheduler.ExponentialLR(o, 0.9, last_epoch=3), KeyError, "no 'initial_lr'"),
        (
            lambda o: lr_scheduler.LambdaLR(o, [abs]),
            ValueError,
            "1 functions for 2 parameter groups",
        ),
        (lambda o: lr_scheduler.OneCycleLR(o, 0.1), ValueError, "give total_steps, or epochs"),
        (lambda o: lr_scheduler.OneCycleLR(o, [0.1], 9), ValueError, "1 values of max_lr"),
        (
            lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=1.0),
            ValueError,
            "factor must be below",
        ),
        (lambda o: lr_scheduler.ReduceLROnPlateau(o, "best"), ValueError, "mode must be 'min' or"),
        (lambda o: lr_scheduler.SequentialLR(o, [], [1]), ValueError, "there are no schedulers"),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 0), ValueError, "T_max must be 1 or more"),
    ],
)
def test_bad_arguments(make, error, message) -> None:
    with pytest.raises(error, match=message):
        make(_optimizer(ad, optim))


def test_a_cycle_ends() -> None:
    optimizer = _optimizer(ad, optim)
    schedule = lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=3)
    for _ in range(3):
        schedule.step()
    with pytest.raises(ValueError, match="OneCycleLR"):
        schedule.step()
