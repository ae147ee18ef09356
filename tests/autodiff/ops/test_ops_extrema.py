"""Largest and smallest elements: ties, NaN, named tuples, errors."""

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
    (g,) = ad.grad(function(x).sum(), x)
    return g.tolist()


@st.composite
def arrays_and_axis(draw):
    shape = draw(arrays_of.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    elements = st.sampled_from([-1.0, 0.0, 2.0, NAN, INF, -INF])
    x = draw(arrays_of.arrays(np.float64, shape, elements=elements))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    flip = draw(st.booleans())
    return x[..., ::-1] if flip else x, axis, draw(st.booleans())


@settings(max_examples=60, deadline=None)
@given(arrays_and_axis())
@pytest.mark.parametrize("name", ["max", "min"])
def test_values_and_indices_agree_with_numpy(name, case):
    x, axis, keepdim = case
    t = ad.from_numpy(x)
    expected = getattr(np, name)(x, axis=axis, keepdims=keepdim)
    places = getattr(np, "arg" + name)(x, axis=axis, keepdims=keepdim)
    values, indices = getattr(ad, name)(t, axis, keepdim)
    np.testing.assert_array_equal(values.numpy(), expected)
    np.testing.assert_array_equal(indices.numpy(), places)
    assert indices.dtype == np.int64
    np.testing.assert_array_equal(getattr(ad, "a" + name)(t, axis, keepdim).numpy(), expected)
    np.testing.assert_array_equal(getattr(ad, "arg" + name)(t, axis, keepdim).numpy(), places)
    np.testing.assert_array_equal(getattr(ad, "a" + name)(t).numpy(), getattr(np, name)(x))
    assert getattr(ad, "arg" + name)(t).item() == getattr(np, "arg" + name)(x)


@settings(max_examples=40, deadline=None)
@given(arrays_and_axis())
def test_the_gradient_goes_to_the_element_named(case):
    x, axis, keepdim = case
    t = ad.tensor(x, requires_grad=True)
    values, indices = t.max(axis, keepdim)
    (g,) = ad.grad(values.sum(), t)
    expected = np.zeros(x.shape)
    places = indices.numpy() if keepdim else np.expand_dims(indices.numpy(), axis)
    np.put_along_axis(expected, places, 1.0, axis)
    np.testing.assert_array_equal(g.numpy(), expected)


def test_ties_share_the_gradient():
    x = [[1.0, 3.0, 3.0], [3.0, 2.0, 0.0]]
    third = 1 / 3
    assert gradient(lambda t: t.amax(), x) == [[0, third, third], [third, 0, 0]]
    assert gradient(lambda t: t.max(), x) == [[0, third, third], [third, 0, 0]]
    assert gradient(lambda t: t.amax(1), x) == [[0, 0.5, 0.5], [1, 0, 0]]
    assert gradient(lambda t: t.amax((0, 1), True), x) == [[0, third, third], [third, 0, 0]]
    assert gradient(lambda t: t.max(1).values, x) == [[0, 1, 0], [1, 0, 0]]
    assert gradient(lambda t: (-t).amin(1), x) == [[0, -0.5, -0.5], [-1, 0, 0]]


def test_nan_wins_and_takes_the_gradient():
    x = [1.0, NAN, 5.0, NAN]
    assert np.isnan(ad.tensor(x).max().item())
    assert ad.tensor(x).argmin().item() == 1
    for name in ("max", "min", "amax", "amin"):
        assert gradient(lambda t, name=name: getattr(t, name)(), x) == [0, 0.5, 0, 0.5]
    assert gradient(lambda t: t.max(0).values, x) == [0, 1, 0, 0]


def test_infinite_cotangents_do_not_spill():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    (g,) = ad.grad(x.amax(), x, ad.tensor(INF))
    assert g.tolist() == [0.0, INF]


def test_no_dimensions():
    x = ad.tensor(3.0, requires_grad=True)
    values, indices = x.max(0)
    assert (values.item(), indices.item(), indices.shape) == (3.0, 0, ())
    assert x.amin(-1).item() == 3.0
    assert x.argmax(0).item() == 0
    for out in (values, x.max(), x.amax(0)):
        (g,) = ad.grad(out, x)
        assert g.item() == 1.0


def test_named_tuples():
    x = ad.tensor([[1.0, 4.0], [3.0, 2.0]])
    result = x.max(dim=1)
    assert result.values.tolist() == result[0].tolist() == [4.0, 3.0]
    assert result.indices.tolist() == [1, 0]
    assert x.max(axis=0, keepdims=True).indices.tolist() == [[1, 0]]
    both = ad.aminmax(x, dim=0)
    assert (both.min.tolist(), both.max.tolist()) == ([1.0, 2.0], [3.0, 4.0])


def test_numpy_means_the_values():
    x = ad.tensor([[1.0, 4.0], [3.0, 2.0]])
    assert np.max(x, axis=0).tolist() == [3.0, 4.0]
    assert np.amin(x, axis=1, keepdims=True).tolist() == [[1.0], [2.0]]
    assert np.maximum.reduce(x, axis=None).item() == 4.0
    assert np.argmax(x, axis=1).tolist() == [1, 0]


def test_with_a_second_tensor_it_is_maximum():
    x, y = ad.tensor([1.0, 4.0]), ad.tensor([3.0, 2.0])
    assert ad.max(x, y).tolist() == [3.0, 4.0]
    assert ad.min(x, other=y).tolist() == [1.0, 2.0]
    assert x.max(np.array([0.0, 9.0], np.float32)).tolist() == [1.0, 9.0]


def test_argmax_of_all_counts_flattened():
    x = ad.tensor([[1, 4], [9, 2]])
    assert x.argmax().item() == 2
    assert x.argmax(keepdim=True).tolist() == [[2]]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x.max(),
        lambda x: x.max(0),
        lambda x: x.amax(0),
        lambda x: x.amin((0, 1)),
        lambda x: x.argmax(),
        lambda x: x.argmin(0),
    ],
)
def test_of_nothing_there_is_no_largest(call):
    with pytest.raises(IndexError, match=r"m(ax|in).*(0, 3|\[0, 3\])"):
        call(ad.zeros(0, 3))


