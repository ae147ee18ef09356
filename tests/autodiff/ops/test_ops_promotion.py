"""Result dtypes of elementwise operations: PyTorch's table of promotion."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autodiff as ad

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
NUMBERS = [True, 2, 1.5]
BINARY = [
    "add", "atan2", "bitwise_and", "bitwise_or", "bitwise_xor", "div", "eq", "floor_divide", "fmax",
    "fmin", "fmod", "ge", "gt", "le", "logical_and", "lt", "maximum", "minimum", "mul", "ne", "pow",
    "remainder", "sub", "true_divide", "where", "xlogy",
]  # fmt: skip
UNARY = [
    "abs", "bitwise_not", "ceil", "exp", "floor", "isnan", "log", "logical_not", "nan_to_num",
    "neg", "reciprocal", "relu", "round", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "square",
    "tanh", "trunc",
]  # fmt: skip


def _function(library, name):
    if name == "where":
        condition = library.ones((2,), dtype=getattr(library, "bool_", None) or library.bool)
        return lambda x, y: library.where(condition, x, y)
    return getattr(library, name)


def _result(torch, name, *operands):
    """PyTorch's result dtype; None where it has none."""
    try:
        return str(_function(torch, name)(*operands).dtype).replace("torch.", "")
    except (RuntimeError, TypeError):
        return None


def _ones(torch, dtype, shape):
    x = np.ones(shape, dtype)
    return ad.tensor(x), torch.tensor(x)


@pytest.mark.parity
@pytest.mark.parametrize("name", BINARY)
def test_two_tensors(name):
    torch = pytest.importorskip("torch")
    shapes = [((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())]
    for one, other in itertools.product(DTYPES, repeat=2):
        for shape, other_shape in shapes:
            x, t = _ones(torch, one, shape)
            y, u = _ones(torch, other, other_shape)
            expected = _result(torch, name, t, u)
            if expected is not None:
                result = _function(ad, name)(x, y).dtype.name
                assert result == expected, f"{name}({one}{shape}, {other}{other_shape})"


@pytest.mark.parity
@pytest.mark.parametrize("name", [n for n in BINARY if n != "where"])
def test_a_tensor_and_a_number(name):
    torch = pytest.importorskip("torch")
    for dtype, number in itertools.product(DTYPES, NUMBERS):
        if (name, dtype, number) == ("pow", "bool", True):
            continue  # NumPy has no power of bools; int8 is what it counts them as
        for swap in (False, True):
            x, t = _ones(torch, dtype, (2,))
            ours, theirs = ((number, x), (number, t)) if swap else ((x, number), (t, number))
            expected = _result(torch, name, *theirs)
            if expected is not None:
                result = getattr(ad, name)(*ours).dtype.name
                assert result == expected, f"{name}, {dtype} and {number}, swapped: {swap}"


@pytest.mark.parity
@pytest.mark.parametrize("name", UNARY)
def test_one_tensor(name):
    torch = pytest.importorskip("torch")
    for dtype in DTYPES:
        x, t = _ones(torch, dtype, (2,))
        expected = _result(torch, name, t)
        if expected is not None and (name, dtype) != ("square", "bool"):
            assert getattr(ad, name)(x).dtype.name == expected, f"{name}({dtype})"


@pytest.mark.parity
def test_integer_results():
    torch = pytest.importorskip("torch")
    x = np.array([7, -7, 7, -7, 6, 0], np.int64)
    y = np.array([2, 2, -2, -2, 3, 5], np.int64)
    for call in (
        lambda a, b: a / b,
        lambda a, b: a // b,
        lambda a, b: a % b,
        lambda a, b: a.fmod(b),
        lambda a, b: a.div(b, rounding_mode="trunc"),
        lambda a, b: a.div(b, rounding_mode="floor"),
        lambda a, b: a ** abs(b),
        lambda a, b: a & b,
        lambda a, b: a | b,
        lambda a, b: a ^ b,
        lambda a, b: ~a,
        lambda a, b: a << abs(b),
        lambda a, b: a >> abs(b),
    ):
        ours = call(ad.tensor(x), ad.tensor(y))
        theirs = call(torch.tensor(x), torch.tensor(y)).numpy()
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours.numpy(), theirs)


def test_python_numbers_are_weak():
    x = ad.ones(2, dtype=ad.float32)
    for y in (x * 2.5, 2.5 * x, x + 1, 1 - x, x / 3, 2**x, x**2.5, x // 0.5, x % 0.3):
        assert y.dtype == ad.float32
    assert (x * np.float64(2.5)).dtype == ad.float32
    assert (np.float64(2.5) * x).dtype == ad.float32
    assert (ad.ones(2, dtype=ad.int8) * 100).dtype == ad.int8
    assert (ad.ones(2, dtype=ad.int64) * 0.5).dtype == ad.float32


def test_the_gradient_has_the_dtype_of_the_leaf():
    x = ad.ones(2, dtype=ad.float32, requires_grad=True)
    y = ad.ones(2, dtype=ad.float64, requires_grad=True)
    z = x * y + ad.tensor([1, 2])
    assert z.dtype == ad.float64
    z.sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (ad.float32, ad.float64)


def test_default_dtype_of_integers_is_used():
    ad.set_default_dtype(ad.float64)
    try:
        assert ad.tensor([1, 2]).exp().dtype == ad.float64
        assert (ad.tensor([1, 2]) / 2).dtype == ad.float64
    finally:
        ad.set_default_dtype(ad.float32)
