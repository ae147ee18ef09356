"""Elementwise kernels as ufuncs: whatever the layout, each element goes the same way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import kernels
from autodiff.kernels import activation_jit
from autodiff.kernels.threads import WORTH_A_THREAD

LARGE = 2 * WORTH_A_THREAD // activation_jit.CHEAP

dtypes = st.sampled_from([np.float32, np.float64])


@st.composite
def arrays(draw):
    """Return a view of up to 3 axes: steps of either sign, axes in any order, some broadcast."""
    shape = draw(st.lists(st.integers(0, 40), max_size=3))
    steps = [draw(st.sampled_from([1, 1, 2, -1, -3])) for _ in shape]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    base = rng.standard_normal([n * abs(s) for n, s in zip(shape, steps, strict=True)])
    x = np.asarray(base * 3, draw(dtypes))[tuple(slice(None, None, s) for s in steps)]
    x = x.transpose(draw(st.permutations(range(x.ndim))))
    x = np.asarray(x)
    return _spread(x) if draw(st.booleans()) else x


def _spread(x):
    return np.broadcast_to(x[:1], x.shape) if x.ndim else x


@settings(deadline=None, max_examples=150)
@given(arrays())
def test_no_layout_changes_a_bit(x):
    found = activation_jit.silu(x)
    np.testing.assert_array_equal(found, activation_jit.silu(x.copy(order="C")), strict=True)
    assert found.strides == np.positive(x).strides


@settings(deadline=None, max_examples=150)
@given(arrays(), st.data())
def test_no_layout_of_two_changes_a_bit(x, data):
    g = np.asarray(np.random.default_rng(0).standard_normal(x.shape), x.dtype)
    g = data.draw(st.sampled_from([g, np.asfortranarray(g), _spread(g)]))
    found = activation_jit.silu_backward(g, x)
    wanted = activation_jit.silu_backward(g.copy(order="C"), x.copy(order="C"))
    np.testing.assert_array_equal(found, wanted, strict=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_parts_for_threads_change_no_bit(dtype, order):
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal((2, 1000, LARGE // 1000 + 7)).astype(dtype)
    if order == "F":
        x, g = np.asfortranarray(x), np.asfortranarray(g)
    elif order == "strided":
        x = np.repeat(x, 2, axis=1)[:, ::2]
    calls = (activation_jit.silu, (x,)), (activation_jit.silu_backward, (g, x))
    before = ad.get_num_threads()
    try:
        for call, operands in calls:
            results = []
            for threads in (1, 2, 4):
                ad.set_num_threads(threads)
                results.append(call(*operands))
            for result in results[1:]:
                np.testing.assert_array_equal(result, results[0], strict=True)
    finally:
        ad.set_num_threads(before)


def test_elements_at_odd_addresses():
    x = np.frombuffer(b"x" + np.arange(40, dtype=np.float32).tobytes(), np.float32, offset=1)
    assert not x.flags.aligned
    np.testing.assert_array_equal(activation_jit.silu(x), activation_jit.silu(x.copy()))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_warning_for_what_is_right(dtype):
    x = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 5e-324, -0.0] * 3, dtype)
    with kernels.use("numba"), np.errstate(all="raise"):
        for kernel in (kernels.exp, kernels.sigmoid, kernels.silu, kernels.erf):
            kernel(x)
        kernels.silu_backward(np.ones_like(x), x)


def test_a_number_gives_an_array():
    out = activation_jit.sigmoid(np.zeros(()))
    assert type(out) is np.ndarray
    assert out.shape == ()


def test_shapes_and_dtypes_that_do_not_fit():
    with pytest.raises(ValueError, match="broadcast"):
        activation_jit.silu_backward(np.ones(3), np.ones(4))
    with pytest.raises(TypeError, match="cast"):
        activation_jit.silu_backward(np.ones(3, np.float32), np.ones(3))
