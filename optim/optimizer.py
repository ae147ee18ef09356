"""What all optimisers share: groups of parameters, state, saving and loading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autodiff._tensor import Tensor
from autodiff.handles import new_tensor
from autodiff.mode import enable_grad
from autodiff.versions import touch

__all__ = ["Optimizer"]

Arrays = list[np.ndarray]
States = list[dict[str, Any]]


class Optimizer:
    """Base class: a step moves every parameter that has a gradient.

    A subclass implements `_move`, which updates all parameters of a group at once.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor), or of dict
        What to optimise; dicts have ``params`` and options of their own (groups).
    defaults : dict
        The options of groups that do not give them.

    Attributes
    ----------
    param_groups : list of dict
        ``params`` and options of each group; ``lr`` and the others may be assigned at any time.
    state : dict of Tensor to dict
        What was accumulated for each parameter.

    Raises
    ------
    TypeError
        For parameters that are not Tensors.
    ValueError
        For no parameters, non-leaves, or a parameter given twice.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        if isinstance(params, (Tensor, np.ndarray)):
            raise TypeError(
                f"{type(self).__name__}: params must be an iterable of Tensors or dicts, "
                f"got a single {type(params).__name__}; put it in a list"
            )
        groups = list(params)
        if not groups:
            raise ValueError(f"{type(self).__name__}: got an empty list of parameters")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group: a dict with ``params`` and the options that differ from the defaults."""
        name = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"{name}: a parameter group must be a dict with the key 'params'")
        given = param_group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        if isinstance(given, (set, frozenset)):
            raise TypeError(f"{name}: parameters need an order; a set has none")
        params = [p[1] if isinstance(p, tuple) else p for p in params]
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: can only optimise Tensors, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(
                    f"{name}: can only optimise leaves, but a tensor of shape {p.shape} is the "
                    f"result of {p.grad_fn!r}"
                )
            if id(p) in known:
                raise ValueError(f"{name}: a parameter of shape {p.shape} was given twice")
            known.add(id(p))
        unknown = [key for key in param_group if key not in self.defaults and key != "params"]
        extra = {key: param_group[key] for key in unknown}
        options = {key: param_group.get(key, value) for key, value in self.defaults.items()}
        self._check(options)
        self.param_groups.append({"params": params, **options, **extra})

    def _check(self, options: Mapping[str, Any]) -> None:
        """Raise ValueError for options out of range."""
        for key in ("lr", "eps", "weight_decay", "momentum", "lr_decay"):
            value = options.get(key, 0.0)
            if not value >= 0:
                raise ValueError(f"{type(self).__name__}: {key} must not be negative, got {value}")

    def _move(self, group: dict[str, Any], weights: Arrays, grads: Arrays, states: States) -> None:
        """Update the parameters of a group that have gradients, and their states, in place."""
        raise NotImplementedError

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew and calls ``backward``; its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            weights, grads, states = [], [], []
            for p in group["params"]:
                leaf = p._leaf
                if leaf is not None and leaf.grad is not None:
                    weights.append(p._array)
                    grads.append(leaf.grad._array)
                    states.append(self.state[p])
            if weights:
                if group.get("maximize", False):
                    grads = [-g for g in grads]
                self._move(group, weights, grads, states)
                touch(*weights)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (or, with ``set_to_none=False``, fill them with zeros)."""
        for group in self.param_groups:
            for p in group["params"]:
                leaf = p._leaf
                if leaf is None or leaf.grad is None:
                    continue
                if set_to_none:
                    leaf.grad = None
                else:
                    leaf.grad = new_tensor(np.zeros_like(leaf.grad._array), None)

    def state_dict(self) -> dict[str, Any]:
        """Return state and options, with parameters numbered in order, as PyTorch does."""
        number = {
            p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])
        }
        groups = [
            {
                **{key: value for key, value in group.items() if key != "params"},
                "params": [number[p] for p in group["params"]],
            }
            for group in self.param_groups
        ]
        state = {
            number[p]: _saved(entry) for p, entry in self.state.items() if p in number and entry
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what ``state_dict()`` of an optimiser of the same shape returned.

        Raises
        ------
        ValueError
            Where groups or their sizes differ; nothing is changed then.
        """
        groups, saved = self.param_groups, state_dict["param_groups"]
        ours = [len(group["params"]) for group in groups]
        theirs = [len(group["params"]) for group in saved]
        if ours != theirs:
            raise ValueError(
                f"{type(self).__name__}: the saved state has groups of {theirs} parameters, "
                f"this optimiser of {ours}"
            )
        params = {
            i: p
            for group, other in zip(groups, saved, strict=True)
            for i, p in zip(other["params"], group["params"], strict=True)
        }
        state = {
            params[i]: _loaded(entry, params[i])
            for i, entry in state_dict["state"].items()
            if i in params
        }
        for group, other in zip(groups, saved, strict=True):
            group.update({key: value for key, value in other.items() if key != "params"})
        self.state = defaultdict(dict, state)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _saved(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of one parameter's state; the step count as a tensor, as PyTorch has it."""
    return {
        key: new_tensor(np.asarray(value, np.float32), None)
        if key == "step"
        else new_tensor(value._array.copy(), None)
        if isinstance(value, Tensor)
        else value
        for key, value in entry.items()
    }


def _loaded(entry: Mapping[str, Any], p: Tensor) -> dict[str, Any]:
    loaded: dict[str, Any] = {}
    for key, value in entry.items():
        if key == "step":
            loaded[key] = int(value)
        elif value is None:
            loaded[key] = None
        else:
            array = value._array if isinstance(value, Tensor) else np.asarray(value)
            if array.shape != p.shape:
                raise ValueError(f"state {key!r} has shape {array.shape}, its parameter {p.shape}")
            loaded[key] = new_tensor(array.astype(p.dtype, copy=True), None)
    return loaded


def zeros_for(array: np.ndarray, fill: float = 0.0) -> Tensor:
    """Return a state tensor of the shape and dtype of a parameter."""
    return new_tensor(np.full(array.shape, fill, array.dtype), None)


def begin_step(weights: Arrays, states: States, names: list[str], fill: float = 0.0) -> list[int]:
    """Count a step of each parameter, and return its number.

    At a parameter's first step the arrays that are kept for it are made.
    """
    for w, state in zip(weights, states, strict=True):
        if not state:
            state["step"] = 0
            for name in names:
                state[name] = zeros_for(w, fill)
        state["step"] += 1
    return [state["step"] for state in states]


def kept(states: States, name: str) -> Arrays:
    """Return one of the arrays that are kept for each parameter."""
    return [state[name]._array for state in states]


def refuse(name: str, **options: Any) -> None:
    """Raise for options that PyTorch has and that would change what a step means here."""
    for key, value in options.items():
        if value:
            raise ValueError(f"{name}: {key}=True is not supported; steps are not recorded")
