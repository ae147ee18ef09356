"""Single steps of recurrent networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..declare import floating_operand
from .recurrence import Layer, check, gru_layer, lstm_layer, pair, rnn_layer

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]


def _cell(
    operation: str, layer: Layer, gates: int, input: Any, states: Sequence[Any], weights: Any
) -> Sequence[Any]:
    """Do one step; return the states after it."""
    x = floating_operand(input, operation)
    if x.ndim != 2:
        raise ValueError(f"{operation}: expected an input (N, I), got shape {x.shape}")
    states, weights = (
        [None if t is None else floating_operand(t, operation) for t in ts]
        for ts in (states, weights)
    )
    check(operation, gates, x, states, weights)
    return layer(x, states, weights, False)[1:]


def lstm_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Tensor, Tensor]:
    """One step of long short-term memory; see ``lstm``.

    Parameters
    ----------
    input : Tensor, shape (N, I)
    hx : pair of Tensor, shape (N, H), or None
        h and c; None for zeros.
    w_ih, w_hh : Tensor, shapes (4 H, I) and (4 H, H)
    b_ih, b_hh : Tensor, shape (4 H,), optional

    Returns
    -------
    h, c : Tensor, shape (N, H)

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> hx = ad.zeros(3, 1), ad.ones(3, 1)
    >>> h, c = ad.lstm_cell(ad.ones(3, 2), hx, ad.zeros(4, 2), ad.zeros(4, 1))
    >>> c.flatten()
    tensor([0.5000, 0.5000, 0.5000])
    """
    states = pair("lstm_cell", hx)
    return tuple(_cell("lstm_cell", lstm_layer, 4, input, states, (w_ih, w_hh, b_ih, b_hh)))


def gru_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> Tensor:
    """One step of a gated recurrent unit; see ``gru``.

    Parameters
    ----------
    input : Tensor, shape (N, I)
    hx : Tensor, shape (N, H), or None
        h; None for zeros.
    w_ih, w_hh : Tensor, shapes (3 H, I) and (3 H, H)
    b_ih, b_hh : Tensor, shape (3 H,), optional

    Returns
    -------
    Tensor, shape (N, H)

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.gru_cell(ad.ones(1, 2), ad.ones(1, 1), ad.zeros(3, 2), ad.zeros(3, 1))
    tensor([[0.5000]])
    """
    return _cell("gru_cell", gru_layer, 3, input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]


def rnn_tanh_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> Tensor:
    """One step of a simple recurrent network; see ``rnn_tanh`` and, for the arguments, ``gru_cell``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rnn_tanh_cell(ad.ones(1, 2), ad.ones(1, 1), ad.zeros(1, 2), ad.ones(1, 1))
    tensor([[0.7616]])
    """
    weights = (w_ih, w_hh, b_ih, b_hh)
    return _cell("rnn_tanh_cell", rnn_layer(False), 1, input, (hx,), weights)[0]


def rnn_relu_cell(
    input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> Tensor:
    """One step of a simple recurrent network; see ``rnn_relu`` and, for the arguments, ``gru_cell``.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.rnn_relu_cell(ad.ones(1, 2), ad.ones(1, 1), ad.zeros(1, 2), ad.ones(1, 1))
    tensor([[1.]])
    """
    weights = (w_ih, w_hh, b_ih, b_hh)
    return _cell("rnn_relu_cell", rnn_layer(True), 1, input, (hx,), weights)[0]
