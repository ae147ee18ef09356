"""Variance and standard deviation: corrections, constant rows, NumPy's defaults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import autodiff as ad

X = np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0]])


@settings(max_examples=60, deadline=None)
@given(
    arrays_of.arrays(
        np.float64,
        arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=2, max_side=4),
        elements=st.floats(-3, 3, width=32),
    ),
    st.integers(0, 2),
    st.sampled_from([0, 1]),
    st.booleans(),
)
def test_agrees_with_numpy(x, axis, correction, keepdim):
    axis %= x.ndim
    for view in (x, x[..., ::-1], x.T.copy().T):
        t = ad.from_numpy(view)
        options = {"ddof": correction, "keepdims": keepdim}
        for dim in (axis, None, tuple(range(x.ndim))):
            ours = t.var(dim, correction=correction, keepdim=keepdim).numpy()
            np.testing.assert_allclose(ours, view.var(dim, **options), atol=1e-12)
            ours = t.std(dim, correction=correction, keepdim=keepdim).numpy()
            np.testing.assert_allclose(ours, view.std(dim, **options), atol=1e-7)


def test_ways_to_say_it():
    x = ad.tensor(X)
    for equal in (x.var(1), x.var(1, True), x.var(1, unbiased=True), x.var(axis=1, correction=1)):
        np.testing.assert_allclose(equal.numpy(), X.var(1, ddof=1))
    for equal in (x.var(False), x.var(unbiased=False), x.var(correction=0), np.var(x)):
        np.testing.assert_allclose(equal.numpy(), X.var())
    np.testing.assert_allclose(np.std(x, axis=0, ddof=1).numpy(), X.std(0, ddof=1))
    assert x.std(1, True, True).shape == (2, 1)
    with pytest.raises(TypeError, match="unbiased or correction"):
        x.var(0, True, correction=1)


def test_with_the_mean():
    x = ad.tensor(X, requires_grad=True)
    var, mean = ad.var_mean(x, dim=1)
    np.testing.assert_allclose(var.detach().numpy(), X.var(1, ddof=1))
    np.testing.assert_allclose(mean.detach().numpy(), X.mean(1))
    std, mean = ad.std_mean(x, False)
    assert (std.shape, mean.shape) == ((), ())
    np.testing.assert_allclose(std.item(), X.std())


def test_gradient_of_a_constant_row_is_zero():
    x = ad.tensor(X, requires_grad=True)
    (g,) = ad.grad(x.std(1).sum(), x, create_graph=True)
    assert np.isfinite(g.detach().numpy()).all()
    assert g[1].tolist() == [0.0, 0.0, 0.0]
    (h,) = ad.grad((g * g).sum(), x)
    assert np.isfinite(h.numpy()).all()


@pytest.mark.parametrize(
    "call", [lambda x: x.var(), lambda x: x.std(0), lambda x: x.var(correction=5)]
)
def test_without_degrees_of_freedom(call):
    with np.errstate(all="raise"):
        assert np.isnan(call(ad.tensor([1.0])).numpy()).all()


def test_empty_and_no_dimensions():
    assert np.isnan(ad.zeros(0).var().item())
    assert np.isnan(ad.zeros(0, 2).std(0).numpy()).all()
    assert ad.tensor(3.0).var(correction=0).item() == 0.0


def test_half_precision_does_not_overflow_on_the_way():
    x = ad.tensor(np.array([-300.0, 300.0], np.float16), requires_grad=True)
    assert x.std(correction=0).item() == 300.0
    assert x.std().dtype == np.float16


def test_integers_are_refused():
    for call in (ad.var, ad.std, ad.var_mean, np.var):
        with pytest.raises(TypeError, match=r"(var|std): expected a floating tensor, got int64"):
            call(ad.tensor([1, 2]))


@pytest.mark.parity
@pytest.mark.parametrize("correction", [0, 1, 2, 0.5])
@pytest.mark.parametrize("dim", [None, 0, (0, 1)])
def test_values_and_gradients_as_in_pytorch(correction, dim):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    for name in ("var", "std"):
        a, b = ad.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        ours = getattr(a, name)(dim, correction=correction)
        theirs = getattr(b, name)(dim, correction=correction)
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-5)
        (ours**2).sum().backward()
        (theirs**2).sum().backward()
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-4, atol=1e-6)
