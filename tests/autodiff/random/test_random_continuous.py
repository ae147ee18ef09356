"""Continuous distributions: published numbers, PyTorch's bits, bounds and bad arguments."""

import math

import numpy as np
import pytest

from autodiff.random import Generator, exponential, normal, trunc_normal, uniform
from autodiff.random.box_muller import box_muller
from autodiff.random.rounding import fma

SEEDS = (0, 1, 2, 7, 42, 123, 1234, 2**31, 2**32 - 1)
SIZES = (*range(101), 127, 128, 129, 1000, 1007, 4096, 40_003)
DTYPES = ("float16", "float32", "float64")


def seeded(seed=0):
    return Generator().manual_seed(seed)


# --- without PyTorch ------------------------------------------------------------------------------


def test_published_normals_of_seed_0():
    np.testing.assert_allclose(normal(seeded(), 3), [1.5410, -0.2934, -2.1788], atol=5e-5)


def test_published_normals_of_a_whole_block():
    # torch.manual_seed(0); torch.randn(4, 5): the last four numbers come from a block drawn anew.
    expected = [
        [-1.1258, -1.1524, -0.2506, -0.4339, 0.5988],
        [-1.5551, -0.3414, 1.8530, 0.4681, -0.1577],
        [1.4437, 0.2660, 1.3894, 1.5863, 0.9463],
        [-0.8437, 0.9318, 1.2590, 2.0050, 0.0537],
    ]
    np.testing.assert_allclose(normal(seeded(), (4, 5)), expected, atol=5e-5)


def test_published_linear_layer_of_seed_123():
    # randn(2, 5), then nn.Linear(5, 6) with its default initialisation, then ReLU.
    generator = seeded(123)
    batch = normal(generator, (2, 5))
    bound = 1 / math.sqrt(5)
    weight = uniform(generator, (6, 5), low=-bound, high=bound)
    bias = uniform(generator, 6, low=-bound, high=bound)
    expected = [[0.2260, 0.3470, 0, 0.2216, 0, 0], [0.2133, 0.2394, 0, 0.5198, 0.3297, 0]]
    np.testing.assert_allclose(np.maximum(batch @ weight.T + bias, 0), expected, atol=5e-5)


def test_published_uniforms_of_seed_0():
    expected = [0.4963, 0.7682, 0.0885, 0.1320, 0.3074]
    np.testing.assert_allclose(uniform(seeded(), 5), expected, atol=5e-5)


@pytest.mark.parametrize("draw", [uniform, normal, trunc_normal, exponential])
@pytest.mark.parametrize("dtype", DTYPES)
def test_shapes_and_dtypes(draw, dtype):
    for shape, expected in (((), ()), (0, (0,)), ([2, 0, 3], (2, 0, 3)), ((3, 7), (3, 7))):
        numbers = draw(seeded(), shape, dtype)
        assert numbers.shape == expected
        assert numbers.dtype == dtype
        assert numbers.flags.c_contiguous
        assert numbers.flags.writeable


@pytest.mark.parametrize("draw", [uniform, normal, trunc_normal, exponential])
def test_nothing_is_drawn_for_an_empty_array(draw):
    generator = seeded(1)
    generator.next_double_normal = 0.25
    before = generator.get_state()
    draw(generator, (3, 0))
    assert (generator.get_state() == before).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_uniform_stays_below_its_upper_bound(dtype):
    # The interval holds few numbers of the dtype, so that rounding reaches the bound often.
    low = np.asarray(1, dtype)
    high = low + 2 * np.finfo(dtype).eps
    numbers = uniform(seeded(), 5000, dtype, float(low), float(high))
    assert ((numbers >= low) & (numbers < high)).all()
    assert len(np.unique(numbers)) == 2
    assert (uniform(seeded(), 9, dtype, 0.5, 0.5) == 0.5).all()


def test_uniform_over_the_widest_interval():
    for dtype in DTYPES:
        half = float(np.finfo(dtype).max) / 2
        numbers = uniform(seeded(), 1000, dtype, -half, half)
        assert np.isfinite(numbers).all()
        assert numbers.min() < -0.9 * half
        assert numbers.max() > 0.9 * half


