"""Optimisers whose state moves to PyTorch and back, and schedules that are put together."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import optim

lr_scheduler = optim.lr_scheduler

CASES = [
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {"lr": 0.01, "amsgrad": True}),
    ("AdamW", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1}),
    ("Adadelta", {}),
]


def _steps(lib, params, optimizer, count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(count):
        for p in params:
            p.grad = lib.tensor(rng.standard_normal(tuple(p.shape)).astype(np.float32))
        optimizer.step()


def _moved(state, tensor):
    """The state of one library with the tensors of the other."""
    return {
        "state": {
            i: {k: v if v is None else tensor(np.asarray(v)) for k, v in entry.items()}
            for i, entry in state["state"].items()
        },
        "param_groups": state["param_groups"],
    }


@pytest.mark.parity
@pytest.mark.parametrize(("name", "options"), CASES, ids=[name for name, _ in CASES])
def test_state_moves_between_the_libraries(name, options) -> None:
    torch = pytest.importorskip("torch")
    start = [np.ones((3, 2), np.float32), np.zeros(4, np.float32)]
    a = [ad.tensor(x, requires_grad=True) for x in start]
    b = [torch.tensor(x, requires_grad=True) for x in start]
    ours = getattr(optim, name)(a, **options)
    theirs = getattr(torch.optim, name)(b, **options)
    _steps(ad, a, ours, 4)
    _steps(torch, b, theirs, 4)
    ours_again = getattr(optim, name)(a, lr=9.0)
    ours_again.load_state_dict(theirs.state_dict())
    theirs_again = getattr(torch.optim, name)(b, lr=9.0)
    theirs_again.load_state_dict(_moved(ours.state_dict(), torch.tensor))
    _steps(ad, a, ours_again, 3)
    _steps(torch, b, theirs_again, 3)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x.numpy(force=True), y.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_named_parameters_are_taken() -> None:
    net = ad.nn.Linear(2, 1)
    optimizer = optim.SGD(net.named_parameters(), lr=0.5)
    net(ad.ones(1, 2)).sum().backward()
    before = net.bias.item()
    optimizer.step()
    assert net.bias.item() == pytest.approx(before - 0.5)


def _sgd(lib, optimisers, lr: float = 1.0):
    return optimisers.SGD([lib.ones(1, requires_grad=True)], lr=lr)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
def test_schedules_chained_and_restarted_as_pytorchs() -> None:
    torch = pytest.importorskip("torch")

    def run(lib, optimisers):
        schedules = optimisers.lr_scheduler
        one = _sgd(lib, optimisers)
        chained = schedules.ChainedScheduler(
            [schedules.ExponentialLR(one, 0.95), schedules.StepLR(one, 5, 0.5)]
        )
        two = _sgd(lib, optimisers)
        restarts = schedules.CosineAnnealingWarmRestarts(two, 4, 2, 0.01)
        rates = []
        for epoch in range(50):
            chained.step()
            restarts.step(epoch / 3)
            rates += [*chained.get_last_lr(), *restarts.get_last_lr()]
        return rates

    np.testing.assert_allclose(run(ad, optim), run(torch, torch.optim), rtol=1e-9)


def test_a_schedule_continues_after_an_epoch() -> None:
    whole = _sgd(ad, optim)
    schedule = lr_scheduler.ExponentialLR(whole, 0.5)
    for _ in range(5):
        schedule.step()
    resumed = _sgd(ad, optim)
    resumed.param_groups[0].update(lr=0.25, initial_lr=1.0)
    later = lr_scheduler.ExponentialLR(resumed, 0.5, last_epoch=2)
    for _ in range(2):
        later.step()
    assert later.get_last_lr() == schedule.get_last_lr()


def test_state_of_callable_objects_is_saved() -> None:
    class Decay:
        def __init__(self, rate: float) -> None:
            self.rate = rate

        def __call__(self, epoch: int) -> float:
            return self.rate**epoch

    state = lr_scheduler.LambdaLR(_sgd(ad, optim), Decay(0.5)).state_dict()
    assert state["lr_lambdas"] == [{"rate": 0.5}]
    other = lr_scheduler.LambdaLR(_sgd(ad, optim), Decay(0.1))
    other.load_state_dict(state)
    other.step()
    assert other.get_last_lr() == [0.5]


def test_schedules_of_other_optimisers_are_refused() -> None:
    one, two = _sgd(ad, optim), _sgd(ad, optim)
    a, b = lr_scheduler.ExponentialLR(one, 0.5), lr_scheduler.ExponentialLR(two, 0.5)
    with pytest.raises(ValueError, match="scheduler 1 belongs to another optimizer"):
        lr_scheduler.SequentialLR(one, [a, b], [3])
    with pytest.raises(ValueError, match="scheduler 1 belongs to another optimizer"):
        lr_scheduler.ChainedScheduler([a, b])
    with pytest.raises(ValueError, match="there are no schedulers"):
        lr_scheduler.ChainedScheduler([])
