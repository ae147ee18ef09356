"""Tensors from data, filled by a rule, and filled with random numbers."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import autodiff as ad

# From data

DATA = [
    1.5,
    2,
    True,
    [1, 2],
    [1.5, 2],
    [True, False],
    [True, 2],
    [],
    [[]],
    [[1, 2], [3, 4]],
    ((1.0,), (2.0,)),
    np.float64(1.5),
    np.float32(1.5),
    np.int32(3),
    np.bool_(True),
    [np.float64(1.5), 2.0],
    [np.float32(1), 2.0],
    [np.float16(1)],
    [np.int32(3)],
    [np.int32(3), 4],
    [np.array([1.0, 2.0])],
    np.arange(3),
    np.ones((2, 2), "f"),
    np.array([1, 2], "u1"),
    np.arange(6.0)[::-2],
]


@pytest.mark.parity
@pytest.mark.parametrize("data", DATA, ids=range(len(DATA)))
def test_values_and_dtypes_of_data_equal_torch(data):
    torch = pytest.importorskip("torch")
    x = ad.tensor(data)
    if isinstance(data, np.ndarray):
        data = data.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t = torch.tensor(data)
    assert f"torch.{x.dtype}" == str(t.dtype)
    assert x.shape == tuple(t.shape)
    assert x.tolist() == t.tolist()


def test_dtype_of_data():
    assert ad.tensor([1.0]).dtype == ad.float32
    assert ad.tensor(np.array([1.0])).dtype == ad.float64
    assert ad.tensor(1).dtype == ad.int64
    assert ad.tensor([1, 2], dtype=ad.float64).tolist() == [1.0, 2.0]
    assert ad.tensor(np.ones(2, ">f4")).dtype == np.dtype("<f4")
    ad.set_default_dtype(ad.float64)
    try:
        assert ad.tensor(1.0).dtype == ad.zeros(1).dtype == ad.rand(1).dtype == ad.float64
    finally:
        ad.set_default_dtype(ad.float32)


def test_tensor_copies_and_as_tensor_shares():
    a = np.zeros(3)
    for make, shared in [
        (ad.tensor, False),
        (ad.as_tensor, True),
        (ad.from_numpy, True),
        (ad.asarray, True),
    ]:
        assert np.shares_memory(make(a).numpy(), a) == shared
    x = ad.zeros(3)
    assert ad.as_tensor(x) is x
    assert not np.shares_memory(ad.tensor(x).numpy(), x.numpy())
    assert not np.shares_memory(ad.asarray(a, copy=True).numpy(), a)
    with pytest.raises(ValueError, match="without a copy"):
        ad.asarray([1.0], copy=False)
    assert ad.as_tensor(a, dtype=ad.float32).dtype == ad.float32


def test_history():
    w = ad.ones(2, requires_grad=True)
    assert ad.as_tensor(w * 2).requires_grad
    assert ad.asarray(w, dtype=ad.float64).requires_grad
    for data in (w, [w, w], [[w[0], 1.0]], ad.Value(1.0), [ad.Value(1.0)]):
        with pytest.warns(UserWarning, match="no history"):
            assert not ad.tensor(data).requires_grad
    with ad.no_grad():
        assert ad.tensor(w).tolist() == [1.0, 1.0]
    assert ad.tensor([ad.tensor(1.0), 2]).tolist() == [1.0, 2.0]
    assert ad.as_tensor(ad.Value(2.0)).requires_grad


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ([[1, 2], [3]], ValueError, "rectangular"),
        ("text", TypeError, "str elements"),
        (["a"], TypeError, "list elements"),
        (None, TypeError, "NoneType"),
        ([None], TypeError, "list elements"),
        ({1: 2}, TypeError, "dict elements"),
        (1j, TypeError, "complex"),
        (2**64, TypeError, "int elements of dtype object"),
        (2**63, OverflowError, "too large for int64"),
        (np.array(["a"]), TypeError, "not supported"),
        (np.array([1j]), TypeError, "complex128 is not supported"),
        (np.array([None]), TypeError, "not supported"),
    ],
)
def test_bad_data(data, kind, message):
    with pytest.raises(kind, match=message):
        ad.tensor(data)


def test_bad_arguments_of_tensor():
    with pytest.raises(OverflowError, match="do not fit into uint8"):
        ad.tensor([1, 300], dtype=ad.uint8)
    with pytest.raises(TypeError, match="not a dtype"):
        ad.tensor(1, dtype="number")
    with pytest.raises(ValueError, match="cuda"):
        ad.tensor(1, device="cuda")
    with pytest.raises(TypeError, match="only floating"):
        ad.tensor(1, requires_grad=True)
    with pytest.raises(TypeError, match=r"from_numpy: expected a numpy\.ndarray, got list"):
        ad.from_numpy([1.0])
    assert ad.tensor(1.0, device="cpu", requires_grad=True).requires_grad


# Filled by a rule

RULES = [
    ("zeros", (2, 3), {}),
    ("zeros", ((2, 3),), {}),
    ("zeros", ((),), {}),
    ("zeros", (0, 2), {"dtype": "int64"}),
    ("zeros", (), {"size": (2,)}),
    ("ones", (2,), {"dtype": "bool"}),
    ("ones", ([2, 1],), {}),
    ("full", ((2, 2), 3), {}),
    ("full", ((2,), 1.5), {}),
    ("full", ((), True), {}),
    ("full", ((1,), 2), {"dtype": "float64"}),
    ("arange", (5,), {}),
    ("arange", (2, 5), {}),
    ("arange", (5, 0, -2), {}),
    ("arange", (0, 1, 0.1), {}),
    ("arange", (1.5,), {}),
    ("arange", (0,), {}),
    ("arange", (5.0,), {"dtype": "int32"}),
    ("arange", (0, 10, 3), {"dtype": "float64"}),
    ("arange", (3, 3), {}),
    ("arange", (-1, -2, -0.3), {}),
    ("linspace", (0, 1, 5), {}),
    ("linspace", (3, -3, 7), {}),
    ("linspace", (0, 1, 1), {}),
    ("linspace", (0, 1, 0), {}),
    ("linspace", (0, 10, 4), {"dtype": "float64"}),
    ("logspace", (0, 2, 5), {}),
    ("logspace", (0, 3, 4, 2.0), {}),
    ("eye", (3,), {}),
    ("eye", (2, 3), {}),
    ("eye", (3, 2), {"dtype": "int64"}),
    ("eye", (0,), {}),
]


@pytest.mark.parity
@pytest.mark.parametrize(("name", "args", "kwargs"), RULES, ids=range(len(RULES)))
def test_rules_equal_torch(name, args, kwargs):
    torch = pytest.importorskip("torch")
    theirs = {k: getattr(torch, v) if k == "dtype" else v for k, v in kwargs.items()}
    x, t = getattr(ad, name)(*args, **kwargs), getattr(torch, name)(*args, **theirs)
    assert f"torch.{x.dtype}" == str(t.dtype)
    assert x.shape == tuple(t.shape)
    np.testing.assert_allclose(x.numpy(), t.numpy(), rtol=2e-7)


def test_like_and_new():
    x = ad.tensor([[1, 2, 3]], dtype=ad.int32)
    for name, value in [("zeros", 0), ("ones", 1)]:
        y = getattr(ad, f"{name}_like")(x)
        assert (y.dtype, y.tolist()) == (ad.int32, [[value] * 3])
        assert getattr(ad, f"{name}_like")(x, dtype=ad.float32, requires_grad=True).requires_grad
        y = getattr(x, f"new_{name}")(2)
        assert (y.dtype, y.tolist()) == (ad.int32, [value] * 2)
        assert getattr(x, f"new_{name}")((1, 2), dtype=ad.float64).dtype == ad.float64
    assert ad.full_like(x, 7).tolist() == [[7, 7, 7]]
    assert ad.full_like(x, 7.5, dtype=ad.float32).tolist() == [[7.5, 7.5, 7.5]]
    assert x.new_full((2,), 7).dtype == ad.int32
    assert x.new_tensor([1.0, 2.0]).tolist() == [1, 2]
    assert ad.empty_like(x).shape == (1, 3)
    assert x.new_empty(4, 1).shape == ad.empty(4, 1).shape == (4, 1)
    assert ad.zeros_like(np.ones(2, "f")).dtype == ad.float32


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: ad.zeros(-1), ValueError, "zeros: sizes must not be negative"),
        (lambda: ad.zeros(2.5), TypeError, "zeros: sizes must be integers"),
        (lambda: ad.zeros("ab"), TypeError, "zeros: sizes must be integers"),
        (lambda: ad.zeros(2, size=(2,)), TypeError, "size=, not both"),
        (lambda: ad.full((2,), [1, 2]), ValueError, "fill_value must be one number"),
        (lambda: ad.arange(0, 5, 0), ValueError, "arange: .*step not 0"),
        (lambda: ad.arange(0, 5, -1), ValueError, "cannot be reached"),
        (lambda: ad.arange(float("inf")), ValueError, "finite"),
        (lambda: ad.arange(float("nan")), ValueError, "finite"),
        (lambda: ad.arange("a"), TypeError, "expected numbers"),
        (lambda: ad.linspace(0, 1, -1), ValueError, "steps must not be negative"),
        (lambda: ad.linspace(0, 1, 2.5), TypeError, "steps must be an integer"),
        (lambda: ad.eye(-1), ValueError, "eye: sizes"),
        (lambda: ad.ones(2, dtype=ad.int64, requires_grad=True), TypeError, "only floating"),
        (lambda: ad.ones(2, device="cuda"), ValueError, "ones: .*cuda"),
    ],
)
def test_bad_rules(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# Filled with random numbers. That the numbers are right is tested in tests/autodiff/random.


def test_the_seed_decides():
    ad.manual_seed(3)
    first = [
        ad.rand(3),
        ad.randn(3),
        ad.randint(9, (3,)),
        ad.randperm(5),
        ad.normal(0.0, 1.0, (2,)),
    ]
    ad.manual_seed(3)
    again = [
        ad.rand(3),
        ad.randn(3),
        ad.randint(9, (3,)),
        ad.randperm(5),
        ad.normal(0.0, 1.0, (2,)),
    ]
    assert [x.tolist() for x in first] == [x.tolist() for x in again]
    assert ad.initial_seed() == 3
    state = ad.get_rng_state()
    x = ad.rand(3)
    ad.set_rng_state(state)
    assert ad.rand(3).tolist() == x.tolist()
    assert ad.seed() == ad.initial_seed()


def test_a_generator_of_ones_own():
    ad.manual_seed(0)
    untouched = ad.get_rng_state().tolist()
    g, h = ad.Generator().manual_seed(1), ad.Generator().manual_seed(1)
    calls = [
        lambda g: ad.rand(2, generator=g),
        lambda g: ad.randn(2, generator=g),
        lambda g: ad.randint(5, (2,), generator=g),
        lambda g: ad.randperm(4, generator=g),
        lambda g: ad.normal(ad.zeros(2), 1.0, generator=g),
        lambda g: ad.bernoulli(ad.full((4,), 0.5), generator=g),
        lambda g: ad.multinomial(ad.ones(5), 2, generator=g),
        lambda g: ad.zeros(2).uniform_(generator=g),
        lambda g: ad.zeros(2).normal_(generator=g),
        lambda g: ad.zeros(2).exponential_(generator=g),
        lambda g: ad.zeros(2).bernoulli_(0.5, generator=g),
        lambda g: ad.zeros(2).random_(9, generator=g),
        lambda g: ad.rand_like(ad.ones(2), generator=g),
        lambda g: ad.randn_like(ad.ones(2), generator=g),
        lambda g: ad.randint_like(ad.ones(2), 3, generator=g),
    ]
    for call in calls:
        assert call(g).tolist() == call(h).tolist()
    assert ad.get_rng_state().tolist() == untouched
    assert (
        copy.deepcopy(g).get_state().tolist() == pickle.loads(pickle.dumps(g)).get_state().tolist()
    )


def test_shapes_and_dtypes_of_random_tensors():
    x = ad.ones(2, 3, dtype=ad.float64)
    assert ad.rand((2, 3)).shape == ad.rand(2, 3).shape == ad.randn(size=(2, 3)).shape == (2, 3)
    assert (
        ad.rand_like(x).dtype == ad.randn_like(x).dtype == ad.randint_like(x, 3).dtype == ad.float64
    )
    assert ad.randint(3, (2,)).dtype == ad.randperm(3).dtype == ad.int64
    assert ad.randint(1, 3, (2,), dtype=ad.float32).dtype == ad.float32
    assert ad.randint(low=1, high=2, size=(2,)).tolist() == [1, 1]
    assert ad.rand(()).shape == ()
    assert ad.rand(0).shape == (0,)
    assert ad.rand(2, requires_grad=True).requires_grad
    assert ad.normal(ad.zeros(3, 1), ad.ones(2)).shape == (3, 2)
    assert ad.bernoulli(ad.ones(3)).tolist() == [1.0] * 3
    assert ad.bernoulli(ad.ones(3), 0.0).tolist() == [0.0] * 3
    assert x.bernoulli().tolist() == [[1.0] * 3] * 2
    assert ad.multinomial(ad.tensor([[0.0, 1.0], [1.0, 0.0]]), 1).tolist() == [[1], [0]]
    assert ad.zeros(3, dtype=ad.bool_).random_().dtype == ad.bool_
    assert ad.zeros(100, dtype=ad.int8).random_().numpy().min() >= 0


@pytest.mark.parity
def test_random_tensors_equal_torch():
    torch = pytest.importorskip("torch")
    calls = [
        lambda lib: lib.rand(3, 4),
        lambda lib: lib.randn(3),
        lambda lib: lib.randn(20),
        lambda lib: lib.randint(10, (5,)),
        lambda lib: lib.randint(-5, 5, (5,)),
        lambda lib: lib.randperm(6),
        lambda lib: lib.normal(0.5, 2.0, (4,)),
        lambda lib: lib.normal(lib.arange(3.0), 2.0),
        lambda lib: lib.normal(1.0, lib.arange(3.0)),
        lambda lib: lib.normal(lib.zeros(20), lib.ones(20)),
        lambda lib: lib.bernoulli(lib.full((6,), 0.4)),
        lambda lib: lib.bernoulli(lib.ones(6), 0.4),
        lambda lib: lib.multinomial(lib.tensor([0.2, 0.3, 0.5]), 5, True),
        lambda lib: lib.multinomial(lib.tensor([0.2, 0.3, 0.5]), 2),
        lambda lib: lib.zeros(5).uniform_(-1, 3),
        lambda lib: lib.zeros(5).normal_(1, 2),
        lambda lib: lib.zeros(5).exponential_(0.5),
        lambda lib: lib.zeros(5).bernoulli_(0.3),
        lambda lib: lib.zeros(5).bernoulli_(lib.full((5,), 0.3)),
        lambda lib: lib.zeros(5).random_(100),
        lambda lib: lib.zeros(5).random_(-3, 3),
        lambda lib: lib.zeros(5, dtype=lib.int64).random_(),
        lambda lib: lib.rand_like(lib.ones(2, dtype=lib.float64)),
        lambda lib: lib.randn_like(lib.ones(20)),
        lambda lib: lib.randint_like(lib.ones(4), 2, 9),
    ]
    for k, call in enumerate(calls):
        ad.manual_seed(k)
        torch.manual_seed(k)
        x, t = call(ad), call(torch)
        assert f"torch.{x.dtype}" == str(t.dtype), k
        np.testing.assert_allclose(x.numpy(), t.numpy(), rtol=1e-6, err_msg=str(k))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: ad.rand(2, dtype=ad.int64), TypeError, "uniform: dtype must be float"),
        (lambda: ad.rand(-1), ValueError, "rand: sizes"),
        (lambda: ad.randint(5), TypeError, "randint: give a size"),
        (lambda: ad.randint(5, 5, (2,)), ValueError, "low must be less than high"),
        (lambda: ad.randint(1, "a", (2,)), TypeError, "randint: high must be an integer"),
        (lambda: ad.normal(0.0, 1.0), TypeError, "need a size"),
        (lambda: ad.normal(ad.zeros(2), 1.0, (2,)), TypeError, "size is for"),
        (lambda: ad.normal(ad.zeros(2), -1.0), ValueError, "std must not be negative"),
        (lambda: ad.bernoulli(ad.tensor([2.0])), ValueError, r"in \[0, 1\]"),
        (lambda: ad.bernoulli(ad.tensor([1])), TypeError, "float"),
        (lambda: ad.multinomial(ad.tensor([-1.0, 2.0]), 1), ValueError, "not negative"),
        (lambda: ad.multinomial(ad.ones(2), 3), ValueError, "replacement=True"),
        (lambda: ad.zeros(2, dtype=ad.int64).normal_(), TypeError, "normal: dtype"),
        (lambda: ad.zeros(2).uniform_(2, 1), ValueError, "low must not exceed high"),
        (lambda: ad.set_rng_state(ad.zeros(3)), TypeError, "uint8"),
    ],
)
def test_bad_random_arguments(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_no_gradient_flows_into_random_numbers():
    p = ad.full((3,), 0.5, requires_grad=True)
    assert not ad.bernoulli(p).requires_grad
    assert not ad.normal(p, p).requires_grad
    assert not ad.multinomial(p, 1).requires_grad
    assert not ad.rand_like(p).requires_grad
