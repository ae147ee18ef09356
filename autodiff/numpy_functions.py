"""NumPy functions whose arguments are not those of our operation, answered by it.

Each function here has the name and the arguments of the one in NumPy that it answers for (see
`interop`). Arguments that ask for what a Tensor cannot have, such as column-major order, raise a
TypeError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import creation, dtypes
from .declare import operand
from .handles import Tensor
from .interop import implements
from .ops import broadcasting, indexing, joining, padding, rearranging, splitting, transposing
from .ops import shape as shapes

__all__: list[str] = []


def _only(name: str, **given: tuple[Any, Any]) -> None:
    """Raise for an argument that is not at the one value that is possible."""
    for argument, (value, possible) in given.items():
        if value not in possible:
            raise TypeError(f"numpy.{name} on a Tensor: {argument}={value!r} is not possible")


# Shapes


@implements(np.shape)
def shape(a: Any) -> tuple[int, ...]:
    return a.shape


@implements(np.ndim)
def ndim(a: Any) -> int:
    return len(a.shape)


@implements(np.size)
def size(a: Any, axis: int | None = None) -> int:
    return operand(a, "size")._array.size if axis is None else a.shape[axis]


@implements(np.reshape)
def reshape(
    a: Any, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, copy: Any = None
) -> Any:
    _only("reshape", order=(order, ("C", "A")), copy=(copy, (None,)))
    return shapes.reshape(a, newshape if shape is None else shape)


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    _only("ravel", order=(order, ("C", "A", "K")))
    return shapes.ravel(a)


@implements(np.transpose)
def transpose(a: Any, axes: Any = None) -> Any:
    x = operand(a, "transpose", number=False)
    return transposing.permute(x, range_down(x._array.ndim) if axes is None else axes)


def range_down(n: int) -> tuple[int, ...]:
    return tuple(range(n))[::-1]


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return transposing.transpose(a, axis1, axis2)


@implements(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    result = shapes.squeeze(a, axis)
    removed = np.ndim(a) - np.ndim(result)
    if axis is not None and removed != (len(axis) if isinstance(axis, tuple) else 1):
        raise ValueError(f"squeeze: axis {axis} of shape {a.shape} is not of length 1")
    return result


implements(np.expand_dims)(shapes.expand_dims)
implements(np.moveaxis)(transposing.movedim)
if hasattr(np, "matrix_transpose"):
    implements(np.matrix_transpose)(transposing.adjoint)


def _at_least(axes: int, places: dict[int, tuple[int, ...]]) -> Callable[..., Any]:
    def function(*arys: Any) -> Any:
        xs = [operand(x, f"atleast_{axes}d", number=False) for x in arys]
        results = tuple(
            [x if x.ndim >= axes else shapes.expand_dims(x, places[x.ndim]) for x in xs]
        )
        return results[0] if len(results) == 1 else results

    return function


implements(np.atleast_1d)(_at_least(1, {0: (0,)}))
implements(np.atleast_2d)(_at_least(2, {0: (0, 1), 1: (0,)}))
implements(np.atleast_3d)(_at_least(3, {0: (0, 1, 2), 1: (0, 2), 2: (2,)}))


@implements(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    return broadcasting.broadcast_tensors(*args)


# Joining and splitting


def _converted(result: Any, dtype: Any) -> Any:
    return result if dtype is None else result.to(dtype)


@implements(np.concatenate)
def concatenate(
    arrays: Any, /, axis: int | None = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    _only("concatenate", casting=(casting, ("same_kind",)))
    if axis is None:
        arrays, axis = [shapes.ravel(x) for x in arrays], 0
    return _converted(joining.cat(arrays, axis), dtype)


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    _only("stack", casting=(casting, ("same_kind",)))
    return _converted(joining.stack(arrays, axis), dtype)


@implements(np.hstack)
def hstack(tup: Any, *, dtype: Any = None) -> Any:
    return _converted(joining.hstack(tup), dtype)


@implements(np.vstack)
def vstack(tup: Any, *, dtype: Any = None) -> Any:
    return _converted(joining.vstack(tup), dtype)


implements(np.dstack)(joining.dstack)
implements(np.column_stack)(joining.column_stack)
implements(np.hsplit)(splitting.hsplit)
implements(np.vsplit)(splitting.vsplit)
implements(np.dsplit)(splitting.dsplit)
if hasattr(np, "unstack"):
    implements(np.unstack)(splitting.unbind)


@implements(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return concatenate((arr, values), axis)


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Any, ...]:
    return splitting.tensor_split(ary, indices_or_sections, axis)


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Any, ...]:
    length = ary.shape[axis]
    if hasattr(indices_or_sections, "__index__") and length % indices_or_sections:
        raise ValueError(
            f"split: axis {axis} of shape {ary.shape} cannot be divided into {indices_or_sections} "
            "equal parts; use numpy.array_split or tensor_split"
        )
    return splitting.tensor_split(ary, indices_or_sections, axis)


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    _only("meshgrid", sparse=(sparse, (False,)))
    return joining.meshgrid(*xi, indexing=indexing)


# Rearranging


@implements(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    return rearranging.flip(m, range_down(np.ndim(m)) if axis is None else axis)


implements(np.fliplr)(rearranging.fliplr)
implements(np.flipud)(rearranging.flipud)


@implements(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return rearranging.rot90(m, k, axes)


@implements(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return rearranging.roll(a, shift)
    shifts, axes = np.broadcast_arrays(shift, axis)
    return rearranging.roll(a, shifts.ravel().tolist(), axes.ravel().tolist())


@implements(np.tile)
def tile(A: Any, reps: Any) -> Any:
    return rearranging.tile(A, reps)


@implements(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    counts = np.asarray(repeats)
    return rearranging.repeat_interleave(a, counts, axis)


@implements(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    modes = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "wrap": "circular"}
    _only("pad", mode=(mode, tuple(modes)))
    if np.ndim(constant_values):
        raise TypeError("numpy.pad on a Tensor: constant_values must be one number")
    if isinstance(pad_width, dict):
        raise TypeError("numpy.pad on a Tensor: pad_width must be a number or pairs")
    widths = np.broadcast_to(np.asarray(pad_width), (np.ndim(array), 2))
    value = constant_values if mode == "constant" else None
    return padding.pad(array, widths[::-1].ravel().tolist(), modes[mode], value)


# Indexing


@implements(np.take)
def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    _only("take", mode=(mode, ("raise",)))
    if axis is None:
        return indexing.take(a, np.asarray(indices) if isinstance(indices, list) else indices)
    x = operand(a, "take", number=False)
    before = (slice(None),) * shapes.axis_of(axis, x._array.ndim, "take")
    return indexing.getitem(x, (*before, indices))


@implements(np.nonzero)
def nonzero(a: Any) -> tuple[Any, ...]:
    return indexing.nonzero(a, as_tuple=True)


implements(np.argwhere)(indexing.argwhere)


@implements(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    return indexing.nonzero(shapes.ravel(a), as_tuple=True)[0]


# Creation


def _like(function: Callable[..., Any]) -> Callable[..., Any]:
    name = function.__name__

    def numpy_form(
        a: Any,
        *fill_value: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        device: Any = None,
        **named: Any,
    ) -> Any:
        _only(name, order=(order, ("K", "C", "A")))
        x = operand(a, name, number=False)
        if shape is not None:
            x = creation.empty(size=shape, dtype=x.dtype)
        return function(x, *fill_value, dtype=dtype, device=device, **named)

    return numpy_form


implements(np.zeros_like)(_like(creation.zeros_like))
implements(np.ones_like)(_like(creation.ones_like))
implements(np.empty_like)(_like(creation.empty_like))
implements(np.full_like)(_like(creation.full_like))


@implements(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    return dtypes.result_type(
        *[np.empty(1, x) if isinstance(x, (type, str, np.dtype)) else x for x in arrays_and_dtypes]
    )


# What asks about memory or dtype has no gradient, so NumPy's own answer will do.


def _on_arrays(function: Callable[..., Any]) -> None:
    def numpy_form(*args: Any, **kwargs: Any) -> Any:
        return function(*[x._array if isinstance(x, Tensor) else x for x in args], **kwargs)

    implements(function)(numpy_form)


for _function in (
    np.array_equiv, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
    np.min_scalar_type, np.shares_memory,
):  # fmt: skip
    _on_arrays(_function)
