"""The backward sweep: cotangents flow from the roots to the leaves, each node visited once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from . import handles, versions
from .handles import new_tensor
from .mode import debug, enable_grad, mode, no_grad
from .node import Leaf, Node, Notes, topological_order
from .primitive import pick
from .saved import as_tensors, check_versions, freed
from .scattered import Scattered
from .value import Value, lower
from .value_sweep import sweep_values

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["accumulate", "copied", "fitted", "of_value", "sweep", "total", "unbroadcast"]

_Array = np.ndarray
_recording = enable_grad()
_not_recording = no_grad()


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
    with _recording if create else _not_recording, np.errstate(all="ignore"):
        if mode.observer is not None:
            return mode.observer.swept(_sweep, order, cotangents, targets, retain, create)
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
    observer: Any = None,
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
        if node.__class__ is not Value and node.notes is not None:  # a Value has no hooks
            g = _attend(node, node.notes, g, create)
        if targets is not None and node in targets:
            found[node] = g
        primitive = node.primitive
        if primitive is None:
            if targets is None:
                if node.__class__ is Value:
                    node.grad += g  # type: ignore[attr-defined]
                elif node.wanted:  # type: ignore[attr-defined]
                    contributions = pg = known = None  # or these count as references
                    unshared = getrefcount(g) <= _UNSHARED
                    accumulate(node, g, create, unshared)  # type: ignore[arg-type]
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
            if observer is None:
                contributions = vjp(g, saved, node)
            else:
                contributions = observer.rule(vjp, g, saved, node)
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
                cotangents[parent] = pg if known is None else total(known, pg)
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
    parts[i] = g if parts[i] is None else total(parts[i], g)


def fitted(pg: Any, parent: Node, create: bool) -> Any:
    """Bring a contribution that is not an array to the kind and shape of `parent`."""
    if parent.__class__ is Value:
        if create:
            return pg if isinstance(pg, Value) else Value(pg)
        return float(pg)
    if isinstance(pg, Value):
        pg = pg.tensor()
    elif not isinstance(pg, handles.Tensor):
        pg = np.asarray(pg)
    return pg if pg.shape == parent.shape else unbroadcast(pg, parent.shape)


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


def total(known: Any, g: Any) -> Any:
    """The sum of two cotangents; that of 0-d arrays stays an array."""
    total = known + g
    return np.asarray(total) if isinstance(total, np.generic) else total


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over the axes along which an input of `shape` was broadcast."""
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        [i for i, n in enumerate(shape, extra) if n == 1 and g.shape[i] != 1]
    )
    g = g.sum(axis=axes, keepdims=True) if axes else g
    return g.reshape(shape) if g.shape != shape else g


def copied(g: Tensor) -> Tensor:
    """The same cotangent in memory of its own: several inputs may have been given one."""
    return new_tensor(g._array.copy(), g._history())


def accumulate(leaf: Leaf, g: Any, create: bool, unshared: bool) -> None:
    """Add `g` to the gradient of a leaf; take the array itself where nothing else refers to it."""
    if create:
        leaf.grad = copied(g) if leaf.grad is None else leaf.grad + g
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
        given = copied(g) if create else new_tensor(np.array(g), None)
        for hook in list(notes.hooks.values()):
            result = hook(given)
            if result is None:
                continue
            if not isinstance(result, handles.Tensor):
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
        accumulate(notes.retained, g, create, False)
    return g


def _check_finite(node: Node, contributions: Iterable[Any]) -> None:
    for i, g in enumerate(contributions):
        array = getattr(g, "_array", g)
        if isinstance(array, (np.ndarray, np.generic)) and bool(np.isnan(array).any()):
            where = node.notes.where if node.notes is not None and node.notes.where else "unknown\n"
            raise RuntimeError(
                f"backward of {node.name!r} returned NaN for input {i} (output shape {node.shape}); "
                f"the operation was recorded here:\n{where}"
            )
