"""Derivatives of functions, from ``jvp`` to ``hessian`` and ``value_and_grad``.

Each runs the function once, recorded, on stand-ins for its inputs (`runs`), and then goes through
the graph backwards (`engine`) or forwards (`forward`) as often as it takes. Names, arguments and
the structure of the results are those of ``torch.autograd.functional``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ._tensor import Tensor
from .creation import as_tensor
from .engine import grad
from .forward import pushforward
from .mode import enable_grad, mode
from .primitive import new_tensor
from .runs import Run, gradients, like, node_of, one_element, packed, size_of, stand_in
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
    """Return the outputs of a function and its Jacobian times a vector, by one forward sweep.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one or a tuple of them.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    v : Tensor, number or tuple of these, optional
        The tangents, of the shapes of `inputs`; 1 by default for one input of one element.
    create_graph : bool, default False
        Record the computation, so that the results can be differentiated in turn.
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
    run = Run.of("jvp", func, inputs, create_graph)
    tangents = run.vectors(v, run.inputs, run.one_input, "inputs")
    found = pushforward(
        run.output_nodes(), dict(zip(run.input_nodes(), tangents, strict=True)), create_graph
    )
    results = [found.get(node_of(y)) for y in run.outputs]  # type: ignore[arg-type]
    if strict:
        run.demand(results, "output", "the inputs")
    return run.returned(), run.like_outputs(results)


def vjp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the outputs of a function and a vector times its Jacobian, by one backward sweep.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one or a tuple of them.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    v : Tensor, number or tuple of these, optional
        The cotangents, of the shapes of the outputs; 1 by default for one output of one element.
    create_graph : bool, default False
        Record the computation, so that the results can be differentiated in turn.
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
    run = Run.of("vjp", func, inputs, create_graph)
    cotangents = run.vectors(v, run.outputs, run.one_output, "outputs")
    results = gradients(run.outputs, run.inputs, cotangents, create_graph)
    if strict:
        run.demand(results, "input", "the outputs")
    return run.returned(), run.like_inputs(results)


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


def hvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return the output of a function of one element and its Hessian times the vector `v`.

    A forward sweep through the gradient: the work of a few gradients, however many inputs.

    Parameters
    ----------
    func : callable
        Takes Tensors (or Values), returns one of one element.
    inputs : Tensor, Value or tuple of these
        Where to differentiate; floating.
    v : Tensor, number or tuple of these, optional
        Of the shapes of `inputs`; 1 by default for one input of one element.
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
    run = Run.of("hvp", func, inputs, create_graph)
    y = one_element("hvp", run.outputs[0] if run.one_output else run.outputs)
    tangents = run.vectors(v, run.inputs, run.one_input, "inputs")
    slopes = [node_of(g) for g in gradients((y,), run.inputs, None, True)]
    found = pushforward(
        [node for node in slopes if node is not None],
        dict(zip(run.input_nodes(), tangents, strict=True)),
        create_graph,
    )
    results = [found.get(node) for node in slopes]  # type: ignore[arg-type]
    if strict:
        run.demand(results, "input", "the gradient")
    return run.returned(), run.like_inputs(results)


def value_and_grad(
    func: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Return a function that computes `func` and its gradient.

    Parameters
    ----------
    func : callable
        Returns a Tensor or Value of one element.
    argnums : int or sequence of int, default 0
        The positional arguments to differentiate with respect to: Tensors, Values, NumPy arrays,
        numbers, or lists, tuples and dicts of these.

    Returns
    -------
    callable
        Takes the arguments of `func`; returns its value and the gradient, in the structure of the
        argument (a tuple of them for several `argnums`). Zeros for an input without effect. Where
        an argument requires grad, both results are recorded: the function can be differentiated
        again, also by ``value_and_grad``.

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
        for n in numbers:
            if not -len(args) <= n < len(args):
                raise ValueError(
                    f"value_and_grad: argnums {n}, but {len(args)} positional arguments"
                )
        chosen = [_map(_handle, args[n]) for n in numbers]
        leaves: list[Any] = []
        _map(leaves.append, chosen)
        create = mode.grad and any([x.requires_grad for x in leaves])
        given = list(args)
        with enable_grad():
            xs = [stand_in("value_and_grad", x, create) for x in leaves]
            unused = iter(xs)
            for n, argument in zip(numbers, chosen, strict=True):
                given[n] = _map(lambda _: next(unused), argument)
            y = one_element("value_and_grad", func(*given, **kwargs))
            found = gradients((y,), xs, None, create)
        results = iter([like(x, g, create) for x, g in zip(xs, found, strict=True)])
        grads = [_map(lambda _: next(results), argument) for argument in chosen]
        return y if create else y.detach(), packed(grads, isinstance(argnums, int))

    return evaluated


def _handle(x: Any) -> Any:
    return x if isinstance(x, Value) else as_tensor(x)


def _map(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply `function` to the leaves of nested lists, tuples and dicts."""
    if isinstance(tree, dict):
        return {key: _map(function, item) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [_map(function, item) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    return function(tree)


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
