"""Rows for indexing, gathering, scattering, filling and in-place writing."""

from __future__ import annotations

import numpy as np

import autodiff as ad

from . import Row


def _xs(*shapes):
    return lambda rng: [rng.standard_normal(shape) for shape in shapes]


_MASK = np.array([[True, False, True], [False, True, True]])
_TABLE = np.array([[0, 2], [2, 2]])


def _indexed(name, index):
    """A row for ``x[index]`` of a (2, 3) tensor."""
    return Row(f"x[{name}]", lambda x: x[index], _xs((2, 3)), lambda torch, x: x[index])


def _assigned(name, index, shape, torch=True):
    """A row for ``x[index] = v`` of a (2, 3) tensor."""

    def call(x, v):
        y = x * 1.0
        y[index] = v
        return y

    return Row(
        f"x[{name}] = {shape}",
        call,
        _xs((2, 3), shape),
        (lambda _, x, v: call(x, v)) if torch else None,
    )


def _inplace(name, change, *shapes, torch=True):
    """A row for an operation that writes into (a view of) a copy of the first input."""

    def call(lib, x, *rest):
        y = x.reshape(-1).reshape(x.shape) * 1.0  # contiguous, whatever x is
        change(lib, y, *rest)
        return y

    return Row(
        f"in place: {name}",
        lambda *xs: call(ad, *xs),
        _xs(*shapes),
        (lambda lib, *xs: call(lib, *xs)) if torch else None,
    )


def _loop(lib, y, v):
    for i in range(3):
        y[i] = y[i - 1] + v * i
        y[:, 0] *= 2.0