def test_of_no_rows_there_are_no_largest():
    x = ad.zeros(0, 3)
    assert x.amax(1).shape == (0,)
    assert x.max(1).values.shape == x.max(1).indices.shape == (0,)
    assert x.argmax(1).shape == (0,)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16"])
def test_dtypes_stay(dtype):
    x = ad.tensor(np.array([1, 0, 1], dtype))
    assert x.max().dtype == x.amin().dtype == x.max(0).values.dtype == dtype
    assert x.max().item() == 1


def test_axes_out_of_range():
    for call in (ad.max, ad.amax, ad.argmax):
        with pytest.raises(IndexError, match="dim 2 is out of range"):
            call(ad.ones(2, 3), 2)


@pytest.mark.parity
def test_second_derivatives_and_ties_as_in_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (4, 5)).astype(np.float64)
    for name, args in [
        ("amax", (1,)),
        ("amin", ((0, 1),)),
        ("max", ()),
        ("min", (0,)),
        ("amax", (0, True)),
    ]:
        a, b = ad.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        ours, theirs = getattr(a, name)(*args), getattr(b, name)(*args)
        if isinstance(ours, tuple):
            np.testing.assert_array_equal(ours.indices.numpy(), theirs.indices.numpy())
            ours, theirs = ours.values, theirs.values
        (g,) = ad.grad((ours**3).sum(), a, create_graph=True)
        (h,) = torch.autograd.grad((theirs**3).sum(), b, create_graph=True)
        np.testing.assert_allclose(g.detach().numpy(), h.detach().numpy())
        (g,) = ad.grad((g**2).sum(), a)
        (h,) = torch.autograd.grad((h**2).sum(), b)
        np.testing.assert_allclose(g.numpy(), h.numpy())
