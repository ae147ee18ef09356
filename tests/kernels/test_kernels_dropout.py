"""Dropout: the known answers of Philox, equal bits of both versions, what a mask is made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels
from autodiff.kernels.dropout import philox

over_modes = pytest.mark.parametrize("mode", ["numpy", "numba"])


def test_known_answer_of_philox():
    """The first of the known answers that come with the authors' library, Random123."""
    numbers = philox(np.zeros(1, np.uint64), 0)[:, 0]
    assert [hex(n) for n in numbers] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 30), max_size=3).map(tuple),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from([0.0, 0.1, 0.5, 0.999, 1.0]),
    st.integers(0, 2**64 - 1),
    st.booleans(),
)
def test_both_versions_give_the_same_bits(shape, dtype, p, seed, turned):
    x = np.asarray(np.random.default_rng(0).standard_normal(shape)).astype(dtype)
    x = x.T if turned else x
    with kernels.use("numba"):
        found = kernels.dropout(x, p, seed)
    expected = kernels.dropout.reference(x, p, seed)
    assert found.dtype == expected.dtype == x.dtype
    np.testing.assert_array_equal(found, expected)


@over_modes
def test_a_mask_has_the_share_that_was_asked_for(mode):
    n = 200_000
    with kernels.use(mode):
        for p in (0.1, 0.5, 0.9):
            out = kernels.dropout(np.ones(n), p, 7)
            # Five standard deviations of a binomial distribution.
            assert abs((out == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / n)
            np.testing.assert_array_equal(out[out != 0], 1 / (1 - p))


@over_modes
def test_masks_of_several_seeds_and_places_have_nothing_in_common(mode):
    n = 100_000
    with kernels.use(mode):
        first, second = (kernels.dropout(np.ones(n), 0.5, seed) - 1 for seed in (1, 2))
    bound = 5 / np.sqrt(n)
    assert abs((first * second).mean()) < bound
    for shift in (1, 2, 15, 16, 17, 64, 1024):
        assert abs((first[shift:] * first[:-shift]).mean()) < bound


@over_modes
def test_p_out_of_range(mode):
    for p in (-0.1, 1.1, np.nan):
        with kernels.use(mode), pytest.raises(ValueError, match="dropout: p must lie in"):
            kernels.dropout(np.ones(3), p, 0)
