"""Matrices of derivatives: ``jacobian`` and ``hessian``, a sweep per row or per column.

Names, arguments and the structure of the results are those of ``torch.autograd.functional``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ._tensor import Tensor
from .creation import as_tensor
from .engine import grad
from .forward import pushforward
from .handles import new_tensor
from .runs import Run, gradients, like, node_of, one_element, packed, size_of
from .value import Value

__all__ = ["hessian", "jacobian"]

STRATEGIES = ("reverse-mode", "forward-mode", "auto")


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of a function, by a sweep per element of its outputs or of its inputs.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one or a tuple of them.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    create_graph : bool, default False
        Record the computation, so that the Jacobian can be differentiated.
    strict : bool, default False
        Raise for an output that does not depend on an input, where zeros would be returned.
    vectorize : bool, default False
        Accepted for PyTorch's sake, without effect.
    strategy : {"reverse-mode", "forward-mode", "auto"}
        Backward sweeps, one per element of the outputs; forward sweeps, one per element of the
        inputs; or whichever are fewer.

    Returns
    -------
    Tensor, or tuple of Tensor, or tuple of tuple of Tensor
        Of shape ``output.shape + input.shape``; a tuple over the outputs where `func` returns a
        tuple, and within it a tuple over the inputs where these are a tuple.

    Raises
    ------
    ValueError
        For an unknown strategy.
    RuntimeError
        For an independent output, with `strict`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.jacobian(lambda x: x * x.sum(), ad.tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"jacobian: strategy must be one of {STRATEGIES}, got {strategy!r}")
    run = Run.of("jacobian", func, inputs, create_graph)
    if strategy == "auto":
        counts = [sum([size_of(t) for t in ts]) for ts in (run.inputs, run.outputs)]
        strategy = STRATEGIES[counts[0] < counts[1]]
    forward = strategy == "forward-mode"
    slices = _columns(run) if forward else _rows(run)
    rows = []
    for i, (y, parts) in enumerate(zip(run.outputs, slices, strict=True)):
        if strict:
            run.demand(parts, "input", f"output {i}")
        blocks = [_block(run, y, x, p, forward) for x, p in zip(run.inputs, parts, strict=True)]
        rows.append(packed(blocks, run.one_input))
    return packed(rows, run.one_output)


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a function with one output of one element.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one of one element.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    create_graph : bool, default False
        Record the computation, so that the Hessian can be differentiated.
    strict : bool, default False
        Raise where zeros would be returned because an input has no effect.
    vectorize : bool, default False
        Accepted for PyTorch's sake, without effect.
    outer_jacobian_strategy : {"reverse-mode", "forward-mode", "auto"}
        How the gradient is differentiated; see ``jacobian``.

    Returns
    -------
    Tensor, or tuple of tuple of Tensor
        Of shape ``input_i.shape + input_j.shape``; a tuple of tuples where the inputs are a tuple.

    Raises
    ------
    ValueError
        For a function that returns more than one element.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hessian(lambda x: (x * x * x).sum(), ad.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*xs: Any) -> tuple[Any, ...]:
        y = one_element("hessian", func(*xs))
        found = gradients((y,), xs, None, True)
        return tuple([like(x, g, True) for x, g in zip(xs, found, strict=True)])

    one = not isinstance(inputs, (tuple, list))
    inputs = (inputs,) if one else inputs
    strategy = outer_jacobian_strategy
    result = jacobian(gradient, inputs, create_graph, strict, vectorize, strategy)
    return result[0][0] if one else result


# The parts of a Jacobian: per output and input a list of slices, or None where all are zero.


def _rows(run: Run) -> list[list[Any]]:
    """The gradients of the outputs' elements."""
    slices = []
    for y in run.outputs:
        rows: list[Any] = []
        if node_of(y) is not None:
            for seed in _basis(y, False):
                rows.append(grad(y, run.inputs, seed, True, run.create, allow_unused=True))
        slices.append([_none_or(column) for column in zip(*rows)] or [None] * len(run.inputs))
    return slices


def _columns(run: Run) -> list[list[Any]]:
    """The tangents that come of moving the inputs' elements."""
    nodes = run.output_nodes()
    slices: list[list[Any]] = [[] for _ in run.outputs]
    for x, node in zip(run.inputs, run.input_nodes(), strict=True):
        found = []
        for unit in _basis(x, run.create):
            tangent = unit._array if isinstance(unit, Tensor) and not run.create else unit
            found.append(pushforward(nodes, {node: tangent}, run.create))
        for parts, y in zip(slices, run.outputs, strict=True):
            parts.append(_none_or([tangents.get(node_of(y)) for tangents in found]))  # type: ignore[arg-type]
    return slices


def _none_or(parts: Sequence[Any]) -> Sequence[Any] | None:
    return None if all([part is None for part in parts]) else parts


def _basis(x: Any, create: bool) -> Iterable[Any]:
    """The unit vectors of the space of `x`."""
    if isinstance(x, Value):
        yield Value(1.0) if create else 1.0
        return
    for k in range(x._array.size):
        unit = np.zeros(x.shape, x.dtype)
        unit.reshape(-1)[k] = 1
        yield new_tensor(unit, None)


def _block(run: Run, y: Any, x: Any, parts: Any, forward: bool) -> Any:
    """The Jacobian of one output with respect to one input, from its slices."""
    if isinstance(y, Value) and isinstance(x, Value):
        return like(x, None if parts is None else parts[0], run.create)
    shape = (*y.shape, *x.shape)
    dtype = np.dtype(x.dtype if isinstance(y, Value) else y.dtype)
    if parts is None:
        return new_tensor(np.zeros(shape, dtype), None)
    zeros = np.zeros(y.shape if forward else x.shape, dtype)
    tensors = [as_tensor(zeros if part is None else part) for part in parts]
    axis = -1 if forward else 0
    if run.create:
        return np.stack(tensors, axis=axis).reshape(shape)  # type: ignore[call-overload]
    stacked = np.stack([t._array for t in tensors], axis=axis).reshape(shape)
    return new_tensor(stacked.astype(dtype), None)
