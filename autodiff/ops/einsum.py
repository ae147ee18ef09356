"""Sums of products over named axes.

An ``einsum`` is brought down to steps that each have a simple derivative: diagonals of letters that
repeat, sums over letters that occur once, and then products of two operands at a time.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import axis_of
from ..declare import operand
from ..interop import implements
from .contraction import Labels, contract
from .diagonals import diagonal
from .linalg import mixed
from .transposing import permute

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["einsum", "tensordot"]


# The subscripts


@functools.lru_cache(maxsize=1024)
def _parse(equation: str, ranks: tuple[int, ...]) -> tuple[tuple[Labels, ...], Labels]:
    """Return the labels of each operand and of the result; an ellipsis becomes negative numbers."""
    given, arrow, wanted = equation.replace(" ", "").partition("->")
    terms = given.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"einsum {equation!r}: {len(terms)} subscripts for {len(ranks)} operands")
    expanded = []
    for i, (term, rank) in enumerate(zip(terms, ranks)):
        letters, dots = _letters(term, equation)
        hidden = rank - len(letters)
        if hidden < 0 or (hidden and dots is None):
            raise ValueError(
                f"einsum {equation!r}: the subscripts {term!r} name {len(letters)} axes, but "
                f"operand {i + 1} has {rank}"
            )
        expanded.append(_with_ellipsis(letters, dots, hidden))
    names = [label for labels in expanded for label in labels]
    hidden = -min([label for label in names if isinstance(label, int)], default=0)
    if arrow:
        letters, dots = _letters(wanted, equation)
        result = _with_ellipsis(letters, dots, hidden)
        for label in letters:
            if label not in names:
                raise ValueError(
                    f"einsum {equation!r}: {label!r} of the result is in no operand's subscripts"
                )
        if len(set(letters)) != len(letters):
            raise ValueError(f"einsum {equation!r}: the result names an axis twice")
    else:
        once = sorted(
            [label for label in names if isinstance(label, str) and names.count(label) == 1]
        )
        result = (*range(-hidden, 0), *once)
    return tuple(expanded), result


def _letters(term: str, equation: str) -> tuple[str, int | None]:
    """Split a term into its letters and the place of its ellipsis."""
    before, dots, after = term.partition("...")
    letters = before + after
    if not all([c.isascii() and c.isalpha() for c in letters]):
        raise ValueError(
            f"einsum {equation!r}: {term!r} is not made of letters and at most one ellipsis '...'"
        )
    return letters, len(before) if dots else None


def _with_ellipsis(letters: str, dots: int | None, hidden: int) -> Labels:
    if dots is None:
        return tuple(letters)
    return (*letters[:dots], *range(-hidden, 0), *letters[dots:])


def _equation_of(arguments: Sequence[Any]) -> tuple[str, list[Any]]:
    """Turn ``(x, [0, 1], y, [1, 2], [0, 2])`` into subscripts and operands."""
    operands, lists = list(arguments[0::2]), list(arguments[1::2])
    wanted = operands.pop() if len(operands) > len(lists) else None
    terms = [_term(axes) for axes in lists]
    return ",".join(terms) + ("" if wanted is None else f"->{_term(wanted)}"), operands


def _term(axes: Any) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    try:
        return "".join(["..." if axis is Ellipsis else letters[axis] for axis in axes])
    except (IndexError, TypeError):
        raise ValueError(
            f"einsum: axes are named by integers from 0 to 51 and Ellipsis, got {axes!r}"
        ) from None


# The whole


@implements(np.einsum)
def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sum of products over axes named by letters (Einstein's summation convention).

    Axes with the same letter are multiplied element by element; letters that the result does not
    name are summed over. A letter twice in one operand takes its diagonal. ``...`` stands for the
    axes not named, which are broadcast.

    Parameters
    ----------
    equation : str
        As ``"ij,jk->ik"``; without ``->`` the result has the letters that occur once, sorted.
        NumPy's other form is taken too: ``einsum(x, [0, 1], y, [1, 2], [0, 2])``.
    *operands : Tensor
        Of one dtype. Three or more are multiplied two at a time, small results first.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        For subscripts that do not fit the operands, or sizes that differ.
    TypeError
        For operands of several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> x = ad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> ad.einsum("ij,jk->ik", x, x)
    tensor([[ 7., 10.],
            [15., 22.]])
    >>> ad.einsum("ii", x)
    tensor(5.)
    """
    if not isinstance(equation, str):
        equation, operands = _equation_of((equation, *operands))  # type: ignore[assignment]
    elif len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    xs = [operand(x, "einsum", number=False) for x in operands]
    terms, result = _parse(equation, tuple([x._array.ndim for x in xs]))
    if any([x._array.dtype != xs[0]._array.dtype for x in xs]):
        raise mixed(f"einsum {equation!r}", *[x._array for x in xs])
    return _reduced(xs, terms, result, f"einsum {equation!r}")


