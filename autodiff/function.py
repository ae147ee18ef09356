"""``Function``: operations of the user's own, with a forward and a backward written in Tensors.

Each subclass declares a `Primitive`, as the operations of this library do; what its methods get and return is
``torch.autograd.Function``'s.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import versions
from .inplace import _rebase, check_writable
from .mode import enable_grad, mode, no_grad
from .node import Node
from .primitive import Primitive, new_tensor, pick, record
from .tensor import Tensor
from .value import Value

__all__ = ["Function", "FunctionCtx", "once_differentiable"]


class FunctionCtx:
    """What ``forward`` leaves for ``backward``: the first argument of both.

    Other attributes may be set freely; Tensors belong into ``save_for_backward``, which notices when they are
    written in place, and frees them with the graph.

    Attributes
    ----------
    needs_input_grad : tuple of bool
        Whether each argument requires grad.
    """

    def __init__(self, name: str, inputs: Sequence[Any], recording: bool) -> None:
        self.needs_input_grad = tuple([isinstance(x, Tensor) and x.requires_grad for x in inputs])
        self._name = name
        self._recording = recording
        self._takes = [(x.shape, x.dtype) if isinstance(x, Tensor) else None for x in inputs]
        self._gives: list[Any] = []  # the same of the outputs
        self._to_save: tuple[Any, ...] = ()
        self._to_save_for_jvp: tuple[Any, ...] | None = None
        self._slots: list[tuple[int, int] | None] = []
        self._jvp_slots: list[tuple[int, int] | None] | None = None
        self._dirty: tuple[Tensor, ...] = ()
        self._constant: tuple[Tensor, ...] = ()
        self._materialize = True
        self._restored: tuple[Any, ...] | None = None  # while backward or jvp runs
        self._node: Node | None = None  # likewise

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs, outputs or other Tensors for ``backward``; call once, in ``forward``."""
        self._to_save = self._checked(tensors, "save_for_backward")

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep Tensors for ``jvp``; by default it sees those of ``save_for_backward``."""
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
        """Whether ``backward`` gets zeros (the default) or None for an output without a gradient."""
        self._materialize = bool(value)

    def _checked(self, tensors: tuple[Any, ...], method: str) -> tuple[Any, ...]:
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    f"{self._name}: {method} takes Tensors, got {type(t).__name__}; set other things as "
                    "attributes of ctx"
                )
        return tensors


class Function:
    """An operation of your own: subclass it, write two static methods, call ``apply``.

    ``forward(ctx, *args)``
        Computes the output, a Tensor or a tuple of them, from any arguments. It is not recorded. What
        ``backward`` needs is kept with ``ctx.save_for_backward``. It may also be written without `ctx`,
        next to a third method, ``setup_context(ctx, inputs, output)``.
    ``backward(ctx, *grad_outputs)``
        Takes the gradient of each output, returns that of each argument of ``forward`` (None where there
        is none). Written in Tensor operations, it can itself be differentiated; otherwise decorate it with
        ``once_differentiable``.
    ``jvp(ctx, *tangents)``
        Optional: the tangent of each output from those of the arguments. By default ``autodiff.jvp`` uses
        the transpose of ``backward``.

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
        jvp = None if cls.jvp is Function.jvp else functools.partial(_run_jvp, cls)
        cls._primitives = tuple(  # type: ignore[assignment]
            [
                Primitive(
                    cls.__name__,
                    cls.forward,
                    lambda g, saved, node: _run_backward(cls, g, saved, node),
                    arity=-1,
                    multi=multi,
                    jvp=jvp,
                    register=False,
                )
                for multi in (False, True)
            ]
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the output."""
        raise NotImplementedError("Function: a subclass must define the static method forward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Keep what ``backward`` needs, where ``forward`` does not take `ctx`."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Return the gradient of each argument of ``forward``."""
        raise NotImplementedError("Function: a subclass must define the static method backward")

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """Return the tangent of each output."""
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Do the operation, and record it where an argument requires grad.

        Parameters
        ----------
        *args
            What ``forward`` takes after `ctx`; the gradients flow to Tensors and Values among them.

        Returns
        -------
        Tensor or tuple
            What ``forward`` returned.
        """
        inputs = tuple([x.tensor() if isinstance(x, Value) else x for x in args])
        parents = tuple([x._history() if isinstance(x, Tensor) else None for x in inputs])
        recording = mode.grad and any([parent is not None for parent in parents])
        ctx = FunctionCtx(cls.__name__, inputs, recording)
        with no_grad():
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *inputs)
            else:
                output = cls.forward(*inputs)
                cls.setup_context(ctx, inputs, output)
        several = isinstance(output, tuple)
        outputs = output if several else (output,)
        if recording and not any([isinstance(out, Tensor) for out in outputs]):
            raise TypeError(
                f"{cls.__name__}: forward must return a Tensor or a tuple of Tensors, got "
                f"{type(output).__name__}"
            )
        node = _record(cls, ctx, inputs, parents, outputs, several) if recording else None
        results = _handles(ctx, inputs, outputs, node, several)
        return results if several else results[0]


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a ``Function.backward`` that is not written in Tensor operations throughout.

    It runs unrecorded, on Tensors without history, and differentiating its results raises RuntimeError.

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
    ...         return ad.from_numpy(g.numpy() * 3 * x.numpy() ** 2)
    >>> x = ad.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @functools.wraps(backward)
    def wrapped(ctx: FunctionCtx, *grads: Any) -> Any:
        restored, node = ctx._restored, ctx._node
        assert restored is not None and node is not None
        ctx._restored = tuple([None if t is None else t.detach() for t in restored])
        with no_grad():
            results = backward(ctx, *[None if g is None else g.detach() for g in grads])
        if not mode.grad:
            return results
        sources = (*node.parents, *[g._history() for g in grads if g is not None])
        parents = tuple([source for source in sources if source is not None])
        mask = (1 << len(parents)) - 1
        results = results if isinstance(results, tuple) else (results,)
        return tuple(
            [
                new_tensor(r._array, record(_once, parents, (ctx._name,), mask, (), r.shape))
                if isinstance(r, Tensor)
                else r
                for r in results
            ]
        )

    return wrapped


def _only_once(g: Any, params: tuple[str]) -> Any:
    raise RuntimeError(
        f"{params[0]}: its backward is marked once_differentiable, so gradients of its gradients do not exist"
    )


_once = Primitive("once_differentiable", lambda *xs: None, _only_once, arity=-1, register=False)


# Recording. A node saves (*inputs, outputs, others); a slot of ctx says where in that a saved Tensor is.

_OUTPUT, _OTHER = -2, -1


def _record(
    cls: type[Function],
    ctx: FunctionCtx,
    inputs: tuple[Any, ...],
    parents: tuple[Node | None, ...],
    outputs: tuple[Any, ...],
    several: bool,
) -> Node:
    ctx._gives = [(out.shape, out.dtype) if isinstance(out, Tensor) else None for out in outputs]
    places = {id(x): (i, 0) for i, x in enumerate(inputs) if isinstance(x, Tensor)}
    places |= {
        id(out): (_OUTPUT, i)
        for i, out in enumerate(outputs)
        if id(out) not in places or _among(out, ctx._dirty)
    }
    others: list[Any] = []

    def slots(tensors: tuple[Any, ...]) -> list[tuple[int, int] | None]:
        found: list[tuple[int, int] | None] = []
        for t in tensors:
            if t is not None and id(t) not in places:
                places[id(t)] = (_OTHER, len(others))
                others.append(t._array)
            found.append(None if t is None else places[id(t)])
        return found

    ctx._slots = slots(ctx._to_save)
    if ctx._to_save_for_jvp is not None:
        ctx._jvp_slots = slots(ctx._to_save_for_jvp)
    used = {slot[0] for slot in (*ctx._slots, *(ctx._jvp_slots or ())) if slot is not None}
    saved: tuple[Any, ...] = ()
    if used:
        arrays = tuple([out._array if isinstance(out, Tensor) else None for out in outputs])
        saved = (
            *[x._array if i in used else None for i, x in enumerate(inputs)],
            None if _OUTPUT not in used else arrays if several else arrays[0],
            tuple(others),
        )
    ctx._to_save = ()
    ctx._to_save_for_jvp = None
    mask = sum([1 << i for i, parent in enumerate(parents) if parent is not None])
    shape: Any = (
        tuple([getattr(out, "shape", ()) for out in outputs]) if several else outputs[0].shape
    )
    return record(cls._primitives[several], parents, (ctx,), mask, saved, shape)


def _handles(
    ctx: FunctionCtx,
    inputs: tuple[Any, ...],
    outputs: tuple[Any, ...],
    node: Node | None,
    several: bool,
) -> tuple[Any, ...]:
    """The outputs as the caller gets them, with their history."""
    results = []
    for i, out in enumerate(outputs):
        if not isinstance(out, Tensor):
            results.append(out)
            continue
        own = node
        if out._array.dtype.kind != "f" or _among(out, ctx._constant):
            own = None
        elif node is not None and several:
            own = record(pick, (node,), (i,), 1, (), out.shape)
        if _among(out, ctx._dirty):
            if mode.grad:
                _rebase(out, own)
            results.append(out)
            continue
        array = out._array
        if any([isinstance(x, Tensor) and np.may_share_memory(array, x._array) for x in inputs]):
            array = array.copy()  # else writing into one would change the other unnoticed
        results.append(new_tensor(array, own))
    for x in ctx._dirty:
        if not _among(x, outputs):
            raise RuntimeError(f"{ctx._name}: an input marked dirty must be returned by forward")
    ctx._dirty = ctx._constant = ()
    return tuple(results)


def _among(x: Any, items: Sequence[Any]) -> bool:
    return any([x is item for item in items])


def _restore(ctx: FunctionCtx, slots: Any, saved: Sequence[Any]) -> tuple[Any, ...]:
    tensors = []
    for slot in slots:
        if slot is None:
            tensors.append(None)
            continue
        place, i = slot
        item = saved[place]
        tensors.append(_tensor(item[i] if isinstance(item, (tuple, list)) else item))
    return tuple(tensors)


def _tensor(x: Any) -> Any:
    return new_tensor(x, None) if isinstance(x, np.ndarray) else x


def _run_backward(cls: type[Function], g: Any, saved: Sequence[Any], node: Node) -> list[Any]:
    """The vjp rule of every Function."""
    ctx: FunctionCtx = node.params[0]
    several = cls._primitives[True] is node.primitive
    grads = list(g) if several else [g]
    create = any([isinstance(g, Tensor) for g in grads])
    for i, (g, given) in enumerate(zip(grads, ctx._gives, strict=True)):
        if given is None:  # an output that is no Tensor
            grads[i] = None
        elif isinstance(g, np.ndarray):
            g = g.view()
            g.flags.writeable = False  # others may have been given the same cotangent
            grads[i] = new_tensor(g, None)
        elif g is None and ctx._materialize:
            grads[i] = new_tensor(np.zeros(*given), None)
    results = _call(ctx, cls.backward, ctx._slots, saved, node, grads)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    while len(results) > len(ctx._takes) and results[-1] is None:
        results.pop()
    if len(results) != len(ctx._takes):
        raise RuntimeError(
            f"{cls.__name__}: backward returned {len(results)} gradients, but forward took "
            f"{len(ctx._takes)} arguments; return one for each, None where there is none"
        )
    return [
        _checked(ctx, "backward", "the gradient of argument", i, r, takes, create)
        for i, (r, takes) in enumerate(zip(results, ctx._takes, strict=True))
    ]


def _run_jvp(cls: type[Function], ts: Sequence[Any], saved: Sequence[Any], node: Node) -> Any:
    """The jvp of a Function that defines one."""
    ctx: FunctionCtx = node.params[0]
    create = any([isinstance(t, Tensor) for t in ts])
    tangents = [
        new_tensor(np.zeros(*takes), None)
        if t is None and takes is not None and ctx._materialize
        else _tensor(t)
        for t, takes in zip(ts, ctx._takes, strict=True)
    ]
    slots = ctx._slots if ctx._jvp_slots is None else ctx._jvp_slots
    results = _call(ctx, cls.jvp, slots, saved, node, tangents)
    results = list(results) if isinstance(results, (tuple, list)) else [results]
    if len(results) != len(ctx._gives):
        raise RuntimeError(
            f"{cls.__name__}: jvp returned {len(results)} tangents for {len(ctx._gives)} outputs"
        )
    results = [
        _checked(ctx, "jvp", "the tangent of output", i, r, gives, create)
        for i, (r, gives) in enumerate(zip(results, ctx._gives, strict=True))
    ]
    return results if cls._primitives[True] is node.primitive else results[0]


def _call(
    ctx: FunctionCtx,
    method: Any,
    slots: Any,
    saved: Sequence[Any],
    node: Node,
    arguments: list[Any],
) -> Any:
    ctx._restored, ctx._node = _restore(ctx, slots, saved), node
    try:
        return method(ctx, *arguments)
    finally:
        ctx._restored = ctx._node = None


def _checked(
    ctx: FunctionCtx, method: str, what: str, i: int, result: Any, like: Any, create: bool
) -> Any:
    """Return what a method gave for one argument or output, checked and in the form the sweeps want."""
    if result is None:
        return None
    if not isinstance(result, Tensor):
        raise TypeError(
            f"{ctx._name}: {method} returned a {type(result).__name__} as {what} {i}; expected a Tensor "
            "or None"
        )
    if like is None:
        raise RuntimeError(
            f"{ctx._name}: {method} returned a Tensor as {what} {i}, which is not a Tensor; return None"
        )
    shape, dtype = like
    if result.shape != shape:
        try:
            fits = method == "backward" and np.broadcast_shapes(result.shape, shape) == result.shape
        except ValueError:
            fits = False
        if not fits:
            raise RuntimeError(
                f"{ctx._name}: {method} returned shape {result.shape} as {what} {i}, expected {shape}"
            )
    result = result.to(dtype)  # type: ignore[attr-defined]
    return result if create else result._array
