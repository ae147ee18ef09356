"""``Graph``: a computation ready to be drawn, folded, coloured, searched, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from . import coloring, comparing, drawing, folding, folds, selecting
from .folds import Folds
from .model import Edge, Node, Path
from .view import View
from .writing import Writable

if TYPE_CHECKING:
    from ..node import Node as Recorded
    from .tables import Table

__all__ = ["Graph", "Style"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a graph is drawn.

    Attributes
    ----------
    show : tuple of str
        The lines in a box; see `drawing.SHOWN`.
    folds : Folds, optional
        By default large graphs are folded.
    color : str or callable, optional
        See `Graph.color_by`; "mark" colours differences.
    modules : mapping of path to str
        The classes of modules.
    """

    show: tuple[str, ...] = ("shape",)
    folds: Folds | None = None
    color: str | Callable[[Node], Any] | None = None
    modules: Mapping[Path, str] = field(default_factory=dict)


class Graph(Writable):
    """The graph of a computation. Made by ``autodiff.graph``; no method changes it.

    Attributes
    ----------
    nodes : list of Node
        Operations, leaves and constants in a topological order, whatever is folded in the picture.
    edges : list of Edge
    outputs : list of int
        The ids of the results.
    recorded : dict of int to engine node
        What the nodes are to the engine, for all but the constants.
    style : Style
        How it is drawn.
    folds : Folds
        Which modules are folded in the picture.

    Examples
    --------
    >>> import autodiff as ad
    >>> a = ad.Value(2.0, label="a")
    >>> g = ad.graph(a * a + 1.0)
    >>> g
    Graph(4 nodes, 4 edges)
    >>> [node.title for node in g]
    ['a', '*', '1', '+']
    """

    def __init__(
        self,
        nodes: list[Node],
        edges: list[Edge],
        outputs: list[int],
        recorded: dict[int, Recorded],
        style: Style,
    ) -> None:
        self.nodes = nodes
        self.edges = edges
        self.outputs = outputs
        self.recorded = recorded
        self.style = style
        self.folds = folding.automatic(nodes, edges) if style.folds is None else style.folds

    def _changed(self, style: Style) -> Graph:
        """The same graph, drawn differently."""
        return Graph(self.nodes, self.edges, self.outputs, self.recorded, style)

    def _part(self, ids: set[int]) -> Graph:
        nodes, edges, place = selecting.subgraph(self.nodes, self.edges, ids)
        recorded = {place[id]: node for id, node in self.recorded.items() if id in place}
        outputs = [place[id] for id in self.outputs if id in place]
        return Graph(nodes, edges, outputs, recorded, replace(self.style, folds=None))

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        size = f"{len(self.nodes)} nodes, {len(self.edges)} edges"
        if self.folds.closed:
            size += f", drawn as {len(self._folded().nodes)} boxes"
        return f"Graph({size})"

    # What is drawn

    def view(self) -> View:
        """Return boxes, arrows and frames as they are drawn, whatever draws them.

        Examples
        --------
        >>> import autodiff as ad
        >>> view = ad.graph(ad.Value(1.0, label="a") * 3.0).view()
        >>> [(box.kind, box.title, box.lines) for box in view.boxes][:2]
        [('parameter', 'a', ['data 1', 'grad 0']), ('constant', '3', [])]
        """
        folded = self._folded()
        fills: dict[int, str] = {}
        title = "Computation graph"
        if self.style.color is not None:
            fills, legend = coloring.fills(self.style.color, self, folded)
            title = f"{title}; {legend}"
        return drawing.draw(folded, self, fills, title)

    def _data(self, steps: bool = False) -> dict[str, Any]:
        from . import encoding

        return encoding.data(self, steps)

    def _folded(self) -> folding.Folded:
        return folding.fold(self.nodes, self.edges, self.folds)

    def collapse(self, pattern: str) -> Graph:
        """Draw modules as one box each.

        Parameters
        ----------
        pattern : str
            Matched with the dotted paths of modules: ``"encoder"``, ``"blocks.*"``.

        Returns
        -------
        Graph
            Where a path leaves a module and comes back, or its parts are not connected, there is a
            box for each part. Equal modules that follow each other, ``blocks.0`` to ``blocks.11``,
            become one box marked ×12.

        Raises
        ------
        ValueError
            Where no module is called so.

        Examples
        --------
        >>> import autodiff as ad
        >>> from autodiff import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> g = ad.graph(model, ad.ones(5, 2))
        >>> [box.title for box in g.collapse("0").view().boxes]
        ['input', '0', 'ReLU', '2.weight', '2.bias', 'linear']
        """
        closed = folds.collapsed(self.folds, self._modules(pattern))
        return self._changed(replace(self.style, folds=closed))

    def expand(self, pattern: str) -> Graph:
        """Draw what is inside of folded modules; a module whose equal items are one box, item by item.

        Parameters
        ----------
        pattern : str
            Matched with the dotted paths of modules; ``"*"`` unfolds everything.

        Raises
        ------
        ValueError
            Where no module is called so.

        Examples
        --------
        >>> import autodiff as ad
        >>> from autodiff import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> g = ad.graph(model, ad.ones(5, 2), depth=0)
        >>> [box.title for box in g.view().boxes]
        ['input', '0', 'ReLU', '2']
        >>> [box.title for box in g.expand("0").view().boxes]
        ['input', '0.weight', '0.bias', 'linear', 'ReLU', '2']
        """
        opened = folds.expanded(self.folds, self.nodes, self._modules(pattern))
        return self._changed(replace(self.style, folds=opened))

    def _modules(self, pattern: str) -> list[tuple[str, ...]]:
        found = folds.matching(self.nodes, pattern)
        if not found:
            known = [".".join(path) for path in folds.paths_of(self.nodes)]
            there = f"there are {', '.join(known[:12])}" if known else "the graph has none"
            raise ValueError(
                f"graph: no module is called {pattern!r}; {there}{', ...' if len(known) > 12 else ''}"
            )
        return found

    def color_by(self, quantity: str | Callable[[Node], Any]) -> Graph:
        """Colour the boxes, light for little and dark for much.

        Parameters
        ----------
        quantity : {"scope", "grad_norm", "time", "memory"} or callable
            ``"scope"`` gives each module a colour. ``"grad_norm"`` runs the backward sweep or, in a
            graph that was freed, takes the gradients that were kept; a folded module has that of its
            parameters. ``"time"`` needs a graph made under ``traced()``. ``"memory"`` is the bytes of
            the results. A callable takes a Node and returns a number, a class as str, or None.

        Raises
        ------
        ValueError
            For another word.

        Examples
        --------
        >>> import autodiff as ad
        >>> w = ad.ones(3, 4, requires_grad=True)
        >>> g = ad.graph((w * 2).sum(), {"w": w}).color_by("memory")
        >>> g.view().title
        'Computation graph; memory: light 4 B to dark 48 B'
        """
        if not callable(quantity) and quantity not in ("scope", *coloring.QUANTITIES):
            known = ", ".join(map(repr, ["scope", *coloring.QUANTITIES]))
            raise ValueError(f"color_by: unknown {quantity!r}; choose from {known}, or a function")
        return self._changed(replace(self.style, color=quantity))

    # Parts

    def find(self, name: str) -> list[Node]:
        """Return the nodes called `name`: by name, operation or module, or by a pattern of these.

        Examples
        --------
        >>> import autodiff as ad
        >>> a = ad.Value(2.0, label="a")
        >>> [node.title for node in ad.graph(ad.exp(a) * a).find("exp")]
        ['exp']
        """
        return [self.nodes[id] for id in selecting.named(self.nodes, name)]

    def focus(self, node: Any, hops: int = 2) -> Graph:
        """Return the part of the graph around a node.

        Parameters
        ----------
        node : int, str, Node, Tensor or Value
            An id, a name (of a module too), a pattern, or what was computed itself.
        hops : int, default 2
            How many edges away a node may be, in either direction.

        Raises
        ------
        ValueError
            Where the graph has no such node.

        Examples
        --------
        >>> import autodiff as ad
        >>> a = ad.Value(2.0, label="a")
        >>> b = ad.exp(a)
        >>> [n.title for n in ad.graph(ad.log(b) + 1.0).focus(b, hops=1)]
        ['a', 'exp', 'log']
        """
        if hops < 0:
            raise ValueError(f"focus: hops must not be negative, got {hops}")
        centre = selecting.chosen(self.nodes, self.recorded, node)
        return self._part(selecting.around(self.edges, centre, hops, len(self.nodes)))

    def path(self, start: Any, end: Any) -> Graph:
        """Return the nodes on all paths from one to another: how `start` acts on `end`.

        Parameters
        ----------
        start, end : int, str, Node, Tensor or Value
            See `focus`.

        Raises
        ------
        ValueError
            Where the graph has no such node, or no path leads from one to the other.

        Examples
        --------
        >>> import autodiff as ad
        >>> a, b = ad.Value(2.0, label="a"), ad.Value(3.0, label="b")
        >>> c = ad.exp(a) * b
        >>> [n.title for n in ad.graph(c).path(a, c)]
        ['a', 'exp', '*']
        """
        first, last = [selecting.chosen(self.nodes, self.recorded, x) for x in (start, end)]
        ids = selecting.between(self.edges, first, last)
        if not ids:
            raise ValueError("path: no path leads from the first node to the second")
        return self._part(ids)

    def diff(self, other: Graph) -> Graph:
        """Return this graph and `other` in one: what was removed, added or changed is coloured.

        Nodes are matched by module, operation and name, and by their place among those alike.
        ``node.mark`` says what became of each. In large graphs the modules that are the same come folded.

        Examples
        --------
        >>> import autodiff as ad
        >>> a = ad.Value(2.0, label="a")
        >>> g = ad.graph(ad.exp(a)).diff(ad.graph(ad.exp(a) + a))
        >>> [(node.title, node.mark) for node in g]
        [('a', ''), ('exp', 'changed'), ('+', 'added')]
        """
        nodes, edges, place, other_place = comparing.merged(
            self.nodes, self.edges, other.nodes, other.edges
        )
        outputs = dict.fromkeys(
            [*[place[id] for id in self.outputs], *[other_place[id] for id in other.outputs]]
        )
        style = replace(
            self.style,
            folds=folds.unmarked(nodes) if len(nodes) > folding.MANY else None,
            color="mark",
            modules={**self.style.modules, **other.style.modules},
        )
        return Graph(nodes, edges, list(outputs), {}, style)

    def table(self, kind: str = "forward", wrt: Any = None, seed: Any = None) -> Table:
        """Return the trace of an evaluation, a row per node in the order of the sweep.

        Parameters
        ----------
        kind : {"forward", "backward", "forward-mode"}, default "forward"
            The values; the adjoints from the output on, with what each node contributes; or the values
            with their derivatives with respect to some inputs.
        wrt : int, str, Node, Tensor or Value, or a sequence of these, optional
            For "forward-mode" these inputs; all leaves by default, where they are few.
        seed : number, array or Tensor, or a sequence of these, optional
            What the sweep starts from; ones by default.

        Returns
        -------
        Table
            Prints as text; ``to_markdown``, ``to_html`` and ``to_dataframe`` give other forms.

        Raises
        ------
        ValueError
            For another kind, for a part of a graph without its output, and for a wrong `wrt` or `seed`.
        RuntimeError
            For a graph that was freed.

        Examples
        --------
        >>> import autodiff as ad
        >>> a = ad.Value(2.0, label="a")
        >>> print(ad.graph(ad.exp(a) * 3.0).table("forward"))  # doctest: +ELLIPSIS
        name  operation ...
        """
        from . import tables

        return tables.table(self, kind, wrt, seed)
