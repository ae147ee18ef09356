"""The optimisers' steps: compiled against reference, over options and layouts.

What the steps compute is compared with PyTorch where the optimisers are tested.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

decay = st.sampled_from([0.0, 0.1])
rate = st.sampled_from([0.0, 0.5, 0.9])

# Per kernel: how many arrays it keeps, which of them may be None, and its numbers.
CASES = {
    "sgd_step": ((True,), (rate, rate, decay, st.booleans(), st.booleans())),
    "adam_step": (
        (False, False, True),
        (st.just(0.9), st.just(0.99), st.just(1e-6), decay, decay, st.integers(1, 30)),
    ),
    "rmsprop_step": ((False, True, True), (st.just(0.9), st.just(1e-6), rate, decay)),
    "adagrad_step": ((False,), (st.just(1e-6), decay)),
    "adadelta_step": ((False, False), (st.just(0.9), st.just(1e-6), decay)),
}

NUMBERS = {
    "sgd_step": (0.9, 0.0, 0.0, False, False),
    "adam_step": (0.9, 0.9, 1e-8, 0.0, 0.0, 1),
    "rmsprop_step": (0.9, 1e-8, 0.5, 0.0),
    "adagrad_step": (1e-8, 0.0),
    "adadelta_step": (0.9, 1e-8, 0.0),
}


def apply(kernel, mode, arrays, numbers):
    copies = [None if a is None else a.copy("K") for a in arrays]
    with kernels.use(mode):
        kernel(*copies, 0.1, *numbers)
    return copies


@pytest.mark.parametrize("name", CASES)
@given(st.data())
@settings(deadline=None, max_examples=60)
def test_compiled_equals_reference(name, data):
    optional, numbers = CASES[name]
    shape = data.draw(st.sampled_from([(), (0,), (1,), (37,), (5, 7)]))
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    arrays = [np.asarray(rng.standard_normal(shape), dtype) for _ in range(2)]
    for may_be_none in optional:
        state = np.asarray(rng.random(shape) + 1, dtype)  # squares are not negative
        arrays.append(None if may_be_none and data.draw(st.booleans()) else state)
    if name == "rmsprop_step" and arrays[3] is not None:
        arrays[3] /= 4  # a mean whose square is below the mean of the squares
    layout = data.draw(st.sampled_from(["plain", "transposed", "mixed"]))
    if layout != "plain" and len(shape) == 2:
        chosen = arrays if layout == "transposed" else arrays[:1]
        arrays[: len(chosen)] = [None if a is None else np.asfortranarray(a) for a in chosen]
    numbers = [data.draw(number) for number in numbers]
    kernel = kernels.KERNELS[name]
    expected = apply(kernel, "numpy", arrays, numbers)
    ours = apply(kernel, "numba", arrays, numbers)
    assert np.array_equal(ours[1], arrays[1])
    for a, b in zip(ours, expected, strict=True):
        if b is not None:
            assert a.dtype == dtype
            np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-6)


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("name", CASES)
def test_arrays_of_other_shapes_are_refused(name, mode):
    """A gradient that is too short must not be read beyond its end."""
    state = [np.ones(6) for _ in CASES[name][0]]
    with kernels.use(mode), pytest.raises(ValueError, match="broadcast"):
        kernels.KERNELS[name](np.ones(6), np.ones(4), *state, 0.1, *NUMBERS[name])


@pytest.mark.parametrize("name", CASES)
def test_a_nan_gradient_shows(name):
    g = np.array([1.0, np.nan, 2.0])
    for mode in ("numpy", "numba"):
        w, state = np.ones(3), [np.ones(3) for _ in CASES[name][0]]
        if name == "rmsprop_step":
            state[1] /= 4
        with kernels.use(mode):
            kernels.KERNELS[name](w, g, *state, 0.1, *NUMBERS[name])
        assert np.isnan(w).tolist() == [False, True, False]
