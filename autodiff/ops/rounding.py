"""Rounding to whole numbers; the derivative is 0 everywhere, as in PyTorch."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import unary
from ..interop import implements
from .arithmetic import mul
from .division import div
from .masks import nothing

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["ceil", "fix", "floor", "frac", "round", "trunc"]

METHODS = tuple(__all__)
IN_PLACE = tuple(__all__)


def _of_floats(ufunc: np.ufunc) -> Callable[[Any], Any]:
    """Return `ufunc` for floats; integers are whole already."""
    return lambda x: ufunc(x) if x.dtype.kind == "f" else x.copy()


@implements(np.floor)
@unary(_of_floats(np.floor), nothing, floating=False)
def floor(input: Any) -> Tensor:
    """The nearest whole number below or at each element.

    Parameters
    ----------
    input : Tensor or Value
        Keeps its dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.floor(ad.tensor([1.5, -1.5]))
    tensor([ 1., -2.])
    """


@implements(np.ceil)
@unary(_of_floats(np.ceil), nothing, floating=False)
def ceil(input: Any) -> Tensor:
    """The nearest whole number above or at each element.

    Parameters
    ----------
    input : Tensor or Value
        Keeps its dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ceil(ad.tensor([1.5, -1.5]))
    tensor([ 2., -1.])
    """


@implements(np.trunc, np.fix)
@unary(_of_floats(np.trunc), nothing, floating=False)
def trunc(input: Any) -> Tensor:
    """Each element without what follows the decimal point.

    Parameters
    ----------
    input : Tensor or Value
        Keeps its dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.trunc(ad.tensor([1.5, -1.5]))
    tensor([ 1., -1.])
    """


@implements(np.rint)
@unary(_of_floats(np.rint), nothing, floating=False)
def round(input: Any, *, decimals: int = 0) -> Tensor:
    """The nearest whole number to each element; halves go to the even one.

    Parameters
    ----------
    input : Tensor or Value
        Keeps its dtype.
    decimals : int, default 0
        Digits after the decimal point to keep; negative ones round to tens, hundreds and so on.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.round(ad.tensor([0.5, 1.5, 2.4]))
    tensor([0., 2., 2.])
    >>> ad.round(ad.tensor([1.234, 5.678]), decimals=1)
    tensor([1.2000, 5.7000])
    """
    if decimals < 0:
        return mul(round(div(input, 10**-decimals)), 10**-decimals)
    return div(round(mul(input, 10**decimals)), 10**decimals) if decimals else round(input)


@implements(np.round, np.around)
def _numpy_round(a: Any, decimals: int = 0) -> Tensor:
    return round(a, decimals=decimals)


@unary(lambda x: x - np.trunc(x), lambda g: g)
def frac(input: Any) -> Tensor:
    """What follows the decimal point of each element, with its sign.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.frac(ad.tensor([1.5, -1.25]))
    tensor([ 0.5000, -0.2500])
    """


fix = trunc
