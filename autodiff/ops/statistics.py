"""Spread of the elements: variance and standard deviation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axes_of, numpy_names
from ..declare import floating_operand
from ..interop import implements
from ..primitive import Primitive
from .reducing import Axes, count_of, kept, plain, total
from .reductions import mean

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["var", "std", "var_mean", "std_mean"]

METHODS = ("var", "std")


def _variance(x: np.ndarray, axes: Axes, keepdim: bool, correction: float) -> Any:
    if x.dtype.char == "e":  # the squares may overflow where the result does not
        return _variance(x.astype(np.float32), axes, keepdim, correction).astype(x.dtype)
    count = count_of(x.shape, axes)
    if count == 0:
        return total(x, axes, keepdim) + np.nan
    deviation = np.asarray(x - total(x, axes, True) / count)
    np.multiply(deviation, deviation, out=deviation)
    out = total(deviation, axes, keepdim)
    if count > correction:
        out /= count - correction
        return out
    return np.where(out == 0, np.nan, np.inf).astype(x.dtype)


def _root(x: np.ndarray, axes: Axes, keepdim: bool, correction: float) -> Any:
    if x.dtype.char == "e":
        return _root(x.astype(np.float32), axes, keepdim, correction).astype(x.dtype)
    return np.sqrt(_variance(x, axes, keepdim, correction))


def _deviation(x: Any, axes: Axes) -> Any:
    """Return the elements less their mean."""
    if isinstance(x, np.ndarray):
        return x - total(x, axes, True) / (count_of(x.shape, axes) or 1)
    return x - mean(x, axes, True)


def _freedom(shape: tuple[int, ...], axes: Axes, correction: float) -> float:
    """The divisor of the sum of squares, 0 where there are no degrees of freedom."""
    left = count_of(shape, axes) - correction
    return left if left > 0 else 0.0


def _variance_rule(g: Any, x: Any, axes: Axes, keepdim: bool, correction: float) -> Any:
    freedom = _freedom(x.shape, axes, correction)
    scale = 2 / freedom if freedom else np.inf
    return kept(g, x.shape, axes, keepdim) * scale * _deviation(x, axes)


def _deviation_rule(g: Any, x: Any, out: Any, axes: Axes, keepdim: bool, correction: float) -> Any:
    g, out = kept(g, x.shape, axes, keepdim), kept(out, x.shape, axes, keepdim)
    freedom = _freedom(x.shape, axes, correction)
    constant = plain(out) == 0
    if constant.any():  # the root has no derivative at 0: the subgradient of least norm is taken
        g = np.where(constant, 0.0, g / np.where(constant, 1.0, out))
    else:
        g = g / out
    return g * (1 / freedom if freedom else np.inf) * _deviation(x, axes)


_var = Primitive("var", _variance, (_variance_rule,))
_std = Primitive("std", _root, (_deviation_rule,))


def _apply(
    prim: Primitive, input: Any, dim: Any, unbiased: Any, keepdim: bool, correction: Any
) -> Tensor:
    name = prim.name
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError(f"{name}: give unbiased or correction, not both")
        correction = int(unbiased)
    x = floating_operand(input, name)
    axes = axes_of(dim, x._array.ndim, name)
    return apply(prim, (x,), (axes, keepdim, 1 if correction is None else correction))


@numpy_names
def var(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """Variance: the sum of squared deviations from the mean, divided by n - `correction`.

    ``numpy.var`` of a Tensor has its own default, ``ddof=0``.

    Parameters
    ----------
    input : Tensor
        Floating.
    dim : int or tuple of int, optional
        The axes to reduce; all by default. A bool here is taken as `unbiased`.
    unbiased : bool, optional
        True is ``correction=1``, False ``correction=0``.
    keepdim : bool, default False
        Keep these axes with length 1.
    correction : float, default 1
        What is taken from the number of elements (Bessel's correction).

    Returns
    -------
    Tensor
        NaN (inf for elements that differ) where n is not larger than the correction.

    Raises
    ------
    TypeError
        For integers.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([1.0, 2.0, 3.0])
    >>> ad.var(x), ad.var(x, correction=0)
    (tensor(1.), tensor(0.6667))
    """
    return _apply(_var, input, dim, unbiased, keepdim, correction)


@numpy_names
def std(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> Tensor:  # fmt: skip
    """Standard deviation, the root of ``var``; arguments as there. Its gradient is 0 where it is 0.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.std(ad.tensor([[1.0, 3.0], [2.0, 2.0]]), dim=1, correction=0)
    tensor([1., 0.])
    """
    return _apply(_std, input, dim, unbiased, keepdim, correction)


@numpy_names
def var_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Variance and mean. Arguments as for ``var``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.var_mean(ad.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _apply(_var, input, dim, unbiased, keepdim, correction), _mean(input, dim, keepdim)


@numpy_names
def std_mean(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Standard deviation and mean. Arguments as for ``var``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.std_mean(ad.tensor([1.0, 2.0, 3.0]))
    (tensor(1.), tensor(2.))
    """
    return _apply(_std, input, dim, unbiased, keepdim, correction), _mean(input, dim, keepdim)


def _mean(input: Any, dim: Any, keepdim: bool) -> Tensor:
    return mean(input, None if isinstance(dim, bool) else dim, keepdim)


def _numpy_form(prim: Primitive) -> Any:
    def function(
        a: Any, axis: Any = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False
    ) -> Tensor:
        """NumPy's form, which divides by n unless told otherwise."""
        return _apply(prim, floating_operand(a, prim.name, dtype), axis, None, keepdims, ddof)

    return function


implements(np.var)(_numpy_form(_var))
implements(np.std)(_numpy_form(_std))
