"""Diagonals and triangles: views, offsets, batches, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad

X = np.arange(24.0).reshape(2, 3, 4)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=4),
    st.integers(-5, 5),
    st.permutations(range(-4, 4)),
    st.booleans(),
)
def test_diagonals_agree_with_numpy(shape, offset, axes, flip):
    x = np.random.default_rng(0).normal(size=shape)
    x = x[..., ::-1] if flip else x
    axes = [axis for axis in axes if -x.ndim <= axis < x.ndim]
    one = axes[0]
    other = next(axis for axis in axes if axis % x.ndim != one % x.ndim)
    t = ad.tensor(x, requires_grad=True)
    out = t.diagonal(offset, one, other)
    np.testing.assert_array_equal(out.detach().numpy(), np.diagonal(x, offset, one, other))
    (g,) = ad.grad(out.sum(), t)
    expected = np.zeros(x.shape)
    np.moveaxis(expected, (one, other), (-2, -1))[
        ..., np.eye(x.shape[one], x.shape[other], offset, bool)
    ] = 1
    np.testing.assert_array_equal(g.numpy(), expected)
    np.testing.assert_allclose(
        np.trace(t, offset, one, other).detach().numpy(), np.trace(x, offset, one, other)
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=3), st.integers(-5, 5))
def test_triangles_agree_with_numpy(shape, diagonal):
    x = np.random.default_rng(0).normal(size=shape)
    t = ad.tensor(x, requires_grad=True)
    for name in ("tril", "triu"):
        reference = getattr(np, name)
        out = getattr(t, name)(diagonal)
        np.testing.assert_array_equal(out.detach().numpy(), reference(x, diagonal))
        (g,) = ad.grad(out.sum(), t)
        np.testing.assert_array_equal(g.numpy(), reference(np.ones(shape), diagonal))


def test_a_large_triangle():
    x = ad.ones(100, 90)
    np.testing.assert_array_equal(x.tril(3).numpy(), np.tril(np.ones((100, 90)), 3))


def test_triangles_hide_what_is_not_finite():
    x = ad.full((2, 2), float("nan"), requires_grad=True)
    out = x.tril(-1)
    assert out[0].tolist() == [0.0, 0.0]
    (g,) = ad.grad(out, x, ad.full((2, 2), float("inf")))
    assert g.tolist() == [[0.0, 0.0], [float("inf"), 0.0]]


def test_a_diagonal_is_a_view():
    x = ad.zeros(3, 3)
    x.diagonal(1).fill_(5)
    assert x.tolist() == [[0, 5, 0], [0, 0, 5], [0, 0, 0]]
    ad.diag(x).fill_(7)  # a copy
    assert x[0, 0].item() == 0


def test_writing_into_a_diagonal_is_recorded():
    x = ad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x * 1
    y.diagonal().mul_(10)
    assert y.tolist() == [[10.0, 2.0], [3.0, 40.0]]
    y.sum().backward()
    assert x.grad.tolist() == [[10.0, 1.0], [1.0, 10.0]]


def test_diag_goes_both_ways():
    v = ad.tensor([1.0, 2.0], requires_grad=True)
    for k in (-2, 0, 1):
        np.testing.assert_array_equal(ad.diag(v, k).detach().numpy(), np.diag([1.0, 2.0], k))
        assert ad.diag(ad.diag(v, k), k).tolist() == [1.0, 2.0]
        assert np.diag(v, k).shape == (2 + abs(k),) * 2
    assert ad.diag(ad.ones(2, 3), 5).shape == (0,)


def test_diag_embed():
    x = ad.tensor(X)
    assert x.diag_embed().shape == (2, 3, 4, 4)
    assert x.diag_embed(-1, 0, 1).shape == (5, 5, 2, 3)
    np.testing.assert_array_equal(x.diag_embed(1, 0, -1).diagonal(1, 0, -1).numpy(), X)


def test_dtypes_and_trace():
    assert ad.tensor([[True, False], [False, True]]).trace().item() == 2
    assert ad.tensor(np.eye(2, dtype=np.int8)).trace().dtype == np.int64
    assert ad.ones(0, 3).trace().item() == 0.0
    for dtype in ("bool", "uint8", "float16"):
        x = ad.tensor(np.ones((2, 2), dtype))
        assert x.tril().dtype == x.diag().dtype == x.diag_embed().dtype == dtype


def test_in_place():
    x = ad.ones(2, 2)
    x.triu_(1)
    assert x.tolist() == [[0.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x[0].diagonal(), IndexError, "diagonal: dim 1"),
        (
            lambda x: x.diagonal(0, 1, -1),
            ValueError,
            r"diagonal: expected two different axes of shape \(2, 3\)",
        ),
        (lambda x: x.diagonal(0, 0, 2), IndexError, "diagonal: dim 2"),
        (lambda x: x.diag_embed(0, 3, 0), IndexError, "diag_embed: dim 3"),
        (lambda x: ad.tensor(1.0).diag_embed(), IndexError, "diag_embed"),
        (
            lambda x: x[None].diag(),
            ValueError,
            r"diag: expected a vector or a matrix, got shape \(1, 2, 3\)",
        ),
        (lambda x: x[None].trace(), ValueError, "trace: expected a matrix"),
        (
            lambda x: x[0].tril(),
            ValueError,
            r"tril: expected a matrix or several, got shape \(3,\)",
        ),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words):
        call(ad.ones(2, 3))


@pytest.mark.parity
def test_as_in_pytorch():
    torch = pytest.importorskip("torch")
    for call in (
        lambda t: t.diagonal(-1, 2, 0),
        lambda t: t.diag_embed(-1, 1, -1),
        lambda t: t[0].diag(1),
        lambda t: t[0, 0].diag(-1),
        lambda t: t[1].trace(),
        lambda t: t.tril(-1),
        lambda t: t.triu(2),
    ):
        np.testing.assert_array_equal(call(ad.tensor(X)).numpy(), call(torch.tensor(X)).numpy())
