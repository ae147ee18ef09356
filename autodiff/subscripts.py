"""What stands between the brackets of ``x[...]``: brought into one form, and what it selects."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from . import handles

__all__ = ["assign_last", "is_basic", "names_once", "plain_index", "winners"]


def plain_index(index: Any) -> tuple[Any, bool]:
    """Return `index` in a form that NumPy takes, and whether it is basic (selects a view).

    Tensors, arrays and lists become arrays of our own, so that a recorded operation does not notice
    when they are written later.

    Raises
    ------
    IndexError
        For what cannot be an index, such as a floating tensor.
    """
    cls = index.__class__
    if cls is int:
        return index, True
    if cls is not tuple:
        return _plain_part(index)
    parts = []
    basic = True
    for part in index:
        if part.__class__ is not int and part is not None and part is not Ellipsis:
            part, is_view = _plain_part(part)
            basic = basic and is_view
        parts.append(part)
    return tuple(parts), basic


def _plain_part(part: Any) -> tuple[Any, bool]:
    if isinstance(part, slice):
        for bound in (part.start, part.stop, part.step):
            if bound is not None and bound.__class__ is not int:
                return slice(*map(_bound, (part.start, part.stop, part.step))), True
        return part, True
    if part is None or part is Ellipsis:
        return part, True
    if isinstance(part, (bool, np.bool_)):
        return bool(part), False
    if isinstance(part, handles.Tensor):
        part = part._array
    elif isinstance(part, (list, tuple, range)):
        part = np.asarray(part) if len(part) else np.empty(0, np.intp)
    if not isinstance(part, np.ndarray):
        try:
            return operator.index(part), True
        except TypeError:
            raise IndexError(
                f"index: expected integers, slices, None, ..., tensors, arrays or lists, got "
                f"{type(part).__name__}"
            ) from None
    if part.dtype.kind == "b":
        return np.array(part, order="C"), False
    if part.dtype.kind in "iu":
        return (np.array(part, np.intp, order="C"), False) if part.ndim else (int(part), True)
    raise IndexError(
        f"index: expected an integer or bool tensor, got {part.dtype} of shape {part.shape}; "
        "convert it with .long() or .bool()"
    )


def _bound(bound: Any) -> int | None:
    return None if bound is None else operator.index(bound)


def is_basic(index: Any) -> bool:
    """Whether a plain index selects a view."""
    parts = index if index.__class__ is tuple else (index,)
    return not any([part.__class__ is np.ndarray or part.__class__ is bool for part in parts])


def names_once(index: Any) -> bool:
    """Whether a plain index cannot name an element twice: views and masks do not, tables may."""
    parts = index if index.__class__ is tuple else (index,)
    return not any([part.__class__ is np.ndarray and part.dtype.kind != "b" for part in parts])


def assign_last(array: np.ndarray, index: Any, value: Any) -> None:
    """Do ``array[index] = value``; of several values for one element the last stays.

    The last in row-major order, that is, whatever the memory layout of the three.
    """
    if isinstance(value, np.ndarray) and value.ndim > 1 and not names_once(index):
        shape = array[index].shape
        while value.ndim > len(shape) and value.shape[0] == 1:
            value = value[0]
        value = np.ascontiguousarray(np.broadcast_to(value, shape))
    array[index] = value


def winners(shape: tuple[int, ...], index: Any) -> np.ndarray:
    """Return which of the places that `index` names in an array of `shape` are not named again."""
    last = np.empty(shape, np.intp)
    named = last[index]
    order = np.arange(named.size).reshape(named.shape)
    assign_last(last, index, order)
    return last[index] == order
