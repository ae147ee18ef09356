"""Modules that hold other modules or parameters: in a chain, in a list, in a dictionary."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from autodiff._tensor import Tensor

from ..parameter import Parameter
from .module import Module, tree
from .registry import MODULE, PARAMETER

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

S = TypeVar("S", bound="_Sequence")


class _Sequence(Module):
    """Members in an order, kept as attributes "0", "1", ...; the kind of member is `_role`."""

    _role = MODULE

    def _listed(self) -> list[Any]:
        return [member for _, member in self._members(self._role)]

    def _checked(self, member: Any) -> Any:
        """Return what is stored for `member`; raise TypeError where it cannot be."""
        if not isinstance(member, Module):
            raise TypeError(
                f"{type(self).__name__}: expected an nn.Module, got {type(member).__name__}"
            )
        return member

    def _set_all(self, members: Iterable[Any]) -> None:
        """Replace all members, under new numbers."""
        checked = [self._checked(member) for member in members]
        for name, _ in self._members(self._role):
            delattr(self, name)
        for i, member in enumerate(checked):
            self._register(str(i), member, self._role)

    def _name_at(self, index: Any) -> str:
        names = [name for name, _ in self._members(self._role)]
        try:
            return names[operator.index(index)]
        except IndexError:
            raise IndexError(
                f"{type(self).__name__}: index {index} is out of range for {len(names)} members"
            ) from None

    def __len__(self) -> int:
        return len(self._members(self._role))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._listed())

    def __contains__(self, member: Any) -> bool:
        return any(m is member for m in self._listed())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            of_this_kind: Any = type(self)
            return of_this_kind(self._listed()[index])
        return self.__dict__[self._name_at(index)]

    def __setitem__(self, index: Any, member: Any) -> None:
        self._register(self._name_at(index), self._checked(member), self._role)

    def __delitem__(self, index: Any) -> None:
        members = self._listed()
        del members[index if isinstance(index, slice) else operator.index(index)]
        self._set_all(members)

    def append(self: S, module: Any) -> S:
        """Add a member at the end; return this container."""
        return self.extend([module])

    def extend(self: S, modules: Iterable[Any]) -> S:
        """Add members at the end; return this container."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"{type(self).__name__}.extend: expected an iterable, got {type(modules).__name__}"
            )
        number = len(self)
        for member in [self._checked(m) for m in modules]:
            while str(number) in self._roles:  # a name that was given
                number += 1
            self._register(str(number), member, self._role)
        return self

    def insert(self, index: int, module: Any) -> None:
        """Put a member before the one at `index`."""
        members = self._listed()
        members.insert(index, module)
        self._set_all(members)

    def pop(self, index: int = -1) -> Any:
        """Remove the member at `index` and return it."""
        member = self[index]
        del self[index]
        return member


class Sequential(_Sequence):
    """A chain: the output of each module is the input of the next.

    Parameters
    ----------
    *args : Module, or one mapping of str to Module
        The modules in order; a mapping gives them names.

    Examples
    --------
    >>> from collections import OrderedDict
    >>> from autodiff import nn
    >>> nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    Sequential(
      (0): Linear(in_features=2, out_features=16, bias=True)
      (1): ReLU()
      (2): Linear(in_features=16, out_features=1, bias=True)
    )
    >>> nn.Sequential(OrderedDict(hidden=nn.Linear(2, 16), squash=nn.Tanh())).hidden
    Linear(in_features=2, out_features=16, bias=True)
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                self.add_module(name, self._checked(module))
        else:
            self.extend(args)

    def forward(self, input: Any) -> Any:
        members = self.__dict__
        for name, role in self._roles.items():
            if role == MODULE:
                input = members[name](input)
        return input

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(dict(self._members(MODULE)[index]))
        return super().__getitem__(index)

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise TypeError(f"Sequential + {type(other).__name__}: expected a Sequential")
        return Sequential(*self, *other)

    def __iadd__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise TypeError(f"Sequential += {type(other).__name__}: expected a Sequential")
        return self.extend(other)


class ModuleList(_Sequence):
    """Modules in a list that registers them; calling them is left to the model.

    Parameters
    ----------
    modules : iterable of Module, optional

    Examples
    --------
    >>> from autodiff import nn
    >>> nn.ModuleList([nn.Linear(3, 3) for _ in range(4)])
    ModuleList(
      (0-3): 4 x Linear(in_features=3, out_features=3, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, other: Iterable[Module]) -> ModuleList:
        return self.extend(other)

    def __repr__(self) -> str:
        runs: list[tuple[int, int, str]] = []  # first, last, repr: of equal neighbours
        for i, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        lines = [
            f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}"
            for a, b, text in runs
        ]
        return tree(self._get_name(), [], [line.replace("\n", "\n  ") for line in lines])


