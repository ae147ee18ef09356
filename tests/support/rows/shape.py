"""Rows for shapes, broadcasting, rearranging and padding."""

from __future__ import annotations

import numpy as np

import autodiff as ad

from . import Row


def _x(*shape):
    return lambda rng: [rng.standard_normal(shape)]


_STRIDED = lambda rng: [rng.standard_normal((6, 4))[::-2, ::2]]

ROWS = [
    Row("reshape", lambda x: x.reshape(2, 6), _x(3, 4), lambda torch, x: x.reshape(2, 6)),
    Row("reshape -1", lambda x: x.reshape((-1, 2)), _x(3, 4), lambda torch, x: x.reshape((-1, 2))),
    Row(
        "reshape that copies",
        lambda x: x.T.reshape(6, 2),
        _x(3, 4),
        lambda torch, x: x.T.reshape(6, 2),
    ),
    Row("reshape 0-d", lambda x: x.reshape(1, 1), _x(), lambda torch, x: x.reshape(1, 1)),
    Row("reshape empty", lambda x: x.reshape(3, 0), _x(0, 2), lambda torch, x: x.reshape(3, 0)),
    Row("reshape strided", lambda x: x.reshape(-1), _STRIDED, lambda torch, x: x.reshape(-1)),
    Row(
        "view",
        lambda x: x.reshape(12).view(4, 3),
        _x(3, 4),
        lambda torch, x: x.reshape(12).view(4, 3),
    ),
    Row("flatten", lambda x: x.flatten(1), _x(2, 3, 2), lambda torch, x: x.flatten(1)),
    Row("flatten 0-d", lambda x: x.flatten(), _x(), lambda torch, x: x.flatten()),
    Row(
        "unflatten",
        lambda x: x.unflatten(1, (2, -1)),
        _x(2, 6),
        lambda torch, x: x.unflatten(1, (2, -1)),
    ),
    Row("ravel", lambda x: x.ravel(), _x(2, 3), lambda torch, x: x.ravel()),
    Row("squeeze", lambda x: x.squeeze(), _x(1, 3, 1), lambda torch, x: x.squeeze()),
    Row(
        "squeeze dim", lambda x: x.squeeze((0, 1)), _x(1, 3, 1), lambda torch, x: x.squeeze((0, 1))
    ),
    Row("unsqueeze", lambda x: x.unsqueeze(-2), _x(3, 2), lambda torch, x: x.unsqueeze(-2)),
    Row(
        "transpose", lambda x: x.transpose(0, -1), _x(2, 3, 4), lambda torch, x: x.transpose(0, -1)
    ),
    Row("t", lambda x: x.t(), _x(2, 3), lambda torch, x: x.t()),
    Row("T", lambda x: x.T, _x(2, 3), lambda torch, x: x.T),
    Row("mT", lambda x: x.mT, _x(2, 3, 4), lambda torch, x: x.mT),
    Row("permute", lambda x: x.permute(2, 0, 1), _x(2, 3, 4), lambda torch, x: x.permute(2, 0, 1)),
    Row(
        "movedim",
        lambda x: x.movedim((0, 1), (-1, 0)),
        _x(2, 3, 4),
        lambda torch, x: x.movedim((0, 1), (-1, 0)),
    ),
    Row("expand", lambda x: x.expand(2, -1, 3), _x(2, 1), lambda torch, x: x.expand(2, -1, 3)),
    Row("expand 0-d", lambda x: x.expand(2, 3), _x(), lambda torch, x: x.expand(2, 3)),
    Row(
        "broadcast_to",
        lambda x: ad.broadcast_to(x, (2, 3, 4)),
        _x(3, 1),
        lambda torch, x: torch.broadcast_to(x, (2, 3, 4)),
    ),
    Row(
        "broadcast_tensors",
        lambda x, y: ad.broadcast_tensors(x, y),
        lambda rng: [rng.standard_normal((3, 1)), rng.standard_normal(2)],
        lambda torch, x, y: torch.broadcast_tensors(x, y),
    ),
    Row("flip", lambda x: x.flip(0, 2), _x(2, 3, 2), lambda torch, x: x.flip(0, 2)),
    Row("fliplr", lambda x: ad.fliplr(x), _x(2, 3), lambda torch, x: torch.fliplr(x)),
    Row("flipud", lambda x: ad.flipud(x), _x(2, 3), lambda torch, x: torch.flipud(x)),
    *[
        Row(
            f"rot90 k={k}",
            lambda x, k=k: ad.rot90(x, k, (2, 0)),
            _x(2, 2, 3),
            lambda torch, x, k=k: torch.rot90(x, k, (2, 0)),
        )
        for k in (-1, 0, 1, 2)
    ],
    Row("roll", lambda x: x.roll(2), _x(2, 3), lambda torch, x: x.roll(2)),
    Row(
        "roll dims",
        lambda x: x.roll((1, -2, 1), (0, 1, 0)),
        _x(3, 4),
        lambda torch, x: x.roll((1, -2, 1), (0, 1, 0)),
    ),
    Row("tile", lambda x: x.tile(2), _x(2, 3), lambda torch, x: x.tile(2)),
    Row("tile new axes", lambda x: x.tile(2, 1, 3), _x(2, 2), lambda torch, x: x.tile(2, 1, 3)),
    Row("repeat", lambda x: x.repeat(2, 3), _x(2), lambda torch, x: x.repeat(2, 3)),
    Row("repeat 0-d", lambda x: x.repeat(3), _x(), lambda torch, x: x.repeat(3)),
    Row("repeat zero", lambda x: x.repeat(0, 2), _x(2), lambda torch, x: x.repeat(0, 2)),
    Row(
        "repeat_interleave",
        lambda x: x.repeat_interleave(2),
        _x(2, 3),
        lambda torch, x: x.repeat_interleave(2),
    ),
    Row(
        "repeat_interleave dim",
        lambda x: x.repeat_interleave(3, 1),
        _x(2, 3),
        lambda torch, x: x.repeat_interleave(3, 1),
    ),
    Row(
        "repeat_interleave table",
        lambda x: x.repeat_interleave(ad.tensor([2, 0, 3]), dim=1),
        _x(2, 3),
        lambda torch, x: x.repeat_interleave(torch.tensor([2, 0, 3]), dim=1),
    ),
    Row("unfold", lambda x: x.unfold(1, 3, 2), _x(2, 7), lambda torch, x: x.unfold(1, 3, 2)),
    Row("unfold gaps", lambda x: x.unfold(0, 2, 3), _x(9, 2), lambda torch, x: x.unfold(0, 2, 3)),
    Row(
        "pad",
        lambda x: ad.pad(x, (1, 2)),
        _x(2, 3),
        lambda torch, x: torch.nn.functional.pad(x, (1, 2)),
    ),
    Row(
        "pad value",
        lambda x: ad.pad(x, (1, 0, 0, 2), value=3.5),
        _x(2, 3),
        lambda torch, x: torch.nn.functional.pad(x, (1, 0, 0, 2), value=3.5),
    ),
    Row(
        "pad negative",
        lambda x: ad.pad(x, (-1, 2, 1, -1)),
        _x(3, 4),
        lambda torch, x: torch.nn.functional.pad(x, (-1, 2, 1, -1)),
    ),
    *[
        Row(
            f"pad {mode}",
            lambda x, mode=mode: ad.pad(x, (2, 1, 0, 2), mode),
            _x(1, 2, 3, 4),
            lambda torch, x, mode=mode: torch.nn.functional.pad(x, (2, 1, 0, 2), mode),
        )
        for mode in ("reflect", "replicate", "circular")
    ],
    Row(
        "np.expand_dims",
        lambda x: np.expand_dims(x, (0, 2)),
        _x(3),
        lambda torch, x: x[None, :, None],
    ),
]
