"""The optimisers' steps: compiled against reference, over options, layouts and lists.

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


EACH = {"sgd_step": -1, "adam_step": -1, "adagrad_step": 0}  # the number that is one per parameter


def apply(name, mode, parameters, numbers):
    """Move parameters, each a list of arrays; return copies that were moved."""
    copies = [[None if a is None else a.copy("K") for a in arrays] for arrays in parameters]
    lists = [None if column[0] is None else list(column) for column in zip(*copies, strict=True)]
    numbers = [0.1, *numbers]
    if name in EACH:
        numbers[EACH[name]] = [numbers[EACH[name]]] * len(copies)
    with kernels.use(mode):
        kernels.KERNELS[name](*lists, *numbers)
    return copies


def made(name, rng, shape, dtype, without=()):
    """A parameter, its gradient, and what the kernel keeps; None for the states in `without`."""
    arrays = [np.asarray(rng.standard_normal(shape), dtype) for _ in range(2)]
    for i, _ in enumerate(CASES[name][0]):
        state = np.asarray(rng.random(shape) + 1, dtype)  # squares are not negative
        arrays.append(None if i in without else state)
    if name == "rmsprop_step" and arrays[3] is not None:
        arrays[3] /= 4  # a mean whose square is below the mean of the squares
    return arrays


def assert_same(ours, expected, dtype):
    for a, b in zip(ours, expected, strict=True):
        if b is not None:
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-6)


@pytest.mark.parametrize("name", CASES)
@given(st.data())
@settings(deadline=None, max_examples=60)
def test_compiled_equals_reference(name, data):
    optional, numbers = CASES[name]
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    without = [i for i, may in enumerate(optional) if may and data.draw(st.booleans())]
    shapes = st.sampled_from([(), (0,), (1,), (37,), (5, 7), (70, 80)])
    parameters = []
    for shape in data.draw(st.lists(shapes, min_size=1, max_size=4)):
        arrays = made(name, rng, shape, dtype, without)
        layout = data.draw(st.sampled_from(["plain", "transposed", "mixed", "strided"]))
        if layout == "strided" and shape == (37,):
            arrays[1] = np.repeat(arrays[1], 2)[::2]
        elif layout in ("transposed", "mixed") and len(shape) == 2:
            chosen = arrays if layout == "transposed" else arrays[:1]
            arrays[: len(chosen)] = [None if a is None else np.asfortranarray(a) for a in chosen]
        parameters.append(arrays)
    numbers = [data.draw(number) for number in numbers]
    expected = apply(name, "numpy", parameters, numbers)
    ours = apply(name, "numba", parameters, numbers)
    for a, b, start in zip(ours, expected, parameters, strict=True):
        assert np.array_equal(a[1], start[1])
        assert_same(a, b, dtype)


@pytest.mark.parametrize("name", CASES)
def test_parameters_of_two_dtypes(name):
    rng = np.random.default_rng(0)
    parameters = [made(name, rng, 500, dtype) for dtype in (np.float32, np.float64)]
    expected = apply(name, "numpy", parameters, NUMBERS[name])
    ours = apply(name, "numba", parameters, NUMBERS[name])
    for a, b, dtype in zip(ours, expected, (np.float32, np.float64), strict=True):
        assert_same(a, b, dtype)


@pytest.mark.parametrize("shift", [0, 1, 20])
@pytest.mark.parametrize("name", CASES)
def test_memory_that_is_shared(name, shift):
    """Two parameters that are views of one array, and a gradient that is the parameter itself."""
    moved = []
    for mode in ("numpy", "numba"):
        rng = np.random.default_rng(0)
        memory = rng.standard_normal(100)
        first, second = made(name, rng, 50, np.float64), made(name, rng, 50, np.float64)
        first[0], second[0] = memory[:50], memory[shift : shift + 50]
        first[1] = memory[:50]
        lists = [list(column) for column in zip(first, second, strict=True)]
        numbers = [0.1, *NUMBERS[name]]
        if name in EACH:
            numbers[EACH[name]] = [numbers[EACH[name]]] * 2
        with kernels.use(mode):
            kernels.KERNELS[name](*lists, *numbers)
        moved.append(memory)
    np.testing.assert_allclose(moved[1], moved[0], rtol=1e-12)


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("name", CASES)
def test_arrays_of_other_shapes_are_refused(name, mode):
    """A gradient that is too short must not be read beyond its end."""
    state = [np.ones(6) for _ in CASES[name][0]]
    with pytest.raises(ValueError, match="broadcast"):
        apply(name, mode, [[np.ones(6), np.ones(4), *state]], NUMBERS[name])


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("name", CASES)
def test_a_nan_gradient_shows(name, mode):
    arrays = made(name, np.random.default_rng(0), 3, np.float64)
    arrays[1][1] = np.nan
    ((w, *_),) = apply(name, mode, [arrays], NUMBERS[name])
    assert np.isnan(w).tolist() == [False, True, False]


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("name", CASES)
def test_without_weight_decay_infinity_stays(name, mode):
    """0 times infinity must not come in."""
    arrays = made(name, np.random.default_rng(0), 3, np.float64)
    arrays[0][1] = np.inf
    ((w, *_),) = apply(name, mode, [arrays], NUMBERS[name])
    assert np.isposinf(w).tolist() == [False, True, False]