class _Dictionary(Module):
    """Members by name; the kind of member is `_role`."""

    _role = MODULE

    def _checked(self, key: str, member: Any) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self._members(self._role))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return self._roles.get(key) == self._role  # type: ignore[call-overload]

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(f"{key!r}; {type(self).__name__} has {', '.join(self) or 'no members'}")
        return self.__dict__[key]

    def __setitem__(self, key: str, member: Any) -> None:
        self._register_new(type(self).__name__, key, *self._checked(key, member))

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)

    def keys(self) -> Any:
        """Return the names."""
        return dict(self._members(self._role)).keys()

    def values(self) -> Any:
        """Return the members."""
        return dict(self._members(self._role)).values()

    def items(self) -> Any:
        """Return the pairs of name and member."""
        return dict(self._members(self._role)).items()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the member of that name, or `default`."""
        return self.__dict__[key] if key in self else default

    def pop(self, key: str) -> Any:
        """Remove the member of that name and return it."""
        member = self[key]
        delattr(self, key)
        return member

    def clear(self) -> None:
        """Remove all members."""
        for key in self.keys():
            delattr(self, key)

    def update(self, members: Any) -> None:
        """Add members from a mapping or from pairs of name and member."""
        for key, member in dict(members).items():
            self[key] = member


class ModuleDict(_Dictionary):
    """Modules in a dictionary that registers them.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of pairs, optional

    Examples
    --------
    >>> from autodiff import nn
    >>> choices = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> choices["tanh"]
    Tanh()
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def _checked(self, key: str, member: Any) -> Any:
        return member, MODULE, Module


def _parameter(container: str, member: Any) -> Parameter:
    if isinstance(member, Parameter):
        return member
    if isinstance(member, Tensor):
        return Parameter(member)
    raise TypeError(
        f"{container}: expected an nn.Parameter or a Tensor, got {type(member).__name__}"
    )


def _listing(container: Module) -> str:
    """Return the ``repr`` of a module that holds parameters."""
    lines = [
        f"({name}): Parameter containing: [{p.dtype} of size {'x'.join(map(str, p.shape))}]"
        for name, p in container._members(PARAMETER)
    ]
    return tree(container._get_name(), [], lines)


class ParameterList(_Sequence):
    """Parameters in a list that registers them.

    Parameters
    ----------
    values : iterable of Parameter or Tensor, optional
        A Tensor becomes a Parameter that shares its memory.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> factors = nn.ParameterList([ad.tensor([1.0]), ad.tensor([2.0, 3.0])])
    >>> factors
    ParameterList(
      (0): Parameter containing: [float32 of size 1]
      (1): Parameter containing: [float32 of size 2]
    )
    """

    _role = PARAMETER

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        if values is not None:
            self.extend(values)

    def _checked(self, member: Any) -> Parameter:
        return _parameter("ParameterList", member)

    def __iadd__(self, other: Iterable[Any]) -> ParameterList:
        return self.extend(other)

    def __repr__(self) -> str:
        return _listing(self)


class ParameterDict(_Dictionary):
    """Parameters in a dictionary that registers them.

    Parameters
    ----------
    parameters : mapping of str to Parameter or Tensor, or iterable of pairs, optional
        A Tensor becomes a Parameter that shares its memory.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.ParameterDict({"scale": ad.ones(2, 3)})
    ParameterDict(
      (scale): Parameter containing: [float32 of size 2x3]
    )
    """

    _role = PARAMETER

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        if parameters is not None:
            self.update(parameters)

    def _checked(self, key: str, member: Any) -> Any:
        return _parameter("ParameterDict", member), PARAMETER, Parameter

    def __repr__(self) -> str:
        return _listing(self)
