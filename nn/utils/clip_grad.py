"""Keeping gradients small: by their common norm, or element by element."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from autodiff import versions
from autodiff._tensor import Tensor
from autodiff.handles import new_tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_", "get_total_norm"]


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    return [grad for p in parameters if (grad := p.grad) is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Return the norm of all elements of all `tensors`, as if they were one vector.

    Parameters
    ----------
    tensors : Tensor or iterable of Tensor
    norm_type : float, default 2
        The order of the norm; ``float("inf")`` for the largest absolute value.
    error_if_nonfinite : bool, default False
        Raise where the norm is infinite or NaN.
    foreach : bool, optional
        Accepted for PyTorch's sake; there is one way of computing it.

    Returns
    -------
    Tensor
        0-d.

    Raises
    ------
    RuntimeError
        For a norm that is not finite, if asked for.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.utils.get_total_norm([ad.tensor([3.0]), ad.tensor([4.0])])
    tensor(5.)
    """
    arrays = [t._array for t in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    norm_type = float(norm_type)
    dtype = np.result_type(*arrays) if arrays else np.dtype(np.float32)
    norms = np.array([_norm(a, norm_type) for a in arrays], np.float64)
    total = _norm(norms, norm_type) if arrays else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"the norm of order {norm_type} of {len(arrays)} gradients is {total}; pass "
            "error_if_nonfinite=False to scale by it nevertheless"
        )
    return new_tensor(np.asarray(total, dtype), None)


def _norm(array: np.ndarray, order: float) -> float:
    flat = array.reshape(-1)
    if order == 2.0 and flat.size:
        square = float(np.dot(flat, flat))
        if 1e-30 < square < 1e30:  # neither overflow nor loss of digits in float32
            return math.sqrt(square)
    if not flat.size:
        return 0.0
    return float(np.linalg.norm(flat.astype(np.float64), order))


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients, in place, so that their common norm is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
    norm_type, error_if_nonfinite, foreach
        See ``get_total_norm``.

    Returns
    -------
    Tensor
        The norm before scaling, 0-d.

    Raises
    ------
    RuntimeError
        For a norm that is not finite, if asked for; the gradients are then left as they are.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio: On the difficulty of training recurrent neural networks
    (2013).
    https://arxiv.org/abs/1211.5063

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> w = nn.Parameter(ad.zeros(2))
    >>> w.grad = ad.tensor([3.0, 4.0])
    >>> nn.utils.clip_grad_norm_(w, max_norm=1.0)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    gradients = _gradients(parameters)
    total = get_total_norm(gradients, norm_type, error_if_nonfinite)
    scale = float(max_norm) / (float(total) + 1e-6)
    if not scale >= 1.0:  # also for NaN, which must be seen in the gradients
        for grad in gradients:
            array = grad._array
            np.multiply(array, scale, out=array)
            versions.touch(array)
    return total


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Limit every element of the gradients, in place, to [-clip_value, clip_value].

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    clip_value : float
    foreach : bool, optional
        Accepted for PyTorch's sake.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> w = nn.Parameter(ad.zeros(2))
    >>> w.grad = ad.tensor([3.0, -0.5])
    >>> nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    limit = float(clip_value)
    for grad in _gradients(parameters):
        array = grad._array
        np.clip(array, -limit, limit, out=array)
        versions.touch(array)
