"""Convolutions and transposed convolutions."""

from __future__ import annotations

import autodiff as ad

from . import Row


def _inputs(x, w, b=None):
    """Random input, weight and (perhaps) bias of these shapes."""
    shapes = [x, w] if b is None else [x, w, (b,)]
    return lambda rng: [rng.normal(size=shape) for shape in shapes]


def _row(label, function, inputs, **options):
    return Row(
        f"{function} {label}",
        lambda *xs: getattr(ad, function)(*xs, **options),
        inputs,
        lambda torch, *xs: getattr(torch.nn.functional, function)(*xs, **options),
    )


_IMAGES = (2, 2, 5, 4)
_VOLUMES = (1, 2, 3, 4, 3)

ROWS = [
    _row("plain", "conv2d", _inputs(_IMAGES, (3, 2, 3, 2))),
    _row("bias", "conv2d", _inputs(_IMAGES, (3, 2, 3, 2), 3)),
    _row("no batch", "conv2d", _inputs(_IMAGES[1:], (3, 2, 3, 2), 3)),
    _row("stride", "conv2d", _inputs(_IMAGES, (3, 2, 2, 2), 3), stride=(2, 1)),
    _row("padding", "conv2d", _inputs(_IMAGES, (3, 2, 3, 2), 3), padding=(1, 2), stride=2),
    _row("same", "conv2d", _inputs(_IMAGES, (3, 2, 2, 3), 3), padding="same", dilation=(2, 1)),
    _row("dilation", "conv2d", _inputs(_IMAGES, (3, 2, 2, 2), 3), dilation=(2, 3), padding=1),
    _row("groups", "conv2d", _inputs(_IMAGES, (4, 1, 2, 2), 4), groups=2),
    _row("plain", "conv1d", _inputs((2, 2, 6), (3, 2, 3), 3)),
    _row("no batch", "conv1d", _inputs((2, 6), (3, 2, 3))),
    _row("options", "conv1d", _inputs((2, 4, 7), (2, 2, 2), 2), stride=2, padding=1, groups=2),
    _row("plain", "conv_transpose2d", _inputs((2, 2, 3, 2), (2, 3, 2, 3), 3)),
    _row("no batch", "conv_transpose2d", _inputs((2, 3, 2), (2, 3, 2, 3))),
    _row(
        "options",
        "conv_transpose2d",
        _inputs((1, 4, 3, 2), (4, 1, 2, 3), 2),
        stride=(2, 1),
        padding=(1, 0),
        groups=2,
    ),
    _row(
        "output_padding",
        "conv_transpose2d",
        _inputs((1, 2, 2, 2), (2, 2, 2, 2), 2),
        stride=2,
        output_padding=1,
        dilation=(1, 3),
    ),
    _row("plain", "conv_transpose1d", _inputs((2, 2, 3), (2, 3, 2), 3)),
    _row(
        "output_padding",
        "conv_transpose1d",
        _inputs((1, 2, 3), (2, 1, 2), 1),
        dilation=3,
        output_padding=2,
    ),
    _row("plain", "conv3d", _inputs(_VOLUMES, (3, 2, 2, 2, 2), 3)),
    _row("no batch", "conv3d", _inputs(_VOLUMES[1:], (2, 2, 2, 3, 1))),
    _row(
        "options",
        "conv3d",
        _inputs(_VOLUMES, (4, 1, 2, 2, 1), 4),
        stride=(1, 2, 1),
        padding=(1, 0, 1),
        dilation=(2, 1, 1),
        groups=2,
    ),
    _row("same", "conv3d", _inputs(_VOLUMES, (1, 2, 2, 3, 1)), padding="same"),
    _row("plain", "conv_transpose3d", _inputs((1, 2, 2, 2, 1), (2, 2, 2, 1, 2), 2)),
    _row("no batch", "conv_transpose3d", _inputs((2, 2, 1, 2), (2, 1, 2, 2, 1))),
    _row(
        "options",
        "conv_transpose3d",
        _inputs((1, 2, 2, 1, 2), (2, 1, 2, 2, 2), 2),
        stride=(2, 1, 2),
        padding=(1, 0, 0),
        output_padding=(1, 0, 0),
        groups=2,
    ),
]
