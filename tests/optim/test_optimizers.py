"""Every optimiser: PyTorch's steps, state and errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import kernels, optim

CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.01, "maximize": True}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "maximize": True}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.2, "amsgrad": True}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "centered": True, "alpha": 0.9}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr": 0.1}),
    (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5},
    ),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1}),
]
_IDS = [f"{name}-{'-'.join(options)}" for name, options in CASES]


def _problem(dtype: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(0)
    shapes = [(3, 4), (5,), (), (70, 80)]  # the last one is large enough for the compiled kernels
    start = [rng.standard_normal(s).astype(dtype) for s in shapes]
    target = [rng.standard_normal(s).astype(dtype) for s in shapes]
    return start, target


def _run(lib, make, start, target, steps: int = 20):
    params = [lib.tensor(a, requires_grad=True) for a in start]
    targets = [lib.tensor(a) for a in target]
    optimizer = make(params)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = sum((((p - t) * (p - t)).sum() for p, t in zip(params, targets)), lib.tensor(0.0))
        loss.backward()
        optimizer.step()
    return params, optimizer


@pytest.mark.parity
@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=_IDS)
def test_twenty_steps_equal_pytorch(name, options, dtype, mode) -> None:
    torch = pytest.importorskip("torch")
    start, target = _problem(dtype)
    with kernels.use(mode):
        ours, _ = _run(ad, lambda p: getattr(optim, name)(p, **options), start, target)
    theirs, _ = _run(torch, lambda p: getattr(torch.optim, name)(p, **options), start, target)
    tolerance = 2e-6 if dtype == "float32" else 1e-12
    for a, b in zip(ours, theirs, strict=True):
        b = b.detach().numpy()
        assert np.abs(a.detach().numpy() - b).max() <= tolerance * max(1.0, np.abs(b).max())


@pytest.mark.parity
@pytest.mark.parametrize(("name", "options"), CASES, ids=_IDS)
def test_state_is_pytorchs(name, options) -> None:
    torch = pytest.importorskip("torch")
    start, target = _problem("float32")
    _, ours = _run(ad, lambda p: getattr(optim, name)(p, **options), start, target, 3)
    _, theirs = _run(torch, lambda p: getattr(torch.optim, name)(p, **options), start, target, 3)
    a, b = ours.state_dict(), theirs.state_dict()
    assert a["state"].keys() == b["state"].keys()
    for i, entry in b["state"].items():
        expected = {k: v for k, v in entry.items() if v is not None}
        assert a["state"][i].keys() == expected.keys()
        for key, value in expected.items():
            np.testing.assert_allclose(
                a["state"][i][key].numpy(), value.numpy(), rtol=1e-4, atol=1e-6
            )
    for group, other in zip(a["param_groups"], b["param_groups"], strict=True):
        assert {k: other[k] for k in group} == group


@pytest.mark.parametrize(("name", "options"), CASES, ids=_IDS)
def test_saved_state_continues_the_run(name, options) -> None:
    start, target = _problem("float64")
    make = lambda p: getattr(optim, name)(p, **options)
    whole, _ = _run(ad, make, start, target, 6)
    half, optimizer = _run(ad, make, start, target, 3)

    def resumed(params):
        fresh = make(params)
        fresh.load_state_dict(optimizer.state_dict())
        return fresh

    second, _ = _run(ad, resumed, [p.detach().numpy() for p in half], target, 3)
    for a, b in zip(whole, second, strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())


def test_groups_have_their_own_options() -> None:
    a, b = (ad.ones(2, requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 1.0}], lr=0.1)
    (a.sum() + b.sum()).backward()
    optimizer.step()
    np.testing.assert_allclose(a.detach().numpy(), 0.9)
    np.testing.assert_allclose(b.detach().numpy(), 0.0)


def test_parameters_without_gradient_stay() -> None:
    a, b = (ad.ones(2, requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([a, b])
    a.sum().backward()
    optimizer.step()
    assert b.tolist() == [1.0, 1.0]
    assert b not in optimizer.state


def test_zero_grad() -> None:
    a = ad.ones(2, requires_grad=True)
    optimizer = optim.SGD([a], lr=0.1)
    a.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert a.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert a.grad is None


def test_closure_runs_with_recording_on() -> None:
    a = ad.ones(2, requires_grad=True)
    optimizer = optim.SGD([a], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (a * a).sum()
        loss.backward()
        return loss

    with ad.no_grad():
        assert optimizer.step(closure).item() == 2.0
    np.testing.assert_allclose(a.detach().numpy(), 0.8)


def test_a_step_is_noticed_by_backward() -> None:
    a = ad.ones(2, requires_grad=True)
    loss = (a * a).sum()
    loss.backward(retain_graph=True)
    optim.SGD([a], lr=0.1).step()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_transposed_parameter() -> None:
    a = ad.tensor(np.ones((80, 70)).T, requires_grad=True)
    assert a.shape == (70, 80)
    with kernels.use("numba"):
        optimizer = optim.Adam([a], lr=0.5)
        (a * 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(a.detach().numpy(), 0.5, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda p: optim.SGD([]), ValueError, "empty list"),
        (lambda p: optim.SGD(p), TypeError, "put it in a list"),
        (lambda p: optim.SGD([1.0]), TypeError, "can only optimise Tensors, got float"),
        (lambda p: optim.SGD([p * 2]), ValueError, "can only optimise leaves"),
        (lambda p: optim.SGD([p, p]), ValueError, "given twice"),
        (lambda p: optim.SGD([p], lr=-1.0), ValueError, "lr must not be negative, got -1"),
        (lambda p: optim.SGD([p], nesterov=True), ValueError, "nesterov needs a momentum"),
        (lambda p: optim.Adam([p], betas=(1.0, 0.9)), ValueError, r"betas\[0\] must be in"),
        (lambda p: optim.Adam([p], eps=-1), ValueError, "eps must not be negative"),
        (lambda p: optim.Adam([p], differentiable=True), ValueError, "differentiable=True is not"),
        (lambda p: optim.RMSprop([p], alpha=-1), ValueError, "alpha must not"),
        (lambda p: optim.Adadelta([p], rho=2), ValueError, "rho must be in"),
        (lambda p: optim.Adagrad([p], lr_decay=-1), ValueError, "lr_decay must not"),
        (lambda p: optim.SGD([{"lr": 1.0}]), TypeError, "with the key 'params'"),
    ],
)
def test_bad_arguments(make, error, message) -> None:
    with pytest.raises(error, match=message):
        make(ad.ones(2, requires_grad=True))


def test_state_of_another_shape_is_refused() -> None:
    a, b = ad.ones(2, requires_grad=True), ad.ones(3, requires_grad=True)
    one, two = optim.Adam([a]), optim.Adam([a, b])
    with pytest.raises(ValueError, match=r"groups of \[2\] parameters, this optimiser of \[1\]"):
        one.load_state_dict(two.state_dict())
    b.sum().backward()
    other = optim.Adam([b])
    other.step()
    with pytest.raises(ValueError, match="has shape"):
        one.load_state_dict(other.state_dict())
    assert not one.state


def test_repr_names_the_options() -> None:
    text = repr(optim.SGD([ad.ones(1, requires_grad=True)], lr=0.25))
    assert text.startswith("SGD (\nParameter Group 0\n")
    assert "    lr: 0.25" in text
