"""Normalisation of channels: over the batch, or in groups within each sample.

Arrays are (N, C, ...): whatever axes follow the channels belong to them. Everything is computed in
float64 and rounded once. The statistics that the forward pass hands to the backward one are
float64 as well: mean and (biased) variance.
"""

from __future__ import annotations

import math

import numpy as np

from ..registry import kernel, ones
from .rows import WORTH_COMPILING, check_fit


def check_channels(
    name: str,
    x: np.ndarray,
    groups: int | None,
    weight: np.ndarray | None,
    bias: np.ndarray | None = None,
    g: np.ndarray | None = None,
    statistics: np.ndarray | None = None,
) -> None:
    """Check that shapes and dtypes fit each other; `groups` is None for a batch.

    Raises
    ------
    ValueError, TypeError
        Naming the kernel, the shapes or the dtypes.
    """
    shape = x.shape
    if len(shape) < 2:
        raise ValueError(f"{name}: x must be (N, C, ...), got shape {shape}")
    normalized = channels = shape[1]
    if groups is not None:
        if groups < 1 or channels % groups:
            raise ValueError(f"{name}: cannot cut the channels of {shape} into {groups} groups")
        normalized = shape[0] * groups
    check_fit(name, x, channels, normalized, weight, bias, g, statistics)


