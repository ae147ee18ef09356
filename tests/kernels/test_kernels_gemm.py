"""Matrix products: every rank, layout and size of tile, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

threads, _many_small_products = kernels.threads, kernels.gemm.products._many_small_products


@st.composite
def operands(draw):
    rows, inner, columns = (draw(st.integers(0, 40)) for _ in range(3))
    batch = draw(st.lists(st.integers(0, 3), min_size=0, max_size=2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))

    def matrices(*shape):
        layout = draw(st.sampled_from(["plain", "transposed", "reversed", "strided", "constant"]))
        if layout == "transposed":
            return rng.standard_normal((*batch, *shape[::-1])).astype(dtype).swapaxes(-1, -2)
        if layout == "strided":
            return rng.standard_normal((*batch, shape[0], 2 * shape[1])).astype(dtype)[..., ::2]
        if layout == "constant":
            return np.broadcast_to(dtype(1.5), (*batch, *shape))
        plain = rng.standard_normal((*batch, *shape)).astype(dtype)
        return plain[..., ::-1, ::-1] if layout == "reversed" else plain

    return matrices(rows, inner), matrices(inner, columns)


@given(operands())
@settings(deadline=None, max_examples=200)
def test_compiled_equals_numpy(pair):
    a, b = pair
    ours = kernels.matmul.compiled(a, b)
    expected = np.matmul(a.astype(np.float64), b.astype(np.float64))
    assert ours.dtype == a.dtype
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, atol=1e-4 if a.dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("mode", ["numpy", "numba", "auto"])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((4, 2, 3), (3, 5)),
        ((2, 3), (4, 3, 5)),
        ((4, 1, 2, 3), (5, 3, 2)),
        ((4, 2, 3), (3,)),
        ((4, 2, 0), (4, 0, 3)),
    ],
)
def test_ranks_and_broadcasting(mode, a, b):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(a), rng.standard_normal(b)
    with kernels.use(mode):
        ours = kernels.matmul(a, b)
    assert isinstance(ours, np.ndarray)
    np.testing.assert_allclose(ours, np.matmul(a, b), atol=1e-14)


@pytest.mark.parametrize("mode", ["numpy", "numba", "auto"])
@pytest.mark.parametrize(("a", "b"), [((2, 3), (2, 3)), ((2, 3, 4), (2, 3, 4)), ((), (2,))])
def test_shapes_that_do_not_fit(mode, a, b):
    with kernels.use(mode), pytest.raises(ValueError, match="matmul"):
        kernels.matmul(np.ones(a), np.ones(b))


def test_mixed_and_integer_dtypes():
    a, b = np.ones((2, 2, 2), np.float32), np.ones((2, 2, 2))
    with kernels.use("numba"):
        assert kernels.matmul(a, b).dtype == np.float64
        assert kernels.matmul(a.astype(int), b.astype(int)).dtype == int


def test_choice(monkeypatch):
    few, many = np.ones((8, 4, 4)), np.ones((600, 4, 4))
    assert not _many_small_products(few, few.swapaxes(1, 2))
    assert not _many_small_products(many, many)
    assert _many_small_products(many, many.swapaxes(1, 2))
    assert not _many_small_products(np.ones((600, 0, 4)), many)
    large = np.ones((700, 40, 40))
    monkeypatch.setattr(threads, "_threads", 1)
    assert not _many_small_products(large, large)
    monkeypatch.setattr(threads, "_threads", 2)
    assert _many_small_products(large, large)


def test_bits_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    a, b = np.random.default_rng(0).standard_normal((2, 9, 11, 11), np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 4):
            threads.set_num_threads(count)
            results.append(kernels.matmul.compiled(a, b).tobytes())
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]
