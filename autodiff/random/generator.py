"""The state behind every random number: PyTorch's CPU generator on NumPy's Mersenne Twister."""

from __future__ import annotations

import operator
import os
import threading
from typing import Any

import numpy as np

__all__ = ["Generator", "default_generator", "manual_seed"]

# Seed of a Generator nobody has seeded, as in PyTorch.
_DEFAULT_SEED = 67280421310721

_WORDS = 624  # 32-bit words in a Mersenne Twister state

# Below this many words `random_raw` wins (no set-up); above it, drawing uint32 directly does.
_SMALL_DRAW = 4096

# Byte for byte the layout of `torch.get_rng_state()`, so that states travel in both directions.
_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("key", "<u8", _WORDS),
        ("normal_x", "<f8"),
        ("next_double_normal", "<f8"),
        ("normal_rho", "<f8"),
        ("has_double_normal", "<i4"),
        ("padding", "<i4"),
        ("next_float_normal", "<f4"),
        ("has_float_normal", "?"),
        ("tail", "V3"),
    ]
)


class Generator:
    """A stream of pseudo-random numbers equal to that of a PyTorch CPU generator.

    The engine is the Mersenne Twister MT19937, seeded with the low 32 bits of the seed. Beside it
    the generator keeps the second half of the last Box-Muller pair until a normal number asks for
    it. Two generators with the same state give the same numbers on every machine.

    Generators can be pickled and copied (`copy.deepcopy`); a copy continues on its own. Draws from
    several threads do not corrupt the state: each holds `lock`.

    Parameters
    ----------
    device : str, default "cpu"
        Only "cpu" exists.

    Attributes
    ----------
    device : str
    lock : threading.RLock
        Held while numbers are drawn. Hold it yourself to keep several draws together.
    next_double_normal, next_float_normal : float or None
        The kept sine of the last Box-Muller pair, in float64 and in float32. Only the first is
        used by the distributions here; the second is carried for PyTorch's state.

    Raises
    ------
    ValueError
        If `device` is not "cpu".

    Examples
    --------
    >>> from autodiff.random import Generator
    >>> generator = Generator().manual_seed(0)
    >>> generator.random32(3).tolist()
    [2357136044, 2546248239, 3071714933]

    References
    ----------
    M. Matsumoto and T. Nishimura, "Mersenne Twister: A 623-dimensionally equidistributed uniform
    pseudorandom number generator", ACM TOMACS 8(1), 1998.
    """

    __slots__ = (
        "__weakref__",
        "_engine",
        "_seed",
        "_words",
        "device",
        "lock",
        "next_double_normal",
        "next_float_normal",
    )

    def __init__(self, device: str = "cpu") -> None:
        if str(device) != "cpu":
            raise ValueError(
                f"Generator: device must be 'cpu', the only one there is; got {device!r}"
            )
        self.device = "cpu"
        self.lock = threading.RLock()
        self.manual_seed(_DEFAULT_SEED)

    def __repr__(self) -> str:
        return f"Generator(device='cpu', initial_seed={self._seed})"

    def manual_seed(self, seed: int) -> Generator:
        """Restart the stream from `seed` and return the generator.

        Parameters
        ----------
        seed : int
            From -2**63 to 2**64 - 1; a negative seed stands for 2**64 + seed. Only the low 32 bits
            reach the engine, as in PyTorch.

        Raises
        ------
        TypeError
            If `seed` is not an integer.
        ValueError
            If it is out of range.

        Examples
        --------
        >>> from autodiff.random import Generator
        >>> Generator().manual_seed(-1).initial_seed() == 2**64 - 1
        True
        """
        try:
            seed = operator.index(seed)
        except TypeError:
            raise TypeError(
                f"manual_seed: the seed must be an integer, got {type(seed).__name__}"
            ) from None
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"manual_seed: the seed must lie in [-2**63, 2**64 - 1], got {seed}")
        seed %= 2**64
        with self.lock:
            self._seed = seed
            self._engine: np.random.MT19937 | None = None
            self.next_double_normal: float | None = None
            self.next_float_normal: float | None = None
        return self

    def _start(self) -> np.random.MT19937:
        """Seed the engine at the first draw: importing `autodiff` need not load numpy.random."""
        # RandomState seeds an MT19937 by the classic recurrence; MT19937 itself hashes its seed.
        return self._install(np.random.RandomState(self._seed % 2**32).get_state(legacy=False))

    def _install(self, state: Any) -> np.random.MT19937:
        """Put an engine with a NumPy state in place."""
        engine = np.random.MT19937(0)
        engine.state = state
        self._engine, self._words = engine, np.random.Generator(engine)
        return engine

    def initial_seed(self) -> int:
        """Return the seed that the stream was last started from.

        Examples
        --------
        >>> from autodiff.random import Generator
        >>> Generator().manual_seed(7).initial_seed()
        7
        """
        return self._seed

    def seed(self) -> int:
        """Restart the stream from a seed of the operating system's choice, and return that seed.

        Examples
        --------
        >>> from autodiff.random import Generator
        >>> generator = Generator()
        >>> generator.seed() == generator.initial_seed()
        True
        """
        seed = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(seed)
        return seed

    def get_state(self) -> np.ndarray:
        """Return the whole state as a uint8 array of 5056 bytes, in PyTorch's own layout.

        The array is a copy. `torch.set_rng_state(torch.from_numpy(state))` makes PyTorch continue
        where this generator stands.

        Examples
        --------
        >>> from autodiff.random import Generator
        >>> generator = Generator().manual_seed(0)
        >>> state = generator.get_state()
        >>> first = generator.random32(2)
        >>> generator.set_state(state)
        >>> bool((generator.random32(2) == first).all())
        True
        """
        state = np.zeros((), _STATE)
        with self.lock:
            engine = (self._engine or self._start()).state["state"]
            state["seed"] = self._seed
            state["seeded"] = 1
            state["next"] = engine["pos"]
            # PyTorch counts down to the draw that renews the key; NumPy counts up.
            state["left"] = _WORDS + 1 - engine["pos"]
            state["key"] = engine["key"]
            if self.next_double_normal is not None:
                state["next_double_normal"] = self.next_double_normal
                state["has_double_normal"] = 1
            if self.next_float_normal is not None:
                state["next_float_normal"] = self.next_float_normal
                state["has_float_normal"] = True
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state(self, state: np.ndarray) -> None:
        """Continue from a state that `get_state`, or PyTorch's `get_rng_state`, returned.

        Parameters
        ----------
        state : array of uint8, shape (5056,)
            A PyTorch state is taken as `torch.get_rng_state().numpy()`.

        Raises
        ------
        TypeError
            If `state` is not a uint8 array.
        ValueError
            If it has another shape or holds no valid Mersenne Twister state. The generator is then
            left as it was.
        """
        array = np.asarray(state)
        if array.dtype != np.uint8:
            raise TypeError(f"set_state: the state must be a uint8 array, got {array.dtype}")
        if array.shape != (_STATE.itemsize,):
            raise ValueError(
                f"set_state: the state must have shape ({_STATE.itemsize},), got {array.shape}"
            )
        fields = np.frombuffer(array.tobytes(), _STATE)[0]
        left, position, key = int(fields["left"]), int(fields["next"]), fields["key"]
        if not (fields["seeded"] and 1 <= left <= _WORDS and position <= _WORDS):
            raise ValueError("set_state: the bytes hold no valid Mersenne Twister state")
        if key.max() > 0xFFFFFFFF or not key.any():
            raise ValueError("set_state: the Mersenne Twister key is damaged")
        position = _WORDS if left == 1 else position
        with self.lock:
            words = {"key": key.astype(np.uint32), "pos": position}
            self._install({"bit_generator": "MT19937", "state": words})
            self._seed = int(fields["seed"])
            has_double, has_float = fields["has_double_normal"], fields["has_float_normal"]
            self.next_double_normal = float(fields["next_double_normal"]) if has_double else None
            self.next_float_normal = float(fields["next_float_normal"]) if has_float else None

    def random32(self, n: int) -> np.ndarray:
        """Draw `n` words of 32 random bits: a uint32 array of shape (n,).

        Examples
        --------
        >>> from autodiff.random import Generator
        >>> Generator().manual_seed(1).random32(2).tolist()
        [1791095845, 4282876139]
        """
        with self.lock:
            engine = self._engine or self._start()
            if n < _SMALL_DRAW:
                return engine.random_raw(n).astype(np.uint32)
            return self._words.integers(0, 2**32, size=n, dtype=np.uint32)

    def random64(self, n: int) -> np.ndarray:
        """Draw `n` words of 64 random bits, each from two 32-bit draws, the high half first.

        Returns a uint64 array of shape (n,).

        Examples
        --------
        >>> from autodiff.random import Generator
        >>> Generator().manual_seed(1).random64(1).tolist() == [(1791095845 << 32) | 4282876139]
        True
        """
        halves = self.random32(2 * n)
        words = halves[0::2].astype(np.uint64)
        words <<= np.uint64(32)
        words |= halves[1::2]
        return words

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (), self.get_state()

    def __setstate__(self, state: np.ndarray) -> None:
        self.set_state(state)


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Restart the default generator from `seed` and return it.

    From then on the numbers are those that PyTorch gives on the CPU after
    `torch.manual_seed(seed)`.

    Parameters
    ----------
    seed : int
        From -2**63 to 2**64 - 1.

    Raises
    ------
    TypeError, ValueError
        As `Generator.manual_seed`.

    Examples
    --------
    >>> from autodiff.random import manual_seed, uniform
    >>> print(uniform(manual_seed(0), (2,)))
    [0.4962566 0.7682218]
    """
    return default_generator.manual_seed(seed)
