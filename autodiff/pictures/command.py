"""What ``autodiff graph FILE.py:FUNCTION --out FILE`` does."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import Graph, graph

__all__ = ["run"]

_SUFFIXES = (".svg", ".html", ".dot", ".json", ".png")


def run(
    source: str,
    out: Path,
    *,
    direction: str = "TB",
    theme: str = "light",
    depth: int | None = None,
    backward: bool = False,
) -> Graph:
    """Call a function in a file, and draw what it returns.

    Parameters
    ----------
    source : str
        ``"path/to/file.py:function"``.
    out : Path
        What is written follows from its suffix.
    direction, theme, depth, backward
        See ``Graph.to_svg`` and ``autodiff.graph``.

    Raises
    ------
    OSError
        Where a file cannot be read or written.
    ValueError
        For another suffix, a file without this function, a function that fails or returns nothing that
        can be drawn.
    """
    if out.suffix not in _SUFFIXES:
        raise ValueError(f"{out}: the suffix must be one of {', '.join(_SUFFIXES)}")
    file, _, name = source.rpartition(":")
    if not file or not name:
        raise ValueError(f"{source}: expected FILE.py:FUNCTION")
    function = _function(Path(file), name)
    result = _called(function, Path(file), name)
    first, second = result if _is_pair(result) else (result, None)
    try:
        drawn = _drawn(first, second, depth, backward, f"{name}() in {file}")
        _write(drawn, out, direction, theme)
    except RuntimeError as error:  # the graph was freed, or there is no program dot for a PNG
        raise ValueError(str(error)) from error
    return drawn


def _drawn(first: Any, second: Any, depth: int | None, backward: bool, what: str) -> Graph:
    try:
        return graph(first, second, depth=depth, backward=backward)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{what} must return a Tensor or a Value that requires grad, the pair (loss, model), or the "
            f"pair (model, example input): {error}"
        ) from error


def _is_pair(result: Any) -> bool:
    """Whether this is a result and its names, or a model and its input; not two results."""
    if not isinstance(result, tuple) or len(result) != 2:
        return False
    return any(hasattr(x, "named_parameters") for x in result) or isinstance(result[1], dict)


def _function(file: Path, name: str) -> Callable[[], Any]:
    if not file.is_file():
        raise FileNotFoundError(f"no such file: {file}")
    name_of_module = f"drawn_{file.stem}"  # its own could be that of a module of Python
    spec = importlib.util.spec_from_file_location(name_of_module, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name_of_module] = module
    sys.path.insert(0, str(file.parent))  # as Python does for a script
    _guarded(lambda: spec.loader.exec_module(module), file, f"{file}")  # type: ignore[union-attr]
    function = getattr(module, name, None)
    if not callable(function):
        known = [n for n, f in vars(module).items() if callable(f) and not n.startswith("_")]
        there = f"; it has {', '.join(known)}" if known else ""
        raise ValueError(f"{file}: there is no function {name}{there}")
    return function  # type: ignore[no-any-return]


def _called(function: Callable[[], Any], file: Path, name: str) -> Any:
    return _guarded(function, file, f"{name}() in {file}")


def _guarded(function: Callable[[], Any], file: Path, what: str) -> Any:
    """Call what the user wrote; an error says which line of theirs it came from."""
    try:
        return function()
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if Path(frame.filename) == file]
        where = f" (line {lines[-1]})" if lines else ""
        raise ValueError(f"{what} failed{where}: {type(error).__name__}: {error}") from error


def _write(drawn: Graph, out: Path, direction: str, theme: str) -> None:
    if out.suffix == ".svg":
        drawn.to_svg(out, direction, theme)
    elif out.suffix == ".png":
        drawn.to_png(out, direction)
    elif out.suffix == ".dot":
        drawn.to_dot(out, direction)
    elif out.suffix == ".html":
        drawn.to_html(out)
    else:
        drawn.to_json(out)
