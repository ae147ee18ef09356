"""Writing into a tensor: the memory changes, and so does its place in the graph.

After ``x += y`` the handle `x` stands for the sum: same memory, new node. When `x` is a view, the tensor it
is a view of changes as well, and so do all other views of that; they are brought up to date when they are
next used (`refresh`), which costs the usual operation one comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import primitive, versions
from .mode import mode
from .primitive import Primitive, apply, record

if TYPE_CHECKING:
    from .node import Node
    from .tensor import Tensor

__all__ = ["assign", "in_place", "refresh", "write"]


def check_writable(x: Tensor, operation: str) -> None:
    """Raise where an in-place operation on `x` would lose a gradient."""
    if mode.grad:
        root = x if x._view is None else x._view.root
        node = root._node
        if node is not None and node.primitive is None:
            what = "a leaf" if root is x else "a view of a leaf"
            raise RuntimeError(
                f"{operation}: {what} that requires grad (shape {root.shape}) cannot be changed in place "
                "while operations are recorded; use the out-of-place operation, or autodiff.no_grad()"
            )
    if not x._array.flags.writeable:
        raise ValueError(f"{operation}: the tensor of shape {x.shape} is a read-only view; clone() it")


def write(x: Tensor, result: Tensor, operation: str) -> Tensor:
    """Give `x` the value and the history of `result`."""
    array, new = x._array, result._array
    if new.shape != array.shape:
        try:
            fits = np.broadcast_shapes(new.shape, array.shape) == array.shape
        except ValueError:
            fits = False
        if not fits or operation != "copy_":
            raise ValueError(
                f"{operation}: the result has shape {new.shape}, which does not fit the tensor's shape "
                f"{array.shape}"
            )
    if not np.can_cast(new.dtype, array.dtype, "same_kind") and operation != "copy_":
        raise TypeError(
            f"{operation}: the result has dtype {new.dtype}, which cannot be stored in a tensor of "
            f"dtype {array.dtype}; convert the tensor first"
        )
    node = result._node
    if node is not None and node.saved is not None:
        # What the node saved of x must be the value before this write.
        node.saved = tuple(
            [
                a.copy() if a.__class__ is np.ndarray and np.may_share_memory(a, array) else a
                for a in node.saved
            ]
        )
    np.copyto(array, new, casting="unsafe")
    versions.touch(array)
    if mode.grad:
        _rebase(x, result)
    return x


def _rebase(x: Tensor, result: Tensor) -> None:
    """Let the history of `x` (and of the tensor it is a view of) be that of `result`."""
    view = x._view
    if view is None:
        if result._node is not None or x._node is not None:
            x._node = result._node
        return
    root = view.root
    if result._node is None and root._node is None:
        return
    root._node = record(
        _write_view,
        (root._node, result._node),
        (_path(x),),
        _mask(root._node, result._node),
        (),
        root.shape,
    )
    refresh(x)


def _mask(x: Node | None, y: Node | None) -> int:
    return (x is not None) | (y is not None) << 1


def _path(x: Tensor) -> tuple[tuple[Primitive, tuple[Any, ...]], ...]:
    """The operations that lead from the root of a view to it."""
    steps = []
    view = x._view
    while view is not None:
        steps.append((view.primitive, view.params))
        view = view.parent._view
    return tuple(reversed(steps))


def refresh(x: Tensor) -> None:
    """Bring the history of a view up to date with the tensor it is a view of."""
    chain = []
    view = x._view
    while view is not None:
        chain.append(x)
        x = view.parent
        view = x._view
    node = x._node
    for tensor in reversed(chain):
        view = tensor._view
        assert view is not None
        if node is not None:
            node = record(view.primitive, (node,), view.params, 1, (), tensor._array.shape)
        tensor._node = node
        view.root_node = x._node


def in_place(function: Any) -> Any:
    """Return the in-place form of an operation: ``x.add_(y)`` from ``add(x, y)``."""
    name = function.__name__.rstrip("_") + "_"
    prim: Primitive | None = getattr(function, "primitive", None)
    direct = prim is not None and isinstance(prim.forward, np.ufunc)

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self, name)
        if direct and not kwargs and not (mode.grad and _recorded(self, args)):
            arrays = [a._array if isinstance(a, primitive.Tensor_) else a for a in args]
            array = self._array
            if array.dtype.kind == "f" and all(_fits(a, array) for a in arrays):
                prim.forward(array, *arrays, out=array, casting="same_kind")  # type: ignore[union-attr]
                versions.touch(array)
                return self
        return write(self, function(self, *args, **kwargs), name)

    method.__name__ = name
    method.__doc__ = f"In-place form of ``{name[:-1]}``: writes the result into this tensor."
    return method


def _recorded(x: Tensor, args: tuple[Any, ...]) -> bool:
    return x.requires_grad or any(getattr(a, "requires_grad", False) for a in args)


def _fits(a: Any, array: np.ndarray) -> bool:
    if isinstance(a, np.ndarray):
        return a.dtype == array.dtype and (a.shape == array.shape or a.ndim == 0)
    return isinstance(a, (int, float))


def assign(x: Tensor, index: Any, value: Any) -> None:
    """Do ``x[index] = value``, recorded."""
    check_writable(x, "setitem")
    index = plain_index(index)
    source = value if isinstance(value, primitive.Tensor_) else None
    if source is None and isinstance(value, primitive.Value_):
        source = value.tensor()
    array = source._array if source is not None else value
    if np.may_share_memory(x._array, array) if isinstance(array, np.ndarray) else False:
        array = array.copy()
    try:
        target = x._array[index]
        x._array[index] = array
    except (IndexError, ValueError, TypeError) as error:
        shape = getattr(array, "shape", None)
        raise type(error)(
            f"setitem: cannot assign {'a value' if shape is None else f'shape {shape}'} at {index!r} of a "
            f"tensor of shape {x.shape}: {error}"
        ) from None
    versions.touch(x._array)
    if not mode.grad:
        return
    node = x._history()
    source_node = None if source is None else source._history()
    if node is None and source_node is None:
        return
    result = primitive.new_tensor(
        x._array,
        record(
            _set_item,
            (node, source_node),
            (index, np.shape(target), np.shape(array)),
            _mask(node, source_node),
            (),
            x.shape,
        ),
    )
    _rebase(x, result)


def plain_index(index: Any) -> Any:
    """Return `index` with tensors replaced by their arrays (lists by arrays)."""
    if isinstance(index, tuple):
        return tuple([plain_index(i) for i in index])
    if isinstance(index, primitive.Tensor_):
        array = index._array
        if array.dtype.kind == "f":
            raise IndexError(
                f"index: tensors used as indices must be integer or bool, got {array.dtype}"
            )
        return int(array) if array.ndim == 0 and array.dtype.kind in "iu" else array
    if isinstance(index, list):
        return np.asarray(index, dtype=np.int64 if not index else None)
    return index


def _set_item_forward(
    x: np.ndarray, y: np.ndarray, index: Any, target: Any, given: Any
) -> np.ndarray:
    out = x.copy()
    out[index] = y
    return out


def _cleared(g: Any, index: Any) -> Any:
    """`g` with zeros at `index`."""
    if isinstance(g, primitive.Tensor_):
        return _clear(g, index)
    g = g.copy()
    g[index] = 0
    return g


def _given(g: Any, index: Any, target: tuple[int, ...], given: tuple[int, ...]) -> Any:
    part = g[index]
    if len(given) > len(target):  # leading axes of length 1, which assignment drops
        return part.sum(axis=_broadcast_axes(part.shape, given[len(given) - len(target) :])).reshape(given)
    return part


def _broadcast_axes(shape: tuple[int, ...], given: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(i for i, (n, m) in enumerate(zip(shape, given, strict=True)) if m == 1 and n != 1)


_clear = Primitive("clear", _cleared, (lambda g, index: _cleared(g, index),), linear=True)
_set_item = Primitive(
    "setitem",
    _set_item_forward,
    (
        lambda g, index: _cleared(g, index),
        lambda g, index, target, given: _given(g, index, target, given),
    ),
    linear=True,
    symbol="[]=",
)


def _follow(g: Any, path: Any) -> Any:
    for prim, params in path:
        g = prim(g, *params)
    return g


def _write_forward(x: np.ndarray, y: np.ndarray, path: Any) -> np.ndarray:
    out = x.copy()
    _follow(out, path)[...] = y
    return out


def _outside(g: Any, path: Any) -> Any:
    if isinstance(g, primitive.Tensor_):
        return _clear_view(g, path)
    g = g.copy()
    _follow(g, path)[...] = 0
    return g


_clear_view = Primitive("clear_view", _outside, (lambda g, path: _outside(g, path),), linear=True)
_write_view = Primitive(
    "write_view",
    _write_forward,
    (lambda g, path: _outside(g, path), lambda g, path: _follow(g, path)),
    linear=True,
)
