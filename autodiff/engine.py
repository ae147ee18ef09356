"""The backward sweep: cotangents flow from the roots to the leaves, each node visited once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from . import versions
from ._tensor import Tensor
from .mode import debug, enable_grad, no_grad
from .node import Leaf, Node, Notes, topological_order
from .primitive import new_tensor, pick, record
from .scattered import Scattered
from .value import Value, lower
from .value_sweep import sweep_values

__all__ = ["backward", "grad", "sweep"]

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
                _accumulate(x._holder(), found[node], create_graph, False)


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
            g = _copied(g) if isinstance(g, Tensor) else new_tensor(np.array(g, x.dtype), None)
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
        if not isinstance(tensor, (Tensor, Value)):
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
        seeds[node] = g if known is None else _total(known, g)  # type: ignore[index]
    return seeds


def _total(known: Any, g: Any) -> Any:
    """The sum of two cotangents; that of 0-d arrays stays an array."""
    total = known + g
    return np.asarray(total) if isinstance(total, np.generic) else total


def _array_seed(tensor: Tensor, g: Any, create: bool) -> Any:
    if g is None:
        if tensor._array.size != 1:
            raise ValueError(
                f"backward: the output has shape {tensor.shape}; a gradient is implied for one element "
                "only. Reduce it first (.sum(), .mean()) or pass gradient= of the same shape"
            )
        g = np.ones(tensor._array.shape, tensor._array.dtype)
    if isinstance(g, Value):
        g = g.tensor()
    array = g._array if isinstance(g, Tensor) else np.asarray(g, tensor._array.dtype)
    if array.shape != tensor._array.shape:
        raise ValueError(
            f"backward: gradient has shape {array.shape}, the output has shape {tensor._array.shape}"
        )
    if not create:
        return array.astype(tensor._array.dtype, copy=False)
    return g.to(tensor.dtype) if isinstance(g, Tensor) else new_tensor(array, None)  # type: ignore[attr-defined]


def sweep(
    cotangents: dict[Node, Any],
    targets: set[Node] | None,
    retain: bool,
    create: bool,
    order: list[Node] | None = None,
) -> dict[Node, Any]:
    """Carry `cotangents` backwards through the graph.

    Parameters
    ----------
    cotangents : dict of Node to array (Tensor where `create`)
        What the roots start from. Consumed.
    targets : set of Node, optional
        Return the cotangents of these and touch no leaf; None: accumulate into the leaves.
    retain : bool
        Keep what the nodes saved.
    create : bool
        Run the rules on Tensors, recorded.
    order : list of Node, optional
        The nodes to visit; by default all that the roots depend on, in topological order.

    Returns
    -------
    dict of Node to cotangent, for `targets`.
    """
    if order is None and targets is None and not create and sweep_values(cotangents):
        return {}
    order = topological_order(cotangents) if order is None else order
    with enable_grad() if create else no_grad(), np.errstate(all="ignore"):
        return _sweep(order, cotangents, targets, retain, create)


def _leading_to(targets: set[Node], order: list[Node]) -> set[Node]:
    """The nodes through which a cotangent must pass to reach a target."""
    leading = set(targets)
    for node in reversed(order):
        if node not in leading and not leading.isdisjoint(node.parents):
            leading.add(node)
    return leading


def _sweep(
    order: list[Node],
    cotangents: dict[Node, Any],
    targets: set[Node] | None,
    retain: bool,
    create: bool,
) -> dict[Node, Any]:
    found: dict[Node, Any] = {}
    needed = None if targets is None else _leading_to(targets, order)
    owned: set[Node] = set()  # nodes whose cotangent is a sum made here: safe to add to in place
    known_of = cotangents.get
    take = cotangents.pop
    anomaly = debug.anomaly
    for node in order:
        g = take(node, None)
        if g is None or (needed is not None and node not in needed):
            continue
        if node.notes is not None:
            g = _attend(node, node.notes, g, create)
        if targets is not None and node in targets:
            found[node] = g
        primitive = node.primitive
        if primitive is None:
            if targets is None:
                if node.__class__ is Value:
                    node.grad += g  # type: ignore[attr-defined]
                else:
                    contributions = pg = known = None  # or these count as references
                    unshared = getrefcount(g) <= _UNSHARED
                    _accumulate(node, g, create, unshared)  # type: ignore[arg-type]
            continue
        if primitive is pick:
            _route(node, g, cotangents)
            continue
        saved = node.saved
        mask = node.mask
        if needed is not None:
            mask = _mask(node.parents, needed)
            if not mask:
                continue  # a target: nothing further back is asked for
        if node.__class__ is Value:
            contributions = of_value(node, g, create)  # type: ignore[arg-type]
            if targets is None and not create:
                node.grad = g  # type: ignore[attr-defined]
        else:
            if node.index < versions._last:
                check_versions(node)
            if saved:
                if create:
                    saved = as_tensors(node, saved)
                elif not retain:
                    node.saved = None
            elif saved is None:
                raise freed(node)
            try:
                vjp = primitive.vjps[mask]
            except KeyError:
                vjp = primitive.vjp_of(mask)
            contributions = vjp(g, saved, node)
            if create:
                contributions = [
                    new_tensor(c, None) if c.__class__ is _Array else c for c in contributions
                ]
            if anomaly:
                _check_finite(node, contributions)
        for parent, pg in zip(node.parents, contributions):
            if pg is None or parent is None or (needed is not None and parent not in needed):
                continue
            if pg.__class__ is _Array:
                if pg.shape != parent.shape:
                    pg = unbroadcast(pg, parent.shape)
                known = known_of(parent)
                if known is None:
                    cotangents[parent] = pg
                elif parent in owned:
                    known += pg
                else:
                    cotangents[parent] = np.asarray(known + pg)
                    owned.add(parent)
            elif pg.__class__ is Scattered:
                if parent not in owned:
                    cotangents[parent] = pg.start(parent.shape, known_of(parent))
                    owned.add(parent)
                pg.add_to(cotangents[parent])
            else:
                pg = fitted(pg, parent, create)
                known = known_of(parent)
                cotangents[parent] = pg if known is None else _total(known, pg)
        if create and not retain and saved and node.__class__ is not Value:
            node.saved = None
    return found


def _mask(parents: Sequence[Node | None], needed: set[Node]) -> int:
    return sum([1 << i for i, parent in enumerate(parents) if parent in needed])


def _route(node: Node, g: Any, cotangents: dict[Node, Any]) -> None:
    """Put the cotangent of one output of a many-valued operation into its place."""
    whole = node.parents[0]
    assert whole is not None
    parts = cotangents.get(whole)
    if parts is None:
        parts = cotangents[whole] = [None] * len(whole.shape)
    i = node.params[0]
    parts[i] = g if parts[i] is None else _total(parts[i], g)


def fitted(pg: Any, parent: Node, create: bool) -> Any:
    """Bring a contribution that is not an array to the kind and shape of `parent`."""
    if parent.__class__ is Value:
        if create:
            return pg if isinstance(pg, Value) else Value(pg)
        return float(pg)
    if isinstance(pg, Value):
        pg = pg.tensor()
    elif not isinstance(pg, Tensor):
        pg = np.asarray(pg)
    return pg if pg.shape == parent.shape else unbroadcast(pg, parent.shape)


def freed(node: Node) -> RuntimeError:
    return RuntimeError(
        f"differentiating {node.name!r} (output shape {node.shape}) a second time: what it saved was "
        "freed. Pass retain_graph=True to the first backward to go through twice"
    )


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over the axes along which an input of `shape` was broadcast."""
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        [i for i, n in enumerate(shape, extra) if n == 1 and g.shape[i] != 1]
    )
    g = g.sum(axis=axes, keepdims=True) if axes else g
    return g.reshape(shape) if g.shape != shape else g


