"""Derivatives of functions: ``jvp``, ``vjp``, ``jacobian``, ``hessian``, ``hvp``, ``value_and_grad``.

Each runs the function once, recorded, on stand-ins for its inputs, and then goes through the graph
backwards (`engine`) or forwards (`forward`) as often as it takes. Names, arguments and the structure of the
results are those of ``torch.autograd.functional``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .creation import as_tensor
from .engine import grad
from .forward import pushforward
from .mode import enable_grad, mode
from .node import Node
from .primitive import new_tensor
from .tensor import Tensor
from .value import Value

__all__ = ["hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

STRATEGIES = ("reverse-mode", "forward-mode", "auto")


def jvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the outputs of a function and its Jacobian times the vector `v`, by one forward sweep.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one or a tuple of them.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    v : Tensor, number or tuple of these, optional
        The tangents, of the shapes of `inputs`; may be left out for one input of one element (then 1).
    create_graph : bool, default False
        Record the computation, so that the results can be differentiated with respect to `inputs` and `v`.
    strict : bool, default False
        Raise for an output that does not depend on the inputs, where zeros would be returned.

    Returns
    -------
    outputs, jvp : Tensor or tuple of Tensor
        The jvp has the structure and the shapes of the outputs.

    Raises
    ------
    TypeError, ValueError
        Where `v` does not fit `inputs`, or an input or output is not differentiable.
    RuntimeError
        For an independent output, with `strict`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.jvp(lambda x: x * x, ad.tensor([1.0, 2.0]), ad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    run = recorded("jvp", func, inputs, create_graph)
    tangents = run.vectors(v, run.inputs, run.one_input, "inputs")
    found = pushforward(
        run.output_nodes(), dict(zip(run.input_nodes(), tangents, strict=True)), create_graph
    )
    results = [found.get(node_of(y)) for y in run.outputs]  # type: ignore[arg-type]
    run.demand(results, strict, "output", "the inputs")
    return run.returned(), packed(
        [like(y, t, create_graph) for y, t in zip(run.outputs, results, strict=True)],
        run.one_output,
    )


def vjp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the outputs of a function and the vector `v` times its Jacobian, by one backward sweep.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one or a tuple of them.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    v : Tensor, number or tuple of these, optional
        The cotangents, of the shapes of the outputs; may be left out for one output of one element (then 1).
    create_graph : bool, default False
        Record the computation, so that the results can be differentiated with respect to `inputs` and `v`.
    strict : bool, default False
        Raise for an input that the outputs do not depend on, where zeros would be returned.

    Returns
    -------
    outputs, vjp : Tensor or tuple of Tensor
        The vjp has the structure and the shapes of the inputs.

    Raises
    ------
    TypeError, ValueError
        Where `v` does not fit the outputs, or an input or output is not differentiable.
    RuntimeError
        For an input without effect, with `strict`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.vjp(lambda x: x.sum() * x, ad.tensor([1.0, 2.0]), ad.tensor([1.0, 0.0]))
    (tensor([3., 6.]), tensor([4., 1.]))
    """
    run = recorded("vjp", func, inputs, create_graph)
    cotangents = run.vectors(v, run.outputs, run.one_output, "outputs")
    results = gradients(run.outputs, run.inputs, cotangents, create_graph)
    run.demand(results, strict, "input", "the outputs")
    return run.returned(), packed(
        [like(x, g, create_graph) for x, g in zip(run.inputs, results, strict=True)], run.one_input
    )


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of a function: one backward sweep per output element, or one forward per input's.

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
        Which sweeps to use; "auto" takes those of which there are fewer.

    Returns
    -------
    Tensor, or tuple of Tensor, or tuple of tuple of Tensor
        Of shape ``output.shape + input.shape``; a tuple over the outputs where `func` returns a tuple, and
        within it a tuple over the inputs where these are a tuple.

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
    run = recorded("jacobian", func, inputs, create_graph)
    if strategy == "auto":
        counts = [sum(size_of(t) for t in ts) for ts in (run.inputs, run.outputs)]
        strategy = STRATEGIES[counts[0] < counts[1]]
    blocks = (_columns if strategy == "forward-mode" else _rows)(run, create_graph)
    for row in blocks if strict else ():
        run.demand(row, strict, "output", "an input")
    return packed(
        [
            packed(
                [
                    _block(run, i, j, blocks[i][j], strategy, create_graph)
                    for j in range(len(run.inputs))
                ],
                run.one_input,
            )
            for i in range(len(run.outputs))
        ],
        run.one_output,
    )


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of a function with one output of one element: the Jacobian of its gradient.

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
    result = jacobian(
        gradient,
        (inputs,) if one else inputs,
        create_graph,
        strict,
        vectorize,
        outer_jacobian_strategy,
    )
    return result[0][0] if one else result


def hvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the output of a function of one element and its Hessian times the vector `v`.

    A forward sweep through the gradient: the work of a few gradients, whatever the number of inputs.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one of one element.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    v : Tensor, number or tuple of these, optional
        Of the shapes of `inputs`; may be left out for one input of one element (then 1).
    create_graph : bool, default False
        Record the computation, so that the results can be differentiated.
    strict : bool, default False
        Raise where zeros would be returned because an input has no effect.

    Returns
    -------
    output, hvp : Tensor or tuple of Tensor
        The hvp has the structure and the shapes of the inputs.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.hvp(lambda x: (x * x * x).sum(), ad.tensor([1.0, 2.0]), ad.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))

    Notes
    -----
    B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6(1), 1994.
    """
    run = recorded("hvp", func, inputs, create_graph)
    y = one_element("hvp", run.outputs[0] if run.one_output else run.outputs)
    tangents = run.vectors(v, run.inputs, run.one_input, "inputs")
    gradients = gradients((y,), run.inputs, None, True)
    roots = [node for node in map(node_of, gradients) if node is not None]
    found = pushforward(roots, dict(zip(run.input_nodes(), tangents, strict=True)), create_graph)
    results = [found.get(node_of(g)) for g in gradients]  # type: ignore[arg-type]
    run.demand(results, strict, "input", "the gradient")
    return run.returned(), packed(
        [like(x, t, create_graph) for x, t in zip(run.inputs, results, strict=True)], run.one_input
    )


def value_and_grad(
    func: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that computes `func` and its gradient.

    Parameters
    ----------
    func : callable
        Returns a Tensor or Value of one element.
    argnums : int or sequence of int, default 0
        The positional arguments to differentiate with respect to: Tensors, Values, NumPy arrays, numbers, or
        lists, tuples and dicts of these.

    Returns
    -------
    callable
        Takes the arguments of `func`; returns its value and the gradient, in the structure of the argument
        (a tuple of them for several `argnums`). Zeros for an input without effect. Where an argument
        requires grad, both results are recorded: the function can be differentiated again, also by
        ``value_and_grad``.

    Raises
    ------
    TypeError
        For an argument that is not floating.
    ValueError
        For a function that returns more than one element.

    Examples
    --------
    >>> import autodiff as ad
    >>> loss = ad.value_and_grad(lambda w, x: ((w["scale"] * x) ** 2).sum())
    >>> loss({"scale": ad.tensor(3.0)}, ad.tensor([1.0, 2.0]))
    (tensor(45.), {'scale': tensor(30.)})
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @functools.wraps(func)
    def evaluated(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        given: list[Any] = list(args)
        for n in numbers:
            if not -len(args) <= n < len(args):
                raise ValueError(
                    f"value_and_grad: argnums {n}, but {len(args)} positional arguments"
                )
            given[n] = _map(lambda x: x if isinstance(x, Value) else as_tensor(x), given[n])
        leaves: list[Any] = []
        for n in numbers:
            _map(leaves.append, given[n])
        create = mode.grad and any([x.requires_grad for x in leaves])
        fresh: list[Any] = []

        def stand_in(x: Any) -> Any:
            fresh.append(stand_in("value_and_grad", x, create))
            return fresh[-1]

        with enable_grad():
            for n in numbers:
                given[n] = _map(stand_in, given[n])
            y = one_element("value_and_grad", func(*given, **kwargs))
            found = iter(gradients((y,), fresh, None, create))
        gradients = [_map(lambda x: like(x, next(found), create), given[n]) for n in numbers]
        y = y if create else y.detach()
        return y, gradients[0] if isinstance(argnums, int) else tuple(gradients)

    return evaluated


def _rows(run: Run, create: bool) -> list[list[Any]]:
    """Per output and input the gradients of the output's elements, or None."""
    blocks: list[list[Any]] = []
    for y in run.outputs:
        rows: list[Any] = []
        if node_of(y) is not None:
            for seed in _basis(y):
                rows.append(grad(y, run.inputs, seed, True, create, allow_unused=True))
        blocks.append([_or_none(column) for column in zip(*rows)] or [None] * len(run.inputs))
    return blocks


def _columns(run: Run, create: bool) -> list[list[Any]]:
    """Per output and input the tangents that come of moving each of the input's elements, or None."""
    nodes = run.output_nodes()
    blocks: list[list[Any]] = [[] for _ in run.outputs]
    for x, node in zip(run.inputs, run.input_nodes(), strict=True):
        found = [
            pushforward(nodes, {node: seed if create else getattr(seed, "_array", seed)}, create)
            for seed in _basis(x, create)
        ]
        for block, y in zip(blocks, run.outputs, strict=True):
            block.append(_or_none([tangents.get(node_of(y)) for tangents in found]))  # type: ignore[arg-type]
    return blocks


def _or_none(parts: Sequence[Any]) -> Sequence[Any] | None:
    return None if all([part is None for part in parts]) else parts


def _block(run: Run, i: int, j: int, parts: Any, strategy: str, create: bool) -> Any:
    """The Jacobian of output `i` with respect to input `j`."""
    y, x = run.outputs[i], run.inputs[j]
    if isinstance(y, Value) and isinstance(x, Value):
        return like(x, None if parts is None else parts[0], create)
    shape = tuple(y.shape) + tuple(x.shape)
    dtype = getattr(x if isinstance(y, Value) else y, "dtype", np.float64)
    if parts is None:
        return new_tensor(np.zeros(shape, dtype), None)
    forward = strategy == "forward-mode"
    part_shape = y.shape if forward else x.shape
    whole = [
        np.zeros(part_shape, dtype)
        if part is None
        else part.tensor()
        if isinstance(part, Value)
        else part
        for part in parts
    ]
    if create:
        return np.stack([as_tensor(part) for part in whole], axis=-1 if forward else 0).reshape(
            shape
        )
    arrays = [part._array if isinstance(part, Tensor) else part for part in whole]
    return new_tensor(
        np.stack(arrays, axis=-1 if forward else 0).reshape(shape).astype(dtype), None
    )


def _basis(x: Any, create: bool = False) -> Iterable[Any]:
    """The unit vectors of the space of `x`."""
    if isinstance(x, Value):
        yield Value(1.0) if create else 1.0
        return
    for k in range(x._array.size):
        unit = np.zeros(x.shape, x.dtype)
        unit.reshape(-1)[k] = 1
        yield new_tensor(unit, None)


def _map(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `function` to the leaves of nested lists, tuples and dicts."""
    if isinstance(tree, dict):
        return {key: _map(function, item) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [_map(function, item) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    return function(tree)
