"""Choosing and bounds: ties, NaN, what must not leak into gradients, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff as ad

nan, inf = math.nan, math.inf


def leaf(*data, dtype=ad.float64):
    return ad.tensor(list(data), dtype=dtype, requires_grad=True)


def gradients(function, *operands):
    leaves = [leaf(*data) for data in operands]
    function(*leaves).sum().backward()
    return [x.grad.tolist() for x in leaves]


# where


def test_where_guards_a_function_outside_its_domain():
    x = leaf(-1.0, 0.0, 4.0)
    inside = ad.where(x > 0, x, 1.0)
    y = ad.where(x > 0, inside.log() + inside.sqrt(), -x)
    (g,) = ad.grad(y.sum(), x, create_graph=True)
    assert g.tolist() == [-1.0, -1.0, 0.25 + 0.25]
    (h,) = ad.grad(g.sum(), x)
    np.testing.assert_allclose(h.tolist(), [0.0, 0.0, -1 / 16 - 1 / 32])


def test_where_drops_infinite_cotangents_and_infinite_values():
    x, y = leaf(inf, 1.0), leaf(2.0, nan)
    out = ad.where(ad.tensor([False, True]), x, y)
    assert out.tolist() == [2.0, 1.0]
    out.backward(ad.tensor([inf, nan], dtype=ad.float64))
    np.testing.assert_array_equal(x.grad.tolist(), [0.0, nan])
    np.testing.assert_array_equal(y.grad.tolist(), [inf, 0.0])


def test_where_takes_numbers_arrays_and_values():
    mask = ad.tensor([True, False])
    x = ad.tensor([1.0, 2.0])
    assert ad.where(mask, x, 0).tolist() == [1.0, 0.0]
    assert ad.where(mask, 5, x).tolist() == [5.0, 2.0]
    assert ad.where(mask, 1.0, 0.0).dtype == ad.float32
    assert ad.where(mask, 1, 0).dtype == ad.int64
    assert ad.where(np.array([True, False]), x, -x).tolist() == [1.0, -2.0]
    assert ad.where(True, x, -x).tolist() == [1.0, 2.0]
    assert np.where(mask, x, 0.0).tolist() == [1.0, 0.0]
    assert x.where(mask, -x).tolist() == [1.0, -2.0]
    v, w = ad.Value(2.0), ad.Value(3.0)
    out = ad.where(v > 0, v * w, w)
    out.backward()
    assert (out.data, v.grad, w.grad) == (6.0, 3.0, 2.0)
    assert isinstance(ad.where(mask, v, x), ad.Tensor)


def test_where_promotes_its_operands():
    out = ad.where(ad.tensor([True]), leaf(1.0, dtype=ad.float32), leaf(1.0))
    assert out.dtype == ad.float64


def test_where_without_operands_finds_the_places():
    rows, columns = ad.where(ad.tensor([[False, True], [True, True]]))
    assert (rows.tolist(), columns.tolist()) == ([0, 1, 1], [1, 0, 1])


def test_where_refuses_what_it_cannot_mean():
    x = ad.ones(2)
    with pytest.raises(TypeError, match=r"where: the condition must be bool, got float32 of shape"):
        ad.where(x, x, x)
    with pytest.raises(TypeError, match="give both input and other, or neither"):
        ad.where(x > 0, x)
    with pytest.raises(ValueError, match=r"where\(bool\[2\], float32\[2\], float32\[3\]\)"):
        ad.where(x > 0, x, ad.ones(3))


# masked_fill


def test_masked_fill():
    x, value = leaf(1.0, nan, 3.0), ad.tensor(7.0, dtype=ad.float64, requires_grad=True)
    mask = ad.tensor([True, True, False])
    out = x.masked_fill(mask, value)
    assert out.tolist() == [7.0, 7.0, 3.0]
    out.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]
    assert value.grad.item() == 2.0
    y = ad.tensor([1, 2, 3])
    assert y.masked_fill_(mask, 9).tolist() == [9, 9, 3]
    assert ad.ones(3).masked_fill(mask, -inf).tolist() == [-inf, -inf, 1.0]
    assert ad.ones(2, 3).masked_fill(mask, 0).tolist() == [[0.0, 0.0, 1.0]] * 2
    with pytest.raises(TypeError, match=r"int64 cannot hold the value 0\.5"):
        y.masked_fill(mask, 0.5)
    with pytest.raises(ValueError, match="value must be a number or 0-d"):
        x.masked_fill(mask, ad.ones(3))
    with pytest.raises(TypeError, match="the condition must be bool"):
        x.masked_fill(y, 0)


# maximum and its kin


def test_ties_share_the_gradient():
    assert gradients(ad.maximum, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]) == [[0.5, 0, 1], [0.5, 1, 0]]
    assert gradients(ad.minimum, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]) == [[0.5, 1, 0], [0.5, 0, 1]]
    assert gradients(ad.fmax, [1.0], [1.0]) == [[1.0], [0.0]]
    assert gradients(ad.fmin, [1.0], [1.0]) == [[1.0], [0.0]]


def test_nan_propagates_in_maximum_and_loses_in_fmax():
    x, y = leaf(nan, 1.0, nan), leaf(1.0, nan, nan)
    np.testing.assert_array_equal(ad.maximum(x, y).tolist(), [nan, nan, nan])
    np.testing.assert_array_equal(ad.minimum(x, y).tolist(), [nan, nan, nan])
    np.testing.assert_array_equal(ad.fmax(x, y).tolist(), [1.0, 1.0, nan])
    ad.fmin(x, y).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0]
    assert y.grad.tolist() == [1.0, 0.0, 0.0]


def test_maximum_takes_numbers_and_large_arrays():
    assert ad.maximum(ad.tensor([-1.0, 2.0]), 0).tolist() == [0.0, 2.0]
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, (2, 5000)).astype(float)
    x, y = ad.tensor(a, requires_grad=True), ad.tensor(b, requires_grad=True)
    ad.maximum(x, y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), (a > b) + 0.5 * (a == b))
    np.testing.assert_array_equal(y.grad.numpy(), (b > a) + 0.5 * (a == b))


# clamp


def test_clamp_includes_its_bounds():
    assert gradients(lambda x: x.clamp(-1, 1), [-2.0, -1.0, 0.0, 1.0, 2.0]) == [[0, 1, 1, 1, 0]]
    assert gradients(lambda x: x.clamp(min=0), [-1.0, 0.0, nan]) == [[0, 1, 0]]
    assert gradients(lambda x: x.clamp_max(0), [-1.0, 0.0, 1.0]) == [[1, 1, 0]]
    np.testing.assert_array_equal(ad.tensor([nan, 5.0]).clamp(0, 1).tolist(), [nan, 1.0])


@pytest.mark.parity
def test_clamp_by_tensors_as_in_torch():
    torch = pytest.importorskip("torch")
    grid = np.array(np.meshgrid([-1.0, 0.0, 1.0, nan], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]))
    arrays = list(grid.reshape(3, -1))
    for used in ((0, 1, 2), (0, 1), (0, 2)):
        ours, theirs = (
            [
                library.tensor(a, requires_grad=True) if i in used else None
                for i, a in enumerate(arrays)
            ]
            for library in (ad, torch)
        )
        y, z = ad.clamp(*ours), torch.clamp(*theirs)
        np.testing.assert_array_equal(y.detach().numpy(), z.detach().numpy())
        y.sum().backward()
        z.sum().backward()
        for i in used:
            np.testing.assert_array_equal(ours[i].grad.numpy(), theirs[i].grad.numpy())


def test_clamp_with_crossed_bounds_gives_the_upper_one():
    assert ad.clamp(ad.tensor([0.0, 5.0]), 3.0, 1.0).tolist() == [1.0, 1.0]


def test_clamp_promotes_and_refuses():
    assert ad.tensor([1, 5]).clamp(max=2.5).tolist() == [1.0, 2.5]
    assert ad.tensor([1, 5]).clamp(2, 3).dtype == ad.int64
    with pytest.raises(TypeError, match="clamp: give min, max or both"):
        ad.ones(2).clamp()
    x = ad.tensor([-3.0, 3.0])
    assert x.clamp_(-1, 1).tolist() == [-1.0, 1.0]
    assert x.clip_(max=0).tolist() == [-1.0, 0.0]
    assert np.clip(x, -0.5, 0.5).tolist() == [-0.5, 0.0]
    assert ad.clip is ad.clamp


# the rest


def test_heaviside():
    x, values = leaf(-1.0, 0.0, 2.0), leaf(0.5, 0.25, 0.5)
    out = ad.heaviside(x, values)
    assert out.tolist() == [0.0, 0.25, 1.0]
    out.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]
    assert values.grad.tolist() == [0.0, 1.0, 0.0]
    assert ad.heaviside(ad.tensor([-1, 0]), ad.tensor([5, 5])).tolist() == [0, 5]


def test_nan_to_num():
    x = leaf(nan, inf, -inf, 1.0)
    out = x.nan_to_num(nan=7.0, posinf=8.0)
    assert out.tolist() == [7.0, 8.0, np.finfo(np.float64).min, 1.0]
    out.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert ad.tensor([1, 2]).nan_to_num().dtype == ad.int64
    assert ad.nan_to_num(ad.Value(nan), nan=3.0).data == 3.0
