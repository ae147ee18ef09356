"""Activations made of exponentials: smooth relatives of ``relu``."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels

from ..declare import elementwise, unary
from ..primitive import Primitive
from .masks import ZERO, keep, select
from .sigmoids import sigmoid
from .special import erfc

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["celu", "elu", "gelu", "mish", "selu", "silu", "softsign", "tanhshrink"]

METHODS = ()
IN_PLACE = ("celu", "elu", "selu")

_erfc: Primitive = erfc.primitive  # type: ignore[attr-defined]
_sigmoid: Primitive = sigmoid.primitive  # type: ignore[attr-defined]

# The constants for which mean 0 and variance 1 are a fixed point of a layer.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946

# From here on, silu and gelu are their limits: an infinity times their slope's distance from its own,
# which is 0, would be NaN.
_FAR = 1000.0


def _elu_forward(x: Any, alpha: float, scale: float, rate: float) -> Any:
    # One of the two parts is always 0.
    zero = ZERO[x.dtype.char]
    high, low = np.maximum(x, zero), np.minimum(x, zero)
    if scale != 1.0:
        high = high * scale
    if rate != 1.0:
        low = low * rate
    low = np.expm1(low)
    return high + (low if alpha * scale == 1.0 else low * (alpha * scale))


def _elu_rule(g: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
    slope = np.exp(keep(x, x <= 0) * rate)  # 1 above 0, where only the scale is left
    if alpha * rate != 1.0:
        slope = select(x <= 0, slope * (alpha * rate), slope)
    return g * slope if scale == 1.0 else g * (slope * scale)


def _elu_float(x: float, alpha: float, scale: float, rate: float) -> float:
    return x * scale if x > 0.0 else math.expm1(x * rate) * (alpha * scale)


# scale * x above 0, scale * alpha * (exp(rate * x) - 1) below.
_elu = Primitive(
    "elu", _elu_forward, (_elu_rule,), elementwise=True, floating=True, scalar=_elu_float
)


def elu(input: Any, alpha: float = 1.0) -> Tensor:
    """Exponential linear unit: `input` where positive, ``alpha * (exp(input) - 1)`` elsewhere.

    Parameters
    ----------
    input : Tensor or Value
    alpha : float, default 1

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential
    linear units", ICLR 2016, https://arxiv.org/abs/1511.07289.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.elu(ad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.6321,  0.0000,  2.0000])
    """
    return elementwise(_elu, (input,), (float(alpha), 1.0, 1.0))


def selu(input: Any) -> Tensor:
    """Scaled exponential linear unit: an `elu` that keeps activations at mean 0 and variance 1.

    Parameters
    ----------
    input : Tensor or Value

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS 2017,
    https://arxiv.org/abs/1706.02515.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.selu(ad.tensor([-1.0, 0.0, 2.0]))
    tensor([-1.1113,  0.0000,  2.1014])
    """
    return elementwise(_elu, (input,), (_SELU_ALPHA, _SELU_SCALE, 1.0))


def celu(input: Any, alpha: float = 1.0) -> Tensor:
    """`input` where it is positive, ``alpha * (exp(input / alpha) - 1)`` elsewhere: smooth at 0.

    Parameters
    ----------
    input : Tensor or Value
    alpha : float, default 1

    Raises
    ------
    ZeroDivisionError
        For alpha = 0.

    References
    ----------
    Barron, "Continuously differentiable exponential linear units", 2017,
    https://arxiv.org/abs/1704.07483.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.celu(ad.tensor([-1.0, 0.0, 2.0]), alpha=2.0)
    tensor([-0.7869,  0.0000,  2.0000])
    """
    if alpha == 0:
        raise ZeroDivisionError("celu: alpha must not be 0")
    return elementwise(_elu, (input,), (float(alpha), 1.0, 1.0 / alpha))


def _silu_rule(g: Any, x: Any) -> Any:
    if isinstance(g, np.ndarray):
        return kernels.silu_backward(g, x)
    s = _sigmoid(x)
    return g * (s + keep(x * (s - s * s), np.abs(x) < _FAR))


@unary(
    kernels.silu,
    _silu_rule,
    scalar=lambda x: x / (1.0 + math.exp(-x)) if x != -math.inf else -0.0,
)
def silu(input: Any) -> Tensor:
    """``input * sigmoid(input)`` of each element, also called swish.

    Parameters
    ----------
    input : Tensor or Value

    References
    ----------
    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", 2017, https://arxiv.org/abs/1702.03118.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.silu(ad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2689,  0.0000,  1.7616])
    """


def _tanh_of_softplus(s: Any) -> Any:
    # Of s = sigmoid(x): exp(-softplus(x)) is 1 - s, and tanh(p) is (1 - q) / (1 + q) with q =
    # exp(-2p).
    return s * (2 - s) / (1 + (1 - s) * (1 - s))


def _mish_rule(g: Any, x: Any) -> Any:
    s = _sigmoid(x)
    t = _tanh_of_softplus(s)
    return g * (t + x * s * (1 - t * t))


@unary(lambda x: x * _tanh_of_softplus(kernels.sigmoid(np.asarray(x))), _mish_rule)
def mish(input: Any) -> Tensor:
    """``input * tanh(softplus(input))`` of each element.

    Parameters
    ----------
    input : Tensor or Value

    References
    ----------
    Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020,
    https://arxiv.org/abs/1908.08681.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.mish(ad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.3034,  0.0000,  1.9440])
    """


_TANH_SCALE = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


def _gelu_float(x: float, approximate: str) -> float:
    if x == -math.inf:
        return -0.0
    if approximate == "tanh":
        return x * 0.5 * (1.0 + math.tanh(_TANH_SCALE * (x + _CUBIC * (x * x * x))))
    return x * (0.5 * math.erfc(x * -math.sqrt(0.5)))


def _gelu_rule(g: Any, x: Any, approximate: str) -> Any:
    if isinstance(g, np.ndarray):
        return kernels.gelu_backward(g, x, approximate)
    square = x * x
    if approximate == "tanh":
        t = np.tanh(_TANH_SCALE * (x + _CUBIC * (square * x)))
        slope = (1 - t * t) * (_TANH_SCALE * (1 + 3 * _CUBIC * square))
        return g * (0.5 * (1 + t + keep(x * slope, np.abs(x) < _FAR)))
    density = np.exp(square * -0.5) * (1 / math.sqrt(2 * math.pi))
    return g * (0.5 * _erfc(x * -math.sqrt(0.5)) + keep(x * density, np.abs(x) < _FAR))


_gelu = Primitive(
    "gelu",
    lambda x, approximate: kernels.gelu(np.asarray(x), approximate),
    (_gelu_rule,),
    elementwise=True,
    floating=True,
    scalar=_gelu_float,
)


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """Gaussian error linear unit: `input` times the normal distribution function of it.

    Parameters
    ----------
    input : Tensor or Value
    approximate : {"none", "tanh"}, default "none"
        "tanh" replaces the distribution function by a formula with ``tanh``.

    Raises
    ------
    ValueError
        For another word.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian error linear units", 2016, https://arxiv.org/abs/1606.08415.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.gelu(ad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.1587,  0.0000,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', got {approximate!r}")
    return elementwise(_gelu, (input,), (approximate,))


def _softsign_rule(g: Any, x: Any) -> Any:
    size = np.abs(x) + 1
    return g / (size * size)


@unary(lambda x: x / (np.abs(x) + 1), _softsign_rule, scalar=lambda x: x / (math.fabs(x) + 1.0))
def softsign(input: Any) -> Tensor:
    """``input / (1 + |input|)`` of each element.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.softsign(ad.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5000,  0.0000,  0.7500])
    """


def _tanhshrink_rule(g: Any, x: Any) -> Any:
    t = np.tanh(x)
    return g * (t * t)


@unary(lambda x: x - np.tanh(x), _tanhshrink_rule, scalar=lambda x: x - math.tanh(x))
def tanhshrink(input: Any) -> Tensor:
    """``input - tanh(input)`` of each element.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tanhshrink(ad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2384,  0.0000,  1.0360])
    """
