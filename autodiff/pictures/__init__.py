"""Pictures of computations: ``ad.graph(loss).to_svg("loss.svg")``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._tensor import Tensor
from ..mode import enable_grad
from ..tracing import traced
from ..value import Value
from . import drawing
from .folds import to_depth
from .gradients import Gradients
from .graph import Graph, Style
from .names import Names
from .reading import read

__all__ = ["Graph", "graph"]


def graph(
    output: Any,
    params: Any = None,
    *,
    backward: bool = False,
    show: str | Sequence[str] = ("shape",),
    depth: int | None = None,
    share: bool = False,
) -> Graph:
    """Return the graph of the computation that made `output`.

    Parameters
    ----------
    output : Tensor, Value, sequence of these, or Module
        The result, a loss for example. It must require grad. A module is run once on `params`.
    params : Module, mapping or iterable of (str, Tensor), optional
        Where names come from; any tensor can have one. For a module as `output` an example input: a tensor or
        an array, a tuple of arguments, or a dict of them by name.
    backward : bool, default False
        Draw the backward pass too: the operations that compute the gradients of the leaves, and what
        they read of the forward pass. It is run here; no ``.grad`` is changed and nothing is freed.
    show : str or sequence of str, default ("shape",)
        What stands in a box: "shape" (for Values data and grad), "dtype", "value", "grad", "time", "memory",
        "arguments", "saved", "scope", "line".
    depth : int, optional
        How many levels of modules are unfolded; 0 draws one box per outermost module. By default
        everything, and in a graph of more than 150 nodes what leaves at most 50 boxes.
    share : bool, default False
        Draw a tensor that is used several times once, which ties large graphs into knots. Values always are.

    Returns
    -------
    Graph

    Raises
    ------
    TypeError
        For anything but Tensors, Values and modules.
    ValueError
        For a tensor without a graph, a negative depth, and unknown words in `show`.
    RuntimeError
        With `backward` for a graph that was freed.

    Examples
    --------
    >>> import autodiff as ad
    >>> w = ad.ones(3, requires_grad=True)
    >>> g = ad.graph((w * 2).sum(), params={"w": w})
    >>> [node.title for node in g]
    ['w', '2', '*', 'Σ']

    Of a whole model, from its input on:

    >>> from autodiff import nn
    >>> g = ad.graph(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), ad.ones(5, 2))
    >>> [node.title for node in g]
    ['input', '0.weight', '0.bias', 'linear', 'tanh']

    Notes
    -----
    Modules are known exactly where the forward pass ran under ``autodiff.traced()``, as it does here for a
    module. Else they are inferred from the names of the parameters that operations use.
    """
    words = drawing.checked(show)
    if depth is not None and depth < 0:
        raise ValueError(f"graph: depth must not be negative, got {depth}")
    if callable(output) and hasattr(output, "named_parameters"):
        names, inputs, outputs = _run(output, params)
    else:
        names, inputs = Names(params), []
        outputs = list(output) if isinstance(output, (tuple, list)) else [output]
        _check(outputs)
    gradients = Gradients(outputs, names, inputs) if backward else None
    found = read(outputs, names, share=share, inputs=inputs, gradients=gradients)
    folds = None if depth is None else to_depth(found.nodes, depth)
    style = Style(words, folds, modules=names.modules)
    return Graph(found.nodes, found.edges, found.outputs, found.recorded, style)


def _check(outputs: Sequence[Any]) -> None:
    if not outputs:
        raise ValueError("graph: there are no outputs to draw")
    for x in outputs:
        if not isinstance(x, (Tensor, Value)):
            raise TypeError(f"graph: expected a Tensor or a Value, got {type(x).__name__}")
        if isinstance(x, Tensor) and x._history() is None:
            raise ValueError(
                f"graph: the tensor of shape {x.shape} has no graph; set requires_grad=True on what "
                "it is computed from, and do not compute it inside no_grad()"
            )


def _run(model: Any, example: Any) -> tuple[Names, list[Tensor], list[Any]]:
    """Run a model on an example: the names in it, its inputs, and its outputs."""
    if example is None:
        raise TypeError(
            f"graph: to draw a {type(model).__name__}, give an example input too: graph(model, x)"
        )
    names = Names(model)
    inputs: list[Tensor] = []

    def taken(x: Any, name: str) -> Any:
        """An argument with a place in the graph, so that the picture begins there."""
        tensor = x if isinstance(x, Tensor) else Tensor(x) if hasattr(x, "__array__") else None
        if tensor is None:
            return x
        tensor = tensor.detach()
        if tensor.is_floating_point():
            inputs.append(tensor.requires_grad_())
        names.add(name, tensor)
        return tensor

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    if isinstance(example, Mapping):
        kwargs = {name: taken(x, name) for name, x in example.items()}
    elif isinstance(example, (tuple, list)):
        args = tuple([taken(x, f"input {i}") for i, x in enumerate(example)])
    else:
        args = (taken(example, "input"),)
    with enable_grad(), traced():
        result = model(*args, **kwargs)
    outputs = [x for x in _tensors_in(result) if isinstance(x, Value) or x.requires_grad]
    if not outputs:
        raise ValueError(
            f"graph: nothing that {type(model).__name__} returned depends on its parameters or its input"
        )
    return names, inputs, outputs


def _tensors_in(result: Any) -> list[Any]:
    """All Tensors and Values in a result of tuples, lists and dicts."""
    found, pending = [], [result]
    while pending:
        x = pending.pop()
        if isinstance(x, (Tensor, Value)):
            found.append(x)
        elif isinstance(x, Mapping):
            pending += reversed(list(x.values()))
        elif isinstance(x, (tuple, list)):
            pending += reversed(x)
    return found
