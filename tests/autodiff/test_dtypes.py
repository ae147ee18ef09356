"""Dtypes: what data get, how two of them meet, and what gradients have."""

import itertools

import numpy as np
import pytest

import autodiff as ad

DTYPES = [
    ad.bool_, ad.uint8, ad.int8, ad.int16, ad.int32, ad.int64, ad.float16, ad.float32, ad.float64,
]  # fmt: skip
FLOATING = [ad.float16, ad.float32, ad.float64]
NAMES = [np.dtype(d).name for d in DTYPES]


@pytest.fixture
def default_float64():
    ad.set_default_dtype(ad.float64)
    yield
    ad.set_default_dtype(ad.float32)


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.0, np.float32),
        ([1.0, 2.0], np.float32),
        ([], np.float32),
        (1, np.int64),
        ([[1, 2], [3, 4]], np.int64),
        (True, np.bool_),
        ([1, 2.5], np.float32),
        (np.ones(2), np.float64),
        (np.ones(2, np.float16), np.float16),
        (np.float16(1.0), np.float16),
        (np.arange(3, dtype=np.uint8), np.uint8),
        (np.ones(2, ">f8"), np.float64),
    ],
)
def test_what_data_get(data, dtype):
    assert ad.tensor(data).dtype == dtype


@pytest.mark.parametrize("dtype", DTYPES, ids=NAMES)
def test_every_dtype_is_numpys(dtype):
    assert dtype is np.dtype(dtype).type
    x = ad.tensor([0, 1], dtype=dtype)
    assert x.dtype == dtype
    assert x.numpy().dtype == dtype
    assert x.element_size() == np.dtype(dtype).itemsize


def test_the_default_dtype(default_float64):
    assert ad.get_default_dtype() == np.float64
    assert ad.tensor([1.0]).dtype == np.float64
    assert ad.ones(2).dtype == np.float64
    assert (ad.tensor([1, 2]) / 2).dtype == np.float64
    assert (ad.tensor([1, 2]) * 1.5).dtype == np.float64
    assert ad.exp(ad.tensor([1, 2])).dtype == np.float64


def test_the_default_dtype_is_floating():
    with pytest.raises(TypeError, match="expected a floating dtype, got int64"):
        ad.set_default_dtype(ad.int64)
    assert ad.get_default_dtype() == np.float32


@pytest.mark.parametrize("dtype", [np.complex64, "U3", object, "datetime64[s]"])
def test_dtypes_that_tensors_cannot_hold(dtype):
    with pytest.raises(TypeError, match="not supported"):
        ad.tensor([1], dtype=dtype)


@pytest.mark.parametrize("data", [[1j], ["a"], [None], [object()], np.array([1j])])
def test_data_that_tensors_cannot_hold(data):
    with pytest.raises(TypeError):
        ad.tensor(data)


def test_what_is_not_a_dtype():
    with pytest.raises(TypeError, match="is not a dtype"):
        ad.tensor([1.0], dtype="floaty")


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d not in FLOATING])
def test_only_floating_tensors_require_grad(dtype):
    with pytest.raises(TypeError, match="only floating tensors can require gradients"):
        ad.tensor([1], dtype=dtype, requires_grad=True)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("int64", "float32", "float32"),
        ("uint8", "int8", "int16"),
        ("bool", "uint8", "uint8"),
        ("int64", "float16", "float16"),
        ("float16", "float32", "float32"),
        ("float32", "float64", "float64"),
    ],
)
def test_promote_types(a, b, expected):
    assert ad.promote_types(a, b) == ad.promote_types(b, a) == np.dtype(expected)


def test_numbers_are_weak():
    assert (ad.ones(2, dtype=ad.float16) * 1.5).dtype == np.float16
    assert (ad.ones(2, dtype=ad.float32) * 2).dtype == np.float32
    assert (ad.tensor([1, 2], dtype=ad.int8) + 1).dtype == np.int8
    assert (ad.tensor([1, 2], dtype=ad.int8) * 1.5).dtype == np.float32
    assert (ad.tensor([True]) + 1).dtype == np.int64


def test_a_0d_tensor_is_weaker_than_one_with_dimensions():
    assert (ad.ones(2) * ad.tensor(1.0, dtype=ad.float64)).dtype == np.float32
    assert (ad.tensor([1]) * ad.tensor(1.0, dtype=ad.float64)).dtype == np.float64


