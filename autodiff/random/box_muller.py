"""The Box-Muller transform on blocks of sixteen numbers, as PyTorch's CPU kernels do it.

A block holds eight uniforms u1 and then eight u2. It becomes eight times
`sqrt(-2 log(1 - u1)) cos(2 pi u2)` and then the eight sines.

In float32 PyTorch takes logarithm, sine and cosine from the polynomials of the Cephes library, with
fused multiply-adds. They are evaluated here with the same roundings, so on every machine the
numbers are, to the last bit, those of PyTorch on a processor with AVX2. (Which of two products an
addition is fused with is the compiler's choice: of the possible readings, one agrees.)

References
----------
G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", 1958.
S. L. Moshier, Cephes mathematical library, `logf.c` and `sinf.c` (netlib.org/cephes).
"""

from __future__ import annotations

import math

import numpy as np

from .rounding import fma, fma32

__all__ = ["BLOCK", "box_muller"]

BLOCK = 16
_HALF = BLOCK // 2

# Blocks transformed at once: the dozen scratch arrays of a chunk stay in the second-level cache.
_CHUNK = 1024


def _constants(*values: float) -> tuple[np.float64, ...]:
    """Round to float32, hold in float64 (where the product with a float32 is exact)."""
    return tuple(np.float64(np.float32(value)) for value in values)


# log(1 + x) = x - x^2/2 + x^3 P(x) for sqrt(1/2) <= 1 + x < sqrt(2), highest power first.
_LOG = _constants(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
# log(2) in two parts; the first is so short that its product with an exponent is exact.
_LOG2_HIGH, _LOG2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_SQRT_HALF_BITS = np.float32(math.sqrt(0.5)).view(np.int32)

# sin x = x + x^3 S(x^2) and cos x = 1 - x^2/2 + x^4 C(x^2) for |x| <= pi/4.
_SIN = _constants(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS = _constants(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
# pi/4 in three parts; the products of the first two with an octant are exact.
_PI_4_HIGH, _PI_4_MIDDLE = np.float32(0.78515625), np.float32(2.4187564849853515625e-4)
(_PI_4_LOW,) = _constants(3.77489497744594108e-8)
_4_OVER_PI = np.float32(4 / math.pi)


def box_muller(blocks: np.ndarray, mean: float, std: float) -> None:
    """Turn uniforms into normals with `mean` and `std`, in place.

    Parameters
    ----------
    blocks : array of float32 or float64, shape (n, 16), C-contiguous
        Uniform numbers in [0, 1).
    mean, std : float
        Values of the blocks' dtype.
    """
    transform = _transform32 if blocks.dtype == np.float32 else _transform64
    for start in range(0, len(blocks), _CHUNK):
        chunk = blocks[start : start + _CHUNK]
        radius, sine, cosine = transform(chunk[:, :_HALF], chunk[:, _HALF:])
        cosine *= radius
        sine *= radius
        chunk[:, :_HALF], chunk[:, _HALF:] = cosine, sine
        if mean != 0 or std != 1:
            chunk[:] = fma(chunk, std, mean)


def _transform64(u1: np.ndarray, u2: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return radius, sine and cosine by NumPy's own functions."""
    angle = 2 * math.pi * u2
    return np.sqrt(-2 * np.log(1 - u1)), np.sin(angle), np.cos(angle)


def _transform32(u1: np.ndarray, u2: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return radius, sine and cosine with PyTorch's float32 roundings."""
    radius = np.sqrt(np.float32(-2) * _log32(np.float32(1) - u1))
    return radius, *_sincos32(np.float32(2 * math.pi) * u2)


def _log32(x: np.ndarray) -> np.ndarray:
    """Return the float32 logarithm of normal positive numbers."""
    # x = m 2^e with sqrt(1/2) <= m < sqrt(2): the difference of the bits has e above m's 23 bits.
    bits = x.view(np.int32) - _SQRT_HALF_BITS
    exponent = (bits >> 23).astype(np.float32)
    bits &= 0x7FFFFF
    bits += _SQRT_HALF_BITS
    x = bits.view(np.float32) - np.float32(1)

    square = x * x
    y = _polynomial(_LOG, x.astype(np.float64))
    y *= x
    y = fma32(y, square.astype(np.float64), exponent * _LOG2_LOW)
    y -= np.float32(0.5) * square
    x += y
    x += exponent * _LOG2_HIGH
    return x


def _sincos32(angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the float32 sine and cosine of angles in [0, 2 pi]."""
    # The nearest even octant: 0, 2, 4, 6 or 8, that is, the nearest multiple of pi/2.
    octant = (angle * _4_OVER_PI).astype(np.int32)
    octant += 1
    octant &= ~1
    count = octant.astype(np.float32)

    x = angle - count * _PI_4_HIGH
    x -= count * _PI_4_MIDDLE
    x = fma32(count, -_PI_4_LOW, x)
    square = x * x
    wide = square.astype(np.float64)

    near_sine = _polynomial(_SIN, wide)
    near_sine *= square
    near_sine = fma32(near_sine, x.astype(np.float64), x)

    near_cosine = _polynomial(_COS, wide)
    near_cosine *= square
    near_cosine = fma32(near_cosine, wide, np.float32(-0.5) * square)
    near_cosine += np.float32(1)

    # Odd multiples of pi/2 exchange the two; the signs follow the quadrant.
    exchanged = (octant & 2).astype(bool)
    sine = np.where(exchanged, near_cosine, near_sine)
    cosine = np.where(exchanged, near_sine, near_cosine)
    _flip_signs(sine, octant)
    _flip_signs(cosine, octant + 2)
    return sine, cosine


def _flip_signs(x: np.ndarray, octant: np.ndarray) -> None:
    """Negate float32 numbers, in place, where bit 2 of the octant is set."""
    bits = x.view(np.int32)
    bits ^= (octant & 4) << 29


def _polynomial(coefficients: tuple[np.float64, ...], x: np.ndarray) -> np.ndarray:
    """Evaluate by Horner's rule, each step rounded to float32; `x` is held in float64."""
    value = x * coefficients[0]
    value += coefficients[1]
    rounded = value.astype(np.float32)
    for coefficient in coefficients[2:]:
        value[:] = rounded
        value *= x
        value += coefficient
        rounded[:] = value
    return rounded
