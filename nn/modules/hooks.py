"""The hooks of a module: functions called around its forward and its backward pass."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autodiff._tensor import RemovableHandle, Tensor
from autodiff.function import Function

if TYPE_CHECKING:
    from .module import Module

__all__ = ["Hooks", "add", "run"]

_Table = OrderedDict[int, tuple[Callable[..., Any], bool]]
_Gradients = Sequence[Tensor | None]


class Hooks:
    """What a module holds once a hook was registered; a module without hooks holds None.

    Attributes
    ----------
    before, after : dict of int to (callable, with_kwargs)
        Called before and after ``forward``, in the order of registration.
    backward_before, backward_after : the same
        Called in the backward pass with the gradients of the outputs, and with those of the inputs.
    """

    __slots__ = ("after", "backward_after", "backward_before", "before")

    def __init__(self) -> None:
        self.before: _Table = OrderedDict()
        self.after: _Table = OrderedDict()
        self.backward_before: _Table = OrderedDict()
        self.backward_after: _Table = OrderedDict()

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the forward pass of `module` with its hooks."""
        for hook, with_kwargs in list(self.before.values()):
            if with_kwargs:
                changed = hook(module, args, kwargs)
                if changed is not None:
                    args, kwargs = _pair(changed, module)
            else:
                changed = hook(module, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        watch = None
        if self.backward_before or self.backward_after:
            watch = _Watch(module, self)
            args = watch.inputs(args)
        result = module.forward(*args, **kwargs)
        for hook, with_kwargs in list(self.after.values()):
            changed = (
                hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
            )
            if changed is not None:
                result = changed
        return result if watch is None else watch.outputs(result)


def _pair(changed: Any, module: Module) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], dict):
        return changed
    raise RuntimeError(
        f"forward pre-hook of {type(module).__name__}: with with_kwargs=True it must return None "
        f"or the pair (args, kwargs), got {type(changed).__name__}"
    )


def run(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run the forward pass of `module`, with its hooks where it has some."""
    if module._hooks is None:
        return module.forward(*args, **kwargs)
    return module._hooks.call(module, args, kwargs)


class _Boundary(Function):
    """The identity; in the backward pass the gradients of all the tensors go through `show`."""

    @staticmethod
    def forward(ctx: Any, show: Callable[[_Gradients], _Gradients], *tensors: Tensor) -> Any:
        ctx.show = show
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*[x for x in tensors if not x.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        return None, *ctx.show(grads)


class _Watch:
    """Puts one boundary before and one after a forward pass, and calls the backward hooks there."""

    def __init__(self, module: Module, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.grad_output: _Gradients = ()
        self.places: list[int] = []  # of the tensors among the arguments
        self.count = 0  # of arguments
        self.inputs_need_grad = False

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        self.count = len(args)
        tensors = [args[i] for i in self.places]
        self.inputs_need_grad = any(x.requires_grad for x in tensors)
        if not self.inputs_need_grad:
            return args
        changed = list(args)
        for i, x in zip(self.places, _Boundary.apply(self.leave, *tensors), strict=True):
            changed[i] = x
        return tuple(changed)

    def outputs(self, result: Any) -> Any:
        if isinstance(result, Tensor):
            return _Boundary.apply(self.enter, result)[0] if result.requires_grad else result
        if isinstance(result, (tuple, list)) and all(isinstance(x, Tensor) for x in result):
            if any(x.requires_grad for x in result):
                result = type(result)(_Boundary.apply(self.enter, *result))
            return result
        raise TypeError(
            f"{type(self.module).__name__} has backward hooks, so it must return a Tensor or a "
            f"tuple of Tensors, got {type(result).__name__}"
        )

    def enter(self, grads: _Gradients) -> _Gradients:
        """The backward pass reaches the outputs."""
        for hook, _ in list(self.hooks.backward_before.values()):
            grads = self._replaced(grads, hook(self.module, tuple(grads)))
        self.grad_output = tuple(grads)
        if not self.inputs_need_grad:
            self._finish([None] * len(self.places))
        return grads

    def leave(self, grads: _Gradients) -> _Gradients:
        """The backward pass reaches the inputs."""
        return self._finish(grads)

    def _finish(self, grads: _Gradients) -> _Gradients:
        grad_input: list[Any] = [None] * self.count
        for i, g in zip(self.places, grads, strict=True):
            grad_input[i] = g
        whole: _Gradients = tuple(grad_input)
        for hook, _ in list(self.hooks.backward_after.values()):
            whole = self._replaced(whole, hook(self.module, whole, self.grad_output))
        self.grad_output = ()
        return [whole[i] for i in self.places]

    def _replaced(self, grads: _Gradients, changed: Any) -> _Gradients:
        if changed is None:
            return grads
        changed = (changed,) if isinstance(changed, Tensor) else tuple(changed)
        if len(changed) != len(grads):
            raise RuntimeError(
                f"backward hook of {type(self.module).__name__} returned {len(changed)} gradients, "
                f"expected {len(grads)}"
            )
        return changed


def add(
    table: _Table, hook: Callable[..., Any], prepend: bool, with_kwargs: bool = False
) -> RemovableHandle:
    """Put `hook` into `table`, at its end or (with `prepend`) at its start."""
    if not callable(hook):
        raise TypeError(f"a hook must be callable, got {type(hook).__name__}")
    handle = RemovableHandle(table, (hook, with_kwargs))
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle
