"""The hooks of a module: functions called around its forward and its backward pass."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autodiff.tensor import RemovableHandle

if TYPE_CHECKING:
    from .module import Module

__all__ = ["Hooks"]

_Table = OrderedDict[int, tuple[Callable[..., Any], bool]]


class Hooks:
    """What a module holds once a hook was registered; a module without hooks holds None.

    Attributes
    ----------
    before, after : dict of int to (callable, with_kwargs)
        Called before and after ``forward``, in the order of registration.
    """

    __slots__ = ("after", "before")

    def __init__(self) -> None:
        self.before: _Table = OrderedDict()
        self.after: _Table = OrderedDict()

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
        result = module.forward(*args, **kwargs)
        for hook, with_kwargs in list(self.after.values()):
            changed = (
                hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
            )
            if changed is not None:
                result = changed
        return result


def _pair(changed: Any, module: Module) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(changed, tuple) and len(changed) == 2 and isinstance(changed[1], dict):
        return changed
    raise RuntimeError(
        f"forward pre-hook of {type(module).__name__}: with with_kwargs=True it must return None or the "
        f"pair (args, kwargs), got {type(changed).__name__}"
    )


def add(table: _Table, hook: Callable[..., Any], with_kwargs: bool, prepend: bool) -> RemovableHandle:
    """Put `hook` into `table`, at its end or (with `prepend`) at its start."""
    if not callable(hook):
        raise TypeError(f"a hook must be callable, got {type(hook).__name__}")
    handle = RemovableHandle(table, (hook, with_kwargs))
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle
