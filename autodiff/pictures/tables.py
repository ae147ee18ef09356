"""The sweeps through a graph as a textbook's tables: evaluation, reverse mode and forward mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import selecting
from .evaluation import backward_steps, node_values, tangents
from .formulas import Formulas
from .tabular import Pairs, Table

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["KINDS", "Table", "table"]

KINDS = ("forward", "backward", "forward-mode")
_MISSING = "Some values were not kept; compute inside autodiff.traced() to have them all."
_MOST_SWEEPS = 8  # of forward mode, where nobody said with respect to what


def table(graph: Graph, kind: str = "forward", wrt: Any = None, seed: Any = None) -> Table:
    """Return the evaluation trace of a graph.

    Parameters
    ----------
    graph : Graph
    kind : {"forward", "backward", "forward-mode"}, default "forward"
        "forward" tells of each node its operation, inputs and value, in the order of evaluation.
        "backward" tells, from the output on, of each node its adjoint (the derivative of the output with
        respect to it), its derivatives with respect to its inputs, and what it contributes to the adjoint of
        each. "forward-mode" tells of each node its value and its tangent (its derivative with respect to one
        chosen input).
    wrt : int, str, Node, Tensor or Value, or a sequence of these, optional
        For "forward-mode" the inputs; each has a sweep and a column. By default all leaves, where there are
        at most 8.
    seed : number, array or Tensor, optional
        What the sweep starts from: for "backward" the adjoint of the output, for "forward-mode" the tangent
        of the input; a sequence with one for each where there are several. Ones by default.

    Returns
    -------
    Table

    Raises
    ------
    RuntimeError
        For a graph that was freed, or a saved array that was written in place.
    ValueError
        For another kind, for a part of a graph without its output, for a seed of the wrong shape, and where
        `wrt` is needed or names nothing.

    Notes
    -----
    The names are those of Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine
    learning: a survey" (2018), tables 2 and 3: v1, v2, ... for what is computed on the way.

    Examples
    --------
    Their example:

    >>> import autodiff as ad
    >>> x1, x2 = ad.Value(2.0, label="x1"), ad.Value(5.0, label="x2")
    >>> g = ad.graph(ad.log(x1) + x1 * x2 - ad.sin(x2))
    >>> print(table(g, "forward"))
    name  operation  inputs                            value
    ----  ---------  ----------------------------  ---------
    x1                                                     2
    x2                                                     5
    v1    log(x1)    x1 = 2                         0.693147
    v2    x1 * x2    x1 = 2, x2 = 5                       10
    v3    v1 + v2    v1 = 0.693147, v2 = 10          10.6931
    v4    sin(x2)    x2 = 5                        -0.958924
    v5    v3 - v4    v3 = 10.6931, v4 = -0.958924    11.6521
    >>> print(table(g, "backward"))
    name  operation  adjoint  local derivatives      contributions
    ----  ---------  -------  ---------------------  -----------------
    v5    v3 - v4          1  ∂/∂v3 = 1, ∂/∂v4 = -1  v3 += 1, v4 += -1
    v4    sin(x2)         -1  ∂/∂x2 = 0.283662       x2 += -0.283662
    v3    v1 + v2          1  ∂/∂v1 = 1, ∂/∂v2 = 1   v1 += 1, v2 += 1
    v2    x1 * x2          1  ∂/∂x1 = 5, ∂/∂x2 = 2   x1 += 5, x2 += 2
    v1    log(x1)          1  ∂/∂x1 = 0.5            x1 += 0.5
    x2               1.71634
    x1                   5.5
    >>> table(g, "forward-mode", wrt="x1")["tangent"]
    [1.0, 0.0, 0.5, 5.0, 5.5, 0.0, 5.5]
    """
    if kind not in KINDS:
        raise ValueError(f"table: unknown kind {kind!r}; choose from {', '.join(map(repr, KINDS))}")
    if wrt is not None and kind != "forward-mode":
        raise ValueError(f"table: wrt belongs to 'forward-mode', not to {kind!r}")
    if seed is not None and kind == "forward":
        raise ValueError("table: a seed belongs to 'backward' and 'forward-mode', not to 'forward'")
    if not graph.recorded:
        raise ValueError("table: this graph was not recorded, a graph of differences for example")
    if kind == "forward":
        return _forward(graph)
    return _backward(graph, seed) if kind == "backward" else _forward_mode(graph, wrt, seed)


def _forward(graph: Graph) -> Table:
    formulas, values = Formulas(graph), node_values(graph)
    rows = []
    for id in (*formulas.variables, *formulas.operations):
        inputs = dict.fromkeys(formulas.inputs[id].values())
        shown = [
            (formulas.names[tail], "?" if values[tail] is None else values[tail])
            for tail in inputs
            if tail not in formulas.numbers
        ]
        inputs_cell = _pairs(shown, "{} = {}", brief=True)
        rows.append((formulas.names[id], formulas.of(id), inputs_cell, values[id]))
    missing = any([row[-1] is None for row in rows])
    return Table(["name", "operation", "inputs", "value"], rows, _MISSING if missing else "")


def _pairs(pairs: Sequence[tuple[str, Any]], form: str, brief: bool = False) -> Pairs | None:
    return Pairs(tuple(pairs), form, brief) if pairs else None


def _backward(graph: Graph, seed: Any) -> Table:
    formulas = Formulas(graph)
    places = {graph.recorded[id]: id for id in reversed(graph.recorded)}
    rows = []
    for step in backward_steps(graph, seed):
        id = places.get(step.node)
        if id is None:
            continue
        gives = [
            (formulas.names[places[gift.to]], gift) for gift in step.gives if gift.to in places
        ]
        local = [(name, gift.local) for name, gift in gives if gift.local is not None]
        given = [(name, gift.contribution) for name, gift in gives]
        rows.append(
            (
                formulas.names[id],
                formulas.of(id),
                step.adjoint,
                _pairs(local, "∂/∂{} = {}"),
                _pairs(given, "{} += {}"),
            )
        )
    columns = ["name", "operation", "adjoint", "local derivatives", "contributions"]
    return Table(columns, rows)


def _forward_mode(graph: Graph, wrt: Any, seed: Any) -> Table:
    formulas, values = Formulas(graph), node_values(graph)
    if wrt is None:
        sources = [id for id in formulas.variables if id in graph.recorded]
        if len(sources) > _MOST_SWEEPS:
            names = ", ".join([formulas.names[id] for id in sources[:_MOST_SWEEPS]])
            raise ValueError(
                f"table: forward mode takes a sweep for each input, and there are {len(sources)}; "
                f"choose with wrt= from {names}, ..."
            )
    else:
        several = wrt if isinstance(wrt, (tuple, list)) else [wrt]
        sources = [_source(graph, formulas, x) for x in several]
    if not sources:
        raise ValueError("table: forward mode needs an input that is no constant")
    seeds = [seed] * len(sources) if seed is None or len(sources) == 1 else list(seed)
    if len(seeds) != len(sources):
        raise ValueError(f"table: {len(sources)} inputs, but {len(seeds)} tangents")
    found = [tangents(graph, id, x) for id, x in zip(sources, seeds)]
    rows = [
        (
            formulas.names[id],
            formulas.of(id),
            values[id],
            *[
                sweep.get(graph.recorded[id], 0.0) if id in graph.recorded else 0.0
                for sweep in found
            ],
        )
        for id in (*formulas.variables, *formulas.operations)
    ]
    if len(sources) == 1:
        heads = ["tangent"]
        caption = f"Tangents with respect to {formulas.names[sources[0]]}"
    else:
        heads = [f"∂/∂{formulas.names[id]}" for id in sources]
        caption = ""
    return Table(["name", "operation", "value", *heads], rows, caption)


def _source(graph: Graph, formulas: Formulas, wrt: Any) -> int:
    """The id of the one node that is named."""
    if isinstance(wrt, str):
        for id, name in formulas.names.items():
            if name == wrt:
                return id
    ids = selecting.chosen(graph.nodes, graph.recorded, wrt)
    if len({formulas.names[id] for id in ids}) > 1:
        raise ValueError(
            f"table: {wrt!r} names several: {', '.join([formulas.names[i] for i in ids])}"
        )
    return ids[0]
