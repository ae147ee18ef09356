"""Different elements, places in sorted sequences, counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import autodiff as ad

INTEGERS = arrays_of.arrays(
    np.int64,
    arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    elements=st.integers(-3, 3),
)


@settings(max_examples=60, deadline=None)
@given(INTEGERS)
def test_unique(x):
    values, inverse, counts = ad.unique(ad.tensor(x), return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(values.numpy(), np.unique(x))
    assert inverse.shape == x.shape
    np.testing.assert_array_equal(values.numpy()[inverse.numpy()], x)
    assert counts.sum().item() == x.size


def test_unique_along_an_axis():
    x = ad.tensor([[1, 2], [0, 0], [1, 2]])
    rows, inverse, counts = x.unique(dim=0, return_inverse=True, return_counts=True)
    assert rows.tolist() == [[0, 0], [1, 2]]
    assert inverse.tolist() == [1, 0, 1]
    assert counts.tolist() == [1, 2]
    assert np.unique(x, axis=1).tolist() == [[1, 2], [0, 0], [1, 2]]
    assert ad.unique(ad.tensor([1.0, float("nan"), float("nan")])).shape == (3,)
    with pytest.raises(IndexError, match="unique: dim 2"):
        x.unique(dim=2)


@settings(max_examples=60, deadline=None)
@given(INTEGERS, st.booleans())
def test_searchsorted(x, right):
    edges = np.array([-2, 0, 0, 2])
    expected = np.searchsorted(edges, x, "right" if right else "left")
    found = ad.searchsorted(ad.tensor(edges), ad.tensor(x), right=right)
    np.testing.assert_array_equal(found.numpy(), expected)
    assert found.dtype == np.int64
    assert found.shape == x.shape
    found = ad.bucketize(ad.tensor(x), ad.tensor(edges), right=right, out_int32=True)
    np.testing.assert_array_equal(found.numpy(), expected)
    assert found.dtype == np.int32


def test_searchsorted_in_rows():
    edges = ad.tensor([[1, 3], [2, 4]])
    assert ad.searchsorted(edges, ad.tensor([[2, 9], [3, 0]])).tolist() == [[1, 2], [1, 0]]
    assert ad.searchsorted(ad.tensor([3, 1]), 2, sorter=ad.tensor([1, 0])).item() == 1
    assert np.searchsorted(ad.tensor([1, 3]), 3, side="right").item() == 2
    with pytest.raises(ValueError, match="leading axes"):
        ad.searchsorted(edges, ad.tensor([1, 2, 3]))
    with pytest.raises(ValueError, match="side='left' with right=True"):
        ad.searchsorted(edges, edges, side="left", right=True)
    with pytest.raises(ValueError, match="0-d"):
        ad.searchsorted(ad.tensor(1), 2)


def test_bincount():
    x = ad.tensor([0, 2, 2])
    assert x.bincount().tolist() == [1, 0, 2]
    assert x.bincount(minlength=5).tolist() == [1, 0, 2, 0, 0]
    weighted = x.bincount(ad.tensor([0.5, 1.0, 2.0]))
    assert weighted.tolist() == [0.5, 0.0, 3.0]
    assert weighted.dtype == np.float32
    assert x.bincount(ad.tensor([1, 1, 1])).dtype == np.float64
    assert ad.zeros(0, dtype=ad.int64).bincount().shape == (0,)
    with pytest.raises(ValueError, match="least element -1"):
        ad.tensor([1, -1]).bincount()
    with pytest.raises(TypeError, match="expected integers, got float32"):
        ad.ones(2).bincount()
    with pytest.raises(ValueError, match=r"weights of shape \(2,\)"):
        x.bincount(ad.ones(2))


def test_histc():
    x = ad.tensor([1.0, 2.0, 3.0, float("nan")])
    assert x.histc(3, 1, 3).tolist() == [1.0, 1.0, 1.0]
    assert x[:3].histc(2).tolist() == [1.0, 2.0]
    assert x.histc(2, 2, 3).tolist() == [1.0, 1.0]
    assert ad.ones(3).histc(2).tolist() == [0.0, 3.0]
    assert ad.zeros(0).histc(2).tolist() == [0.0, 0.0]
    for bins, low, high in ((0, 0, 1), (2, 3, 1), (2, 0, float("inf"))):
        with pytest.raises(ValueError, match="histc: cannot make"):
            x.histc(bins, low, high)


@pytest.mark.parity
def test_as_in_pytorch():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).integers(0, 5, (3, 4))
    edges = np.sort(np.random.default_rng(1).integers(0, 5, (3, 3)), -1)
    for call in (
        lambda m, t, e: m.unique(t, return_counts=True)[1],
        lambda m, t, e: m.unique(t, return_inverse=True, dim=1)[1],
        lambda m, t, e: m.searchsorted(e, t),
        lambda m, t, e: m.searchsorted(e, t, right=True),
        lambda m, t, e: m.bincount(t.reshape(-1), t.reshape(-1) * 0.5),
        lambda m, t, e: m.histc(t * 1.0, 4),
    ):
        ours = call(ad, ad.tensor(x), ad.tensor(edges)).numpy()
        theirs = call(torch, torch.tensor(x), torch.tensor(edges)).numpy()
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
