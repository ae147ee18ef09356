"""Recurrent networks over whole sequences: layers, directions and dropout, as PyTorch has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..declare import floating_operand
from .dropout import dropout as _dropout
from .joining import cat, stack
from .recurrence import Layer, check, gru_layer, lstm_layer, pair, rnn_layer

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["gru", "lstm", "rnn_relu", "rnn_tanh"]


def _sequence(
    operation: str,
    layer: Layer,
    gates: int,
    input: Any,
    states: Sequence[Any],
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Any, ...]:
    """Do all layers and directions; return the output and the last states, stacked."""
    x = floating_operand(input, operation)
    if x.ndim != 3:
        raise ValueError(
            f"{operation}: expected an input (T, N, I), or (N, T, I) with batch_first, got {x.shape}"
        )
    x = x.transpose(0, 1) if batch_first else x
    if not len(x):
        raise ValueError(f"{operation}: the sequence of input {x.shape} has no step")
    directions = 2 if bidirectional else 1
    count = num_layers * directions
    given = [None if s is None else floating_operand(s, operation) for s in states]
    for state in given:
        if state is not None and (state.ndim != 3 or state.shape[0] != count):
            raise ValueError(
                f"{operation}: a state has shape {state.shape}, expected ({count}, N, H): "
                f"{num_layers} layers in {directions} directions"
            )
    per_layer, rest = divmod(len(params), count)
    fewest = 4 if has_biases else 2
    if rest or per_layer not in (fewest, fewest + (operation == "lstm")):
        raise ValueError(
            f"{operation}: {num_layers} layers in {directions} directions have {fewest} parameters "
            f"each, got {len(params)} in all"
        )
    finals: list[Sequence[Any]] = []
    for k in range(num_layers):
        outputs = []
        for direction in range(directions):
            place = k * directions + direction
            weights = [
                floating_operand(w, operation) for w in params[place * per_layer :][:per_layer]
            ]
            if not has_biases:
                weights[2:2] = [None, None]
            starts = [None if state is None else state[place] for state in given]
            check(operation, gates, x, starts, weights)
            output, *last = layer(x, starts, weights, direction == 1)
            outputs.append(output)
            finals.append(last)
        x = outputs[0] if directions == 1 else cat(outputs, 2)
        if train and dropout and k < num_layers - 1:
            x = _dropout(x, dropout, True)
    x = x.transpose(0, 1) if batch_first else x
    return (x, *[_stacked(parts) for parts in zip(*finals)])


def _stacked(states: Sequence[Any]) -> Any:
    return states[0].unsqueeze(0) if len(states) == 1 else stack(states)


def lstm(
    input: Any,
    hx: Any,
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """Layers of long short-term memory over whole sequences; see ``nn.LSTM``.

    A step of a layer is, with * element by element,

    | i, f, o = sigmoid(W_ix x + W_ih h + b_i), likewise f and o; g = tanh(W_gx x + W_gh h + b_g)
    | c = f * c + i * g
    | h = o * tanh(c)

    Parameters
    ----------
    input : Tensor, shape (T, N, I), or (N, T, I) with `batch_first`
    hx : pair of Tensor, or None
        h and c before the first step, of shape (D * num_layers, N, H), where D is the number of
        directions; None for zeros.
    params : sequence of Tensor
        For each layer and direction weight_ih (4 H, I), weight_hh (4 H, H), with `has_biases` bias_ih
        and bias_hh (4 H,), in the order of gates i, f, g, o; then perhaps weight_hr (P, H), which
        projects each h to P numbers.
    has_biases : bool
    num_layers : int
    dropout : float
        The probability of dropout after each layer but the last, where `train`.
    train, bidirectional, batch_first : bool

    Returns
    -------
    output : Tensor, shape (T, N, D * H), or (N, T, D * H)
        h of the last layer at each step.
    h_n, c_n : Tensor, shape (D * num_layers, N, H)
        h and c of each layer after its last step.

    Raises
    ------
    ValueError
        For shapes that do not fit, and for a sequence without steps.
    TypeError
        For integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> params = [ad.zeros(4, 2), ad.zeros(4, 1)]
    >>> y, h, c = ad.lstm(ad.ones(5, 3, 2), None, params, False, 1, 0.0, False, False, False)
    >>> y.shape, h.shape
    ((5, 3, 1), (1, 3, 1))

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997).
    F. Gers, J. Schmidhuber and F. Cummins, "Learning to forget", Neural Computation 12 (2000).
    """
    return _sequence(  # type: ignore[return-value]
        "lstm", lstm_layer, 4, input, pair("lstm", hx), params, has_biases,
        num_layers, dropout, train, bidirectional, batch_first,
    )  # fmt: skip


def gru(
    input: Any,
    hx: Any,
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Layers of gated recurrent units over whole sequences; see ``nn.GRU``.

    A step of a layer is, with * element by element and the biases left out,

    | r, z = sigmoid(W_rx x + W_rh h), likewise z
    | n = tanh(W_nx x + r * (W_nh h))
    | h = (1 - z) * n + z * h

    Parameters
    ----------
    input, params, has_biases, num_layers, dropout, train, bidirectional, batch_first
        As for ``lstm``, with the gates r, z, n.
    hx : Tensor, shape (D * num_layers, N, H), or None

    Returns
    -------
    output, h_n : Tensor
        As for ``lstm``.

    Raises
    ------
    ValueError, TypeError
        As ``lstm``.

    Examples
    --------
    >>> import autodiff as ad
    >>> params = [ad.zeros(3, 2), ad.zeros(3, 1)]
    >>> y, h = ad.gru(ad.ones(2, 1, 2), ad.ones(1, 1, 1), params, False, 1, 0.0, False, False, False)
    >>> y.flatten()
    tensor([0.5000, 0.2500])

    References
    ----------
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine
    translation", 2014, https://arxiv.org/abs/1406.1078
    """
    return _sequence(  # type: ignore[return-value]
        "gru", gru_layer, 3, input, (hx,), params, has_biases, num_layers, dropout, train,
        bidirectional, batch_first,
    )  # fmt: skip