def test_trunc_normal_keeps_its_bounds():
    for mean, std, a, b in ((0, 1, -2, 2), (1, 0.02, 0.99, 1.5), (0, 1, 2, 4), (5, 1, -3, 1)):
        numbers = trunc_normal(seeded(), 2000, "float64", mean, std, a, b)
        assert a <= numbers.min() < numbers.max() <= b
        # The mean of a truncated normal distribution in closed form.
        alpha, beta = (a - mean) / std, (b - mean) / std
        pdf = [math.exp(-x * x / 2) / math.sqrt(2 * math.pi) for x in (alpha, beta)]
        mass = (math.erf(beta / math.sqrt(2)) - math.erf(alpha / math.sqrt(2))) / 2
        expected = mean + std * (pdf[0] - pdf[1]) / mass
        assert abs(numbers.mean() - expected) < 5 * numbers.std() / math.sqrt(2000)


def test_trunc_normal_gives_up_where_nothing_is_accepted():
    with pytest.raises(ValueError, match=r"trunc_normal: after 10000 rounds .* Narrow it"):
        trunc_normal(seeded(), 20, a=10, b=1e9)


def test_fused_multiply_add_rounds_once():
    # (1 + e)(1 - e) - 1 = -e^2 exactly; a product rounded before the sum gives 0.
    for dtype in ("float32", "float64"):
        e = np.finfo(dtype).eps
        a = np.asarray([1 + e], dtype)
        assert fma(a, 1 - float(e), -1.0)[0] == -(float(e) ** 2)
        assert (a * np.asarray(1 - e, dtype) - np.asarray(1, dtype))[0] == 0


def test_box_muller_is_the_formula():
    rng = np.random.default_rng(0)
    for dtype, tolerance in (("float32", 2e-6), ("float64", 1e-14)):
        blocks = rng.random((300, 16)).astype(dtype)
        u1, u2 = np.split(blocks.astype("float64"), 2, axis=1)
        radius, angle = np.sqrt(-2 * np.log1p(-u1)), 2 * np.pi * u2
        expected = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        box_muller(blocks, 0.0, 1.0)
        np.testing.assert_allclose(blocks, expected, atol=tolerance)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda g: uniform(g, -1), ValueError, r"uniform: sizes must not be negative.*\(-1,\)"),
        (lambda g: uniform(g, 1.5), TypeError, "uniform: a size must be an integer, got float"),
        (lambda g: uniform(g, 2, "int64"), TypeError, "uniform: dtype must be float16, float32 or"),
        (lambda g: uniform(g, 2, 0.5), TypeError, "uniform: dtype must be a NumPy dtype, got 0.5"),
        (lambda g: uniform(g, 2, low=2, high=1), ValueError, "uniform: low must not exceed high"),
        (lambda g: uniform(g, 2, high=math.nan), ValueError, "uniform: high must be a number"),
        (lambda g: uniform(g, 2, high=math.inf), ValueError, "too wide for float32"),
        (lambda g: uniform(g, 2, high="x"), TypeError, "uniform: high must be a real number"),
        (lambda g: uniform(g, 2, low=-3e38, high=3e38), ValueError, "too wide for float32"),
        (lambda g: uniform(g, 2, "float16", high=1e5), ValueError, "too wide for float16"),
        (lambda g: normal(g, (2, -3)), ValueError, r"normal: sizes must not be negative"),
        (lambda g: normal(g, 2, "int32"), TypeError, "normal: dtype must be"),
        (lambda g: normal(g, 2, std=-1), ValueError, "normal: std must not be negative, got -1"),
        (lambda g: normal(g, 2, std=math.nan), ValueError, "normal: std must be a number"),
        (lambda g: normal(g, 2, mean=None), TypeError, "normal: mean must be a real number"),
        (lambda g: trunc_normal(g, 2, std=0), ValueError, "trunc_normal: std must be positive"),
        (lambda g: trunc_normal(g, 2, a=2, b=1), ValueError, "trunc_normal: a must not exceed b"),
        (lambda g: trunc_normal(g, 2, mean=math.inf), ValueError, "mean and std must be finite"),
        (lambda g: trunc_normal(g, 2, bool), TypeError, "trunc_normal: dtype must be"),
        (lambda g: exponential(g, 2, rate=0), ValueError, "exponential: rate must be positive"),
        (lambda g: exponential(g, 2, rate=math.nan), ValueError, "exponential: rate must be a"),
        (lambda g: exponential(g, -2), ValueError, "exponential: sizes must not be negative"),
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


def assert_same_state(ours, theirs):
    """Both generators stand at the same place, kept normals included."""
    mirror = Generator()
    mirror.set_state(theirs.get_state().numpy())
    assert mirror.next_double_normal == pytest.approx(ours.next_double_normal, abs=1e-14)
    mirror.next_double_normal = ours.next_double_normal
    assert (mirror.get_state() == ours.get_state()).all()


