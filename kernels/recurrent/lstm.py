"""The long short-term memory (S. Hochreiter and J. Schmidhuber, 1997; F. Gers et al., 2000)."""

from __future__ import annotations

import numpy as np

from ..registry import kernel, ones
from .steps import check, order, sigmoid, worth_compiling


@kernel(
    compiled="recurrent.lstm_jit",
    prefer=worth_compiling,
    examples=ones((2, 1, 12), (1, 12), (1, 3), (12, 3)),
)
def lstm_forward(
    projected: np.ndarray,
    start: np.ndarray,
    c0: np.ndarray,
    w_hh: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Do all steps of an LSTM.

    With the gates i, f, o = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o) and g = tanh(a_g), a step is
    c = f c + i g and h = o tanh(c).

    Parameters
    ----------
    projected : ndarray, shape (T, N, 4 H)
        The input's part of a with all biases, in the order i, f, g, o. Overwritten.
    start : ndarray, shape (N, 4 H)
        The hidden state's part of a in the first step, ``h0 @ w_hh.T``.
    c0 : ndarray, shape (N, H)
    w_hh : ndarray, shape (4 H, H)
    reverse : bool, default False
        Begin with the last step.

    Returns
    -------
    output, cells : ndarray, shape (T, N, H)
        h and c of each step.
    gates : ndarray, shape (T, N, 4 H)
        i, f, g and o of each step, in the memory of `projected`.

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, or several dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> zeros = np.zeros
    >>> output, cells, gates = kernels.lstm_forward(
    ...     zeros((1, 1, 4)), zeros((1, 4)), np.ones((1, 1)), zeros((4, 1))
    ... )
    >>> cells, gates
    (array([[[0.5]]]), array([[[0.5, 0.5, 0. , 0.5]]]))
    """
    steps, batch, hidden = check_forward(projected, start, c0, w_hh)
    output = np.empty((steps, batch, hidden), projected.dtype)
    cells = np.empty_like(output)
    c, places = c0, order(steps, reverse)
    for k, t in enumerate(places):
        gates = projected[t]
        gates += output[places[k - 1]] @ w_hh.T if k else start
        i, f, g, o = np.split(gates, 4, axis=1)
        i[...], f[...], o[...] = sigmoid(i), sigmoid(f), sigmoid(o)
        np.tanh(g, out=g)
        c = cells[t] = f * c + i * g
        output[t] = o * np.tanh(c)
    return output, cells, projected


def check_forward(
    projected: np.ndarray, start: np.ndarray, c0: np.ndarray, w_hh: np.ndarray
) -> tuple[int, int, int]:
    """Return (T, N, H), the arguments checked."""
    if projected.ndim != 3:
        raise ValueError(f"lstm_forward: projected must be (T, N, 4 H), got {projected.shape}")
    steps, batch, width = projected.shape
    hidden = width // 4
    check(
        "lstm_forward",
        ("projected", projected, (steps, batch, 4 * hidden)),
        ("start", start, (batch, 4 * hidden)),
        ("c0", c0, (batch, hidden)),
        ("w_hh", w_hh, (4 * hidden, hidden)),
    )
    return steps, batch, hidden


@kernel(
    compiled="recurrent.lstm_jit",
    prefer=worth_compiling,
    examples=ones((2, 1, 3), (1, 3), (1, 3), (12, 3), (2, 1, 3), (2, 1, 12), (1, 3)),
)
def lstm_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    dc: np.ndarray,
    w_hh: np.ndarray,
    cells: np.ndarray,
    gates: np.ndarray,
    c0: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Carry cotangents back through all steps of an LSTM.

    Parameters
    ----------
    dy : ndarray, shape (T, N, H)
        The cotangent of the output.
    dh, dc : ndarray, shape (N, H)
        Those of h and c after the last step.
    w_hh : ndarray, shape (4 H, H)
    cells : ndarray, shape (T, N, H)
    gates : ndarray, shape (T, N, 4 H)
        As from ``lstm_forward``.
    c0 : ndarray, shape (N, H)
    reverse : bool, default False

    Returns
    -------
    dgates : ndarray, shape (T, N, 4 H)
        The cotangent of a, so of `projected`.
    dc0 : ndarray, shape (N, H)

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, or several dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> one, zeros, weight = np.ones((1, 1, 1)), np.zeros((1, 1)), np.zeros((4, 1))
    >>> gates = np.array([[[0.5, 0.5, 0.0, 0.5]]])
    >>> kernels.lstm_backward(0 * one, zeros, zeros + 1, weight, 0.5 * one, gates, zeros + 1)
    (array([[[0.  , 0.25, 0.5 , 0.  ]]]), array([[0.5]]))
    """
    steps, _, _ = check_backward(dy, dh, dc, w_hh, cells, gates, c0)
    dgates = np.empty_like(gates)
    places = order(steps, reverse)
    for k in range(steps - 1, -1, -1):
        t = places[k]
        former = cells[places[k - 1]] if k else c0
        dh = dy[t] + (dh if k == steps - 1 else dgates[places[k + 1]] @ w_hh)
        i, f, g, o = np.split(gates[t], 4, axis=1)
        tanh = np.tanh(cells[t])
        dc = dc + dh * o * (1 - tanh * tanh)
        parts = (
            dc * g * (i * (1 - i)),
            dc * former * (f * (1 - f)),
            dc * i * (1 - g * g),
            dh * tanh * (o * (1 - o)),
        )
        np.concatenate(parts, axis=1, out=dgates[t])
        dc = dc * f
    return dgates, dc


def check_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    dc: np.ndarray,
    w_hh: np.ndarray,
    cells: np.ndarray,
    gates: np.ndarray,
    c0: np.ndarray,
) -> tuple[int, int, int]:
    """Return (T, N, H), the arguments checked."""
    if dy.ndim != 3:
        raise ValueError(f"lstm_backward: dy must be (T, N, H), got shape {dy.shape}")
    steps, batch, hidden = dy.shape
    check(
        "lstm_backward",
        ("dy", dy, (steps, batch, hidden)),
        ("dh", dh, (batch, hidden)),
        ("dc", dc, (batch, hidden)),
        ("w_hh", w_hh, (4 * hidden, hidden)),
        ("cells", cells, (steps, batch, hidden)),
        ("gates", gates, (steps, batch, 4 * hidden)),
        ("c0", c0, (batch, hidden)),
    )
    return steps, batch, hidden
