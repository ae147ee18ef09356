"""What holds for every kernel: it does what its reference does, alike on any number of threads."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autodiff import kernels
from kernel_rows import all_rows

ROWS = all_rows()
COMPILED = sorted(name for name in kernels.KERNELS if name in ROWS)
TOLERANCE = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-12}

over_kernels = pytest.mark.parametrize("name", COMPILED)
over_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture(autouse=True)
def _small_work_is_shared_out(monkeypatch):
    before = kernels.get_num_threads()
    monkeypatch.setattr(kernels.threads, "WORTH_A_THREAD", 10)
    yield
    kernels.set_num_threads(before)


def calls(name, dtype):
    """The argument tuples of a kernel's row, made anew from one seed."""
    return ROWS[name](np.random.default_rng(0), np.dtype(dtype))


def arrays(value):
    """All arrays in a result or an argument tuple, in order."""
    if isinstance(value, np.ndarray | np.generic):
        return [np.asarray(value)]
    if isinstance(value, tuple | list):
        return [a for part in value for a in arrays(part)]
    return []


def outcome(function, arguments):
    """What a call returns and what it leaves in its arguments."""
    result = function(*arguments)
    return arrays(result) + arrays(arguments)


def bits(outcome):
    return [(a.dtype, a.shape, a.tobytes()) for a in outcome]


def test_every_kernel_has_a_row():
    assert sorted(ROWS) == sorted(kernels.KERNELS)


def compare(ours, theirs, tolerance):
    for a, b in zip(ours, theirs, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        if a.dtype.kind == "f":
            scale = np.abs(b[np.isfinite(b)]).max(initial=1e-30)
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)
        else:
            assert np.array_equal(a, b)


@over_dtypes
@over_kernels
def test_compiled_is_the_reference(name, dtype):
    """Arguments too: each is left alone, or written just as the reference writes it."""
    kernel, tolerance = kernels.KERNELS[name], TOLERANCE[np.dtype(dtype)]
    for ours, theirs, before in zip(*(calls(name, dtype) for _ in range(3)), strict=True):
        with kernels.use("numba"):
            compiled = kernel(*ours)
        with kernels.use("numpy"):
            reference = kernel(*theirs)
        compare(arrays(compiled), arrays(reference), tolerance)
        compare(arrays(ours), arrays(theirs), tolerance)
        for a, b, start in zip(arrays(ours), arrays(theirs), arrays(before), strict=True):
            if bits([b]) == bits([start]):
                assert bits([a]) == bits([start])


@over_dtypes
@over_kernels
def test_bits_do_not_depend_on_the_number_of_threads(name, dtype):
    results = []
    for count in (1, 2, 4):
        kernels.set_num_threads(count)
        with kernels.use("numba"):
            results.append([bits(outcome(kernels.KERNELS[name], a)) for a in calls(name, dtype)])
    assert results[0] == results[1] == results[2]


@over_dtypes
@over_kernels
def test_calls_from_several_threads_at_once(name, dtype):
    kernels.set_num_threads(2)
    start = threading.Barrier(4, timeout=30)

    def run(_):
        made = calls(name, dtype)
        start.wait()
        return [bits(outcome(kernels.KERNELS[name], a)) for a in made]

    with kernels.use("numba"), ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(run, range(4))
    assert all(other == first for other in others)


@over_dtypes
@over_kernels
def test_the_choice_can_be_made(name, dtype):
    """In mode "auto" the kernel is asked what it prefers."""
    with kernels.use("auto"):
        for arguments in calls(name, dtype)[:1]:
            outcome(kernels.KERNELS[name], arguments)


@over_kernels
def test_sizes_that_no_memory_has_room_for(name):
    """An array of one number, seen 2**58 times along its axes: where that does not fit, an error and
    never a crash. (NumPy's own ``add.at`` can take such an array, and finds its rows there.)"""
    kernel = kernels.KERNELS[name]
    arguments = calls(name, "float32")[0]
    for i, argument in enumerate(arguments):
        if isinstance(argument, np.ndarray) and argument.ndim and argument.dtype.kind == "f":
            shape = [1 << 58 // argument.ndim] * argument.ndim
            giant = np.broadcast_to(argument.reshape(-1)[:1].reshape([1] * argument.ndim), shape)
            fits = name == "index_add" and i == 0
            refused = contextlib.nullcontext() if fits else pytest.raises((ValueError, MemoryError))
            with kernels.use("numba"), refused:
                kernel(*arguments[:i], giant, *arguments[i + 1 :])
