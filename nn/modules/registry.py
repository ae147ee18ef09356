"""What belongs to a module, by name: its parameters, buffers and submodules.

All that a module holds lies in its instance ``__dict__``, so that ``self.weight`` in a forward
pass is an ordinary attribute look-up. Which of the attributes are parameters, buffers or
submodules stands in one table beside them, ``_roles``; every listing is derived from the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from autodiff._tensor import Tensor

from ..parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

__all__ = ["Registry"]

R = TypeVar("R", bound="Registry")

PARAMETER = "parameter"
BUFFER = "buffer"
TEMPORARY = "buffer that is not saved"
MODULE = "module"
_BUFFERS = (BUFFER, TEMPORARY)
_KINDS = {
    PARAMETER: "an nn.Parameter",
    BUFFER: "a Tensor",
    TEMPORARY: "a Tensor",
    MODULE: "an nn.Module",
}
_NO_ROLES: Mapping[str, str] = MappingProxyType({})


class Missing:
    """Stands in the class for what ``Module.__init__`` makes, to explain that it was not called."""

    def __get__(self, module: Any, cls: type) -> Any:
        if module is None:
            return self
        raise AttributeError(
            f"{cls.__name__} was not initialised: call super().__init__() first in its __init__"
        )


class Registry:
    """The part of ``Module`` that keeps and lists what belongs to it."""

    _roles: dict[str, str] = Missing()  # type: ignore[assignment]

    # Attributes

    if TYPE_CHECKING:  # registered names are not known to type checkers

        def __getattr__(self, name: str) -> Any: ...

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._register(name, value, PARAMETER)
            return
        if isinstance(value, Registry):
            self._register(name, value, MODULE)
            return
        role = self.__dict__.get("_roles", _NO_ROLES).get(name)
        if role is None:
            object.__setattr__(self, name, value)
        elif value is None or (role in _BUFFERS and isinstance(value, Tensor)):
            self.__dict__[name] = value
        else:
            raise TypeError(
                f"{type(self).__name__}.{name} is a {role}: only {_KINDS[role]} or None can be "
                f"assigned to it, got {type(value).__name__}"
            )

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._roles.pop(name, None)

    def __dir__(self) -> list[str]:
        return [name for name in object.__dir__(self) if not name[0].isdigit()]

    def __copy__(self: R) -> R:
        copy = type(self).__new__(type(self))
        copy.__dict__.update(self.__dict__, _roles=dict(self._roles))
        return copy

    def _register(self, name: str, value: Any, role: str) -> None:
        roles = self.__dict__.get("_roles")
        if roles is None:
            raise AttributeError(
                f"cannot assign the {role} {name!r} before Module.__init__() was called: call "
                f"super().__init__() first in the __init__ of {type(self).__name__}"
            )
        if role == MODULE and value is not None and any(m is self for m in value.modules()):
            raise ValueError(
                f"module {name!r}: {type(self).__name__} would contain itself; hold a reference "
                "to a parent in a list, which is not searched for modules"
            )
        if roles.get(name) != role:
            roles.pop(name, None)
            roles[name] = role
        self.__dict__[name] = value

    def _register_new(self, operation: str, name: str, value: Any, role: str, kind: type) -> None:
        """Register under a name that is free or has such a role already."""
        if not isinstance(name, str):
            raise TypeError(f"{operation}: the name must be a string, got {type(name).__name__}")
        if not name or "." in name:
            raise KeyError(
                f"{operation}: the name must not be empty or contain a dot, got {name!r}"
            )
        if value is not None and not isinstance(value, kind):
            raise TypeError(
                f"{operation}: {name!r} must be {_KINDS[role]} or None, got {type(value).__name__}"
            )
        known = self.__dict__.get("_roles", _NO_ROLES).get(name, role)
        if hasattr(self, name) and (name not in self._roles or _KINDS[known] != _KINDS[role]):
            raise KeyError(f"{operation}: {type(self).__name__} has an attribute {name!r} already")
        self._register(name, value, role)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or (with None) a name for one that is absent.

        Raises
        ------
        KeyError
            If the name is empty, contains a dot or is taken by another attribute.
        TypeError
            If `param` is not a Parameter.
        """
        self._register_new("register_parameter", name, param, PARAMETER, Parameter)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add state that is not trained, such as running statistics.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool, default True
            Whether ``state_dict`` contains it.

        Raises
        ------
        KeyError
            If the name is empty, contains a dot or is taken by another attribute.
        TypeError
            If `tensor` is not a Tensor.
        """
        role = BUFFER if persistent else TEMPORARY
        self._register_new("register_buffer", name, tensor, role, Tensor)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under a name.

        Raises
        ------
        KeyError
            If the name is empty, contains a dot or is taken by another attribute.
        TypeError
            If `module` is not a Module.
        """
        self._register_new("add_module", name, module, MODULE, Registry)

    register_module = add_module

    # Listings

    def _members(self, *wanted: str) -> list[tuple[str, Any]]:
        members = self.__dict__
        return [(name, members[name]) for name, role in self._roles.items() if role in wanted]

    @property
    def _parameters(self) -> Mapping[str, Parameter | None]:
        return MappingProxyType(dict(self._members(PARAMETER)))

    @property
    def _buffers(self) -> Mapping[str, Tensor | None]:
        return MappingProxyType(dict(self._members(*_BUFFERS)))

    @property
    def _modules(self) -> Mapping[str, Module | None]:
        return MappingProxyType(dict(self._members(MODULE)))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Iterate over the direct submodules with their names, each once."""
        return _once(self._members(MODULE))

    def children(self) -> Iterator[Module]:
        """Iterate over the direct submodules, each once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Iterate over this module and all below it, with dotted names, parents first.

        Parameters
        ----------
        memo : set of Module, optional
            Modules to leave out; those found are added.
        prefix : str, default ""
            The name of this module.
        remove_duplicate : bool, default True
            Yield a module that is used twice only once.

        Examples
        --------
        >>> from autodiff import nn
        >>> [name for name, _ in nn.Sequential(nn.Sequential(nn.Identity())).named_modules()]
        ['', '0', '0.0']
        """
        seen = set() if memo is None else memo
        waiting: list[tuple[str, Any]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop()
            if remove_duplicate:
                if module in seen:
                    continue
                seen.add(module)
            yield path, module
            waiting += [
                (f"{path}.{name}" if path else name, child)
                for name, child in reversed(module._members(MODULE))
                if child is not None
            ]

    def modules(self) -> Iterator[Module]:
        """Iterate over this module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def _named_members(
        self, roles: tuple[str, ...], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        modules: Iterable[tuple[str, Registry]] = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        named = (
            (f"{path}.{name}" if path else name, member)
            for path, module in modules
            for name, member in module._members(*roles)
        )
        return _once(named, remove_duplicate)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Iterate over the parameters with their dotted names.

        Parameters
        ----------
        prefix : str, default ""
            Put before each name.
        recurse : bool, default True
            Include those of submodules.
        remove_duplicate : bool, default True
            Yield a parameter that is used twice only once.
        """
        return self._named_members((PARAMETER,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Iterate over the parameters, each once; what an optimiser takes.

        Examples
        --------
        >>> from autodiff import nn
        >>> sum(p.numel() for p in nn.Linear(3, 4).parameters())
        16
        """
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Iterate over the buffers with their dotted names; see ``named_parameters``."""
        return self._named_members(_BUFFERS, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Iterate over the buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """Return the module with a dotted name; "" is this one.

        Raises
        ------
        AttributeError
            If there is no module of that name.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            found = module._modules.get(name)
            if found is None:
                raise AttributeError(
                    f"get_submodule: {type(module).__name__} has no module {name!r} "
                    f"(in {target!r}); it has {', '.join(module._modules) or 'none'}"
                )
            module = found
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter with a dotted name; AttributeError if there is none."""
        return self._get(target, "_parameters")

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer with a dotted name; AttributeError if there is none."""
        return self._get(target, "_buffers")

    def _saved(self) -> list[tuple[str, Tensor | None]]:
        """The parameters, then the buffers that ``state_dict`` contains."""
        return [*self._members(PARAMETER), *self._members(BUFFER)]

    def _get(self, target: str, registry: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        members = getattr(module, registry)
        if members.get(name) is None:
            raise AttributeError(
                f"{type(module).__name__} has no {registry[1:-1]} {name!r} (in {target!r}); "
                f"it has {', '.join(members) or 'none'}"
            )
        return members[name]


def _once(
    named: Iterable[tuple[str, Any]], remove_duplicate: bool = True
) -> Iterator[tuple[str, Any]]:
    """Leave out what is None and (with `remove_duplicate`) what came before."""
    seen: set[int] = set()
    for name, member in named:
        if member is None or (remove_duplicate and id(member) in seen):
            continue
        seen.add(id(member))
        yield name, member
