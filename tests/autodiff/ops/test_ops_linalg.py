"""Products of matrices: ranks, broadcasting, dtypes, memory orders, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad


def views(x):
    """The same elements in other memory orders."""
    yield x
    if x.ndim:
        yield np.asfortranarray(x)
        yield np.flip(x).copy()[(slice(None, None, -1),) * x.ndim]
        yield np.repeat(x, 2, -1)[..., ::2]
        yield np.broadcast_to(x[..., :1], x.shape)


@st.composite
def factors(draw):
    """Two arrays that can be multiplied, of any rank, some with axes of length 0 or 1."""
    sizes = st.integers(0, 3)
    n, k, m = draw(sizes), draw(sizes), draw(sizes)
    batch = draw(st.lists(sizes, max_size=2))
    shapes = []
    for core in ((n, k), (k, m)):
        lead = [draw(st.sampled_from([size, 1])) for size in batch]
        lead = lead[draw(st.integers(0, len(lead))) :]
        shapes.append((*lead, *core))
    if draw(st.booleans()):
        shapes[0] = (k,)
    if draw(st.booleans()):
        shapes[1] = (k,)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return [rng.normal(size=shape) for shape in shapes]


@settings(max_examples=150, deadline=None)
@given(factors())
def test_matmul_and_its_gradients(case):
    x, y = case
    expected = np.matmul(x, y)
    a, b = ad.tensor(x, requires_grad=True), ad.tensor(y, requires_grad=True)
    out = a @ b
    assert out.shape == expected.shape
    np.testing.assert_allclose(out.detach().numpy(), expected, atol=1e-12)
    # The same sum of products, written as elementwise operations.
    left, right = (x[None] if x.ndim == 1 else x), (y[:, None] if y.ndim == 1 else y)
    c, d = ad.tensor(left, requires_grad=True), ad.tensor(right, requires_grad=True)
    long = (c[..., :, :, None] * d[..., None, :, :]).sum(-2)
    w = np.random.default_rng(0).normal(size=long.shape)
    ours = ad.grad((out * ad.tensor(w.reshape(out.shape))).sum(), [a, b])
    theirs = ad.grad((long * ad.tensor(w)).sum(), [c, d])
    for g, h in zip(ours, theirs):
        np.testing.assert_allclose(g.numpy(), h.numpy().reshape(g.shape), atol=1e-12)


@pytest.mark.parametrize(
    ("x_shape", "y_shape"),
    [((4, 3), (3, 5)), ((2, 4, 3), (3, 5)), ((2, 4, 3), (2, 3, 5)), ((3,), (3, 5))],
)
def test_memory_order_does_not_matter(x_shape, y_shape):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=x_shape), rng.normal(size=y_shape)
    for u in views(x):
        for v in views(y):
            a, b = ad.from_numpy(u).requires_grad_(), ad.from_numpy(v).requires_grad_()
            out = a @ b
            np.testing.assert_allclose(out.detach().numpy(), np.matmul(u, v))
            out.sum().backward()  # the cotangent's strides are 0
            ones = np.ones(out.shape)
            np.testing.assert_allclose(
                b.grad.numpy(), ad.grad((a.detach() @ b), b, ad.tensor(ones))[0].numpy()
            )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int64"])
def test_dtypes_stay(dtype):
    x = ad.tensor(np.ones((2, 3), dtype))
    y = ad.tensor(np.ones((3, 2), dtype))
    assert (x @ y).dtype == dtype
    assert (x @ y).tolist() == [[3, 3], [3, 3]]
    assert ad.linear(x, x).dtype == ad.outer(x[0], x[1]).dtype == dtype
    assert ad.einsum("ij,jk->ik", x, y).dtype == dtype


def test_only_what_is_needed_is_kept():
    x, w = ad.ones(2, 3), ad.ones(3, 2, requires_grad=True)
    saved = (x @ w).grad_fn.saved
    assert saved[1] is None
    assert saved[0] is x.numpy()


def test_numpy_and_operators():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    t = ad.tensor(a, requires_grad=True)
    for product in (t @ a, a @ t, np.matmul(t, a), np.dot(a, t), t.matmul(a), t.mm(t)):
        assert isinstance(product, ad.Tensor)
        assert product.requires_grad
        np.testing.assert_allclose(product.detach().numpy(), a @ a)
    np.testing.assert_allclose(np.kron(t, a).detach().numpy(), np.kron(a, a))


def test_beta_of_zero_leaves_out_what_is_not_finite():
    bad, one = ad.full((2, 2), float("nan")), ad.ones(2, 2)
    assert ad.addmm(bad, one, one, beta=0).tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert ad.baddbmm(bad, one[None], one[None], beta=0, alpha=3).tolist() == [[[6.0, 6.0]] * 2]
    x = ad.ones(2, 2)
    x.addmm_(one, one)
    assert x.tolist() == [[3.0, 3.0], [3.0, 3.0]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x @ x, ValueError, r"matmul of shapes \(2, 3\) and \(2, 3\).*\(3\).*\(2\)"),
        (lambda x: x @ ad.ones(2), ValueError, r"matmul of shapes \(2, 3\) and \(2,\)"),
        (lambda x: x @ ad.tensor(2.0), ValueError, "at least one axis; multiply numbers with"),
        (lambda x: x @ 2, ValueError, "at least one axis"),
        (
            lambda x: ad.ones(2, 2, 3) @ ad.ones(3, 3, 2),
            ValueError,
            "leading axes .* do not broadcast",
        ),
        (
            lambda x: x @ ad.ones(3, dtype=ad.float64),
            TypeError,
            r"matmul\(float32\[2, 3\], float64\[3\]\)",
        ),
        (lambda x: x @ np.ones((3, 1), np.int64), TypeError, "one dtype; convert one"),
        (lambda x: ad.mm(x, x[0]), ValueError, r"mm: the operands must have 2 and 2 axes"),
        (lambda x: ad.bmm(x, x), ValueError, "bmm"),
        (
            lambda x: ad.bmm(ad.ones(2, 1, 1), ad.ones(3, 1, 1)),
            ValueError,
            "different numbers of matrices",
        ),
        (lambda x: ad.matmul(x, [1.0]), TypeError, "matmul: expected a Tensor"),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words):
        call(ad.ones(2, 3))
