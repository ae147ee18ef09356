"""Matrix products."""

from __future__ import annotations

import numpy as np

from .registry import kernel


def _many_small_products(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether the compiled version pays.

    Measured: 256 products of 16 x 16 take np.matmul 50 us (110 us with a transposed operand); it
    calls BLAS once per product, which costs more than the product itself up to about 32 x 32.
    """
    return (
        a.ndim > 2
        and a.shape[:-2] == b.shape[:-2]
        and max(a.shape[-2], a.shape[-1], b.shape[-1]) <= 32
        and a.size > 8 * a.shape[-2] * a.shape[-1]
    )


@kernel(compiled="gemm_jit", prefer=_many_small_products)
def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply matrices, with the rules of `numpy.matmul`.

    Parameters
    ----------
    a, b : ndarray
        Of any rank from 1; leading axes are broadcast against each other.

    Returns
    -------
    ndarray
        As from `numpy.matmul`; two vectors give an array of rank 0.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.matmul(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    if b.ndim == 2 and a.ndim > 2 and a.flags.c_contiguous and a.shape[-1] == len(b) and a.size:
        # One large product instead of one per leading index.
        rows = np.matmul(a.reshape(-1, a.shape[-1]), b)
        return rows.reshape(*a.shape[:-1], b.shape[-1])
    return np.asarray(np.matmul(a, b))
