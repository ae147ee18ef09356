"""Normalisation of the rows of a matrix: layer normalisation, and RMS normalisation.

Everything is computed in float64 and rounded once. The statistics that the forward pass hands to
the backward one are float64 as well, (2, rows): mean and (biased) variance. Without `centre`, for
RMS normalisation, they are zeros and the mean square.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..registry import kernel, ones

_FLOAT64 = np.dtype(np.float64)  # comparing a dtype with a type costs four times as much


@functools.lru_cache(maxsize=16)
def constant(length: int, dtype: np.dtype[Any], value: float) -> np.ndarray:
    """Return a weight or bias that does nothing; nobody writes into it."""
    return np.full(length, value, dtype)


def check_rows(
    name: str,
    x: np.ndarray,
    weight: np.ndarray | None,
    bias: np.ndarray | None = None,
    g: np.ndarray | None = None,
    statistics: np.ndarray | None = None,
) -> None:
    """Check that shapes and dtypes fit each other.

    Raises
    ------
    ValueError, TypeError
        Naming the kernel, the shapes or the dtypes.
    """
    shape = x.shape
    if len(shape) != 2:
        raise ValueError(f"{name}: x must be a matrix, got shape {shape}")
    check_fit(name, x, shape[1], shape[0], weight, bias, g, statistics)


def check_fit(
    name: str,
    x: np.ndarray,
    weights: int,
    normalized: int,
    weight: np.ndarray | None,
    bias: np.ndarray | None,
    g: np.ndarray | None,
    statistics: np.ndarray | None,
) -> None:
    """Check what is given beside `x`: so many weights, and statistics of so many parts of `x`."""
    shape, dtype, sizes = x.shape, x.dtype, (weights,)
    # NumPy's own dtypes are single objects; comparing two costs more than all the rest.
    if (
        (weight is None or (weight.shape == sizes and weight.dtype is dtype))
        and (bias is None or (bias.shape == sizes and bias.dtype is dtype))
        and (g is None or (g.shape == shape and g.dtype is dtype))
        and (
            statistics is None
            or (statistics.shape == (2, normalized) and statistics.dtype is _FLOAT64)
        )
    ):
        return
    for argument, array, needed in (
        ("weight", weight, sizes),
        ("bias", bias, sizes),
        ("g", g, shape),
    ):
        if array is not None and array.shape != needed:
            raise ValueError(
                f"{name}: {argument} has shape {array.shape}, x of shape {shape} needs {needed}"
            )
        if array is not None and array.dtype != dtype:
            raise TypeError(f"{name}: {argument} has dtype {array.dtype}, x has {dtype}")
    if statistics is None or (statistics.shape, statistics.dtype) == ((2, normalized), _FLOAT64):
        return
    raise ValueError(
        f"{name}: statistics must be float64 of shape {(2, normalized)}, got {statistics.dtype} of "
        f"shape {statistics.shape}"
    )


def _standardized(
    x: np.ndarray, statistics: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the standardised rows and 1 / standard deviation, a column."""
    mean, variance = statistics[:, :, None]
    rstd = 1 / np.sqrt(variance + eps)
    return (x - mean) * rstd, rstd


# Elements from which on the compiled version pays: measured, it takes a tenth of the time there.
WORTH_COMPILING = 256


@kernel(compiled="norm.rows_jit", prefer=WORTH_COMPILING, examples=ones((2, 3)))
def layer_norm_forward(
    x: np.ndarray,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
    centre: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Bring each row to mean 0 and variance 1, then scale and shift its elements.

    Parameters
    ----------
    x : ndarray (rows, n)
    weight, bias : ndarray (n,), optional
        Of the dtype of `x`.
    eps : float, default 1e-5
        Added to the variance.
    centre : bool, default True
        Subtract the mean; False gives RMS normalisation.

    Returns
    -------
    out : ndarray (rows, n)
    statistics : ndarray of float64 (2, rows)
        Mean and variance.

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> out, (mean, variance) = kernels.layer_norm_forward(np.array([[1.0, 3.0]]), eps=0.0)
    >>> out, mean, variance
    (array([[-1.,  1.]]), array([2.]), array([1.]))

    References
    ----------
    J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", 2016.
    B. Zhang and R. Sennrich, "Root mean square layer normalization", NeurIPS 2019.
    """
    check_rows("layer_norm_forward", x, weight, bias)
    wide = x.astype(np.float64)
    statistics = np.zeros((2, len(x)))
    count = max(x.shape[1], 1)
    if centre:
        statistics[0] = wide.sum(axis=1) / count
    statistics[1] = np.square(wide - statistics[0][:, None]).sum(axis=1) / count
    out, _ = _standardized(wide, statistics, eps)
    if weight is not None:
        out *= weight
    if bias is not None:
        out += bias
    return out.astype(x.dtype), statistics


@kernel(
    compiled="norm.rows_jit",
    prefer=WORTH_COMPILING,
    examples=lambda dtype: [(np.ones((2, 3), dtype), np.ones((2, 3), dtype), np.ones((2, 2)))],
)
def layer_norm_backward(
    g: np.ndarray,
    x: np.ndarray,
    statistics: np.ndarray,
    weight: np.ndarray | None = None,
    eps: float = 1e-5,
    centre: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of `layer_norm_forward`.

    Parameters
    ----------
    g : ndarray (rows, n)
        The gradient of the output.
    x, weight, eps, centre
        As they were given to `layer_norm_forward`.
    statistics : ndarray of float64 (2, rows)
        As it returned them.

    Returns
    -------
    dx : ndarray (rows, n)
    dweight, dbias : ndarray (n,)

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> x = np.array([[1.0, 3.0], [0.0, 2.0]])
    >>> _, statistics = kernels.layer_norm_forward(x, eps=0.0)
    >>> g = np.array([[1.0, 0.0], [0.0, 0.0]])
    >>> _, dweight, dbias = kernels.layer_norm_backward(g, x, statistics, eps=0.0)
    >>> dweight, dbias
    (array([-1.,  0.]), array([1., 0.]))
    """
    check_rows("layer_norm_backward", x, weight, None, g, statistics)
    xhat, rstd = _standardized(x.astype(np.float64), statistics, eps)
    wide = g.astype(np.float64)
    dweight, dbias = (wide * xhat).sum(axis=0), wide.sum(axis=0)
    if weight is not None:
        wide *= weight
    count = max(x.shape[1], 1)
    along = (wide * xhat).sum(axis=1, keepdims=True) / count
    dx = wide - xhat * along
    if centre:
        dx -= wide.sum(axis=1, keepdims=True) / count
    dx *= rstd
    return dx.astype(g.dtype), dweight.astype(g.dtype), dbias.astype(g.dtype)
