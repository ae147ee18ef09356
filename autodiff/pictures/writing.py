"""What a graph is written as: SVG, PNG, DOT, JSON, HTML."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .text import written
from .view import View

if TYPE_CHECKING:
    import graphviz

__all__ = ["Writable"]


class Writable(ABC):
    """What has a picture and data, and so can be written to files."""

    @abstractmethod
    def view(self) -> View:
        """Return boxes, arrows and frames as they are drawn."""

    @abstractmethod
    def _data(self, steps: bool = False) -> dict[str, Any]:
        """Return the whole as data for JSON, with the steps of the sweeps where asked for."""

    def to_svg(
        self,
        path: str | Path | None = None,
        direction: str = "TB",
        theme: str = "light",
        engine: str = "auto",
    ) -> str:
        """Return the picture as SVG text, and write it to `path` where given.

        Parameters
        ----------
        path : str or Path, optional
        direction : {"TB", "LR"}
            From top to bottom, or from left to right.
        theme : {"light", "dark", "auto"}
            "auto" follows the reader's system.
        engine : {"auto", "dot", "builtin"}
            What lays the picture out. "builtin" needs nothing installed; "auto" asks the ``dot`` program
            where it is on the PATH and the picture is small.

        Raises
        ------
        RuntimeError
            With "dot", where that program is not on the PATH or takes too long.
        OSError
            Where the file cannot be written.
        ValueError
            For another direction, theme or engine.

        Examples
        --------
        >>> import autodiff as ad
        >>> a = ad.Value(2.0, label="a")
        >>> ad.graph(a * a).to_svg(engine="builtin").startswith("<svg")
        True
        """
        from . import engines

        return written(engines.render(self.view(), direction, theme, engine), path)

    def to_png(self, path: str | Path | None = None, direction: str = "TB") -> bytes:
        """Return the picture as a PNG, drawn by the ``dot`` program, and write it to `path` where given.

        Parameters
        ----------
        path, direction
            See `to_svg`.

        Raises
        ------
        RuntimeError
            Where the ``dot`` program is not installed, or takes too long.
        OSError
            Where the file cannot be written.
        """
        from . import dot

        data = dot.png_by_dot(self.view(), direction)
        if path is not None:
            Path(path).write_bytes(data)
        return data

    def to_graphviz(self, direction: str = "TB") -> graphviz.Digraph:
        """Return a ``graphviz.Digraph``, to restyle or to render with the ``dot`` program.

        Examples
        --------
        >>> import autodiff as ad
        >>> ad.graph(ad.Value(1.0) + 2.0).to_graphviz().directed
        True
        """
        from . import dot

        return dot.digraph(self.view(), direction)

    def to_dot(self, path: str | Path | None = None, direction: str = "TB") -> str:
        """Return the graph in Graphviz's DOT language, and write it to `path` where given.

        Examples
        --------
        >>> import autodiff as ad
        >>> print(ad.graph(ad.Value(1.0) + 2.0).to_dot().splitlines()[0])
        digraph {
        """
        return written(self.to_graphviz(direction).source, path)

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the whole graph as JSON text, and write it to `path` where given.

        Arrays become summaries: shape, extremes, mean, norm, a histogram. ``folded`` lists the modules that
        are folded in the picture.

        Examples
        --------
        >>> import autodiff as ad, json
        >>> found = json.loads(ad.graph(ad.Value(1.0) + 2.0).to_json())
        >>> found["format"], len(found["nodes"]), found["edges"]
        ('autodiff-graph', 3, [[0, 2, 0], [1, 2, 1]])
        """
        found = self._data()
        return written(json.dumps(found, allow_nan=False, ensure_ascii=False), path)

    def to_html(self, path: str | Path | None = None) -> str:
        """Return one self-contained page to walk through the graph, and write it to `path` where given.

        The page pans, zooms, searches, folds and unfolds modules, shows each node's numbers, and
        steps through the forward and the backward sweep. It needs no network.

        Raises
        ------
        OSError
            Where the file cannot be written.

        Examples
        --------
        >>> import autodiff as ad
        >>> ad.graph(ad.Value(1.0) + 2.0).to_html().startswith("<!doctype html>")
        True
        """
        from . import html

        return written(html.render(self._data(steps=True)), path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows."""
        return {"image/svg+xml": self.to_svg(), "text/plain": repr(self)}
