"""Conversions: dtypes, copies, devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..apply import apply
from ..arguments import check_device, is_device
from ..declare import operand
from ..interop import implements
from ..primitive import Primitive

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["clone"]

METHODS = ("astype", "clone", "contiguous", "cpu", "to", "type", "type_as")

_cast = Primitive(
    "to",
    lambda x, dtype, source: x.astype(dtype),
    (lambda g, source: g.astype(source),),
    linear=True,
)
_clone = Primitive("clone", lambda x: x.copy(), (lambda g: g,), linear=True)


@implements(np.copy)
def clone(input: Any) -> Tensor:
    """A copy in memory of its own; gradients flow through it.

    Parameters
    ----------
    input : Tensor

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([1.0, 2.0])
    >>> y = x.clone()
    >>> y[0] = 5.0
    >>> x
    tensor([1., 2.])
    """
    return apply(_clone, (operand(input, "clone", number=False),))


def astype(input: Tensor, dtype: Any, copy: bool = True) -> Tensor:
    """The tensor with another dtype; NumPy's name for ``to``.

    Parameters
    ----------
    input : Tensor
    dtype : dtype
        Gradients flow through conversions between floating dtypes; one to an integer dtype ends
        them.
    copy : bool, default True
        Copy also where the dtype is this one already.

    Raises
    ------
    TypeError
        For a dtype that tensors cannot hold.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([1.5, -1.5]).astype(ad.int64)
    tensor([ 1, -1])
    """
    dtype = dtypes.check(dtype)
    source = input._array.dtype
    if source == dtype:
        return clone(input) if copy else input
    return apply(_cast, (input,), (dtype, source))


def to(
    input: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
) -> Tensor:
    """The tensor with another dtype: ``to(dtype)``, ``to(other)`` or ``to(device, dtype)``.

    Parameters
    ----------
    input : Tensor
    *args
        A dtype, a Tensor whose dtype is taken, or a device and then perhaps a dtype.
    dtype : dtype, optional
        Gradients flow through conversions between floating dtypes; one to an integer dtype ends
        them.
    device : str, optional
        Only ``"cpu"`` exists.
    non_blocking : bool
        Accepted for PyTorch's sake.
    copy : bool, default False
        Copy also where nothing changes; the tensor itself is returned otherwise.

    Raises
    ------
    TypeError
        For what is neither a dtype nor a device.
    ValueError
        For another device than the CPU.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([1, 2]).to(ad.float64)
    tensor([1., 2.], dtype=float64)
    >>> ad.tensor([1, 2]).to("cpu")
    tensor([1, 2])
    """
    flags = [a for a in args if a.__class__ is bool]  # non_blocking and copy, given by position
    for argument in args[: len(args) - len(flags)]:
        if hasattr(argument, "_array"):
            dtype = argument._array.dtype
        elif is_device(argument):
            device = argument
        else:
            dtype = argument
    check_device(device, "to")
    copy = copy or flags[1:] == [True]
    return astype(input, input._array.dtype if dtype is None else dtype, copy)


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor with the dtype of another.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([1, 2]).type_as(ad.tensor(0.5))
    tensor([1., 2.])
    """
    return astype(input, operand(other, "type_as", number=False)._array.dtype, copy=False)


def type(input: Tensor, dtype: Any = None) -> Any:
    """The name of the dtype, or the tensor with another one.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([1, 2]).type()
    'int64'
    >>> ad.tensor([1, 2]).type(ad.float32)
    tensor([1., 2.])
    """
    return input._array.dtype.name if dtype is None else astype(input, dtype, copy=False)


def contiguous(input: Tensor) -> Tensor:
    """The tensor itself where its elements lie in row-major order, a copy that does otherwise.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([[1, 2], [3, 4]])[:, 0].contiguous().is_contiguous()
    True
    """
    return input if input._array.flags.c_contiguous else clone(input)


def cpu(input: Tensor) -> Tensor:
    """The tensor itself: everything is on the CPU.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensor([1, 2]).cpu()
    tensor([1, 2])
    """
    return input


def _conversion(name: str, dtype: Any) -> Callable[[Tensor], Tensor]:
    def method(self: Tensor) -> Tensor:
        return astype(self, dtype, copy=False)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"The tensor as {np.dtype(dtype).name}; itself where it is that already."
    return method


METHOD_FORMS = {
    name: _conversion(name, dtype)
    for name, dtype in {
        "bool": np.bool_, "byte": np.uint8, "char": np.int8, "short": np.int16, "int": np.int32,
        "long": np.int64, "half": np.float16, "float": np.float32, "double": np.float64,
    }.items()
}  # fmt: skip
