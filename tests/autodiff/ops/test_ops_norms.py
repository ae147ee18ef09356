"""Norms: orders, huge and tiny elements, the zero vector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import autodiff as ad

INF = float("inf")
ORDERS = [1, 2, 3, 0.5, 1.5, INF, -INF, 0, -1, "fro"]


def gradient(p, x, **options):
    x = ad.tensor(np.asarray(x, np.float64), requires_grad=True)
    (g,) = ad.grad(x.norm(p, **options).sum(), x, allow_unused=True)
    return None if g is None else g.numpy()


@settings(max_examples=60, deadline=None)
@given(
    arrays_of.arrays(
        np.float64,
        arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4),
        elements=st.floats(0.25, 3, width=32) | st.floats(-3, -0.25, width=32),
    ),
    st.integers(0, 2),
    st.sampled_from([1, 2, 3, 0.5, INF, -INF, -1]),
    st.booleans(),
)
def test_agrees_with_numpy(x, axis, p, keepdim):
    axis %= x.ndim
    for view in (x, x[..., ::-1], x.T.copy().T):
        ours = ad.from_numpy(view).norm(p, axis, keepdim).numpy()
        np.testing.assert_allclose(ours, np.linalg.norm(view, p, axis, keepdim), rtol=1e-10)
        ours = ad.from_numpy(view).norm(p).numpy()
        np.testing.assert_allclose(ours, np.linalg.norm(view.reshape(-1), p), rtol=1e-10)
        ours = ad.from_numpy(view).norm(p, tuple(range(x.ndim)), True)
        assert ours.shape == (1,) * x.ndim


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("p", [1.5, 2, 3, "fro", -2])
@pytest.mark.parametrize("axis", [None, 0])
def test_huge_and_tiny_elements(dtype, p, axis):
    for size in (np.finfo(dtype).max / 8, np.finfo(dtype).tiny * 8):
        x = np.array([3, -4], dtype) * dtype(size / 4)
        order = 2 if p == "fro" else p
        expected = float(np.linalg.norm([3.0, -4.0], order)) * float(size / 4)
        t = ad.tensor(x, requires_grad=True)
        out = t.norm(p, axis)
        assert out.dtype == dtype
        np.testing.assert_allclose(out.item(), expected, rtol=1e-5)
        out.backward()
        small = ad.tensor([3.0, -4.0], requires_grad=True, dtype=dtype)
        small.norm(p).backward()
        np.testing.assert_allclose(t.grad.numpy(), small.grad.numpy(), rtol=1e-4)


def test_rows_that_overflow_beside_rows_that_do_not():
    x = ad.tensor([[3e30, 4e30], [3.0, 4.0], [0.0, 0.0], [3e-30, 4e-30], [INF, 1.0]])
    np.testing.assert_allclose(x.norm(dim=1).numpy(), [5e30, 5, 0, 5e-30, INF], rtol=1e-6)
    np.testing.assert_allclose(x[:2].norm(dim=1, keepdim=True).numpy(), [[5e30], [5]], rtol=1e-6)
    assert np.isnan(ad.tensor([1.0, float("nan")]).norm().item())


@pytest.mark.parametrize("p", ORDERS)
def test_the_zero_vector_has_gradient_zero(p):
    for options in ({}, {"dim": 0}, {"dim": 0, "keepdim": True}):
        g = gradient(p, [0.0, 0.0], **options)
        assert g is None if p == 0 else not g.any()


@pytest.mark.parametrize("p", [2, 3, "fro"])
def test_second_derivative_at_the_zero_vector_is_no_nan(p):
    x = ad.zeros(2, 2, requires_grad=True)
    (g,) = ad.grad(x.norm(p, dim=1).sum(), x, create_graph=True)
    if g.requires_grad:
        (h,) = ad.grad(g.sum(), x, allow_unused=True)
        assert h is None or np.isfinite(h.numpy()).all()


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 3])
def test_elements_that_are_zero(p):
    g = gradient(p, [3.0, 0.0, -3.0])
    assert g[1] == 0
    assert g[0] == -g[2] > 0


def test_largest_magnitudes_share_the_gradient():
    np.testing.assert_allclose(gradient(INF, [3.0, 0.0, -3.0]), [0.5, 0, -0.5])
    np.testing.assert_allclose(gradient(-INF, [3.0, 1.0, -1.0]), [0, 0.5, -0.5])


def test_counting_has_no_gradient():
    assert ad.tensor([3.0, 0.0, -1.0]).norm(0).item() == 2.0
    assert gradient(0, [3.0, 0.0]) is None


def test_nothing():
    assert ad.zeros(0).norm().item() == 0.0
    assert ad.zeros(2, 0).norm(1, dim=1).tolist() == [0.0, 0.0]
    assert ad.zeros(2, 0).norm(3, dim=1).tolist() == [0.0, 0.0]
    assert ad.zeros(0, 2).norm(dim=1).shape == (0,)
    with pytest.raises(ValueError, match=r"norm\(float32\[0\], p=inf"):
        ad.zeros(0).norm(INF)


def test_ways_to_say_it():
    x = ad.tensor([[3.0, 4.0]])
    assert x.norm("fro", (0, 1)).item() == x.norm(p=None).item() == x.norm(axis=1).item() == 5.0
    assert ad.vector_norm(x, ord=1, dim=1).tolist() == [7.0]
    assert np.linalg.norm(x).item() == np.linalg.norm(x, "fro").item() == 5.0
    assert np.linalg.norm(x, 1, axis=1).tolist() == [7.0]
    assert x.norm("inf").item() == 4.0
    assert ad.tensor([3, 4]).norm(dtype=ad.float64).dtype == np.float64
    assert ad.tensor(-2.0).norm().item() == 2.0
    half = ad.tensor(np.array([300, 400], np.float16))
    assert (half.norm().item(), half.norm().dtype) == (500.0, np.float16)


def test_errors_teach():
    with pytest.raises(TypeError, match=r"norm: expected a floating tensor, got int64"):
        ad.tensor([1, 2]).norm()
    with pytest.raises(ValueError, match="'nuc'"):
        ad.ones(2, 2).norm("nuc")
    with pytest.raises(IndexError, match="norm: dim 2"):
        ad.ones(2, 2).norm(dim=2)
    with pytest.raises(TypeError, match="matrix norm of order 1"):
        np.linalg.norm(ad.ones(2, 2), 1)


@pytest.mark.parity
@pytest.mark.parametrize("p", [1, 2, 3, 0.5, 1.5, INF, -INF, "fro"])
def test_as_in_pytorch(p):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(3, 4))
    x[0, 1] = x[2] = 0
    for dim in (None, 1, (0, 1)):
        a, b = ad.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        ours, theirs = a.norm(p, dim), b.norm(p, dim)
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy())
        ours.sum().backward()
        theirs.sum().backward()
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-6, atol=1e-12)
