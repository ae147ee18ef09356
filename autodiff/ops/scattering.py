"""Scattering: parts written, or added, to positions along one axis that a table names.

Unlike in ``x[...]`` positions are not negative: one outside of [0, length) raises an IndexError,
and nothing is written.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axis_of
from ..declare import operand
from ..inplace import setting
from ..primitive import Primitive
from ..scattered import add_at
from ..subscripts import assign_last, winners
from .gathering import table_index, taken, vector_index
from .indexing import adding, getitem, same_dtype
from .shape import reshape

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["index_add", "index_copy", "index_fill", "scatter", "scatter_add"]

METHODS = tuple(__all__)

IN_PLACE = METHODS

_index_copy = setting("index_copy")
_index_fill = setting("index_fill")
_index_add = adding("index_add")


def _scattered(x: np.ndarray, y: Any, places: np.ndarray) -> np.ndarray:
    out = x.copy()
    assign_last(out.reshape(-1), places, y)
    return out


def _winning(g: Any, places: np.ndarray) -> Any:
    """The part of `g` that belongs to the elements that were not written over."""
    last = winners((math.prod(g.shape),), places)
    return np.where(last, taken(g, places), 0)


_scatter = Primitive(
    "scatter",
    _scattered,
    (lambda g, places: _clear(g, places), lambda g, places: _winning(g, places)),
    linear=True,
)
_clear: Primitive = Primitive(
    "clear_flat",
    lambda x, places: _scattered(x, 0, places),
    (lambda g, places: _clear(g, places),),
    linear=True,
)


def _scatter_added(x: np.ndarray, y: Any, places: np.ndarray) -> np.ndarray:
    out = x.copy()
    add_at(out.reshape(-1), places, y)
    return out


_scatter_add = Primitive(
    "scatter_add",
    _scatter_added,
    (lambda g: g, lambda g, places: taken(g, places)),
    linear=True,
)


def _source_part(src: Any, x: Tensor, index: Any, operation: str) -> Any:
    """The part of `src` that a table of positions takes: its first places along every axis."""
    y = same_dtype(operand(src, operation, number=False), x, operation)
    wanted = np.shape(operand(index, operation, number=False)._array)
    shape = y._array.shape
    if len(shape) != len(wanted) or any([n < m for n, m in zip(shape, wanted, strict=True)]):
        raise ValueError(
            f"{operation}: src of shape {y.shape} is too small for index of shape {wanted}"
        )
    return y if shape == wanted else getitem(y, tuple([slice(n) for n in wanted]))


def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None
) -> Tensor:
    """`input` with elements of `src` written to positions `index` along an axis.

    ``out[index[i, j], j] = src[i, j]`` for `dim` 0.

    Parameters
    ----------
    input : Tensor
    dim : int
    index : Tensor of int
        With as many axes as `input`, and along axes other than `dim` not longer.
    src : Tensor or number
        A tensor of the dtype of `input`, along no axis shorter than `index`; or (also as `value`)
        one number for all. Of several elements for one position the last stays, and only that
        receives a gradient.
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
    places = table_index(index, x, axis, "scatter")
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
    places = table_index(index, x, axis_of(dim, x._array.ndim, "scatter_add"), "scatter_add")
    return apply(_scatter_add, (x, _source_part(src, x, index, "scatter_add")), (places,))


def _sources(source: Any, x: Tensor, places: tuple[Any, ...], operation: str) -> Any:
    """`source`, whose shape must be that of ``x[places]``."""
    y = same_dtype(operand(source, operation, number=False), x, operation)
    shape = x._array.shape
    axis = len(places) - 1
    expected = (*shape[:axis], places[-1].size, *shape[axis + 1 :]) if shape else ()
    if y._array.shape != expected and not (not shape and y._array.size == 1):
        raise ValueError(
            f"{operation}: source has shape {y.shape}, but index asks for {expected} in a tensor "
            f"of shape {shape}"
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
        raise ValueError(
            f"index_fill: value must be a number or a 0-d tensor, got shape {value.shape}"
        )
    return _at_vector(_index_fill, input, dim, index, value)


def _at_vector(
    prim: Primitive, input: Any, dim: int, index: Any, source: Any, alpha: float = 1
) -> Tensor:
    operation = prim.name
    x = operand(input, operation, number=False)
    axis = axis_of(dim, x._array.ndim, operation)
    places = vector_index(index, x, axis, operation)
    if prim is not _index_fill:
        source = _sources(source, x, places, operation)
    elif hasattr(source, "to"):
        source = source.to(x.dtype)
    if alpha != 1:
        source = source * alpha
    if x._array.ndim == 0:
        source = source.reshape(1) if hasattr(source, "reshape") else source
        return reshape(apply(prim, (reshape(x, 1), source), (places,)), ())
    return apply(prim, (x, source), (places,))
