"""Affine maps: shapes, gradients, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad


@pytest.mark.parametrize("lead", [(), (4,), (2, 4), (0,), (2, 0), (2, 1, 3)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_linear_is_what_it_says(lead, with_bias):
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(*lead, 3)), rng.normal(size=(5, 3)), rng.normal(size=5)
    ours = [ad.tensor(a, requires_grad=True) for a in (x, w, b)]
    theirs = [ad.tensor(a, requires_grad=True) for a in (x, w, b)]
    out = ad.linear(ours[0], ours[1], ours[2] if with_bias else None)
    long = theirs[0] @ theirs[1].swapaxes(0, 1)
    long = long + theirs[2] if with_bias else long
    np.testing.assert_allclose(out.detach().numpy(), long.detach().numpy())
    weights = ad.tensor(rng.normal(size=out.shape))
    count = 3 if with_bias else 2
    for g, h in zip(
        ad.grad((out * weights).sum(), ours[:count]),
        ad.grad((long * weights).sum(), theirs[:count]),
    ):
        assert g.shape == h.shape
        np.testing.assert_allclose(g.numpy(), h.numpy(), atol=1e-12)


@pytest.mark.parametrize("which", [(0,), (1,), (2,), (0, 2), (1, 2)])
def test_only_what_requires_it_gets_a_gradient(which):
    tensors = [ad.ones(4, 3), ad.ones(2, 3), ad.ones(2)]
    for i in which:
        tensors[i].requires_grad_()
    ad.linear(*tensors).sum().backward()
    assert [t.grad is not None for t in tensors] == [i in which for i in range(3)]


def test_the_bias_is_not_written_into():
    x, w, b = ad.zeros(2, 3), ad.zeros(4, 3), ad.ones(4)
    out = ad.linear(x, w, b)
    out += 1
    assert b.tolist() == [1.0] * 4
    assert ad.linear(x[0], w, b).tolist() == [1.0] * 4
    assert ad.linear(x[0], w[0], b[0]).item() == 1.0


def test_gradients_with_cotangents_of_stride_zero():
    x, w, b = (
        ad.tensor(a, requires_grad=True) for a in (np.ones((4, 3)), np.ones((2, 3)), np.ones(2))
    )
    ad.linear(x, w, b).sum().backward()
    assert x.grad.tolist() == [[2.0] * 3] * 4
    assert w.grad.tolist() == [[4.0] * 3] * 2
    assert b.grad.tolist() == [4.0, 4.0]


def test_arrays_and_mixed_memory_orders():
    x = np.asfortranarray(np.random.default_rng(0).normal(size=(2, 4, 3)))[::-1]
    w = np.random.default_rng(1).normal(size=(3, 5)).T
    np.testing.assert_allclose(ad.linear(x, w, np.ones(5)).numpy(), x @ w.T + 1)


@pytest.mark.parametrize(
    ("shapes", "words"),
    [
        (((4, 2), (5, 3), (5,)), r"linear: input \(4, 2\), weight \(5, 3\): the last axis .* 3"),
        (((2, 4, 2), (5, 3), (5,)), r"linear: input \(2, 4, 2\)"),
        (((), (5, 3), (5,)), r"linear: input \(\)"),
        (((4, 3), (5, 3), (3,)), r"bias \(3,\) for weight \(5, 3\): it must be \(5,\)"),
        (((4, 3), (5, 3), (1,)), r"bias \(1,\)"),
        (((4, 3), (5, 3), ()), r"bias \(\)"),
        (((4, 3), (1, 5, 3), (5,)), r"linear: the weight must be \(out_features, in_features\)"),
        (((4, 3), (), ()), "linear: the weight must be"),
    ],
)
def test_shapes_that_do_not_fit(shapes, words):
    with pytest.raises(ValueError, match=words):
        ad.linear(*[ad.ones(shape) for shape in shapes])


def test_dtypes_that_do_not_fit():
    x, w = ad.ones(2, 3), ad.ones(4, 3)
    with pytest.raises(TypeError, match=r"linear\(float32\[2, 3\], float64\[4, 3\]\)"):
        ad.linear(x, w.to(ad.float64))
    with pytest.raises(TypeError, match=r"float64\[4\]\): the operands must have one dtype"):
        ad.linear(x, w, ad.ones(4, dtype=ad.float64))
    with pytest.raises(TypeError, match="linear: expected a Tensor"):
        ad.linear(x, [[1.0, 2.0, 3.0]])


def test_bilinear():
    rng = np.random.default_rng(0)
    x, y, w, b = (rng.normal(size=shape) for shape in ((2, 4, 3), (2, 4, 2), (5, 3, 2), (5,)))
    out = ad.bilinear(*[ad.tensor(a) for a in (x, y, w, b)])
    np.testing.assert_allclose(out.numpy(), np.einsum("bti,oij,btj->bto", x, w, y) + b)
    with pytest.raises(
        ValueError, match=r"bilinear: inputs \(2, 3\) and \(2, 2\), weight \(5, 2, 3\)"
    ):
        ad.bilinear(ad.ones(2, 3), ad.ones(2, 2), ad.ones(5, 2, 3))


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_as_in_pytorch(dtype):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s).astype(dtype) for s in ((8, 16, 32), (64, 32), (64,))]
    a = [ad.tensor(x, requires_grad=True) for x in arrays]
    b = [torch.tensor(x, requires_grad=True) for x in arrays]
    ours, theirs = ad.linear(*a), torch.nn.functional.linear(*b)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-4, atol=1e-4)
    (ours**2).sum().backward()
    (theirs**2).sum().backward()
    for x, y in zip(a, b):
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-3, atol=1e-2)
