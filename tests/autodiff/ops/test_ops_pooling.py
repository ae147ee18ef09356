"""Pooling: textbook numbers, ties, NaN, options against PyTorch with both kernels, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import kernels
from autodiff.nn import functional as F
from parity import agree, twins

modes = pytest.mark.parametrize("mode", ["numpy", "numba"])
NAN = float("nan")


@modes
def test_maximum_and_its_gradient(mode):
    x = ad.tensor([[[1.0, 2.0, 5.0], [4.0, 3.0, 0.0]]], requires_grad=True)
    with kernels.use(mode):
        y, indices = F.max_pool2d(x, 2, stride=1, return_indices=True)
        y.backward(ad.tensor([[[10.0, 100.0]]]))
    assert y.tolist() == [[[4.0, 5.0]]]
    assert indices.tolist() == [[[3, 2]]]
    assert not indices.requires_grad
    assert x.grad.tolist() == [[[0.0, 0.0, 100.0], [10.0, 0.0, 0.0]]]


@modes
def test_of_equal_elements_the_first_gets_the_gradient(mode):
    x = ad.zeros(1, 4, requires_grad=True)
    with kernels.use(mode):
        F.max_pool1d(x, 2).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 1.0, 0.0]]


@modes
def test_overlapping_windows_add_up(mode):
    x = ad.tensor([[0.0, 9.0, 1.0]], requires_grad=True)
    with kernels.use(mode):
        F.max_pool1d(x, 2, stride=1).sum().backward()
    assert x.grad.tolist() == [[0.0, 2.0, 0.0]]


@modes
def test_nan_wins(mode):
    with kernels.use(mode):
        y = F.max_pool1d(ad.tensor([[1.0, NAN, 3.0, 4.0]]), 2)
    assert np.isnan(y.numpy()).tolist() == [[True, False]]


@modes
def test_mean_and_its_gradient(mode):
    x = ad.tensor([[2.0, 4.0, 6.0]], requires_grad=True)
    with kernels.use(mode):
        y = F.avg_pool1d(x, 2, stride=1, padding=1)
        y.backward(ad.tensor([[1.0, 10.0, 100.0, 1000.0]]))
        cut = F.avg_pool1d(x, 2, stride=1, padding=1, count_include_pad=False)
    assert y.tolist() == [[1.0, 3.0, 5.0, 3.0]]
    assert cut.tolist() == [[2.0, 3.0, 5.0, 6.0]]
    assert x.grad.tolist() == [[5.5, 55.0, 550.0]]


@modes
def test_adaptive_bins_overlap(mode):
    x = ad.tensor([[1.0, 5.0, 2.0]], requires_grad=True)
    with kernels.use(mode):
        y = F.adaptive_avg_pool1d(x, 2)
        y.sum().backward()
    assert y.tolist() == [[3.0, 3.5]]
    assert x.grad.tolist() == [[0.5, 1.0, 0.5]]


@modes
def test_global_mean(mode):
    x = ad.arange(24.0).reshape(2, 3, 2, 2)
    with kernels.use(mode):
        y = F.adaptive_avg_pool2d(x, 1)
    assert y.flatten(1).tolist() == x.mean((2, 3)).tolist()


@modes
def test_memory_order_makes_no_difference(mode):
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 5))
    with kernels.use(mode):
        for function in (F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
            expected = function(ad.tensor(x), 2).numpy()
            for view in (np.asfortranarray(x), np.repeat(x, 2, 3)[..., ::2]):
                y = function(ad.as_tensor(view), 2).numpy()
                np.testing.assert_allclose(y, expected, rtol=1e-14)


@modes
def test_second_order(mode):
    x = np.random.default_rng(0).permutation(40).reshape(1, 2, 5, 4) / 10
    x = ad.tensor(x, requires_grad=True)
    with kernels.use(mode):
        for function in (F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
            assert ad.gradgradcheck(lambda x, f=function: f(x, 2) ** 3, x)


@modes
def test_an_empty_batch(mode):
    with kernels.use(mode):
        for function in (F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
            x = ad.zeros(0, 3, 4, 4, requires_grad=True)
            y = function(x, 2)
            y.sum().backward()
            assert y.shape == (0, 3, 2, 2)
            assert x.grad.shape == x.shape


def test_errors():
    x = ad.zeros(1, 1, 4, 4)
    with pytest.raises(ValueError, match=r"max_pool2d: expected an input \(N, C, H, W\)"):
        F.max_pool2d(ad.zeros(4, 4), 2)
    with pytest.raises(ValueError, match="does not fit into"):
        F.max_pool2d(x, 5)
    with pytest.raises(ValueError, match=r"max_pool2d: padding .* more than half of kernel_size"):
        F.max_pool2d(x, 3, padding=2)
    with pytest.raises(ValueError, match=r"avg_pool1d: kernel_size .* must be positive"):
        F.avg_pool1d(x[0], 0)
    with pytest.raises(ValueError, match="kernel_size must be one integer or 2"):
        F.avg_pool2d(x, (2, 2, 2))
    with pytest.raises(ValueError, match="divisor_override must not be 0"):
        F.avg_pool2d(x, 2, divisor_override=0)
    with pytest.raises(TypeError, match="max_pool2d: expected a floating tensor, got int64"):
        F.max_pool2d(x.long(), 2)
    with pytest.raises(ValueError, match="adaptive_avg_pool2d: output_size must not be negative"):
        F.adaptive_avg_pool2d(x, -1)
    with pytest.raises(ValueError, match="adaptive_max_pool2d: output_size must be one integer"):
        F.adaptive_max_pool2d(x, (1, 2, 3))


WINDOWS = [
    (2, {}),
    (3, {"stride": 2}),
    ((2, 3), {"stride": 1, "padding": 1}),
    (3, {"stride": (2, 1), "padding": (1, 0), "ceil_mode": True}),
    (2, {"ceil_mode": True}),
    (4, {"stride": 3, "padding": 2, "ceil_mode": True}),
]


@pytest.mark.parity
@modes
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("size", "options"), WINDOWS, ids=str)
def test_as_torch(size, options, dtype, mode):
    x = np.random.default_rng(0).normal(size=(2, 3, 9, 8)).astype(dtype)
    x[0, 0, :2, :2] = 5
    one = {k: v[1] if isinstance(v, tuple) else v for k, v in options.items()}
    width = size[1] if isinstance(size, tuple) else size
    calls = [("2d", x, size, options), ("2d", x[0], size, options), ("1d", x[0], width, one)]
    with kernels.use(mode):
        for axes, images, window, given in calls:
            variants = [("max_pool", given), ("max_pool", {**given, "dilation": 2})]
            variants += [("avg_pool", given), ("avg_pool", {**given, "count_include_pad": False})]
            if axes == "2d":
                variants.append(("avg_pool", {**given, "divisor_override": 3}))
            for name, choice in variants:
                if choice.get("dilation") and window == 4:
                    continue  # the dilated window is larger than the images
                agree(*twins(name + axes, window, **choice), images)


@pytest.mark.parity
@modes
@pytest.mark.parametrize("size", [1, 3, (2, 5), (None, 4), (9, 8), (12, 1)], ids=str)
def test_adaptive_as_torch(size, mode):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(2, 3, 9, 8)).astype(np.float32)
    names = ["adaptive_avg_pool2d", "adaptive_max_pool2d"]
    if isinstance(size, int):
        names += ["adaptive_avg_pool1d", "adaptive_max_pool1d"]
    with kernels.use(mode):
        for name in names:
            images = x if name.endswith("2d") else x[0]
            agree(*twins(name, size), images)
        places = F.adaptive_max_pool2d(ad.tensor(x), size, return_indices=True)[1]
        expected = torch.nn.functional.adaptive_max_pool2d(
            torch.tensor(x), size, return_indices=True
        )[1]
        assert places.dtype == np.int64
        np.testing.assert_array_equal(places.numpy(), expected.numpy())