def _copied(g: Tensor) -> Tensor:
    """The same cotangent in memory of its own: several inputs may have been given one."""
    return new_tensor(g._array.copy(), g._history())


def _accumulate(leaf: Leaf, g: Any, create: bool, unshared: bool) -> None:
    """Add `g` to the gradient of a leaf; take the array itself where nothing else refers to it."""
    if create:
        leaf.grad = _copied(g) if leaf.grad is None else leaf.grad + g
    elif leaf.grad is None:
        if not (
            unshared
            and g.__class__ is _Array
            and g.base is None
            and g.dtype == leaf.dtype
            and g.flags.c_contiguous
        ):
            g = np.array(g, leaf.dtype, order="C")
        leaf.grad = new_tensor(g, None)
    else:
        array = leaf.grad._array
        np.add(array, g, out=array, casting="same_kind")
        versions.touch(array)
    if leaf.after is not None:
        for hook in list(leaf.after.values()):
            hook()


def _references_of_a_fresh_array() -> int:
    """Count the references to an array that only a local variable holds, as `_sweep` sees it."""
    cotangents: dict[int, Any] = {0: np.empty(1)}
    counts = []
    for node in (0,):
        g = cotangents.pop(node, None)
        if g is None:
            continue
        counts.append(getrefcount(g))
    return counts[0]


