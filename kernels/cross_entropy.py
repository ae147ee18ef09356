"""Cross-entropy of logits with labels, and its gradient."""

from __future__ import annotations

import numpy as np

from .registry import kernel

NOT_A_CLASS = "cross_entropy: a label is not in [0, C) for logits of shape (N, C)"

_INT64 = np.dtype(np.int64)  # comparing a dtype with a type costs four times as much
_LEAST = 256  # elements from which on the compiled version was measured to be faster


def check_shapes(
    logits: np.ndarray,
    labels: np.ndarray,
    statistics: np.ndarray | None = None,
    g: np.ndarray | None = None,
) -> None:
    """Raise unless there is one label for each row of the logits (N, C), and what else is given fits."""
    shape = logits.shape
    if len(shape) != 2 or labels.shape != shape[:1] or labels.dtype != _INT64:
        raise ValueError(
            "cross_entropy: logits (N, C) and int64 labels (N,) are needed, got shapes "
            f"{shape} and {labels.shape} of {labels.dtype}"
        )
    if statistics is not None and (
        statistics.shape != (2, shape[0]) or statistics.dtype != logits.dtype
    ):
        raise ValueError(
            f"cross_entropy_backward: logits of {logits.dtype}{list(shape)} need statistics of that "
            f"dtype and shape {(2, shape[0])}, got {statistics.dtype}{list(statistics.shape)}"
        )
    if g is not None and (g.shape not in ((1,), shape[:1]) or g.dtype != logits.dtype):
        raise ValueError(
            f"cross_entropy_backward: logits of {logits.dtype}{list(shape)} need a gradient of that "
            f"dtype, one number or one per row, got {g.dtype}{list(g.shape)}"
        )


def _kept(logits: np.ndarray, labels: np.ndarray, ignored: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows whose label is not `ignored`, and those labels, checked."""
    rows = np.flatnonzero(labels != ignored)
    labels = labels[rows]
    if ((labels < 0) | (labels >= logits.shape[1])).any():
        raise IndexError(NOT_A_CLASS)
    return rows, labels


@kernel(
    compiled="cross_entropy_jit",
    prefer=_LEAST,
    examples=lambda dtype: [
        (np.ones((2, 3), dtype), np.array([0, 2]), -100, reduction) for reduction in ("none", "sum")
    ],
)
def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, ignored: int = -100, reduction: str = "none"
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the loss of each row, log(sum of exp(row)) - row[label], and what the gradient needs.

    Parameters
    ----------
    logits : ndarray of floats, shape (N, C)
    labels : ndarray of int64, shape (N,)
        In [0, C), or `ignored`.
    ignored : int, default -100
        The loss of a row with this label is 0.
    reduction : {"none", "sum", "mean"}, default "none"
        "mean" is the mean of the rows that are not ignored, NaN where there is none.

    Returns
    -------
    loss : ndarray, shape (N,) or ()
    statistics : ndarray, shape (2, N)
        The largest logit of each row, and the sum of the exponentials of the differences from it.
        Both are 1 where the label is ignored.
    count : int
        What the sum was divided by: for "mean" the number of rows that are not ignored, else 1.

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
    check_shapes(logits, labels)
    rows, labels = _kept(logits, labels, ignored)
    losses = np.zeros(len(logits), logits.dtype)
    statistics = np.ones((2, len(logits)), logits.dtype)
    if len(rows):
        kept = logits[rows]
        tops = np.maximum.reduce(kept, axis=1)
        shifted = kept - tops[:, None]
        totals = np.add.reduce(np.exp(shifted), axis=1)
        statistics[:, rows] = tops, totals
        losses[rows] = np.log(totals) - shifted[np.arange(len(rows)), labels]
    if reduction == "none":
        return losses, statistics, 1
    count = len(rows) if reduction == "mean" else 1
    return np.asarray(np.add.reduce(losses) / count, logits.dtype), statistics, count


@kernel(
    compiled="cross_entropy_jit",
    prefer=lambda g, logits, *_: logits.size >= _LEAST,
    examples=lambda dtype: [
        (np.ones(2, dtype), np.ones((2, 3), dtype), np.array([0, 2]), np.ones((2, 2), dtype))
    ],
)
def cross_entropy_backward(
    g: np.ndarray,
    logits: np.ndarray,
    labels: np.ndarray,
    statistics: np.ndarray,
    ignored: int = -100,
    count: int = 1,
) -> np.ndarray:
    """Return the gradient of the logits, (softmax - 1 at the label) * g / count, row by row.

    Parameters
    ----------
    g : ndarray of floats, shape (N,) or (1,)
        The gradient of each row's loss, or one for all rows.
    logits, labels, ignored
        As they were given to `cross_entropy`. The gradient is 0 where a label is ignored.
    statistics : ndarray, shape (2, N)
    count : int
        As `cross_entropy` returned them.

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
    >>> _, statistics, _ = kernels.cross_entropy(logits, labels)
    >>> kernels.cross_entropy_backward(np.ones(1), logits, labels, statistics)
    array([[ 0.25,  0.25, -0.75,  0.25]])
    """
    check_shapes(logits, labels, statistics, g)
    rows, labels = _kept(logits, labels, ignored)
    gradient = np.zeros(logits.shape, logits.dtype)
    if len(rows):
        tops, totals = statistics[:, rows]
        scale = (g if len(g) == 1 else g[rows]) / count
        kept = np.exp(logits[rows] - tops[:, None]) * (scale / totals)[:, None]
        kept[np.arange(len(rows)), labels] -= scale
        gradient[rows] = kept
    return gradient
