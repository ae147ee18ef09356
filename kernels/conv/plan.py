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

from .convolution import Padding, Pair, Shape


class Plan(NamedTuple):
    """What `convolution_jit` needs to know. The *source* is what is read, x or g; *rows* are the channels
    of what is written, per group.

    Attributes
    ----------
    sizes : tuple of 14 int
        Groups; channels of the source per group, and rows; height and width of the source; its
        place in the padded planes (top, left); steps by which it is read (down, right); height and
        width of a phase; steps by which the output is written (down, right); distance between
        rows in the weights.
    row_residues, column_residues : ndarray of int64
        The phases of the source that are read, by rows and by columns.
    phases : ndarray of int64, (phases of the output, 6)
        First and last tap, rows, columns, and first row and column in the output.
    source_taps, weight_taps : ndarray of int64
        Per tap, its distance in the padded planes of one group, and in the weights.
    padded : int
        Elements of the padded planes of one group.
    longest : int
        Elements from the first to the last position of the largest phase of the output.
    work : int
        Multiply-adds for one image.
    """

    sizes: tuple[int, ...]
    row_residues: np.ndarray
    column_residues: np.ndarray
    phases: np.ndarray
    source_taps: np.ndarray
    weight_taps: np.ndarray
    padded: int
    longest: int
    work: int


def _positions(
    kernel: int, stride: int, dilation: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
    """Lay out x -> y (and, with the same planes and taps, the gradient of the weight).

    `x_shape` is (C, H, W).
    """
    _, height, width = x_shape
    rows, channels, r, s = w_shape[0] // groups, *w_shape[1:]
    row_residues, row_phase, row_step = _positions(r, stride[0], dilation[0])
    column_residues, column_phase, column_step = _positions(s, stride[1], dilation[1])
    plane_rows, pitch = int(row_step[-1]) + out[0], int(column_step[-1]) + out[1]
    row_of_phases = len(column_residues) * plane_rows * pitch
    planes = len(row_residues) * row_of_phases
    source_taps = _table(
        np.arange(channels) * planes,
        row_phase * row_of_phases + row_step * pitch,
        column_phase * (plane_rows * pitch) + column_step,
    )
    taps = source_taps.size
    top, left = padding[0][0], padding[1][0]
    return Plan(
        (groups, channels, rows, height, width, top, left, *stride, plane_rows, pitch, 1, 1, taps),
        row_residues,
        column_residues,
        np.array([[0, taps, *out, 0, 0]]),
        source_taps,
        np.arange(taps),
        channels * planes,
        (out[0] - 1) * pitch + out[1],
        rows * groups * taps * out[0] * out[1],
    )


class _PhaseOfInput(NamedTuple):
    """One phase of one axis of the input: where it lies, and the taps that reach it."""

    first: int  # its first row in the input
    size: int
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
    """Lay out g -> dx. `g_shape` is (K, OH, OW), `input_shape` is (C, H, W)."""
    _, height, width = g_shape
    channels, rows, r, s = w_shape[0] // groups, *w_shape[1:]
    axes = [
        _phases_of_input(input_shape[1 + a], w_shape[2 + a], stride[a], padding[a][0], dilation[a])
        for a in (0, 1)
    ]
    # Zeros around g, as many as any tap reaches over its edges.
    top, left = (
        max([0, *(int(p.steps.max()) - p.origin for p in axis if p.steps.size)]) for axis in axes
    )
    plane_rows = top + max(height, *(p.origin + p.size for p in axes[0]))
    pitch = left + max(width, *(p.origin + p.size for p in axes[1]))
    channel = np.arange(channels)
    phases, source_taps, weight_taps, first = [], [], [], 0
    for row in axes[0]:
        for column in axes[1]:
            source_taps.append(
                _table(
                    channel * plane_rows * pitch,
                    (row.origin - row.steps + top) * pitch,
                    column.origin - column.steps + left,
                )
            )
            weight_taps.append(_table(channel * rows * r * s, row.taps * s, column.taps))
            last = first + len(source_taps[-1])
            phases.append((first, last, row.size, column.size, row.first, column.first))
            first = last
    whole = np.zeros(1, np.int64)
    return Plan(
        (groups, channels, rows, height, width, top, left, 1, 1, plane_rows, pitch, *stride, r * s),
        whole,
        whole,
        np.array(phases),
        np.concatenate(source_taps),
        np.concatenate(weight_taps),
        channels * plane_rows * pitch,
        max((p[2] - 1) * pitch + p[3] for p in phases),
        rows * groups * sum((p[1] - p[0]) * p[2] * p[3] for p in phases),
    )
