"""What nodes saved for backward: whether it is still there, unchanged, and as Tensors of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import versions
from .apply import record
from .handles import new_tensor
from .node import Node
from .primitive import pick

__all__ = ["as_tensors", "check_versions", "freed"]

_Array = np.ndarray


def freed(node: Node) -> RuntimeError:
    return RuntimeError(
        f"differentiating {node.name!r} (output shape {node.shape}) a second time: what it saved was "
        "freed. Pass retain_graph=True to the first backward to go through twice"
    )


def check_versions(node: Node) -> None:
    """Raise where an array that the derivative of `node` reads was written in place since."""
    saved = node.saved or ()
    for i, kept in enumerate((*saved, *node.params)):
        for array in kept if isinstance(kept, (tuple, list)) else (kept,):
            if array.__class__ is not _Array:
                continue
            now = versions.version(array)
            expected = versions.version_at(array, node.index) if now else 0
            if now == expected:
                continue
            count = len(saved) - 2
            what = f"input {i}" if i < count else "its output" if i == count else "an argument"
            notes = node.notes
            where = (
                f"\nThe operation was recorded here:\n{notes.where}"
                if notes is not None and notes.where
                else " Run the forward pass inside autodiff.detect_anomaly() to see the line."
            )
            raise RuntimeError(
                f"backward of {node.name!r} (output shape {node.shape}) needs {what} (shape "
                f"{array.shape}, dtype {array.dtype}), but that was changed in place: it is at version "
                f"{now}, expected version {expected}. Use an out-of-place operation, or write to a "
                f"clone().{where}"
            )


def as_tensors(node: Node, saved: Sequence[Any], history: bool = True) -> tuple[Any, ...]:
    """What was saved, for rules that run on Tensors.

    The arrays of differentiable inputs and of outputs become Tensors; with `history` they have their place in
    the graph, so that what the rules do with them is recorded.
    """
    tensors: list[Any] = []
    for a, parent in zip(saved[:-2], node.parents, strict=True):
        if a.__class__ is _Array and parent is not None:
            a = new_tensor(a, parent if history else None)
        tensors.append(a)
    out = saved[-2]
    if out.__class__ is _Array:
        out = new_tensor(out, node if history else None)
    elif isinstance(out, tuple):
        out = tuple([_as_output(node, i, o, history) for i, o in enumerate(out)])
    return (*tensors, out, saved[-1])


def _as_output(node: Node, i: int, out: Any, history: bool) -> Any:
    """Output `i` of an operation with several, as a Tensor."""
    if out.__class__ is not _Array:
        return out
    history = history and out.dtype.kind == "f"
    own = record(pick, (node,), (i,), 1, (), out.shape, out) if history else None
    return new_tensor(out, own)
