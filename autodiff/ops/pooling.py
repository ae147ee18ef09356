"""Pooling over one and two axes: the largest or mean element under a window.

Averages are linear, and each has its transpose as a primitive of its own. The largest elements are
known by their places: the gradient is put there, and its derivative picks from there. (N, C, L)
arrays are images of height 1.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from autodiff.kernels.pool import (
    avg_pool_backward,
    avg_pool_forward,
    max_pool_backward,
    max_pool_forward,
)

from ..apply import apply
from ..arguments import hashable, per_axis
from ..declare import floating_operand
from ..handles import new_tensor
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["avg_pool1d", "max_pool1d", "max_pool2d"]


def images(x: np.ndarray) -> np.ndarray:
    """Return (N, C, L) as images of height 1."""
    return x if x.ndim == 4 else x[:, :, None]


def image_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that `images` gives an array of this shape."""
    return shape if len(shape) == 4 else (*shape[:2], 1, shape[2])


def like(images: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Undo `images`, where that had to add an axis to `x`."""
    return images if x.ndim == 4 else images[:, :, 0]


def _largest(
    x: np.ndarray, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> Any:
    out, places = max_pool_forward(images(x), kernel, stride, padding, dilation, ceil)
    return like(out, x), like(places, x)


def _put(g: np.ndarray, places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return like(max_pool_backward(images(g), images(places), image_shape(shape)), g)


def _picked(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    planes, within = [a.reshape((*a.shape[:2], math.prod(a.shape[2:]))) for a in (x, places)]
    return np.take_along_axis(planes, within, 2).reshape(places.shape)


put_at_places: Primitive = Primitive(
    "max_pool_put", _put, (lambda g, y: _pick_places(g, y), None), multilinear=True
)
_pick_places: Primitive = Primitive(
    "max_pool_pick",
    _picked,
    (lambda g, y, x_shape: put_at_places(g, y, x_shape), None),
    multilinear=True,
)
_max_pool: Primitive = Primitive(
    "max_pool", _largest, (lambda g, aux, x_shape: put_at_places(g, aux, x_shape),), aux=True
)


# The options of an average, which it and its transpose take: kernel, stride, padding, ceil_mode,
# count_include_pad and divisor_override.


def _mean(x: np.ndarray, options: tuple[Any, ...]) -> np.ndarray:
    return like(avg_pool_forward(images(x), *options), x)


def _spread(g: np.ndarray, shape: tuple[int, ...], options: tuple[Any, ...]) -> np.ndarray:
    return like(avg_pool_backward(images(g), image_shape(shape), *options), g)


_avg_pool: Primitive = Primitive(
    "avg_pool", _mean, (lambda g, x_shape, options: _avg_spread(g, x_shape, options),), linear=True
)
_avg_spread: Primitive = Primitive(
    "avg_pool_spread", _spread, (lambda g, options: _avg_pool(g, options),), linear=True
)


@functools.lru_cache(maxsize=1024, typed=True)
def _geometry(
    operation: str, axes: int, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> tuple[Any, Any, Any, Any]:
    """Return kernel, stride, padding and dilation as pairs, checked."""
    kernel = per_axis(kernel, axes, "kernel_size", operation)
    stride = kernel if stride is None else per_axis(stride, axes, "stride", operation)
    padding = per_axis(padding, axes, "padding", operation)
    dilation = per_axis(dilation, axes, "dilation", operation)
    if min(*kernel, *stride, *dilation) < 1:
        raise ValueError(
            f"{operation}: kernel_size {kernel}, stride {stride} and dilation {dilation} must be "
            "positive"
        )
    if any([not 0 <= p <= k // 2 for p, k in zip(padding, kernel)]):
        raise ValueError(
            f"{operation}: padding {padding} must not be negative, nor more than half of "
            f"kernel_size {kernel}"
        )
    if axes == 1:
        return (1, *kernel), (1, *stride), (0, *padding), (1, *dilation)
    return kernel, stride, padding, dilation


def batched(operation: str, axes: int, input: Any) -> tuple[Any, bool]:
    """Return the input with a batch axis, and whether it had to be added."""
    x = floating_operand(input, operation)
    ndim = x._array.ndim
    if ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"{operation}: expected an input (N, C, {'H, W' if axes == 2 else 'L'}), with or "
            f"without N, got shape {x.shape}"
        )
    single = ndim == axes + 1
    return (x.reshape((1, *x.shape)) if single else x), single


def pooled(
    primitive: Primitive, operation: str, axes: int, input: Any, params: Any, return_indices: bool
) -> Any:
    """Apply a pooling by the largest element."""
    x, single = batched(operation, axes, input)
    out, places = apply(primitive, (x,), params)
    if single:
        out, places = out[0], places[0]
    return (out, new_tensor(places, None)) if return_indices else out


def _max_pooled(
    operation: str,
    axes: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    geometry = _geometry(
        operation,
        axes,
        hashable(kernel_size),
        hashable(stride),
        hashable(padding),
        hashable(dilation),
    )
    return pooled(_max_pool, operation, axes, input, (*geometry, bool(ceil_mode)), return_indices)


def _avg_pooled(
    operation: str,
    axes: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> Tensor:
    if divisor_override == 0:
        raise ValueError(f"{operation}: divisor_override must not be 0")
    kernel, steps, pads, _ = _geometry(
        operation, axes, hashable(kernel_size), hashable(stride), hashable(padding), 1
    )
    x, single = batched(operation, axes, input)
    options = (kernel, steps, pads, bool(ceil_mode), bool(count_include_pad), divisor_override)
    out = apply(_avg_pool, (x,), (options,))
    return out[0] if single else out


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element under each window of one axis; see ``max_pool2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    kernel_size, stride, padding, dilation : int
    ceil_mode, return_indices : bool, default False

    Returns
    -------
    Tensor, shape (N, C, OL) or (C, OL); with `return_indices` the pair (Tensor, indices).

    Raises
    ------
    ValueError, TypeError
        As ``max_pool2d``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.max_pool1d(ad.tensor([[1.0, 5.0, 2.0, 4.0]]), 2)
    tensor([[5., 4.]])
    """
    return _max_pooled(
        "max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element under each window of an image; of equal ones the first.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    kernel_size : int or pair of int
        The size of the window, (rows, columns).
    stride : int or pair of int, optional
        The step between windows; by default their size, so that they do not overlap.
    padding : int or pair of int, default 0
        Places of -inf on both sides, at most half the window.
    dilation : int or pair of int, default 1
        The step between elements of a window.
    ceil_mode : bool, default False
        Let a last window reach over the end.
    return_indices : bool, default False
        Return where the elements are as well: row * W + column, int64.

    Returns
    -------
    Tensor, shape (N, C, OH, OW) or (C, OH, OW); with `return_indices` the pair (Tensor, indices).
        OH = (H + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1, and OW likewise.

    Raises
    ------
    ValueError
        Where a window does not fit, or options are out of range.
    TypeError
        For an integer tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.max_pool2d(ad.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2, return_indices=True)
    (tensor([[[4.]]]), tensor([[[2]]]))
    """
    return _max_pooled(
        "max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices
    )


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean element under each window of one axis; see ``avg_pool2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    kernel_size, stride, padding : int
    ceil_mode : bool, default False
    count_include_pad : bool, default True

    Returns
    -------
    Tensor, shape (N, C, OL) or (C, OL)

    Raises
    ------
    ValueError, TypeError
        As ``avg_pool2d``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.avg_pool1d(ad.tensor([[1.0, 5.0, 2.0, 4.0]]), 2)
    tensor([[3., 3.]])
    """
    return _avg_pooled(
        "avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad
    )


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean element under each window of an image.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    kernel_size : int or pair of int
        The size of the window, (rows, columns).
    stride : int or pair of int, optional
        The step between windows; by default their size, so that they do not overlap.
    padding : int or pair of int, default 0
        Zeros on both sides, at most half the window.
    ceil_mode : bool, default False
        Let a last window reach over the end.
    count_include_pad : bool, default True
        Count the zeros of the padding as elements.
    divisor_override : int, optional
        Divide the sum by this instead of the number of elements.

    Returns
    -------
    Tensor, shape (N, C, OH, OW) or (C, OH, OW)
        OH = (H + 2 padding - kernel_size) // stride + 1, and OW likewise.

    Raises
    ------
    ValueError
        Where a window does not fit, or options are out of range.
    TypeError
        For an integer tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.avg_pool2d(ad.tensor([[[1.0, 2.0], [4.0, 3.0]]]), 2)
    tensor([[[2.5000]]])
    """
    return _avg_pooled(
        "avg_pool2d",
        2,
        input,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )
