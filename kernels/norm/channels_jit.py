"""Compiled normalisation of channels.

A channel of a batch is a plane per image; a group of channels is one stretch of memory. Either is
read from memory once, where it fits into the second cache: statistics and result follow each
other. Channels with few elements per image are columns of a matrix (see `columns_jit`).
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

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
from .moments_jit import gradient_sums, moments, write_gradient, write_scaled

# Multiply-adds of a convolution in the time that an element takes.
ELEMENT = 16


@parallel
def _normalize_batch(x, weight, bias, out, statistics, eps, fixed, begin, end):
    """For channels [begin, end) of x (N, C, length)."""
    images, channels, length = x.shape
    pitch = channels * length
    for channel in range(begin, end):
        planes = at(pointer(x), channel * length)
        if not fixed:
            mean, variance = moments(planes, images, pitch, length, True)
            statistics[0, channel], statistics[1, channel] = mean, variance
        mean = statistics[0, channel]
        scale = weight[channel] / math.sqrt(statistics[1, channel] + eps)
        shift = element(planes, mean)
        offset = element(planes, bias[channel] + (shift - mean) * scale)
        for image in range(images):
            start = (image * channels + channel) * length
            write_scaled(
                at(pointer(out), start), at(pointer(x), start), length, shift,
                element(planes, scale), offset,
            )  # fmt: skip


@parallel
def _batch_backwards(g, x, weight, statistics, dx, dweight, dbias, eps, fixed, begin, end):
    images, channels, length = x.shape
    pitch, count = channels * length, images * length
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
        mean, variance = moments(row, 1, 0, channels * length, True)
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
    """`dweight` and `dbias` (groups, channels) are those of each group."""
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
            dweight[group, channel], dbias[group, channel] = sum_gx, sum_g
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
    return np.full(x.shape[1], value, x.dtype) if weight is None else native(weight)


def _planes(x: np.ndarray, *shape: int) -> np.ndarray:
    return native(x).reshape(*shape, -1)


def batch_norm_forward(
    x: np.ndarray,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
    statistics: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    check_channels("batch_norm_forward", x, None, weight, bias, None, statistics)
    if not x.size:
        return _batch_forward.reference(x, weight, bias, eps, statistics)
    out, channels = np.empty(x.shape, x.dtype), x.shape[1]
    fixed = statistics is not None
    statistics = np.empty((2, channels)) if statistics is None else native(statistics)
    planes = _planes(x, *x.shape[:2])
    arguments = (
        planes, _weights(x, weight, 1), _weights(x, bias, 0), out.reshape(planes.shape),
        statistics, eps, fixed,
    )  # fmt: skip
    if planes.shape[2] < SHORT:
        count = -(-channels // TOGETHER)
        split(normalize_columns, arguments, count, x.size * ELEMENT)
    else:
        split(_normalize_batch, arguments, channels, x.size * ELEMENT)
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
    if not x.size:
        return _batch_backward.reference(g, x, statistics, weight, eps, fixed)
    channels = x.shape[1]
    dx, dweight, dbias = [np.empty(s, x.dtype) for s in (x.shape, channels, channels)]
    planes = _planes(x, *x.shape[:2])
    arguments = (
        native(g).reshape(planes.shape), planes, _weights(x, weight, 1), native(statistics),
        dx.reshape(planes.shape), dweight, dbias, eps, fixed,
    )  # fmt: skip
    if planes.shape[2] < SHORT:
        count = -(-channels // TOGETHER)
        split(columns_backwards, arguments, count, x.size * 2 * ELEMENT)
    else:
        split(_batch_backwards, arguments, channels, x.size * 2 * ELEMENT)
    return dx, dweight, dbias


def group_norm_forward(
    x: np.ndarray,
    groups: int,
    weight: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray]:
    check_channels("group_norm_forward", x, groups, weight, bias)
    if not x.size:
        return _group_forward.reference(x, groups, weight, bias, eps)
    out, statistics = np.empty(x.shape, x.dtype), np.empty((2, x.shape[0] * groups))
    planes = _planes(x, x.shape[0] * groups, x.shape[1] // groups)
    arguments = (
        planes, _weights(x, weight, 1), _weights(x, bias, 0), out.reshape(planes.shape),
        statistics, eps,
    )  # fmt: skip
    split(_normalize_groups, arguments, len(planes), x.size * ELEMENT)
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
    if not x.size:
        return _group_backward.reference(g, x, groups, statistics, weight, eps)
    dx = np.empty(x.shape, x.dtype)
    planes = _planes(x, x.shape[0] * groups, x.shape[1] // groups)
    dweight, dbias = np.empty((2, *planes.shape[:2]))
    arguments = (
        native(g).reshape(planes.shape), planes, _weights(x, weight, 1), native(statistics),
        dx.reshape(planes.shape), dweight, dbias, eps,
    )  # fmt: skip
    split(_group_backwards, arguments, len(planes), x.size * 2 * ELEMENT)
    # The sums over the samples: float64, so that they may be taken in any order worth having.
    dweight, dbias = [d.reshape(x.shape[:2]).sum(axis=0).astype(x.dtype) for d in (dweight, dbias)]
    return dx, dweight, dbias
