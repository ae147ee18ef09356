"""Normalisation of each channel: over the batch, or over each sample."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.kernels import batch_norm_backward, batch_norm_forward

from .. import versions
from ..declare import floating_operand
from ..primitive import Primitive
from .normalization import _group_norm, along, applied, cotangent, standardized, totals

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__: list[str] = []


def _by_channel(x: Any) -> tuple[Any, int]:
    """Return a matrix, `x` itself or one row per channel, and the axis to sum over."""
    if x.ndim == 2:
        return x, 0
    n, channels, *sizes = x.shape
    length = math.prod(sizes)
    return x.reshape((n, channels, length)).swapaxes(0, 1).reshape((channels, n * length)), 1


def _by_image(matrix: Any, shape: tuple[int, ...]) -> Any:
    """Undo `_by_channel`."""
    if len(shape) == 2:
        return matrix
    n, channels, *sizes = shape
    return matrix.reshape((channels, n, math.prod(sizes))).swapaxes(0, 1).reshape(shape)


def _forward(x: np.ndarray, w: Any, b: Any, statistics: Any, eps: float) -> Any:
    return batch_norm_forward(x, w, b, eps, statistics)


def _rule(g: Any, x: Any, y: Any, aux: Any, needs: Any, statistics: Any, eps: float) -> Any:
    fixed = statistics is not None
    if isinstance(g, np.ndarray):
        return batch_norm_backward(g, x, aux, y, eps, fixed)
    (dy, axis), (rows, _) = _by_channel(g), _by_channel(x)
    if fixed:
        mean, rstd = statistics[0], 1 / np.sqrt(statistics[1] + eps)
        mean, rstd = mean.astype(x.dtype), rstd.astype(x.dtype)
        xhat = (rows - along(mean, axis)) * along(rstd, axis)
    else:
        xhat, rstd = standardized(rows, axis, eps)
    dx = dw = db = None
    if needs[0]:
        scale = rstd if y is None else rstd * y
        dx = dy * along(scale, axis) if fixed else cotangent(dy, xhat, scale, axis)
        dx = _by_image(dx, g.shape)
    if needs[1]:
        dw = totals(dy * xhat, axis)
    if needs[2]:
        db = totals(dy, axis)
    return dx, dw, db


_batch_norm = Primitive("batch_norm", _forward, _rule, arity=3, aux=True)


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Bring each channel to mean 0 and variance 1 over the batch.

    Parameters
    ----------
    input : Tensor, shape (N, C) or (N, C, ...)
    running_mean, running_var : Tensor, shape (C,), or None
        With `training` updated in place (by the unbiased variance); without, used as the
        statistics.
    weight, bias : Tensor, shape (C,), optional
        Multiplied with, and added to, the result.
    training : bool, default False
        Take the statistics from this batch.
    momentum : float, default 0.1
        The part that this batch has in the running statistics.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError
        For shapes that do not fit, for one value per channel while training, and for missing
        running statistics otherwise.
    TypeError
        For an integer tensor, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> mean, var = ad.zeros(1), ad.ones(1)
    >>> F.batch_norm(ad.tensor([[1.0], [3.0]]), mean, var, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    >>> mean, var
    (tensor([0.2000]), tensor([1.1000]))

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", ICML 2015.
    """
    x = floating_operand(input, "batch_norm")
    shape = x._array.shape
    if len(shape) < 2:
        raise ValueError(f"batch_norm: expected an input (N, C) or (N, C, ...), got shape {shape}")
    channels = shape[1:2]
    mean = _statistic("batch_norm", running_mean, channels)
    var = _statistic("batch_norm", running_var, channels)
    if not training:
        if mean is None or var is None:
            raise ValueError(
                "batch_norm: running_mean and running_var are needed unless training=True"
            )
        return _with_statistics(x, mean, var, weight, bias, eps)
    count = x._array.size // channels[0] if channels[0] else 0
    if count == 1:
        raise ValueError(
            f"batch_norm: an input of shape {shape} has one value per channel; "
            "training needs at least two (a larger batch, or .eval())"
        )
    out, statistics = applied(_batch_norm, x, weight, bias, channels, (None, eps))
    if count:
        _blend(mean, var, statistics, count, momentum)
    return out


def _statistic(operation: str, t: Any, shape: tuple[int, ...]) -> Any:
    if t is None:
        return None
    t = floating_operand(t, operation)
    if t._array.shape != shape:
        raise ValueError(f"{operation}: running statistics have shape {t.shape}, expected {shape}")
    return t


def _blend(
    running_mean: Any, running_var: Any, statistics: np.ndarray, count: int, momentum: float
) -> None:
    """Move running statistics towards those of so many values; the variance to the unbiased one."""
    for running, new, factor in zip(
        (running_mean, running_var), statistics, (1.0, count / (count - 1))
    ):
        if running is not None:
            array = running._array
            new = new * (momentum * factor)
            array[...] = new if momentum == 1 else (1 - momentum) * array + new
            versions.touch(array)


def _with_statistics(x: Any, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Tensor:
    """Normalise with given statistics."""
    statistics = np.empty((2, *mean._array.shape))
    statistics[0], statistics[1] = mean._array, var._array
    return applied(_batch_norm, x, weight, bias, mean._array.shape, (statistics, eps))[0]


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Bring each channel of each sample to mean 0 and variance 1.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (N, C, ...)
    running_mean, running_var : Tensor, shape (C,), optional
        With `use_input_stats` updated in place by the mean over the batch; without, used as the
        statistics.
    weight, bias : Tensor, shape (C,), optional
        Multiplied with, and added to, the result.
    use_input_stats : bool, default True
        Take the statistics from the input.
    momentum : float, default 0.1
        The part that this input has in the running statistics.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    Tensor
        Of the input's shape.

    Raises
    ------
    ValueError, TypeError
        As ``batch_norm``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.instance_norm(ad.tensor([[[1.0, 3.0], [10.0, 30.0]]]), eps=0.0)
    tensor([[[-1.,  1.],
             [-1.,  1.]]])

    References
    ----------
    D. Ulyanov, A. Vedaldi and V. Lempitsky, "Instance normalization: the missing ingredient for
    fast stylization", 2016, https://arxiv.org/abs/1607.08022
    """
    x = floating_operand(input, "instance_norm")
    shape = x._array.shape
    if len(shape) < 3:
        raise ValueError(
            f"instance_norm: expected an input (N, C, L) or (N, C, ...), got shape {shape}"
        )
    n, channels = shape[:2]
    if use_input_stats and math.prod(shape[2:]) == 1:
        raise ValueError(f"instance_norm: an input of shape {shape} has one value per channel")
    mean = _statistic("instance_norm", running_mean, (channels,))
    var = _statistic("instance_norm", running_var, (channels,))
    if not use_input_stats:
        if mean is None or var is None:
            raise ValueError(
                "instance_norm: running_mean and running_var are needed unless use_input_stats=True"
            )
        return _with_statistics(x, mean, var, weight, bias, eps)
    out, statistics = applied(_group_norm, x, weight, bias, (channels,), (max(channels, 1), eps))
    if x._array.size:
        statistics = statistics.reshape(2, n, channels).mean(axis=1)
        _blend(mean, var, statistics, math.prod(shape[2:]), momentum)
    return out
