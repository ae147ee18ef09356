"""The gated recurrent unit (K. Cho et al., 2014), with the reset gate after the product."""

from __future__ import annotations

import numpy as np

from ..registry import kernel, ones
from .steps import check, order, sigmoid, worth_compiling


@kernel(
    compiled="recurrent.gru_jit",
    prefer=worth_compiling,
    examples=ones((2, 1, 9), (1, 9), (3,), (1, 3), (9, 3)),
)
def gru_forward(
    projected: np.ndarray,
    start: np.ndarray,
    b_hn: np.ndarray,
    h0: np.ndarray,
    w_hh: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Do all steps of a GRU.

    A step is h = (1 - z) n + z h with r = sigmoid(x_r + h_r), z = sigmoid(x_z + h_z) and
    n = tanh(x_n + r h_n), where the x are the input's part and the h the hidden state's.

    Parameters
    ----------
    projected : ndarray, shape (T, N, 3 H)
        The input's part in the order r, z, n, with all biases but that of h_n.
    start : ndarray, shape (N, 3 H)
        The hidden state's part in the first step without bias, ``h0 @ w_hh.T``.
    b_hn : ndarray, shape (H,)
        The bias of h_n.
    h0 : ndarray, shape (N, H)
    w_hh : ndarray, shape (3 H, H)
    reverse : bool, default False
        Begin with the last step.

    Returns
    -------
    output : ndarray, shape (T, N, H)
        h of each step.
    gates : ndarray, shape (T, N, 4 H)
        r, z, n and h_n of each step.

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, or several dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> zeros = np.zeros
    >>> output, gates = kernels.gru_forward(
    ...     zeros((1, 1, 3)), zeros((1, 3)), zeros(1), np.ones((1, 1)), zeros((3, 1))
    ... )
    >>> output, gates
    (array([[[0.5]]]), array([[[0.5, 0.5, 0. , 0. ]]]))
    """
    steps, batch, hidden = check_forward(projected, start, b_hn, h0, w_hh)
    output = np.empty((steps, batch, hidden), projected.dtype)
    gates = np.empty((steps, batch, 4 * hidden), projected.dtype)
    h = h0
    for k, t in enumerate(order(steps, reverse)):
        xr, xz, xn = np.split(projected[t], 3, axis=1)
        hr, hz, hn = np.split(h @ w_hh.T if k else start, 3, axis=1)
        hn = hn + b_hn
        r, z = sigmoid(xr + hr), sigmoid(xz + hz)
        n = np.tanh(xn + r * hn)
        np.concatenate((r, z, n, hn), axis=1, out=gates[t])
        h = output[t] = n + z * (h - n)
    return output, gates


def check_forward(
    projected: np.ndarray,
    start: np.ndarray,
    b_hn: np.ndarray,
    h0: np.ndarray,
    w_hh: np.ndarray,
) -> tuple[int, int, int]:
    """Return (T, N, H), the arguments checked."""
    if projected.ndim != 3:
        raise ValueError(f"gru_forward: projected must be (T, N, 3 H), got {projected.shape}")
    steps, batch, width = projected.shape
    hidden = width // 3
    check(
        "gru_forward",
        ("projected", projected, (steps, batch, 3 * hidden)),
        ("start", start, (batch, 3 * hidden)),
        ("b_hn", b_hn, (hidden,)),
        ("h0", h0, (batch, hidden)),
        ("w_hh", w_hh, (3 * hidden, hidden)),
    )
    return steps, batch, hidden


@kernel(
    compiled="recurrent.gru_jit",
    prefer=worth_compiling,
    examples=ones((2, 1, 3), (1, 3), (9, 3), (2, 1, 3), (2, 1, 12), (1, 3)),
)
def gru_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    w_hh: np.ndarray,
    output: np.ndarray,
    gates: np.ndarray,
    h0: np.ndarray,
    reverse: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry cotangents back through all steps of a GRU.

    Parameters
    ----------
    dy : ndarray, shape (T, N, H)
        The cotangent of the output.
    dh : ndarray, shape (N, H)
        That of h after the last step.
    w_hh : ndarray, shape (3 H, H)
    output : ndarray, shape (T, N, H)
    gates : ndarray, shape (T, N, 4 H)
        As from ``gru_forward``.
    h0 : ndarray, shape (N, H)
    reverse : bool, default False

    Returns
    -------
    dprojected, drecurrent : ndarray, shape (T, N, 3 H)
        The cotangents of the input's and of the hidden state's part.
    dh0 : ndarray, shape (N, H)
        The cotangent of h0, but for its way through `start`.

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, or several dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> from autodiff import kernels
    >>> one, weight = np.ones((1, 1, 1)), np.zeros((3, 1))
    >>> gates = np.array([[[0.5, 0.5, 0.0, 0.0]]])
    >>> kernels.gru_backward(one, 0 * one[0], weight, 0.5 * one, gates, one[0])
    (array([[[0.  , 0.25, 0.5 ]]]), array([[[0.  , 0.25, 0.25]]]), array([[0.5]]))
    """
    steps, batch, hidden = check_backward(dy, dh, w_hh, output, gates, h0)
    dprojected = np.empty((steps, batch, 3 * hidden), dy.dtype)
    drecurrent = np.empty_like(dprojected)
    places = order(steps, reverse)
    for k in range(steps - 1, -1, -1):
        t = places[k]
        former = output[places[k - 1]] if k else h0
        if k < steps - 1:
            dh = dh + drecurrent[places[k + 1]] @ w_hh
        dh = dh + dy[t]
        r, z, n, hn = np.split(gates[t], 4, axis=1)
        dn = dh * (1 - z) * (1 - n * n)
        dz = dh * (former - n) * (z * (1 - z))
        dr = dn * hn * (r * (1 - r))
        np.concatenate((dr, dz, dn), axis=1, out=dprojected[t])
        np.concatenate((dr, dz, dn * r), axis=1, out=drecurrent[t])
        dh = dh * z
    return dprojected, drecurrent, dh


def check_backward(
    dy: np.ndarray,
    dh: np.ndarray,
    w_hh: np.ndarray,
    output: np.ndarray,
    gates: np.ndarray,
    h0: np.ndarray,
) -> tuple[int, int, int]:
    """Return (T, N, H), the arguments checked."""
    if dy.ndim != 3:
        raise ValueError(f"gru_backward: dy must be (T, N, H), got shape {dy.shape}")
    steps, batch, hidden = dy.shape
    check(
        "gru_backward",
        ("dy", dy, (steps, batch, hidden)),
        ("dh", dh, (batch, hidden)),
        ("w_hh", w_hh, (3 * hidden, hidden)),
        ("output", output, (steps, batch, hidden)),
        ("h0", h0, (batch, hidden)),
        ("gates", gates, (steps, batch, 4 * hidden)),
    )
    return steps, batch, hidden
