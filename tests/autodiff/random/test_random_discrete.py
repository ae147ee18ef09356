"""Discrete distributions: published numbers, PyTorch's numbers, bounds and bad arguments."""

import numpy as np
import pytest

from autodiff.random import (
    Generator,
    bernoulli,
    multinomial,
    randint,
    randperm,
    uniform,
)

SEEDS = (0, 1, 2, 7, 42, 123, 1234, 2**31, 2**32 - 1)
SIZES = (*range(20), 100, 1000, 5003)


def seeded(seed=0):
    return Generator().manual_seed(seed)


# --- without PyTorch ------------------------------------------------------------------------------


def test_published_numbers_of_seed_0():
    # torch.manual_seed(0), then randint(0, 10, (5,)) and randperm(10).
    assert randint(seeded(), 5, "int64", 0, 10).tolist() == [4, 9, 3, 0, 3]
    assert randperm(seeded(), 10).tolist() == [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "int64", "float32", "float64"])
def test_randint_dtypes_and_shapes(dtype):
    for shape, expected in (((), ()), (0, (0,)), ((3, 4), (3, 4))):
        numbers = randint(seeded(), shape, dtype, 0, 2)
        assert numbers.shape == expected
        assert numbers.dtype == dtype
    assert set(randint(seeded(), 50, dtype, 0, 2).tolist()) == {0, 1}


def test_randint_reaches_both_ends():
    assert set(randint(seeded(), 200, "int64", -2, 2).tolist()) == {-2, -1, 0, 1}
    low, high = -(2**63), 2**63 - 1
    numbers = randint(seeded(), 200, "int64", low, high)
    assert numbers.min() < -(2**62) < 2**62 < numbers.max()
    assert (randint(seeded(), 9, "int64", high, high + 1) == high).all()


def test_randperm_is_a_permutation():
    for n in (0, 1, 2, 3, 100, 5000):
        assert sorted(randperm(seeded(), n).tolist()) == list(range(n))
    assert randperm(seeded(), 256, "uint8").dtype == np.uint8
    assert randperm(seeded(), 2049, "float16").max() == 2048


def test_bernoulli_at_the_ends():
    for p in (0.0, 0.0 * np.ones(50)):
        assert not bernoulli(seeded(), 50, "bool", p).any()
    for p in (1.0, np.ones(50, np.float32)):
        assert bernoulli(seeded(), 50, "bool", p).all()


def test_bernoulli_broadcasts_p():
    tosses = bernoulli(seeded(), (1000, 3), "float32", [0.0, 0.5, 1.0])
    assert tosses.dtype == np.float32
    assert (tosses[:, 0] == 0).all()
    assert (tosses[:, 2] == 1).all()
    assert 400 < tosses[:, 1].sum() < 600


def test_multinomial_frequencies():
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 5.0, 5.0]])
    drawn = multinomial(seeded(), weights, 4000, replacement=True)
    assert drawn.shape == (2, 4000)
    assert drawn.dtype == np.int64
    frequencies = np.stack([np.bincount(row, minlength=3) for row in drawn]) / 4000
    np.testing.assert_allclose(frequencies, [[0.25, 0, 0.75], [0, 0.5, 0.5]], atol=0.03)
    first = [multinomial(generator, weights[0], 1)[0] for generator in map(seeded, range(2000))]
    np.testing.assert_allclose(np.bincount(first) / 2000, [0.25, 0, 0.75], atol=0.03)
    both = np.stack([multinomial(seeded(seed), weights[0], 2) for seed in range(100)])
    assert (np.sort(both, axis=1) == [0, 2]).all()
    assert len(np.unique(both[:, 0])) == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda g: randint(g, 2, int, 3, 3), ValueError, "randint: low must be less than high"),
        (lambda g: randint(g, -2, int, 0, 3), ValueError, "randint: sizes must not be negative"),
        (lambda g: randint(g, 2, int, 0.5, 3), TypeError, "randint: low must be an integer"),
        (lambda g: randint(g, 2, "uint8", 0, 300), ValueError, "does not fit into uint8"),
        (lambda g: randint(g, 2, "bool", 0, 3), ValueError, "does not fit into bool"),
        (lambda g: randint(g, 2, "uint64", 0, 2**64), ValueError, "does not fit into uint64"),
        (lambda g: randint(g, 2, "float16", 0, 10**6), ValueError, "does not fit into float16"),
        (lambda g: randint(g, 2, "complex64", 0, 3), TypeError, "no random numbers of dtype"),
        (lambda g: randperm(g, -1), ValueError, "randperm: n must not be negative, got -1"),
        (lambda g: randperm(g, 2.0), TypeError, "randperm: n must be an integer, got float"),
        (lambda g: randperm(g, 300, "uint8"), ValueError, "uint8 cannot hold all integers"),
        (lambda g: randperm(g, 2050, "float16"), ValueError, "float16 cannot hold all integers"),
        (lambda g: randperm(g, 2**28), ValueError, "randperm: n must be less than 214748364"),
        (lambda g: bernoulli(g, 2, bool, 1.5), ValueError, r"bernoulli: p must lie in \[0, 1\]"),
        (lambda g: bernoulli(g, 2, bool, np.nan), ValueError, "bernoulli: p must be a number"),
        (lambda g: bernoulli(g, 2, bool, [0.5, -0.1]), ValueError, "bernoulli: every p must lie"),
        (lambda g: bernoulli(g, 2, bool, [0.5, np.nan]), ValueError, "bernoulli: every p must lie"),
        (lambda g: bernoulli(g, 2, bool, [1, 0]), TypeError, "bernoulli: dtype must be float16"),
        (lambda g: bernoulli(g, 2, bool, [0.5] * 3), ValueError, "does not broadcast to shape"),
        (lambda g: multinomial(g, [1, 2], 1), TypeError, "multinomial: dtype must be float16"),
        (lambda g: multinomial(g, 1.0, 1), ValueError, "one or two dimensions, got shape"),
        (lambda g: multinomial(g, np.ones((1, 1, 2)), 1), ValueError, "one or two dimensions"),
        (lambda g: multinomial(g, [1.0], 0), ValueError, "num_samples must be positive, got 0"),
        (lambda g: multinomial(g, [1.0, -1.0], 1), ValueError, "finite and not negative"),
        (lambda g: multinomial(g, [1.0, np.nan], 1), ValueError, "finite and not negative"),
        (lambda g: multinomial(g, [1.0, np.inf], 1, True), ValueError, "finite and not negative"),
        (lambda g: multinomial(g, [[1.0], [0.0]], 1), ValueError, "every row needs a weight above"),
        (lambda g: multinomial(g, np.ones(0), 1), ValueError, "every row needs a weight above"),
        (lambda g: multinomial(g, [1.0, 0.0], 2), ValueError, "pass replacement=True"),
        (lambda g: multinomial(g, [1.0, 1.0], 3), ValueError, "pass replacement=True"),
        (lambda g: multinomial(g, [1.0, 1.0], 1.0), TypeError, "num_samples must be an integer"),
    ],
)
def test_bad_arguments(call, error, message):
    generator = seeded(1)
    before = generator.get_state()
    with pytest.raises(error, match=message):
        call(generator)
    assert (generator.get_state() == before).all()


