"""One recorded run of a function: what the transforms have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._tensor import Tensor
from .creation import as_tensor
from .engine import grad
from .handles import new_tensor
from .mode import enable_grad
from .node import Node
from .value import Value

__all__ = ["Run", "gradients", "like", "node_of", "one_element", "packed", "size_of", "stand_in"]


@dataclass
class Run:
    """Stand-ins for the inputs of a function, and what it made of them.

    Attributes
    ----------
    operation : str
        The transform, for error messages.
    inputs, outputs : sequence of Tensor or Value
    one_input, one_output : bool
        Whether they were given as one, not as a tuple.
    create : bool
        Whether what the transform computes is recorded in turn.
    """

    operation: str
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    one_input: bool
    one_output: bool
    create: bool

    @classmethod
    def of(cls, operation: str, func: Callable[..., Any], inputs: Any, create: bool) -> Run:
        """Call `func` on stand-ins for `inputs`."""
        one_input = not isinstance(inputs, (tuple, list))
        with enable_grad():
            xs = [stand_in(operation, x, create) for x in ((inputs,) if one_input else inputs)]
            outputs = func(*xs)
        one_output = not isinstance(outputs, (tuple, list))
        ys = (outputs,) if one_output else outputs
        for y in ys:
            if not isinstance(y, (Tensor, Value)):
                raise TypeError(
                    f"{operation}: the function must return Tensors, got {type(y).__name__}"
                )
        return cls(operation, xs, ys, one_input, one_output, create)

    def input_nodes(self) -> list[Any]:
        """The nodes of the inputs."""
        return [node_of(x) for x in self.inputs]

    def output_nodes(self) -> list[Any]:
        """The nodes of those outputs that have one."""
        return [node for node in map(node_of, self.outputs) if node is not None]

    def returned(self) -> Any:
        """The outputs as the caller gets them."""
        return packed([y if self.create else y.detach() for y in self.outputs], self.one_output)

    def like_inputs(self, results: Sequence[Any]) -> Any:
        """What was found for the inputs, as the caller gets it."""
        found = [like(x, g, self.create) for x, g in zip(self.inputs, results, strict=True)]
        return packed(found, self.one_input)

    def like_outputs(self, results: Sequence[Any]) -> Any:
        """What was found for the outputs, as the caller gets it."""
        found = [like(y, t, self.create) for y, t in zip(self.outputs, results, strict=True)]
        return packed(found, self.one_output)

    def vectors(self, v: Any, tensors: Sequence[Any], one: bool, what: str) -> list[Any]:
        """Return `v`, which must fit `tensors`, as tangents or cotangents for a sweep."""
        if v is None:
            if not one or size_of(tensors[0]) != 1:
                raise ValueError(
                    f"{self.operation}: v may be left out for one of the {what} of one element "
                    f"only; the {what} have shapes {[tuple(t.shape) for t in tensors]}"
                )
            v = new_tensor(np.ones(tensors[0].shape), None)
        vs = v if isinstance(v, (tuple, list)) else [v]
        if len(vs) != len(tensors):
            raise ValueError(f"{self.operation}: {len(tensors)} {what}, but v has {len(vs)} parts")
        return [self._vector(t, vs[i], i) for i, t in enumerate(tensors)]

    def _vector(self, tensor: Any, v: Any, i: int) -> Any:
        if isinstance(tensor, Value):
            if isinstance(v, Value):
                return v if self.create else v.data
            return Value(v) if self.create else float(v)
        v = as_tensor(v)
        if v.shape != tensor.shape:
            raise ValueError(
                f"{self.operation}: part {i} of v has shape {v.shape}, expected {tensor.shape}"
            )
        with enable_grad():
            v = v.to(tensor.dtype)  # type: ignore[attr-defined]
        return v if self.create else v._array

    def demand(self, results: Iterable[Any], one: str, other: str) -> None:
        """Raise where there is no dependence, which ``strict=True`` forbids."""
        for i, result in enumerate(results):
            if result is None:
                raise RuntimeError(
                    f"{self.operation}: {one} {i} and {other} do not depend on each other, which "
                    "strict=True forbids"
                )


def stand_in(operation: str, x: Any, create: bool) -> Any:
    """A leaf with the value of `x`; with `create` one that leads on to the history of `x`.

    It is new in either case, so that uses of `x` from elsewhere (a closure) are not counted as
    uses of the argument.
    """
    if isinstance(x, Value):
        return x * 1.0 if create else Value(x.data)
    if not isinstance(x, Tensor) or x.dtype.kind != "f":
        kind = f"a tensor of dtype {x.dtype}" if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"{operation}: the inputs must be floating Tensors or Values, got {kind}")
    if create and x.requires_grad:
        return x * 1.0  # type: ignore[operator]
    return x.detach().requires_grad_()


def one_element(operation: str, y: Any) -> Any:
    """Return `y`, checked to be one Tensor or Value of one element."""
    if not isinstance(y, Value) and (not isinstance(y, Tensor) or y._array.size != 1):
        what = f"shape {y.shape}" if isinstance(y, Tensor) else type(y).__name__
        raise ValueError(
            f"{operation}: the function must return one Tensor of one element, got {what}; reduce "
            "it with .sum() or .mean()"
        )
    return y


def gradients(
    outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any] | None, create: bool
) -> Sequence[Any]:
    """The gradients of those outputs that have a history; None where there is no dependence."""
    cotangents = [None] * len(outputs) if cotangents is None else cotangents
    pairs = [(y, c) for y, c in zip(outputs, cotangents, strict=True) if node_of(y) is not None]
    if not pairs:
        return [None] * len(inputs)
    ys, cs = zip(*pairs, strict=True)
    return grad(ys, inputs, cs, create_graph=create, allow_unused=True)


def like(x: Any, g: Any, create: bool) -> Any:
    """What a sweep found for `x`, in memory of its own; zeros where it found nothing."""
    if isinstance(x, Value):
        g = 0.0 if g is None else g
        if isinstance(g, (Tensor, np.ndarray)):
            g = g.item()
        return Value(g) if create and not isinstance(g, Value) else g
    if g is None:
        return new_tensor(np.zeros(x.shape, x.dtype), None)
    if isinstance(g, Tensor):
        return new_tensor(g._array.copy(), g._history())
    return new_tensor(np.array(g, x.dtype), None)


def node_of(x: Any) -> Node | None:
    """The node of a Tensor or Value, or None."""
    if isinstance(x, Value):
        return x
    return None if x is None else x._history()


def size_of(x: Any) -> int:
    """The number of elements."""
    return 1 if isinstance(x, Value) else x._array.size


def packed(results: list[Any], one: bool) -> Any:
    """The results as a tuple, or the one there is."""
    return results[0] if one else tuple(results)
