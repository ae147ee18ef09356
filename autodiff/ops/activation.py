"""Activations made of straight pieces: what a unit of a network does to its input."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import binary, elementwise, operand, unary
from ..primitive import Primitive
from .masks import ZERO, keep, select

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "prelu", "relu", "relu6",
    "softshrink", "threshold",
]  # fmt: skip

METHODS = ("hardshrink", "prelu", "relu")
IN_PLACE = ("hardshrink", "hardtanh", "leaky_relu", "relu", "relu6", "threshold")


@unary(
    lambda x: np.maximum(x, ZERO[x.dtype.char]),
    lambda g, out: keep(g, out != 0),
    scalar=lambda x: x if x > 0.0 or x != x else 0.0,
    symbol="ReLU",
    floating=False,
)
def relu(input: Any) -> Tensor:
    """Rectified linear unit ``max(input, 0)`` of each element; its derivative at 0 is 0.

    Parameters
    ----------
    input : Tensor or Value
        Integers stay integers.

    References
    ----------
    Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.relu(ad.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """


def _leaky_relu_forward(x: Any, negative_slope: float) -> Any:
    if 0 <= negative_slope <= 1:
        return np.maximum(x, x * negative_slope)
    return select(x > 0, x, x * negative_slope)


_leaky_relu = Primitive(
    "leaky_relu",
    _leaky_relu_forward,
    (lambda g, x, negative_slope: select(x > 0, g, g * negative_slope),),
    elementwise=True,
    floating=True,
    scalar=lambda x, slope: x if x > 0.0 else x * slope,
)


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Tensor:
    """`input` where it is positive, ``negative_slope * input`` elsewhere.

    Parameters
    ----------
    input : Tensor or Value
    negative_slope : float, default 0.01
        Also the derivative at 0.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML
    2013.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.leaky_relu(ad.tensor([-1.0, 0.0, 2.0]), 0.1)
    tensor([-0.1000,  0.0000,  2.0000])
    """
    return elementwise(_leaky_relu, (input,), (float(negative_slope),))


@binary(
    lambda x, y: select(x > 0, x, x * y),
    lambda g, x, y: select(x > 0, g, g * y),
    lambda g, x: keep(g * x, np.logical_not(x > 0)),
    scalar=lambda x, y: x if x > 0.0 else x * y,
    floating=True,
)
def _prelu(input: Any, weight: Any) -> Tensor:
    """`prelu` for a weight that broadcasts."""


def prelu(input: Any, weight: Any) -> Tensor:
    """`input` where it is positive, ``weight * input`` elsewhere: `leaky_relu` with a learnt slope.

    Parameters
    ----------
    input : Tensor of shape (N, C, ...), Value
    weight : Tensor of shape (C,), (1,) or (), Value or number
        One slope per channel (axis 1), or one for all.

    Raises
    ------
    ValueError
        For a weight that has neither one element nor one per channel.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015,
    https://arxiv.org/abs/1502.01852.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.prelu(ad.tensor([[-1.0, -1.0], [2.0, -2.0]]), ad.tensor([0.1, 0.5]))
    tensor([[-0.1000, -0.5000],
            [ 2.0000, -1.0000]])
    """
    if not hasattr(input, "_array") and not hasattr(weight, "_array"):
        return _prelu(input, weight)
    x = operand(input, "prelu", number=False)
    slope = operand(weight, "prelu", number=False)
    channels = x.shape[1] if x.ndim > 1 else 1
    if slope.ndim > 1 or slope.numel() not in (1, channels):
        raise ValueError(
            f"prelu: weight must have one element or one per channel ({channels} in axis 1 of the "
            f"input of shape {x.shape}), got shape {slope.shape}"
        )
    if slope.ndim and x.ndim != 1:
        slope = slope.reshape((slope.numel(),) + (1,) * (x.ndim - 2) if x.ndim else ())
    return _prelu(x, slope)


_threshold = Primitive(
    "threshold",
    lambda x, threshold, value: select(x <= threshold, value, x),
    (lambda g, x, threshold: keep(g, np.logical_not(x <= threshold)),),
    elementwise=True,
    scalar=lambda x, threshold, value: value if x <= threshold else x,
)


def threshold(input: Any, threshold: float, value: float) -> Tensor:
    """`input` where it is above `threshold`, `value` elsewhere.

    Parameters
    ----------
    input : Tensor or Value
    threshold, value : float

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.threshold(ad.tensor([-1.0, 0.5, 2.0]), 1.0, -9.0)
    tensor([-9., -9.,  2.])
    """
    return elementwise(_threshold, (input,), (threshold, value))


_hardtanh = Primitive(
    "hardtanh",
    lambda x, min_val, max_val: x.clip(min_val, max_val),
    (lambda g, x, min_val, max_val: keep(g, (x > min_val) & (x < max_val)),),
    elementwise=True,
    scalar=lambda x, low, high: low if x < low else high if x > high else x,
)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Each element, moved to the nearer bound where it lies outside; the derivative there is 0.

    Parameters
    ----------
    input : Tensor or Value
    min_val, max_val : float, default -1 and 1

    Raises
    ------
    ValueError
        Unless ``min_val < max_val``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hardtanh(ad.tensor([-2.0, 0.5, 2.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if not min_val < max_val:
        raise ValueError(
            f"hardtanh: min_val must be less than max_val, got {min_val} and {max_val}"
        )
    return elementwise(_hardtanh, (input,), (min_val, max_val))


def relu6(input: Any) -> Tensor:
    """``min(max(input, 0), 6)`` of each element; the derivative at 0 and 6 is 0.

    Parameters
    ----------
    input : Tensor or Value

    References
    ----------
    Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.relu6(ad.tensor([-1.0, 3.0, 8.0]))
    tensor([0., 3., 6.])
    """
    return elementwise(_hardtanh, (input,), (0.0, 6.0))


@unary(
    lambda x: np.minimum(np.maximum(x + 3, 0), 6) / 6,
    lambda g, x: keep(g / 6, (x > -3) & (x < 3)),
    scalar=lambda x: x if x != x else min(max(x + 3.0, 0.0), 6.0) / 6.0,
)
def hardsigmoid(input: Any) -> Tensor:
    """``relu6(input + 3) / 6`` of each element: three straight pieces near the logistic function.

    Parameters
    ----------
    input : Tensor or Value

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hardsigmoid(ad.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """


@unary(
    lambda x: x * (np.minimum(np.maximum(x + 3, 0), 6) / 6),
    lambda g, x: select(x >= 3, g, keep(g * (x / 3 + 0.5), x > -3)),
    scalar=lambda x: x if x != x else x * (min(max(x + 3.0, 0.0), 6.0) / 6.0),
)
def hardswish(input: Any) -> Tensor:
    """``input * relu6(input + 3) / 6`` of each element.

    Parameters
    ----------
    input : Tensor or Value

    References
    ----------
    Howard et al., "Searching for MobileNetV3", ICCV 2019, https://arxiv.org/abs/1905.02244.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hardswish(ad.tensor([-4.0, 0.0, 1.5]))
    tensor([-0.0000, 0.0000, 1.1250])
    """


_hardshrink = Primitive(
    "hardshrink",
    lambda x, lambd: keep(x, np.logical_not((x >= -lambd) & (x <= lambd))),
    (lambda g, x, lambd: keep(g, (x < -lambd) | (x > lambd)),),
    elementwise=True,
    floating=True,
    scalar=lambda x, lambd: 0.0 if -lambd <= x <= lambd else x,
)


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """The elements outside [-lambd, lambd], and 0 for those inside.

    Parameters
    ----------
    input : Tensor or Value
    lambd : float, default 0.5

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hardshrink(ad.tensor([-1.0, 0.25, 2.0]))
    tensor([-1.,  0.,  2.])
    """
    return elementwise(_hardshrink, (input,), (float(lambd),))


_softshrink = Primitive(
    "softshrink",
    lambda x, lambd: x - np.minimum(np.maximum(x, -lambd), lambd),
    (lambda g, x, lambd: keep(g, (x < -lambd) | (x > lambd)),),
    elementwise=True,
    floating=True,
    scalar=lambda x, lambd: x - (-lambd if x < -lambd else lambd if x > lambd else x),
)


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Each element moved towards 0 by `lambd`, but not beyond 0.

    Parameters
    ----------
    input : Tensor or Value
    lambd : float, default 0.5

    Raises
    ------
    ValueError
        For a negative `lambd`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.softshrink(ad.tensor([-1.0, 0.25, 2.0]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    if lambd < 0:
        raise ValueError(f"softshrink: lambd must not be negative, got {lambd}")
    return elementwise(_softshrink, (input,), (float(lambd),))
