"""The graph: nodes that remember an operation, leaves that receive gradients, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._tensor import Tensor
    from .primitive import Primitive

__all__ = ["Leaf", "Node", "Notes", "topological_order"]


class Node:
    """One recorded operation.

    Attributes
    ----------
    primitive : Primitive or None
        What was done; None for a leaf.
    parents : tuple of (Node or None)
        One entry per input; None where the input needs no gradient.
    params : tuple
        The operation's other arguments.
    mask : int
        A bit per parent that is not None.
    saved : tuple or None
        ``(*inputs, output, aux)``, each None unless backward needs it; empty when it needs none of them,
        None once freed.
    shape : tuple of int
        The output's shape.
    index : int
        The time of recording: higher than that of every parent.
    notes : Notes or None
        What few nodes have: hooks, a name, the line that made it.
    """

    __slots__ = (
        "primitive", "parents", "params", "mask", "saved", "shape", "index", "notes", "__weakref__",
    )  # fmt: skip

    primitive: Primitive | None
    parents: tuple[Node | None, ...]
    params: tuple[Any, ...]
    mask: int
    saved: tuple[Any, ...] | None
    shape: tuple[int, ...]
    index: int
    notes: Notes | None

    @property
    def name(self) -> str:
        """The operation's name, as ``Tensor.grad_fn`` shows it."""
        return "leaf" if self.primitive is None else self.primitive.name

    def __repr__(self) -> str:
        return f"<{self.name} {tuple(self.shape)}>"


class Notes:
    """What is attached to few nodes, so that the others need not have room for it.

    Attributes
    ----------
    hooks : dict or None
        Called with the cotangent.
    retained : Leaf or None
        Where the cotangent is kept.
    where : str or None
        The lines that led here, for anomaly mode.
    scope : tuple of str or None
        The modules and scopes around the operation, outermost first (see ``tracing``).
    line : (str, int) or None
        File and line of the user's code.
    value : array, float or None
        The output.
    seconds, backward_seconds : float or None
        What the forward function took, and the rules of the derivative.
    """

    __slots__ = (
        "hooks", "retained", "where", "scope", "line", "value", "seconds", "backward_seconds",
    )  # fmt: skip

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[[Any], Any]] | None = None
        self.retained: Leaf | None = None
        self.where: str | None = None
        self.scope: tuple[str, ...] | None = None
        self.line: tuple[str, int] | None = None
        self.value: Any = None
        self.seconds: float | None = None
        self.backward_seconds: float | None = None


class Leaf(Node):
    """Where a gradient ends: holds what ``Tensor.grad`` returns.

    Attributes
    ----------
    grad : Tensor or None
    dtype : dtype
    wanted : bool
        False once the tensor no longer asks for gradients: those that still arrive are dropped.
    after : dict or None
        The hooks that run when ``grad`` was added to.
    """

    __slots__ = ("grad", "dtype", "wanted", "after")

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.primitive = None
        self.parents = self.params = ()
        self.saved = ()
        self.shape = shape
        self.index = 0
        self.notes = None
        self.grad: Tensor | None = None
        self.dtype = dtype
        self.wanted = True
        self.after: dict[int, Callable[[], Any]] | None = None


_recorded_at = attrgetter("index")


def topological_order(roots: Iterable[Node]) -> list[Node]:
    """Return all nodes that `roots` depend on, each before its parents.

    A node is recorded after its inputs, so the order of recording, read backwards, is such an order.
    """
    found = list(dict.fromkeys(roots))
    seen = set(found)
    for node in found:
        for parent in node.parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                found.append(parent)
    found.sort(key=_recorded_at, reverse=True)
    return found
