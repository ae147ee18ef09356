"""The logistic function and its relatives, without overflow."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels

from ..declare import elementwise, unary
from ..interop import implements
from ..primitive import Primitive
from .masks import ZERO, select

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["expit", "logsigmoid", "sigmoid", "softplus", "tanh"]

METHODS = ("expit", "sigmoid", "tanh")
IN_PLACE = METHODS


def _sigmoid_rule(g: Any, out: Any) -> Any:
    if isinstance(g, np.ndarray):
        return kernels.sigmoid_backward(g, out)
    return g * (out * (1 - out))


@unary(
    kernels.sigmoid,
    _sigmoid_rule,
    scalar=lambda x: 1.0 / (1.0 + math.exp(-x)),
    symbol="σ",
)
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
    tensor([0.0000, 0.5000, 0.8808])
    """


_sigmoid: Primitive = sigmoid.primitive  # type: ignore[attr-defined]


@unary(
    lambda x: np.minimum(x, ZERO[x.dtype.char]) - np.log1p(np.exp(-np.abs(x))),
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
    z = x * beta if beta != 1.0 else x
    soft = np.maximum(z, ZERO[x.dtype.char]) + np.log1p(np.exp(-np.abs(z)))
    return select(z > threshold, x, soft / beta if beta != 1.0 else soft)


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


def _tanh_rule(g: Any, out: Any) -> Any:
    if isinstance(g, np.ndarray):
        return kernels.tanh_backward(g, out)
    return g * (1 - out * out)


@implements(np.tanh)
@unary(np.tanh, _tanh_rule, scalar=math.tanh)
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
    tensor([0.0000, 0.7616])
    """


expit = sigmoid
