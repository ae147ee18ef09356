"""How a convolution is laid out for the compiled kernels: as products with shifted rows.

Every convolution is a few *layouts*, each a correlation that computes the outputs at places
first + unit * write, for units in a box (depth, height, width; one and two axes of space have unit
axes in front). The unit u reads the source, along each axis, at u * step + offset of the tap. The
forward pass is one layout with the strides as steps. The gradient of the input with stride s reads
with step 1 and is one layout per residue of the places modulo s, each with its own taps.

The products want the elements that one tap needs at neighbouring units side by side in memory. Where
the source does not have them so already, its rows are copied into *planes*, one per tap along the
width, in which a row has as many elements as the output has columns: then the units of a whole
band of rows are one run of memory, none computed in vain. Along height and depth a tap is a shift,
by rows and by planes. So a copied element serves all taps of a column and all output channels, and
there is no im2col. A few rows of weights (a depthwise convolution has one) would not pay for those
copies: such a *thin* layout is walked through row by row, and columns are shifts as well.

A plan depends on shapes and options alone, and is kept.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np

from .convolution import Geometry, Shape

# Taps under one tile: what they read of the planes stays in the first-level cache (48 KiB), and
# the sums are loaded and stored rarely enough.
TAPS = 144

# Units of one band: the sums of all output channels over it stay in the second-level cache.
UNITS = 1024

# Rows of weights up to which a layout is thin.
THIN_ROWS = 4

# Pieces into which work is cut at least where that can be, so that threads can share it.
PIECES = 8

ROWS_OF_PIECE = 16

_MOST_ELEMENTS = 2**40


class Axis(NamedTuple):
    """How one axis of a layout reads its source."""

    starts: np.ndarray  # of the planes: the source's index for unit 0
    plane: np.ndarray  # per tap, the plane that it reads
    shift: np.ndarray  # per tap, how many units further on

    @property
    def halo(self) -> int:
        """How many further units than the output has are read."""
        return int(self.shift.max(initial=0))


def _copied(offsets: np.ndarray, step: int) -> Axis:
    """One plane per tap, nothing shifted."""
    starts, plane = np.unique(offsets, return_inverse=True)
    return Axis(starts, plane, np.zeros_like(offsets))


def _shifted(offsets: np.ndarray, step: int) -> Axis:
    """One plane for all taps whose distance is a multiple of the step."""
    residues, plane = np.unique(offsets % step, return_inverse=True)
    starts = np.array([offsets[plane == i].min() for i in range(len(residues))], np.int64)
    return Axis(starts, plane, (offsets - starts[plane]) // step)


def _table(*parts: np.ndarray) -> np.ndarray:
    """Add distances along separate axes: the outer sum, flattened in C order."""
    return functools.reduce(np.add.outer, parts).reshape(-1).astype(np.int64)


class Layout(NamedTuple):
    """One correlation, for the compiled loops. The *source* is what is read, x or g; *rows* are the
    channels of what is written, per group.

    Attributes
    ----------
    channels : tuple of 4 int
        Groups; channels of the source per group; rows; channels that are laid out at a time.
    source : tuple of 6 int
        Depth, height and width of the source; the steps by which it is read.
    planes : tuple of 10 int
        1 where the source is read in place, else 0; numbers of starts along the axes; depths and
        rows of the planes beyond those of a band; elements in a row of a plane, in a plane, in the
        planes of one start, and per channel (in place: those of the source).
    units : tuple of 7 int
        Depth, height, width; depths and rows of a band; rows of weights of a piece; pieces per
        image and group.
    target : tuple of 9 int
        Depth, height and width of what is written, its first place, and the steps between places.
    starts : ndarray of int64
        Where the planes begin in the source, by depth, height and width; then, for each start by
        width, the columns of the plane from and up to which the source has elements.
    source_taps, weight_taps : ndarray of int64
        Per tap of one channel, its distance in the planes and in the weights.
    weight_steps : tuple of 3 int
        Distances in the weights between groups, rows and channels of the source.
    work : int
        Multiply-adds for one image.
    """

    channels: tuple[int, ...]
    source: tuple[int, ...]
    planes: tuple[int, ...]
    units: tuple[int, ...]
    target: tuple[int, ...]
    starts: np.ndarray
    source_taps: np.ndarray
    weight_taps: np.ndarray
    weight_steps: tuple[int, ...]
    work: int

    @property
    def thin(self) -> bool:
        """Whether few rows of weights move over the rows of the planes."""
        return self.channels[2] <= THIN_ROWS


def _cut(size: int, most: int) -> int:
    """Return the length of the equal pieces, at most `most` long, that `size` is cut into."""
    return -(-size // max(1, -(-size // max(1, most))))


def _layout(
    groups: int, channels: int, rows: int, images: int,
    source: Shape, offsets: list[np.ndarray], step: Shape, units: Shape,
    target: tuple[int, ...], weight_taps: np.ndarray, weight_steps: Shape, most_units: int,
) -> Layout:  # fmt: skip
    thin = rows <= THIN_ROWS
    # In a single row a column is a shift, too.
    across = _shifted if thin or units[1] == 1 else _copied
    depth, down, right = (
        cut(places, s)
        for cut, places, s in zip((_shifted, _shifted, across), offsets, step, strict=True)
    )
    pitch = units[2] + right.halo
    taps = len(depth.shift) * len(down.shift) * len(right.shift)
    block = _cut(channels, TAPS // max(1, taps))
    band = _cut(units[1], most_units // units[2])
    depths = _cut(units[0], most_units // (band * units[2])) if band == units[1] else 1
    inside = all(
        places.size and places.min() >= 0 and places.max() + n <= size
        for places, n, size in zip(offsets, units, source, strict=True)
    )
    in_place = inside and step == (1, 1, 1) and (thin or units[1] == 1 or units[2] == source[2])
    if in_place:
        pitch = source[2]
        plane = source[1] * pitch
        stack = per_channel = source[0] * plane
        source_taps = _table(offsets[0] * plane, offsets[1] * pitch, offsets[2])
    else:
        plane = (band + down.halo) * pitch
        stack = (depths + depth.halo) * plane
        stacks = len(down.starts) * len(right.starts)
        per_channel = len(depth.starts) * stacks * stack
        source_taps = _table(
            depth.plane * (stacks * stack) + depth.shift * plane,
            down.plane * (len(right.starts) * stack) + down.shift * pitch,
            right.plane * stack + right.shift,
        )
    if block * per_channel > _MOST_ELEMENTS:
        raise ValueError(f"a convolution of {source} with taps at {offsets} needs too much memory")
    begins = np.maximum(0, -(right.starts // step[2]))
    ends = np.minimum(pitch, -((right.starts - source[2]) // step[2]))
    bands = -(-units[0] // depths) * -(-units[1] // band)
    items = images * groups * bands
    piece = rows
    if items < PIECES:
        tiles = -(-rows // ROWS_OF_PIECE)
        piece = min(rows, ROWS_OF_PIECE * _cut(tiles, tiles * items // PIECES))
    return Layout(
        (groups, channels, rows, block),
        (*source, *step),
        (
            int(in_place),
            len(depth.starts),
            len(down.starts),
            len(right.starts),
            depth.halo,
            down.halo,
            pitch,
            plane,
            stack,
            per_channel,
        ),
        (*units, depths, band, piece, bands * -(-rows // piece)),
        target,
        np.concatenate([depth.starts, down.starts, right.starts, begins, ends]).astype(np.int64),
        source_taps,
        weight_taps.astype(np.int64),
        weight_steps,
        groups * rows * channels * taps * units[0] * units[1] * units[2],
    )


def _space(values: tuple, unit: object) -> tuple:
    """Put unit axes in front, so that there are three."""
    return (unit,) * (3 - len(values)) + tuple(values)


@functools.lru_cache(maxsize=512)
def plan_forward(geometry: Geometry, most_units: int = UNITS) -> Layout:
    """Lay out x -> y (and, with the same planes and taps, the gradient of the weight)."""
    x_shape, w_shape, out, stride, padding, dilation, groups = geometry
    source, window, out = (_space(shape, 1) for shape in (x_shape[2:], w_shape[2:], out))
    step, dilation, padding = _space(stride, 1), _space(dilation, 1), _space(padding, (0, 0))
    offsets = [
        np.arange(k) * d - before
        for k, d, (before, _) in zip(window, dilation, padding, strict=True)
    ]
    taps = window[0] * window[1] * window[2]
    rows, channels = w_shape[0] // groups, w_shape[1]
    return _layout(
        groups, channels, rows, x_shape[0], source, offsets, step, out,
        (*out, 0, 0, 0, 1, 1, 1), np.arange(taps), (rows * channels * taps, channels * taps, taps),
        most_units,
    )  # fmt: skip


class _Residue(NamedTuple):
    """The places along one axis of the input that are first + unit * stride."""

    first: int
    units: int
    taps: np.ndarray  # those that reach them
    offsets: np.ndarray  # per such tap, the place in the output for unit 0


def _residues(size: int, window: int, stride: int, before: int, dilation: int) -> list[_Residue]:
    """Place y of the padded input receives place (y - tap * dilation) / stride of the output."""
    found = []
    for first in range(min(stride, size)):
        distances = first + before - np.arange(window) * dilation
        taps = np.flatnonzero(distances % stride == 0)
        units = len(range(first, size, stride))
        found.append(_Residue(first, units, taps, distances[taps] // stride))
    return found


@functools.lru_cache(maxsize=512)
def plan_input_grad(geometry: Geometry) -> list[Layout]:
    """Lay out g -> dx."""
    x_shape, w_shape, out, stride, padding, dilation, groups = geometry
    size, window, out = (_space(shape, 1) for shape in (x_shape[2:], w_shape[2:], out))
    stride, dilation, padding = _space(stride, 1), _space(dilation, 1), _space(padding, (0, 0))
    taps = window[0] * window[1] * window[2]
    channels, rows = w_shape[0] // groups, w_shape[1]
    axes = [
        _residues(n, k, s, before, d)
        for n, k, s, (before, _), d in zip(size, window, stride, padding, dilation, strict=True)
    ]
    layouts = []
    for residues in itertools.product(*axes):
        depth, down, right = (residue.taps for residue in residues)
        layouts.append(
            _layout(
                groups, channels, rows, x_shape[0], out, [r.offsets for r in residues], (1, 1, 1),
                tuple(r.units for r in residues), (*size, *(r.first for r in residues), *stride),
                _table(depth * window[1] * window[2], down * window[2], right),
                (channels * rows * taps, taps, rows * taps), UNITS,
            )
        )  # fmt: skip
    return layouts
