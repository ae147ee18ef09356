"""Functions of single elements that NumPy lacks, or has in several passes only."""

from __future__ import annotations

import numpy as np

from .registry import kernel, ones

# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of
# Computation 23 (1969): numerators and denominators for erf(y) / y up to 0.46875, for
# erfc(y) * exp(y^2) up to 4, and for the rest of its asymptotic form above.
_CENTRE = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_FLANK = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_TAIL = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip

# M. Giles, "Approximating the erfinv function", GPU Computing Gems Jade Edition (2011):
# erfinv(x) / x as a polynomial in -log(1 - x^2) - 2.5, up to 2.5.
_GILES = (
    2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3,
    -4.17768164e-3, 2.46640727e-1, 1.50140941,
)  # fmt: skip


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], u: np.ndarray) -> np.ndarray:
    above, below = coefficients
    return np.polyval(above, u) / np.polyval(below, u)


def _erfc_of_positive(y: np.ndarray) -> np.ndarray:
    """Return 1 - erf(y) for y > 0.46875, to full relative accuracy."""
    y = np.minimum(y, 30.0)  # far beyond the least number above zero
    inverse = 1 / (y * y)
    far = (1 / np.sqrt(np.pi) - inverse * _ratio(_TAIL, inverse)) / y
    scaled = np.where(y > 4, far, _ratio(_FLANK, np.minimum(y, 4.0)))
    # exp(-y^2) in two factors: the first square is exact, so that y^2 is not rounded.
    coarse = np.trunc(y * 16) / 16
    return scaled * np.exp(-coarse * coarse) * np.exp(-(y - coarse) * (y + coarse))


INTEGERS: dict[str, type[np.signedinteger]] = {"e": np.int16, "f": np.int32, "d": np.int64}
"""Integers as wide as floats, by the letters of their dtypes: for work on the bits."""


@kernel(
    compiled="elementwise_jit",
    prefer=lambda g, mask: g.size > 8192,
    examples=lambda dtype: [(np.ones(4, dtype), np.ones(4, bool))],
)
def keep(g: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return `g` where `mask` is True and 0 elsewhere; nothing comes through, not even a NaN.

    Parameters
    ----------
    g : ndarray of floats
    mask : ndarray of bool
        Of the shape of `g`, or one that broadcasts with it.

    Returns
    -------
    ndarray
        Of the dtype of `g`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.keep(np.array([1.0, np.nan]), np.array([True, False]))
    array([1., 0.])
    """
    # numpy.where branches at every element, ten times slower where the mask is random; -mask has all
    # bits set or none.
    bits = g.view(INTEGERS[g.dtype.char]) & -mask.view(np.int8)
    return bits.view(g.dtype)  # type: ignore[no-any-return]


@kernel(compiled="elementwise_jit", examples=ones((4,)))
def erf(x: np.ndarray) -> np.ndarray:
    """Return the error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    Parameters
    ----------
    x : ndarray of floats

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`, accurate to rounding: 1e-7 relative in float32, 1e-15 in
        float64.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.erf(np.array([0.0, 0.5, np.inf])).round(4)
    array([0.    , 0.5205, 1.    ])
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    small = np.minimum(size, 0.46875)
    centre = np.clip(wide, -0.46875, 0.46875) * _ratio(_CENTRE, small * small)
    flank = 1 - _erfc_of_positive(np.maximum(size, 0.46875))
    return np.where(size > 0.46875, np.copysign(flank, wide), centre).astype(x.dtype)


@kernel()
def erfc(x: np.ndarray) -> np.ndarray:
    """Return 1 - erf(x) without the loss of digits where that is small.

    Parameters
    ----------
    x : ndarray of floats

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`, accurate to rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.erfc(np.array([0.0, 0.5, np.inf])).round(4)
    array([1.    , 0.4795, 0.    ])
    """
    wide = np.asarray(x, np.float64)
    flank = _erfc_of_positive(np.maximum(np.abs(wide), 0.46875))
    outside = np.where(wide > 0, flank, 2 - flank)
    return np.where(np.abs(wide) > 0.46875, outside, 1 - erf.reference(wide)).astype(x.dtype)


@kernel()
def erfinv(x: np.ndarray) -> np.ndarray:
    """Return the inverse of `erf`: infinite at -1 and 1, NaN beyond.

    Parameters
    ----------
    x : ndarray of floats

    Returns
    -------
    ndarray
        Of the shape and dtype of `x`, accurate to a few units in the last place.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.erfinv(np.array([0.0, 0.5, 1.0])).round(4)
    array([0.    , 0.4769,    inf])
    """
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    inside = np.where(size < 1, size, 0.0)
    w = -np.log((1 - inside) * (1 + inside))
    centre = inside * np.polyval(_GILES, np.minimum(w, 5.0) - 2.5)
    # Further out from erfc(y) = exp(-y^2) / (y sqrt(pi)), solved for y with its logarithm dropped.
    level = np.maximum(-np.log((1 - inside) * np.sqrt(np.pi)), 1.0)
    y = np.where(w < 5, centre, np.sqrt(level - np.log(level) / 2))
    for _ in range(3):  # E. Halley's method, each turn three times as many digits
        above = np.where(
            inside > 0.5,
            (1 - inside) - _erfc_of_positive(np.maximum(y, 0.46875)),
            erf.reference(y) - inside,
        )
        step = above / (2 / np.sqrt(np.pi) * np.exp(-y * y))
        y = y - step / (1 + y * step)
    y = np.where(size == 1, np.inf, np.where(size > 1, np.nan, y))
    return np.copysign(np.where(np.isnan(wide), wide, y), wide).astype(x.dtype)
