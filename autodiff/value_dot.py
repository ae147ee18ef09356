"""The sum of products of two sequences of Values: one node, where ``sum(w * x ...)`` makes many."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from .primitive import Primitive
from .value import Value, result_of

__all__ = ["dot"]

_scalar_dot = Primitive(
    "dot_of_values",
    lambda *xs: sum(map(operator.mul, xs[: len(xs) // 2], xs[len(xs) // 2 :]), 0.0),
    lambda g, xs: [g * y for y in (*xs[len(xs) // 2 :], *xs[: len(xs) // 2])],
    arity=-1,
    symbol="dot",
)


def dot(xs: Iterable[Any], ys: Iterable[Any]) -> Value:
    """Return the sum of products of two sequences of Values and numbers, as one node.

    Parameters
    ----------
    xs, ys : iterable of Value or number
        Equally many.

    Raises
    ------
    ValueError
        For sequences of different lengths.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = [ad.Value(1.0), ad.Value(2.0)]
    >>> ad.dot(w, [3.0, 4.0])
    Value(data=11.0, grad=0.0)
    """
    xs, ys = list(xs), list(ys)
    if len(xs) != len(ys):
        raise ValueError(f"dot: sequences of different lengths, {len(xs)} and {len(ys)}")
    x_data = [x.data if x.__class__ is Value else x for x in xs]
    y_data = [y.data if y.__class__ is Value else y for y in ys]
    out = result_of(_scalar_dot, sum(map(operator.mul, x_data, y_data), 0.0))
    if out.primitive is not None:
        out.x = (*xs, *ys)
        out.dx = (*y_data, *x_data)
    return out
