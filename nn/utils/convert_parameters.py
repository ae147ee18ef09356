"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autodiff import versions
from autodiff._tensor import Tensor
from autodiff.ops.joining import cat
from autodiff.ops.shape import reshape

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return all elements of all parameters as one vector; recorded.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.utils.parameters_to_vector([ad.ones(2, 1), ad.zeros(1)])
    tensor([1., 1., 0.])
    """
    parts = [reshape(p, -1) for p in parameters]
    if not parts:
        raise ValueError("parameters_to_vector: there are no parameters")
    return cat(parts)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy the elements of a vector into the parameters, in place and without recording.

    Raises
    ------
    TypeError
        If `vec` is not a Tensor.
    ValueError
        If it has not exactly as many elements as the parameters.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> w = nn.Parameter(ad.zeros(2))
    >>> nn.utils.vector_to_parameters(ad.tensor([1.0, 2.0]), [w])
    >>> w.tolist()
    [1.0, 2.0]
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a Tensor, got {type(vec).__name__}")
    targets = list(parameters)
    count = sum(p.numel() for p in targets)
    if vec.shape != (count,):
        raise ValueError(
            f"vector_to_parameters: the vector has shape {vec.shape}, "
            f"the parameters have {count} elements"
        )
    start = 0
    for p in targets:
        stop = start + p.numel()
        np.copyto(p._array, vec._array[start:stop].reshape(p.shape), casting="same_kind")
        versions.touch(p._array)
        start = stop
