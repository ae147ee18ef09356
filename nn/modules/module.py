"""``Module``: the base of every layer and model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from autodiff import dtypes, versions
from autodiff._tensor import RemovableHandle, Tensor
from autodiff.arguments import check_device, is_device
from autodiff.handles import new_tensor
from autodiff.mode import debug, mode

from . import hooks, state
from .registry import MODULE, Missing, Registry

if TYPE_CHECKING:
    from .summary import Summary

__all__ = ["Module"]

M = TypeVar("M", bound="Module")


class Module(Registry):
    """A part of a model, with parameters, buffers (state that is not trained) and submodules.

    Subclasses call ``super().__init__()``, assign ``Parameter`` objects and modules as attributes,
    and define ``forward``. Calling the module calls ``forward``.

    Attributes
    ----------
    training : bool
        True after construction and ``train()``, False after ``eval()``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(ad.tensor(3.0))
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> scale(ad.tensor([1.0, 2.0])).tolist()
    [3.0, 6.0]
    >>> [name for name, _ in scale.named_parameters()]
    ['factor']
    """

    training: bool
    _hooks: hooks.Hooks | None = Missing()  # type: ignore[assignment]

    def __init__(self) -> None:
        self.__dict__.update(training=True, _roles={}, _hooks=None)

    # The hot path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooks is None and not debug.observed:
            return self.forward(*args, **kwargs)
        if mode.observer is not None:
            return mode.observer.called(self, hooks.run, args, kwargs)
        return hooks.run(self, args, kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(); define it in the class")

    # State

    def state_dict(
        self,
        *,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """Return all parameters and persistent buffers by their dotted names.

        Parameters
        ----------
        destination : dict, optional
            Filled and returned in place of a new one.
        prefix : str, default ""
            Put before each name, with its dot.
        keep_vars : bool, default False
            Return the tensors themselves, not detached ones that share their memory.

        Examples
        --------
        >>> from autodiff import nn
        >>> list(nn.Sequential(nn.Linear(2, 3)).state_dict())
        ['0.weight', '0.bias']
        """
        result = {} if destination is None else destination
        for key, tensor in state.saved_tensors(self, prefix):
            result[key] = tensor if keep_vars else tensor.detach()
        return result

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> state.IncompatibleKeys:
        """Copy values into the parameters and buffers of this module and those below it.

        Either all of it is loaded or, on an error, nothing is changed.

        Parameters
        ----------
        state_dict : mapping of str to Tensor or array_like
            As returned by ``state_dict``; NumPy arrays and CPU tensors of PyTorch will do.
        strict : bool, default True
            Raise for keys that are missing or unexpected.
        assign : bool, default False
            Take the given tensors in place of the present ones (with their dtype), and copy
            nothing.

        Returns
        -------
        IncompatibleKeys
            Named tuple of the lists `missing_keys` and `unexpected_keys`.

        Raises
        ------
        TypeError
            If `state_dict` is not a mapping.
        RuntimeError
            For wrong shapes and dtypes and, if `strict`, for missing and unexpected keys: all are
            listed.

        Examples
        --------
        >>> import numpy as np
        >>> from autodiff import nn
        >>> layer = nn.Linear(1, 1)
        >>> layer.load_state_dict({"weight": np.full((1, 1), 2.0), "bias": np.zeros(1)})
        <all keys match>
        """
        return state.load(self, state_dict, strict, assign)

    # Changes of the whole tree

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` with every module below this one, and with this one last.

        Examples
        --------
        >>> from autodiff import nn
        >>> def clear(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros_(module.weight)
        >>> net = nn.Sequential(nn.Linear(1, 1)).apply(clear)
        >>> net[0].weight.tolist()
        [[0.0]]
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Switch this module and all below it to training: dropout drops, statistics move."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """Switch this module and all below it to evaluation."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Say whether gradients are wanted for the parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the parameters, or fill them with zeros."""
        for parameter in self.parameters():
            grad = parameter.grad
            if set_to_none:
                parameter.grad = None
            elif grad is not None:
                grad.detach_()
                grad._array.fill(0)
                versions.touch(grad._array)

    def to(self: M, *args: Any, dtype: Any = None, device: Any = None) -> M:
        """Convert the floating parameters, gradients and buffers, in place.

        Parameters
        ----------
        dtype : floating dtype, optional
        device : optional
            Only ``"cpu"`` exists.

        Raises
        ------
        TypeError
            For a dtype that is not floating.

        Examples
        --------
        >>> import autodiff as ad
        >>> from autodiff import nn
        >>> nn.Linear(1, 1).to(ad.float64).weight.dtype
        dtype('float64')
        """
        for arg in args:
            if isinstance(arg, Tensor):
                dtype = arg.dtype
            elif is_device(arg):
                device = arg
            elif arg is not None and not isinstance(arg, bool):
                dtype = arg
        check_device(device, "to")
        return self if dtype is None else self._convert(dtypes.check(dtype))

    def _convert(self: M, dtype: np.dtype[Any]) -> M:
        if dtype.kind != "f":
            raise TypeError(f"to: parameters need a floating dtype, got {dtype}")
        for tensor in [*self.parameters(), *self.buffers()]:
            if tensor.dtype.kind == "f":
                grad = tensor.grad
                tensor.data = tensor._array.astype(dtype, copy=False)
                if grad is not None:
                    tensor.grad = new_tensor(grad._array.astype(dtype, copy=False), None)
        return self

    def float(self: M) -> M:
        """Convert to float32, in place."""
        return self._convert(np.dtype(np.float32))

    def double(self: M) -> M:
        """Convert to float64, in place."""
        return self._convert(np.dtype(np.float64))

    def half(self: M) -> M:
        """Convert to float16, in place."""
        return self._convert(np.dtype(np.float16))

    def cpu(self: M) -> M:
        """Return this module: everything is on the CPU."""
        return self

    # Hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before each forward pass.

        What it returns, unless None, replaces the positional arguments.

        Parameters
        ----------
        hook : callable
        prepend : bool, default False
            Call it before the hooks that are there.
        with_kwargs : bool, default False
            Call ``hook(module, args, kwargs)``, which returns None or the pair (args, kwargs).

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.
        """
        return hooks.add(self._hook_tables().before, hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after each forward pass.

        What it returns, unless None, replaces the output.

        Parameters
        ----------
        hook : callable
        prepend : bool, default False
            Call it before the hooks that are there.
        with_kwargs : bool, default False
            Call ``hook(module, args, kwargs, output)``.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> import autodiff as ad
        >>> from autodiff import nn
        >>> layer = nn.Linear(2, 3)
        >>> handle = layer.register_forward_hook(lambda module, args, out: print(out.shape))
        >>> y = layer(ad.ones(5, 2))
        (5, 3)
        >>> handle.remove()
        """
        return hooks.add(self._hook_tables().after, hook, prepend, with_kwargs)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when a backward pass reaches the module's outputs.

        `grad_output` is the tuple of their gradients (None where there is none). What the hook
        returns, unless None, replaces it.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.
        """
        return hooks.add(self._hook_tables().backward_before, hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the inputs' gradients are known.

        Both are tuples, `grad_input` with an entry for each positional argument (None where there
        is no gradient). What the hook returns, unless None, replaces `grad_input`.

        Returns
        -------
        RemovableHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> import autodiff as ad
        >>> from autodiff import nn
        >>> layer = nn.Tanh()
        >>> handle = layer.register_full_backward_hook(
        ...     lambda module, grad_input, grad_output: print(grad_output[0].tolist())
        ... )
        >>> x = ad.zeros(2, requires_grad=True)
        >>> (3 * layer(x)).sum().backward()
        [3.0, 3.0]
        """
        return hooks.add(self._hook_tables().backward_after, hook, prepend)

    def _hook_tables(self) -> hooks.Hooks:
        if self._hooks is None:
            self.__dict__["_hooks"] = hooks.Hooks()
        assert self._hooks is not None
        return self._hooks

    # Printing

    def summary(self, example_input: Any, depth: int | None = None) -> Summary:
        """Return the tree of modules with output shapes, parameters, multiply-adds and memory.

        The model runs once on the example, in evaluation and without recording; its buffers, its mode
        and the random numbers stay as they are. Multiply-adds are those of matrix products, linear
        maps, convolutions, attention and recurrent layers, counted as they run, so modules of your own
        count right; other operations count 0. Memory is that of the arrays that operations made.

        Parameters
        ----------
        example_input : Tensor, array, tuple of arguments, or dict of them by name
        depth : int, optional
            How many levels are shown; those below are counted in the last. By default all.

        Returns
        -------
        Summary
            Printed as a tree; with ``table()``, ``to_markdown()``, ``to_dataframe()`` and the
            totals as attributes.

        Raises
        ------
        ValueError
            For a negative depth; and what the model raises for an input of the wrong shape.

        Examples
        --------
        >>> import autodiff as ad
        >>> from autodiff import nn
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
        >>> print(model.summary(ad.ones(3, 4)))
        module        output  calls  parameters  trainable  multiply-adds  memory
        ------------  ------  -----  ----------  ---------  -------------  ------
        Sequential    (3, 2)      1           –          –              –       –
        ├─ 0: Linear  (3, 8)      1          40         40             96    96 B
        ├─ 1: Tanh    (3, 8)      1           –          –              –    96 B
        └─ 2: Linear  (3, 2)      1          18         18             48    24 B
        <BLANKLINE>
        parameters: 58, of which 58 are trainable
        multiply-adds: 144
        memory: 48 B input, 232 B parameters and buffers, 216 B activations
        """
        from .summary import summary

        return summary(self, example_input, depth)

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """Return what ``repr`` shows in the parentheses; subclasses define it."""
        return ""

    def __repr__(self) -> str:
        lines = self.extra_repr().splitlines()
        children = [
            f"({name}): {_indented(repr(module))}" for name, module in self._members(MODULE)
        ]
        return tree(self._get_name(), lines, children)


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def tree(name: str, lines: list[str], children: list[str]) -> str:
    """Return the ``repr`` of a module from its extra lines and those of its children."""
    if not children and len(lines) <= 1:
        return f"{name}({''.join(lines)})"
    return "\n".join([f"{name}(", *[f"  {line}" for line in [*lines, *children]], ")"])
