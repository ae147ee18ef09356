"""What Python and NumPy see in a Tensor: a number, an array, a sequence, text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import interop, printing
from .mode import mode

if TYPE_CHECKING:
    from ._tensor import Tensor
    from .node import Node
    from .typed_methods import Operations
else:
    Operations = object  # the operations are bound by `methods`; the stub tells type checkers

__all__ = ["Conversions"]


class Conversions(Operations):
    """The part of ``Tensor`` that turns it into something else."""

    __slots__ = ()

    if TYPE_CHECKING:
        _array: np.ndarray
        _node: Node | None

    def item(self) -> Any:
        """Return the one element as a Python number."""
        if self._array.size != 1:
            raise ValueError(
                f"item: a tensor of shape {self._array.shape} has {self._array.size} elements, not one; "
                "use tolist()"
            )
        return self._array.item()

    def tolist(self) -> Any:
        """Return the elements as nested lists (a number for a 0-d tensor)."""
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """Return the NumPy array itself (shared memory).

        Raises
        ------
        RuntimeError
            On a tensor that requires grad, unless `force`: writing would not be recorded.
        """
        if self._node is not None and not force:
            raise RuntimeError(
                "numpy: the tensor requires grad, and NumPy would cut the graph; "
                "use t.detach().numpy()"
            )
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self._node is not None and mode.grad:
            raise RuntimeError(
                "numpy.asarray: the tensor requires grad, and NumPy would cut the graph; "
                "use t.detach().numpy()"
            )
        if dtype is not None and np.dtype(dtype) != self._array.dtype:
            return self._array.astype(dtype)
        return self._array.copy() if copy else self._array

    __array_ufunc__ = interop.array_ufunc
    __array_function__ = interop.array_function
    __array_priority__ = 1000

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._array.dtype.kind not in "iu":
            raise TypeError(
                f"only integer tensors of one element can be an index, got {self._array.dtype}"
            )
        return int(self.item())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise ValueError(
                f"the truth value of a tensor of shape {self._array.shape} is ambiguous; use .any() or .all()"
            )
        return bool(self._array.item())

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self._array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if self._array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter([self[i] for i in range(self._array.shape[0])])

    def __contains__(self, element: Any) -> bool:
        element = element._array if isinstance(element, Conversions) else element
        return bool((self._array == element).any())

    def __format__(self, spec: str) -> str:
        return format(self._array.item(), spec) if self._array.ndim == 0 else repr(self)

    def __repr__(self) -> str:
        return printing.represent(self)  # type: ignore[arg-type]