@pytest.mark.parametrize("dtype", FLOATING)
def test_gradients_have_the_dtype_of_their_tensor(dtype):
    x = ad.tensor([0.5, 1.0], dtype=dtype, requires_grad=True)
    y = ad.tensor([[2.0], [3.0]], dtype=ad.float64, requires_grad=True)
    z = ((x * y).exp() * 2.0 + x / 3).sum()
    assert z.dtype == np.float64
    gx, gy = ad.grad(z, [x, y], create_graph=True)
    assert (gx.dtype, gy.dtype) == (dtype, np.float64)
    z.backward()
    assert (x.grad.dtype, y.grad.dtype) == (dtype, np.float64)


@pytest.mark.parametrize("source", FLOATING)
@pytest.mark.parametrize("target", FLOATING)
def test_derivatives_through_a_conversion(source, target):
    x = ad.tensor([0.5, 1.0], dtype=source, requires_grad=True)
    cube = lambda x: x.to(target) * x.to(target) * x
    (g,) = ad.grad(cube(x).sum(), x, create_graph=True)
    (gg,) = ad.grad(g.sum(), x)
    _, t = ad.jvp(cube, x, ad.tensor([1.0, 10.0], dtype=source))
    assert {g.dtype, gg.dtype} == {np.dtype(source)}
    assert t.dtype == ad.promote_types(source, target)
    assert g.tolist() == [0.75, 3.0]
    assert gg.tolist() == [3.0, 6.0]
    assert t.tolist() == [0.75, 30.0]


def test_a_float64_value_in_a_float32_graph():
    x = ad.tensor([2.0], requires_grad=True)
    v = ad.Value(x)
    (v * v).backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [4.0]
    (g,) = ad.grad(ad.Value(x) * 3.0, x, create_graph=True)
    assert g.dtype == np.float32
    assert g.tolist() == [3.0]


def test_assigning_data_of_another_dtype():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    x.data = x.data.double()
    (x * x).sum().backward()
    assert x.grad.dtype == np.float64


def test_half_precision_does_not_overflow_where_single_does_not():
    x = ad.tensor([1e-4], dtype=ad.float16, requires_grad=True)
    (x * 2).backward()
    assert x.grad.tolist() == [2.0]


def test_jvp_keeps_dtypes():
    x = ad.tensor([0.5, 1.0], dtype=ad.float32)
    y, t = ad.jvp(lambda x: x.exp() * x, x, ad.ones(2, dtype=ad.float64))
    assert (y.dtype, t.dtype) == (np.float32, np.float32)


# PyTorch


def _torch_dtype(torch, dtype):
    return getattr(torch, np.dtype(dtype).name)


def _name(dtype):
    return str(dtype).removeprefix("torch.")


@pytest.mark.parity
@pytest.mark.parametrize(("a", "b"), list(itertools.product(DTYPES, DTYPES)))
def test_promotion_as_pytorch(a, b):
    torch = pytest.importorskip("torch")
    ta, tb = _torch_dtype(torch, a), _torch_dtype(torch, b)
    assert ad.promote_types(a, b).name == _name(torch.promote_types(ta, tb))
    operations = [lambda x, y: x * y, lambda x, y: x / y]
    for shape_a, shape_b in itertools.product([(), (2,)], repeat=2):
        ours = ad.ones(shape_a, dtype=a), ad.ones(shape_b, dtype=b)
        theirs = torch.ones(shape_a, dtype=ta), torch.ones(shape_b, dtype=tb)
        assert ad.result_type(*ours).name == _name(torch.result_type(*theirs))
        for operation in operations:
            assert operation(*ours).dtype.name == _name(operation(*theirs).dtype)


@pytest.mark.parity
@pytest.mark.parametrize("a", DTYPES, ids=NAMES)
@pytest.mark.parametrize("number", [True, 2, 2.5])
def test_numbers_as_pytorch(a, number):
    torch = pytest.importorskip("torch")
    for shape in [(), (2,)]:
        ours, theirs = ad.ones(shape, dtype=a), torch.ones(shape, dtype=_torch_dtype(torch, a))
        for operation in (lambda x: x + number, lambda x: number * x, lambda x: x / number):
            assert operation(ours).dtype.name == _name(operation(theirs).dtype)


@pytest.mark.parity
@pytest.mark.parametrize(
    "data", [1, 1.0, True, [1, 2.0], [True, 2], [[]], np.float32(1), np.arange(2), np.ones(2)]
)
def test_data_as_pytorch(data):
    torch = pytest.importorskip("torch")
    assert ad.tensor(data).dtype.name == _name(torch.tensor(data).dtype)
