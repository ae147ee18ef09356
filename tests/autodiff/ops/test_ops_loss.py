"""Elementwise losses: extreme inputs, edges, errors, every option against PyTorch."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins

INF = float("inf")


def slope(loss, x, y):
    x = ad.tensor(x, requires_grad=True)
    loss(x, ad.tensor(y)).sum().backward()
    return x.grad.tolist()


def test_kinks():
    assert slope(F.l1_loss, [0.0], [0.0]) == [0.0]
    assert slope(F.huber_loss, [0.0, 3.0], [0.0, 0.0]) == [0.0, 0.5]
    assert slope(F.smooth_l1_loss, [1.0, -1.0], [0.0, 0.0]) == [0.5, -0.5]


def test_binary_cross_entropy_is_cut_at_100():
    x, y = ad.tensor([0.0, 1.0, 1.0]), ad.tensor([1.0, 0.0, 1.0])
    assert F.binary_cross_entropy(x, y, reduction="none").tolist() == [100.0, 100.0, 0.0]


def test_logits_do_not_overflow():
    x = ad.tensor([1e4, -1e4, 1e4], requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(x, ad.tensor([1.0, 1.0, 0.0]), reduction="sum")
    loss.backward()
    assert loss.item() == 2e4
    assert x.grad.tolist() == [0.0, -1.0, 1.0]


def test_a_zero_probability_adds_nothing_to_kl_div():
    y = ad.tensor([0.0, 1.0], requires_grad=True)
    x = ad.tensor([-3.0, 0.0], requires_grad=True)
    loss = F.kl_div(x, y, reduction="sum")
    loss.backward()
    assert loss.item() == 0
    assert x.grad.tolist() == [0.0, -1.0]
    assert np.isfinite(y.grad.numpy()).all()


def test_shapes_that_differ_are_broadcast_with_a_warning():
    x, y = ad.tensor([[1.0], [2.0]]), ad.tensor([1.0, 2.0])
    with pytest.warns(UserWarning, match=r"mse_loss: input has shape \(2, 1\) and target \(2,\)"):
        loss = F.mse_loss(x, y)
    assert loss.item() == 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="mse_loss"):
            F.mse_loss(ad.zeros(2), ad.zeros(3))


def test_dtypes():
    x, y = ad.tensor([1.0, 2.0]), ad.tensor([1, 4])
    assert F.mse_loss(x, y).dtype == np.float32
    assert F.mse_loss(x, y.double()).dtype == np.float64
    with pytest.raises(TypeError, match="mse_loss: input and target are int64"):
        F.mse_loss(y, y)
    g = ad.tensor([1.0], requires_grad=True)
    F.huber_loss(g, ad.tensor([9.0])).backward()
    assert g.grad.dtype == np.float32


def test_no_elements():
    x = ad.zeros(0, requires_grad=True)
    assert math.isnan(F.mse_loss(x, ad.zeros(0)).item())
    assert F.mse_loss(x, ad.zeros(0), reduction="sum").item() == 0
    assert F.l1_loss(x, ad.zeros(0), reduction="none").shape == (0,)


def test_python_numbers_and_arrays_as_targets():
    assert F.mse_loss(ad.tensor(3.0), 1.0).item() == 4
    assert F.l1_loss(ad.tensor([3.0]), np.array([1.0], np.float32)).item() == 2


def test_errors():
    x = ad.zeros(2, 3)
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"):
        with pytest.raises(ValueError, match=rf"{name}: reduction must be .* got 'avg'"):
            getattr(F, name)(x, x, reduction="avg")
    for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
        with pytest.raises(ValueError, match=rf"{name}: target has shape \(3,\), which must be"):
            getattr(F, name)(x, ad.zeros(3))
    for bad in (-0.5, 1.5, float("nan")):
        with pytest.raises(ValueError, match=rf"probabilities in \[0, 1\], but holds {bad}"):
            F.binary_cross_entropy(ad.tensor([0.5, bad]), ad.zeros(2))
    with pytest.raises(ValueError, match="huber_loss: delta must be positive, got 0"):
        F.huber_loss(x, x, delta=0)
    with pytest.raises(ValueError, match="smooth_l1_loss: beta must not be negative"):
        F.smooth_l1_loss(x, x, beta=-1.0)
    with pytest.raises(ValueError, match=r"mse_loss: weight has shape \(3,\)"):
        F.mse_loss(x, x, weight=ad.ones(3))
    with pytest.raises(ValueError, match="needs an input with a batch axis"):
        F.kl_div(ad.tensor(0.0), ad.tensor(0.0), reduction="batchmean")
    with pytest.raises(ValueError, match="var must not be negative"):
        F.gaussian_nll_loss(x, x, -ad.ones(2, 3))
    with pytest.raises(ValueError, match=r"var has shape \(3, 2\)"):
        F.gaussian_nll_loss(x, x, ad.ones(3, 2))
    with pytest.raises(ValueError, match=r"cosine_embedding_loss: expected inputs \(N, D\)"):
        F.cosine_embedding_loss(x, x, ad.ones(2, 3))


def test_infinite_differences():
    assert slope(lambda x, y: F.huber_loss(x, y), [INF, -INF], [0.0, 0.0]) == [0.5, -0.5]


def _arrays(dtype):
    rng = np.random.default_rng(0)
    return {
        "x": rng.normal(size=(4, 5)).astype(dtype),
        "y": rng.normal(size=(4, 5)).astype(dtype),
        "p": rng.uniform(0.05, 0.95, (4, 5)).astype(dtype),
        "q": rng.uniform(0.05, 0.95, (4, 5)).astype(dtype),
        "row": rng.uniform(0.05, 3, 5).astype(dtype),
        "signs": rng.choice([-1, 1], (4, 5)).astype(dtype),
        "large": 100 * rng.normal(size=(4, 5)).astype(dtype),
    }


CASES = [
    ("mse_loss", "x y", {}),
    ("mse_loss", "x y", {"weight": "q"}),
    ("l1_loss", "x y", {}),
    ("l1_loss", "x y", {"weight": "q"}),
    ("smooth_l1_loss", "x y", {}),
    ("smooth_l1_loss", "x y", {"beta": 0.3}),
    ("smooth_l1_loss", "x y", {"beta": 0}),
    ("huber_loss", "x y", {}),
    ("huber_loss", "x y", {"delta": 0.3}),
    ("huber_loss", "x y", {"weight": "q"}),
    ("binary_cross_entropy", "p q", {}),
    ("binary_cross_entropy", "p q", {"weight": "row"}),
    ("binary_cross_entropy_with_logits", "x q", {}),
    ("binary_cross_entropy_with_logits", "large q", {}),
    ("binary_cross_entropy_with_logits", "large q", {"pos_weight": "row"}),
    ("binary_cross_entropy_with_logits", "x q", {"pos_weight": "row", "weight": "q"}),
    ("kl_div", "x p", {}),
    ("kl_div", "x y", {"log_target": True}),
    ("gaussian_nll_loss", "x y p", {}),
    ("gaussian_nll_loss", "x y p", {"full": True, "eps": 0.3}),
    ("gaussian_nll_loss", "x y", {"var": 0.7}),
    ("poisson_nll_loss", "x", {"target": "row"}),
    ("poisson_nll_loss", "p", {"target": "row", "log_input": False, "full": True}),
    ("soft_margin_loss", "x", {"target": "signs"}),
    ("hinge_embedding_loss", "x", {"target": "signs", "margin": 0.7}),
    ("margin_ranking_loss", "x y", {"target": "signs", "margin": 0.7}),
    ("cosine_embedding_loss", "x y", {"target": "column", "margin": 0.1}),
    ("triplet_margin_loss", "x y p", {"margin": 2.0}),
    ("triplet_margin_loss", "x y p", {"margin": 2.0, "swap": True, "p": 3}),
]


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "inputs", "options"), CASES, ids=str)
def test_as_torch(name, inputs, options, dtype):
    arrays = _arrays(dtype)
    arrays["column"] = arrays["signs"][:, 0].copy()
    options = {k: arrays[v] if isinstance(v, str) else v for k, v in options.items()}
    for reduction in ["mean", "sum", "none"] + ["batchmean"] * (name == "kl_div"):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "reduction: 'mean' divides")
            xs = [arrays[k] for k in inputs.split()]
            agree(*twins(name, reduction=reduction, **options), *xs)
