"""What a picture shows: boxes and arrows read off a graph of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._tensor import Tensor
from ..node import Leaf, Node, topological_order
from ..value import Value

__all__ = ["Box", "read"]


@dataclass
class Box:
    """One box of a picture.

    Attributes
    ----------
    kind : str
        "operation", "parameter", "input" (a leaf without a name), "constant" or "output".
    title : str
        The operation's symbol, the parameter's name, or a constant's value.
    lines : list of str
        What stands below it: shape, or value and gradient.
    """

    kind: str
    title: str
    lines: list[str] = field(default_factory=list)


def named_leaves(params: Any) -> dict[Node, str]:
    """Read names off a module, a mapping of name to tensor, or pairs of these."""
    if params is None:
        return {}
    if hasattr(params, "named_parameters"):
        params = params.named_parameters()
    pairs: Iterable[tuple[str, Any]] = params.items() if isinstance(params, Mapping) else params
    names: dict[Node, str] = {}
    for name, tensor in pairs:
        node = tensor if isinstance(tensor, Node) else getattr(tensor, "_node", None)
        if node is not None:
            names[node] = name
    return names


def read(output: Any, params: Any = None) -> tuple[list[Box], list[tuple[int, int]]]:
    """Return the boxes and arrows of the graph of `output`, in topological order.

    A leaf array is drawn once per use, so that a shared weight does not tie the picture into a knot; a
    leaf Value is drawn once, since its gradient is the sum over its uses.
    """
    root = output if isinstance(output, Value) else output._history()
    names = named_leaves(params)
    boxes: list[Box] = []
    edges: list[tuple[int, int]] = []
    number: dict[Node, int] = {}
    for node in reversed(topological_order([root])):
        if node.primitive is None and not isinstance(node, Value) and node is not root:
            continue
        tails = [_tail(node, i, number, names, boxes) for i in range(len(node.parents))]
        number[node] = head = len(boxes)
        boxes.append(_box(node, names))
        edges += [(tail, head) for tail in tails if tail is not None]
    boxes[-1].kind = "output"
    if isinstance(output, Tensor) and output._array.size == 1:
        boxes[-1].lines.append(f"value {output._array.item():.6g}")
    return boxes, edges


def _tail(
    node: Node, i: int, number: dict[Node, int], names: dict[Node, str], boxes: list[Box]
) -> int | None:
    """The box that input `i` of `node` comes from; None where nothing is known of it."""
    parent = node.parents[i]
    if parent is None:
        constant = _constant(node, i)
        if constant is None:
            return None
        boxes.append(constant)
    elif parent in number:
        return number[parent]
    else:
        boxes.append(_box(parent, names))
    return len(boxes) - 1


def _constant(node: Node, i: int) -> Box | None:
    """The box of an input that needs no gradient, where the node kept it."""
    if isinstance(node, Value):
        return Box("constant", f"{node.inputs[i]:g}")
    saved = node.saved
    if not saved or i >= len(saved) - 2 or saved[i] is None:
        return None
    value = saved[i]
    if isinstance(value, np.ndarray):
        return Box("constant", "data", [_shape(value.shape)])
    return Box("constant", f"{value:g}" if isinstance(value, (int, float)) else str(value))


def _box(node: Node, names: dict[Node, str]) -> Box:
    if isinstance(node, Value):
        lines = [f"data {node.data:.4g}", f"grad {node.grad:.4g}"]
        if node.primitive is not None:
            title = node.primitive.symbol + (f"  {node.label}" if node.label else "")
            return Box("operation", title, lines)
        name = names.get(node) or node.label
        return Box("parameter" if name else "input", name or "value", lines)
    if isinstance(node, Leaf):
        name = names.get(node, "")
        return Box("parameter" if name else "input", name or "leaf", [_shape(node.shape)])
    assert node.primitive is not None
    return Box("operation", node.primitive.symbol, [_shape(node.shape)])


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "scalar"
