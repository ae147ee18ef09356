"""Matrix products."""

from __future__ import annotations

import numpy as np

from .. import threads
from ..registry import kernel


def _many_small_products(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether the compiled version pays.

    NumPy calls BLAS once per pair of matrices, on one thread up to about 64 x 64. Measured on one
    thread the compiled version only gains where `b` is a transposed view of at least 512 matrices
    of at most 16 x 16 (1.3 to 1.6 times); for ordinary ones it takes 1.0 to 1.6 times as long as
    NumPy. It gains with a second thread as soon as the work is worth one.
    """
    if a.ndim < 3 or a.shape[:-2] != b.shape[:-2] or not a.size:
        return False
    rows, inner, columns = a.shape[-2], a.shape[-1], b.shape[-1]
    one, count = rows * inner * columns, a.size // (rows * inner)
    if count < 512 or one > 64**3:
        return False
    if max(rows, inner, columns) <= 16 and b.strides[-1] != b.itemsize:
        return True
    return threads.get_num_threads() > 1 and one * count >= 2 * threads.WORTH_A_THREAD


@kernel(compiled="gemm.products_jit", prefer=_many_small_products)
def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Multiply matrices, with the rules of `numpy.matmul`.

    Parameters
    ----------
    a, b : ndarray
        Of any rank from 1; leading axes are broadcast against each other.

    Returns
    -------
    ndarray
        As from `numpy.matmul`; two vectors give their inner product as an array of rank 0.

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
    return np.asarray(np.matmul(a, b))
