"""Products of vectors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axis_of
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive
from ..value_dot import dot as dot_of_values
from .linalg import matmul, mixed, pair, times

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["dot", "inner", "outer", "cross"]

METHODS = tuple(__all__)


def dot(input: Any, other: Any) -> Any:
    """Inner product of two vectors; of two sequences of Values and numbers, as one node.

    Parameters
    ----------
    input, other : Tensor of shape (n,), or sequence

    Returns
    -------
    Tensor (0-d), or Value

    Raises
    ------
    ValueError
        For other ranks or different lengths.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.dot(ad.tensor([1.0, 2.0]), ad.tensor([3.0, 4.0]))
    tensor(11.)
    >>> ad.dot([ad.Value(2.0), ad.Value(3.0)], [1.0, 10.0])
    Value(data=32.0, grad=0.0)
    """
    if isinstance(input, (list, tuple)):
        return dot_of_values(input, other)
    return matmul(*pair("dot", 1, 1, input, other))


@implements(np.dot)
def _numpy_dot(a: Any, b: Any) -> Any:
    a, b = operand(a, "dot", number=False), operand(b, "dot", number=False)
    if not a.ndim or not b.ndim:
        return a * b
    if b.ndim <= 2:
        return matmul(a, b)
    return inner(a, b.swapaxes(-1, -2))


@implements(np.inner)
def inner(input: Any, other: Any) -> Tensor:
    """Inner products over the last axis of both: shapes (..., k) and (---, k) give (..., ---).

    Raises
    ------
    ValueError
        Where the last axes differ in length.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.inner(ad.tensor([[1.0, 2.0], [0.0, 1.0]]), ad.tensor([3.0, 4.0]))
    tensor([11.,  4.])
    """
    x, y = operand(input, "inner", number=False), operand(other, "inner", number=False)
    if not x.ndim or not y.ndim:
        return x * y
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(f"inner: the last axes of shapes {x.shape} and {y.shape} differ in length")
    if y.ndim == 1:
        return matmul(x, y)
    rows = y.reshape((math.prod(y.shape[:-1]), y.shape[-1]))
    return matmul(x, rows.swapaxes(0, 1)).reshape(x.shape[:-1] + y.shape[:-1])


_outer = Primitive(
    "outer",
    lambda x, y: x[:, None] * y,
    (lambda g, y: times(g, y), lambda g, x: times(x, g)),
    multilinear=True,
    symbol="⊗",
)


def outer(input: Any, vec2: Any) -> Tensor:
    """All products of elements of two vectors: shapes (n,) and (m,) give (n, m).

    Raises
    ------
    ValueError
        For other ranks (``numpy.outer`` flattens instead).
    TypeError
        For operands of two dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.outer(ad.tensor([1.0, 2.0]), ad.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    x, y = pair("outer", 1, 1, input, vec2)
    if x.dtype != y.dtype:
        raise mixed("outer", x._array, y._array)
    return apply(_outer, (x, y))


@implements(np.outer)
def _numpy_outer(a: Any, b: Any) -> Tensor:
    return outer(*[operand(x, "outer", number=False).reshape((-1,)) for x in (a, b)])


_cross = Primitive(
    "cross",
    lambda x, y, axis: np.cross(x, y, axis=axis),
    (lambda g, y, axis: _crossed(y, g, axis), lambda g, x, axis: _crossed(g, x, axis)),
    multilinear=True,
    symbol="×",
)


def _crossed(x: Any, y: Any, axis: int) -> Any:
    return _cross(x, y, axis)


def cross(input: Any, other: Any, dim: int | None = None) -> Tensor:
    """Cross product of vectors with three elements.

    Parameters
    ----------
    input, other : Tensor
        Of one dtype, with as many axes each; the other axes are broadcast.
    dim : int, optional
        The axis of length 3; the first such axis by default.

    Raises
    ------
    ValueError
        Where there is no such axis.
    TypeError
        For operands of two dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.cross(ad.tensor([1.0, 0.0, 0.0]), ad.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    x, y = operand(input, "cross", number=False), operand(other, "cross", number=False)
    shown = f"cross of shapes {x.shape} and {y.shape}"
    if x.ndim != y.ndim:
        raise ValueError(f"{shown}: both operands need as many axes; add axes with unsqueeze")
    if dim is None:
        dim = next((i for i, (n, m) in enumerate(zip(x.shape, y.shape)) if n == m == 3), None)
        if dim is None:
            raise ValueError(f"{shown}: no axis has length 3")
    axis = axis_of(dim, x.ndim, "cross")
    if not x.ndim or x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ValueError(f"{shown}: axis {axis} must have length 3 in both")
    if x.dtype != y.dtype:
        raise mixed("cross", x._array, y._array)
    return apply(_cross, (x, y), (axis,))


@implements(np.cross)
def _numpy_cross(a: Any, b: Any, axis: int = -1) -> Tensor:
    return cross(a, b, axis)
