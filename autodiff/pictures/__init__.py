"""Pictures of computations: ``ad.graph(loss).to_svg("loss.svg")``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import model, svg

if TYPE_CHECKING:
    import graphviz

__all__ = ["Graph", "graph"]


class Graph:
    """The graph of a computation, ready to be drawn. Made by ``autodiff.graph``.

    Attributes
    ----------
    boxes : list of Box
        Operations, parameters, inputs and constants in a topological order; the output comes last.
    edges : list of (int, int)
        Arrows between boxes, by number.
    """

    def __init__(self, boxes: list[model.Box], edges: list[tuple[int, int]]) -> None:
        self.boxes = boxes
        self.edges = edges

    def __repr__(self) -> str:
        return f"Graph({len(self.boxes)} boxes, {len(self.edges)} edges)"

    def to_svg(self, path: str | Path | None = None) -> str:
        """Return the picture as SVG text, and write it to `path` where given.

        The layout is made here: the ``dot`` program is not needed, and the same graph gives the same text.

        Raises
        ------
        OSError
            Where the file cannot be written.

        Examples
        --------
        >>> import autodiff as ad
        >>> a = ad.Value(2.0, label="a")
        >>> ad.graph(a * a).to_svg().startswith("<svg")
        True
        """
        text = svg.render(self.boxes, self.edges)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_graphviz(self) -> graphviz.Digraph:
        """Return a ``graphviz.Digraph``, to restyle or to render with the ``dot`` program."""
        import graphviz

        digraph = graphviz.Digraph(
            graph_attr={"rankdir": "TB"},
            node_attr={"shape": "box", "style": "rounded,filled", "fontname": "Helvetica"},
        )
        for i, box in enumerate(self.boxes):
            fill, stroke = svg._FILL[box.kind]
            label = graphviz.escape("\n".join([box.title, *box.lines]))
            digraph.node(str(i), label=label, fillcolor=fill, color=stroke)
        digraph.edges([(str(tail), str(head)) for tail, head in self.edges])
        return digraph

    def to_dot(self, path: str | Path | None = None) -> str:
        """Return the graph in Graphviz's DOT language, and write it to `path` where given.

        Examples
        --------
        >>> import autodiff as ad
        >>> print(ad.graph(ad.Value(1.0) + 2.0).to_dot().splitlines()[0])
        digraph {
        """
        text = self.to_graphviz().source
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _repr_svg_(self) -> str:
        return self.to_svg()


def graph(output: Any, params: Any = None) -> Graph:
    """Return the graph of the computation that made `output`.

    Parameters
    ----------
    output : Tensor or Value
        The result, a loss for example. It must require grad.
    params : Module, mapping or iterable of (str, Tensor), optional
        Where the names of parameters come from.

    Returns
    -------
    Graph
        Operations with their shapes; for Values also data and gradient.

    Raises
    ------
    TypeError
        For anything but a Tensor or a Value.
    ValueError
        For a tensor without a graph.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.ones(3, requires_grad=True)
    >>> g = ad.graph((w * 2).sum(), params={"w": w})
    >>> [box.title for box in g.boxes]
    ['w', '2', '*', 'Σ']
    """
    from .._tensor import Tensor
    from ..value import Value

    if not isinstance(output, (Tensor, Value)):
        raise TypeError(f"graph: expected a Tensor or a Value, got {type(output).__name__}")
    if isinstance(output, Tensor) and output._history() is None:
        raise ValueError(
            f"graph: the tensor of shape {output.shape} has no graph; set requires_grad=True on what it "
            "is computed from, and do not compute it inside no_grad()"
        )
    return Graph(*model.read(output, params))
