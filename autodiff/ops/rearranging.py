"""Rearranging: elements put into other places, or repeated. Always copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axes_of, axis_of, numpy_names, sizes_of
from ..declare import operand
from ..primitive import Primitive
from .gathering import index_select
from .shape import reshape
from .transposing import transpose

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["flip", "fliplr", "flipud", "repeat_interleave", "roll", "rot90", "tile"]

METHODS = (
    "flip", "fliplr", "flipud", "repeat", "repeat_interleave", "roll", "rot90", "tile", "unfold",
)  # fmt: skip

_flip: Primitive = Primitive(
    "flip",
    lambda x, axes: x[
        tuple([slice(None, None, -1 if i in axes else 1) for i in range(x.ndim)])
    ].copy(),
    (lambda g, axes: _flip(g, axes),),
    linear=True,
)


def flip(input: Any, *dims: Any) -> Tensor:
    """The tensor read backwards along some axes.

    Parameters
    ----------
    input : Tensor
    *dims : int
        Also as one tuple.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.flip(ad.tensor([[1, 2], [3, 4]]), 1)
    tensor([[2, 1],
            [4, 3]])
    """
    x = operand(input, "flip", number=False)
    return apply(_flip, (x,), (axes_of(sizes_of(dims, "flip"), x._array.ndim, "flip") or (),))


def fliplr(input: Any) -> Tensor:
    """The tensor read backwards along axis 1: each row of a matrix turned round.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.fliplr(ad.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    return flip(input, 1)


def flipud(input: Any) -> Tensor:
    """The tensor read backwards along axis 0: the rows of a matrix from the last to the first.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.flipud(ad.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    return flip(input, 0)


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """The tensor turned by `k` quarters, from the first towards the second of two axes.

    Parameters
    ----------
    input : Tensor
    k : int, default 1
        May be negative.
    dims : two int, default (0, 1)

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rot90(ad.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    x = operand(input, "rot90", number=False)
    axes = axes_of(dims, x._array.ndim, "rot90") or ()
    if len(axes) != 2:
        raise ValueError(f"rot90: dims must name two axes of shape {x.shape}, got {dims!r}")
    k %= 4
    turned = flip(
        x, *[a for a, wanted in zip(axes, (k in (2, 3), k in (1, 2)), strict=True) if wanted]
    )
    return transpose(turned, *axes) if k % 2 else turned


def _rolled(x: np.ndarray, shifts: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    for shift, axis in zip(shifts, axes, strict=True):
        before, cut = (slice(None),) * axis, -shift % (x.shape[axis] or 1)
        ends = x[(*before, slice(cut, None))], x[(*before, slice(cut))]
        x = np.concatenate(ends, axis)
    return x if axes else x.copy()


_roll: Primitive = Primitive(
    "roll",
    _rolled,
    (lambda g, shifts, axes: _roll(g, tuple([-n for n in shifts]), axes),),
    linear=True,
)


def roll(input: Any, shifts: Any, dims: Any = None) -> Tensor:
    """The tensor moved along some axes; what falls off comes in at the other end.

    Parameters
    ----------
    input : Tensor
    shifts : int or tuple of int
        By how many places, for each axis in `dims`; may be negative.
    dims : int or tuple of int, optional
        By default the elements are moved in row-major order, over the ends of the rows.

    Raises
    ------
    ValueError
        Unless there are as many shifts as axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.roll(ad.tensor([1, 2, 3, 4]), 1)
    tensor([4, 1, 2, 3])
    """
    x = operand(input, "roll", number=False)
    steps = sizes_of((shifts,), "roll")
    if dims is None:
        if len(steps) != 1:
            raise ValueError(f"roll: {len(steps)} shifts, but no dims to say along which axes")
        return reshape(apply(_roll, (reshape(x, -1),), (steps, (0,))), x._array.shape)
    axes = tuple([axis_of(d, x._array.ndim, "roll") for d in sizes_of((dims,), "roll")])
    if len(axes) != len(steps):
        raise ValueError(f"roll: {len(steps)} shifts for {len(axes)} axes")
    return apply(_roll, (x,), (steps, axes) if x._array.ndim else ((), ()))


def _folded(g: Any, x_shape: tuple[int, ...], reps: tuple[int, ...]) -> Any:
    """The sum of the copies of which `g` is made up."""
    lengths = (1,) * (len(reps) - len(x_shape)) + x_shape
    pairs = tuple([n for pair in zip(reps, lengths, strict=True) for n in pair])
    return g.reshape(pairs).sum(axis=tuple(range(0, len(pairs), 2))).reshape(x_shape) if reps else g


_tile = Primitive(
    "tile",
    lambda x, reps: np.tile(x, reps),
    (lambda g, x_shape, reps: _folded(g, x_shape, reps),),
    linear=True,
)


def tile(input: Any, *dims: Any) -> Tensor:
    """The tensor laid side by side with itself, `dims` times along each axis.

    Parameters
    ----------
    input : Tensor
    *dims : int
        Also as one tuple. Fewer than axes: for the last ones. More: the tensor gets new axes in
        front.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tile(ad.tensor([1, 2]), 2)
    tensor([1, 2, 1, 2])
    """
    x = operand(input, "tile", number=False)
    reps = sizes_of(dims, "tile")
    if any([n < 0 for n in reps]):
        raise ValueError(f"tile: the numbers of copies must not be negative, got {reps}")
    return apply(_tile, (x,), ((1,) * (x._array.ndim - len(reps)) + reps,))


def repeat(input: Tensor, *sizes: Any) -> Tensor:
    """``tile`` with a number for each axis at least.

    To repeat every element on the spot, see ``repeat_interleave``.

    Raises
    ------
    ValueError
        For fewer numbers than axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    reps = sizes_of(sizes, "repeat")
    if len(reps) < input._array.ndim:
        raise ValueError(f"repeat: {len(reps)} sizes for a tensor of shape {input.shape}; use tile")
    return tile(input, reps)


_repeat = Primitive(
    "repeat_interleave",
    lambda x, repeats, axis: np.repeat(x, repeats, axis),
    (lambda g, x_shape, repeats, axis: _gathered_in_runs(g, x_shape, repeats, axis),),
    linear=True,
)


def _gathered_in_runs(g: Any, x_shape: tuple[int, ...], repeats: int, axis: int) -> Any:
    runs = (*x_shape[: axis + 1], repeats, *x_shape[axis + 1 :])
    return g.reshape(runs).sum(axis=axis + 1)


@numpy_names
def repeat_interleave(input: Any, repeats: Any, dim: int | None = None) -> Tensor:
    """The tensor with every part along an axis repeated on the spot.

    Parameters
    ----------
    input : Tensor
    repeats : int or Tensor of int
        How often; a tensor says it for each part.
    dim : int, optional
        By default the tensor is flattened first.

    Raises
    ------
    ValueError
        For negative numbers, or a tensor whose length does not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.repeat_interleave(ad.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> ad.repeat_interleave(ad.tensor([1, 2]), ad.tensor([1, 3]))
    tensor([1, 2, 2, 2])
    """
    x = operand(input, "repeat_interleave", number=False)
    if dim is None:
        x, dim = reshape(x, -1), 0
    axis = axis_of(dim, x._array.ndim, "repeat_interleave")
    x = x if x._array.ndim else reshape(x, 1)
    length = x._array.shape[axis]
    counts = operand(repeats, "repeat_interleave", number=False)._array
    if counts.dtype.kind not in "iu":
        raise TypeError(f"repeat_interleave: repeats must be integers, got {counts.dtype}")
    if counts.size and counts.min() < 0:
        raise ValueError("repeat_interleave: repeats must not be negative")
    if counts.size == 1 and counts.ndim < 2:
        return apply(_repeat, (x,), (int(counts.reshape(())), axis))
    if counts.shape != (length,):
        raise ValueError(
            f"repeat_interleave: repeats has shape {counts.shape}, but axis {axis} of shape "
            f"{x.shape} has length {length}"
        )
    return index_select(x, axis, np.repeat(np.arange(length), counts))


def _windows(x: np.ndarray, axis: int, size: int, step: int) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis)
    return windows[(slice(None),) * axis + (slice(None, None, step),)].copy()


def _overlapped(
    g: np.ndarray, shape: tuple[int, ...], axis: int, size: int, step: int
) -> np.ndarray:
    out = np.zeros(shape, g.dtype)
    places, windows = np.moveaxis(out, axis, 0), np.moveaxis(g, axis, 0)
    end = step * (len(windows) - 1) + 1
    for k in range(size):
        places[k : k + end : step] += windows[..., k]
    return out


_unfold = Primitive(
    "unfold",
    _windows,
    (lambda g, x_shape, axis, size, step: _overlap_add(g, x_shape, axis, size, step),),
    linear=True,
)
_overlap_add: Primitive = Primitive(
    "overlap_add",
    _overlapped,
    (lambda g, axis, size, step: _unfold(g, axis, size, step),),
    linear=True,
)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of `size` neighbours along an axis, `step` apart.

    Parameters
    ----------
    input : Tensor
    dimension : int
        The axis along which windows are taken; in the result it counts the windows.
    size, step : int
        Positive.

    Returns
    -------
    Tensor
        With one more axis, the last, of length `size`; a copy.

    Raises
    ------
    ValueError
        Where `size` exceeds the length of the axis, or one of the two is not positive.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    x = input if input._array.ndim else reshape(input, 1)
    axis = axis_of(dimension, x._array.ndim, "unfold")
    length = x._array.shape[axis]
    if not 0 < size <= length or step <= 0:
        raise ValueError(
            f"unfold: size {size} and step {step} must be positive, and size at most {length}, the "
            f"length of axis {axis} of shape {input.shape}"
        )
    return apply(_unfold, (x,), (axis, size, step))
