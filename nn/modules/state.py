"""Saving and loading the state of a module: ``state_dict`` and ``load_state_dict``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autodiff import versions
from autodiff._tensor import Tensor
from autodiff.creation import as_tensor

from ..parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

__all__ = ["IncompatibleKeys", "load", "saved_tensors"]


class IncompatibleKeys(NamedTuple):
    """The keys that a ``state_dict`` lacks, and those that the module does not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<all keys match>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def _places(module: Module, prefix: str) -> Iterator[tuple[str, Module, str, Tensor]]:
    """Yield (key, module, name, tensor) for all that is saved, in PyTorch's order."""
    for path, owner in module.named_modules(remove_duplicate=False):
        for name, tensor in owner._saved():
            if tensor is not None:
                yield f"{prefix}{path}.{name}" if path else f"{prefix}{name}", owner, name, tensor


def saved_tensors(module: Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters and persistent buffers of `module` and of those below it, by key."""
    return ((key, tensor) for key, _, _, tensor in _places(module, prefix))


def load(
    module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Check all of `state_dict` against `module`, then load it. See ``Module.load_state_dict``."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            "load_state_dict: expected a mapping of names to tensors, "
            f"got {type(state_dict).__name__}"
        )
    places = list(_places(module, ""))
    known = {key: None for key, *_ in places}
    missing = [key for key in known if key not in state_dict]
    unexpected = [key for key in state_dict if key not in known]
    problems = []
    if strict and missing:
        problems.append(f"missing keys: {', '.join(missing)}")
    if strict and unexpected:
        problems.append(f"unexpected keys: {', '.join(map(str, unexpected))}")
    present = [place for place in places if place[0] in state_dict]
    values = [_array(state_dict[key]) for key, *_ in present]
    for (key, _, _, tensor), value in zip(present, values, strict=True):
        problems += _misfit(key, tensor, value)
    if problems:
        listed = "\n    ".join(problems)
        raise RuntimeError(
            f"load_state_dict: the state does not fit {type(module).__name__}; nothing was loaded\n"
            f"    {listed}"
        )
    for (key, owner, name, tensor), value in zip(present, values, strict=True):
        if assign:
            owner.__dict__[name] = _adopted(state_dict[key], value, tensor)
        else:
            np.copyto(tensor._array, value, casting="same_kind")
            versions.touch(tensor._array)
    return IncompatibleKeys(missing, unexpected)


def _array(value: Any) -> np.ndarray:
    return value._array if isinstance(value, Tensor) else np.asarray(value)


def _misfit(key: str, tensor: Tensor, value: np.ndarray) -> list[str]:
    """Say why `value` cannot be loaded into `tensor`: nothing, or one sentence."""
    if value.shape != tensor.shape:
        return [f"{key}: shape {value.shape} in the state, {tensor.shape} in the module"]
    if value.dtype.kind not in "biuf" or not np.can_cast(value.dtype, tensor.dtype, "same_kind"):
        return [f"{key}: dtype {value.dtype} in the state, {tensor.dtype} in the module"]
    return []


def _adopted(given: Any, array: np.ndarray, present: Tensor) -> Tensor:
    """Return what takes the place of `present`: `given`, or its `array` in such a tensor."""
    if isinstance(given, type(present)):
        return given
    if isinstance(present, Parameter):
        return Parameter(array, requires_grad=present.requires_grad)
    return as_tensor(array)