ROWS = [
    _indexed("1", 1),
    _indexed("1, 2", (1, 2)),
    _indexed("...", ...),
    _indexed("()", ()),
    _indexed(":, 1:", (slice(None), slice(1, None))),
    _indexed("None, :, None, 0", (None, slice(None), None, 0)),
    _indexed("..., -1", (..., -1)),
    Row(
        "x[::-1, ::-2]", lambda x: x[::-1, ::-2], _xs((2, 3)), lambda torch, x: x.flip(0, 1)[:, ::2]
    ),
    _indexed("[0, 0, 1]", [0, 0, 1]),
    _indexed(":, [0, 0, -1]", (slice(None), [0, 0, -1])),
    _indexed("table", (slice(None), _TABLE)),
    _indexed("[0, 1], [2, 2]", ([0, 1], [2, 2])),
    _indexed("table, table", ([[0], [1]], [[2, 2, 0]])),
    _indexed("mask", _MASK),
    _indexed("row mask", np.array([False, True])),
    _indexed(":, mask, None", (slice(None), np.array([False, True, True]), None)),
    _indexed("0, mask", (0, np.array([False, True, True]))),
    _indexed("None, [1], 0", (None, [1, 1], 0)),
    _indexed("no rows", (slice(0, 0),)),
    _indexed("True", True),
    Row(
        "x[tensor]",
        lambda x: x[ad.tensor([1, 0, 1])],
        _xs((2, 3)),
        lambda torch, x: x[torch.tensor([1, 0, 1])],
    ),
    _assigned("0", 0, (3,)),
    _assigned("0", 0, ()),
    _assigned("0", 0, (1, 3)),
    _assigned("1, 2", (1, 2), ()),
    _assigned(":, 1:", (slice(None), slice(1, None)), (2, 1)),
    _assigned("...", ..., (2, 3)),
    _assigned("mask", _MASK, (4,)),
    _assigned("mask", _MASK, ()),
    _assigned("[1, 0]", [1, 0], (2, 3)),
    _assigned("::-1", (slice(None, None, -1),), (2, 3), torch=False),
    _assigned("[0, 0]", [0, 0], (2, 3), torch=False),
    _assigned("[0, 0, 1, 0], [2, 2, 1, 2]", ([0, 0, 1, 0], [2, 2, 1, 2]), (), torch=False),
    _assigned("table", (slice(None), np.array([[0, 0], [0, 2]])), (2, 2, 1), torch=False),
    Row("narrow", lambda x: x.narrow(1, 1, 2), _xs((2, 4)), lambda torch, x: x.narrow(1, 1, 2)),
    Row("select", lambda x: x.select(1, -1), _xs((2, 4)), lambda torch, x: x.select(1, -1)),
    Row(
        "masked_select",
        lambda x: ad.masked_select(x, ad.tensor(_MASK)),
        _xs((3,)),
        lambda torch, x: torch.masked_select(x, torch.tensor(_MASK)),
    ),
    Row(
        "masked_scatter",
        lambda x, v: ad.masked_scatter(x, ad.tensor(_MASK), v),
        _xs((2, 3), (2, 3)),
        lambda torch, x, v: torch.masked_scatter(x, torch.tensor(_MASK), v),
    ),
    Row(
        "take",
        lambda x: x.take(ad.tensor([[0, -1], [0, 2]])),
        _xs((2, 3)),
        lambda torch, x: x.take(torch.tensor([[0, -1], [0, 2]])),
    ),
    Row(
        "index_put",
        lambda x, v: ad.index_put(x, (ad.tensor([1, 0]),), v),
        _xs((2, 3), (2, 3)),
        lambda torch, x, v: torch.index_put(x, (torch.tensor([1, 0]),), v),
    ),
    Row(
        "index_put accumulate",
        lambda x, v: ad.index_put(
            x, (ad.tensor([1, 1, 0]), ad.tensor([2, 2, 0])), v, accumulate=True
        ),
        _xs((2, 3), (1,)),
        lambda torch, x, v: torch.index_put(
            x, (torch.tensor([1, 1, 0]), torch.tensor([2, 2, 0])), v, accumulate=True
        ),
    ),
    Row(
        "gather",
        lambda x: x.gather(1, ad.tensor(_TABLE)),
        _xs((2, 3)),
        lambda torch, x: x.gather(1, torch.tensor(_TABLE)),
    ),
    Row(
        "gather small table",
        lambda x: x.gather(0, ad.tensor([[1, 1]])),
        _xs((2, 3)),
        lambda torch, x: x.gather(0, torch.tensor([[1, 1]])),
    ),
    Row(
        "gather 0-d",
        lambda x: x.gather(0, ad.tensor(0)),
        _xs(()),
        lambda torch, x: x.gather(0, torch.tensor(0)),
    ),
    Row(
        "index_select",
        lambda x: x.index_select(1, ad.tensor([2, 2, 0])),
        _xs((2, 3)),
        lambda torch, x: x.index_select(1, torch.tensor([2, 2, 0])),
    ),
    Row(
        "index_select 0-d",
        lambda x: x.index_select(0, ad.tensor([0])),
        _xs(()),
        lambda torch, x: x.index_select(0, torch.tensor([0])),
    ),
    Row(
        "take_along_dim",
        lambda x: ad.take_along_dim(x, ad.tensor([[2, 0, 0]]), 1),
        _xs((2, 3)),
        lambda torch, x: torch.take_along_dim(x, torch.tensor([[2, 0, 0]]), 1),
    ),
    Row(
        "take_along_dim flat",
        lambda x: ad.take_along_dim(x, ad.tensor([5, 5])),
        _xs((2, 3)),
        lambda torch, x: torch.take_along_dim(x, torch.tensor([5, 5])),
    ),
    Row(
        "np.take_along_axis",
        lambda x: np.take_along_axis(x, np.array([[-1, 0]]), 1),
        _xs((2, 3)),
        lambda torch, x: x[:, [-1, 0]],
    ),
    Row(
        "scatter",
        lambda x, v: x.scatter(1, ad.tensor([[2, 0], [1, 2]]), v),
        _xs((2, 3), (2, 2)),
        lambda torch, x, v: x.scatter(1, torch.tensor([[2, 0], [1, 2]]), v),
    ),
    Row(
        "scatter larger source",
        lambda x, v: x.scatter(1, ad.tensor([[2, 0], [1, 2]]), v),
        _xs((2, 3), (3, 2)),
    ),
    Row(
        "scatter value",
        lambda x: x.scatter(1, ad.tensor(_TABLE), 2.5),
        _xs((2, 3)),
        lambda torch, x: x.scatter(1, torch.tensor(_TABLE), 2.5),
    ),
    Row("scatter repeated", lambda x, v: x.scatter(1, ad.tensor(_TABLE), v), _xs((2, 3), (2, 2))),
    Row(
        "scatter_add",
        lambda x, v: x.scatter_add(1, ad.tensor(_TABLE), v),
        _xs((2, 3), (2, 2)),
        lambda torch, x, v: x.scatter_add(1, torch.tensor(_TABLE), v),
    ),
    Row(
        "scatter_add larger source",
        lambda x, v: x.scatter_add(1, ad.tensor(_TABLE), v),
        _xs((2, 3), (2, 3)),
    ),
    Row(
        "index_add",
        lambda x, v: x.index_add(1, ad.tensor([2, 2, 0]), v, alpha=2.0),
        _xs((2, 3), (2, 3)),
        lambda torch, x, v: x.index_add(1, torch.tensor([2, 2, 0]), v, alpha=2.0),
    ),
    Row(
        "index_add first axis",
        lambda x, v: x.index_add(0, ad.tensor([1, 1, 0]), v),
        _xs((2, 3), (3, 3)),
        lambda torch, x, v: x.index_add(0, torch.tensor([1, 1, 0]), v),
    ),
    Row(
        "index_copy",
        lambda x, v: x.index_copy(1, ad.tensor([2, 0]), v),
        _xs((2, 3), (2, 2)),
        lambda torch, x, v: x.index_copy(1, torch.tensor([2, 0]), v),
    ),
    Row(
        "index_copy repeated",
        lambda x, v: x.index_copy(0, ad.tensor([1, 1]), v),
        _xs((2, 3), (2, 3)),
    ),
    Row(
        "index_fill",
        lambda x, v: x.index_fill(1, ad.tensor([2, 0]), v),
        _xs((2, 3), ()),
        lambda torch, x, v: x.index_fill(1, torch.tensor([2, 0]), v),
    ),
    _inplace("mul_", lambda lib, y, v: y.mul_(v), (2, 3), (3,)),
    _inplace("y *= y", lambda lib, y: y.mul_(y), (2, 3), torch=False),
    _inplace("y[0] += v", lambda lib, y, v: y[0].add_(v), (2, 3), (3,)),
    _inplace("view of a view", lambda lib, y, v: y.t()[1:][0].mul_(v), (2, 3), (2,)),
    _inplace(
        "diagonal of slices", lambda lib, y, v: y[:, 1:].transpose(0, 1)[0, :].mul_(v), (2, 3), (2,)
    ),
    _inplace("through a reshape", lambda lib, y, v: y.view(-1)[1:4].mul_(v), (2, 3), (3,)),
    _inplace("copy_", lambda lib, y, v: y.copy_(v), (2, 3), (3,)),
    _inplace("copy_ to a view", lambda lib, y, v: y[:, 1].copy_(v), (2, 3), ()),
    _inplace("fill_ with a tensor", lambda lib, y, v: y[1].fill_(v), (2, 3), ()),
    _inplace("zero_", lambda lib, y: y.zero_(), (2, 3)),
    _inplace("zero_ of a view", lambda lib, y: y[:, 1].zero_(), (2, 3)),
    _inplace("loop", _loop, (3, 2), (2,)),
    _inplace("overlapping", lambda lib, y: y.__setitem__(slice(1, None), y[:-1] * 1.0), (3, 2)),
    _inplace("swap", lambda lib, y: y.__setitem__(slice(None), y.flip(0)), (3, 2)),
    _inplace("own view assigned", lambda lib, y: y.__setitem__((slice(None), 0), y[:, 1]), (3, 2)),
]
