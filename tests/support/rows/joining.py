"""Rows for joining and splitting."""

from __future__ import annotations

import autodiff as ad

from . import Row


def _xs(*shapes):
    return lambda rng: [rng.standard_normal(shape) for shape in shapes]


ROWS = [
    Row(
        "cat",
        lambda x, y: ad.cat((x, y)),
        _xs((2, 3), (1, 3)),
        lambda torch, x, y: torch.cat((x, y)),
    ),
    Row(
        "cat dim -1, one twice",
        lambda x, y: ad.cat([x, y, x], dim=-1),
        _xs((2, 3), (2, 0)),
        lambda torch, x, y: torch.cat([x, y, x], dim=-1),
    ),
    Row(
        "cat with a constant",
        lambda x: ad.cat([ad.ones(1, 3, dtype=ad.float64), x]),
        _xs((2, 3)),
        lambda torch, x: torch.cat([torch.ones(1, 3, dtype=torch.float64), x]),
    ),
    Row(
        "stack",
        lambda x, y: ad.stack([x, y]),
        _xs((2, 3), (2, 3)),
        lambda torch, x, y: torch.stack([x, y]),
    ),
    Row(
        "stack dim",
        lambda x, y: ad.stack([x, y], -1),
        _xs((2, 3), (2, 3)),
        lambda torch, x, y: torch.stack([x, y], -1),
    ),
    Row(
        "stack 0-d",
        lambda x, y: ad.stack([x, y]),
        _xs((), ()),
        lambda torch, x, y: torch.stack([x, y]),
    ),
    *[
        Row(
            name,
            lambda x, y, name=name: getattr(ad, name)([x, y]),
            _xs(shape, shape),
            lambda torch, x, y, name=name: getattr(torch, name)([x, y]),
        )
        for name in ("hstack", "vstack", "dstack", "column_stack")
        for shape in [(3,)]
    ],
    *[
        Row(
            f"{name} matrices",
            lambda x, y, name=name: getattr(ad, name)([x, y]),
            _xs((2, 3), (2, 3)),
            lambda torch, x, y, name=name: getattr(torch, name)([x, y]),
        )
        for name in ("hstack", "vstack", "dstack", "column_stack")
    ],
    Row("split", lambda x: ad.split(x, 2), _xs((5, 2)), lambda torch, x: torch.split(x, 2)),
    Row(
        "split sections",
        lambda x: x.split([1, 0, 3], 1),
        _xs((2, 4)),
        lambda torch, x: x.split([1, 0, 3], 1),
    ),
    Row(
        "split, one part used", lambda x: x.split(2)[1], _xs((5, 2)), lambda torch, x: x.split(2)[1]
    ),
    Row("chunk", lambda x: x.chunk(3, dim=1), _xs((2, 7)), lambda torch, x: x.chunk(3, dim=1)),
    Row(
        "tensor_split",
        lambda x: x.tensor_split(3, dim=1),
        _xs((2, 7)),
        lambda torch, x: x.tensor_split(3, dim=1),
    ),
    Row(
        "tensor_split positions",
        lambda x: x.tensor_split((1, 3)),
        _xs((5,)),
        lambda torch, x: x.tensor_split((1, 3)),
    ),
    Row("unbind", lambda x: x.unbind(1), _xs((2, 3)), lambda torch, x: x.unbind(1)),
    Row("hsplit", lambda x: x.hsplit(2), _xs((2, 4)), lambda torch, x: x.hsplit(2)),
    Row("vsplit", lambda x: x.vsplit((1,)), _xs((3, 2)), lambda torch, x: x.vsplit((1,))),
    Row("dsplit", lambda x: x.dsplit(2), _xs((1, 2, 4)), lambda torch, x: x.dsplit(2)),
    Row("iteration", lambda x: tuple(x), _xs((3, 2)), lambda torch, x: tuple(x)),
    Row(
        "meshgrid",
        lambda x, y: ad.meshgrid(x, y, indexing="ij"),
        _xs((3,), (2,)),
        lambda torch, x, y: torch.meshgrid(x, y, indexing="ij"),
    ),
    Row(
        "meshgrid xy",
        lambda x, y: ad.meshgrid(x, y, indexing="xy"),
        _xs((3,), (2,)),
        lambda torch, x, y: torch.meshgrid(x, y, indexing="xy"),
    ),
]