def rnn_tanh(
    input: Any,
    hx: Any,
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Layers of simple recurrent networks, h = tanh(W_x x + b_x + W_h h + b_h); see ``nn.RNN``.

    Parameters, results and errors are those of ``gru``, with one gate.

    Examples
    --------
    >>> import autodiff as ad
    >>> params = [ad.zeros(1, 2), ad.zeros(1, 1)]
    >>> y, h = ad.rnn_tanh(ad.ones(2, 1, 2), None, params, False, 1, 0.0, False, False, False)
    >>> y.shape, h.shape
    ((2, 1, 1), (1, 1, 1))
    """
    return _sequence(  # type: ignore[return-value]
        "rnn_tanh", rnn_layer(False), 1, input, (hx,), params, has_biases, num_layers, dropout,
        train, bidirectional, batch_first,
    )  # fmt: skip


def rnn_relu(
    input: Any,
    hx: Any,
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Layers of simple recurrent networks, h = max(W_x x + b_x + W_h h + b_h, 0); see ``nn.RNN``.

    Parameters, results and errors are those of ``gru``, with one gate.

    Examples
    --------
    >>> import autodiff as ad
    >>> params = [ad.ones(1, 1), ad.ones(1, 1)]
    >>> y, h = ad.rnn_relu(ad.ones(3, 1, 1), None, params, False, 1, 0.0, False, False, False)
    >>> y.flatten()
    tensor([1., 2., 3.])
    """
    return _sequence(  # type: ignore[return-value]
        "rnn_relu", rnn_layer(True), 1, input, (hx,), params, has_biases, num_layers, dropout,
        train, bidirectional, batch_first,
    )  # fmt: skip
