"""Compiled normalisation of channels.

A channel of a batch is a plane per image; a group of channels is one stretch of memory. Either is
read from memory once, where it fits into the second cache: statistics and result follow each
other. Channels with few elements per image are columns of a matrix (see `columns_jit`).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..jit import native, parallel
from ..simd import at, element, pointer
from ..threads import split
from .channels import batch_norm_backward as _batch_backward
from .channels import batch_norm_forward as _batch_forward
from .channels import check_channels
from .channels import group_norm_backward as _group_backward
from .channels import group_norm_forward as _group_forward
from .columns_jit import SHORT, TOGETHER, columns_backwards, normalize_columns
from .moments_jit import gradient_sums, moments, sum_of_blocks, write_gradient, write_scaled
from .rows import constant

# Multiply-adds of a convolution in the time that an element takes.
ELEMENT = 16


@parallel
def _normalize_batch(x, weight, bias, out, statistics, eps, fixed, begin, end):
    """For channels [begin, end) of x, one row per image."""
    images, pitch = x.shape
    length = pitch // len(weight)
    for channel in range(begin, end):
        planes = at(pointer(x), channel * length)
        if not fixed:
            mean, variance = moments(planes, images, pitch, length)
            statistics[0, channel], statistics[1, channel] = mean, variance
        mean = statistics[0, channel]
        scale = weight[channel] / math.sqrt(statistics[1, channel] + eps)
        shift = element(planes, mean)
        offset = element(planes, bias[channel] + (shift - mean) * scale)
        for image in range(images):
            start = image * pitch + channel * length
            write_scaled(
                at(pointer(out), start), at(pointer(x), start), length, shift,
                element(planes, scale), offset,
            )  # fmt: skip


@parallel
def _batch_backwards(g, x, weight, statistics, dx, dweight, dbias, eps, fixed, begin, end):
    images, pitch = x.shape
    length = pitch // len(weight)
    count = images * length
    for channel in range(begin, end):
        first = channel * length
        planes, mean = at(pointer(x), first), statistics[0, channel]
        rstd = 1 / math.sqrt(statistics[1, channel] + eps)
        shift = element(planes, mean)
        rest = shift - mean
        sum_g, sum_gx = gradient_sums(at(pointer(g), first), planes, images, pitch, length, shift)
        sum_gx = (sum_gx + rest * sum_g) * rstd
        dweight[channel], dbias[channel] = sum_gx, sum_g
        of_g = weight[channel] * rstd
        of_x = -of_g * rstd * sum_gx / count
        offset = rest * of_x - of_g * sum_g / count
        for image in range(images):
            start = image * pitch + first
            target, gradient = at(pointer(dx), start), at(pointer(g), start)
            if fixed:
                nothing = element(planes, 0)
                write_scaled(target, gradient, length, nothing, element(planes, of_g), nothing)
            else:
                write_gradient(
                    target, gradient, at(pointer(x), start), length, shift,
                    element(planes, of_g), element(planes, of_x), element(planes, offset),
                )  # fmt: skip


@parallel
def _normalize_groups(x, weight, bias, out, statistics, eps, begin, end):
    """For groups [begin, end) of x (groups of all samples, channels, length)."""
    _, channels, length = x.shape
    groups = len(weight) // channels
    for group in range(begin, end):
        start = group * channels * length
        row = at(pointer(x), start)
        mean, variance = moments(row, 1, 0, channels * length)
        statistics[0, group], statistics[1, group] = mean, variance
        rstd = 1 / math.sqrt(variance + eps)
        shift = element(row, mean)
        for channel in range(channels):
            place = group % groups * channels + channel
            scale = weight[place] * rstd
            offset = element(row, bias[place] + (shift - mean) * scale)
            write_scaled(
                at(pointer(out), start + channel * length), at(row, channel * length), length,
                shift, element(row, scale), offset,
            )  # fmt: skip


@parallel
def _group_backwards(g, x, weight, statistics, dx, dweight, dbias, eps, begin, end):
    """`dweight` and `dbias` hold those of each sample."""
    _, channels, length = x.shape
    groups, count = len(weight) // channels, channels * length
    for group in range(begin, end):
        start = group * count
        row, mean = at(pointer(x), start), statistics[0, group]
        rstd = 1 / math.sqrt(statistics[1, group] + eps)
        shift = element(row, mean)
        rest = shift - mean
        total_g, total_gx = 0.0, 0.0
        for channel in range(channels):
            first = start + channel * length
            plane = at(pointer(x), first)
            sum_g, sum_gx = gradient_sums(at(pointer(g), first), plane, 1, 0, length, shift)
            sum_gx = (sum_gx + rest * sum_g) * rstd
            place = group * channels + channel
            dweight[place], dbias[place] = sum_gx, sum_g
            scale = weight[group % groups * channels + channel]
            total_g += scale * sum_g
            total_gx += scale * sum_gx
        of_x = -rstd * rstd * total_gx / count
        offset = element(row, rest * of_x - rstd * total_g / count)
        for channel in range(channels):
            first = start + channel * length
            of_g = weight[group % groups * channels + channel] * rstd
            write_gradient(
                at(pointer(dx), first), at(pointer(g), first), at(pointer(x), first), length,
                shift, element(row, of_g), element(row, of_x), offset,
            )  # fmt: skip


def _weights(x: np.ndarray, weight: np.ndarray | None, value: float) -> np.ndarray:
    return constant(x.shape[1], x.dtype, value) if weight is None else native(weight)


def _images(x: np.ndarray) -> np.ndarray:
    """Return a matrix, one row per image."""
    x = native(x)
    return x if x.ndim == 2 else x.reshape(len(x), -1)


def _split_channels(
    columns: Callable[..., None],
    planes: Callable[..., None],
    arguments: tuple[Any, ...],
    channels: int,
    work: int,
) -> None:
    """Run the kernel for short channels or the one for long ones; the first argument is a matrix."""
    if arguments[0].shape[1] < SHORT * channels:
        split(columns, arguments, -(-channels // TOGETHER), work)
    else:
        split(planes, arguments, channels, work)


def batch_norm_forward(
    x: np.ndarray,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
    statistics: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    check_channels("batch_norm_forward", x, None, weight, bias, None, statistics)
    size = x.size
    if not size:
        return _batch_forward.reference(x, weight, bias, eps, statistics)
    shape = x.shape
    out, channels, fixed = np.empty(shape, x.dtype), shape[1], statistics is not None
    statistics = np.empty((2, channels)) if statistics is None else native(statistics)
    arguments = (
        _images(x), _weights(x, weight, 1), _weights(x, bias, 0), _images(out), statistics, eps,
        fixed,
    )  # fmt: skip
    _split_channels(normalize_columns, _normalize_batch, arguments, channels, size * ELEMENT)
    return out, statistics


def batch_norm_backward(
    g: np.ndarray,
    x: np.ndarray,
    statistics: np.ndarray,
    weight: np.ndarray | None = None,
    eps: float = 1e-5,
    fixed: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    check_channels("batch_norm_backward", x, None, weight, None, g, statistics)
    size = x.size
    if not size:
        return _batch_backward.reference(g, x, statistics, weight, eps, fixed)
    shape, dtype = x.shape, x.dtype
    channels = shape[1]
    dx = np.empty(shape, dtype)
    dweight, dbias = np.empty(channels, dtype), np.empty(channels, dtype)
    arguments = (
        _images(g), _images(x), _weights(x, weight, 1), native(statistics), _images(dx), dweight,
        dbias, eps, fixed,
    )  # fmt: skip
    work = size * 2 * ELEMENT
    _split_channels(columns_backwards, _batch_backwards, arguments, channels, work)
    return dx, dweight, dbias


def group_norm_forward(
    x: np.ndarray,
    groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray]:
    check_channels("group_norm_forward", x, groups, weight, bias)
    size = x.size
    if not size:
        return _group_forward.reference(x, groups, weight, bias, eps)
    shape = x.shape
    images, channels = shape[:2]
    count = images * groups
    planes = count, channels // groups, size // (images * channels)
    out, statistics = np.empty(shape, x.dtype), np.empty((2, count))
    arguments = (
        native(x).reshape(planes), _weights(x, weight, 1), _weights(x, bias, 0),
        out.reshape(planes), statistics, eps,
    )  # fmt: skip
    split(_normalize_groups, arguments, count, size * ELEMENT)
    return out, statistics


def group_norm_backward(
    g: np.ndarray,
    x: np.ndarray,
    groups: int,
    statistics: np.ndarray,
    weight: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    check_channels("group_norm_backward", x, groups, weight, None, g, statistics)
    size = x.size
    if not size:
        return _group_backward.reference(g, x, groups, statistics, weight, eps)
    shape, dtype = x.shape, x.dtype
    images, channels = shape[:2]
    count = images * groups
    planes = count, channels // groups, size // (images * channels)
    dx = np.empty(shape, dtype)
    dweight, dbias = np.empty(images * channels), np.empty(images * channels)
    arguments = (
        native(g).reshape(planes), native(x).reshape(planes), _weights(x, weight, 1),
        native(statistics), dx.reshape(planes), dweight, dbias, eps,
    )  # fmt: skip
    split(_group_backwards, arguments, count, size * 2 * ELEMENT)
    dweight, dbias = [sum_of_blocks(d, channels, dtype) for d in (dweight, dbias)]
    return dx, dweight, dbias
