"""Discrete distributions: integers, permutations, coin tosses and categories.

Each function returns a new array with the numbers that PyTorch's CPU kernels draw from the same
generator state into a contiguous tensor. (These are the numbers of PyTorch 2.13. Some earlier
versions took Bernoulli and exponential numbers from MKL's generators on Intel processors.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .arguments import (
    Shape,
    as_dtype,
    as_floating,
    as_integer,
    as_probability,
    as_shape,
    computed_in,
)
from .continuous import exponential, standard_uniform
from .generator import Generator

__all__ = ["bernoulli", "multinomial", "randint", "randperm"]

_DOUBLE = np.dtype(np.float64)

# From this range on a 32-bit word modulo the range would favour small numbers too much.
_WIDE_RANGE = 2**28

# From this length on PyTorch draws permutations in another way, which is not rebuilt here.
_LONG_PERMUTATION = (2**32 - 1) // 20


def randint(
    generator: Generator, shape: Shape, dtype: DTypeLike, low: int, high: int
) -> np.ndarray:
    """Draw integers from [low, high), each equally likely, as `torch.randint` does.

    A number is a random word modulo `high - low`: a 32-bit word for ranges below 2**28, a 64-bit
    word otherwise.

    Parameters
    ----------
    generator : Generator
    shape : int or tuple of int
    dtype : boolean, integer or floating
    low, high : int
        The lowest number, and one more than the highest.

    Returns
    -------
    ndarray of `dtype` and `shape`

    Raises
    ------
    TypeError
        For bounds that are not integers.
    ValueError
        For a negative size, `low >= high`, or bounds that `dtype` or int64 cannot hold.

    Examples
    --------
    >>> from autodiff.random import Generator, randint
    >>> randint(Generator().manual_seed(0), 5, int, 0, 10).tolist()
    [4, 9, 3, 0, 3]
    """
    shape = as_shape("randint", shape)
    dtype = as_dtype("randint", dtype)
    low, high = as_integer("randint", "low", low), as_integer("randint", "high", high)
    if low >= high:
        raise ValueError(f"randint: low must be less than high, got low={low} and high={high}")
    lowest, highest = _integer_limits(dtype)
    if low < max(lowest, -(2**63)) or high - 1 > min(highest, 2**63 - 1):
        raise ValueError(f"randint: the range [{low}, {high}) does not fit into {dtype}")
    span, size = high - low, math.prod(shape)
    if span < _WIDE_RANGE:
        words = generator.random32(size)
        words %= np.uint32(span)
        numbers = words.astype(np.int64)
        numbers += low
    else:
        wide = generator.random64(size)
        wide %= np.uint64(span)
        wide += np.uint64(low % 2**64)  # modulo 2**64, which is right in two's complement
        numbers = wide.view(np.int64)
    return numbers.astype(dtype, copy=False).reshape(shape)


def _integer_limits(dtype: np.dtype) -> tuple[int, int]:
    """Return the lowest and the highest integer of `dtype`."""
    if dtype.kind == "b":
        return 0, 1
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def randperm(generator: Generator, n: int, dtype: DTypeLike = np.int64) -> np.ndarray:
    """Draw a permutation of 0, ..., n - 1, each equally likely, as `torch.randperm` does.

    Parameters
    ----------
    generator : Generator
    n : int
        Less than 214,748,364, the length from which PyTorch goes another way.
    dtype : integer or floating, default int64

    Returns
    -------
    ndarray of `dtype`, shape (n,)

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is negative or too large, or if `dtype` cannot hold n - 1.

    Examples
    --------
    >>> from autodiff.random import Generator, randperm
    >>> randperm(Generator().manual_seed(0), 4).tolist()
    [0, 1, 3, 2]

    References
    ----------
    R. Durstenfeld, "Algorithm 235: Random permutation", CACM 7(7), 1964.
    """
    n = as_integer("randperm", "n", n)
    dtype = as_dtype("randperm", dtype)
    if n < 0:
        raise ValueError(f"randperm: n must not be negative, got {n}")
    if n >= _LONG_PERMUTATION:
        raise ValueError(f"randperm: n must be less than {_LONG_PERMUTATION}, got {n}")
    exact = 2 ** (np.finfo(dtype).nmant + 1) if dtype.kind == "f" else _integer_limits(dtype)[1]
    if n - 1 > exact:
        raise ValueError(f"randperm: {dtype} cannot hold all integers up to {n - 1}")
    order = list(range(n))
    if n > 1:
        offsets = generator.random32(n - 1)
        offsets %= np.arange(n, 1, -1, dtype=np.uint32)
        # Each swap sees the ones before it; on a list that is quicker than on an array.
        for i, offset in enumerate(offsets.tolist()):
            j = i + offset
            order[i], order[j] = order[j], order[i]
    return np.array(order, dtype)


def bernoulli(
    generator: Generator, shape: Shape, dtype: DTypeLike, p: float | ArrayLike
) -> np.ndarray:
    """Draw ones with probability `p` and zeros otherwise, as `torch.bernoulli` does.

    Parameters
    ----------
    generator : Generator
    shape : int or tuple of int
    dtype : boolean, integer or floating
    p : float or array
        In [0, 1]. An array is broadcast to `shape`, and its dtype decides about the numbers drawn:
        a uniform of 53 bits for each toss if it is float64 (or if `p` is a number), of 24 bits if
        it is float32 or float16.

    Returns
    -------
    ndarray of `dtype` and `shape`

    Raises
    ------
    TypeError
        For an array `p` that is not floating.
    ValueError
        For a negative size, a `p` outside [0, 1], or one that does not broadcast to `shape`.

    Examples
    --------
    >>> from autodiff.random import Generator, bernoulli
    >>> bernoulli(Generator().manual_seed(0), 6, float, 0.5).tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    """
    shape = as_shape("bernoulli", shape)
    dtype = as_dtype("bernoulli", dtype)
    if not isinstance(p, (np.ndarray, list, tuple)):
        p = as_probability("bernoulli", p)
        tosses = standard_uniform(generator, math.prod(shape), _DOUBLE).reshape(shape)
        return (tosses < p).astype(dtype)
    chances = np.asarray(p)
    drawn_in = as_floating("bernoulli", chances.dtype)
    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError("bernoulli: every p must lie in [0, 1]")
    try:
        chances = np.broadcast_to(chances, shape)
    except ValueError:
        raise ValueError(
            f"bernoulli: p of shape {chances.shape} does not broadcast to shape {shape}"
        ) from None
    tosses = standard_uniform(generator, math.prod(shape), drawn_in).reshape(shape)
    return (tosses < chances).astype(dtype)


def multinomial(
    generator: Generator, weights: ArrayLike, num_samples: int, replacement: bool = False
) -> np.ndarray:
    """Draw categories in proportion to `weights`, as `torch.multinomial` does.

    Parameters
    ----------
    generator : Generator
    weights : array of float16, float32 or float64, shape (k,) or (rows, k)
        Not negative; a row need not sum to one.
    num_samples : int
        How many to draw from each row.
    replacement : bool, default False
        Whether a category may be drawn more than once. Without, a row needs at least `num_samples`
        weights above zero.

    Returns
    -------
    ndarray of int64, shape (num_samples,) or (rows, num_samples)
        Without replacement in the order in which they were drawn.

    Raises
    ------
    TypeError
        For weights that are not floating.
    ValueError
        For weights with another number of dimensions, weights that are negative, infinite or NaN, a
        row that sums to zero, or `num_samples` that is not positive or more than can be drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff.random import Generator, multinomial
    >>> multinomial(Generator().manual_seed(0), np.array([0.0, 0.9, 0.1]), 2).tolist()
    [1, 2]

    References
    ----------
    Without replacement: P. Efraimidis and P. Spirakis, "Weighted random sampling with a reservoir",
    Information Processing Letters 97(5), 2006 (the largest ratios of weight to exponential number).
    """
    weights = np.asarray(weights)
    dtype = as_floating("multinomial", weights.dtype)
    num_samples = as_integer("multinomial", "num_samples", num_samples)
    if weights.ndim not in (1, 2):
        raise ValueError(
            f"multinomial: weights must have one or two dimensions, got shape {weights.shape}"
        )
    if num_samples <= 0:
        raise ValueError(f"multinomial: num_samples must be positive, got {num_samples}")
    if not ((weights >= 0) & (weights < np.inf)).all():
        raise ValueError("multinomial: the weights must be finite and not negative")
    if not weights.any(axis=-1).all():
        raise ValueError("multinomial: every row needs a weight above zero")
    if not replacement and (np.count_nonzero(weights, axis=-1) < num_samples).any():
        raise ValueError(
            f"multinomial: without replacement a row needs {num_samples} weights above zero to "
            f"draw num_samples={num_samples}; draw fewer, or pass replacement=True"
        )
    if replacement and num_samples > 1:
        return _with_replacement(generator, weights, num_samples)
    ratios: np.ndarray = weights / exponential(generator, weights.shape, dtype)
    if num_samples == 1:
        return ratios.argmax(axis=-1, keepdims=True)
    return np.argsort(-ratios, axis=-1, kind="stable")[..., :num_samples]


def _with_replacement(generator: Generator, weights: np.ndarray, num_samples: int) -> np.ndarray:
    """Return where uniform numbers fall into the cumulated weights of each row."""
    cumulated = np.cumsum(weights, axis=-1, dtype=computed_in(weights.dtype))
    cumulated /= cumulated[..., -1:].copy()
    shape = (*weights.shape[:-1], num_samples)
    uniforms = standard_uniform(generator, math.prod(shape), _DOUBLE).reshape(shape)
    if weights.ndim == 1:
        return np.searchsorted(cumulated, uniforms)
    rows = zip(cumulated, uniforms, strict=True)
    return np.array([np.searchsorted(row, u) for row, u in rows]).reshape(shape)
