"""Convolutions: textbook numbers, options against PyTorch with both kernels, errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autodiff as ad
from autodiff import kernels
from parity import agree, twins

modes = pytest.mark.parametrize("mode", ["numpy", "numba"])


@modes
def test_cross_correlation_with_padding_and_stride(mode):
    image = ad.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    kernel = ad.tensor([[[[1.0, 0.0], [0.0, -1.0]]]])
    with kernels.use(mode):
        y = ad.conv2d(image, kernel, ad.tensor([10.0]), stride=2, padding=1)
    assert y.tolist() == [[[[9.0, 7.0], [3.0, 6.0]]]]


@modes
def test_gradients_count_how_often_each_element_is_used(mode):
    x = ad.ones(1, 1, 3, 3, requires_grad=True)
    w = ad.ones(1, 1, 2, 2, requires_grad=True)
    b = ad.zeros(1, requires_grad=True)
    with kernels.use(mode):
        ad.conv2d(x, w, b).sum().backward()
    assert x.grad.tolist() == [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]
    assert w.grad.tolist() == [[[[4.0, 4.0], [4.0, 4.0]]]]
    assert b.grad.tolist() == [4.0]


@modes
def test_the_transpose_is_the_adjoint(mode):
    rng = np.random.default_rng(0)
    x, y = ad.tensor(rng.normal(size=(2, 4, 7, 6))), ad.tensor(rng.normal(size=(2, 6, 3, 6)))
    w = ad.tensor(rng.normal(size=(6, 2, 3, 2)))
    options = {"stride": (3, 1), "padding": (1, 0), "dilation": (1, 1), "groups": 2}
    with kernels.use(mode):
        forward = ad.conv2d(x, w, **options)
        assert forward.shape == (2, 6, 3, 5)
        y = y[..., :5]
        back = ad.conv_transpose2d(y, w, output_padding=(0, 0), **options)
    assert back.shape == (2, 4, 7, 6)
    np.testing.assert_allclose((forward * y).sum().item(), (x * back).sum().item(), rtol=1e-12)


@modes
def test_same_padding_of_an_even_kernel_is_longer_at_the_end(mode):
    with kernels.use(mode):
        y = ad.conv1d(ad.tensor([[1.0, 2.0, 3.0]]), ad.ones(1, 1, 2), padding="same")
    assert y.tolist() == [[3.0, 5.0, 3.0]]


@modes
def test_an_empty_batch(mode):
    x = ad.zeros(0, 2, 5, 5, requires_grad=True)
    w = ad.ones(3, 2, 3, 3, requires_grad=True)
    with kernels.use(mode):
        y = ad.conv2d(x, w)
        y.sum().backward()
    assert y.shape == (0, 3, 3, 3)
    assert x.grad.shape == x.shape
    assert w.grad.tolist() == np.zeros((3, 2, 3, 3)).tolist()


@modes
def test_memory_order_makes_no_difference(mode):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 2, 3))
    with kernels.use(mode):
        expected = ad.conv2d(ad.tensor(x), ad.tensor(w)).numpy()
        for a, b in ((np.asfortranarray(x), w[::-1]), (np.repeat(x, 2, 3)[..., ::2], w[::-1])):
            y = ad.conv2d(ad.as_tensor(a), ad.as_tensor(b)).numpy()[:, ::-1]
            np.testing.assert_allclose(y, expected, rtol=1e-12)


@modes
def test_a_volume_is_a_sum_over_its_depths(mode):
    rng = np.random.default_rng(0)
    x, w = ad.tensor(rng.normal(size=(2, 3, 6, 5, 4))), ad.tensor(rng.normal(size=(4, 3, 2, 3, 3)))
    with kernels.use(mode):
        y = ad.conv3d(x, w, stride=(2, 1, 1), padding=(0, 1, 1)).numpy()
        for z in range(3):
            parts = [ad.conv2d(x[:, :, 2 * z + d], w[:, :, d], padding=1).numpy() for d in (0, 1)]
            np.testing.assert_allclose(y[:, :, z], sum(parts), rtol=1e-10, atol=1e-12)


@modes
def test_second_order(mode):
    rng = np.random.default_rng(0)
    x, w, b = [
        ad.tensor(rng.normal(size=s), requires_grad=True) for s in ((1, 2, 4, 3), (2, 1, 2, 2), 2)
    ]
    with kernels.use(mode):
        assert ad.gradgradcheck(lambda *xs: ad.conv2d(*xs, padding=1, groups=2), (x, w, b))


def test_errors():
    x, w = ad.zeros(1, 3, 8, 8), ad.zeros(4, 3, 3, 3)
    with pytest.raises(ValueError, match=r"conv2d: input \(1, 2, 8, 8\) has 2 channels; weight"):
        ad.conv2d(x[:, :2], w)
    with pytest.raises(ValueError, match=r"conv2d: expected an input \(N, C, H, W\).*\(8, 8\)"):
        ad.conv2d(ad.zeros(8, 8), w)
    with pytest.raises(ValueError, match=r"conv1d: expected an input \(N, C, L\)"):
        ad.conv1d(x, w)
    with pytest.raises(ValueError, match=r"conv3d: expected an input \(N, C, D, H, W\)"):
        ad.conv3d(x, w)
    with pytest.raises(ValueError, match=r"bias has shape \(3,\).*needs \(4,\)"):
        ad.conv2d(x, w, ad.zeros(3))
    with pytest.raises(TypeError, match="float64, float32; convert"):
        ad.conv2d(x.double(), w)
    with pytest.raises(TypeError, match="conv2d: expected a floating tensor, got int64"):
        ad.conv2d(x.long(), w)
    with pytest.raises(ValueError, match="the kernel does not fit into the padded input"):
        ad.conv2d(x, ad.zeros(4, 3, 9, 9))
    with pytest.raises(ValueError, match="padding='same' needs stride 1"):
        ad.conv2d(x, w, stride=2, padding="same")
    with pytest.raises(ValueError, match="'same', 'valid' or integers, got 'full'"):
        ad.conv2d(x, w, padding="full")
    with pytest.raises(ValueError, match=r"stride must be one integer or 2, got \(1, 1, 1\)"):
        ad.conv2d(x, w, stride=(1, 1, 1))
    with pytest.raises(TypeError, match="stride must be an integer"):
        ad.conv2d(x, w, stride=1.5)
    for options in ({"stride": 0}, {"dilation": 0}, {"padding": -1}, {"groups": 0}):
        with pytest.raises(ValueError, match=r"positive|negative"):
            ad.conv2d(x, w, **options)
    with pytest.raises(ValueError, match="conv_transpose2d: output_padding"):
        ad.conv_transpose2d(ad.zeros(1, 4, 2, 2), w, output_padding=1)
    with pytest.raises(ValueError, match="use less padding"):
        ad.conv_transpose2d(ad.zeros(1, 4, 1, 1), w, padding=2)
    with pytest.raises(ValueError, match="has 3 channels; weight"):
        ad.conv_transpose2d(x, w)
    with pytest.raises(TypeError, match="padding must be integers, got 'same'"):
        ad.conv_transpose1d(ad.zeros(1, 4, 2), ad.zeros(4, 3, 3), padding="same")


CONVOLUTIONS = [
    {},
    {"stride": 2},
    {"padding": [1, 2]},
    {"padding": "same", "dilation": 2},
    {"padding": "same"},
    {"padding": "valid", "stride": (2, 1)},
    {"stride": (2, 1), "padding": (1, 2), "groups": 2},
    {"stride": 3, "dilation": (1, 2), "padding": 2, "groups": 4},
]
TRANSPOSED = [
    {},
    {"stride": 2},
    {"stride": 2, "output_padding": 1},
    {"padding": 1},
    {"dilation": 2, "output_padding": 1},
    {"stride": 3, "dilation": (1, 2), "padding": 2, "groups": 4, "output_padding": (2, 1)},
]


def _one_axis(options):
    return {k: v[1] if isinstance(v, (tuple, list)) else v for k, v in options.items()}


def _three_axes(options):
    return {k: (v[0], *v) if isinstance(v, (tuple, list)) else v for k, v in options.items()}


@pytest.mark.parity
@modes
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_as_torch(options, dtype, mode):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 8, 7)).astype(dtype)
    w = rng.normal(size=(8, 4 // options.get("groups", 1), 3, 2)).astype(dtype)
    b = rng.normal(size=8).astype(dtype)
    calls = [
        ("conv2d", options, (x, w, b)),
        ("conv2d", options, (x[0], w)),
        ("conv1d", _one_axis(options), (x[:, :, 0], w[:, :, 0], b)),
        ("conv1d", _one_axis(options), (x[0, :, 0], w[:, :, 0])),
        ("conv3d", _three_axes(options), (x[:, :, None].repeat(3, 2), w[:, :, None], b)),
        ("conv3d", _three_axes(options), (x[0, :, None].repeat(3, 1), w[:, :, None])),
    ]
    with kernels.use(mode), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same'")
        for name, given, arrays in calls:
            agree(*twins(name, **given), *arrays)


@pytest.mark.parity
@modes
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", TRANSPOSED, ids=str)
def test_transposed_as_torch(options, dtype, mode):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 4, 5, 6)).astype(dtype)
    w = rng.normal(size=(4, 8 // options.get("groups", 1), 3, 2)).astype(dtype)
    b = rng.normal(size=8).astype(dtype)
    calls = [
        ("conv_transpose2d", options, (x, w, b)),
        ("conv_transpose2d", options, (x[0], w)),
        ("conv_transpose1d", _one_axis(options), (x[:, :, 0], w[:, :, 0], b)),
        ("conv_transpose3d", _three_axes(options), (x[:, :, None].repeat(3, 2), w[:, :, None], b)),
    ]
    with kernels.use(mode):
        for name, given, arrays in calls:
            agree(*twins(name, **given), *arrays)