def _reduced(xs: list[Tensor], terms: Sequence[Labels], result: Labels, operation: str) -> Tensor:
    """Contract operands whose axes have labels."""
    sizes = _sizes(xs, terms, operation)
    if _is_one_product(tuple(terms), result) and all(
        [
            x._array.shape == tuple([sizes[label] for label in labels])
            for x, labels in zip(xs, terms)
        ]
    ):
        return apply(contract, xs, (*terms, result))
    left = [_plain(x, labels, sizes) for x, labels in zip(xs, terms)]
    while True:
        left = [_without_lone(*one, _elsewhere(left, i, result)) for i, one in enumerate(left)]
        if len(left) == 1:
            break
        i, j = (
            _next_pair([labels for _, labels in left], sizes, result) if len(left) > 2 else (0, 1)
        )
        (y, y_labels), (x, x_labels) = left.pop(j), left.pop(i)
        needed = _elsewhere(left, -1, result)
        labels = tuple([label for label in dict.fromkeys(x_labels + y_labels) if label in needed])
        if not left and len(labels) == len(result):
            labels = result
        left.append((apply(contract, (x, y), (x_labels, y_labels, labels)), labels))
    x, labels = left[0]
    if labels != result:
        x = permute(x, [labels.index(label) for label in result])
    return x


@functools.lru_cache(maxsize=1024)
def _is_one_product(terms: tuple[Labels, ...], result: Labels) -> bool:
    """Whether each label is in two of the three: two operands and the result."""
    names = [set(labels) for labels in (*terms, result)]
    return len(names) == 3 and all(
        [
            len(names[i]) == len(labels) and names[i] <= names[i - 1] | names[i - 2]
            for i, labels in enumerate((*terms, result))
        ]
    )


def _sizes(xs: list[Tensor], terms: Sequence[Labels], operation: str) -> dict[Hashable, int]:
    """Return the size of each label, checked; 1 stretches to any other."""
    sizes: dict[Hashable, int] = {}
    for x, labels in zip(xs, terms):
        for label, n in zip(labels, x._array.shape):
            known = sizes.setdefault(label, n)
            if known != n:
                if known != 1 and n != 1:
                    shapes = " and ".join([str(x.shape) for x in xs])
                    raise ValueError(
                        f"{operation} of shapes {shapes}: axis {label!r} has length {known} in one "
                        f"place and {n} in another"
                    )
                sizes[label] = n if known == 1 else known
    return sizes


def _elsewhere(operands: list[tuple[Any, Labels]], i: int, result: Labels) -> set[Hashable]:
    """The labels that occur in the result or in an operand other than number `i`."""
    return set(result).union(*[labels for j, (_, labels) in enumerate(operands) if j != i])


