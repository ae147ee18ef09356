"""How leaves, results and plain data are called in a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..node import Node
from .model import Path

__all__ = ["Names"]


class Names:
    """The names of tensors, by their place in the graph or, without one, by their memory.

    Parameters
    ----------
    params : Module, mapping of str to Tensor or Value, iterable of such pairs, or None

    Attributes
    ----------
    of_nodes : dict of engine node to str
    of_arrays : dict of int to str
        By ``id`` of the array of a tensor that needs no gradient.
    arrays : dict of engine node to array
        The data of leaves, which the engine's nodes do not hold.
    modules : dict of path to str
        The classes of a model's modules.
    """

    def __init__(self, params: Any = None) -> None:
        self.of_nodes: dict[Node, str] = {}
        self.of_arrays: dict[int, str] = {}
        self.arrays: dict[Node, np.ndarray] = {}
        self._held: list[np.ndarray] = []  # else another array could get the same ``id``
        for name, x in _pairs(params):
            self.add(str(name), x)
        self.modules: dict[Path, str] = {}
        if hasattr(params, "named_modules"):
            for name, module in params.named_modules():
                path = tuple(name.split(".")) if name else ()
                self.modules[path] = type(module).__name__

    def add(self, name: str, x: Any) -> None:
        """Call `x` so, unless it has a name."""
        node = x if isinstance(x, Node) else getattr(x, "_node", None)
        array = x if isinstance(x, np.ndarray) else getattr(x, "_array", None)
        if node is not None:
            self.of_nodes.setdefault(node, name)
            if array is not None:
                self.arrays.setdefault(node, array)
        elif array is not None:
            self._held.append(array)
            self.of_arrays.setdefault(id(array), name)


def _pairs(params: Any) -> Iterable[tuple[Any, Any]]:
    if params is None:
        return ()
    if hasattr(params, "named_parameters"):
        params = params.named_parameters()
    return params.items() if isinstance(params, Mapping) else params  # type: ignore[no-any-return]
