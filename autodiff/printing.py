"""How tensors print: data, dtype where it is not the usual one, and the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["represent"]


def represent(tensor: Tensor) -> str:
    """Return the text of ``repr(tensor)``."""
    name = "tensor"
    array = tensor._array
    body = np.array2string(
        array, separator=", ", prefix=f"{name}(", precision=4, threshold=1000, floatmode="maxprec"
    ) if array.ndim else _scalar(array)  # fmt: skip
    parts = [body]
    if 0 in array.shape and array.ndim > 1:
        parts.append(f"size={array.shape}")
    usual = array.dtype in (dtypes.default_dtype, np.int64, np.bool_)
    if not usual or not array.size:
        parts.append(f"dtype={array.dtype}")
    node = tensor._history()
    if node is not None:
        parts.append("requires_grad=True" if node.primitive is None else f"grad_fn=<{node.name}>")
    return f"{name}({', '.join(parts)})"


def _scalar(array: np.ndarray) -> Any:
    return np.array2string(array, precision=4, floatmode="maxprec")