def _plain(x: Any, labels: Labels, sizes: dict[Hashable, int]) -> tuple[Tensor, Labels]:
    """Take the diagonals of labels that repeat, and drop axes that would only be stretched."""
    while len(set(labels)) != len(labels):
        label = next(label for label in labels if labels.count(label) > 1)
        i = labels.index(label)
        j = labels.index(label, i + 1)
        if x.shape[i] != x.shape[j]:
            raise ValueError(
                f"einsum: axes {label!r} of shape {x.shape} have no diagonal: their lengths differ"
            )
        x = diagonal(x, 0, i, j)
        labels = (*[label for k, label in enumerate(labels) if k not in (i, j)], label)
    kept = [n == sizes[label] for label, n in zip(labels, x._array.shape)]
    if all(kept):
        return x, labels
    shape = tuple([n for n, keep in zip(x.shape, kept) if keep])
    return x.reshape(shape), tuple([label for label, keep in zip(labels, kept) if keep])


def _without_lone(x: Any, labels: Labels, needed: set[Hashable]) -> tuple[Tensor, Labels]:
    """Sum over the labels that nothing else needs."""
    lone = tuple([i for i, label in enumerate(labels) if label not in needed])
    if not lone:
        return x, labels
    return x.sum(lone), tuple([label for label in labels if label in needed])


def _next_pair(terms: list[Labels], sizes: dict[Hashable, int], result: Labels) -> tuple[int, int]:
    """Choose the pair of operands whose product needs the least room beyond theirs (greedily)."""

    def room(labels: Any) -> int:
        return math.prod([sizes[label] for label in labels])

    def growth(pair: tuple[int, int]) -> tuple[int, int]:
        xs, ys = terms[pair[0]], terms[pair[1]]
        others = set(result).union(*[t for k, t in enumerate(terms) if k not in pair])
        union = set(xs) | set(ys)
        return room(union & others) - room(xs) - room(ys), room(union)

    return min([(i, j) for i in range(len(terms)) for j in range(i + 1, len(terms))], key=growth)


def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """Sum of products over several axes of two tensors.

    Parameters
    ----------
    a, b : Tensor
        Of one dtype.
    dims : int or pair of sequences of int, default 2
        How many last axes of `a` meet the first axes of `b`, or which axes of each meet.

    Returns
    -------
    Tensor
        The axes of `a` that are left, then those of `b`.

    Raises
    ------
    ValueError
        Where the axes do not pair up, or their lengths differ.
    TypeError
        For operands of two dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.tensordot(ad.ones(2, 3), ad.ones(3, 4), dims=1).shape
    (2, 4)
    """
    x, y = operand(a, "tensordot", number=False), operand(b, "tensordot", number=False)
    shown = f"tensordot of shapes {x.shape} and {y.shape}, dims={dims!r}"
    if hasattr(dims, "__index__"):
        count = dims.__index__()
        if not 0 <= count <= min(x.ndim, y.ndim):
            raise ValueError(f"{shown}: both must have that many axes")
        pairs = [(x.ndim - count + i, i) for i in range(count)]
    else:
        first, second = [[d] if hasattr(d, "__index__") else list(d) for d in dims]
        if len(first) != len(second):
            raise ValueError(f"{shown}: as many axes of each must be named")
        pairs = [
            (axis_of(i, x.ndim, "tensordot"), axis_of(j, y.ndim, "tensordot"))
            for i, j in zip(first, second)
        ]
    if x.dtype != y.dtype:
        raise mixed("tensordot", x._array, y._array)
    met = {j: i for i, j in pairs}
    if len(met) != len(pairs) or len(set(met.values())) != len(pairs):
        raise ValueError(f"{shown}: an axis is named twice")
    if any([x.shape[i] != y.shape[j] for j, i in met.items()]):
        raise ValueError(f"{shown}: axes that meet must have the same length")
    xs = tuple(range(x.ndim))
    ys = tuple([met.get(j, x.ndim + j) for j in range(y.ndim)])
    result = tuple([i for i in xs if i not in met.values()] + [j for j in ys if j >= x.ndim])
    return _reduced([x, y], (xs, ys), result, shown)


@implements(np.tensordot)
def _numpy_tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    return tensordot(a, b, axes)
