"""What nodes are called in a textbook's evaluation trace, and the formula of each: ``v3 = v1 + v2``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .graph import Graph
    from .model import Node

__all__ = ["Formulas"]

_INFIX = {"+", "-", "*", "/", "//", "%", "^", "@"}
_FORMS = {"neg": "-{}", "reciprocal": "1 / {}", "square": "{} ^ 2"}
_UNKNOWN = "…"


class Formulas:
    """Names and formulas of the nodes of a graph.

    Leaves are called by their names and labels, else x1, x2, ...; plain data c1, c2, ...; operations by their
    labels, else v1, v2, ... in order. A name that is taken is passed over. Constants of one element
    without a name stand in the formulas as numbers.

    Parameters
    ----------
    graph : Graph

    Attributes
    ----------
    names : dict of int to str
        By id; those of the constants too.
    variables : list of int
        The ids of leaves and data, each once, however often it is drawn.
    operations : list of int
        The ids of the operations, in order.
    numbers : set of int
        The ids of what stands in the formulas as a number.
    inputs : list of dict of int to int
        For each node what stands at its inputs.

    Examples
    --------
    >>> import autodiff as ad
    >>> w, x = ad.Value(3.0, label="w"), ad.Value(2.0, label="x")
    >>> formulas = Formulas(ad.graph(ad.exp(-w * x)))
    >>> [f"{formulas.names[id]} = {formulas.of(id)}" for id in formulas.operations]
    ['v1 = -w', 'v2 = v1 * x', 'v3 = exp(v2)']
    """

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.names: dict[int, str] = {}
        self.variables: list[int] = []
        self.operations: list[int] = []
        self.numbers: set[int] = set()
        self.inputs: list[dict[int, int]] = [{} for _ in graph.nodes]
        for edge in graph.edges:
            if graph.nodes[edge.head].op:  # and not where a backward pass starts
                self.inputs[edge.head][edge.slot] = edge.tail
        self._recorded = graph.recorded
        self._counts: dict[str, int] = {}
        self._taken = {node.name for node in graph.nodes}
        same: dict[int, int] = {}  # what is drawn several times, by the ``id`` of what it is
        used: dict[str, int] = {}
        for node in graph.nodes:
            what = graph.recorded.get(node.id, node.value)
            first = same.setdefault(id(what), node.id)
            if not node.op and what is not None and first != node.id:
                self.names[node.id] = self.names[first]
                continue
            name = self._named(node)
            if _is_number(node):
                self.numbers.add(node.id)
            else:
                used[name] = used.get(name, 0) + 1
                name = name if used[name] == 1 else f"{name} ({used[name]})"
                (self.operations if node.op else self.variables).append(node.id)
            self.names[node.id] = name

    def _named(self, node: Node) -> str:
        if node.name:
            return node.name
        if _is_number(node):
            return f"({node.title})" if node.title.startswith("-") else node.title
        letter = "v" if node.op else "c" if node.kind == "constant" else "x"
        while True:
            self._counts[letter] = count = self._counts.get(letter, 0) + 1
            if f"{letter}{count}" not in self._taken:
                return f"{letter}{count}"

    def of(self, id: int) -> str:
        """The formula of an operation; "" for a leaf."""
        node = self.nodes[id]
        if not node.op:
            return ""
        inputs = self.inputs[id]
        recorded = self._recorded.get(id)
        count = max(inputs, default=-1) + 1 if recorded is None else len(recorded.parents)
        names = [self.names[inputs[i]] if i in inputs else _UNKNOWN for i in range(count)]
        if len(names) == 2 and node.title in _INFIX:
            return f"{names[0]} {node.title} {names[1]}"
        if node.op in _FORMS:
            return _FORMS[node.op].format(names[0])
        if node.op == "pick":
            return names[0] + node.title
        if node.op in ("slice", "index") and recorded is not None:
            return f"{names[0]}[{_index(recorded.params[0])}]"
        while names and names[-1] == _UNKNOWN:
            names.pop()  # most often an input that was left out
        if len(names) > 6:
            names[3:-2] = [_UNKNOWN]
        called = node.title if node.title.isascii() and node.title.isidentifier() else node.op
        return f"{called}({', '.join([*names, node.arguments] if node.arguments else names)})"


def _index(index: Any) -> str:
    """A subscript as it is written, but for tables of places."""
    if isinstance(index, tuple):
        return ", ".join([_index(part) for part in index])
    if isinstance(index, slice):
        ends = f"{_end(index.start)}:{_end(index.stop)}"
        return ends if index.step is None else f"{ends}:{index.step}"
    if index is Ellipsis:
        return "..."
    return _UNKNOWN if isinstance(index, (np.ndarray, list)) else str(index)


def _end(end: int | None) -> str:
    return "" if end is None else str(end)


def _is_number(node: Node) -> bool:
    """Whether a node stands in formulas as a number."""
    if node.op or node.name or node.kind != "constant" or node.value is None:
        return False
    return np.size(node.value) == 1
