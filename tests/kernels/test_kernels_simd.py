"""Vectors as values in compiled kernels: lanes, operators, tails, and the life of arrays."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff.kernels.jit import jit, part
from autodiff.kernels.simd import (
    absolute,
    any_lane,
    at,
    bits,
    floor,
    from_bits,
    keep,
    lanes,
    largest,
    load,
    load_first,
    maximum,
    nearest,
    pointer,
    select,
    splat,
    sqrt,
    store,
    store_first,
    to_floats,
    to_integers,
    total,
)

DTYPES = [np.float32, np.float64]


@jit
def _every_operation(x, y, out, rows):
    a, b, o = pointer(x), pointer(y), pointer(out)
    for i in range(0, x.size, lanes(x)):
        left = x.size - i
        v, w = load_first(a, i, left, 0.0), load_first(b, i, left, 1.0)
        results = (
            v + w, v - 2.0, 3.0 * v, v / w, -v, sqrt(absolute(v)), floor(v), nearest(v),
            select(v > w, v, 0.0), maximum(v, w), from_bits(bits(v) | bits(splat(v, -0.0))),
            to_floats(to_integers(v) + 1), select((v <= w) & (v != 0.5), 1.0, v),
        )  # fmt: skip
        for k in range(len(results)):
            store_first(results[k], at(o, k * x.size), i, left)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 3, 16, 37])
def test_operations(dtype, size):
    rng = np.random.default_rng(size)
    x, y = (rng.integers(-40, 40, size) / 8 for _ in range(2))
    x, y = x.astype(dtype), np.where(y == 0, 1, y).astype(dtype)
    out = np.full((14, size), 7, dtype)
    _every_operation(x, y, out, 13)
    expected = [
        x + y, x - 2, 3 * x, x / y, -x, np.sqrt(np.abs(x)), np.floor(x), np.rint(x),
        np.where(x > y, x, 0), np.maximum(x, y), -np.abs(x), np.trunc(x) + 1,
        np.where((x <= y) & (x != 0.5), 1, x), np.full(size, 7),
    ]  # fmt: skip
    np.testing.assert_array_equal(out, np.array(expected, dtype))


@jit
def _folds(x):
    v = load(pointer(x), 0)
    return total(v), largest(v), any_lane(v != v), lanes(v)


@pytest.mark.parametrize("dtype", DTYPES)
def test_folds(dtype):
    x = np.arange(64).astype(dtype)
    *_, count = _folds(x)
    assert _folds(x) == (x[:count].sum(), count - 1, False, count)
    x[1] = np.nan
    found = _folds(x)
    assert np.isnan(found[:2]).all()
    assert found[2]


@jit
def _integers_of(x, out):
    store(to_floats(to_integers(load(pointer(x), 0))), pointer(out), 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_integers_of_what_does_not_fit(dtype):
    x, out = np.zeros(64, dtype), np.zeros(64, dtype)
    x[:2] = np.nan, np.inf
    _integers_of(x, out)
    assert out[0] == 0
    assert out[1] > 1e9


@part
def _fresh(size):
    return np.full(size, 2.0)


@jit
def _first_of_kept(size):
    array = np.empty(size)
    place = pointer(array)
    place[0] = 1.0
    other = _fresh(size)  # would take the memory of an array that was freed
    result = place[0] + 0 * other[0]
    keep(array)
    return result


def test_keep_holds_an_array():
    assert _first_of_kept(1000) == 1.0
