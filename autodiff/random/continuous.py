"""Continuous distributions: uniform, normal, truncated normal and exponential.

Each function takes a generator, a shape and a dtype, and returns a new array with the numbers that
PyTorch's CPU kernels draw from the same generator state into a contiguous tensor. float16 numbers
are computed in float32 (uniform, normal) or float64 (exponential) and rounded at the end.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from .arguments import Shape, as_floating, as_real, as_shape, computed_in
from .box_muller import BLOCK, box_muller
from .generator import Generator
from .rounding import fma

__all__ = ["exponential", "normal", "standard_uniform", "trunc_normal", "uniform"]

# Rounds of rejection after which trunc_normal gives up.
_MAX_ROUNDS = 10_000


def standard_uniform(generator: Generator, n: int, dtype: np.dtype) -> np.ndarray:
    """Return `n` uniform numbers in [0, 1): 24 random bits each in float32, 53 in float64."""
    if dtype == np.float64:
        wide = generator.random64(n)
        wide &= np.uint64(2**53 - 1)
        return wide.view(np.int64) * 2.0**-53
    words = generator.random32(n)
    words &= np.uint32(2**24 - 1)
    return np.multiply(words.view(np.int32), np.float32(2.0**-24), dtype=np.float32)


def uniform(
    generator: Generator,
    shape: Shape,
    dtype: DTypeLike = np.float32,
    low: float = 0.0,
    high: float = 1.0,
) -> np.ndarray:
    """Draw from the uniform distribution on [low, high), as `torch.Tensor.uniform_` does.

    Parameters
    ----------
    generator : Generator
    shape : int or tuple of int
    dtype : float16, float32 or float64, default float32
    low, high : float, default 0 and 1
        Where both are equal, every number is `low`.

    Returns
    -------
    ndarray of `dtype` and `shape`

    Raises
    ------
    TypeError
        For a dtype that is not floating, or bounds that are not numbers.
    ValueError
        For a negative size, `low > high`, or bounds that `dtype` cannot hold.

    Examples
    --------
    >>> from autodiff.random import Generator, uniform
    >>> print(uniform(Generator().manual_seed(0), (2, 2)))
    [[0.4962566  0.7682218 ]
     [0.08847743 0.13203049]]
    """
    shape = as_shape("uniform", shape)
    dtype = as_floating("uniform", dtype)
    low, high = as_real("uniform", "low", low), as_real("uniform", "high", high)
    if low > high:
        raise ValueError(f"uniform: low must not exceed high, got low={low} and high={high}")
    limit = float(np.finfo(dtype).max)
    if low < -limit or high > limit or high - low > limit:
        raise ValueError(f"uniform: the interval [{low}, {high}) is too wide for {dtype}")
    computed = computed_in(dtype)
    numbers = standard_uniform(generator, math.prod(shape), computed)
    if low != 0 or high != 1:
        start, stop = computed.type(low), computed.type(high)
        numbers = fma(numbers, float(stop - start), float(start))
    result = numbers.astype(dtype, copy=False)
    if numbers is not result or low != 0 or high != 1:
        # Rounding can reach the bound that belongs to the outside.
        result[result == dtype.type(high)] = dtype.type(low)
    return result.reshape(shape)


def normal(
    generator: Generator,
    shape: Shape,
    dtype: DTypeLike = np.float32,
    mean: float = 0.0,
    std: float = 1.0,
) -> np.ndarray:
    """Draw from the normal distribution, as `torch.randn` and `torch.Tensor.normal_` do.

    Sixteen numbers and more come from the Box-Muller transform of blocks of uniforms (see
    `box_muller`). Fewer come one by one in float64, cosine first; the sine of an unfinished pair
    stays in the generator and is the first number of the next such call.

    Parameters
    ----------
    generator : Generator
    shape : int or tuple of int
    dtype : float16, float32 or float64, default float32
    mean : float, default 0
    std : float, default 1
        Not negative.

    Returns
    -------
    ndarray of `dtype` and `shape`
        float32 numbers equal PyTorch's to the last bit. float64 numbers differ by the last bits of
        NumPy's logarithm, sine and cosine.

    Raises
    ------
    TypeError
        For a dtype that is not floating, or parameters that are not numbers.
    ValueError
        For a negative size or a negative `std`.

    Examples
    --------
    >>> from autodiff.random import Generator, normal
    >>> print(normal(Generator().manual_seed(0), 3))
    [ 1.5409961 -0.2934289 -2.1787894]
    """
    shape = as_shape("normal", shape)
    dtype = as_floating("normal", dtype)
    mean, std = as_real("normal", "mean", mean), as_real("normal", "std", std)
    if std < 0:
        raise ValueError(f"normal: std must not be negative, got {std}")
    size = math.prod(shape)
    with generator.lock:
        fill = _normal_blocks if size >= BLOCK else _normal_pairs
        return fill(generator, size, dtype, mean, std).reshape(shape)


def _normal_blocks(
    generator: Generator, size: int, dtype: np.dtype, mean: float, std: float
) -> np.ndarray:
    """Return `size` >= 16 normals; the last sixteen are drawn anew if a block would be cut."""
    computed = computed_in(dtype)
    whole = size - size % BLOCK
    # The float16 kernel draws a block at a time and so never draws the places of a cut block.
    drawn = whole if dtype == np.float16 else size
    numbers = standard_uniform(generator, drawn, computed)
    mean, std = float(computed.type(mean)), float(computed.type(std))
    box_muller(numbers[:whole].reshape(-1, BLOCK), mean, std)
    if whole != size:
        last = standard_uniform(generator, BLOCK, computed)
        box_muller(last.reshape(1, BLOCK), mean, std)
        numbers = np.concatenate([numbers[: size - BLOCK], last])
    return numbers.astype(dtype, copy=False)


def _normal_pairs(
    generator: Generator, size: int, dtype: np.dtype, mean: float, std: float
) -> np.ndarray:
    """Return fewer than sixteen normals, computed one pair at a time in float64."""
    numbers: list[float] = []
    if size and generator.next_double_normal is not None:
        numbers.append(generator.next_double_normal)
        generator.next_double_normal = None
    pairs = (size - len(numbers) + 1) // 2
    uniforms = standard_uniform(generator, 2 * pairs, np.dtype(np.float64)).tolist()
    for u1, u2 in zip(uniforms[0::2], uniforms[1::2], strict=True):
        radius = math.sqrt(-2 * math.log1p(-u2))
        angle = 2 * math.pi * u1
        numbers += radius * math.cos(angle), radius * math.sin(angle)
    if len(numbers) > size:
        generator.next_double_normal = numbers.pop()
    return _narrow(fma(np.array(numbers, np.float64), std, mean), dtype)


def _narrow(numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Round float64 numbers to `dtype`; on the way to float16 they pass float32, as in C++."""
    return numbers.astype(computed_in(dtype), copy=False).astype(dtype, copy=False)


