"""The backward sweep through a graph of nothing but Values: Python floats, and no rules to run."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from .node import Node
from .value import Value, Values

__all__ = ["sweep_values"]

_recorded_at = attrgetter("index")


def sweep_values(cotangents: dict[Node, Any]) -> bool:
    """Carry the cotangents of some Values back; False, with nothing done, where a Tensor is met.

    Every Value gets its gradient: leaves add to what they have, the others start anew.
    """
    found = _values_behind(cotangents)
    if found is None:
        return False
    for node in found:
        if node.primitive is not None:
            node.grad = 0.0
    for root, g in cotangents.items():
        root.grad += g  # type: ignore[attr-defined]
    found.sort(key=_recorded_at, reverse=True)  # a node is recorded after its operands
    for node in found:
        x = node.x
        y = node.y
        if x.__class__ is Value:
            x.grad += node.grad * node.dx
        elif x.__class__ is Values:
            g = node.grad
            # Behind an inactive ReLU there is nothing to add. (A finite sum of products has finite
            # factors, so that each contribution would be 0 and not NaN.)
            if g == 0.0 and node.data - node.data == 0.0:
                continue
            for operand, slope in zip(x, node.dx):
                operand.grad += g * slope
        elif x.__class__ is tuple:
            g = node.grad
            for operand, slope in zip(x, node.dx, strict=True):
                if operand.__class__ is Value:
                    operand.grad += g * slope
        if y.__class__ is Value:
            y.grad += node.grad * node.dy
    return True


def _values_behind(roots: dict[Node, Any]) -> list[Any] | None:
    """All Values that `roots` depend on; None where they depend on a Tensor."""
    for root in roots:
        if root.__class__ is not Value:
            return None
    found: list[Any] = list(roots)
    seen = set(found)
    see, push = seen.add, found.append
    for node in found:
        x = node.x
        if x.__class__ is Value:
            if x not in seen:
                see(x)
                push(x)
        elif x.__class__ is Values:
            for operand in x:
                if operand not in seen:
                    see(operand)
                    push(operand)
        elif x.__class__ is tuple:
            for operand in x:
                if operand.__class__ is Value and operand not in seen:
                    see(operand)
                    push(operand)
        elif isinstance(x, Node):
            return None
        y = node.y
        if y.__class__ is Value and y not in seen:
            see(y)
            push(y)
    return found
