"""``Function``: operations of the user's own, with a forward and a backward written in Tensors.

Each subclass declares a `Primitive`, as the operations of this library do; what its methods take
and return is ``torch.autograd.Function``'s. How one is recorded and differentiated is in
`function_node`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from . import function_node, versions
from ._tensor import Tensor
from .inplace import check_writable
from .mode import enable_grad, mode, no_grad
from .node import Node
from .primitive import Primitive
from .value import Value

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """What ``forward`` leaves for ``backward``: the first argument of both.

    Other attributes may be set freely; Tensors belong into ``save_for_backward``, which notices
    when they are written in place, and frees them with the graph.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        Whether each argument requires grad.
    """

    def __init__(self, name: str, inputs: tuple[Any, ...], recording: bool) -> None:
        self.needs_input_grad = tuple([isinstance(x, Tensor) and x.requires_grad for x in inputs])
        self._name = name
        self._recording = recording
        self._materialize = True
        # Set by forward, and forgotten when the node is made:
        self._to_save: tuple[Tensor | None, ...] = ()
        self._to_save_for_jvp: tuple[Tensor | None, ...] | None = None
        self._dirty: tuple[Tensor, ...] = ()
        self._constant: tuple[Tensor, ...] = ()
        # Known from then on: (shape, dtype) of each argument and output that is a Tensor, and where
        # in what the node saved the saved Tensors are.
        self._takes = [function_node.kind(x) for x in inputs]
        self._gives: list[Any] = []
        self._slots: list[Any] = []
        self._jvp_slots: list[Any] = []
        # While backward or jvp runs:
        self._restored: tuple[Any, ...] | None = None
        self._node: Node | None = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs, outputs or other Tensors for ``backward``; call once, in ``forward``."""
        self._to_save = self._checked(tensors, "save_for_backward")

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep Tensors for ``jvp``, which by default sees those of ``save_for_backward``."""
        self._to_save_for_jvp = self._checked(tensors, "save_for_forward")

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved; inputs and outputs come with their place in the graph."""
        if self._restored is None:
            raise RuntimeError(
                f"{self._name}: saved_tensors is available inside backward and jvp only"
            )
        return self._restored

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say that ``forward`` wrote into these inputs; it must return them as well."""
        for x in self._checked(tensors, "mark_dirty"):
            if self._recording:
                with enable_grad():
                    check_writable(x, self._name)
            versions.touch(x._array)
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say that these outputs have no gradient."""
        self._constant = self._checked(tensors, "mark_non_differentiable")

    def set_materialize_grads(self, value: bool) -> None:
        """Whether ``backward`` gets zeros (the default) or None for outputs without a gradient."""
        self._materialize = bool(value)

    def _checked(self, tensors: tuple[Any, ...], method: str) -> tuple[Any, ...]:
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"{self._name}: {method} takes Tensors, got {type(t).__name__}; set other "
                    "things as attributes of ctx"
                )
        return tensors


class Function:
    """An operation of your own: subclass it, write two static methods, call ``apply``.

    ``forward(ctx, *args)``
        Computes the output, a Tensor or a tuple of them, from any arguments. It is not recorded.
        What ``backward`` needs is kept with ``ctx.save_for_backward``. It may also be written
        without `ctx`, next to a third method, ``setup_context(ctx, inputs, output)``.
    ``backward(ctx, *grad_outputs)``
        Takes the gradient of each output, returns that of each argument of ``forward`` (None where
        there is none). Written in Tensor operations, it can itself be differentiated; otherwise
        decorate it with ``once_differentiable``.
    ``jvp(ctx, *tangents)``
        Optional: the tangent of each output from those of the arguments. By default
        ``autodiff.jvp`` uses the transpose of ``backward``.

    Examples
    --------
    >>> import autodiff as ad
    >>> class Square(ad.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * g
    >>> x = ad.tensor(3.0, requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor(6.)
    """

    _primitives: tuple[Primitive, Primitive]  # with one output, with a tuple of them

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        one, several = [
            Primitive(
                cls.__name__,
                cls.forward,
                lambda g, saved, node: function_node.vjp(cls, g, saved, node),
                arity=-1,
                multi=multi,
                jvp=functools.partial(function_node.jvp, cls) if _defines(cls, "jvp") else None,
                register=False,
            )
            for multi in (False, True)
        ]
        cls._primitives = one, several

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the output."""
        raise NotImplementedError("Function: a subclass must define the static method forward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Keep what ``backward`` needs, where ``forward`` does not take `ctx`."""
        raise NotImplementedError("Function: setup_context is for subclasses to define")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradient of each argument of ``forward``."""
        raise NotImplementedError("Function: a subclass must define the static method backward")

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """Return the tangent of each output."""
        raise NotImplementedError("Function: jvp is for subclasses to define")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Do the operation, and record it where an argument requires grad.

        Parameters
        ----------
        *args
            What ``forward`` takes after `ctx`; gradients flow to the Tensors and Values among them.

        Returns
        -------
        Tensor or tuple
            What ``forward`` returned.
        """
        inputs = tuple([x.tensor() if isinstance(x, Value) else x for x in args])
        parents = tuple([x._history() if isinstance(x, Tensor) else None for x in inputs])
        recording = mode.grad and any([parent is not None for parent in parents])
        ctx = FunctionCtx(cls.__name__, inputs, recording)
        alone = _defines(cls, "setup_context")
        given = inputs if alone else (ctx, *inputs)
        observer = mode.observer
        with no_grad():
            if observer is None:
                output = cls.forward(*given)
            else:
                output = observer.timed(cls._primitives[0], cls.forward, given, {})
            if alone:
                cls.setup_context(ctx, inputs, output)
        several = isinstance(output, tuple)
        outputs = output if several else (output,)
        node = None
        if recording:
            primitive = cls._primitives[several]
            node = function_node.record_call(primitive, ctx, inputs, parents, outputs)
        results = function_node.handles(ctx, inputs, outputs, node, several)
        return results if several else results[0]


def _defines(cls: type[Function], method: str) -> bool:
    return getattr(cls, method) is not getattr(Function, method)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a ``Function.backward`` that is not written in Tensor operations throughout.

    It runs unrecorded, on Tensors without history; differentiating its results raises RuntimeError.

    Examples
    --------
    >>> import autodiff as ad, numpy as np
    >>> class Cube(ad.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...
    ...     @staticmethod
    ...     @ad.once_differentiable
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return ad.as_tensor(g.numpy() * 3 * x.numpy() ** 2)
    >>> x = ad.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @functools.wraps(backward)
    def wrapped(ctx: FunctionCtx, *grads: Any) -> Any:
        ctx._restored = tuple([None if t is None else t.detach() for t in ctx.saved_tensors])
        with no_grad():
            results = backward(ctx, *[None if g is None else g.detach() for g in grads])
        return function_node.closed(ctx, grads, results) if mode.grad else results

    return wrapped
