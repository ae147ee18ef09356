"""Adaptive pooling: the largest or mean element of each of a given number of bins.

Bin i of n over an axis of H elements goes from floor(i H / n) to ceil((i + 1) H / n); neighbours
may overlap. See `pooling` for how gradients go back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.kernels.pool import (
    adaptive_avg_pool_backward,
    adaptive_avg_pool_forward,
    adaptive_max_pool_forward,
)

from ..apply import apply
from ..arguments import per_axis
from ..declare import floating_operand
from ..primitive import Primitive
from .pooling import batched, image_shape, images, like, pooled, put_at_places

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["adaptive_avg_pool1d"]


def _largest_of_bins(x: np.ndarray, bins: Any) -> Any:
    out, places = adaptive_max_pool_forward(images(x), bins)
    return like(out, x), like(places, x)


_adaptive_max_pool: Primitive = Primitive(
    "adaptive_max_pool",
    _largest_of_bins,
    (lambda g, aux, x_shape: put_at_places(g, aux, x_shape),),
    aux=True,
)


def _mean_of_bins(x: np.ndarray, bins: Any) -> np.ndarray:
    return like(adaptive_avg_pool_forward(images(x), bins), x)


def _spread_over_bins(g: np.ndarray, shape: tuple[int, ...], bins: Any) -> np.ndarray:
    return like(adaptive_avg_pool_backward(images(g), image_shape(shape)), g)


_adaptive_avg_pool: Primitive = Primitive(
    "adaptive_avg_pool",
    _mean_of_bins,
    (lambda g, x_shape, bins: _adaptive_avg_spread(g, x_shape, bins),),
    linear=True,
)
_adaptive_avg_spread: Primitive = Primitive(
    "adaptive_avg_pool_spread",
    _spread_over_bins,
    (lambda g, bins: _adaptive_avg_pool(g, bins),),
    linear=True,
)


def _bins(operation: str, axes: int, input: Any, output_size: Any) -> tuple[int, int]:
    """Return the number of bins over rows and columns; None keeps the length of an axis."""
    sizes = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * axes
    if len(sizes) != axes:
        raise ValueError(
            f"{operation}: output_size must be one integer or {axes}, got {output_size!r}"
        )
    shape = floating_operand(input, operation)._array.shape[-axes:]
    if len(shape) == axes:
        sizes = tuple([n if size is None else size for size, n in zip(sizes, shape)])
    bins = per_axis(sizes, axes, "output_size", operation)
    if min(bins) < 0:
        raise ValueError(f"{operation}: output_size must not be negative, got {output_size!r}")
    return bins if axes == 2 else (1, *bins)  # type: ignore[return-value]


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """The mean element of each of `output_size` bins of one axis; see ``adaptive_avg_pool2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    output_size : int

    Returns
    -------
    Tensor, shape (N, C, output_size) or (C, output_size)

    Raises
    ------
    ValueError, TypeError
        As ``adaptive_avg_pool2d``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.adaptive_avg_pool1d(ad.tensor([[1.0, 5.0, 2.0]]), 2)
    tensor([[3.0000, 3.5000]])
    """
    return _adaptive_mean("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """The mean element of each bin of an image that is cut into `output_size` bins.

    Bin i of n over H rows goes from floor(i H / n) to ceil((i + 1) H / n); neighbours may overlap.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    output_size : int or pair of (int or None)
        Rows and columns of the result; None keeps the input's.

    Returns
    -------
    Tensor, shape (N, C, rows, columns) or (C, rows, columns)

    Raises
    ------
    ValueError
        For a negative size, or an input without elements.
    TypeError
        For an integer tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.adaptive_avg_pool2d(ad.tensor([[[1.0, 2.0], [4.0, 3.0]]]), (1, None))
    tensor([[[2.5000, 2.5000]]])
    """
    return _adaptive_mean("adaptive_avg_pool2d", 2, input, output_size)


def _adaptive_mean(operation: str, axes: int, input: Any, output_size: Any) -> Tensor:
    bins = _bins(operation, axes, input, output_size)
    x, single = batched(operation, axes, input)
    out = apply(_adaptive_avg_pool, (x,), (bins,))
    return out[0] if single else out


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each of `output_size` bins of one axis; see ``adaptive_avg_pool2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    output_size : int
    return_indices : bool, default False
        Return where the elements are as well.

    Returns
    -------
    Tensor, shape (N, C, output_size); with `return_indices` the pair (Tensor, indices).

    Raises
    ------
    ValueError, TypeError
        As ``adaptive_avg_pool2d``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.adaptive_max_pool1d(ad.tensor([[1.0, 5.0, 2.0]]), 2)
    tensor([[5., 5.]])
    """
    bins = _bins("adaptive_max_pool1d", 1, input, output_size)
    return pooled(_adaptive_max_pool, "adaptive_max_pool1d", 1, input, (bins,), return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest element of each bin of an image; see ``adaptive_avg_pool2d`` for the bins.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    output_size : int or pair of (int or None)
    return_indices : bool, default False
        Return where the elements are as well: row * W + column, int64.

    Returns
    -------
    Tensor, shape (N, C, rows, columns); with `return_indices` the pair (Tensor, indices).

    Raises
    ------
    ValueError, TypeError
        As ``adaptive_avg_pool2d``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.adaptive_max_pool2d(ad.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 1)
    tensor([[[4.]]])
    """
    bins = _bins("adaptive_max_pool2d", 2, input, output_size)
    return pooled(_adaptive_max_pool, "adaptive_max_pool2d", 2, input, (bins,), return_indices)
