"""Normalisation by statistics per channel, with running statistics for evaluation."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from autodiff import versions
from autodiff._tensor import Tensor
from autodiff.handles import new_tensor
from autodiff.ops.shape import squeeze, unsqueeze

from .. import functional as F
from .. import init
from ..parameter import Parameter, new_parameter
from .module import Module

__all__ = ["BatchNorm1d", "BatchNorm2d", "InstanceNorm1d", "InstanceNorm2d"]


class _ChannelNorm(Module):
    """What batch and instance normalisation share: options, parameters, running statistics."""

    _ndims: ClassVar[tuple[int, ...]]  # the numbers of axes an input may have
    _shapes: ClassVar[str]

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        like = new_parameter(num_features, dtype=dtype, device=device)
        self.register_parameter("weight", like if affine else None)
        second = new_parameter(num_features, dtype=dtype) if affine and bias else None
        self.register_parameter("bias", second)
        statistics: list[Any] = [None, None, None]
        if track_running_stats:
            statistics = [
                new_tensor(np.zeros(num_features, like.dtype), None),
                new_tensor(np.ones(num_features, like.dtype), None),
                new_tensor(np.zeros((), np.int64), None),
            ]
        for name, tensor in zip(("running_mean", "running_var", "num_batches_tracked"), statistics):
            self.register_buffer(name, tensor)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the running statistics: mean 0, variance 1."""
        if self.track_running_stats:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Set the weight to 1, the bias to 0, and forget the running statistics."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check(self, input: Tensor) -> None:
        """Raise ValueError for an input of the wrong number of axes."""
        if input.ndim not in self._ndims:
            raise ValueError(
                f"{type(self).__name__}: expected an input {self._shapes}, got shape {input.shape}"
            )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        mean, var = self.running_mean, self.running_var
        if not self.training:
            of_batch = mean is None and var is None
            return F.batch_norm(input, mean, var, self.weight, self.bias, of_batch, 0.0, self.eps)
        momentum = self.momentum
        if self.track_running_stats and self.num_batches_tracked is not None:
            count = self.num_batches_tracked._array
            count += 1
            versions.touch(count)
            if momentum is None:
                momentum = 1.0 / int(count)
        return F.batch_norm(
            input, mean, var, self.weight, self.bias, True, momentum or 0.0, self.eps
        )


class BatchNorm1d(_BatchNorm):
    """Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.

    While training, by the statistics of the batch; in evaluation by running means of these.

    Parameters
    ----------
    num_features : int
        The number of channels C of an input (N, C) or (N, C, L).
    eps : float, default 1e-5
        Added to the variance.
    momentum : float or None, default 0.1
        The part that the newest batch has in the running statistics; None: all batches count the
        same.
    affine : bool, default True
        Learn a scale and (with `bias`) a shift.
    track_running_stats : bool, default True
        Keep running statistics; without them those of the batch serve in evaluation too.
    device, dtype : optional
        As for ``Linear``.
    bias : bool, default True

    Attributes
    ----------
    weight, bias : Parameter, shape (C,), or None
        Initially 1 and 0.
    running_mean, running_var : Tensor, shape (C,), or None
        Buffers, initially 0 and 1; the variance is the unbiased one.
    num_batches_tracked : Tensor, 0-d int64, or None

    References
    ----------
    S. Ioffe, C. Szegedy: Batch normalization (2015). https://arxiv.org/abs/1502.03167

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.BatchNorm1d(1, eps=0.0)(ad.tensor([[1.0], [3.0]])).tolist()
    [[-1.0], [1.0]]
    """

    _ndims = (2, 3)
    _shapes = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """``BatchNorm1d`` for images: input (N, C, H, W), statistics over N, H and W.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.BatchNorm2d(3)(ad.ones(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    _ndims = (4,)
    _shapes = "(N, C, H, W)"


class _InstanceNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check(input)
        single = input.ndim == self._ndims[0]  # a sample without a batch axis
        out = F.instance_norm(
            unsqueeze(input, 0) if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return squeeze(out, 0) if single else out


class InstanceNorm1d(_InstanceNorm):
    """Brings each channel of each sample to mean 0 and variance 1.

    Parameters
    ----------
    num_features : int
        The number of channels C of an input (N, C, L) or (C, L).
    eps, momentum, device, dtype, bias
        As for ``BatchNorm1d``.
    affine, track_running_stats : bool, default False
        As for ``BatchNorm1d``.

    References
    ----------
    D. Ulyanov, A. Vedaldi, V. Lempitsky: Instance normalization (2016).
    https://arxiv.org/abs/1607.08022

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.InstanceNorm1d(1, eps=0.0)(ad.tensor([[[1.0, 3.0]]])).tolist()
    [[[-1.0, 1.0]]]
    """

    _ndims = (2, 3)
    _shapes = "(C, L) or (N, C, L)"


class InstanceNorm2d(_InstanceNorm):
    """``InstanceNorm1d`` for images: input (N, C, H, W) or (C, H, W).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.InstanceNorm2d(3)(ad.ones(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    _ndims = (3, 4)
    _shapes = "(C, H, W) or (N, C, H, W)"
