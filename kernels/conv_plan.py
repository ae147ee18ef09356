"""How a convolution is laid out for the compiled kernels: every convolution as one with stride 1.

The planes of an image are copied once into padded planes, whose rows then count as one long row.
In it the element under tap (c, r, s) of the kernel lies at a fixed distance from the output's
position, the same for all positions: a table with one distance per tap is all that the inner loop
needs, and there is no im2col. The positions between the rows of the output are computed too, and
dropped.

Stride and dilation go into the table. With stride (a, b) the padded plane is stored as a * b planes
(its *phases*), each with every a-th row and b-th column, so that neighbours in the output are
neighbours in the phase that their tap reads. The gradient of the input runs the other way: the
gradient of the output is read with stride 1, and each phase of the input has its own taps.

A plan depends on shapes and options alone, and is kept.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from .conv import Padding, Pair, Shape


class Plan(NamedTuple):
    """What `conv_jit` needs to know.

    Attributes
    ----------
    sizes : ndarray of int64
        See `conv_jit.gather`, which unpacks it.
    row_residues, column_residues : ndarray of int64
        The phases of the source that are read, by rows and by columns.
    phases : ndarray of int64, (phases of the destination, 6)
        First and last tap, rows, columns, and first row and column in the destination.
    source_taps, weight_taps : ndarray of int64
        Per tap, its distance in the padded planes of one group, and in the weights.
    work : int
        Multiply-adds for one image.
    """

    sizes: np.ndarray
    row_residues: np.ndarray
    column_residues: np.ndarray
    phases: np.ndarray
    source_taps: np.ndarray
    weight_taps: np.ndarray
    work: int


def _positions(kernel: int, stride: int, dilation: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Say where the taps of one axis read: the residues in use, and per tap (phase, step)."""
    taps = np.arange(kernel) * dilation
    residues = np.unique(taps % stride)
    return residues, np.searchsorted(residues, taps % stride), taps // stride


def _table(*parts: np.ndarray) -> np.ndarray:
    """Add distances along separate axes: the outer sum, flattened in C order."""
    return functools.reduce(np.add.outer, parts).reshape(-1).astype(np.int64)


@functools.lru_cache(maxsize=512)
def plan_forward(
    x_shape: Shape,
    w_shape: Shape,
    out: Pair,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Plan:
    """Lay out x -> y (and, with the same planes and taps, the gradient of the weight)."""
    _, _, height, width = x_shape
    rows, channels, r, s = w_shape[0] // groups, *w_shape[1:]
    row_residues, row_phase, row_step = _positions(r, stride[0], dilation[0])
    column_residues, column_phase, column_step = _positions(s, stride[1], dilation[1])
    plane_rows, pitch = int(row_step[-1]) + out[0], int(column_step[-1]) + out[1]
    plane = plane_rows * pitch
    source_taps = _table(
        np.arange(channels) * (len(row_residues) * len(column_residues) * plane),
        row_phase * (len(column_residues) * plane) + row_step * pitch,
        column_phase * plane + column_step,
    )
    taps = channels * r * s
    sizes = (
        groups, channels, rows, height, width, padding[0][0], padding[1][0], *stride,
        plane_rows, pitch, 1, 1, taps, r * s,
    )  # fmt: skip
    return Plan(
        np.array(sizes),
        row_residues,
        column_residues,
        np.array([[0, taps, *out, 0, 0]]),
        source_taps,
        np.arange(taps),
        rows * groups * taps * out[0] * out[1],
    )


class _PhaseOfInput(NamedTuple):
    """One phase of one axis of the input: where it lies, and the taps that reach it."""

    first: int  # its first row in the input
    count: int
    origin: int  # the output row that tap 0 of the phase would read for that row
    taps: np.ndarray
    steps: np.ndarray  # per tap, how many rows further back it reads


def _phases_of_input(
    size: int, kernel: int, stride: int, before: int, dilation: int
) -> list[_PhaseOfInput]:
    """Row y of the padded input receives output row (y - r * dilation) / stride through tap r."""
    phases = []
    for residue in range(stride):
        origin = -((residue - before) // stride)  # least u with u * stride + residue >= before
        first = origin * stride + residue - before
        taps = np.flatnonzero((np.arange(kernel) * dilation - residue) % stride == 0)
        steps = (taps * dilation - residue) // stride
        count = len(range(first, size, stride))
        if count:
            phases.append(_PhaseOfInput(first, count, origin, taps, steps))
    return phases


@functools.lru_cache(maxsize=512)
def plan_input_grad(
    g_shape: Shape,
    w_shape: Shape,
    input_shape: Shape,
    stride: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
) -> Plan:
    """Lay out g -> dx."""
    _, _, height, width = g_shape
    channels, rows, r, s = w_shape[0] // groups, *w_shape[1:]
    axes = [
        _phases_of_input(input_shape[2 + a], w_shape[2 + a], stride[a], padding[a][0], dilation[a])
        for a in (0, 1)
    ]
    # Zeros around g, as many as any tap reaches over its edges.
    before = [
        max([0, *(int(p.steps.max()) - p.origin for p in axis if p.steps.size)]) for axis in axes
    ]
    extent = [
        max(size + start, *(p.origin + p.count + start for p in axis))
        for size, start, axis in zip((height, width), before, axes, strict=True)
    ]
    plane_rows, pitch = extent
    phases, source_parts, weight_parts, first = [], [], [], 0
    channel = np.arange(channels)
    for row in axes[0]:
        for column in axes[1]:
            source_parts.append(
                _table(
                    channel * plane_rows * pitch,
                    (row.origin - row.steps + before[0]) * pitch,
                    column.origin - column.steps + before[1],
                )
            )
            weight_parts.append(_table(channel * rows * r * s, row.taps * s, column.taps))
            last = first + len(source_parts[-1])
            phases.append((first, last, row.count, column.count, row.first, column.first))
            first = last
    sizes = (
        groups, channels, rows, height, width, *before, 1, 1, plane_rows, pitch, *stride,
        r * s, r * s,
    )  # fmt: skip
    return Plan(
        np.array(sizes),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.array(phases),
        np.concatenate(source_parts),
        np.concatenate(weight_parts),
        rows * groups * sum((p[1] - p[0]) * p[2] * p[3] for p in phases),
    )