# --- with PyTorch ---------------------------------------------------------------------------------


def both(seed):
    torch = pytest.importorskip("torch")
    return torch, torch.Generator().manual_seed(seed), Generator().manual_seed(seed)


def assert_same_next(torch, ours, theirs):
    expected = torch.rand(3, generator=theirs).numpy()
    assert (uniform(ours, 3) == expected).all()


@pytest.mark.parity
@pytest.mark.parametrize("seed", SEEDS)
def test_randint_equals_torch(seed):
    torch, theirs, ours = both(seed)
    ranges = [(0, 1), (0, 10), (-7, 1000), (0, 2**28 - 1), (0, 2**28), (-5, 2**32 - 1)]
    ranges += [(0, 2**32), (3, 2**40), (0, 2**63 - 1), (-(2**63), 2**63 - 1), (-(2**62), -1)]
    for size in SIZES:
        for low, high in ranges:
            expected = torch.randint(low, high, (size,), generator=theirs).numpy()
            assert (randint(ours, size, "int64", low, high) == expected).all()
        for dtype in ("uint8", "int32", "float16", "float32", "float64", "bool"):
            expected = torch.randint(0, 2, (size,), generator=theirs, dtype=getattr(torch, dtype))
            assert (randint(ours, size, dtype, 0, 2) == expected.numpy()).all()
    assert_same_next(torch, ours, theirs)


@pytest.mark.parity
@pytest.mark.parametrize("seed", SEEDS)
def test_randperm_equals_torch(seed):
    torch, theirs, ours = both(seed)
    for n in (*SIZES, 50_000):
        assert (randperm(ours, n) == torch.randperm(n, generator=theirs).numpy()).all()
    assert_same_next(torch, ours, theirs)


@pytest.mark.parity
@pytest.mark.parametrize("seed", SEEDS)
def test_bernoulli_equals_torch(seed):
    torch, theirs, ours = both(seed)
    for size in SIZES:
        for dtype in ("float16", "float32", "float64", "int64", "bool"):
            for p in (0.0, 0.2, 0.5, 1.0):
                expected = torch.empty(size, dtype=getattr(torch, dtype))
                expected.bernoulli_(p, generator=theirs)
                assert (bernoulli(ours, size, dtype, p) == expected.numpy()).all()
        for dtype in ("float16", "float32", "float64"):
            chances = np.linspace(0, 1, size).astype(dtype)
            expected = torch.bernoulli(torch.from_numpy(chances), generator=theirs).numpy()
            assert (bernoulli(ours, size, dtype, chances) == expected).all()
    chances = np.array([[0.1], [0.9]], np.float32)
    expected = torch.empty(2, 7).bernoulli_(torch.from_numpy(chances), generator=theirs).numpy()
    assert (bernoulli(ours, (2, 7), "float32", chances) == expected).all()
    assert_same_next(torch, ours, theirs)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", SEEDS)
def test_multinomial_equals_torch(seed, dtype):
    torch, theirs, ours = both(seed)
    for shape in ((1,), (5,), (40,), (1000,), (1, 4), (6, 30)):
        weights = uniform(seeded(3), shape, dtype, 0.1, 5)
        for num_samples in {1, 2, shape[-1] // 2, shape[-1]} - {0}:
            for replacement in (True, False):
                if num_samples > shape[-1] and not replacement:
                    continue
                expected = torch.multinomial(
                    torch.from_numpy(weights), num_samples, replacement, generator=theirs
                )
                drawn = multinomial(ours, weights, num_samples, replacement)
                assert drawn.shape == tuple(expected.shape)
                assert (drawn == expected.numpy()).all()
    assert_same_next(torch, ours, theirs)