def trunc_normal(
    generator: Generator,
    shape: Shape,
    dtype: DTypeLike = np.float32,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
) -> np.ndarray:
    """Draw from a normal distribution cut to [a, b], as `torch.nn.init.trunc_normal_` does.

    Numbers outside are drawn again. Where less than 30 % of the normal distribution lies inside,
    the candidates are uniform on [a, b] and are accepted in proportion to the density.

    Parameters
    ----------
    generator : Generator
    shape : int or tuple of int
    dtype : float16, float32 or float64, default float32
    mean, std : float, default 0 and 1
        Of the normal distribution before it is cut; `std` is positive.
    a, b : float, default -2 and 2
        Bounds in the units of the numbers (not in standard deviations).

    Returns
    -------
    ndarray of `dtype` and `shape`

    Raises
    ------
    TypeError
        For a dtype that is not floating, or parameters that are not numbers.
    ValueError
        For a negative size, `std <= 0`, `a > b`, or an interval so wide and so far out that next
        to no candidate is accepted.

    Examples
    --------
    >>> from autodiff.random import Generator, trunc_normal
    >>> numbers = trunc_normal(Generator().manual_seed(0), 1000, std=0.02, a=-0.03, b=0.03)
    >>> bool(abs(numbers).max() <= 0.03)
    True

    References
    ----------
    The rejection scheme is that of PyTorch 2.13; earlier versions used the inverse error function
    and gave other numbers.
    """
    shape = as_shape("trunc_normal", shape)
    dtype = as_floating("trunc_normal", dtype)
    names = ("mean", "std", "a", "b")
    mean, std, a, b = (
        as_real("trunc_normal", name, value)
        for name, value in zip(names, (mean, std, a, b), strict=True)
    )
    if std <= 0:
        raise ValueError(f"trunc_normal: std must be positive, got {std}")
    if a > b:
        raise ValueError(f"trunc_normal: a must not exceed b, got a={a} and b={b}")
    if not (math.isfinite(mean) and math.isfinite(std)):
        raise ValueError(f"trunc_normal: mean and std must be finite, got {mean} and {std}")
    with generator.lock:
        inside = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
        sample = _reject_outside if inside > 0.3 else _reject_by_density
        return sample(generator, shape, dtype, mean, std, a, b)


