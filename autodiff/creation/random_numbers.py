"""Tensors filled with random numbers, and the generator that they come from.

The numbers are those that PyTorch gives on the CPU with the same seed; see `autodiff.random`, which
draws them. Distributions written into an existing tensor (``x.normal_()``) are in `ops.filling`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes, random
from ..arguments import check_device
from ..declare import operand
from ..handles import new_tensor
from ..random import Generator, default_generator, manual_seed
from .data import finished
from .filled import floating_dtype, shape_of

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "Generator", "bernoulli", "default_generator", "get_rng_state", "initial_seed", "manual_seed",
    "multinomial", "normal", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "randperm", "seed", "set_rng_state",
]  # fmt: skip

METHODS = ("bernoulli", "multinomial")


# The generator


def seed() -> int:
    """Restart the default generator from a seed that the operating system draws; return the seed.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.seed() == ad.initial_seed()
    True
    """
    return default_generator.seed()


def initial_seed() -> int:
    """Return the seed that the default generator was last started from.

    Examples
    --------
    >>> import autodiff as ad
    >>> generator = ad.manual_seed(7)
    >>> ad.initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """Return the state of the default generator as a uint8 tensor.

    Examples
    --------
    >>> import autodiff as ad
    >>> state = ad.get_rng_state()
    >>> x = ad.rand(2)
    >>> ad.set_rng_state(state)
    >>> bool((ad.rand(2) == x).all())
    True
    """
    return new_tensor(default_generator.get_state(), None)


def set_rng_state(new_state: Any) -> None:
    """Let the default generator continue from a state that ``get_rng_state`` returned.

    Raises
    ------
    TypeError, ValueError
        For what is no such state.
    """
    default_generator.set_state(operand(new_state, "set_rng_state", number=False)._array)


# Uniform and normal numbers


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers from the uniform distribution on [0, 1).

    Parameters
    ----------
    *sizes : int
        Also as one tuple, or as `size`.
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.
    dtype : floating dtype, optional
        The default one (float32) if not given.
    device : optional
        Accepted for PyTorch's sake.
    requires_grad : bool, default False
        Record operations on it.

    Raises
    ------
    TypeError
        For a dtype that is not floating.
    ValueError
        For a negative size.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rand(2, generator=ad.Generator().manual_seed(0))
    tensor([0.4963, 0.7682])
    """
    check_device(device, "rand")
    shape = shape_of(sizes, size, "rand")
    numbers = random.uniform(generator or default_generator, shape, floating_dtype(dtype))
    return finished(numbers, requires_grad)


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return normal numbers of mean 0 and variance 1. Arguments as for ``rand``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.randn(2, generator=ad.Generator().manual_seed(0))
    tensor([ 1.5410, -0.2934])
    """
    check_device(device, "randn")
    shape = shape_of(sizes, size, "randn")
    numbers = random.normal(generator or default_generator, shape, floating_dtype(dtype))
    return finished(numbers, requires_grad)


def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``rand`` with the shape, and if not given the dtype, of `input`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rand_like(ad.zeros(2, 3)).shape
    (2, 3)
    """
    return rand(
        size=input.shape,
        generator=generator,
        dtype=dtype or input.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``randn`` with the shape, and if not given the dtype, of `input`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.randn_like(ad.zeros(2, 3)).shape
    (2, 3)
    """
    return randn(
        size=input.shape,
        generator=generator,
        dtype=dtype or input.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None
) -> Tensor:
    """Return numbers from normal distributions with given means and standard deviations.

    Parameters
    ----------
    mean, std : float or floating Tensor, default 0 and 1
        Tensors are broadcast, and there is a number for each place. No gradient flows to them.
    size : tuple of int, optional
        For two numbers: the shape.
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.

    Raises
    ------
    TypeError
        For two numbers without `size`, or a tensor together with `size`.
    ValueError
        For a negative standard deviation.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.normal(ad.tensor([0.0, 10.0]), 1.0, generator=ad.Generator().manual_seed(0))
    tensor([1.5410, 9.7066])
    """
    generator = generator or default_generator
    if isinstance(mean, (int, float)) and isinstance(std, (int, float)):
        if size is None:
            raise TypeError("normal: a mean and a std that are numbers need a size")
        shape = shape_of((size,), None, "normal")
        return finished(random.normal(generator, shape, dtypes.default_dtype, mean, std), False)
    if size is not None:
        raise TypeError("normal: size is for a mean and a std that are numbers")
    means, stds = (
        x if isinstance(x, (int, float)) else operand(x, "normal")._array for x in (mean, std)
    )
    if np.less(stds, 0).any():
        raise ValueError("normal: std must not be negative")
    dtype = dtypes.result_type(means, stds)
    shape = np.broadcast_shapes(np.shape(means), np.shape(stds))
    numbers = random.normal(generator, shape, dtype)
    numbers *= stds
    numbers += means
    return finished(numbers, False)


