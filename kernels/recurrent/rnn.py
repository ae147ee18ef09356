"""The simple recurrent network (J. L. Elman, "Finding structure in time", 1990)."""

from __future__ import annotations

import numpy as np

from ..registry import kernel, ones
from .steps import check, order, worth_compiling


@kernel(
    compiled="recurrent.rnn_jit",
    prefer=worth_compiling,
    examples=ones((2, 1, 3), (1, 3), (3, 3), options=(True,)),
)
def rnn_forward(
    projected: np.ndarray,
    start: np.ndarray,
    w_hh: np.ndarray,
    relu: bool = False,
    reverse: bool = False,
) -> np.ndarray:
    """Do all steps h = tanh(a) of a simple recurrent network.

    Parameters
    ----------
    projected : ndarray, shape (T, N, H)
        The input's part of a with all biases. Overwritten.
    start : ndarray, shape (N, H)
        The hidden state's part of a in the first step, ``h0 @ w_hh.T``.
    w_hh : ndarray, shape (H, H)
    relu : bool, default False
        h = max(a, 0) instead.
    reverse : bool, default False
        Begin with the last step.

    Returns
    -------
    ndarray, shape (T, N, H)
        h of each step, in the memory of `projected`.

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, or several dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> kernels.rnn_forward(np.ones((3, 1, 1)), np.zeros((1, 1)), np.eye(1), True)
    array([[[1.]],
    <BLANKLINE>
           [[2.]],
    <BLANKLINE>
           [[3.]]])
    """
    steps, _, _ = check_forward(projected, start, w_hh)
    places = order(steps, reverse)
    for k, t in enumerate(places):
        h = projected[t]
        h += projected[places[k - 1]] @ w_hh.T if k else start
        np.maximum(h, 0, out=h) if relu else np.tanh(h, out=h)
    return projected


def check_forward(
    projected: np.ndarray, start: np.ndarray, w_hh: np.ndarray
) -> tuple[int, int, int]:
    """Return (T, N, H), the arguments checked."""
    if projected.ndim != 3:
        raise ValueError(f"rnn_forward: projected must be (T, N, H), got {projected.shape}")
    steps, batch, hidden = projected.shape
    check(
        "rnn_forward",
        ("projected", projected, (steps, batch, hidden)),
        ("start", start, (batch, hidden)),
        ("w_hh", w_hh, (hidden, hidden)),
    )
    return steps, batch, hidden


@kernel(
    compiled="recurrent.rnn_jit",
    prefer=worth_compiling,
    examples=ones((2, 1, 3), (1, 3), (3, 3), (2, 1, 3), options=(True,)),
)
def rnn_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    w_hh: np.ndarray,
    output: np.ndarray,
    relu: bool = False,
    reverse: bool = False,
) -> np.ndarray:
    """Carry cotangents back through all steps of a simple recurrent network.

    Parameters
    ----------
    dy : ndarray, shape (T, N, H)
        The cotangent of the output.
    dh : ndarray, shape (N, H)
        That of h after the last step.
    w_hh : ndarray, shape (H, H)
    output : ndarray, shape (T, N, H)
        As from ``rnn_forward``.
    relu, reverse : bool, default False

    Returns
    -------
    ndarray, shape (T, N, H)
        The cotangent of a, so of `projected`.

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, or several dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> one = np.ones((1, 1, 1))
    >>> kernels.rnn_backward(one, 0 * one[0], one[0], 0.5 * one)
    array([[[0.75]]])
    """
    steps, _, _ = check_backward(dy, dh, w_hh, output)
    da = np.empty_like(dy, order="C")
    places = order(steps, reverse)
    for k in range(steps - 1, -1, -1):
        t = places[k]
        h = output[t]
        dh = dy[t] + (dh if k == steps - 1 else da[places[k + 1]] @ w_hh)
        da[t] = np.where(h > 0, dh, 0) if relu else dh * (1 - h * h)
    return da


def check_backward(
    dy: np.ndarray, dh: np.ndarray, w_hh: np.ndarray, output: np.ndarray
) -> tuple[int, int, int]:
    """Return (T, N, H), the arguments checked."""
    if dy.ndim != 3:
        raise ValueError(f"rnn_backward: dy must be (T, N, H), got shape {dy.shape}")
    steps, batch, hidden = dy.shape
    check(
        "rnn_backward",
        ("dy", dy, (steps, batch, hidden)),
        ("dh", dh, (batch, hidden)),
        ("w_hh", w_hh, (hidden, hidden)),
        ("output", output, (steps, batch, hidden)),
    )
    return steps, batch, hidden
