"""Padding: a border around a tensor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import sizes_of
from ..declare import operand
from ..primitive import Primitive
from .gathering import index_select

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["pad"]


def _padded(x: np.ndarray, widths: tuple[tuple[int, int], ...], value: float) -> np.ndarray:
    lengths = [n + before + after for n, (before, after) in zip(x.shape, widths, strict=True)]
    out = np.zeros(lengths, x.dtype)
    if value:
        out.fill(value)
    inner = tuple(
        [
            slice(max(before, 0), n - max(after, 0))
            for n, (before, after) in zip(lengths, widths, strict=True)
        ]
    )
    taken = tuple(
        [
            slice(max(-before, 0), n - max(-after, 0))
            for n, (before, after) in zip(x.shape, widths, strict=True)
        ]
    )
    out[inner] = x[taken]
    return out


_pad: Primitive = Primitive(
    "pad",
    _padded,
    (lambda g, widths: _pad(g, tuple([(-before, -after) for before, after in widths]), 0),),
)


def pad(input: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """The tensor with a border around it.

    Parameters
    ----------
    input : Tensor
    pad : sequence of int
        Widths of the border before and after the elements of an axis, the last axis first:
        ``(left, right, top, bottom)`` pads the last two. Negative widths cut off (with "constant").
    mode : {"constant", "reflect", "replicate", "circular"}, default "constant"
        What the border is made of: `value`; the elements mirrored at the outermost ones; the
        outermost ones; the elements from the other end.
    value : float, default 0

    Raises
    ------
    ValueError
        Where the widths are not pairs, are too many, or too large for the mode.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.pad(ad.tensor([1, 2, 3]), (1, 2))
    tensor([0, 1, 2, 3, 0, 0])
    >>> ad.pad(ad.tensor([1, 2, 3]), (1, 2), mode="reflect")
    tensor([2, 1, 2, 3, 2, 1])
    """
    x = operand(input, "pad", number=False)
    shape = x._array.shape
    sides = sizes_of((pad,), "pad")
    pairs = list(zip(sides[0::2], sides[1::2]))[::-1]
    if len(sides) % 2 or len(pairs) > len(shape):
        raise ValueError(
            f"pad: expected two widths for each of up to {len(shape)} axes of shape {shape}, got "
            f"{sides}"
        )
    widths = ((0, 0),) * (len(shape) - len(pairs)) + tuple(pairs)
    if mode == "constant":
        for n, (before, after) in zip(shape, widths, strict=True):
            if n + before + after < 0 or n + min(before, 0) + min(after, 0) < 0:
                raise ValueError(f"pad: widths {sides} cut off more than there is in shape {shape}")
        return apply(_pad, (x,), (widths, 0 if value is None else value))
    if value is not None:
        raise ValueError(f"pad: a value is for mode 'constant' only, got mode {mode!r}")
    if mode not in _BORDERS:
        raise ValueError(f"pad: mode must be 'constant' or one of {sorted(_BORDERS)}, got {mode!r}")
    border, reach = _BORDERS[mode]
    result = x
    for axis, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if (before, after) == (0, 0):
            continue
        if min(before, after) < 0 or max(before, after) > reach(n) or n == 0:
            raise ValueError(
                f"pad: widths {(before, after)} of mode {mode!r} for axis {axis} of shape {shape} "
                f"must lie between 0 and {reach(n) if n else 0}"
            )
        result = index_select(result, axis, border(np.arange(-before, n + after), n))
    return result if result is not x else apply(_pad, (x,), (widths, 0))


def _reflected(places: np.ndarray, n: int) -> np.ndarray:
    return n - 1 - abs(n - 1 - abs(places))


_BORDERS: dict[str, Any] = {
    "reflect": (_reflected, lambda n: n - 1),
    "replicate": (lambda places, n: places.clip(0, n - 1), lambda n: math.inf),
    "circular": (lambda places, n: places % n, lambda n: n),
}