# Discrete numbers


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return integers from [low, high), each equally likely. ``randint(high, size)`` will do.

    Parameters
    ----------
    low : int
        0 where it is left out.
    high : int
    size : tuple of int
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.
    dtype : dtype, default int64
    device, requires_grad
        As for ``rand``.

    Raises
    ------
    ValueError
        Unless ``low < high``, or where `dtype` does not hold these numbers.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.randint(0, 10, (5,), generator=ad.Generator().manual_seed(0))
    tensor([4, 9, 3, 0, 3])
    """
    check_device(device, "randint")
    if not hasattr(high, "__index__"):
        if high is not None:
            if size is not None:
                raise TypeError(f"randint: high must be an integer, got {type(high).__name__}")
            size = high
        low, high = 0, low
    if size is None:
        raise TypeError("randint: give a size, as in randint(10, (2, 3))")
    shape = shape_of((size,), None, "randint")
    dtype = np.dtype(np.int64) if dtype is None else dtypes.check(dtype)
    numbers = random.randint(generator or default_generator, shape, dtype, low, high)
    return finished(numbers, requires_grad)


def randint_like(
    input: Tensor,
    low: int,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """``randint`` with the shape, and if not given the dtype, of `input`.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.randint_like(ad.zeros(2, 3), 10).shape
    (2, 3)
    """
    low, high = (0, low) if high is None else (low, high)
    return randint(
        low,
        high,
        input.shape,
        generator=generator,
        dtype=dtype or input.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the integers 0 to n - 1 in random order.

    Parameters
    ----------
    n : int
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.
    dtype : dtype, default int64
    device, requires_grad
        As for ``rand``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.randperm(4, generator=ad.Generator().manual_seed(0))
    tensor([0, 1, 3, 2])
    """
    check_device(device, "randperm")
    dtype = np.dtype(np.int64) if dtype is None else dtypes.check(dtype)
    return finished(random.randperm(generator or default_generator, n, dtype), requires_grad)


def bernoulli(input: Any, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """Return 1 with a given probability, 0 otherwise. No gradient flows to the probabilities.

    Parameters
    ----------
    input : floating Tensor
        The probabilities, in [0, 1]; where `p` is given only its shape and dtype count.
    p : float, optional
        One probability for all.
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.

    Raises
    ------
    TypeError
        For probabilities that are not floating.
    ValueError
        For probabilities outside of [0, 1].

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.bernoulli(ad.full((6,), 0.5, dtype=ad.float64), generator=ad.Generator().manual_seed(0))
    tensor([0., 0., 1., 0., 0., 0.], dtype=float64)
    """
    x = operand(input, "bernoulli", number=False)._array
    chances = x if p is None else p
    return finished(
        random.bernoulli(generator or default_generator, x.shape, x.dtype, chances), False
    )


def multinomial(
    input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Return categories drawn in proportion to weights, for each row.

    Parameters
    ----------
    input : floating Tensor, shape (k,) or (rows, k)
        Weights; not negative, and not all zero in a row.
    num_samples : int
    replacement : bool, default False
        Whether a category may be drawn several times from a row.
    generator : Generator, optional
        By default the one that ``autodiff.manual_seed`` restarts.

    Returns
    -------
    Tensor of int64, shape (num_samples,) or (rows, num_samples)

    Raises
    ------
    TypeError
        For weights that are not floating.
    ValueError
        For weights that are negative, infinite or NaN, or a row without enough weights above zero.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.multinomial(ad.tensor([0.0, 0.9, 0.1]), 2, generator=ad.Generator().manual_seed(0))
    tensor([1, 2])
    """
    weights = operand(input, "multinomial", number=False)._array
    drawn = random.multinomial(generator or default_generator, weights, num_samples, replacement)
    return finished(drawn, False)
