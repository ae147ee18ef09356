"""``summary_of``: what is said about an array."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import autodiff as ad
from autodiff.pictures.statistics import summary_of


@pytest.mark.parametrize(
    ("x", "number"),
    [
        (0.5, 0.5), (3, 3), (True, 1), (np.float32(0.25), 0.25), (np.array(2), 2), (np.zeros((1, 1)), 0.0),
        (ad.Value(2.0), 2.0), (ad.tensor([4.0]), 4.0), (math.nan, "nan"), (math.inf, "inf"),
        (np.array(-np.inf), "-inf"),
    ],
)  # fmt: skip
def test_one_element_is_a_number(x: Any, number: Any) -> None:
    assert summary_of(x) == {"number": number}


def test_an_array() -> None:
    assert summary_of(np.array([[0, 1, 2], [3, 4, 5]], np.int32)) == {
        "shape": [2, 3], "dtype": "int32", "min": 0, "max": 5, "mean": 2.5,
        "std": pytest.approx(math.sqrt(35 / 12)), "norm": pytest.approx(math.sqrt(55)),
        "histogram": {"low": 0.0, "high": 5.0, "counts": [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]},
        "nan": 0, "inf": 0, "first": [0, 1, 2, 3, 4, 5],
    }  # fmt: skip


def test_bools_count_as_numbers() -> None:
    found = summary_of(np.array([True, False, True, True]))
    assert found["dtype"] == "bool"
    assert (found["mean"], found["first"]) == (0.75, [1, 0, 1, 1])


def test_empty() -> None:
    found = summary_of(np.zeros((0, 3)))
    assert found["shape"] == [0, 3]
    assert found["min"] is found["mean"] is found["std"] is None
    assert found["norm"] == 0.0
    assert found["first"] == []


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    found = summary_of(np.array([1.0, np.nan, 3.0, np.inf, -np.inf], np.float32))
    assert (found["nan"], found["inf"], found["norm"]) == (1, 2, "nan")
    assert (found["min"], found["max"], found["mean"], found["std"]) == (1.0, 3.0, 2.0, 1.0)
    assert found["first"] == [1.0, "nan", 3.0, "inf", "-inf"]
    assert sum(found["histogram"]["counts"]) == 2
    assert summary_of(np.array([1.0, np.inf]))["norm"] == "inf"
    assert summary_of(np.array([np.nan, np.nan]))["min"] is None


def test_one_value_stands_in_the_middle_of_the_histogram() -> None:
    histogram = summary_of(np.full(40_000, 7.0))["histogram"]
    assert (histogram["low"], histogram["high"]) == (7.0, 7.0)
    assert histogram["counts"][8] == 40_000


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1.0, 1e200, 1e307])
def test_extreme_numbers_neither_overflow_nor_vanish(scale: float) -> None:
    found = summary_of(np.array([-8.0, 0.0, 8.0]) * scale)
    top = 8.0 * scale
    assert found["mean"] == 0.0
    assert found["norm"] == pytest.approx(top * math.sqrt(2), rel=1e-3)
    assert found["std"] == pytest.approx(top * math.sqrt(2 / 3), rel=1e-3)
    assert [i for i, count in enumerate(found["histogram"]["counts"]) if count] == [0, 8, 15]


def test_a_norm_too_large_for_a_number_is_infinite() -> None:
    found = summary_of(np.full(100, 1.7e308))
    assert (found["norm"], found["inf"], found["mean"]) == ("inf", 0, pytest.approx(1.7e308))


@given(
    arrays.arrays(
        st.sampled_from([np.float64, np.float32]),
        arrays.array_shapes(max_dims=3),
        elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([math.nan, math.inf, -math.inf]),
    )
)
def test_against_numpy(x: np.ndarray) -> None:
    found = summary_of(x)
    json.dumps(found, allow_nan=False)
    if x.size == 1:
        return
    finite = x[np.isfinite(x)].astype(np.float64)
    assert sum(found["histogram"]["counts"]) == finite.size
    assert found["nan"] + found["inf"] + finite.size == x.size
    if finite.size:
        size = np.abs(finite).max()
        assert (found["min"], found["max"]) == (finite.min(), finite.max())
        assert found["mean"] == pytest.approx(finite.mean(), rel=1e-9, abs=1e-9 * size)
        assert found["std"] == pytest.approx(finite.std(), rel=1e-6, abs=1e-9 * size)
    if finite.size == x.size:
        assert found["norm"] == pytest.approx(np.linalg.norm(finite))


def test_blocks_make_no_difference() -> None:
    x = np.random.default_rng(0).normal(size=(300, 301))
    found = summary_of(x)
    counts, _ = np.histogram(x, bins=16)
    assert found["histogram"]["counts"] == counts.tolist()
    assert found["mean"] == pytest.approx(x.mean())
    assert found["std"] == pytest.approx(x.std())
    assert summary_of(x.T)["mean"] == pytest.approx(x.mean())