def _per_channel(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return one number per channel so that it broadcasts against `x`."""
    return values.reshape(-1, *(1,) * (x.ndim - 2))


def _scaled(xhat: np.ndarray, weight: np.ndarray | None, bias: np.ndarray | None) -> np.ndarray:
    out = xhat if weight is None else xhat * _per_channel(weight, xhat)
    return out if bias is None else out + _per_channel(bias, xhat)


# Shapes of the examples: channels whose elements lie far apart, and side by side.
SHORT_AND_LONG = ((4, 2), (2, 2, 70))


@kernel(
    compiled="norm.channels_jit",
    prefer=WORTH_COMPILING,
    examples=lambda dtype: [(np.ones(shape, dtype),) for shape in SHORT_AND_LONG],
)
def batch_norm_forward(
    x: np.ndarray,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
    statistics: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it.

    Parameters
    ----------
    x : ndarray (N, C, ...)
    weight, bias : ndarray (C,), optional
        Of the dtype of `x`.
    eps : float, default 1e-5
        Added to the variance.
    statistics : ndarray of float64 (2, C), optional
        Mean and variance to use in place of those of this batch.

    Returns
    -------
    out : ndarray (N, C, ...)
    statistics : ndarray of float64 (2, C)
        Mean and variance, `statistics` itself where given.

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> out, (mean, variance) = kernels.batch_norm_forward(np.array([[1.0], [3.0]]), eps=0.0)
    >>> out, mean, variance
    (array([[-1.],
           [ 1.]]), array([2.]), array([1.]))

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing
    internal covariate shift", ICML 2015.
    """
    check_channels("batch_norm_forward", x, None, weight, bias, None, statistics)
    wide = x.astype(np.float64)
    if statistics is None:
        axes, count = (0, *range(2, x.ndim)), max(x.size // max(x.shape[1], 1), 1)
        mean = wide.sum(axis=axes) / count
        variance = np.square(wide - _per_channel(mean, x)).sum(axis=axes) / count
        statistics = np.array([mean, variance])
    mean, variance = (_per_channel(values, x) for values in statistics)
    xhat = (wide - mean) / np.sqrt(variance + eps)
    return _scaled(xhat, weight, bias).astype(x.dtype), statistics


@kernel(
    compiled="norm.channels_jit",
    prefer=WORTH_COMPILING,
    examples=lambda dtype: [
        (np.ones(shape, dtype), np.ones(shape, dtype), np.ones((2, 2))) for shape in SHORT_AND_LONG
    ],
)
def batch_norm_backward(
    g: np.ndarray,
    x: np.ndarray,
    statistics: np.ndarray,
    weight: np.ndarray | None = None,
    eps: float = 1e-5,
    fixed: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of `batch_norm_forward`.

    Parameters
    ----------
    g : ndarray (N, C, ...)
        The gradient of the output.
    x, weight, eps
        As they were given to `batch_norm_forward`.
    statistics : ndarray of float64 (2, C)
        As it returned them.
    fixed : bool, default False
        The statistics did not come from `x`, so that they do not depend on it.

    Returns
    -------
    dx : ndarray (N, C, ...)
    dweight, dbias : ndarray (C,)

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> x = np.array([[1.0], [3.0]])
    >>> _, statistics = kernels.batch_norm_forward(x, eps=0.0)
    >>> _, dweight, dbias = kernels.batch_norm_backward(x, x, statistics, eps=0.0)
    >>> dweight, dbias
    (array([2.]), array([4.]))
    """
    check_channels("batch_norm_backward", x, None, weight, None, g, statistics)
    mean, variance = (_per_channel(values, x) for values in statistics)
    rstd = 1 / np.sqrt(variance + eps)
    xhat, wide = (x.astype(np.float64) - mean) * rstd, g.astype(np.float64)
    axes, count = (0, *range(2, x.ndim)), max(x.size // max(x.shape[1], 1), 1)
    dweight, dbias = (wide * xhat).sum(axis=axes), wide.sum(axis=axes)
    dx = wide
    if not fixed:
        dx = dx - (_per_channel(dbias, x) + xhat * _per_channel(dweight, x)) / count
    dx = _scaled(dx * rstd, weight, None)
    return dx.astype(g.dtype), dweight.astype(g.dtype), dbias.astype(g.dtype)


def _groups(x: np.ndarray, groups: int) -> np.ndarray:
    """Return a matrix, one row per group of channels of a sample."""
    length = x.shape[1] // groups * math.prod(x.shape[2:])
    return x.reshape(x.shape[0] * groups, length)


@kernel(
    compiled="norm.channels_jit", prefer=WORTH_COMPILING, examples=ones((2, 2, 3), options=(2,))
)
def group_norm_forward(
    x: np.ndarray,
    groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray]:
    """Bring each group of channels of each sample to mean 0 and variance 1, then scale and shift
    the channels.

    Parameters
    ----------
    x : ndarray (N, C, ...)
    groups : int
        Divides C.
    weight, bias : ndarray (C,), optional
        Of the dtype of `x`.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    out : ndarray (N, C, ...)
    statistics : ndarray of float64 (2, N * groups)
        Mean and variance.

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.group_norm_forward(np.array([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0.0)[0]
    array([[-1.,  1., -1.,  1.]])

    References
    ----------
    Y. Wu and K. He, "Group normalization", ECCV 2018.
    """
    check_channels("group_norm_forward", x, groups, weight, bias)
    rows = _groups(x, groups).astype(np.float64)
    count = max(rows.shape[1], 1)
    mean = rows.sum(axis=1) / count
    centred = rows - mean[:, None]
    variance = np.square(centred).sum(axis=1) / count
    xhat = (centred / np.sqrt(variance + eps)[:, None]).reshape(x.shape)
    return _scaled(xhat, weight, bias).astype(x.dtype), np.array([mean, variance])


@kernel(
    compiled="norm.channels_jit",
    prefer=WORTH_COMPILING,
    examples=lambda dtype: [
        (np.ones((2, 2, 3), dtype), np.ones((2, 2, 3), dtype), 2, np.ones((2, 4)))
    ],
)
def group_norm_backward(
    g: np.ndarray,
    x: np.ndarray,
    groups: int,
    statistics: np.ndarray,
    weight: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of `group_norm_forward`.

    Parameters
    ----------
    g : ndarray (N, C, ...)
        The gradient of the output.
    x, groups, weight, eps
        As they were given to `group_norm_forward`.
    statistics : ndarray of float64 (2, N * groups)
        As it returned them.

    Returns
    -------
    dx : ndarray (N, C, ...)
    dweight, dbias : ndarray (C,)

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> x = np.array([[1.0, 3.0, 10.0, 30.0]])
    >>> _, statistics = kernels.group_norm_forward(x, 2, eps=0.0)
    >>> _, dweight, dbias = kernels.group_norm_backward(x, x, 2, statistics, eps=0.0)
    >>> dweight, dbias
    (array([ -1.,   3., -10.,  30.]), array([ 1.,  3., 10., 30.]))
    """
    check_channels("group_norm_backward", x, groups, weight, None, g, statistics)
    mean, variance = statistics[:, :, None]
    rstd = 1 / np.sqrt(variance + eps)
    xhat = (_groups(x, groups).astype(np.float64) - mean) * rstd
    wide, axes = g.astype(np.float64), (0, *range(2, x.ndim))
    dweight, dbias = (wide * xhat.reshape(x.shape)).sum(axis=axes), wide.sum(axis=axes)
    rows = _groups(_scaled(wide, weight, None), groups)
    count = max(rows.shape[1], 1)
    along = (rows * xhat).sum(axis=1, keepdims=True)
    dx = (rows - (rows.sum(axis=1, keepdims=True) + xhat * along) / count) * rstd
    return dx.reshape(x.shape).astype(g.dtype), dweight.astype(g.dtype), dbias.astype(g.dtype)
