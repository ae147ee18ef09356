"""Initialisation: PyTorch's numbers, the properties that the formulas promise, and refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn

init = nn.init

CALLS = [
    ("uniform_", (), {}),
    ("uniform_", (-2.0, 3.0), {}),
    ("normal_", (), {}),
    ("normal_", (1.0, 0.5), {}),
    ("trunc_normal_", (), {"std": 0.02, "a": -0.03, "b": 0.03}),
    ("constant_", (0.3,), {}),
    ("ones_", (), {}),
    ("zeros_", (), {}),
    ("xavier_uniform_", (), {"gain": 1.5}),
    ("xavier_normal_", (), {}),
    ("kaiming_uniform_", (), {"a": math.sqrt(5)}),
    ("kaiming_uniform_", (), {"mode": "fan_out", "nonlinearity": "relu"}),
    ("kaiming_normal_", (), {"mode": "fan_out", "nonlinearity": "tanh"}),
    ("orthogonal_", (), {"gain": 0.5}),
    ("eye_", (), {}),
    ("dirac_", (), {}),
    ("dirac_", (2,), {}),
    ("sparse_", (0.3,), {}),
]
SHAPES = {
    "eye_": [(3, 5)],
    "sparse_": [(7, 4)],
    "dirac_": [(4, 2, 3), (4, 3, 3, 3), (2, 2, 3, 3, 4)],
}


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_numbers_are_pytorchs(name, args, kwargs, dtype) -> None:
    torch = pytest.importorskip("torch")
    for shape in SHAPES.get(name, [(6, 4), (3, 7), (4, 3, 3, 2)]):
        ad.manual_seed(11)
        torch.manual_seed(11)
        ours = ad.empty(*shape, dtype=dtype)
        theirs = torch.empty(*shape, dtype=getattr(torch, dtype))
        assert getattr(init, name)(ours, *args, **kwargs) is ours
        getattr(torch.nn.init, name)(theirs, *args, **kwargs)
        exact = {} if name == "orthogonal_" or dtype == "float64" else {"rtol": 0, "atol": 0}
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), **(exact or {"atol": 1e-6}))


def test_a_generator_of_ones_own() -> None:
    for fill in (init.uniform_, init.normal_, init.kaiming_normal_, init.orthogonal_):
        first = fill(ad.empty(4, 4), generator=ad.Generator().manual_seed(3))
        ad.manual_seed(0)
        again = fill(ad.empty(4, 4), generator=ad.Generator().manual_seed(3))
        assert first.tolist() == again.tolist()


def test_parameters_are_filled_without_recording_but_backward_notices() -> None:
    w = nn.Parameter(ad.ones(2, 2))
    y = (w * w).sum()
    init.zeros_(w)
    assert w.is_leaf
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_views_are_filled_in_place() -> None:
    x = ad.zeros(4, 6)
    init.ones_(x[:, ::2])
    assert x.sum().item() == 12


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 3, 2)])
def test_orthogonal_rows_or_columns(shape) -> None:
    w = init.orthogonal_(ad.empty(*shape, dtype=ad.float64)).numpy().reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-12)


def test_bounds_and_spreads() -> None:
    ad.manual_seed(0)
    w = init.xavier_uniform_(ad.empty(100, 50)).numpy()
    assert abs(w).max() <= math.sqrt(6 / 150)
    np.testing.assert_allclose(w.std(), math.sqrt(2 / 150), rtol=0.05)
    w = init.kaiming_normal_(ad.empty(64, 8, 5, 5), nonlinearity="relu").numpy()
    np.testing.assert_allclose(w.std(), math.sqrt(2 / 200), rtol=0.05)


def test_gains_and_fans() -> None:
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(math.sqrt(2 / 1.04))
    assert init._calculate_fan_in_and_fan_out(ad.empty(4, 3, 2, 5)) == (30, 40)


def test_empty_weights() -> None:
    for fill in (init.xavier_uniform_, init.kaiming_normal_, init.orthogonal_):
        assert fill(ad.empty(0, 3)).shape == (0, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.calculate_gain("swish"), "unknown nonlinearity 'swish'; known are linear"),
        (lambda: init.calculate_gain("leaky_relu", "x"), "slope must be a number"),
        (lambda: init.xavier_uniform_(ad.empty(3)), r"2 or more axes .*got shape \(3,\)"),
        (lambda: init.kaiming_uniform_(ad.empty(3, 3), mode="fan"), "mode must be 'fan_in' or"),
        (lambda: init.eye_(ad.empty(3)), "2 axes"),
        (lambda: init.dirac_(ad.empty(3, 3)), "3 to 5 axes"),
        (lambda: init.dirac_(ad.empty(3, 3, 3), 2), "do not divide into 2 groups"),
        (lambda: init.orthogonal_(ad.empty(3)), "2 or more axes"),
        (lambda: init.sparse_(ad.empty(3), 0.1), "2 axes"),
        (lambda: init.sparse_(ad.empty(3, 3), 1.5), r"sparsity must lie in \[0, 1\]"),
        (lambda: init.uniform_(ad.empty(3), 1.0, 0.0), "low must not exceed high"),
        (lambda: init.normal_(ad.empty(3), 0.0, -1.0), "std must not be negative"),
    ],
)
def test_refusals(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()
