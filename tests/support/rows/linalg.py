"""Products of matrices and vectors, einsum, affine maps, diagonals and triangles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autodiff as ad

from . import Row


def _of(*shapes: tuple[int, ...]) -> Callable[[np.random.Generator], list[np.ndarray]]:
    return lambda rng: [rng.normal(size=shape) for shape in shapes]


def _matmul(x_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> Row:
    return Row(
        f"matmul {x_shape} {y_shape}",
        lambda x, y: x @ y,
        _of(x_shape, y_shape),
        lambda torch, x, y: x @ y,
    )


def _einsum(equation: str, *shapes: tuple[int, ...], torch: bool = True) -> Row:
    def twin(torch: Any, *xs: Any) -> Any:
        return torch.einsum(equation, *xs)

    return Row(
        f"einsum {equation}",
        lambda *xs: ad.einsum(equation, *xs),
        _of(*shapes),
        twin if torch else None,
    )


_VECTOR, _MATRIX, _BATCH = (3,), (2, 3), (2, 2, 3)

ROWS = [
    *[
        _matmul(x, y)
        for x, y in [
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3, 4)),
            ((2, 2, 3), (3,)),
            ((3,), (2, 3, 2)),
            ((2, 4, 3), (3, 2)),
            ((2, 3), (4, 3, 2)),
            ((4, 2, 3), (4, 3, 2)),
            ((2, 1, 2, 3), (4, 3, 2)),
            ((1, 2, 3), (4, 3, 2)),
            ((0, 3), (3, 2)),
            ((2, 0), (0, 3)),
        ]
    ],
    Row(
        "matmul transposed",
        lambda x, y: x.swapaxes(0, 1) @ y.swapaxes(0, 1),
        _of((3, 2), (4, 3)),
        lambda torch, x, y: x.T @ y.T,
    ),
    Row(
        "numpy.matmul", lambda x, y: np.matmul(x, y), _of((2, 3), (3, 2)), lambda torch, x, y: x @ y
    ),
    Row(
        "numpy.dot",
        lambda x, y: np.dot(x, y),
        _of((2, 3), (4, 3, 2)),
        lambda torch, x, y: torch.tensordot(x, y, ([-1], [-2])),
    ),
    Row("mm", lambda x, y: ad.mm(x, y), _of((2, 3), (3, 2)), lambda torch, x, y: torch.mm(x, y)),
    Row("mv", lambda x, y: x.mv(y), _of((2, 3), (3,)), lambda torch, x, y: x.mv(y)),
    Row("bmm", lambda x, y: ad.bmm(x, y), _of((2, 2, 3), (2, 3, 2)), lambda torch, x, y: x.bmm(y)),
    Row("dot", lambda x, y: x.dot(y), _of((3,), (3,)), lambda torch, x, y: x.dot(y)),
    Row(
        "inner",
        lambda x, y: ad.inner(x, y),
        _of((2, 3), (4, 2, 3)),
        lambda torch, x, y: torch.inner(x, y),
    ),
    Row(
        "inner vector",
        lambda x, y: ad.inner(x, y),
        _of((2, 3), (3,)),
        lambda torch, x, y: torch.inner(x, y),
    ),
    Row("outer", lambda x, y: x.outer(y), _of((2,), (3,)), lambda torch, x, y: x.outer(y)),
    Row(
        "numpy.outer",
        lambda x, y: np.outer(x, y),
        _of((2, 2), (3,)),
        lambda torch, x, y: torch.outer(x.flatten(), y),
    ),
    Row(
        "addmm",
        lambda z, x, y: ad.addmm(z, x, y),
        _of((2,), (3, 4), (4, 2)),
        lambda torch, z, x, y: torch.addmm(z, x, y),
    ),
    Row(
        "addmm scaled",
        lambda z, x, y: z.addmm(x, y, beta=0.5, alpha=2),
        _of((3, 2), (3, 4), (4, 2)),
        lambda torch, z, x, y: z.addmm(x, y, beta=0.5, alpha=2),
    ),
    Row(
        "baddbmm",
        lambda z, x, y: ad.baddbmm(z, x, y, beta=2),
        _of((1, 2), (2, 3, 4), (2, 4, 2)),
        lambda torch, z, x, y: torch.baddbmm(z, x, y, beta=2),
    ),
    Row(
        "kron", lambda x, y: ad.kron(x, y), _of((2, 3), (2,)), lambda torch, x, y: torch.kron(x, y)
    ),
    Row(
        "cross",
        lambda x, y: ad.cross(x, y),
        _of((2, 3), (2, 3)),
        lambda torch, x, y: torch.linalg.cross(x, y),
    ),
    Row(
        "cross dim",
        lambda x, y: x.cross(y, 0),
        _of((3, 2), (3, 1)),
        lambda torch, x, y: torch.linalg.cross(x, y, dim=0),
    ),
    Row(
        "numpy.cross",
        lambda x, y: np.cross(x, y),
        _of((3, 3), (3, 3)),
        lambda torch, x, y: torch.linalg.cross(x, y),
    ),
    Row(
        "linear",
        lambda x, w, b: ad.linear(x, w, b),
        _of((4, 3), (2, 3), (2,)),
        lambda torch, x, w, b: torch.nn.functional.linear(x, w, b),
    ),
    Row(
        "linear batch",
        lambda x, w, b: ad.linear(x, w, b),
        _of((2, 4, 3), (2, 3), (2,)),
        lambda torch, x, w, b: torch.nn.functional.linear(x, w, b),
    ),
    Row(
        "linear vector",
        lambda x, w, b: ad.linear(x, w, b),
        _of((3,), (2, 3), (2,)),
        lambda torch, x, w, b: torch.nn.functional.linear(x, w, b),
    ),
    Row(
        "linear without bias",
        lambda x, w: ad.linear(x, w),
        _of((4, 3), (2, 3)),
        lambda torch, x, w: torch.nn.functional.linear(x, w),
    ),
    Row(
        "linear of one output",
        lambda x, w, b: ad.linear(x, w, b),
        _of((2, 4, 3), (3,), ()),
        lambda torch, x, w, b: x @ w + b,
    ),
    Row(
        "linear of nothing",
        lambda x, w, b: ad.linear(x, w, b),
        _of((0, 3), (2, 3), (2,)),
        lambda torch, x, w, b: torch.nn.functional.linear(x, w, b),
    ),
    Row(
        "bilinear",
        lambda x, y, w, b: ad.bilinear(x, y, w, b),
        _of((4, 2), (4, 3), (2, 2, 3), (2,)),
        lambda torch, x, y, w, b: torch.nn.functional.bilinear(x, y, w, b),
    ),
    _einsum("ij,jk->ik", (2, 3), (3, 2)),
    _einsum("ij,jk->ki", (2, 3), (3, 4)),
    _einsum("ij,jk", (2, 3), (3, 2)),
    _einsum("ji,jk->ik", (3, 2), (3, 2)),
    _einsum("i,i->", (3,), (3,)),
    _einsum("i,j->ij", (2,), (3,)),
    _einsum("i,j->ji", (2,), (3,)),
    _einsum("ij,ij->ij", (2, 3), (2, 3)),
    _einsum("ij,ij->i", (2, 3), (2, 3)),
    _einsum("ij,ji->", (2, 3), (3, 2)),
    _einsum("ij,j->i", (2, 3), (3,)),
    _einsum("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    _einsum("bhqd,bhkd->bhqk", (2, 2, 2, 3), (2, 2, 3, 3)),
    _einsum("bqhd,bkhd->bhqk", (2, 3, 2, 2), (2, 2, 2, 2)),
    _einsum("bhqk,bkhd->bqhd", (2, 2, 2, 3), (2, 3, 2, 2)),
    _einsum("abcd,cdef->abef", (2, 1, 2, 2), (2, 2, 1, 2)),
    _einsum("abc,cbd->da", (2, 2, 3), (3, 2, 2)),
    _einsum("ii->i", (3, 3)),
    _einsum("ii", (3, 3)),
    _einsum("iij->j", (2, 2, 3)),
    _einsum("iii->i", (2, 2, 2)),
    _einsum("ij->ji", (2, 3)),
    _einsum("ij->", (2, 3)),
    _einsum("bca", (2, 2, 3)),
    _einsum("ii,ij->j", (2, 2), (2, 3)),
    _einsum("ij,kl->il", (2, 3), (2, 2)),
    _einsum("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
    _einsum("...i,...i", (2, 1, 3), (4, 3)),
    _einsum("i...->...", (2, 3)),
    _einsum("...ii->...i", (2, 3, 3)),
    _einsum("ij,jk,kl->il", (2, 3), (3, 2), (2, 3)),
    _einsum("i,j,k,ijk->", (2,), (2,), (3,), (2, 2, 3)),
    _einsum("a,ab,abc->abc", (2,), (2, 2), (2, 2, 2)),
    _einsum("ij,jk->ik ", (2, 1), (3, 2)),
    _einsum("ij,ij->j", (1, 3), (2, 3)),
    Row(
        "einsum sublists",
        lambda x, y: ad.einsum(x, [0, 1], y, [1, 2], [2, 0]),
        _of((2, 3), (3, 2)),
        lambda torch, x, y: torch.einsum(x, [0, 1], y, [1, 2], [2, 0]),
    ),
    Row(
        "numpy.einsum",
        lambda x: np.einsum("ij,ij->", x, x),
        _of((2, 3)),
        lambda torch, x: (x * x).sum(),
    ),
    Row(
        "tensordot",
        lambda x, y: ad.tensordot(x, y),
        _of((2, 3, 2), (3, 2, 2)),
        lambda torch, x, y: torch.tensordot(x, y, 2),
    ),
    Row(
        "tensordot dims",
        lambda x, y: ad.tensordot(x, y, ([0, -1], [1, 0])),
        _of((2, 3, 2), (2, 2, 3)),
        lambda torch, x, y: torch.tensordot(x, y, ([0, -1], [1, 0])),
    ),
    Row(
        "numpy.tensordot",
        lambda x, y: np.tensordot(x, y, axes=0),
        _of((2,), (3,)),
        lambda torch, x, y: torch.tensordot(x, y, 0),
    ),
    Row("diagonal", lambda x: ad.diagonal(x), _of((3, 4)), lambda torch, x: torch.diagonal(x)),
    Row(
        "diagonal axes",
        lambda x: x.diagonal(1, 2, 0),
        _of((2, 3, 4)),
        lambda torch, x: x.diagonal(1, 2, 0),
    ),
    Row(
        "diagonal below",
        lambda x: x.diagonal(-1, -2, -1),
        _of((2, 3, 3)),
        lambda torch, x: x.diagonal(-1, -2, -1),
    ),
    Row("diag of a matrix", lambda x: x.diag(1), _of((3, 4)), lambda torch, x: x.diag(1)),
    Row(
        "diag of a vector", lambda x: ad.diag(x, -1), _of((3,)), lambda torch, x: torch.diag(x, -1)
    ),
    Row(
        "diag_embed", lambda x: ad.diag_embed(x), _of((2, 3)), lambda torch, x: torch.diag_embed(x)
    ),
    Row(
        "diag_embed axes",
        lambda x: x.diag_embed(1, 0, 2),
        _of((2, 3)),
        lambda torch, x: x.diag_embed(1, 0, 2),
    ),
    Row("trace", lambda x: x.trace(), _of((3, 4)), lambda torch, x: x.trace()),
    Row(
        "numpy.trace",
        lambda x: np.trace(x, 1, 1, 2),
        _of((2, 3, 4)),
        lambda torch, x: x.diagonal(1, 1, 2).sum(-1),
    ),
    Row("tril", lambda x: x.tril(), _of((3, 4)), lambda torch, x: x.tril()),
    Row("tril above", lambda x: ad.tril(x, 1), _of((2, 3, 4)), lambda torch, x: torch.tril(x, 1)),
    Row("triu", lambda x: x.triu(), _of((4, 3)), lambda torch, x: x.triu()),
    Row("triu below", lambda x: np.triu(x, -1), _of((2, 4, 3)), lambda torch, x: torch.triu(x, -1)),
]
