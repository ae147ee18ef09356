"""Products of vectors: NumPy's forms of them, sequences of Values, errors."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad


def test_numpy_forms():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    b = np.random.default_rng(0).normal(size=(3, 2, 4))
    t = ad.tensor(a, requires_grad=True)
    for ours, expected in (
        (np.dot(t, 2.0), 2 * a),
        (np.dot(t, a), a @ a),
        (np.dot(t, b), np.dot(a, b)),
        (np.inner(t, a), np.inner(a, a)),
        (np.inner(t, b.swapaxes(1, 2)), np.inner(a, b.swapaxes(1, 2))),
        (np.outer(t, a[0]), np.outer(a, a[0])),
    ):
        assert ours.requires_grad
        np.testing.assert_allclose(ours.detach().numpy(), expected)
    assert ad.inner(ad.tensor(2.0), ad.tensor(3.0)).item() == 6.0


def test_dot_of_sequences_of_values_is_one_node():
    xs = [ad.Value(2.0), ad.Value(-1.0)]
    out = ad.dot(xs, [3.0, ad.Value(4.0)])
    assert out.data == 2.0
    out.backward()
    assert [x.grad for x in xs] == [3.0, 4.0]


def test_cross():
    x, y = np.random.default_rng(0).normal(size=(2, 4, 3))
    np.testing.assert_allclose(ad.cross(ad.tensor(x), ad.tensor(y)).numpy(), np.cross(x, y))
    assert ad.cross(ad.ones(3, 3), ad.ones(3, 3)).shape == (3, 3)
    assert np.cross(ad.ones(3, 3), ad.ones(3, 3)).tolist() == np.zeros((3, 3)).tolist()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: ad.dot(x, x), ValueError, "dot: the operands must have 1 and 1 axes"),
        (lambda x: ad.dot(x[0], x[0, :2]), ValueError, r"shapes \(3,\) and \(2,\)"),
        (lambda x: ad.outer(x, x), ValueError, "outer"),
        (lambda x: ad.outer(x[0], ad.ones(2, dtype=ad.float64)), TypeError, "outer.*one dtype"),
        (lambda x: ad.inner(x, ad.ones(2)), ValueError, "inner: the last axes"),
        (lambda x: ad.cross(x, ad.ones(3)), ValueError, "as many axes"),
        (lambda x: ad.cross(x, x, 0), ValueError, "axis 0 must have length 3"),
        (lambda x: ad.cross(x[:, :2], x[:, :2]), ValueError, "no axis has length 3"),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words):
        call(ad.ones(2, 3))
