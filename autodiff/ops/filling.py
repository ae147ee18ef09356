"""Filling: whole tensors written in place: from another, with one number, with random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import random
from ..declare import operand
from ..inplace import check_writable, copy_as, overwrite, write

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__: list[str] = []

METHODS = (
    "bernoulli_", "copy_", "exponential_", "fill_", "normal_", "random_", "uniform_", "zero_",
)  # fmt: skip


def copy_(self: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Write the elements of `src` into this tensor, recorded.

    Parameters
    ----------
    src : Tensor, array or number
        Broadcast to the shape of this tensor and converted to its dtype.
    non_blocking : bool
        Accepted for PyTorch's sake.

    Raises
    ------
    ValueError
        Where the shapes do not fit.
    RuntimeError
        For a leaf that requires grad, while operations are recorded.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(3).copy_(ad.tensor(2))
    tensor([2., 2., 2.])
    """
    check_writable(self, "copy_")
    source = operand(src, "copy_", number=False)
    return write(self, copy_as(source, self._array.dtype, self._array.shape), "copy_")


def fill_(self: Tensor, value: Any) -> Tensor:
    """Write one number, or the element of a 0-d tensor (recorded), to every place.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(3).fill_(2)
    tensor([2., 2., 2.])
    """
    if isinstance(value, (bool, int, float)):
        return overwrite(self, value, "fill_")
    value = operand(value, "fill_", number=False)
    if value._array.ndim:
        raise ValueError(f"fill_: value must be a number or a 0-d tensor, got shape {value.shape}")
    return copy_(self, value)


def zero_(self: Tensor) -> Tensor:
    """Write 0 to every place.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.ones(3).zero_()
    tensor([0., 0., 0.])
    """
    return overwrite(self, 0, "zero_")


def _generator(generator: random.Generator | None) -> random.Generator:
    return random.default_generator if generator is None else generator


def uniform_(
    self: Tensor, low: float = 0.0, high: float = 1.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Write numbers from the uniform distribution on [low, high) to every place.

    Parameters
    ----------
    low, high : float, default 0 and 1
        ``from`` and ``to`` in PyTorch; the first is no name that a Python function can have.
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.

    Raises
    ------
    TypeError
        For a tensor that is not floating.
    ValueError
        For bounds in the wrong order, or that the dtype cannot hold.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty(2).uniform_(generator=ad.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    check_writable(self, "uniform_")
    x = self._array
    return overwrite(
        self, random.uniform(_generator(generator), x.shape, x.dtype, low, high), "uniform_"
    )


def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Write numbers from the normal distribution to every place.

    Parameters
    ----------
    mean, std : float, default 0 and 1
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.

    Raises
    ------
    TypeError
        For a tensor that is not floating.
    ValueError
        For a negative `std`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty(2).normal_(generator=ad.Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    check_writable(self, "normal_")
    x = self._array
    return overwrite(
        self, random.normal(_generator(generator), x.shape, x.dtype, mean, std), "normal_"
    )


def exponential_(
    self: Tensor, lambd: float = 1.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Write numbers from the exponential distribution of rate `lambd` to every place.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty(2).exponential_(2.0, generator=ad.Generator().manual_seed(0))
    tensor([1.7542, 0.6152])
    """
    check_writable(self, "exponential_")
    x = self._array
    return overwrite(
        self, random.exponential(_generator(generator), x.shape, x.dtype, lambd), "exponential_"
    )


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: random.Generator | None = None) -> Tensor:
    """Write 1 with probability `p`, 0 otherwise, to every place.

    Parameters
    ----------
    p : float or floating Tensor, default 0.5
        In [0, 1]; a tensor is broadcast.
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.empty(6).bernoulli_(generator=ad.Generator().manual_seed(0))
    tensor([0., 0., 1., 0., 0., 0.])
    """
    check_writable(self, "bernoulli_")
    x = self._array
    p = p if isinstance(p, (int, float)) else operand(p, "bernoulli_")._array
    return overwrite(
        self, random.bernoulli(_generator(generator), x.shape, x.dtype, p), "bernoulli_"
    )


def random_(
    self: Tensor,
    low: int = 0,
    high: int | None = None,
    *,
    generator: random.Generator | None = None,
) -> Tensor:
    """Write integers from [low, high), each equally likely, to every place.

    Parameters
    ----------
    low, high : int
        ``from`` and ``to`` in PyTorch. One number alone is `high`; without any, the integers from 0
        on that the dtype holds (exactly, if it is floating).
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.zeros(5, dtype=ad.int64).random_(10, generator=ad.Generator().manual_seed(0))
    tensor([4, 9, 3, 0, 3])
    """
    check_writable(self, "random_")
    x = self._array
    if high is None:
        low, high = 0, low or _count_of_integers(x.dtype)
    return overwrite(
        self, random.randint(_generator(generator), x.shape, x.dtype, low, high), "random_"
    )


def _count_of_integers(dtype: np.dtype[Any]) -> int:
    """How many integers from 0 on `dtype` holds, of those that int64 holds."""
    if dtype.kind == "b":
        return 2
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1) + 1
    return min(int(np.iinfo(dtype).max), 2**63 - 1) + 1
