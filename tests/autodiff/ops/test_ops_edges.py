"""Every elementwise operation at ugly numbers: values and gradients equal PyTorch's."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import autodiff as ad

nan, inf = float("nan"), float("inf")
UGLY = [
    nan, inf, -inf, 0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 6.0, 1e-20, -1e-20,
    1e20, -1e20, 20.0, -20.0, 25.0, 100.0, -100.0, 1000.0, -1000.0,
]  # fmt: skip
UNARY = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "celu", "cos", "cosh",
    "deg2rad", "elu", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "floor", "frac", "gelu",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log", "log10", "log1p",
    "log2", "logsigmoid", "mish", "nan_to_num", "neg", "rad2deg", "reciprocal", "relu", "relu6",
    "round", "rsqrt", "selu", "sigmoid", "sign", "silu", "sin", "sinh", "softplus", "softshrink",
    "softsign", "sqrt", "square", "tan", "tanh", "tanhshrink", "trunc",
]  # fmt: skip
BINARY = [
    "add", "atan2", "div", "fmax", "fmin", "fmod", "hypot", "logaddexp", "maximum", "minimum",
    "mul", "pow", "remainder", "sub", "xlogy",
]  # fmt: skip


def _nan_passes(x, *_):
    return np.isnan(x)


# Where we differ on purpose: PyTorch gives 0 for the sign of NaN, forgets NaNs in some gradients,
# has NaN where a limit exists (hypot and xlogy at 0, gelu, silu and softsign at infinity), and goes
# on below the domain of acosh.
VALUES_APART = {"sign": _nan_passes, "gelu": np.isinf, "silu": np.isinf}
GRADIENTS_APART = {
    "abs": _nan_passes,
    "acosh": lambda x: x < 1,
    "celu": _nan_passes,
    "elu": _nan_passes,
    "gelu": np.isinf,
    "hardswish": _nan_passes,
    "selu": _nan_passes,
    "silu": np.isinf,
    "softsign": np.isinf,
    "hypot": lambda x, y: (x == 0) & (y == 0),
    "xlogy": lambda x, y: (x == 0) & (y == 0),
}


def _compare(ours, torchs, apart, inputs, rtol):
    apart = apart(*inputs) if apart else np.zeros(inputs[0].shape, bool)
    np.testing.assert_allclose(ours[~apart], torchs[~apart], rtol=rtol, atol=rtol * 1e-3)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_unary_at_ugly_numbers(name, dtype):
    torch = pytest.importorskip("torch")
    x = np.array(UGLY, dtype)
    ours = ad.tensor(x, requires_grad=True)
    theirs = torch.tensor(x, requires_grad=True)
    y = getattr(ad, name)(ours)
    z = (getattr(torch, name, None) or getattr(torch.nn.functional, name))(theirs)
    rtol = 2e-4 if dtype == "float32" else 1e-6
    _compare(y.detach().numpy(), z.detach().numpy(), VALUES_APART.get(name), [x], rtol)
    y.sum().backward()
    z.sum().backward()
    _compare(ours.grad.numpy(), theirs.grad.numpy(), GRADIENTS_APART.get(name), [x], rtol)


@pytest.mark.parity
@pytest.mark.parametrize("name", BINARY)
def test_binary_at_ugly_numbers(name):
    torch = pytest.importorskip("torch")
    pairs = list(itertools.product(UGLY[:13] + [1e20, -1e20], repeat=2))
    arrays = [np.array(side) for side in zip(*pairs, strict=True)]
    ours = [ad.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, z = getattr(ad, name)(*ours), getattr(torch, name)(*theirs)
    _compare(y.detach().numpy(), z.detach().numpy(), None, arrays, 1e-6)
    y.sum().backward()
    z.sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        _compare(a.grad.numpy(), b.grad.numpy(), GRADIENTS_APART.get(name), arrays, 1e-6)


@pytest.mark.parametrize("name", UNARY)
def test_a_value_equals_a_tensor_at_ugly_numbers(name):
    for x in UGLY:
        value, tensor = ad.Value(x), ad.tensor(x, dtype=ad.float64, requires_grad=True)
        y, z = getattr(ad, name)(value), getattr(ad, name)(tensor)
        y.backward()
        z.backward()
        message = f"{name}({x})"
        np.testing.assert_allclose(y.data, z.item(), rtol=1e-12, err_msg=message)
        np.testing.assert_allclose(value.grad, tensor.grad.item(), rtol=1e-12, err_msg=message)
        assert type(y.data) is float
        assert type(value.grad) is float


@pytest.mark.parametrize("name", [*BINARY, "floor_divide"])
def test_two_values_equal_two_tensors_at_ugly_numbers(name):
    for pair in itertools.product(UGLY[:13], repeat=2):
        if (name, *pair) == ("pow", -inf, 0.5):
            continue  # inf in IEEE arithmetic, but NumPy takes the square root of a 0-d array
        values = [ad.Value(x) for x in pair]
        tensors = [ad.tensor(x, dtype=ad.float64, requires_grad=True) for x in pair]
        y, z = getattr(ad, name)(*values), getattr(ad, name)(*tensors)
        y.backward()
        z.backward()
        ours = [y.data, *[v.grad for v in values]]
        np.testing.assert_allclose(
            ours, [z.item(), *[t.grad.item() for t in tensors]], rtol=1e-12, err_msg=f"{name}{pair}"
        )
        assert all(type(x) is float for x in ours)


@pytest.mark.parametrize("name", UNARY)
def test_no_overflow_warning_and_no_change_of_dtype(name):
    for dtype in (ad.float16, ad.float32, ad.float64):
        for shape in ((), (0,), (25,)):
            x = ad.tensor(np.resize(np.array(UGLY), shape), dtype=dtype, requires_grad=True)
            y = getattr(ad, name)(x)
            y.sum().backward()
            assert (y.dtype, x.grad.dtype, y.shape) == (dtype, dtype, shape)
