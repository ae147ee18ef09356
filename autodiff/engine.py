"""Asking for gradients: ``backward`` into the leaves, ``grad`` as a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from . import handles
from .handles import new_tensor
from .node import Node
from .sweep import accumulate, copied, sweep, total
from .value import Value

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["backward", "grad"]

_Array = np.ndarray


def backward(
    tensors: Sequence[Any],
    grad_tensors: Sequence[Any] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Any] | None = None,
) -> None:
    """Add the gradients of `tensors` to the ``.grad`` of the leaves they depend on.

    Parameters
    ----------
    tensors : sequence of Tensor or Value
        The outputs.
    grad_tensors : sequence of (Tensor or None), optional
        The cotangent of each; may be None for tensors of one element (then 1).
    retain_graph : bool, optional
        Keep what is saved, so that backward can run again; by default as `create_graph`.
    create_graph : bool, default False
        Record the backward pass itself, for gradients of gradients.
    inputs : sequence of Tensor or Value, optional
        Accumulate into these only.

    Raises
    ------
    RuntimeError
        Where nothing requires grad, the graph was freed, or a saved array was written in place.
    ValueError
        Where a cotangent is missing or its shape is wrong.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([1.0, 2.0], requires_grad=True)
    >>> ad.backward([(x * x).sum()])
    >>> x.grad
    tensor([2., 4.])
    """
    seeds = _seeds(tensors, grad_tensors, create_graph)
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        sweep(seeds, None, retain, create_graph)
        return
    if len(inputs) == 0:
        raise ValueError(
            "backward: inputs is empty; name at least one, or leave it out for all leaves"
        )
    targets = [_node_of(x, "backward: inputs") for x in inputs]
    found = sweep(seeds, set(targets), retain, create_graph)
    for node, x in dict(zip(targets, inputs, strict=True)).items():
        if node in found:
            if isinstance(x, Value):
                x.grad += found[node]
            else:
                accumulate(x._holder(), found[node], create_graph, False)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of `outputs` with respect to `inputs`; ``.grad`` stays as it is.

    Parameters
    ----------
    outputs, inputs : Tensor, Value or sequence of these
    grad_outputs : Tensor or sequence of (Tensor or None), optional
        The cotangents of `outputs`; 1 for those of one element.
    retain_graph : bool, optional
        Keep what is saved; by default as `create_graph`.
    create_graph : bool, default False
        Record the backward pass, so that the results can be differentiated again.
    allow_unused : bool, optional
        Return None, and do not raise, for an input that the outputs do not depend on.
    materialize_grads : bool, default False
        Return zeros in place of None.

    Returns
    -------
    tuple
        One gradient per input.

    Raises
    ------
    RuntimeError
        For an unused input, unless allowed; for a freed graph; for a saved array written in place.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor(3.0, requires_grad=True)
    >>> (dy,) = ad.grad(x**3, x, create_graph=True)
    >>> ad.grad(dy, x)
    (tensor(18.),)
    """
    outputs = [outputs] if not isinstance(outputs, (list, tuple)) else outputs
    inputs = [inputs] if not isinstance(inputs, (list, tuple)) else inputs
    if grad_outputs is not None and not isinstance(grad_outputs, (list, tuple)):
        grad_outputs = [grad_outputs]
    targets = [_node_of(x, "grad: inputs") for x in inputs]
    seeds = _seeds(outputs, grad_outputs, create_graph)
    retain = create_graph if retain_graph is None else retain_graph
    found = sweep(seeds, set(targets), retain, create_graph)
    results: list[Any] = []
    for i, (x, node) in enumerate(zip(inputs, targets, strict=True)):
        g = found.get(node)
        if g is None and materialize_grads:
            g = 0.0 if isinstance(x, Value) else np.zeros(x.shape, x.dtype)
        if g is None and not allow_unused:
            raise RuntimeError(
                f"grad: input {i} (shape {tuple(node.shape)}) is not used in the graph of the outputs; "
                "pass allow_unused=True to get None for it"
            )
        if g is not None and not isinstance(x, Value):
            g = (
                copied(g)
                if isinstance(g, handles.Tensor)
                else new_tensor(np.array(g, x.dtype), None)
            )
        results.append(g)
    return tuple(results)


def _node_of(x: Any, operation: str) -> Node:
    node = x if isinstance(x, Value) else getattr(x, "_node", None)
    if node is None:
        raise RuntimeError(
            f"{operation}: every input must be a Tensor that requires grad; set requires_grad=True "
            "on it before it is used"
        )
    return node


def _seeds(
    tensors: Sequence[Any], cotangents: Sequence[Any] | None, create: bool
) -> dict[Node, Any]:
    """Return the roots with their cotangents, checked."""
    if cotangents is None:
        cotangents = [None] * len(tensors)
    if len(cotangents) != len(tensors):
        raise ValueError(f"backward: {len(tensors)} outputs but {len(cotangents)} cotangents")
    seeds: dict[Node, Any] = {}
    for tensor, g in zip(tensors, cotangents, strict=True):
        if not isinstance(tensor, (handles.Tensor, Value)):
            raise TypeError(
                f"backward: the outputs must be Tensors or Values, got {type(tensor).__name__}"
            )
        if isinstance(tensor, Value):
            node: Node | None = tensor
            g = (Value(1.0) if create else 1.0) if g is None else g
            if isinstance(g, Value) and not create:
                g = g.data
        else:
            node = tensor._history()
            if node is None:
                raise RuntimeError(
                    f"backward: the output of shape {tensor.shape} does not require grad and has no "
                    "grad_fn; set requires_grad=True on the tensors it is made from"
                )
            g = _array_seed(tensor, g, create)
        known = seeds.get(node)  # type: ignore[arg-type]
        seeds[node] = g if known is None else total(known, g)  # type: ignore[index]
    return seeds


def _array_seed(tensor: Tensor, g: Any, create: bool) -> Any:
    array = tensor._array
    if g is None:
        if array.size != 1:
            raise ValueError(
                f"backward: the output has shape {array.shape}; a gradient is implied for one element "
                "only. Reduce it first (.sum(), .mean()) or pass gradient= of the same shape"
            )
        ones = np.empty(array.shape, array.dtype)
        ones.fill(1)
        return new_tensor(ones, None) if create else ones
    if isinstance(g, Value):
        g = g.tensor()
    given = g._array if isinstance(g, handles.Tensor) else np.asarray(g, array.dtype)
    if given.shape != array.shape:
        raise ValueError(
            f"backward: gradient has shape {given.shape}, the output has shape {array.shape}"
        )
    if not create:
        return given.astype(array.dtype, copy=False)
    return g.to(array.dtype) if isinstance(g, handles.Tensor) else new_tensor(given, None)  # type: ignore[attr-defined]
