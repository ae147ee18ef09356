"""Products of matrices and vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..declare import operand
from ..interop import implements
from ..primitive import Primitive, apply

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = ["matmul"]

METHODS = ("matmul",)


def _transposed(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _matmul_x(g: Any, x_shape: tuple[int, ...], y: Any) -> Any:
    if len(x_shape) == 1:
        g = g[..., None, :] if y.ndim > 1 else g[..., None, None]
    elif y.ndim == 1:
        g = g[..., None]
    y = y[:, None] if y.ndim == 1 else y
    dx = _matmul(g, _transposed(y))
    return dx.reshape(dx.shape[:-2] + dx.shape[-1:]) if len(x_shape) == 1 else dx


def _matmul_y(g: Any, x: Any, y_shape: tuple[int, ...]) -> Any:
    if len(y_shape) == 1:
        g = g[..., None] if x.ndim > 1 else g[..., None, None]
    elif x.ndim == 1:
        g = g[..., None, :]
    x = x[None, :] if x.ndim == 1 else x
    dy = _matmul(_transposed(x), g)
    return dy.reshape(dy.shape[:-1]) if len(y_shape) == 1 else dy


_matmul = Primitive(
    "matmul", np.matmul, (_matmul_x, _matmul_y), multilinear=True, symbol="@"
)


@implements(np.matmul)
def matmul(input: Any, other: Any) -> Tensor:
    """Matrix product."""
    return apply(_matmul, (operand(input, "matmul"), operand(other, "matmul")))