@pytest.mark.parity
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", SEEDS)
def test_uniform_equals_torch(seed, dtype):
    torch, theirs, ours = both(seed)
    for size in SIZES:
        for low, high in ((0, 1), (-0.37, 0.37), (5.1, 8.25), (-1, 1), (0.1, 0.1)):
            expected = torch.empty(size, dtype=getattr(torch, dtype))
            expected.uniform_(low, high, generator=theirs)
            assert (uniform(ours, size, dtype, low, high) == expected.numpy()).all()
    assert_same_state(ours, theirs)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", SEEDS)
def test_normal_equals_torch(seed, dtype):
    torch, theirs, ours = both(seed)
    for size in SIZES:
        for mean, std in ((0, 1), (0.3, 0.02), (-5, 3), (1, 0)):
            expected = torch.empty(size, dtype=getattr(torch, dtype))
            expected = expected.normal_(mean, std, generator=theirs).numpy()
            numbers = normal(ours, size, dtype, mean, std)
            if dtype == "float64":
                np.testing.assert_allclose(numbers, expected, rtol=0, atol=1e-14)
            elif size < 16:  # computed in float64 with the C library's functions, then rounded
                np.testing.assert_allclose(numbers, expected, rtol=2 * np.finfo(dtype).eps)
            else:
                assert (numbers == expected).all()
    assert_same_state(ours, theirs)


@pytest.mark.parity
@pytest.mark.parametrize("seed", SEEDS)
def test_a_million_normals_equal_torch_to_the_last_bit(seed):
    torch, theirs, ours = both(seed)
    expected = torch.randn(1_000_003, generator=theirs).numpy()
    assert (normal(ours, 1_000_003) == expected).all()


@pytest.mark.parity
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", SEEDS)
def test_exponential_equals_torch(seed, dtype):
    torch, theirs, ours = both(seed)
    for size in (0, 1, 5, 16, 100, 10_001):
        for rate in (1.0, 0.3, 7.0, math.inf):
            expected = torch.empty(size, dtype=getattr(torch, dtype))
            expected = expected.exponential_(rate, generator=theirs).numpy()
            numbers = exponential(ours, size, dtype, rate)
            np.testing.assert_allclose(numbers, expected, rtol=2 * np.finfo(dtype).eps)
    assert_same_state(ours, theirs)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("seed", SEEDS)
def test_trunc_normal_equals_torch(seed, dtype):
    torch, theirs, ours = both(seed)
    bounds_of = [(0, 1, -2, 2), (0, 0.02, -0.04, 0.04), (0, 1, -0.4, 0.5)]
    # These hold less than 30 % of the normal distribution.
    bounds_of += [(0, 1, -0.3, 0.4), (0, 1, 1.5, 3), (2, 0.5, 0, 1.2)]
    for bounds in bounds_of:
        for size in (0, 1, 7, 16, 100, 3000):
            expected = torch.empty(size, dtype=getattr(torch, dtype))
            torch.nn.init.trunc_normal_(expected, *bounds, generator=theirs)
            numbers = trunc_normal(ours, size, dtype, *bounds)
            tolerance = 1e-14 if dtype == "float64" else 2 * np.finfo(dtype).eps
            np.testing.assert_allclose(numbers, expected.numpy(), rtol=tolerance, atol=tolerance)
    assert_same_state(ours, theirs)


@pytest.mark.parity
def test_interleaved_calls_equal_torch():
    torch, theirs, ours = both(77)
    order = np.random.default_rng(0)
    for _ in range(600):
        size = int(order.choice([0, 1, 2, 3, 7, 15, 16, 17, 33, 100]))
        dtype = str(order.choice(DTYPES))
        expected = torch.empty(size, dtype=getattr(torch, dtype))
        kind = order.integers(4)
        if kind == 0:
            numbers, expected = uniform(ours, size, dtype), expected.uniform_(generator=theirs)
        elif kind == 1:
            numbers, expected = (
                exponential(ours, size, dtype),
                expected.exponential_(generator=theirs),
            )
        else:
            numbers, expected = normal(ours, size, dtype), expected.normal_(generator=theirs)
        tolerance = 4 * np.finfo(dtype).eps
        np.testing.assert_allclose(numbers, expected.numpy(), rtol=tolerance, atol=tolerance)
    assert_same_state(ours, theirs)
