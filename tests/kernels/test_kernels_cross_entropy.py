"""Cross-entropy against its reference: sizes, dtypes, extreme logits, labels out of range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

TOLERANCE = {"float32": 2e-6, "float64": 4e-15}
over_modes = pytest.mark.parametrize("mode", ["numpy", "numba"])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 40),
    st.integers(1, 90),
    st.sampled_from(sorted(TOLERANCE)),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_compiled_is_the_reference(samples, classes, dtype, turned, seed):
    rng = np.random.default_rng(seed)
    logits = (rng.standard_normal((samples, classes)) * 5).astype(dtype)
    logits = np.asfortranarray(logits) if turned else logits
    labels, scale = rng.integers(0, classes, samples), rng.standard_normal(samples).astype(dtype)
    wide = logits.astype(np.float64)
    expected, *statistics = kernels.cross_entropy.reference(wide, labels)
    gradient = kernels.cross_entropy_backward.reference(
        scale.astype(np.float64), wide, labels, *statistics
    )
    tolerance = TOLERANCE[dtype]
    with kernels.use("numba"):
        losses, tops, totals = kernels.cross_entropy(logits, labels)
        found = kernels.cross_entropy_backward(scale, logits, labels, tops, totals)
    assert losses.dtype == found.dtype == logits.dtype
    np.testing.assert_allclose(losses, expected, rtol=tolerance, atol=8 * tolerance)
    np.testing.assert_allclose(found, gradient, rtol=tolerance, atol=8 * tolerance)


@over_modes
def test_extreme_logits(mode):
    logits = np.array([[1e4, -1e4, 0.0], [-np.inf, 0.0, 0.0], [np.nan, 0.0, 0.0]], np.float32)
    labels = np.array([1, 0, 1])
    with kernels.use(mode):
        losses, tops, totals = kernels.cross_entropy(logits, labels)
        gradient = kernels.cross_entropy_backward(
            np.ones(3, np.float32), logits, labels, tops, totals
        )
    np.testing.assert_array_equal(losses, [2e4, np.inf, np.nan])
    np.testing.assert_allclose(gradient[:2], [[1, -1, 0], [-1, 0.5, 0.5]])
    assert np.isnan(gradient[2]).all()


@over_modes
@pytest.mark.parametrize("label", [-1, 3, 2**62])
def test_labels_out_of_range(mode, label):
    logits, labels = np.zeros((2, 3)), np.array([0, label])
    row = np.zeros(2)
    with kernels.use(mode):
        with pytest.raises(IndexError, match=r"cross_entropy: a label is not in \[0, C\)"):
            kernels.cross_entropy(logits, labels)
        with pytest.raises(IndexError, match=r"cross_entropy: a label is not in \[0, C\)"):
            kernels.cross_entropy_backward(row, logits, labels, row, row)


@over_modes
def test_shapes_that_do_not_fit(mode):
    with kernels.use(mode), pytest.raises(ValueError, match=r"cross_entropy: logits \(N, C\)"):
        kernels.cross_entropy(np.zeros((2, 3)), np.zeros(3, np.int64))
