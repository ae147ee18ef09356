"""The error function and its relatives."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels

from ..declare import unary

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["erf", "erfc", "erfinv"]

METHODS = tuple(__all__)
IN_PLACE = tuple(__all__)

_SLOPE = 2 / math.sqrt(math.pi)


@unary(
    lambda x: kernels.erf(np.asarray(x)),
    lambda g, x: g * (np.exp(-x * x) * _SLOPE),
    scalar=math.erf,
)
def erf(input: Any) -> Tensor:
    """Error function of each element: the integral of ``2/sqrt(pi) * exp(-t**2)`` from 0.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.erf(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """


@unary(
    lambda x: kernels.erfc(np.asarray(x)),
    lambda g, x: g * (np.exp(-x * x) * -_SLOPE),
    scalar=math.erfc,
)
def erfc(input: Any) -> Tensor:
    """``1 - erf(input)`` of each element, accurate where that is small.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.erfc(ad.tensor([0.0, 1.0]))
    tensor([1.0000, 0.1573])
    """


@unary(
    lambda x: kernels.erfinv(np.asarray(x)),
    lambda g, out: g * (np.exp(out * out) / _SLOPE),
)
def erfinv(input: Any) -> Tensor:
    """Inverse of the error function of each element: infinite at -1 and 1, NaN outside.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.erfinv(ad.tensor([0.0, 0.5]))
    tensor([0.0000, 0.4769])
    """
