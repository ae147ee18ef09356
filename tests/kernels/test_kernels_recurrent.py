"""Recurrent kernels: references against the definition, compiled versions against both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
EPS = {np.dtype(np.float32): 2e-5, np.dtype(np.float64): 1e-12}

sizes = st.tuples(st.integers(1, 5), st.integers(1, 19), st.integers(1, 37))
dtypes = st.sampled_from([np.float32, np.float64])
layouts = st.sampled_from(
    [
        lambda a: a,
        lambda a: np.repeat(a, 2, -1)[..., ::2],
        lambda a: np.ascontiguousarray(a.T).T,
        lambda a: np.lib.stride_tricks.as_strided(a, writeable=False),
    ]
)


def arrays(seed, dtype, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.normal(scale=0.5, size=shape).astype(dtype) for shape in shapes]


def forward_arguments(kind, seed, dtype, t, n, h):
    """(projected, start, *bias, *state, w_hh)."""
    g = GATES[kind] * h
    middle = {"lstm": [(n, h)], "gru": [(h,), (n, h)], "rnn": []}[kind]
    return arrays(seed, dtype, (t, n, g), (n, g), *middle, (g, h))


def backward_arguments(kind, arguments, results, seed):
    """Those after the forward call with these arguments and results."""
    first = results[0]
    dy, dh, dc = arrays(seed + 1, first.dtype, first.shape, first.shape[1:], first.shape[1:])
    w_hh = arguments[-1]
    if kind == "lstm":
        return [dy, dh, dc, w_hh, results[1], results[2], arguments[2]]
    return [dy, dh, w_hh, *results, *([arguments[3]] if kind == "gru" else [])]


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


def run(kind, version, arguments, options):
    """The results of one version; `projected`, which may be overwritten, is a copy in its layout."""
    kernel = getattr(kernels.KERNELS[f"{kind}_forward"], version)
    return as_tuple(kernel(arguments[0].copy(order="K"), *arguments[1:], *options))


def options_of(kind, flag, reverse):
    return (flag, reverse) if kind == "rnn" else (reverse,)


def close(found, expected, dtype):
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == dtype
        assert a.shape == b.shape
        scale = max(1.0, np.abs(b).max(initial=0))
        np.testing.assert_allclose(a, b, rtol=0, atol=EPS[np.dtype(dtype)] * scale)


@pytest.mark.parametrize("kind", GATES)
@given(sizes, dtypes, st.integers(0, 1000), st.booleans(), st.booleans(), layouts)
@settings(deadline=None, max_examples=30)
def test_both_versions_give_the_results_of_float64(kind, size, dtype, seed, flag, reverse, layout):
    options = options_of(kind, flag, reverse)
    exact = forward_arguments(kind, seed, np.float64, *size)
    given = [layout(a.astype(dtype)) for a in exact]
    exact = [a.astype(np.float64) for a in given]
    wanted = run(kind, "reference", exact, options)
    for version in ("reference", "compiled"):
        close(run(kind, version, given, options), wanted, dtype)
    exact = backward_arguments(kind, exact, wanted, seed)
    given = [layout(a.astype(dtype)) for a in exact]
    exact = [a.astype(np.float64) for a in given]
    backward = kernels.KERNELS[f"{kind}_backward"]
    wanted = as_tuple(backward.reference(*exact, *options))
    before = [a.tobytes() for a in given]
    for version in ("reference", "compiled"):
        close(as_tuple(getattr(backward, version)(*given, *options)), wanted, dtype)
    assert [a.tobytes() for a in given] == before


@pytest.mark.parametrize("version", ["reference", "compiled"])
@pytest.mark.parametrize("reverse", [False, True])
def test_an_lstm_by_its_definition(version, reverse):
    t, n, h = 3, 2, 5
    arguments = forward_arguments("lstm", 0, np.float64, t, n, h)
    projected, start, c, w_hh = arguments
    output, cells, gates = run("lstm", version, arguments, (reverse,))
    logistic = lambda x: 1 / (1 + np.exp(-x))
    recurrent = start
    for k in range(t)[:: -1 if reverse else 1]:
        a = projected[k] + recurrent
        i, f, g, o = (a[:, part * h : (part + 1) * h] for part in range(4))
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        c = f * c + i * g
        np.testing.assert_allclose(cells[k], c, rtol=1e-12)
        np.testing.assert_allclose(output[k], o * np.tanh(c), rtol=1e-12)
        np.testing.assert_allclose(gates[k], np.concatenate([i, f, g, o], 1), rtol=1e-12)
        recurrent = output[k] @ w_hh.T


@pytest.mark.parametrize("version", ["reference", "compiled"])
@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("reverse", [False, True])
def test_backward_is_the_derivative(kind, version, reverse):
    size, options = (3, 2, 4), options_of(kind, False, reverse)
    arguments = forward_arguments(kind, 1, np.float64, *size)
    results = run(kind, "reference", arguments, options)
    given = backward_arguments(kind, arguments, results, 1)
    backward = getattr(kernels.KERNELS[f"{kind}_backward"], version)
    found = as_tuple(backward(*given, *options))[0]

    def loss(projected):
        out = run(kind, "reference", [projected, *arguments[1:]], options)
        last = 0 if reverse else -1
        value = (out[0] * given[0]).sum() + (out[0][last] * given[1]).sum()
        return value + ((out[1][last] * given[2]).sum() if kind == "lstm" else 0)

    direction = np.random.default_rng(2).normal(size=arguments[0].shape)
    step = 1e-5
    slope = (loss(arguments[0] + step * direction) - loss(arguments[0] - step * direction)) / (
        2 * step
    )
    np.testing.assert_allclose((found * direction).sum(), slope, rtol=1e-8)


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e4, 1e-42])
def test_special_numbers_stay_in_their_batch_row(kind, value):
    arguments = forward_arguments(kind, 2, np.float32, 3, 7, 20)
    plain = run(kind, "compiled", arguments, options_of(kind, False, False))
    arguments[0][1, 4, 3] = value
    found = run(kind, "compiled", arguments, options_of(kind, False, False))
    wanted = run(kind, "reference", arguments, options_of(kind, False, False))
    others = [i for i in range(7) if i != 4]
    for a, b, c in zip(found, wanted, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(a[:, others], c[:, others])


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("size", [(0, 2, 3), (2, 0, 3), (2, 3, 0)])
def test_empty_axes(kind, size, mode):
    options = options_of(kind, True, True)
    arguments = forward_arguments(kind, 3, np.float32, *size)
    with kernels.use(mode):
        results = as_tuple(kernels.KERNELS[f"{kind}_forward"](*arguments, *options))
        assert [r.shape[:2] for r in results] == [size[:2]] * len(results)
        given = backward_arguments(kind, arguments, results, 3)
        found = as_tuple(kernels.KERNELS[f"{kind}_backward"](*given, *options))
    assert found[0].shape == arguments[0].shape


@pytest.mark.parametrize("version", ["reference", "compiled"])
@pytest.mark.parametrize("kind", GATES)
def test_what_does_not_fit_is_refused(kind, version):
    arguments = forward_arguments(kind, 4, np.float32, 2, 3, 4)
    results = run(kind, version, arguments, ())
    given = backward_arguments(kind, arguments, results, 4)
    for name, right in ((f"{kind}_forward", arguments), (f"{kind}_backward", given)):
        kernel = getattr(kernels.KERNELS[name], version)
        with pytest.raises(ValueError, match=name):
            kernel(right[0][0], *right[1:])
        for i in range(1, len(right)):
            with pytest.raises(ValueError, match=rf"{name}: .* has shape"):
                kernel(*right[:i], right[i][:-1], *right[i + 1 :])
            with pytest.raises(TypeError, match=rf"{name}: .* is of float64"):
                kernel(*right[:i], right[i].astype(np.float64), *right[i + 1 :])


def test_small_work_is_left_to_numpy():
    prefer = kernels.lstm_forward._prefer
    assert not prefer(np.zeros((1, 1, 16)))
    assert prefer(np.zeros((20, 1, 64)))
