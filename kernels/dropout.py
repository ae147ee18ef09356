"""Dropout by random numbers that are a function of a seed and a place.

An element falls out if a random 32-bit number is below p 2^32. The numbers come from Philox4x32-10,
which makes four of them from a counter and a key (J. K. Salmon, M. A. Moraes, R. O. Dror and D. E.
Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The key is the seed, the counter is
the number of a block of elements: so the same mask can be made again, in any order and by any number of
threads, and need not be stored.

A block has 4 * LANES elements: counter c of its lane l is block * LANES + l, and of the four numbers
w that come out, number w is that of element (block * 4 + w) * LANES + l.
"""

from __future__ import annotations

import numpy as np

from .registry import kernel, ones

LANES = 16
"""Counters of a block: as many as 32-bit numbers in the widest vectors there are."""

ROUNDS = 10
# Multipliers, and what is added to the key after each round.
MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
WEYL = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)


def philox(counters: np.ndarray, seed: int) -> np.ndarray:
    """Return four random 32-bit numbers for each 64-bit counter.

    Parameters
    ----------
    counters : ndarray of uint64, shape (n,)
    seed : int
        In [0, 2^64).

    Returns
    -------
    ndarray of uint64, shape (4, n)
        Below 2^32.
    """
    zero = np.zeros_like(counters)
    words = [counters & _LOW, counters >> np.uint64(32), zero, zero]
    keys = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(ROUNDS):
        first = words[0] * np.uint64(MULTIPLIERS[0])
        second = words[2] * np.uint64(MULTIPLIERS[1])
        words = [
            (second >> np.uint64(32)) ^ words[1] ^ np.uint64(keys[0]),
            second & _LOW,
            (first >> np.uint64(32)) ^ words[3] ^ np.uint64(keys[1]),
            first & _LOW,
        ]
        keys = [(key + step) & 0xFFFFFFFF for key, step in zip(keys, WEYL, strict=True)]
    return np.stack(words)


def threshold(p: float) -> int:
    """Return the number below which a random one lets its element fall out, checked."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p must lie in [0, 1], got {p}")
    return round(p * 2**32)


def scale(p: float) -> float:
    """Return what the elements are multiplied with that stay."""
    return 1 / (1 - p) if p < 1 else 0.0


@kernel(
    compiled="dropout_jit",
    prefer=lambda x, p, seed: x.size > 64,
    examples=ones((4,), options=(0.5, 0)),
)
def dropout(x: np.ndarray, p: float, seed: int) -> np.ndarray:
    """Return `x` / (1 - `p`) with elements set to 0 with probability `p`.

    Parameters
    ----------
    x : ndarray of floats
    p : float
        In [0, 1].
    seed : int
        In [0, 2^64). Seed, `p` and the place of an element in `x`, counted in C order, determine
        whether it falls out.

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`; 0 where an element fell out, even if that was NaN.

    Raises
    ------
    ValueError
        For another `p`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.dropout(np.ones(6), 0.5, 1)
    array([2., 2., 0., 2., 0., 0.])
    """
    level = threshold(p)
    blocks = -(-x.size // (4 * LANES))
    numbers = philox(np.arange(blocks * LANES, dtype=np.uint64), seed)
    numbers = numbers.reshape(4, blocks, LANES).swapaxes(0, 1).reshape(-1)[: x.size]
    scaled = x * np.asarray(scale(p), x.dtype)
    return np.where(numbers.reshape(x.shape) >= np.uint64(level), scaled, np.zeros((), x.dtype))
