"""Writing into a tensor: the memory changes, and so does its place in the graph.

After ``x += y`` the handle `x` stands for the sum: same memory, new node. When `x` is a view, the
tensor it is a view of changes as well, and so do all other views of that; they are brought up to
date when they are next used (`refresh`), which costs the usual operation one comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import handles, versions
from .apply import apply, record
from .mode import mode
from .node import Node, Notes
from .primitive import Primitive
from .subscripts import assign_last, is_basic, names_once, plain_index, winners

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = [
    "assign", "check_writable", "copy_as", "in_place", "overwrite", "rebase", "refresh", "setting",
    "write",
]  # fmt: skip

_Array = np.ndarray


def check_writable(x: Tensor, operation: str) -> None:
    """Raise where an in-place operation on `x` would lose a gradient."""
    root = _root(x)
    if mode.grad:
        node = root._node
        if node is not None and node.primitive is None:
            what = "a leaf" if root is x else "a view of a leaf"
            raise RuntimeError(
                f"{operation}: {what} that requires grad (shape {root.shape}) cannot be changed in "
                "place while operations are recorded; use the out-of-place operation, or "
                "autodiff.no_grad()"
            )
    if not x._array.flags.writeable:
        raise ValueError(
            f"{operation}: the tensor of shape {x.shape} is a read-only view; clone() it"
        )


def _root(x: Tensor) -> Tensor:
    """The tensor that `x` is a view of, or `x` itself."""
    view = x._view
    if view is None:
        return x
    if np.may_share_memory(view.root._array, x._array):
        return view.root
    x._view = None  # the array of one of the two was replaced (``x.data = ...``)
    return x


def in_place(function: Any) -> Any:
    """Return the in-place form of an operation: ``x.add_(y)`` from ``add(x, y)``."""
    name = function.__name__.rstrip("_") + "_"
    prim: Primitive | None = getattr(function, "primitive", None)
    forward: Any = None if prim is None else prim.forward
    direct = isinstance(forward, np.ufunc)

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        check_writable(self, name)
        if direct and not kwargs and not (mode.grad and _recorded(self, args)):
            arrays = [a._array if isinstance(a, handles.Tensor) else a for a in args]
            array = self._array
            if array.dtype.kind == "f" and all([_fits(a, array) for a in arrays]):
                prim.run(array, *arrays, out=array, casting="same_kind")  # type: ignore[union-attr]
                versions.touch(array)
                return self
        since = versions.tick()
        return write(self, function(self, *args, **kwargs), name, since)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"In-place form of ``{name[:-1]}``: writes the result into this tensor."
    return method


def _recorded(x: Tensor, args: tuple[Any, ...]) -> bool:
    root = x if x._view is None else x._view.root
    return root._node is not None or any([getattr(a, "requires_grad", False) for a in args])


def _fits(a: Any, array: np.ndarray) -> bool:
    if isinstance(a, np.ndarray):
        return a.dtype == array.dtype and (a.shape == array.shape or a.ndim == 0)
    return isinstance(a, (int, float))


def write(x: Tensor, result: Tensor, operation: str, since: int | None = None) -> Tensor:
    """Give `x` the value and the history of `result`.

    Parameters
    ----------
    x : Tensor
        Writable (see `check_writable`).
    result : Tensor
        Of the shape of `x`.
    operation : str
        For error messages.
    since : int, optional
        The time at which the operation began to be recorded: what was saved from then on is the
        value of `x` before this write.
    """
    array, new = x._array, result._array
    if new.shape != array.shape:
        raise ValueError(
            f"{operation}: the result has shape {new.shape}, which does not fit the tensor's shape "
            f"{array.shape}"
        )
    if new.dtype != array.dtype:
        if not np.can_cast(new.dtype, array.dtype, "same_kind"):
            raise TypeError(
                f"{operation}: the result has dtype {new.dtype}, which cannot be stored in a "
                f"tensor of dtype {array.dtype}; convert the tensor first"
            )
        result = copy_as(result, array.dtype, array.shape)
    if since is not None and result._node is not None:
        _keep_old(result._node, array, since)
    np.copyto(array, new, casting="unsafe")
    versions.touch(array)
    if mode.grad:
        rebase(x, result._history())
    return x


def overwrite(x: Tensor, values: Any, operation: str) -> Tensor:
    """Give `x` values without a history: an array of its shape, or one number."""
    check_writable(x, operation)
    np.copyto(x._array, values, casting="unsafe")
    versions.touch(x._array)
    if mode.grad:
        rebase(x, None)
    return x


def _keep_old(node: Node, array: np.ndarray, since: int) -> None:
    """Copy what the nodes recorded since then have saved of the memory of `array`."""
    pending: list[Node | None] = [node]
    seen = set()
    for known in pending:
        if known is None or known.index <= since or known in seen:
            continue
        seen.add(known)
        pending += known.parents
        if known.saved:
            known.saved = tuple(
                [
                    a.copy() if a.__class__ is _Array and np.may_share_memory(a, array) else a
                    for a in known.saved
                ]
            )


def rebase(x: Tensor, written: Node | None) -> None:
    """Let the history of `x`, and of the tensor it is a view of, be that of what was written."""
    root = x if x._view is None else x._view.root
    old = root._node
    if old is None and written is None:
        return
    if root is x and written is not None:
        x._node = written
    else:
        parents = (old, written)
        mask = (old is not None) | (written is not None) << 1
        root._node = record(_write_view, parents, (_path(x),), mask, (), root._array.shape)
    _move_retained(old, root)
    if root is not x:
        retaining = x._node
        refresh(x)
        _move_retained(retaining, x)


def _move_retained(old: Node | None, x: Tensor) -> None:
    """Let ``retain_grad`` speak of the new value of `x`."""
    if old is None or old.notes is None or old.notes.retained is None or old.primitive is None:
        return
    if old.notes.retained is x._leaf and x._node is not None:
        old.notes.retained = None
        if x._node.notes is None:
            x._node.notes = Notes()
        x._node.notes.retained = x._leaf


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
    _root(x)
    chain = []
    view = x._view
    while view is not None:
        chain.append(x)
        x = view.parent
        view = x._view
    node = x._node
    # Only a write gives a tensor the node of an operation; asking for gradients, or no longer,
    # changes nothing about the views that exist.
    written = node is not None and node.primitive is not None
    for tensor in reversed(chain):
        view = tensor._view
        assert view is not None
        if written:
            shape = tensor._array.shape
            tensor._node = node = record(view.primitive, (node,), view.params, 1, (), shape)
        view.root_node = x._node


def assign(x: Tensor, index: Any, value: Any) -> None:
    """Do ``x[index] = value``, recorded.

    Of several values for one element the last stays, and only that receives a gradient.
    """
    check_writable(x, "setitem")
    index, _ = plain_index(index)
    array = x._array
    given, source = value, None
    if isinstance(value, (handles.Tensor, handles.Value)):
        source = value.tensor() if isinstance(value, handles.Value) else value
        if _is_there_already(x, index, source):
            return
        if source._array.dtype != array.dtype:
            source = copy_as(source, array.dtype, source._array.shape)
        given = source._array
    elif not isinstance(value, (bool, int, float)):
        given = np.asarray(value)
        if given.dtype.kind not in "biuf":
            raise TypeError(
                f"setitem: cannot assign a {type(value).__name__} to elements of dtype "
                f"{array.dtype}; give a tensor, an array or numbers"
            )
    if isinstance(given, _Array) and np.may_share_memory(array, given):
        given = given.copy()
    try:
        assign_last(array, index, given)
    except (IndexError, ValueError, TypeError, OverflowError) as error:
        raise type(error)(
            f"setitem: cannot assign a value of shape {np.shape(given)} at {index!r} of a tensor "
            f"of shape {x.shape} and dtype {x.dtype}: {error}"
        ) from None
    versions.touch(array)
    if not mode.grad:
        return
    node = x._history()
    given_node = None if source is None else source._history()
    if node is None and given_node is None:
        return
    mask = (node is not None) | (given_node is not None) << 1
    rebase(x, record(set_item, (node, given_node), (index,), mask, (), array.shape))


def _is_there_already(x: Tensor, index: Any, value: Tensor) -> bool:
    """Whether `value` is the view ``x[index]`` itself, as at the end of ``x[index] += 1``."""
    view = value._view
    if view is None or view.parent is not x or view.primitive.name != "slice":
        return False
    if not is_basic(index) or view.params != (index,):
        return False
    if not np.may_share_memory(value._array, x._array):
        return False
    return (value._history() is None) == (x._history() is None)


def _set_item(x: np.ndarray, y: Any, index: Any) -> np.ndarray:
    out = x.copy()
    assign_last(out, index, y)
    return out


def _given(g: Any, index: Any, y_shape: tuple[int, ...]) -> Any:
    """The part of `g` that belongs to the values that were assigned and not written over."""
    part = g[index]
    if not names_once(index):
        part = np.where(winners(g.shape, index), part, 0)
    extra = len(y_shape) - part.ndim  # leading axes of length 1, which assignment drops
    return part.reshape((1,) * extra + part.shape) if extra > 0 else part


def setting(name: str, symbol: str | None = None) -> Primitive:
    """Declare ``x`` with ``y`` assigned at `index`, out of place."""
    return Primitive(
        name,
        _set_item,
        (
            lambda g, index: _clear(g, index),
            lambda g, index, y_shape: _given(g, index, y_shape),
        ),
        linear=True,
        symbol=symbol,
    )


def _clear_forward(x: np.ndarray, index: Any) -> np.ndarray:
    out = x.copy()
    out[index] = 0
    return out


_clear: Primitive = Primitive(
    "clear", _clear_forward, (lambda g, index: _clear(g, index),), linear=True
)
set_item = setting("setitem", symbol="[]=")


def _follow(x: Any, path: Any) -> Any:
    for prim, params in path:
        x = prim(x, *params)
    return x


def _written(x: np.ndarray, y: Any, path: Any) -> np.ndarray:
    out = x.copy()
    target = _follow(out, path)
    if np.may_share_memory(target, out):
        target[...] = y
    elif out.size:
        # The memory of the root was laid out in another way, so that what was a view there is a
        # copy here.
        out.reshape(-1)[_follow(np.arange(out.size).reshape(out.shape), path)] = y
    return out


_clear_view: Primitive = Primitive(
    "clear_view",
    lambda x, path: _written(x, 0, path),
    (lambda g, path: _clear_view(g, path),),
    linear=True,
)
_write_view = Primitive(
    "write_view",
    _written,
    (lambda g, path: _clear_view(g, path), lambda g, path: _follow(g, path)),
    linear=True,
)


def copy_as(x: Tensor, dtype: Any, shape: tuple[int, ...]) -> Tensor:
    """Return a new tensor with the elements of `x`, converted and broadcast."""
    return apply(_copy, (x,), (np.dtype(dtype), shape, x._array.dtype))


_copy = Primitive(
    "copy",
    lambda x, dtype, shape, source: np.array(np.broadcast_to(x, shape), dtype),
    (lambda g, source: g.astype(source),),
    linear=True,
)
