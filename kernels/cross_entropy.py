"""Cross-entropy of logits with labels, and its gradient."""

from __future__ import annotations

import numpy as np

from .registry import kernel

NOT_A_CLASS = "cross_entropy: a label is not in [0, C) for logits of shape (N, C)"


def check_shapes(logits: np.ndarray, labels: np.ndarray) -> None:
    """Raise unless there is one label for each row of the logits (N, C)."""
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or labels.dtype != np.int64:
        raise ValueError(
            "cross_entropy: logits (N, C) and int64 labels (N,) are needed, got shapes "
            f"{logits.shape} and {labels.shape} of {labels.dtype}"
        )


def _check_labels(logits: np.ndarray, labels: np.ndarray) -> None:
    check_shapes(logits, labels)
    if ((labels < 0) | (labels >= logits.shape[1])).any():
        raise IndexError(NOT_A_CLASS)


@kernel(
    compiled="cross_entropy_jit",
    prefer=lambda logits, labels: logits.size > 256,
    examples=lambda dtype: [(np.ones((2, 3), dtype), np.array([0, 2]))],
)
def cross_entropy(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the loss of each row, log(sum of exp(row)) - row[label], and what the gradient needs.

    Parameters
    ----------
    logits : ndarray of floats, shape (N, C)
    labels : ndarray of int64, shape (N,)
        In [0, C).

    Returns
    -------
    losses, tops, totals : ndarray, shape (N,)
        Of the dtype of `logits`: the losses, the largest logit of each row, and the sum of the
        exponentials of the differences from it.

    Raises
    ------
    IndexError
        For a label out of range.
    ValueError
        For other shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.cross_entropy(np.zeros((1, 4)), np.array([2]))[0].round(4)
    array([1.3863])
    """
    _check_labels(logits, labels)
    if not logits.size:
        nothing = np.empty(0, logits.dtype)
        return nothing, nothing, nothing
    tops = np.maximum.reduce(logits, axis=1)
    shifted = logits - tops[:, None]
    totals = np.add.reduce(np.exp(shifted), axis=1)
    return np.log(totals) - shifted[np.arange(len(labels)), labels], tops, totals


@kernel(
    compiled="cross_entropy_jit",
    prefer=lambda scale, logits, *_: logits.size > 256,
    examples=lambda dtype: [
        (
            np.ones(2, dtype),
            np.ones((2, 3), dtype),
            np.array([0, 2]),
            np.ones(2, dtype),
            np.ones(2, dtype),
        )
    ],
)
def cross_entropy_backward(
    scale: np.ndarray,
    logits: np.ndarray,
    labels: np.ndarray,
    tops: np.ndarray,
    totals: np.ndarray,
) -> np.ndarray:
    """Return the gradient of the logits, (softmax - 1 at the label) * scale, row by row.

    Parameters
    ----------
    scale : ndarray of floats, shape (N,)
        The gradient of each row's loss.
    logits : ndarray of floats, shape (N, C)
    labels : ndarray of int64, shape (N,)
    tops, totals : ndarray, shape (N,)
        As `cross_entropy` returns them.

    Returns
    -------
    ndarray
        Of the shape and dtype of `logits`.

    Raises
    ------
    IndexError, ValueError
        As `cross_entropy`.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> logits, labels = np.zeros((1, 4)), np.array([2])
    >>> _, tops, totals = kernels.cross_entropy(logits, labels)
    >>> kernels.cross_entropy_backward(np.ones(1), logits, labels, tops, totals)
    array([[ 0.25,  0.25, -0.75,  0.25]])
    """
    _check_labels(logits, labels)
    gradient = np.exp(logits - tops[:, None]) * (scale / totals)[:, None]
    gradient[np.arange(len(labels)), labels] -= scale
    return gradient  # type: ignore[no-any-return]
