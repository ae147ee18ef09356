"""What a graph consists of: nodes and edges, whatever is drawn of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Edge", "Node", "Path"]

Path = tuple[str, ...]
"""Where a node was made: names of modules and scopes, outermost first."""


@dataclass(slots=True)
class Node:
    """An operation, a leaf or a constant; or, in a folded graph, a whole module.

    Attributes
    ----------
    id : int
        Its place in the graph's ``nodes``, which stand in a topological order.
    kind : str
        "input" (a leaf without a name, or named data), "parameter", "constant", "operation", "output",
        "module" (a folded one) or "gradient" (an operation of the backward pass).
    op : str
        The primitive's name; "" for leaves and modules.
    title : str
        What stands in the box: a symbol, a name or a number.
    name : str
        The dotted name of a parameter, or a label.
    scope : tuple of str
        The module that made it.
    shape : tuple of int, optional
        None where it is not known, and for an operation with several outputs.
    dtype : str
        "" where it is not known.
    nbytes : int
        Bytes of the result.
    saved : tuple of str
        What is kept here for backward: "x", "y", ... for the inputs, "out", "aux".
    arguments : str
        The operation's other arguments, as text.
    line : (str, int), optional
        The file and the line that made it.
    seconds, backward_seconds : float, optional
    value, grad : array or float, optional
        What is known of the result and of its gradient.
    count : int
        The operations inside a folded module.
    times : int
        How many equal modules a folded one stands for, or how often it is called in a row.
    parameters : int
        The numbers in a folded module's parameters.
    mark : str
        "added", "removed" or "changed", in a graph of differences.
    """

    id: int
    kind: str
    op: str
    title: str
    name: str = ""
    scope: Path = ()
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    nbytes: int = 0
    saved: tuple[str, ...] = ()
    line: tuple[str, int] | None = None
    seconds: float | None = None
    backward_seconds: float | None = None
    value: Any = None
    grad: Any = None
    count: int = 1
    times: int = 1
    parameters: int = 0
    arguments: str = ""
    mark: str = ""

    @property
    def path(self) -> str:
        """The scope and the name (or operation) with dots between: ``blocks.0.attn.linear``."""
        return ".".join((*self.scope, self.op)) if self.op else self.name


@dataclass(slots=True)
class Edge:
    """What goes from one node to another.

    Attributes
    ----------
    tail, head : int
        The ids of the nodes; the tail's is the smaller one.
    slot : int
        Which input of the head it is.
    """

    tail: int
    head: int
    slot: int = 0
