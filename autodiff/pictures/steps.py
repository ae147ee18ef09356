"""The sweeps of a graph as data for JSON, for a page that walks through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..node import Node as Recorded
from .evaluation import backward_steps, node_values
from .statistics import summary_of

if TYPE_CHECKING:
    from .graph import Graph

__all__ = ["steps_json"]


def steps_json(graph: Graph) -> dict[str, list[dict[str, Any]]]:
    """Return the forward and the backward sweep as data for JSON.

    Parameters
    ----------
    graph : Graph
        The backward sweep starts from ones.

    Returns
    -------
    dict
        ``{"forward": [{"node": id, "value": S}], "backward": [{"node": id, "adjoint": S, "gives": [{"to":
        id, "slot": k, "local": S, "contribution": S}]}]}``, where S is what ``summary_of`` returns, or None
        where there is no such array. A leaf that is drawn several times has a step for each, with the
        adjoint that all its uses gave.

    Raises
    ------
    RuntimeError
        For a graph that was freed, or a saved array that was written in place.
    ValueError
        For a part of a graph without its output.

    Examples
    --------
    >>> import autodiff as ad
    >>> a = ad.Value(2.0)
    >>> steps_json(ad.graph(a * a))["backward"][0]["gives"][0]
    {'to': 0, 'slot': 0, 'local': {'number': 2.0}, 'contribution': {'number': 2.0}}
    """
    forward = [
        {"node": id, "value": _summary(value)} for id, value in enumerate(node_values(graph))
    ]
    places: dict[Recorded, list[int]] = {}
    for id, node in graph.recorded.items():
        places.setdefault(node, []).append(id)
    tails = {(edge.head, edge.slot): edge.tail for edge in graph.edges}
    backward = []
    for step in backward_steps(graph):
        for id in places.get(step.node, ()):
            gives = [
                {
                    "to": tails[id, gift.slot],
                    "slot": gift.slot,
                    "local": _summary(gift.local),
                    "contribution": _summary(gift.contribution),
                }
                for gift in step.gives
                if (id, gift.slot) in tails
            ]
            backward.append({"node": id, "adjoint": _summary(step.adjoint), "gives": gives})
    return {"forward": forward, "backward": backward}


def _summary(x: Any) -> dict[str, Any] | None:
    return None if x is None or isinstance(x, (tuple, list)) else summary_of(x)
