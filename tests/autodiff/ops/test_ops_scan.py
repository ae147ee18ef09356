"""Running sums, products and extrema, and differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import autodiff as ad

NAN, INF = float("nan"), float("inf")


def gradient(function, x):
    x = ad.tensor(np.asarray(x, np.float64), requires_grad=True)
    (g,) = ad.grad(function(x), x)
    return g.numpy()


@st.composite
def arrays_and_axis(draw):
    shape = draw(arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5))
    elements = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])
    x = draw(arrays_of.arrays(np.float64, shape, elements=elements))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return x[..., ::-1] if draw(st.booleans()) else x, axis


@settings(max_examples=60, deadline=None)
@given(arrays_and_axis())
def test_sums_products_and_differences_agree_with_numpy(case):
    x, axis = case
    t = ad.from_numpy(x)
    np.testing.assert_allclose(t.cumsum(axis).numpy(), np.cumsum(x, axis))
    np.testing.assert_allclose(t.cumprod(axis).numpy(), np.cumprod(x, axis))
    np.testing.assert_allclose(np.cumsum(t).numpy(), np.cumsum(x))
    for n in range(3):
        np.testing.assert_allclose(t.diff(n, axis).numpy(), np.diff(x, n, axis))


@settings(max_examples=60, deadline=None)
@given(arrays_and_axis(), st.randoms(use_true_random=False))
def test_gradient_of_cumprod_is_that_of_its_definition(case, random):
    x, axis = case
    rng = np.random.default_rng(random.randrange(1000))
    g = rng.normal(size=x.shape)
    rows, weights = np.moveaxis(x, axis, -1), np.moveaxis(g, axis, -1)
    expected = np.zeros(rows.shape)
    n = rows.shape[-1]
    for i in range(n):
        for k in range(i, n):
            expected[..., i] += weights[..., k] * np.delete(rows[..., : k + 1], i, -1).prod(-1)
    ours = gradient(lambda t: (t.cumprod(axis) * ad.tensor(g)).sum(), x)
    np.testing.assert_allclose(ours, np.moveaxis(expected, -1, axis), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(arrays_and_axis())
def test_running_extrema(case):
    x, axis = case
    t = ad.tensor(x, requires_grad=True)
    for name, ufunc in (("cummax", np.maximum), ("cummin", np.minimum)):
        values, indices = getattr(t, name)(axis)
        np.testing.assert_array_equal(values.detach().numpy(), ufunc.accumulate(x, axis))
        np.testing.assert_array_equal(
            np.take_along_axis(x, indices.numpy(), axis), values.detach().numpy()
        )
        (g,) = ad.grad(values.sum(), t)
        expected = np.zeros(x.shape)
        rows, places = np.moveaxis(expected, axis, -1), np.moveaxis(indices.numpy(), axis, -1)
        for row in np.ndindex(*rows.shape[:-1]):
            np.add.at(rows[row], places[row], 1)
        np.testing.assert_array_equal(g.numpy(), expected)


def test_running_extrema_with_ties_and_nan():
    x = ad.tensor([1.0, 3.0, 3.0, 2.0, NAN, 5.0, NAN])
    values, indices = x.cummax(0)
    np.testing.assert_array_equal(values.numpy(), [1, 3, 3, 3, NAN, NAN, NAN])
    assert indices.tolist() == [0, 1, 2, 2, 4, 4, 6]
    values, indices = ad.tensor([2, 1, 1, 3]).cummin(0)
    assert (values.tolist(), indices.tolist()) == ([2, 1, 1, 1], [0, 1, 2, 2])


def test_integers_are_accumulated_as_int64():
    x = ad.tensor(np.array([200, 100, 1], np.uint8))
    assert x.cumsum(0).tolist() == [200, 300, 301]
    assert x.cumsum(0).dtype == x.cumprod(0).dtype == np.int64
    assert ad.tensor([True, True]).cumsum(0).tolist() == [1, 2]
    assert x.cumsum(0, dtype=ad.float32).dtype == np.float32


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_keep_their_dtype(dtype):
    for length in (3, 300):
        x = ad.tensor(np.ones(length, dtype), requires_grad=True)
        for out in (x.cumsum(0), x.cumprod(0), x.diff(), x.cummax(0).values):
            assert out.dtype == dtype
            (g,) = ad.grad(out.sum(), x)
            assert g.dtype == dtype


def test_long_running_sums_are_accurate():
    x = ad.full((1 << 20,), 0.1)
    np.testing.assert_allclose(x.cumsum(0)[-1].item(), 0.1 * (1 << 20), rtol=1e-6)


def test_no_dimensions():
    x = ad.tensor(3.0, requires_grad=True)
    for out in (x.cumsum(0), x.cumprod(-1), x.cummax(0).values, x.cummin(0)[0]):
        assert (out.item(), out.shape) == (3.0, ())
        (g,) = ad.grad(out, x)
        assert g.item() == 1.0
    assert x.cummax(0).indices.item() == 0


def test_infinite_elements():
    x = [2.0, INF, 0.0, 3.0]
    np.testing.assert_array_equal(ad.tensor(x).cumprod(0).numpy(), [2, INF, NAN, NAN])
    np.testing.assert_array_equal(ad.tensor(x).cumsum(0).numpy(), [2, INF, INF, INF])


def test_in_place():
    x = ad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    y.cumsum_(0)
    assert y.tolist() == [1.0, 3.0, 6.0]
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 2.0, 1.0]


def test_diff_of_bool_and_with_ends():
    assert ad.tensor([True, True, False]).diff().tolist() == [False, True]
    x = ad.tensor([1, 4])
    assert x.diff(prepend=ad.tensor([0]), append=ad.tensor([9, 9])).tolist() == [1, 3, 5, 0]
    assert x.diff(n=5).shape == (0,)
    assert ad.zeros(0).diff().shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x.cumsum(2), IndexError, "cumsum: dim 2"),
        (lambda x: x.cumprod("0"), TypeError, "cumprod: dim must be an integer"),
        (lambda x: x.cummax(-3), IndexError, "cummax: dim -3"),
        (lambda x: x.diff(dim=3), IndexError, "diff: dim 3"),
        (lambda x: x.diff(-1), ValueError, "diff: .*n=-1"),
        (lambda x: ad.tensor(1.0).diff(), ValueError, "diff: needs an axis"),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words):
        call(ad.ones(2, 3))


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", "float64"])
def test_dtypes_and_values_as_in_pytorch(dtype):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).integers(0, 2, (3, 4)).astype(dtype)
    for call in (
        lambda t: t.cumsum(1),
        lambda t: t.cumprod(0),
        lambda t: t.diff(),
        lambda t: t.cummax(1)[0],
        lambda t: t.cummax(1)[1],
        lambda t: t.cummin(0)[1],
    ):
        ours, theirs = call(ad.tensor(x)).numpy(), call(torch.tensor(x)).numpy()
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parity
def test_third_derivative_of_cumprod_with_zeros_as_in_pytorch():
    torch = pytest.importorskip("torch")
    x = np.array([[0.0, 2.0, 0.0, 3.0], [1.0, 0.0, 2.0, 0.5]])
    results = []
    for module in (ad, torch):
        t = module.tensor(x, requires_grad=True)
        gradient_of = ad.grad if module is ad else torch.autograd.grad
        out = (t.cumprod(1) ** 2).sum() + t.cumprod(0).sum()
        for _ in range(3):
            (g,) = gradient_of(out, t, create_graph=True)
            out = (g * g).sum()
        results.append(g.detach().numpy())
    np.testing.assert_allclose(results[0], results[1])
