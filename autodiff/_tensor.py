"""``Tensor``: a handle on a NumPy array, its gradient and its place in the graph.

Every operation is declared in `autodiff.ops` and bound to the class by `methods`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from . import handles, inplace, versions
from .conversions import Conversions
from .engine import backward
from .node import Leaf, Node, Notes
from .value import Value

__all__ = ["Tensor", "View"]


class View:
    """How a tensor that shares another's memory is obtained from it."""

    __slots__ = ("parent", "primitive", "params", "root", "root_node")

    parent: Tensor
    primitive: Any
    params: tuple[Any, ...]
    root: Tensor
    root_node: Node | None


class Tensor(Conversions):
    """An array that records what is done with it.

    Make one with ``autodiff.tensor``, ``autodiff.zeros`` and the like; ``Tensor(array)`` wraps a NumPy array
    without copying.

    Parameters
    ----------
    data : array_like
        A NumPy array keeps its dtype and shares its memory; Python floats become float32.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x**2).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = ("_array", "_node", "_leaf", "_view", "__weakref__")

    _array: np.ndarray
    _node: Node | None
    _leaf: Leaf | None
    _view: View | None

    def __init__(self, data: Any = ()) -> None:
        from .creation import array_of

        self._array = array_of(data, None, copy=False)
        self._node = None
        self._leaf = None
        self._view = None

    # State

    @property
    def data(self) -> Tensor:
        """The same memory without history; assigning replaces the array."""
        return handles.new_tensor(self._array, None)

    @data.setter
    def data(self, value: Any) -> None:
        array = value._array if isinstance(value, Tensor) else np.asarray(value)
        if self._leaf is not None:
            self._leaf.shape, self._leaf.dtype = array.shape, array.dtype
        self._array = array

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward()`` has accumulated; None before. May be assigned."""
        return None if self._leaf is None else self._leaf.grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: expected a Tensor or None, got {type(value).__name__}")
            if value.shape != self.shape:
                raise ValueError(
                    f"grad: shape {value.shape} does not match the tensor's {self.shape}"
                )
        elif self._leaf is None:
            return
        self._holder().grad = value

    def _holder(self) -> Leaf:
        """The leaf that holds this tensor's gradient, made when first needed."""
        if self._leaf is None:
            self._leaf = Leaf(self._array.shape, self._array.dtype)
        return self._leaf

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self._history() is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for gradients (or stop); only floating leaves can. In place.

        Examples
        --------
        >>> import autodiff as ad
        >>> ad.ones(2).requires_grad_().requires_grad
        True
        """
        if not requires_grad:
            if not self.is_leaf:
                raise RuntimeError(
                    "requires_grad_(False): only leaves can be changed; use detach() on the result of "
                    f"{self._node!r}"
                )
            self._forget()
        elif self._node is None:
            if self._array.dtype.kind != "f":
                raise TypeError(
                    f"requires_grad: only floating tensors can require gradients, got {self.dtype}; "
                    "convert with .float()"
                )
            self._node = leaf = self._holder()
            leaf.wanted = True
            self._view = None  # a leaf of its own, no longer written through what it was a view of
        return self

    @property
    def is_leaf(self) -> bool:
        """True unless this is the recorded result of an operation."""
        node = self._history()
        return node is None or node.primitive is None

    @property
    def grad_fn(self) -> Node | None:
        """The node that made this tensor; None for a leaf."""
        node = self._history()
        return None if node is None or node.primitive is None else node

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self._array.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    @property
    def device(self) -> str:
        """Where the data is: always ``"cpu"``."""
        return "cpu"

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes in all."""
        return self._array.nbytes

    @property
    def _version(self) -> int:
        return versions.version(self._array)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one axis."""
        return self._array.shape if dim is None else self._array.shape[dim]

    def dim(self) -> int:
        """Return the number of axes."""
        return self._array.ndim

    def numel(self) -> int:
        """Return the number of elements."""
        return self._array.size

    nelement = numel

    def element_size(self) -> int:
        """Return the bytes per element."""
        return self._array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """Return the steps between neighbours, in elements."""
        steps = tuple(s // self._array.itemsize for s in self._array.strides)
        return steps if dim is None else steps[dim]

    def is_contiguous(self) -> bool:
        """Return whether the elements lie in row-major order without gaps."""
        return self._array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        """Return whether the dtype is a floating one."""
        return self._array.dtype.kind == "f"

    # History

    def _history(self) -> Node | None:
        """The node, brought up to date when the tensor this is a view of was written in place."""
        view = self._view
        if view is not None and view.root._node is not view.root_node:
            self._refresh()
        return self._node

    def _refresh(self) -> None:
        inplace.refresh(self)

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor to the ``.grad`` of the leaves it depends on.

        Parameters
        ----------
        gradient : Tensor, optional
            The cotangent, of this tensor's shape; 1 for a tensor of one element.
        retain_graph, create_graph, inputs
            See ``autodiff.backward``.

        Examples
        --------
        >>> import autodiff as ad
        >>> x = ad.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * 3).backward(ad.tensor([1.0, 10.0]))
        >>> x.grad
        tensor([ 3., 30.])
        """
        inputs = [inputs] if isinstance(inputs, (Tensor, Value)) else inputs
        backward([self], [gradient], retain_graph, create_graph, inputs)

    def detach(self) -> Tensor:
        """Return the same memory without history."""
        return handles.new_tensor(self._array, None)

    def detach_(self) -> Tensor:
        """Forget the history, in place; not for views, which share it with another tensor."""
        if self._view is not None:
            raise RuntimeError("detach_: the tensor is a view; use detach()")
        self._forget()
        return self

    def _forget(self) -> None:
        """Leave the graph; a graph that was recorded before no longer fills ``grad``."""
        self._node = None
        if self._leaf is not None:
            self._leaf.wanted = False

    def retain_grad(self) -> None:
        """Keep the gradient of this non-leaf in ``.grad`` during backward."""
        node = self._history()
        if node is None:
            raise RuntimeError("retain_grad: the tensor does not require grad")
        if node.primitive is not None:
            if node.notes is None:
                node.notes = Notes()
            node.notes.retained = self._holder()

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call `hook` with the gradient of this tensor in each backward; it may return a replacement.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> import autodiff as ad
        >>> x = ad.tensor(1.0, requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (2 * x).backward()
        >>> x.grad
        tensor(20.)
        """
        node = self._history()
        if node is None:
            raise RuntimeError("register_hook: the tensor does not require grad")
        if node.notes is None:
            node.notes = Notes()
        if node.notes.hooks is None:
            node.notes.hooks = {}
        return RemovableHandle(node.notes.hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call `hook` with this leaf after each time its ``.grad`` was added to."""
        if self._node is None or self._node is not self._leaf:
            raise RuntimeError(
                "register_post_accumulate_grad_hook: only for leaves that require grad"
            )
        if self._leaf.after is None:
            self._leaf.after = {}
        tensor = weakref.ref(self)
        return RemovableHandle(self._leaf.after, lambda: hook(tensor()))  # type: ignore[arg-type]

    # Identity, copies and pickles

    __hash__ = object.__hash__

    def __copy__(self) -> Tensor:
        return self.detach().requires_grad_(self.requires_grad) if self.is_leaf else self

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                "deepcopy: only leaves can be copied (this is the result of "
                f"{self._node!r}); call detach() or clone() first"
            )
        copy = type(self).__new__(type(self))
        copy.__setstate__((self._array.copy(), self.requires_grad))
        memo[id(self)] = copy
        if self.grad is not None:
            copy.grad = handles.new_tensor(self.grad._array.copy(), None)
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "pickle: only leaves can be saved (this is the result of "
                f"{self._node!r}); call detach() first"
            )
        return _blank, (type(self),), (self._array, self.requires_grad)

    def __setstate__(self, state: tuple[np.ndarray, bool]) -> None:
        self._array, requires_grad = state
        self._node = self._leaf = self._view = None
        if requires_grad:
            self._node = self._holder()


def _blank(cls: type[Tensor]) -> Tensor:
    return cls.__new__(cls)


class RemovableHandle:
    """Takes a hook away again: ``handle.remove()``, or the end of a ``with`` block."""

    def __init__(self, hooks: dict[int, Any], hook: Any) -> None:
        self._hooks = hooks
        self.id = versions.tick()
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


handles.bind(Tensor, Value, View)