_UNSHARED = _references_of_a_fresh_array()


def _attend(node: Node, notes: Notes, g: Any, create: bool) -> Any:
    """Run the hooks of a node and keep its cotangent where that was asked for."""
    if notes.hooks:
        # A copy, since a hook may write into it and others may have been given the same cotangent.
        given = _copied(g) if create else new_tensor(np.array(g), None)
        for hook in list(notes.hooks.values()):
            result = hook(given)
            if result is None:
                continue
            if not isinstance(result, Tensor):
                raise TypeError(
                    f"hook on {node.name!r}: expected a Tensor or None, got {type(result).__name__}"
                )
            if result.shape != given.shape or result.dtype != given.dtype:
                raise RuntimeError(
                    f"hook on {node.name!r}: returned shape {result.shape} of dtype {result.dtype}, "
                    f"expected shape {given.shape} of dtype {given.dtype}"
                )
            given = result
        g = given if create else given._array
    if notes.retained is not None:
        _accumulate(notes.retained, g, create, False)
    return g


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


def _check_finite(node: Node, contributions: Iterable[Any]) -> None:
    for i, g in enumerate(contributions):
        array = getattr(g, "_array", g)
        if isinstance(array, (np.ndarray, np.generic)) and bool(np.isnan(array).any()):
            where = node.notes.where if node.notes is not None and node.notes.where else "unknown\n"
            raise RuntimeError(
                f"backward of {node.name!r} returned NaN for input {i} (output shape {node.shape}); "
                f"the operation was recorded here:\n{where}"
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
    return new_tensor(out, record(pick, (node,), (i,), 1, (), out.shape) if history else None)


def of_value(node: Value, g: Any, create: bool) -> Sequence[Any]:
    """The contributions of a Value to its parents."""
    primitive = node.primitive
    assert primitive is not None
    if primitive is lower:
        (parent,), (dtype,) = node.parents, node.params
        assert parent is not None
        return [
            g.tensor().to(dtype).reshape(parent.shape)
            if create
            else np.full(parent.shape, g, dtype)
        ]
    if not create:
        return [derivative * g for derivative in node.saved]  # type: ignore[union-attr]
    inputs = node.inputs
    node.check_unchanged()
    mask = sum([1 << i for i, parent in enumerate(node.parents) if parent is not None])
    vjp = primitive.vjps.get(mask) or primitive.vjp_of(mask)
    return vjp(g, (*inputs, node, None), node)
