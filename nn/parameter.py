"""``Parameter``: a tensor that a module registers when it is assigned."""

from __future__ import annotations

from typing import Any

import numpy as np

from autodiff import dtypes
from autodiff._tensor import Tensor
from autodiff.arguments import check_device

__all__ = ["Parameter", "new_parameter"]


class Parameter(Tensor):
    """A tensor that belongs to a module: assigned as an attribute, it appears in ``parameters()``.

    The results of operations on it are plain Tensors.

    Parameters
    ----------
    data : array_like
        As for ``Tensor``: a Tensor or a NumPy array keeps its dtype and shares its memory, Python
        floats become float32.
    requires_grad : bool, default True

    Raises
    ------
    TypeError
        For data that are not floating, unless `requires_grad` is False.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Parameter(ad.tensor([1.0, 2.0]))
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        super().__init__(data)
        if requires_grad:
            self.requires_grad_()

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


def new_parameter(*shape: int, dtype: Any = None, device: Any = None) -> Parameter:
    """Return a parameter that is still to be initialised; `dtype` None is the default one."""
    check_device(device, "Parameter")
    dtype = dtypes.default_dtype if dtype is None else dtypes.check(dtype)
    try:
        return Parameter(np.empty(shape, dtype))
    except ValueError:
        raise ValueError(
            f"a parameter cannot have shape {shape}: sizes must not be negative"
        ) from None
