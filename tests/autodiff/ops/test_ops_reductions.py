"""Sums, means, products, logsumexp, any and all: what the table of operations leaves out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import autodiff as ad

NAN, INF = float("nan"), float("inf")


def gradient(function, x):
    x = ad.tensor(np.asarray(x, np.float64), requires_grad=True)
    (g,) = ad.grad(function(x).sum(), x)
    return g.numpy()


def views(x):
    """The same elements in other memory orders."""
    yield x
    if x.ndim:
        yield np.asfortranarray(x)
        yield np.flip(x).copy()[(slice(None, None, -1),) * x.ndim]
        yield np.repeat(x, 2, -1)[..., ::2]


@st.composite
def arrays_and_axes(draw):
    shape = draw(arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    x = draw(arrays_of.arrays(np.float64, shape, elements=st.floats(-3, 3, width=32)))
    axes = draw(st.none() | st.sets(st.integers(-x.ndim, x.ndim - 1)) if x.ndim else st.none())
    if axes is not None:
        axes = tuple({axis % x.ndim: axis for axis in axes}.values()) or None
    return x, axes, draw(st.booleans())


@settings(max_examples=60, deadline=None)
@given(arrays_and_axes())
@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("sum", np.sum),
        ("prod", np.prod),
        ("any", np.any),
        ("all", np.all),
        ("count_nonzero", np.count_nonzero),
        ("nansum", np.nansum),
    ],
)
def test_reductions_agree_with_numpy(name, reference, case):
    x, axes, keepdim = case
    expected = np.asarray(reference(x, axis=axes, keepdims=keepdim))
    for view in views(x):
        result = getattr(ad, name)(ad.from_numpy(view), axes, keepdim)
        assert result.shape == expected.shape
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result.numpy(), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(arrays_and_axes())
def test_gradients_of_sum_and_mean(case):
    x, axes, keepdim = case
    reduced = range(x.ndim) if axes is None else [axis % x.ndim for axis in axes]
    count = int(np.prod([x.shape[i] for i in reduced]))
    for view in views(x):
        np.testing.assert_array_equal(
            gradient(lambda t: t.sum(axes, keepdim), view), np.ones(x.shape)
        )
        if x.size:
            expected = np.full(x.shape, 1 / count)
            np.testing.assert_allclose(gradient(lambda t: t.mean(axes, keepdim), view), expected)


@settings(max_examples=40, deadline=None)
@given(arrays_and_axes())
def test_mean_and_logsumexp_agree_with_their_definitions(case):
    x, axes, keepdim = case
    if x.size:
        np.testing.assert_allclose(
            ad.mean(ad.tensor(x), axes, keepdim).numpy(), x.mean(axes, keepdims=keepdim)
        )
    with np.errstate(divide="ignore"):
        expected = np.log(np.exp(x).sum(axes, keepdims=keepdim))
    np.testing.assert_allclose(
        ad.logsumexp(ad.tensor(x), axes, keepdim).numpy(), expected, atol=1e-12
    )


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64"])
def test_integers_are_summed_as_int64(dtype):
    x = ad.tensor(np.array([1, 0, 1], dtype))
    for name in ("sum", "prod", "nansum"):
        assert getattr(x, name)().dtype == np.int64
    assert x.sum().item() == 2
    assert ad.tensor(np.full(300, 200, np.uint8)).sum().item() == 60000


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "nansum", "nanmean", "logsumexp"])
def test_floats_keep_their_dtype(name, dtype):
    for dim in (None, 0, 1, (0, 1)):
        x = ad.tensor(np.ones((2, 3), dtype), requires_grad=True)
        out = getattr(x, name)(dim)
        assert out.dtype == dtype
        out.sum().backward()
        assert x.grad.dtype == dtype


def test_dtype_argument_converts_first():
    x = ad.tensor([1, 2], dtype=ad.int32)
    assert x.mean(dtype=ad.float64).dtype == np.float64
    assert x.sum(dtype=ad.float32).item() == 3.0
    assert ad.tensor([0.5, 0.5]).sum(dtype=ad.int64).item() == 0


def test_half_precision_does_not_overflow_on_the_way():
    x = ad.full((1000,), 100.0, dtype=ad.float16)
    assert x.mean().item() == 100.0
    assert x.reshape(1000, 1).mean(0).item() == 100.0


@pytest.mark.parametrize("shape", [(1 << 22,), (1 << 22, 1), (1 << 20, 3), (3, 1 << 20), (4000, 3)])
def test_long_sums_are_accurate(shape):
    x = ad.from_numpy(np.full(shape, np.float32(0.1)))
    axis = int(np.argmax(shape))
    for mean in (x.mean(axis), x.mean(), x.reshape(*shape, 1).mean((axis, -1))):
        np.testing.assert_allclose(mean.numpy(), np.float32(0.1), rtol=1e-5)


@pytest.mark.parametrize("length", [1023, 1025, 4096, 4097, 5000])
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_around_the_length_of_blocks(length, axis):
    x = np.arange(length * 2.0).reshape((length, 2) if axis == 0 else (2, length))
    np.testing.assert_allclose(ad.tensor(x).sum(axis).numpy(), x.sum(axis), rtol=1e-14)
    np.testing.assert_allclose(
        ad.tensor(x).sum(axis, True).numpy(), x.sum(axis, keepdims=True), rtol=1e-14
    )


def test_nothing_to_reduce():
    empty = ad.zeros(0, 3)
    assert empty.sum().item() == 0
    assert empty.prod().item() == 1
    assert np.isnan(empty.mean().item())
    assert empty.mean(0).shape == (3,)
    assert np.isnan(empty.mean(0).numpy()).all()
    assert empty.sum(1).shape == (0,)
    assert np.isnan(empty.nanmean().item())
    assert ad.zeros(2, 0).logsumexp(1).tolist() == [-INF, -INF]
    assert not empty.any().item()
    assert empty.all().item()
    for name in ("sum", "mean", "prod", "logsumexp", "nansum", "nanmean"):
        assert gradient(lambda t, name=name: getattr(t, name)(), np.zeros((0, 3))).shape == (0, 3)
        assert gradient(lambda t, name=name: getattr(t, name)(0), np.zeros((0, 3))).shape == (0, 3)


def test_no_dimensions():
    x = ad.tensor(3.0, requires_grad=True)
    for out in (x.sum(), x.sum(0), x.sum(-1, True), x.mean(()), x.prod(0), x.logsumexp(0)):
        assert out.shape == ()
        assert out.item() == 3.0
        (g,) = ad.grad(out, x)
        assert g.item() == 1.0


def test_numpy_names():
    x = ad.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.sum(axis=0).tolist() == [4.0, 6.0]
    assert x.mean(axis=1, keepdims=True).tolist() == [[1.5], [3.5]]
    assert np.mean(x, axis=0).tolist() == [2.0, 3.0]
    assert np.prod(x).item() == 24.0
    assert np.add.reduce(x).tolist() == [4.0, 6.0]
    assert np.add.reduce(x, axis=None).item() == 10.0
    with pytest.raises(TypeError, match="axis or dim"):
        x.sum(0, axis=1)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: x.sum(2), IndexError, "sum: dim 2 .* 2 axes"),
        (lambda x: x.sum((0, 0)), ValueError, "sum: dim .* twice"),
        (lambda x: x.sum("rows"), TypeError, "sum: dim must be an integer"),
        (lambda x: x.sum(other=1), TypeError, "unexpected keyword argument 'other'"),
        (lambda x: x.any(dtype=ad.bool_), TypeError, "unexpected keyword argument 'dtype'"),
        (lambda x: x.to(ad.int64).mean(), TypeError, r"mean\(int64\[2, 3\].*\.float\(\)"),
        (lambda x: x.to(ad.int64).nanmean(0), TypeError, "nanmean.*dtype="),
        (lambda x: ad.sum([1.0, 2.0]), TypeError, "sum: expected a Tensor"),
    ],
)
def test_errors_teach(call, error, words):
    with pytest.raises(error, match=words):
        call(ad.ones(2, 3))


def test_gradient_of_sum_is_memory_of_its_own():
    x = ad.ones(2, 3, requires_grad=True)
    x.sum().backward()
    x.grad[0, 0] += 1
    assert x.grad.tolist() == [[2.0, 1.0, 1.0], [1.0, 1.0, 1.0]]


# Products and zeros


@pytest.mark.parametrize("zeros", [[], [1], [0, 3], [0, 1, 2, 3, 4]])
def test_gradient_of_a_product_with_zeros(zeros):
    x = np.array([2.0, -3.0, 0.5, 4.0, 1.5])
    x[zeros] = 0
    expected = [np.prod(np.delete(x, i)) for i in range(5)]
    np.testing.assert_allclose(gradient(lambda t: t.prod(), x), expected)
    np.testing.assert_allclose(gradient(lambda t: t.reshape(1, 5, 1).prod(1), x), expected)


def test_product_that_underflows_or_overflows_has_the_right_gradient():
    tiny = np.array([1e-200, 1e-200, 1e250])
    np.testing.assert_allclose(gradient(lambda t: t.prod(), tiny), [1e50, 1e50, 0.0])
    vanished = np.array([1e-200, 1e-200])
    np.testing.assert_allclose(gradient(lambda t: t.prod(), vanished), [1e-200, 1e-200])
    huge = np.array([1e200, 1e200])
    np.testing.assert_allclose(gradient(lambda t: t.prod(), huge), [1e200, 1e200])
    infinite = np.array([INF, 2.0, 3.0])
    np.testing.assert_allclose(gradient(lambda t: t.prod(), infinite), [6.0, INF, INF])


def test_third_derivative_of_a_product_with_zeros():
    x = ad.tensor([0.0, 0.0, 0.0, 5.0], requires_grad=True, dtype=ad.float64)
    d = x.prod()
    for i in range(3):
        (g,) = ad.grad(d, x, create_graph=True)
        d = g[i]
    assert d.item() == 5.0


# Infinities and NaN


@pytest.mark.parametrize(
    ("row", "value", "expected"),
    [
        ([1000.0, 1000.0], 1000 + np.log(2), [0.5, 0.5]),
        ([-1000.0, -1000.0], -1000 + np.log(2), [0.5, 0.5]),
        ([-INF, 1.0], 1.0, [0.0, 1.0]),
        ([-INF, -INF], -INF, [0.0, 0.0]),
        ([INF, 1.0], INF, [1.0, 0.0]),
        ([INF, INF, 0.0, -INF], INF, [0.5, 0.5, 0.0, 0.0]),
        ([NAN, 1.0], NAN, [NAN, NAN]),
    ],
)
def test_logsumexp_at_the_edges(row, value, expected):
    with np.errstate(all="raise", under="ignore"):
        assert np.allclose(
            ad.tensor(row, dtype=ad.float64).logsumexp(0).item(), value, equal_nan=True
        )
    for call in (
        lambda t: t.logsumexp(0),
        lambda t: t.logsumexp(),
        lambda t: t[None].logsumexp(1, True),
    ):
        np.testing.assert_allclose(gradient(call, row), expected)


def test_second_derivative_of_logsumexp_beside_infinite_rows():
    x = ad.tensor([[0.0, 0.0], [-INF, -INF], [INF, 0.0]], requires_grad=True, dtype=ad.float64)
    (g,) = ad.grad(x.logsumexp(1).sum(), x, create_graph=True)
    (h,) = ad.grad(g[:, 0].sum(), x)
    np.testing.assert_allclose(h.numpy(), [[0.25, -0.25], [0, 0], [0, 0]])


def test_nan_is_left_out():
    x = ad.tensor([[1.0, NAN], [NAN, NAN]], requires_grad=True)
    assert x.nansum(1).tolist() == [1.0, 0.0]
    mean = x.nanmean(1)
    assert mean[0].item() == 1.0
    assert np.isnan(mean[1].item())
    (g,) = ad.grad(x.nanmean(), x)
    assert g.tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert ad.any(ad.tensor([NAN])).item()


def test_integers_have_no_nan():
    assert ad.tensor([1, 2]).nansum().item() == 3


# PyTorch


@pytest.mark.parity
@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]
)
@pytest.mark.parametrize(
    "name", ["sum", "prod", "any", "all", "count_nonzero", "nansum", "logsumexp"]
)
def test_dtypes_are_those_of_pytorch(name, dtype):
    torch = pytest.importorskip("torch")
    if dtype == "uint8" and name in ("any", "all"):
        pytest.skip("PyTorch answers in uint8 there, for compatibility with its own past")
    args = (0,) if name == "logsumexp" else ()
    if name == "logsumexp" and dtype == "bool":
        pytest.skip("PyTorch does not take bool there")
    x = np.array([1, 0, 1], dtype)
    ours, theirs = getattr(ad.tensor(x), name)(*args), getattr(torch.tensor(x), name)(*args)
    assert ours.dtype == theirs.numpy().dtype
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-3)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["mean", "sum", "nansum", "nanmean", "prod"])
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_infinities_go_the_way_they_go_in_pytorch(name, value):
    torch = pytest.importorskip("torch")
    x = np.array([[1.0, value, 2.0], [3.0, 4.0, 5.0]])
    a, b = ad.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ours, theirs = getattr(a, name)(1), getattr(b, name)(1)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy())
    if name != "prod":  # the product's gradient is better here: see above
        ours.sum().backward()
        theirs.sum().backward()
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy())
