"""Matrix products: every rank, layout and size of tile, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import kernels

threads, products = kernels.threads, kernels.gemm.products


@st.composite
def operands(draw):
    rows, inner, columns = (draw(st.integers(0, 150)) for _ in range(3))
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


def test_choice():
    faster = products._compiled_is_faster
    small, middle = np.ones((40, 40)), np.ones((64, 64))
    assert not faster(small, small)
    assert not faster(np.ones((24, 24)), np.ones((24, 24)), np.ones(24))
    assert faster(small, small, np.ones(40))
    assert faster(small, small, None, "relu")
    assert faster(middle, middle)
    assert faster(np.ones((256, 16, 16)), np.ones((256, 16, 16)))
    assert not faster(middle, np.ones(64))
    assert not faster(np.ones(64), middle)
    assert faster(np.ones((400, 400)), np.ones(400))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(1, 7, 5), (3, 300, 70), (9, 20, 100), (33, 129, 49), (5, 4, 3, 2)]
)
@pytest.mark.parametrize("activation", products.ACTIVATIONS)
@pytest.mark.parametrize("turned", [False, True])
def test_epilogue(dtype, shape, activation, turned):
    rng = np.random.default_rng(0)
    *rows, depth, columns = shape
    a, residual = rng.standard_normal((*rows, depth)), rng.standard_normal((*rows, columns))
    b, bias = rng.standard_normal((columns, depth)).T, rng.standard_normal(columns)
    expected = kernels.matmul.reference(a, b, bias, activation, residual)
    a, b, bias, residual = (x.astype(dtype, order="K") for x in (a, b, bias, residual))
    if not turned:
        b = np.ascontiguousarray(b)
    tolerance = 2e-5 if dtype == np.float32 else 1e-13
    for extras in [
        (bias, activation, residual),
        (None, activation, None),
        (bias, activation, None),
    ]:
        wanted = kernels.matmul.reference(a.astype(float), b.astype(float), *extras)
        ours = kernels.matmul.compiled(a, b, *extras)
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, wanted, atol=tolerance, rtol=tolerance)
    np.testing.assert_allclose(
        kernels.matmul.compiled(a, b, bias, activation, residual), expected, atol=tolerance,
        rtol=tolerance,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("extras", "message"),
    [
        ((np.ones(3),), r"needs a bias \(4,\), not \(3,\)"),
        ((None, "swish"), "activation 'swish' is none of"),
        ((None, None, np.ones((4, 2))), r"such a residual, not \(4, 2\)"),
    ],
)
def test_epilogues_that_do_not_fit(mode, extras, message):
    with kernels.use(mode), pytest.raises(ValueError, match=message):
        kernels.matmul(np.ones((2, 3)), np.ones((3, 4)), *extras)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("rows", "depth", "columns"), [(600, 300, 250), (70, 700, 1100), (2, 1000, 90), (700, 150, 1)]
)
@pytest.mark.parametrize("layout", ["nn", "nt", "tn", "tt"])
def test_blocks_and_packing(dtype, rows, depth, columns, layout):
    """Sizes beyond one block of each kind, in every combination of layouts."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((rows, depth)), rng.standard_normal((depth, columns))
    ours = kernels.matmul.compiled(
        np.array(a, dtype, order="F" if layout[0] == "t" else "C"),
        np.array(b, dtype, order="F" if layout[1] == "t" else "C"),
    )
    # Each term is rounded twice at most; the sum of squares is what a random walk would give.
    bound = np.finfo(dtype).eps * depth
    np.testing.assert_allclose(ours, a @ b, atol=bound)


def test_infinities_and_nan_stay_in_their_rows_and_columns():
    a, b = np.ones((20, 130), np.float32), np.ones((130, 60), np.float32)
    a[3, 7], b[100, 50] = np.nan, np.inf
    product = kernels.matmul.compiled(a, b)
    assert np.isnan(product[3]).all()
    assert np.isinf(np.delete(product[:, 50], 3)).all()
    assert (np.delete(np.delete(product, 3, 0), 50, 1) == 130).all()


@pytest.mark.parametrize(
    "shapes",
    [
        [(9, 11, 11), (9, 11, 11)],
        [(50, 70), (70, 200)],
        [(300, 20), (20, 9)],
        [(3, 500), (500, 300)],
        [(300, 70), (70, 1)],
        [(1, 70), (70, 300)],
    ],
)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("with_bias", [False, True])
def test_bits_do_not_depend_on_the_number_of_threads(monkeypatch, shapes, turned, with_bias):
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(shape, np.float32) for shape in shapes)
    if turned:
        a, b = (np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2) for x in (a, b))
    extras = (rng.standard_normal(b.shape[-1], np.float32), "tanh") if with_bias else ()
    before, results = threads.get_num_threads(), []
    try:
        for count in (1, 2, 4):
            threads.set_num_threads(count)
            results.append(kernels.matmul.compiled(a, b, *extras).tobytes())
    finally:
        threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]


def test_small_matrices_of_stacks_that_broadcast():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((4, 1, 9, 7)), rng.standard_normal((5, 7, 11))
    bias = rng.standard_normal(11)
    ours = kernels.matmul.compiled(a, b, bias, "relu")
    np.testing.assert_allclose(ours, np.maximum(np.matmul(a, b) + bias, 0), atol=1e-13)
    np.testing.assert_allclose(kernels.matmul.compiled(a, b), np.matmul(a, b), atol=1e-13)


def test_a_bias_of_another_dtype_or_with_gaps():
    a, b = np.ones((3, 4), np.float32), np.ones((4, 5), np.float32)
    bias = np.arange(10.0)[::2]
    ours = kernels.matmul.compiled(a, b, bias)
    assert ours.dtype == np.float32
    np.testing.assert_array_equal(ours, 4 + np.tile(bias, (3, 1)))
