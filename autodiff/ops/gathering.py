"""Gathering and scattering: parts taken from, and put to, positions along one axis that a table names.

Unlike in ``x[...]`` positions are not negative: one outside of ``[0, length)`` raises an IndexError, and
nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import axis_of, numpy_names
from ..declare import operand
from ..inplace import setting
from ..interop import implements
from ..primitive import Primitive, apply
from .indexing import added_at, adding, same_dtype

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "gather", "index_add", "index_copy", "index_fill", "index_select", "scatter", "scatter_add",
    "take_along_axis", "take_along_dim",
]  # fmt: skip

METHODS = (
    "gather", "index_add", "index_copy", "index_fill", "index_select", "scatter", "scatter_add",
    "take_along_dim",
)  # fmt: skip

IN_PLACE = ("index_add", "index_copy", "index_fill", "scatter", "scatter_add")


def _positions(index: Any, length: int, operation: str) -> np.ndarray:
    """Return `index` as an array of our own, checked to lie in [0, length)."""
    array = operand(index, operation, number=False)._array
    if array.dtype.kind not in "iu":
        raise IndexError(f"{operation}: index must be an integer tensor, got {array.dtype}")
    positions = np.array(array, np.intp)
    # Seen as unsigned a negative number is a huge one, so that one pass finds both kinds.
    if positions.size and np.maximum.reduce(positions.view(np.uintp), axis=None) >= length:
        bad = positions[(positions < 0) | (positions >= length)].flat[0]
        raise IndexError(
            f"{operation}: index {bad} is out of range for an axis of length {length}; expected 0 to "
            f"{length - 1}"
        )
    return positions


def _vector(index: Any, x: Tensor, axis: int, operation: str) -> tuple[Any, ...]:
    """Return the full index of positions along `axis`."""
    shape = x._array.shape
    positions = _positions(index, shape[axis] if shape else 1, operation)
    if positions.ndim > 1:
        raise ValueError(
            f"{operation}: index must have one axis, got shape {positions.shape}; use gather for tables"
        )
    return (slice(None),) * axis + (positions.reshape(-1),)


def _table(index: Any, x: Tensor, axis: int, operation: str) -> tuple[Any, ...]:
    """Return the full index in which `index` stands for `axis`, and its own places for the others."""
    shape = x._array.shape
    positions = _positions(index, shape[axis] if shape else 1, operation)
    if positions.ndim != len(shape):
        raise ValueError(
            f"{operation}: index of shape {positions.shape} must have as many axes as the tensor of shape "
            f"{shape}"
        )
    for i, (n, m) in enumerate(zip(positions.shape, shape, strict=True)):
        if i != axis and n > m and positions.size:
            raise ValueError(
                f"{operation}: index of shape {positions.shape} is longer along axis {i} than the tensor of "
                f"shape {shape}"
            )
    if not shape:
        return ()
    last = len(shape) - 1
    return tuple(
        [
            positions if i == axis else np.arange(n).reshape((n,) + (1,) * (last - i))
            for i, n in enumerate(positions.shape)
        ]
    )


def _taken(name: str) -> Primitive:
    return Primitive(
        name,
        lambda x, index: x[index],
        (lambda g, index, x_shape: added_at(g, index, x_shape),),
        linear=True,
    )


_gather = _taken("gather")
_index_select = _taken("index_select")


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """The elements at positions `index` along an axis, one table of positions per place.

    ``out[i, j] = input[index[i, j], j]`` for `dim` 0.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        With as many axes as `input`, and along axes other than `dim` not longer; its shape is the shape of
        the result.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.gather(ad.tensor([[1, 2], [3, 4]]), 1, ad.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    x = operand(input, "gather", number=False)
    axis = axis_of(dim, x._array.ndim, "gather")
    return apply(_gather, (x,), (_table(index, x, axis, "gather"),))


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """The parts of a tensor at positions `index` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int, shape (n,)
        May name a position several times.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.index_select(ad.tensor([[1, 2], [3, 4]]), 1, ad.tensor([1, 1, 0]))
    tensor([[2, 2, 1],
            [4, 4, 3]])
    """
    x = operand(input, "index_select", number=False)
    axis = axis_of(dim, x._array.ndim, "index_select")
    index = _vector(index, x, axis, "index_select")
    if x._array.ndim == 0:
        return apply(_index_select, (x.reshape(1),), (index,)).reshape(())  # type: ignore[attr-defined]
    return apply(_index_select, (x,), (index,))


@numpy_names
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """The elements at positions `indices` along an axis, as ``argmax`` and ``argsort`` give them.

    Parameters
    ----------
    input : Tensor
    indices : Tensor of int
        Broadcast against `input` along the other axes.
    dim : int, optional
        Without it both are flattened.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.take_along_dim(ad.tensor([[3, 1, 2]]), ad.tensor([[1, 2, 0]]), dim=1)
    tensor([[1, 2, 3]])
    """
    x = operand(input, "take_along_dim", number=False)
    index = operand(indices, "take_along_dim", number=False)
    if dim is None:
        return gather(x.reshape(-1), 0, index.reshape(-1))
    axis = axis_of(dim, x._array.ndim, "take_along_dim")
    if index._array.ndim != x._array.ndim:
        raise ValueError(
            f"take_along_dim: indices of shape {index.shape} must have as many axes as the tensor of shape "
            f"{x.shape}"
        )
    ours, theirs = list(x._array.shape), list(index._array.shape)
    if x._array.ndim:
        ours[axis] = theirs[axis] = 1
    try:
        common = np.broadcast_shapes(tuple(ours), tuple(theirs))
    except ValueError:
        raise ValueError(
            f"take_along_dim: the shapes {x.shape} of input and {index.shape} of indices do not broadcast "
            f"beside axis {axis}"
        ) from None
    x, index = (
        y.expand((*common[:axis], *y.shape[axis : axis + 1], *common[axis + 1 :])) for y in (x, index)
    )
    return gather(x, axis, index)


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """NumPy's form of ``take_along_dim``: negative positions count from the end.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.take_along_axis(ad.tensor([3, 1, 2]), ad.tensor([-1, 0]), axis=0)
    tensor([2, 3])
    """
    x = operand(arr, "take_along_axis", number=False)
    positions = operand(indices, "take_along_axis", number=False)._array
    length = x._array.size if axis is None else x._array.shape[axis_of(axis, x._array.ndim, "take_along_axis")]
    return take_along_dim(x, np.where(positions < 0, positions + length, positions), dim=axis)


_scatter = setting("scatter")
_index_copy = setting("index_copy")
_index_fill = setting("index_fill")


_scatter_add = adding("scatter_add")
_index_add = adding("index_add")


def _source_part(src: Any, x: Tensor, index: Any, operation: str) -> Any:
    """The part of `src` that a table of positions takes: its first places along every axis."""
    y = same_dtype(operand(src, operation, number=False), x, operation)
    wanted = np.shape(operand(index, operation, number=False)._array)
    if y._array.ndim != len(wanted) or any([n < m for n, m in zip(y._array.shape, wanted)]):  # noqa: B905
        raise ValueError(f"{operation}: src of shape {y.shape} is too small for index of shape {wanted}")
    return y if y._array.shape == wanted else y[tuple([slice(n) for n in wanted])]


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None) -> Tensor:
    """`input` with elements of `src` written to positions `index` along an axis.

    ``out[index[i, j], j] = src[i, j]`` for `dim` 0.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        With as many axes as `input`, and along axes other than `dim` not longer.
    src : Tensor or number
        A tensor of the dtype of `input`, along no axis shorter than `index`; or (also as `value`) one number
        for all. Of several elements for one position the last stays, and only that receives a gradient.
    reduce : {None, "add"}, optional
        "add": as ``scatter_add``.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one); then nothing is written.
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.scatter(ad.zeros(2, 3), 1, ad.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    if reduce not in (None, "add"):
        raise ValueError(f"scatter: reduce must be None or 'add', got {reduce!r}")
    if (src is None) == (value is None):
        raise TypeError("scatter: give either src or value")
    src = value if src is None else src
    x = operand(input, "scatter", number=False)
    axis = axis_of(dim, x._array.ndim, "scatter")
    places = _table(index, x, axis, "scatter")
    src = src if isinstance(src, (bool, int, float)) else _source_part(src, x, index, "scatter")
    return apply(_scatter if reduce is None else _scatter_add, (x, src), (places,))


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """`input` with elements of `src` added at positions `index` along an axis.

    ``out[index[i, j], j] += src[i, j]`` for `dim` 0; several for one position add up.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        With as many axes as `input`, and along axes other than `dim` not longer.
    src : Tensor
        Of the dtype of `input`, along no axis shorter than `index`.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.scatter_add(ad.zeros(3), 0, ad.tensor([0, 0, 2]), ad.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    x = operand(input, "scatter_add", number=False)
    places = _table(index, x, axis_of(dim, x._array.ndim, "scatter_add"), "scatter_add")
    return apply(_scatter_add, (x, _source_part(src, x, index, "scatter_add")), (places,))


def _sources(source: Any, x: Tensor, places: tuple[Any, ...], operation: str) -> Any:
    """`source`, whose shape must be that of ``x[places]``."""
    y = same_dtype(operand(source, operation, number=False), x, operation)
    shape = x._array.shape
    axis = len(places) - 1
    expected = (*shape[:axis], places[-1].size, *shape[axis + 1 :]) if shape else ()
    if y._array.shape != expected and not (not shape and y._array.size == 1):
        raise ValueError(
            f"{operation}: source has shape {y.shape}, but index asks for {expected} in a tensor of shape "
            f"{shape}"
        )
    return y


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
    """`input` with the parts of `source` added at positions `index` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int, shape (n,)
        Several parts for one position add up.
    source : Tensor
        Of the dtype of `input` and its shape, but of length n along `dim`.
    alpha : float, default 1
        Factor of `source`.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.index_add(ad.zeros(3), 0, ad.tensor([0, 0, 2]), ad.tensor([1.0, 2.0, 3.0]))
    tensor([3., 0., 3.])
    """
    return _at_vector(_index_add, input, dim, index, source, alpha)


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Tensor:
    """`input` with the parts of `source` written to positions `index` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int, shape (n,)
        Of several parts for one position the last stays.
    source : Tensor
        Of the dtype of `input` and its shape, but of length n along `dim`.

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).
    ValueError
        Where the shapes do not fit.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.index_copy(ad.zeros(3), 0, ad.tensor([2, 0]), ad.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    return _at_vector(_index_copy, input, dim, index, source)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """`input` with `value` at positions `index` along an axis.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int, shape (n,)
    value : number or 0-d Tensor

    Raises
    ------
    IndexError
        For a position that does not exist (also for a negative one).

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.index_fill(ad.zeros(3), 0, ad.tensor([2, 0]), 7.0)
    tensor([7., 0., 7.])
    """
    value = operand(value, "index_fill")
    if np.ndim(getattr(value, "_array", 0)):
        raise ValueError(f"index_fill: value must be a number or a 0-d tensor, got shape {value.shape}")
    return _at_vector(_index_fill, input, dim, index, value)


def _at_vector(prim: Primitive, input: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Tensor:
    operation = prim.name
    x = operand(input, operation, number=False)
    axis = axis_of(dim, x._array.ndim, operation)
    places = _vector(index, x, axis, operation)
    if prim is not _index_fill:
        source = _sources(source, x, places, operation)
    elif hasattr(source, "to"):
        source = source.to(x.dtype)
    if alpha != 1:
        source = source * alpha
    if x._array.ndim == 0:
        source = source.reshape(1) if hasattr(source, "reshape") else source
        return apply(prim, (x.reshape(1), source), (places,)).reshape(())  # type: ignore[attr-defined]
    return apply(prim, (x, source), (places,))
