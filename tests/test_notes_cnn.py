"""Worked numbers of lecture notes: convolutional networks (rows 90-99)."""

from __future__ import annotations

import gzip
import hashlib

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn, optim
from autodiff.examples.idx import read_mnist
from autodiff.nn import functional as F
from notes import array, data_file, tensor


def direct(x: np.ndarray, k: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Valid cross-correlation by loops: x (C, H, W), k (O, C, f, f), b (O,)."""
    size, (height, width) = k.shape[-1], x.shape[1:]
    out = np.empty((len(k), height - size + 1, width - size + 1))
    for o, i, j in np.ndindex(out.shape):
        out[o, i, j] = (x[:, i : i + size, j : j + size] * k[o]).sum() + b[o]
    return out


def test_row_90_valid_convolution() -> None:
    assert nn.Conv2d(1, 6, 3)(ad.zeros(2, 1, 28, 28)).shape == (2, 6, 26, 26)
    same_twice = nn.Conv2d(1, 6, 3, padding="valid")
    assert same_twice(ad.zeros(2, 1, 28, 28)).shape == (2, 6, 26, 26)


def test_row_91_channels_are_summed() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 7, 6))
    k, b = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    out = array(F.conv2d(ad.tensor(x), ad.tensor(k), ad.tensor(b)))
    np.testing.assert_allclose(out, [direct(image, k, b) for image in x], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("f", [1, 3, 5, 7])
def test_row_92_same_padding(f: int) -> None:
    x = ad.randn(1, 2, 28, 28, dtype=ad.float64)
    layer = nn.Conv2d(2, 3, f, padding=(f - 1) // 2, dtype=ad.float64)
    assert layer(x).shape == (1, 3, 28, 28)
    same = F.conv2d(x, layer.weight, layer.bias, padding="same")
    np.testing.assert_allclose(array(same), array(layer(x)), rtol=1e-12)
    assert f != 5 or layer.padding in (2, (2, 2))


def test_row_93_stride_discards_the_last_pixels() -> None:
    x = tensor(np.random.default_rng(0).normal(size=(1, 1, 28, 28)))
    out = F.conv2d(x, ad.ones(1, 1, 3, 3, dtype=ad.float64), stride=2)
    assert out.shape == (1, 1, 13, 13)
    out.sum().backward()
    g = array(x.grad)[0, 0]
    assert not g[-1].any()
    assert not g[:, -1].any()
    assert (g[:-1, :-1] > 0).all()


def test_row_94_edge_filters() -> None:
    sobel = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    filters = ad.tensor(np.stack([sobel, sobel.T])[:, None])
    image = np.zeros((6, 8))
    image[:, 4:] = 1.0  # a step from dark to bright
    vertical, horizontal = array(F.conv2d(ad.tensor(image[None, None]), filters))[0]
    np.testing.assert_array_equal(vertical, np.tile([0.0, 0, 4, 4, 0, 0], (4, 1)))
    np.testing.assert_array_equal(horizontal, np.zeros((4, 6)))
    back = ad.tensor(1 - image[None, None])
    assert array(F.conv2d(back, filters))[0, 0].min() == -4.0
    turned = array(F.conv2d(ad.tensor(image.T[None, None]), filters))[0]
    np.testing.assert_array_equal(turned[1], vertical.T)


def test_row_95_pooling() -> None:
    x = tensor(
        np.random.default_rng(0).permutation(16.0 * np.ones(16)).cumsum().reshape(1, 1, 4, 4)
    )
    largest = nn.MaxPool2d(2)
    assert largest(x).shape == (1, 1, 2, 2)
    assert not list(largest.parameters())
    largest(x).sum().backward()
    mask = np.zeros((4, 4))
    mask[1::2, 1::2] = 1.0  # the numbers grow to the right and downwards
    np.testing.assert_array_equal(array(x.grad)[0, 0], mask)
    x.grad = None
    average = nn.AvgPool2d(2)(x)
    np.testing.assert_allclose(
        array(average)[0, 0], array(x)[0, 0].reshape(2, 2, 2, 2).mean((1, 3)), rtol=1e-15
    )
    average.sum().backward()
    np.testing.assert_array_equal(array(x.grad)[0, 0], np.full((4, 4), 0.25))


def test_row_96_gradients_of_a_convolution() -> None:
    rng = np.random.default_rng(0)
    x, k, b = (tensor(rng.normal(size=s)) for s in ((2, 3, 6, 5), (4, 3, 3, 3), (4,)))
    assert ad.gradcheck(F.conv2d, (x, k, b))
    out = F.conv2d(x, k, b)
    dz = rng.normal(size=out.shape)
    out.backward(ad.tensor(dz))
    # The kernel's gradient correlates images with output gradients, summed over the batch.
    swapped = F.conv2d(x.detach().transpose(0, 1), ad.tensor(dz).transpose(0, 1))
    np.testing.assert_allclose(array(k.grad), array(swapped.transpose(0, 1)), rtol=1e-12)
    np.testing.assert_allclose(array(b.grad), dz.sum((0, 2, 3)), rtol=1e-12)


def test_row_97_small_cnn_learns_mnist() -> None:
    # A tenth of the training images: 95.4 to 96.4 % for seeds 0 to 2; `autodiff demo` takes all.
    folder = data_file("mnist/train-images-idx3-ubyte.gz").parent

    def prepared(part: str, count: int) -> tuple[ad.Tensor, ad.Tensor]:
        images, labels = read_mnist(folder, part)
        x = (ad.from_numpy(images[:count, None]).float() / 255 - 0.1307) / 0.3081
        return x, ad.from_numpy(labels[:count]).long()

    (x, y), (test_x, test_y) = prepared("train", 6000), prepared("t10k", 2000)
    ad.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 5 * 5, 10), nn.LogSoftmax(dim=1),
    )  # fmt: skip
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(3):
        for chosen in ad.randperm(len(x)).split(32):
            optimizer.zero_grad()
            F.nll_loss(model(x[chosen]), y[chosen]).backward()
            optimizer.step()
    with ad.no_grad():
        accuracy = (model(test_x).argmax(1) == test_y).float().mean().item()
    assert accuracy >= 0.94


MNIST = [
    ("train-images-idx3-ubyte.gz", 2051, 60000, "6bbc9ace898e44ae57da46a324031adb"),
    ("train-labels-idx1-ubyte.gz", 2049, 60000, "a25bea736e30d166cdddb491f175f624"),
    ("t10k-images-idx3-ubyte.gz", 2051, 10000, "2646ac647ad5339dbf082846283269ea"),
    ("t10k-labels-idx1-ubyte.gz", 2049, 10000, "27ae3e4e09519cfbb04c329615203637"),
]


@pytest.mark.parametrize(("name", "magic", "count", "md5"), MNIST, ids=[row[0] for row in MNIST])
def test_row_98_files_of_mnist(name: str, magic: int, count: int, md5: str) -> None:
    raw = gzip.decompress(data_file(f"mnist/{name}").read_bytes())
    assert int.from_bytes(raw[:4], "big") == magic
    assert int.from_bytes(raw[4:8], "big") == count
    assert hashlib.md5(raw).hexdigest() == md5


@pytest.mark.parametrize(("part", "count"), [("train", 60000), ("t10k", 10000)])
def test_row_98_reader_of_mnist(part: str, count: int) -> None:
    images, labels = read_mnist(data_file(f"mnist/{part}-images-idx3-ubyte.gz").parent, part)
    assert images.shape == (count, 28, 28)
    assert labels.shape == (count,)
    assert images.dtype == labels.dtype == np.uint8
    assert set(labels.tolist()) == set(range(10))


def test_row_99_gradient_of_an_lstm_cell() -> None:
    # Hochreiter and Schmidhuber 1997, with forget gates.
    def cell(
        x: ad.Tensor, h: ad.Tensor, c: ad.Tensor, w: ad.Tensor, u: ad.Tensor, b: ad.Tensor
    ) -> tuple[ad.Tensor, ad.Tensor]:
        i, f, g, o = (x @ w + h @ u + b).chunk(4, dim=1)
        c = ad.sigmoid(f) * c + ad.sigmoid(i) * ad.tanh(g)
        return ad.sigmoid(o) * ad.tanh(c), c

    def two_steps(x: ad.Tensor, *state: ad.Tensor) -> tuple[ad.Tensor, ad.Tensor]:
        h, c, *weights = state
        for t in range(2):
            h, c = cell(x[t], h, c, *weights)
        return h, c

    rng = np.random.default_rng(0)
    shapes = [(2, 2, 3), (2, 2), (2, 2), (3, 8), (2, 8), (8,)]
    inputs = tuple(tensor(rng.normal(size=shape)) for shape in shapes)
    assert ad.gradcheck(two_steps, inputs)
    assert ad.gradgradcheck(two_steps, inputs)
