"""The generator: PyTorch's bits, seeds, states, copies, threads."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autodiff.random import Generator, default_generator, manual_seed, normal, uniform

SEEDS = (0, 1, 123, 2**31, 2**32 - 1, 2**32, 2**40 + 7, 2**63, 2**64 - 1, -1, -(2**63))


def test_ten_thousandth_word_of_the_reference_engine():
    # ISO C++ fixes this value of std::mt19937 (26.6.6 [rand.predef]).
    words = Generator().manual_seed(5489).random32(10_000)
    assert words.dtype == np.uint32
    assert words[-1] == 4123659995


@pytest.mark.parametrize("size", [1, 3, 4095, 4096, 10_000])
def test_long_draws_equal_many_short_ones(size):
    whole = Generator().manual_seed(9).random32(size + 5)
    parts = Generator().manual_seed(9)
    drawn = [parts.random32(size), parts.random32(0), parts.random32(5)]
    assert (np.concatenate(drawn) == whole).all()


def test_random64_takes_the_high_half_first():
    low = Generator().manual_seed(3).random32(8).tolist()
    wide = Generator().manual_seed(3).random64(4)
    assert wide.dtype == np.uint64
    assert wide.tolist() == [(a << 32) | b for a, b in zip(low[::2], low[1::2])]


def test_only_the_low_32_bits_of_the_seed_reach_the_engine():
    a = Generator().manual_seed(5).random32(4)
    b = Generator().manual_seed(2**40 + 5).random32(4)
    assert (a == b).all()


def test_seeds_are_remembered():
    generator = Generator()
    assert generator.initial_seed() == 67280421310721
    assert generator.manual_seed(7) is generator
    assert generator.initial_seed() == 7
    assert generator.manual_seed(-1).initial_seed() == 2**64 - 1
    assert generator.manual_seed(np.int64(3)).initial_seed() == 3
    chosen = generator.seed()
    assert chosen == generator.initial_seed()
    assert (generator.random32(3) == Generator().manual_seed(chosen).random32(3)).all()
    assert generator.seed() != chosen


def test_default_generator():
    state = default_generator.get_state()
    try:
        assert manual_seed(11) is default_generator
        assert (default_generator.random32(3) == Generator().manual_seed(11).random32(3)).all()
    finally:
        default_generator.set_state(state)


def test_state_holds_the_kept_normal():
    generator = Generator().manual_seed(1)
    normal(generator, 3)
    generator.next_float_normal = 0.5
    state = generator.get_state()
    expected = normal(generator, 3), generator.random32(700)
    other = Generator()
    other.set_state(state)
    assert other.initial_seed() == 1
    assert other.next_float_normal == 0.5
    assert (normal(other, 3) == expected[0]).all()
    assert (other.random32(700) == expected[1]).all()


def test_manual_seed_drops_the_kept_normal():
    generator = Generator().manual_seed(1)
    first = normal(generator, 3)
    assert generator.next_double_normal is not None
    generator.next_float_normal = 1.0
    generator.manual_seed(1)
    assert generator.next_double_normal is None
    assert generator.next_float_normal is None
    assert (normal(generator, 3) == first).all()


def test_state_is_a_copy():
    generator = Generator().manual_seed(1)
    state = generator.get_state()
    before = state.copy()
    generator.random32(1000)
    assert (state == before).all()
    generator.set_state(state)
    state[:] = 0
    assert (generator.random32(5) == Generator().manual_seed(1).random32(5)).all()


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))]
)
def test_copies_continue_on_their_own(duplicate):
    generator = Generator().manual_seed(4)
    normal(generator, 5)
    twin = duplicate(generator)
    assert twin.initial_seed() == 4
    expected = normal(generator, 4)
    generator.random32(1000)
    assert (normal(twin, 4) == expected).all()


def test_threads_share_a_stream_without_losing_words():
    generator = Generator().manual_seed(2)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: generator.random32(7), range(2000)))
    expected = Generator().manual_seed(2).random32(14_000)
    assert (np.sort(np.concatenate(drawn)) == np.sort(expected)).all()


def test_repr():
    assert repr(Generator().manual_seed(3)) == "Generator(device='cpu', initial_seed=3)"


def test_bad_arguments():
    generator = Generator().manual_seed(1)
    with pytest.raises(ValueError, match="device must be 'cpu'"):
        Generator("cuda")
    with pytest.raises(TypeError, match="manual_seed: the seed must be an integer, got float"):
        generator.manual_seed(1.5)
    for seed in (2**64, -(2**63) - 1):
        with pytest.raises(ValueError, match="manual_seed: the seed must lie in"):
            generator.manual_seed(seed)
    state = generator.get_state()
    with pytest.raises(TypeError, match="uint8"):
        generator.set_state(state.astype(np.int64))
    with pytest.raises(ValueError, match=r"shape \(5056,\), got \(5055,\)"):
        generator.set_state(state[:-1])
    with pytest.raises(ValueError, match="no valid Mersenne Twister state"):
        generator.set_state(np.zeros_like(state))
    damaged = state.copy()
    damaged[24:5016] = 0
    with pytest.raises(ValueError, match="key is damaged"):
        generator.set_state(damaged)
    # None of the refused calls touched the stream.
    assert (generator.random32(3) == Generator().manual_seed(1).random32(3)).all()


@pytest.mark.parity
def test_words_equal_torch():
    torch = pytest.importorskip("torch")
    for seed in SEEDS:
        theirs = torch.Generator().manual_seed(seed)
        ours = Generator().manual_seed(seed)
        assert ours.initial_seed() == theirs.initial_seed()
        span = 2**28 - 1
        expected = torch.randint(0, span, (2000,), generator=theirs).numpy()
        assert (ours.random32(2000) % np.uint32(span) == expected).all()
        expected = torch.randint(0, 2**62, (2000,), generator=theirs).numpy()
        assert (ours.random64(2000) % np.uint64(2**62) == expected.astype(np.uint64)).all()


@pytest.mark.parity
def test_a_fresh_state_of_torch_is_taken():
    torch = pytest.importorskip("torch")
    theirs = torch.Generator().manual_seed(3)
    ours = Generator()
    ours.set_state(theirs.get_state().numpy())
    assert (uniform(ours, 1500) == torch.rand(1500, generator=theirs).numpy()).all()


@pytest.mark.parity
@pytest.mark.parametrize("drawn", [0, 1, 2, 623, 624, 625, 1248, 3000])
def test_states_travel_to_torch_and_back(drawn):
    torch = pytest.importorskip("torch")
    for kept in (False, True):
        ours = Generator().manual_seed(2**33 + 5)
        ours.random32(drawn)
        if kept:
            normal(ours, 1)
        theirs = torch.Generator()
        theirs.set_state(torch.from_numpy(ours.get_state()))
        assert theirs.initial_seed() == ours.initial_seed()
        back = Generator()
        back.set_state(theirs.get_state().numpy())
        assert (back.get_state() == ours.get_state()).all()
        expected = torch.randn(5, generator=theirs), torch.rand(1500, generator=theirs)
        for generator in (ours, back):
            np.testing.assert_allclose(normal(generator, 5), expected[0].numpy(), rtol=1e-6)
            assert (uniform(generator, 1500) == expected[1].numpy()).all()
