"""Sorting, the largest few, order statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import autodiff as ad

NAN, INF = float("nan"), float("inf")


@st.composite
def arrays_and_axis(draw, max_side=5):
    shape = draw(arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=max_side))
    elements = st.sampled_from([-INF, -1.0, 0.0, 2.0, 3.0, INF, NAN])
    x = draw(arrays_of.arrays(np.float64, shape, elements=elements))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return x[..., ::-1] if draw(st.booleans()) else x, axis


def ordered(x, axis, descending):
    result = np.sort(x, axis)
    return np.flip(result, axis) if descending else result


@settings(max_examples=60, deadline=None)
@given(arrays_and_axis(), st.booleans())
def test_sort(case, descending):
    x, axis = case
    t = ad.tensor(x, requires_grad=True)
    values, indices = t.sort(axis, descending)
    np.testing.assert_array_equal(values.detach().numpy(), ordered(x, axis, descending))
    np.testing.assert_array_equal(
        np.take_along_axis(x, indices.numpy(), axis), values.detach().numpy()
    )
    np.testing.assert_array_equal(t.argsort(axis, descending).numpy(), indices.numpy())
    weights = np.arange(x.size, dtype=np.float64).reshape(x.shape)
    (g,) = ad.grad((values * ad.tensor(weights)).sum(), t)
    np.testing.assert_array_equal(np.take_along_axis(g.numpy(), indices.numpy(), axis), weights)


@settings(max_examples=60, deadline=None)
@given(arrays_and_axis(), st.booleans(), st.integers(0, 5), st.booleans())
def test_topk(case, largest, k, in_order):
    x, axis = case
    k = min(k, x.shape[axis])
    values, indices = ad.from_numpy(x).topk(k, axis, largest, in_order)
    part = (slice(None),) * (axis % x.ndim) + (slice(k),)
    expected = ordered(x, axis, largest)[part]
    found = values.numpy() if in_order else ordered(values.numpy(), axis, largest)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.take_along_axis(x, indices.numpy(), axis), values.numpy())


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("largest", [True, False])
def test_topk_of_many(largest, in_order):
    x = np.random.default_rng(0).permutation(3000).reshape(3, 1000).astype(np.float32)
    t = ad.tensor(x, requires_grad=True)
    values, indices = t.topk(7, 1, largest, in_order)
    expected = ordered(x, 1, largest)[:, :7]
    found = values.detach().numpy() if in_order else ordered(values.detach().numpy(), 1, largest)
    np.testing.assert_array_equal(found, expected)
    values.sum().backward()
    assert t.grad.sum().item() == 21
    assert np.take_along_axis(t.grad.numpy(), indices.numpy(), 1).min() == 1


@settings(max_examples=60, deadline=None)
@given(arrays_and_axis(), st.integers(1, 5), st.booleans())
def test_kthvalue_and_median(case, k, keepdim):
    x, axis = case
    k = min(k, x.shape[axis])
    t = ad.from_numpy(x)
    values, indices = t.kthvalue(k, axis, keepdim)
    expected = np.take(np.sort(x, axis), [k - 1] if keepdim else k - 1, axis)
    np.testing.assert_array_equal(values.numpy(), expected)
    places = indices.numpy() if keepdim else np.expand_dims(indices.numpy(), axis)
    found = np.take_along_axis(x, places, axis)
    np.testing.assert_array_equal(found if keepdim else found.squeeze(axis), expected)
    middle = np.take(np.sort(x, axis), (x.shape[axis] - 1) // 2, axis)
    middle = np.where(np.isnan(x).any(axis), NAN, middle)
    np.testing.assert_array_equal(t.median(axis).values.numpy(), middle)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(np.median(t, axis=axis).numpy(), np.median(x, axis))


def test_equal_elements_keep_their_order():
    x = ad.tensor([[2, 1, 2, 1, 1]])
    assert x.sort(1).indices.tolist() == [[1, 3, 4, 0, 2]]
    assert x.sort(1, descending=True).indices.tolist() == [[0, 2, 1, 3, 4]]
    assert x.topk(4).indices.tolist() == [[0, 2, 1, 3]]
    assert ad.zeros(1000).topk(3).indices.shape == (3,)


def test_unsigned_integers_and_bool_are_ordered_too():
    assert ad.tensor(np.array([3, 0, 255], np.uint8)).sort(descending=True).values.tolist() == [
        255,
        3,
        0,
    ]
    assert ad.tensor([True, False]).sort().values.tolist() == [False, True]


def test_median_of_all():
    x = ad.tensor([[4.0, 1.0], [3.0, 1.0]], requires_grad=True)
    assert x.median().item() == 1.0
    (g,) = ad.grad(x.median(), x)
    assert g.tolist() == [[0.0, 0.5], [0.0, 0.5]]  # elements that tie share it
    assert np.isnan(ad.tensor([1.0, NAN]).median().item())
    assert np.isnan(ad.zeros(0).median().item())
    assert np.median(x).item() == 2.0
    assert np.median(x, keepdims=True).shape == (1, 1)


def test_no_dimensions():
    x = ad.tensor(3.0, requires_grad=True)
    for result in (x.sort(), x.topk(1), x.kthvalue(1), x.median(0), x.sort(0, True)):
        assert (result.values.item(), result.indices.item(), result.indices.shape) == (3.0, 0, ())
        (g,) = ad.grad(result.values, x)
        assert g.item() == 1.0
    assert x.argsort().item() == 0
    assert x.median().item() == 3.0


def test_nothing():
    assert ad.zeros(2, 0).sort().values.shape == (2, 0)
    assert ad.zeros(2, 3).topk(0).values.shape == (2, 0)
    assert ad.zeros(0, 3).sort(1, True).indices.shape == (0, 3)


def test_numpy():
    x = ad.tensor([[3.0, 1.0], [2.0, 0.0]])
    assert np.sort(x).tolist() == [[1.0, 3.0], [0.0, 2.0]]
    assert np.sort(x, axis=None).tolist() == [0.0, 1.0, 2.0, 3.0]
    assert np.argsort(x, axis=0).tolist() == [[1, 1], [0, 0]]
    assert x.sort(axis=0).values.tolist() == [[2.0, 0.0], [3.0, 1.0]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x.sort(2), IndexError, "sort: dim 2"),
        (lambda x: x.topk(4), IndexError, r"topk\(float32\[2, 3\].*from 0 to 3"),
        (lambda x: x.topk(-1), IndexError, "topk"),
        (lambda x: x.kthvalue(0), IndexError, "kthvalue.*from 1 to 3"),
        (lambda x: x.kthvalue(4, 1), IndexError, "kthvalue.*from 1 to 3"),
        (lambda x: x[:, :0].median(1), IndexError, "median.*no elements"),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words):
        call(ad.ones(2, 3))


@pytest.mark.parity
def test_as_in_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x = rng.permutation(24).reshape(2, 3, 4).astype(np.float32)
    x[0, 1, 2] = NAN
    for call in (
        lambda t: t.sort(),
        lambda t: t.sort(0, True),
        lambda t: t.sort(dim=1, descending=True, stable=True),
        lambda t: t.topk(2),
        lambda t: t.topk(2, 1, False),
        lambda t: t.kthvalue(3, 1),
        lambda t: t.kthvalue(1, keepdim=True),
        lambda t: t.median(1),
        lambda t: t.median(-1, True),
    ):
        ours, theirs = call(ad.tensor(x)), call(torch.tensor(x))
        np.testing.assert_array_equal(ours.values.numpy(), theirs.values.numpy())
        np.testing.assert_array_equal(ours.indices.numpy(), theirs.indices.numpy())
