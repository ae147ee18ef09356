"""The sum of products of two sequences of Values: one node, where ``sum(w * x ...)`` makes many."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from .primitive import Primitive
from .value import Value, Values, result_of

__all__ = ["dot"]

_scalar_dot = Primitive(
    "dot_of_values",
    lambda *xs: sum(map(operator.mul, xs[: len(xs) // 2], xs[len(xs) // 2 :]), 0.0),
    lambda g, xs: [g * y for y in (*xs[len(xs) // 2 :], *xs[: len(xs) // 2])],
    arity=-1,
    symbol="dot",
)

_data_of = operator.attrgetter("data")


def _numbers(operands: list[Any]) -> list[float]:
    for x in operands:
        if not isinstance(x, (Value, int, float, np.number)):
            raise TypeError(
                f"dot: sequences may hold Values and numbers, got {type(x).__name__}; make a tensor of "
                "each with stack() to multiply Tensors"
            )
    return [float(x) for x in operands]


def dot(xs: Iterable[Any], ys: Iterable[Any]) -> Value:
    """Return the sum of products of two sequences of Values and numbers, as one node.

    Parameters
    ----------
    xs, ys : iterable of Value or number
        Equally many.

    Raises
    ------
    TypeError
        For what is neither a Value nor a number.
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
    try:  # as if all were Values, at the speed of C
        x_data, y_data = list(map(_data_of, xs)), list(map(_data_of, ys))
        total = sum(map(operator.mul, x_data, y_data), 0.0)
    except (AttributeError, TypeError):
        total = None
    all_values = total.__class__ is float
    if not all_values:
        x_data, y_data = _numbers(xs), _numbers(ys)
        total = sum(map(operator.mul, x_data, y_data), 0.0)
    out = result_of(_scalar_dot, total)
    if out.primitive is not None:
        out.x = Values((*xs, *ys)) if all_values else (*xs, *ys)
        out.dx = (*y_data, *x_data)
    return out
