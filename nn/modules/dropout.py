"""Dropout: random zeros while training, nothing in evaluation."""

from __future__ import annotations

from typing import Any, ClassVar

from autodiff._tensor import Tensor

from .. import functional as F
from .module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d"]


class _Dropout(Module):
    _function: ClassVar[Any]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p must be a probability in [0, 1], got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return input
        return self._function(input, self.p, True, inplace=self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets each element to zero with probability `p` and scales the others by 1 / (1 - p).

    Only while training; in evaluation the input is returned as it is.

    Parameters
    ----------
    p : float, default 0.5
    inplace : bool, default False
        Write into the input.

    References
    ----------
    G. Hinton et al.: Improving neural networks by preventing co-adaptation of feature detectors
    (2012).
    https://arxiv.org/abs/1207.0580

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Dropout(0.5).eval()(ad.ones(3))
    tensor([1., 1., 1.])
    """

    _function = staticmethod(F.dropout)


class Dropout1d(_Dropout):
    """Sets whole channels of an input (N, C, L) or (C, L) to zero; see ``Dropout``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Dropout1d(0.5)(ad.ones(2, 3, 4)).shape
    (2, 3, 4)
    """

    _function = staticmethod(F.dropout1d)


class Dropout2d(_Dropout):
    """Sets whole channels of an input (N, C, H, W) to zero; see ``Dropout``.

    References
    ----------
    J. Tompson et al.: Efficient object localization using convolutional networks (2015).
    https://arxiv.org/abs/1411.4280

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Dropout2d(0.5)(ad.ones(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    _function = staticmethod(F.dropout2d)


class AlphaDropout(_Dropout):
    """Dropout for SELU networks: keeps the mean 0 and variance 1 of its input.

    Parameters are those of ``Dropout``.

    References
    ----------
    G. Klambauer et al.: Self-normalizing neural networks (2017). https://arxiv.org/abs/1706.02515

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.AlphaDropout(0.5)(ad.ones(3)).shape
    (3,)
    """

    _function = staticmethod(F.alpha_dropout)
