"""Comparison and logic: results, mixed operands, what is not comparable."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import autodiff as ad

RELATIONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


@pytest.mark.parametrize("name", RELATIONS)
def test_relations(name):
    relation = RELATIONS[name]
    a, b = np.array([[1.0, np.nan], [3.0, -0.0]]), np.array([1.0, 0.0])
    x, y = ad.tensor(a, requires_grad=True), ad.tensor(b)
    for result in (relation(x, y), getattr(ad, name)(x, y), getattr(x, name)(y)):
        assert result.dtype == ad.bool_
        assert not result.requires_grad
        np.testing.assert_array_equal(result.numpy(), relation(a, b))
    np.testing.assert_array_equal(relation(x, 1).numpy(), relation(a, 1))
    np.testing.assert_array_equal(relation(1, x).numpy(), relation(1, a))
    np.testing.assert_array_equal(relation(x, b).numpy(), relation(a, b))
    np.testing.assert_array_equal(relation(b, x).numpy(), relation(b, a))


@pytest.mark.parametrize("name", RELATIONS)
def test_relations_of_values(name):
    relation = RELATIONS[name]
    v, w = ad.Value(1.0), ad.Value(2.0)
    for result in (relation(v, w), getattr(ad, name)(v, w), getattr(ad, name)(v, 2)):
        assert result is relation(1.0, 2.0)
    assert relation(2, v) is relation(2, 1.0)
    assert relation(v, ad.tensor([0.0, 1.0, 2.0])).tolist() == [
        relation(1.0, x) for x in (0.0, 1.0, 2.0)
    ]
    assert relation(ad.tensor([0.0, 2.0]), v).tolist() == [relation(x, 1.0) for x in (0.0, 2.0)]


def test_what_is_not_comparable():
    x = ad.tensor([1.0])
    for other in (None, "one", object()):
        assert (x == other) is False
        assert (x != other) is True
        assert (ad.Value(1.0) == other) is False
        with pytest.raises(TypeError, match="'<' not supported"):
            operator.lt(x, other)
        with pytest.raises(TypeError, match="eq: expected a Tensor"):
            ad.eq(x, other)
    assert x not in [None, "one"]


def test_mixed_dtypes_are_promoted():
    assert (ad.tensor([1, 2]) == ad.tensor([1.0, 2.5])).tolist() == [True, False]
    assert (ad.tensor([1, 2]) > 1.5).tolist() == [False, True]
    assert (ad.tensor([0.1]) == 0.1).tolist() == [True]  # the number becomes a float32
    assert (ad.tensor([200], dtype=ad.uint8) > -1).tolist() == [True]
    assert (ad.tensor([True, False]) == 1).tolist() == [True, False]


def test_tensors_are_hashed_by_identity():
    x, y = ad.tensor([1.0]), ad.tensor([1.0])
    assert len({x, y, x}) == 2
    assert {x: 1}[x] == 1


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite", "isposinf", "isneginf"])
def test_kinds_of_numbers(name):
    a = np.array([1.0, np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(getattr(ad.tensor(a), name)().numpy(), getattr(np, name)(a))
    np.testing.assert_array_equal(getattr(np, name)(ad.tensor(a)).numpy(), getattr(np, name)(a))
    assert [getattr(ad.Value(x), name)() for x in a] == getattr(np, name)(a).tolist()
    assert getattr(ad.tensor([1, 2]), name)().tolist() == [name == "isfinite"] * 2


def test_closeness():
    x = ad.tensor([1.0, np.nan, np.inf])
    y = ad.tensor([1.0 + 1e-6, np.nan, np.inf])
    assert x.isclose(y).tolist() == [True, False, True]
    assert ad.isclose(x, y, equal_nan=True).tolist() == [True, True, True]
    assert ad.allclose(x, y, equal_nan=True) is True
    assert ad.allclose(x, y) is False
    assert ad.allclose(ad.ones(2, requires_grad=True), 1) is True
    assert ad.allclose(ad.ones(2), ad.ones(2) * 1.1, rtol=0.2) is True
    assert ad.allclose(ad.ones(2), ad.ones(2) + 0.1, rtol=0, atol=0.2) is True
    assert np.allclose(x, y, equal_nan=True) is True


def test_equality_of_whole_tensors():
    assert ad.equal(ad.tensor([1, 2]), ad.tensor([1, 2])) is True
    assert ad.equal(ad.tensor([1, 2]), ad.tensor([1, 3])) is False
    assert ad.equal(ad.ones(2), ad.ones(2, 1)) is False
    assert ad.equal(ad.ones(0), ad.ones(0)) is True


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_xor"])
def test_logic(name):
    a, b = np.array([0.0, 1.0, -2.0, 0.0]), np.array([0, 0, 3, 5])
    result = getattr(ad, name)(ad.tensor(a), ad.tensor(b))
    assert result.dtype == ad.bool_
    np.testing.assert_array_equal(result.numpy(), getattr(np, name)(a, b))
    assert getattr(ad, name)(ad.Value(0.0), ad.Value(2.0)) is (name != "logical_and")


def test_bits():
    x, y = ad.tensor([12, 10]), ad.tensor([10, 3])
    assert (x & y).tolist() == [8, 2]
    assert (x | y).tolist() == [14, 11]
    assert (x ^ y).tolist() == [6, 9]
    assert (~x).tolist() == [-13, -11]
    assert (x << 2).tolist() == [48, 40]
    assert (x >> 1).tolist() == [6, 5]
    assert (1 << y).tolist() == [1024, 8]
    mask = ad.tensor([True, False])
    assert (mask & True).tolist() == [True, False]
    assert (~mask | mask).tolist() == [True, True]
    x &= 6
    assert x.tolist() == [4, 2]
    mask.logical_not_()
    assert mask.tolist() == [False, True]
    for operation in (lambda: ad.ones(2) & 1, lambda: ~ad.ones(2), lambda: ad.ones(2) << 1):
        with pytest.raises(TypeError, match="float32"):
            operation()


def test_in_place_relations_write_ones_and_zeros():
    x = ad.tensor([1.0, -1.0])
    assert x.gt_(0).tolist() == [1.0, 0.0]
    assert x.dtype == ad.float32


def test_numpy_functions():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    assert np.greater(x, 1.5).tolist() == [False, True]
    assert np.logical_not(x).tolist() == [False, False]
    assert np.array_equal(x, x) is True
    assert np.bitwise_and(ad.tensor([3]), 2).tolist() == [2]
