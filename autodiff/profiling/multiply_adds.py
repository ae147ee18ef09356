"""How many multiplications that are added up an operation does, from the shapes that it gets."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..primitive import Primitive

__all__ = ["multiply_adds"]


def multiply_adds(primitive: Primitive, inputs: Sequence[Any], out: Any) -> int:
    """Count the multiply-adds of one call of a forward function.

    Parameters
    ----------
    primitive : Primitive
    inputs : sequence
        The arguments of its forward function.
    out : array or tuple
        What that returned.

    Returns
    -------
    int
        0 for all but products of matrices, convolutions, attention and recurrent layers. An
        attention with a mask counts as a full one.

    Examples
    --------
    >>> from autodiff.primitive import registry
    >>> x, y = np.ones((2, 3)), np.ones((3, 4))
    >>> multiply_adds(registry["matmul"], (x, y), x @ y)
    24
    """
    count = _COUNTS.get(primitive.name)
    return 0 if count is None else count(inputs, out)


def _of_product(inputs: Sequence[Any], out: Any) -> int:
    return np.size(out) * inputs[0].shape[-1]  # type: ignore[no-any-return]


def _of_conv(inputs: Sequence[Any], out: Any) -> int:
    return out.size * math.prod(inputs[1].shape[1:])  # type: ignore[no-any-return]


def _of_conv_transpose(inputs: Sequence[Any], out: Any) -> int:
    return inputs[0].size * math.prod(inputs[1].shape[1:])  # type: ignore[no-any-return]


def _of_conv_weight(inputs: Sequence[Any], out: Any) -> int:
    return inputs[0].size * math.prod(out.shape[1:])  # type: ignore[no-any-return]


def _of_attention(inputs: Sequence[Any], out: Any) -> int:
    query, key, value = inputs[:3]
    rows = math.prod(out[0].shape[:-1])
    return rows * key.shape[-2] * (query.shape[-1] + value.shape[-1])  # type: ignore[no-any-return]


def _of_contraction(inputs: Sequence[Any], out: Any) -> int:
    x, y, x_labels, y_labels = inputs[:4]
    return math.prod({**dict(zip(x_labels, x.shape)), **dict(zip(y_labels, y.shape))}.values())


def _of_recurrence(weights: slice) -> Callable[[Sequence[Any], Any], int]:
    def count(inputs: Sequence[Any], out: Any) -> int:
        x = inputs[0]
        return math.prod(x.shape[:-1]) * sum([w.size for w in inputs[weights]])

    return count


_COUNTS: dict[str, Callable[[Sequence[Any], Any], int]] = {
    "matmul": _of_product,
    "linear": _of_product,
    "outer": lambda inputs, out: out.size,
    "einsum": _of_contraction,
    "conv": _of_conv,
    "conv_transpose": _of_conv_transpose,
    "conv_weight": _of_conv_weight,
    "scaled_dot_product_attention": _of_attention,
    "lstm": _of_recurrence(slice(3, 5)),
    "gru": _of_recurrence(slice(2, 4)),
    "rnn": _of_recurrence(slice(2, 4)),
}
