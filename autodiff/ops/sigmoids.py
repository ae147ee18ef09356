"""The logistic function and its relatives, without overflow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import elementwise, unary
from ..interop import implements
from ..primitive import Primitive
from .masks import select

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["expit", "logsigmoid", "sigmoid", "softplus", "tanh"]

METHODS = ("expit", "sigmoid", "tanh")
IN_PLACE = METHODS


def logistic(x: Any) -> Any:
    """Return ``exp(x) / (1 + exp(x))``, which loses no small values and cannot overflow.

    From 40 on (11 in float16) it is 1 in every dtype.
    """
    x = np.asarray(x)
    e = np.asarray(np.minimum(x, 11.0 if x.dtype.char == "e" else 40.0))
    np.exp(e, out=e)
    return np.divide(e, e + 1.0, out=e)


def _logistic(x: float) -> float:
    e = math.exp(min(x, 40.0))
    return e / (e + 1.0)


@unary(logistic, lambda g, out: g * (out * (1 - out)), scalar=_logistic, symbol="σ")
def sigmoid(input: Any) -> Tensor:
    """Logistic function ``1 / (1 + exp(-input))`` of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.sigmoid(ad.tensor([-1000.0, 0.0, 2.0]))
    tensor([0.    , 0.5   , 0.8808])
    """


_sigmoid: Primitive = sigmoid.primitive  # type: ignore[attr-defined]


def log_of_logistic(x: Any) -> Any:
    """Return the logarithm of ``logistic(x)``."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@unary(
    log_of_logistic,
    lambda g, x: g * _sigmoid(-x),
    scalar=lambda x: min(x, 0.0) - math.log1p(math.exp(-math.fabs(x))),
)
def logsigmoid(input: Any) -> Tensor:
    """Logarithm of the logistic function of each element: finite where that underflows to 0.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.logsigmoid(ad.tensor([-1000.0, 0.0]))
    tensor([-1.0000e+03, -6.9315e-01])
    """


def _softplus_forward(x: Any, beta: float, threshold: float) -> Any:
    z = x * beta
    return np.where(z > threshold, x, -log_of_logistic(-z) / beta)


def _softplus_rule(g: Any, x: Any, beta: float, threshold: float) -> Any:
    z = x * beta
    return select(z > threshold, g, g * _sigmoid(z))


_softplus = Primitive(
    "softplus", _softplus_forward, (_softplus_rule,), elementwise=True, floating=True
)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Smooth form of ``relu``: ``log(1 + exp(beta * input)) / beta``.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.
    beta : float, default 1
        The larger, the closer to ``relu``.
    threshold : float, default 20
        Where ``beta * input`` is above this, the result is `input` itself.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.softplus(ad.tensor([-1.0, 0.0, 1000.0]))
    tensor([3.1326e-01, 6.9315e-01, 1.0000e+03])
    """
    return elementwise(_softplus, (input,), (float(beta), float(threshold)))


@implements(np.tanh)
@unary(np.tanh, lambda g, out: g * (1 - out * out), scalar=math.tanh)
def tanh(input: Any) -> Tensor:
    """Hyperbolic tangent of each element.

    Parameters
    ----------
    input : Tensor or Value
        Integers are converted to the default floating dtype.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tanh(ad.tensor([0.0, 1.0]))
    tensor([0.    , 0.7616])
    """


expit = sigmoid
