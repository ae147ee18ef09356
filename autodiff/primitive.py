"""Primitives: what an operation is, declared once, and what follows from the declaration.

A declaration names the forward function on plain arrays and, per input, a *rule*: the map from the
output's cotangent `g` to the input's. Rules are ordinary functions whose parameter names say what they
need, and so what is saved::

    mul = Primitive("mul", np.multiply, (lambda g, y: g * y, lambda g, x: g * x))

=================================  ====================================================================
``g``                              the cotangent of the output
``x`` ``y`` ``z`` ``w``            the inputs, in order; ``xs`` the tuple of all inputs
``out``                            the output
``aux``                            the second result of a forward that returns ``(output, aux)``
``x_shape`` ... ``w_shape``        shapes of inputs (nothing is saved for these)
``out_shape``                      the shape of the output
``needs``                          one bool per input: whether it wants a cotangent (joint rules)
``saved`` ``node``                 the whole of what was saved, and the node itself
any other name                     the parameter of the forward function that has this name
=================================  ====================================================================

A rule is written with operators and NumPy functions, which work on arrays and on Tensors alike: the usual
backward pass runs it on arrays, and ``create_graph=True`` runs the same rule on Tensors, recording it.
A rule need not undo broadcasting: the engine does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import handles

__all__ = ["Primitive", "pick", "registry"]

_IDENTITY = (lambda g: g).__code__.co_code
registry: dict[str, Primitive] = {}
"""Every primitive by name."""

_INPUTS = ("x", "y", "z", "w")


class Primitive:
    """An operation with its derivative.

    Parameters
    ----------
    name : str
        Unique; shown by ``grad_fn`` and in error messages.
    forward : callable
        Takes the inputs as arrays (or Python numbers), then the parameters; returns an array, with
        ``aux=True`` the pair (array, what backward needs beside it), with ``multi=True`` a tuple of arrays.
    vjp : tuple of (callable or None), or callable
        One rule per input (None: not differentiable), or one joint rule that returns a cotangent (or
        None) for each input.
    arity : int, optional
        The number of inputs; found from `vjp` when that is a tuple. -1: any number.
    linear : bool, default False
        The forward function is linear in all its inputs together, so it is its own jvp.
    multilinear : bool, default False
        It is linear in each input that has a rule while the others are held fixed, as a product is.
    elementwise : bool, default False
        The Jacobian is diagonal, so each rule is its own jvp, and inputs of several dtypes are promoted.
    floating : bool, default False
        Integer inputs are converted to the default floating dtype.
    view : bool, default False
        The output shares memory with the only input, unless the forward function had to copy.
    scalar : callable, optional
        The forward function on Python floats, for ``Value``.
    symbol : str, optional
        The label in pictures; the name by default.
    jvp : callable, optional
        Takes the tangents (None where zero), what was saved and the node, returns the tangent of the
        output; by default it is derived from the rest (see `autodiff.forward`).
    register : bool, default True
        List it in `registry`, where its name must be unique.

    Attributes
    ----------
    run : callable
        What operations call: the forward function or, while someone takes its time (`observing`),
        the same with a clock around it.
    """

    __slots__ = (
        "name", "forward", "vjp", "arity", "linear", "multilinear", "elementwise", "floating", "view", "aux",
        "multi", "scalar", "symbol", "jvp", "run", "_names", "joint", "vjps", "savers", "__weakref__",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        vjp: Sequence[Callable[..., Any] | None] | Callable[..., Any] = (),
        *,
        arity: int | None = None,
        linear: bool = False,
        multilinear: bool = False,
        elementwise: bool = False,
        floating: bool = False,
        view: bool = False,
        aux: bool = False,
        multi: bool = False,
        scalar: Callable[..., float] | None = None,
        symbol: str | None = None,
        jvp: Callable[..., Any] | None = None,
        register: bool = True,
    ) -> None:
        self.name = name
        self.forward = self.run = forward
        self.joint = callable(vjp)
        self.vjp = vjp if callable(vjp) else tuple(vjp)
        self.arity = arity if arity is not None else len(self.vjp)  # type: ignore[arg-type]
        self.linear = linear
        self.multilinear = multilinear
        self.elementwise = elementwise
        self.floating = floating
        self.view = view
        self.aux = aux
        self.multi = multi
        self.scalar = scalar
        self.symbol = symbol or name
        self.jvp = jvp
        self._names: tuple[str, ...] | None = None
        self.vjps: dict[int, Callable[[Any, Any, Any], Sequence[Any]]] = {}
        self.savers: dict[int, Callable[[Any, Any, Any], tuple[Any, ...]] | None] = {}
        if view and any(self.keeps(1, 1)):
            raise TypeError(f"view {name!r}: its rule may use shapes and parameters only")
        if register:
            if name in registry:
                raise ValueError(f"a primitive named {name!r} exists already")
            registry[name] = self

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return registry.__getitem__, (self.name,)

    def __call__(self, *args: Any) -> Any:
        """Apply to inputs, then parameters: arrays give an array, Tensors a Tensor."""
        arity = len(args) if self.arity < 0 else self.arity
        inputs = args[:arity]
        recorders = (handles.Tensor, handles.Value)
        for x in inputs:
            if isinstance(x, recorders):
                from .apply import apply

                return apply(self, inputs, args[arity:])
        return self.forward(*args)

    # What follows is worked out from the declaration.

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the forward function's parameters after its inputs."""
        if self._names is None:
            self._names = self._parameter_names()
        return self._names

    def _parameter_names(self) -> tuple[str, ...]:
        if isinstance(self.forward, np.ufunc) or self.arity < 0:
            return ()
        return tuple(inspect.signature(self.forward).parameters)[self.arity :]

    def _argument(self, name: str) -> str:
        """The source text that fetches, from a saved tuple `s` and a node `n`, what `name` stands for."""
        if name in _INPUTS:
            return f"s[{_INPUTS.index(name)}]"
        if name.endswith("_shape") and name[:-6] in _INPUTS:
            return f"n.parents[{_INPUTS.index(name[:-6])}].shape"
        fixed = {
            "xs": "s[:-2]", "out": "s[-2]", "aux": "s[-1]", "out_shape": "n.shape",
            "needs": "[p is not None for p in n.parents]", "params": "n.params", "saved": "s", "node": "n",
        }  # fmt: skip
        if name in fixed:
            return fixed[name]
        if name not in self.names:
            raise TypeError(f"rule of primitive {self.name!r}: unknown parameter name {name!r}")
        return f"n.params[{self.names.index(name)}]"

    def compiled(self, rule: Callable[..., Any]) -> Callable[[Any, Any, Any], Any]:
        """Return `rule` as a function of (cotangent, saved, node)."""
        return eval(f"lambda g, s, n: {self._call('rule', rule)}", {"rule": rule})

    def _call(self, name: str, rule: Callable[..., Any]) -> str:
        if getattr(rule, "__code__", None) is not None and rule.__code__.co_code == _IDENTITY:
            return "g"
        return f"{name}({', '.join(['g', *map(self._argument, _wanted(rule))])})"

    def vjp_of(self, mask: int) -> Callable[[Any, Any, Any], Sequence[Any]]:
        """Return the function (cotangent, saved, node) -> one cotangent (or None) per input in `mask`."""
        if self.joint:
            function = self.vjps.get(0) or self.compiled(self.vjp)  # type: ignore[arg-type]
            if self.arity < 0:
                mask = 0  # one function for all masks, of which there is no end
        else:
            rules = {f"rule{i}": rule for i, rule in enumerate(self.vjp) if rule}  # type: ignore[arg-type]
            calls = [
                self._call(f"rule{i}", rules[f"rule{i}"])
                if f"rule{i}" in rules and mask >> i & 1
                else "None"
                for i in range(self.arity)
            ]
            function = eval(f"lambda g, s, n: ({', '.join(calls)},)", rules)
        self.vjps[mask] = function
        return function

    def keeps(self, mask: int, count: int) -> tuple[bool, ...]:
        """Which of ``(*inputs, output, aux)`` backward needs when the inputs in `mask` want gradients."""
        if self.joint:  # which does not look at the mask
            rules: Sequence[Any] = (self.vjp,)
        else:
            rules = [r for i, r in enumerate(self.vjp) if r and mask >> i & 1]  # type: ignore[arg-type]
        wanted = {name for rule in rules for name in _wanted(rule)}
        kept = [("xs" in wanted) or (i < 4 and _INPUTS[i] in wanted) for i in range(count)]
        return (*kept, "out" in wanted, "aux" in wanted)

    def saver_of(self, mask: int, count: int) -> Callable[[Any, Any, Any], tuple[Any, ...]] | None:
        """Return the function (arrays, output, aux) -> what is saved of them; None: nothing is."""
        keep = self.keeps(mask, count)
        names = [*[f"a[{i}]" for i in range(count)], "out", "aux"]
        kept = ", ".join([name if k else "None" for name, k in zip(names, keep, strict=True)])
        saver = eval(f"lambda a, out, aux: ({kept})") if any(keep) else None
        self.savers[mask if self.arity >= 0 else ~count] = saver
        return saver  # type: ignore[no-any-return]


def _wanted(rule: Callable[..., Any]) -> tuple[str, ...]:
    """The parameter names of a rule after its cotangent."""
    code = rule.__code__
    return code.co_varnames[1 : code.co_argcount]


pick = Primitive("pick", lambda x, i: x[i], (None,))
"""Output `i` of an operation with several outputs; the engine routes its cotangent."""
