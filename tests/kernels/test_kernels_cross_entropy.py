"""Cross-entropy against its reference: sizes, dtypes, extreme logits, labels out of range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

TOLERANCE = {"float32": 2e-6, "float64": 4e-15}
over_modes = pytest.mark.parametrize("mode", ["numpy", "numba"])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 40),
    st.integers(1, 90),
    st.sampled_from(sorted(TOLERANCE)),
    st.sampled_from(["none", "sum", "mean"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_compiled_is_the_reference(samples, classes, dtype, reduction, turned, some, seed):
    rng = np.random.default_rng(seed)
    logits = (rng.standard_normal((samples, classes)) * 5).astype(dtype)
    logits = np.asfortranarray(logits) if turned else logits
    labels = rng.integers(0, classes, samples)
    labels[rng.random(samples) < 0.2 * some] = -100
    g = rng.standard_normal(samples if reduction == "none" else 1).astype(dtype)
    wide = logits.astype(np.float64)
    expected, *known = kernels.cross_entropy.reference(wide, labels, -100, reduction)
    gradient = kernels.cross_entropy_backward.reference(
        g.astype(np.float64), wide, labels, known[0], -100, known[1]
    )
    tolerance = TOLERANCE[dtype]
    with kernels.use("numba"):
        loss, statistics, count = kernels.cross_entropy(logits, labels, -100, reduction)
        found = kernels.cross_entropy_backward(g, logits, labels, statistics, -100, count)
    assert loss.dtype == found.dtype == logits.dtype
    assert count == known[1]
    scale = max(1, samples) if reduction == "sum" else 1
    np.testing.assert_allclose(loss, expected, rtol=tolerance, atol=8 * tolerance * scale)
    np.testing.assert_allclose(found, gradient, rtol=tolerance, atol=8 * tolerance)


@over_modes
def test_extreme_logits(mode):
    logits = np.array([[1e4, -1e4, 0.0], [-np.inf, 0.0, 0.0], [np.nan, 0.0, 0.0]], np.float32)
    labels = np.array([1, 0, 1])
    with kernels.use(mode):
        losses, statistics, _ = kernels.cross_entropy(logits, labels)
        gradient = kernels.cross_entropy_backward(
            np.ones(3, np.float32), logits, labels, statistics
        )
    np.testing.assert_array_equal(losses, [2e4, np.inf, np.nan])
    np.testing.assert_allclose(gradient[:2], [[1, -1, 0], [-1, 0.5, 0.5]])
    assert np.isnan(gradient[2]).all()


@over_modes
def test_nothing_of_an_ignored_row_matters(mode):
    logits = np.array([[np.nan, np.inf, 0.0], [1.0, 1.0, 1.0]], np.float32)
    labels = np.array([7, 2])
    with kernels.use(mode):
        loss, statistics, count = kernels.cross_entropy(logits, labels, 7, "mean")
        gradient = kernels.cross_entropy_backward(
            np.ones(1, np.float32), logits, labels, statistics, 7, count
        )
        assert np.isnan(kernels.cross_entropy(logits, np.array([7, 7]), 7, "mean")[0])
    np.testing.assert_allclose(loss, np.log(3), rtol=1e-6)
    np.testing.assert_allclose(gradient, [[0, 0, 0], [1 / 3, 1 / 3, -2 / 3]], rtol=1e-6)


@over_modes
@pytest.mark.parametrize("label", [-1, 3, 2**62])
def test_labels_out_of_range(mode, label):
    logits, labels = np.zeros((2, 3)), np.array([0, label])
    with kernels.use(mode):
        with pytest.raises(IndexError, match=r"cross_entropy: a label is not in \[0, C\)"):
            kernels.cross_entropy(logits, labels)
        with pytest.raises(IndexError, match=r"cross_entropy: a label is not in \[0, C\)"):
            kernels.cross_entropy_backward(np.ones(1), logits, labels, np.ones((2, 2)))


@over_modes
def test_arguments_that_do_not_fit(mode):
    x, labels, one = np.zeros((2, 3)), np.zeros(2, np.int64), np.ones(1)
    with kernels.use(mode):
        with pytest.raises(ValueError, match=r"cross_entropy: logits \(N, C\)"):
            kernels.cross_entropy(x, np.zeros(3, np.int64))
        with pytest.raises(ValueError, match=r"statistics of that dtype and shape \(2, 2\)"):
            kernels.cross_entropy_backward(one, x, labels, np.ones((2, 3)))
        with pytest.raises(ValueError, match=r"gradient of that dtype, one number or one per row"):
            kernels.cross_entropy_backward(np.ones(3), x, labels, np.ones((2, 2)))