def _normal_cdf(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


def _reject_outside(
    generator: Generator,
    shape: tuple[int, ...],
    dtype: np.dtype,
    mean: float,
    std: float,
    a: float,
    b: float,
) -> np.ndarray:
    """Return normals, those outside [a, b] drawn again (together with all others, as PyTorch)."""
    low, high = dtype.type(a), dtype.type(b)
    result = normal(generator, shape, dtype, mean, std)
    for _ in range(_MAX_ROUNDS):
        outside = (result < low) | (result > high)
        if not outside.any():
            return result
        np.copyto(result, normal(generator, shape, dtype, mean, std), where=outside)
    raise _too_rare(mean, std, a, b)


def _reject_by_density(
    generator: Generator,
    shape: tuple[int, ...],
    dtype: np.dtype,
    mean: float,
    std: float,
    a: float,
    b: float,
) -> np.ndarray:
    """Return uniforms on [a, b], accepted with probability density / highest density."""
    scalar = dtype.type
    peak = max(a, min(mean, b))
    log_peak = scalar(-0.5 * ((peak - mean) / std) ** 2)
    result = np.empty(shape, dtype)
    pending = np.ones(shape, bool)
    for _ in range(_MAX_ROUNDS):
        candidates = uniform(generator, shape, dtype, a, b)
        np.copyto(result, candidates, where=pending)
        deviation = (candidates - scalar(mean)) / scalar(std)
        log_density = scalar(-0.5) * (deviation * deviation) - log_peak
        with np.errstate(divide="ignore"):  # a uniform 0 is always accepted
            log_threshold = np.log(uniform(generator, shape, dtype).astype(np.float64))
        pending &= log_threshold.astype(dtype) > log_density
        if not pending.any():
            return result
    raise _too_rare(mean, std, a, b)


def _too_rare(mean: float, std: float, a: float, b: float) -> ValueError:
    return ValueError(
        f"trunc_normal: after {_MAX_ROUNDS} rounds there are still numbers to draw; the interval "
        f"[{a}, {b}] lies too far from the normal distribution with mean {mean} and std {std}. "
        "Narrow it, or move it towards the mean"
    )


def exponential(
    generator: Generator, shape: Shape, dtype: DTypeLike = np.float32, rate: float = 1.0
) -> np.ndarray:
    """Draw from the exponential distribution, as `torch.Tensor.exponential_` does.

    Parameters
    ----------
    generator : Generator
    shape : int or tuple of int
    dtype : float16, float32 or float64, default float32
    rate : float, default 1
        The density is `rate * exp(-rate * x)`; positive. (`lambd` in PyTorch.)

    Returns
    -------
    ndarray of `dtype` and `shape`

    Raises
    ------
    TypeError
        For a dtype that is not floating, or a rate that is not a number.
    ValueError
        For a negative size, or a rate that is not positive.

    Examples
    --------
    >>> from autodiff.random import Generator, exponential
    >>> print(exponential(Generator().manual_seed(0), 2, rate=2.0))
    [1.7541631  0.61519235]
    """
    shape = as_shape("exponential", shape)
    dtype = as_floating("exponential", dtype)
    rate = as_real("exponential", "rate", rate)
    if rate <= 0:
        raise ValueError(f"exponential: rate must be positive, got {rate}")
    numbers = standard_uniform(generator, math.prod(shape), np.dtype(np.float64))
    np.negative(numbers, out=numbers)
    np.log1p(numbers, out=numbers)
    numbers *= -1 / rate
    return _narrow(numbers, dtype).reshape(shape)
