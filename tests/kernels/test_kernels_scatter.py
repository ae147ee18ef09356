"""Sums by index: repeated, negative and wrong indices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

VERSIONS = ["numpy", "numba", "auto"]


@given(
    st.data(),
    st.integers(1, 6),
    st.lists(st.integers(0, 4), max_size=2),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([np.int64, np.int32, np.int8]),
    st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_index_add(data, rows, rest, dtype, index_dtype, reverse):
    numbers = data.draw(st.lists(st.integers(-rows, rows - 1), max_size=20))
    rng = np.random.default_rng(len(numbers))
    start = rng.integers(-9, 10, (rows, *rest)).astype(dtype)
    values = rng.integers(-9, 10, (len(numbers), *rest)).astype(dtype)
    expected = start.copy()
    for number, value in zip(numbers, values, strict=True):
        expected[number] += value
    for mode in VERSIONS:
        out = start.copy()[::-1] if reverse else start.copy()
        indices = np.array(numbers, index_dtype)
        with kernels.use(mode):
            returned = kernels.index_add(out, -1 - indices if reverse else indices, values)
        assert returned is out
        np.testing.assert_array_equal(out[::-1] if reverse else out, expected)


@pytest.mark.parametrize("mode", VERSIONS)
def test_values_of_any_layout(mode):
    values, indices = np.arange(12.0).reshape(3, 4), np.array([2, 0, 2])
    with kernels.use(mode):
        for given_values in (values[:, ::-1], np.broadcast_to(values[:1], (3, 4)), values.T[:3]):
            wide = np.resize(given_values, (3, given_values.shape[1]))
            out = kernels.index_add(np.zeros((3, wide.shape[1])), indices, given_values)
            assert out.tolist() == [
                given_values[1].tolist(),
                [0] * wide.shape[1],
                (given_values[0] + given_values[2]).tolist(),
            ]


@pytest.mark.parametrize("mode", VERSIONS)
@pytest.mark.parametrize("wrong", [3, -4, 2**40])
def test_index_out_of_range_changes_nothing(mode, wrong):
    out = np.zeros((3, 2))
    with kernels.use(mode), pytest.raises(IndexError, match=f"{wrong}.* for 3 rows"):
        kernels.index_add(out, np.array([0, wrong]), np.ones((2, 2)))
    assert not out.any()


@pytest.mark.parametrize("mode", VERSIONS)
def test_arguments_that_do_not_fit(mode):
    with kernels.use(mode):
        with pytest.raises(TypeError, match="indices must be integers, got float64"):
            kernels.index_add(np.zeros(3), np.array([0.0]), np.ones(1))
        for indices, values in (([0], (2, 2)), ([0, 1], (2, 3)), ([[0]], (1, 2)), ([0], (2,))):
            with pytest.raises(ValueError, match="a row of out per index"):
                kernels.index_add(np.zeros((3, 2)), np.array(indices), np.ones(values))


@pytest.mark.parametrize("mode", VERSIONS)
def test_values_of_another_dtype(mode):
    out = np.zeros(2, np.float32)
    with kernels.use(mode):
        kernels.index_add(out, np.array([1, 1]), np.array([1.5, 2.0]))
    assert out.tolist() == [0, 3.5]
