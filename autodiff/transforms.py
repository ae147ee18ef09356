"""Derivatives of functions, one sweep or two each; whole matrices of them are in `jacobians`.

Each runs the function once, recorded, on stand-ins for its inputs (`runs`), and then goes through
the graph backwards (`engine`) or forwards (`forward`) as often as it takes. Names, arguments and
the structure of the results are those of ``torch.autograd.functional``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .creation import as_tensor
from .forward import pushforward
from .mode import enable_grad, mode
from .runs import Run, gradients, like, node_of, one_element, packed, stand_in
from .value import Value

__all__ = ["hvp", "jvp", "value_and_grad", "vjp"]


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
