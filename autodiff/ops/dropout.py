"""Dropout: elements, or whole channels, set to zero at random while training.

Which ones fall out is decided by random numbers that are a function of a seed and a place (see
`kernels.dropout`). Each call draws its seed from the default generator, so that ``manual_seed``
fixes the masks; they are others than PyTorch's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff import kernels

from ..apply import apply
from ..declare import floating_operand
from ..primitive import Primitive
from ..random import default_generator

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["alpha_dropout", "dropout"]


def _rule(g: Any, p: float, seed: int) -> Any:
    if isinstance(g, np.ndarray):
        return kernels.dropout(g, p, seed)  # the same mask again
    return apply(_dropout, (g,), (p, seed))


_dropout = Primitive(
    "dropout", lambda x, p, seed: kernels.dropout(x, p, seed), (_rule,), linear=True
)
_masked = Primitive("masked", lambda x, y: x * y, (lambda g, y: g * y, None), multilinear=True)

# What SELU tends to for large negative inputs, -scale * alpha.
_SELU_FLOOR = -1.7580993408473766


def _checked(operation: str, input: Any, p: Any) -> Any:
    x = floating_operand(input, operation)
    if not 0 <= p <= 1:
        raise ValueError(f"{operation}: p must be a probability in [0, 1], got {p}")
    return x


def _seed() -> int:
    high, low = default_generator.random32(2).tolist()
    return int(high << 32 | low)


def dropout(input: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """Set elements to zero with probability `p`, and divide the others by 1 - p.

    Parameters
    ----------
    input : Tensor
    p : float, default 0.5
    training : bool, default True
        Without it, or with p = 0, the input itself is returned.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        For a `p` outside [0, 1].
    TypeError
        For an integer tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> generator = ad.manual_seed(0)
    >>> ad.dropout(ad.ones(4))
    tensor([0., 2., 0., 0.])

    References
    ----------
    N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR
    15, 2014.
    """
    x = _checked("dropout", input, p)
    array = x._array
    if not training or p == 0 or not array.size:
        return x
    return apply(_dropout, (x,), (float(p), _seed()))


def _feature_dropout(operation: str, axes: int, input: Any, p: float, training: bool) -> Tensor:
    x = _checked(operation, input, p)
    shape = x._array.shape
    if len(shape) not in (axes, axes + 1):
        raise ValueError(
            f"{operation}: expected an input of {axes} or {axes + 1} axes, got shape {shape}"
        )
    if not training or p == 0 or not x._array.size:
        return x
    # Without a batch axis the channels come first, but dropout2d takes (N, C, L) for a batch.
    channels = shape[:1] if axes == 2 and len(shape) == 2 else shape[:2]
    kept = channels + (1,) * (len(shape) - len(channels))
    mask = kernels.dropout(np.ones(kept, x._array.dtype), p, _seed())
    return apply(_masked, (x, mask))


def dropout1d(input: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """Set whole channels to zero with probability `p`, and divide the others by 1 - p.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    p, training
        As for ``dropout``.

    Raises
    ------
    ValueError, TypeError
        As ``dropout``, and for another number of axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> generator = ad.manual_seed(0)
    >>> F.dropout1d(ad.ones(3, 2))
    tensor([[0., 0.],
            [2., 2.],
            [0., 0.]])
    """
    return _feature_dropout("dropout1d", 2, input, p, training)


def dropout2d(input: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """Set whole channels to zero with probability `p`, and divide the others by 1 - p.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (N, C, L)
    p, training
        As for ``dropout``.

    Raises
    ------
    ValueError, TypeError
        As ``dropout``, and for another number of axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> generator = ad.manual_seed(0)
    >>> F.dropout2d(ad.ones(1, 3, 1, 2))
    tensor([[[[0., 0.]],
    <BLANKLINE>
             [[2., 2.]],
    <BLANKLINE>
             [[0., 0.]]]])

    References
    ----------
    J. Tompson et al., "Efficient object localization using convolutional networks", CVPR 2015.
    """
    return _feature_dropout("dropout2d", 3, input, p, training)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False) -> Tensor:
    """Dropout for SELU networks: keeps mean 0 and variance 1 where the input has them.

    Parameters
    ----------
    input : Tensor
    p : float, default 0.5
        The probability of falling to the floor of SELU.
    training : bool, default False
        Without it, or with p = 0, the input itself is returned.

    Raises
    ------
    ValueError, TypeError
        As ``dropout``.

    Examples
    --------
    >>> import autodiff as ad
    >>> generator = ad.manual_seed(0)
    >>> ad.alpha_dropout(ad.zeros(3), training=True)
    tensor([-0.7792,  0.7792, -0.7792])

    References
    ----------
    G. Klambauer et al., "Self-normalizing neural networks", NeurIPS 2017.
    """
    x = _checked("alpha_dropout", input, p)
    array = x._array
    if not training or p == 0 or not array.size:
        return x
    if p == 1:
        return apply(_masked, (x, np.zeros(array.shape, array.dtype)))
    mask = np.sign(kernels.dropout(np.ones(array.shape, array.dtype), p, _seed()))
    a = 1 / math.sqrt((_SELU_FLOOR**2 * p + 1) * (1 - p))
    shift = _SELU_FLOOR * a * (1 - mask) - _SELU_FLOOR * a * p
    return apply(_masked, (x, mask * a)) + shift
