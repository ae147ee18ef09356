"""Normalisation: statistics, running averages, edges, options against PyTorch, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff.nn import functional as F
from parity import agree, twins

rng = np.random.default_rng


def test_layer_norm_gives_mean_0_and_variance_1():
    x = ad.tensor(rng(0).normal(5, 3, size=(4, 6, 8)))
    y = ad.layer_norm(x, (6, 8)).numpy()
    np.testing.assert_allclose(y.mean((1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((1, 2)), 1, rtol=1e-4)


def test_a_constant_row_gives_zeros_and_a_finite_gradient():
    x = ad.full((2, 4), 3.0, requires_grad=True)
    y = ad.layer_norm(x, 4)
    (y * ad.arange(4.0)).sum().backward()
    assert not y.numpy(force=True).any()
    assert np.isfinite(x.grad.numpy()).all()


def test_the_gradient_does_not_depend_on_shift_and_scale_directions():
    x = ad.tensor(rng(0).normal(size=(3, 5)), requires_grad=True)
    g = ad.grad((ad.layer_norm(x, 5, eps=0.0) * ad.tensor(rng(1).normal(size=(3, 5)))).sum(), x)[0]
    np.testing.assert_allclose(g.sum(1).numpy(), 0, atol=1e-12)
    np.testing.assert_allclose((g * x.detach()).sum(1).numpy(), 0, atol=1e-12)


def test_running_statistics():
    mean, var = ad.zeros(2), ad.ones(2)
    x = ad.tensor([[1.0, 0.0], [3.0, 10.0]])
    F.batch_norm(x, mean, var, training=True)
    np.testing.assert_allclose(mean.numpy(), [0.2, 0.5], rtol=1e-6)
    np.testing.assert_allclose(var.numpy(), [0.9 + 0.2, 0.9 + 5.0], rtol=1e-6)
    before = mean.tolist(), var.tolist()
    F.batch_norm(x, mean, var, training=False)
    assert (mean.tolist(), var.tolist()) == before
    F.batch_norm(x, mean, var, training=True, momentum=1.0)
    np.testing.assert_allclose(mean.numpy(), [2.0, 5.0])


def test_updating_running_statistics_counts_as_a_write():
    mean, var = ad.zeros(2), ad.ones(2)
    weight = ad.ones(2, requires_grad=True)
    y = mean * weight
    F.batch_norm(ad.tensor([[1.0, 0.0], [3.0, 10.0]]), mean, var, training=True)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()


def test_writing_into_the_result_spoils_no_gradient():
    for function in (
        lambda x: ad.layer_norm(x, 3),
        lambda x: F.batch_norm(x, None, None, training=True),
    ):
        x = ad.tensor(rng(0).normal(size=(4, 3)), requires_grad=True)
        expected = ad.grad((function(x) * 2).relu().sum(), x)[0].numpy()
        y = function(x)
        y.mul_(2)
        y.relu_()
        np.testing.assert_array_equal(ad.grad(y.sum(), x)[0].numpy(), expected)


def test_empty_batch_and_no_elements():
    assert ad.layer_norm(ad.zeros(0, 3, requires_grad=True), 3).shape == (0, 3)
    assert ad.layer_norm(ad.zeros(2, 0), 0).shape == (2, 0)
    mean, var = ad.zeros(3), ad.ones(3)
    assert F.batch_norm(ad.zeros(0, 3, 2), mean, var, training=True).shape == (0, 3, 2)
    assert (mean.tolist(), var.tolist()) == ([0.0] * 3, [1.0] * 3)


def test_float16_is_computed_in_float32():
    x = ad.tensor([[1000.0, -1000.0], [1.0, 3.0]], dtype=ad.float16, requires_grad=True)
    one = ad.ones(2, dtype=ad.float16)
    for y in (ad.layer_norm(x, 2, one, one), F.batch_norm(x.T, None, None, training=True).T + 1):
        assert y.dtype == np.float16
        np.testing.assert_allclose(y.numpy(force=True), [[2.0, 0.0], [0.0, 2.0]], atol=1e-2)
        assert ad.grad(y.sum(), x)[0].dtype == np.float16


def test_memory_order_makes_no_difference():
    x = rng(0).normal(size=(4, 3, 5))
    expected = F.batch_norm(ad.tensor(x), None, None, training=True).numpy()
    for view in (np.asfortranarray(x), np.repeat(x, 2, 2)[..., ::2]):
        y = F.batch_norm(ad.as_tensor(view), None, None, training=True).numpy()
        np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_results_share_no_memory_with_what_backward_needs():
    x = ad.tensor(rng(0).normal(size=(1, 3, 4)), requires_grad=True)
    y = F.batch_norm(x, None, None, training=True)
    xhat = y.grad_fn.saved[-1][0]
    assert not np.may_share_memory(y.numpy(force=True), xhat)


def test_errors():
    x = ad.zeros(4, 3)
    with pytest.raises(ValueError, match=r"layer_norm: normalized_shape \(4,\) must be the last"):
        ad.layer_norm(x, 4)
    with pytest.raises(ValueError, match=r"layer_norm: weight has shape \(4,\).*needs \(3,\)"):
        ad.layer_norm(x, 3, ad.ones(4))
    with pytest.raises(TypeError, match="weight has dtype float64, the input float32"):
        ad.layer_norm(x, 3, ad.ones(3, dtype=ad.float64))
    with pytest.raises(TypeError, match="rms_norm: expected a floating tensor"):
        ad.rms_norm(x.long(), 3)
    with pytest.raises(ValueError, match="one value per channel"):
        F.batch_norm(x[:1], None, None, training=True)
    with pytest.raises(ValueError, match="running_mean and running_var are needed"):
        F.batch_norm(x, None, None)
    with pytest.raises(ValueError, match=r"running statistics have shape \(2,\), expected \(3,\)"):
        F.batch_norm(x, ad.zeros(2), ad.zeros(2))
    with pytest.raises(ValueError, match=r"expected an input \(N, C\)"):
        F.batch_norm(ad.zeros(3), None, None, training=True)
    with pytest.raises(ValueError, match=r"instance_norm: .* one value per channel"):
        F.instance_norm(ad.zeros(2, 3, 1))
    with pytest.raises(ValueError, match="cannot cut the channels"):
        ad.group_norm(x, 2)
    with pytest.raises(IndexError, match="dim 2 is out of range"):
        F.normalize(x, dim=2)


def test_normalize_of_zeros_is_zero_with_a_finite_gradient():
    x = ad.zeros(2, 3, requires_grad=True)
    y = F.normalize(x)
    y.sum().backward()
    assert not y.numpy(force=True).any()
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "sizes"),
    [((64, 128), (128,)), ((3, 4, 5), (4, 5)), ((3, 4, 5), (5,)), ((6,), (6,))],
)
def test_layers_as_torch(shape, sizes, dtype):
    x, w, b = [rng(0).normal(size=s).astype(dtype) for s in (shape, sizes, sizes)]
    ours, theirs = twins("layer_norm", normalized_shape=sizes)
    agree(ours, theirs, x)
    agree(lambda *xs: _affine(ours, *xs), lambda *xs: _affine(theirs, *xs), x, w, b)
    ours, theirs = twins("rms_norm", normalized_shape=sizes)
    agree(lambda *xs: _affine(ours, *xs), lambda *xs: _affine(theirs, *xs), x, w)


def _affine(function, x, *affine):
    return function(x, **dict(zip(("weight", "bias"), affine)))


@pytest.mark.parity
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape", [(5, 4), (3, 4, 6), (3, 4, 2, 5), (2, 4, 3, 2, 2), (1, 4, 3), (3, 1, 5)]
)
def test_channels_as_torch(shape, dtype, training):
    torch = pytest.importorskip("torch")
    x, w, b, mean = [
        rng(i).normal(size=s).astype(dtype) for i, s in enumerate((shape, *(shape[1],) * 3))
    ]
    var = rng(4).uniform(0.5, 2, size=shape[1]).astype(dtype)
    running, twins = (ad.tensor(mean), ad.tensor(var)), (torch.tensor(mean), torch.tensor(var))
    names = ["batch_norm"] if len(shape) == 2 else ["batch_norm", "instance_norm"]
    for name in names:
        ours, theirs = getattr(F, name), getattr(torch.nn.functional, name)
        agree(
            lambda x, w, b, f=ours: f(x, *running, w, b, training, 0.3),
            lambda x, w, b, f=theirs: f(x, *twins, w, b, training, 0.3),
            x,
            w,
            b,
        )
        for t, twin in zip(running, twins):
            np.testing.assert_allclose(t.numpy(), twin.numpy(), rtol=1e-5)
    if shape[1] == 4:
        theirs = torch.nn.functional.group_norm
        agree(lambda x, w, b: F.group_norm(x, 2, w, b), lambda x, w, b: theirs(x, 2, w, b), x, w, b)
