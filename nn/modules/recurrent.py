"""Recurrent networks over whole sequences: RNN, LSTM and GRU."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

from autodiff._tensor import Tensor
from autodiff.declare import operand
from autodiff.ops import recurrent as ops

from .. import init
from ..parameter import Parameter, new_parameter
from .module import Module

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}
_FUNCTIONS: dict[str, Any] = {
    "RNN_TANH": ops.rnn_tanh, "RNN_RELU": ops.rnn_relu, "GRU": ops.gru, "LSTM": ops.lstm,
}  # fmt: skip


class RNNBase(Module):
    """What ``RNN``, ``LSTM`` and ``GRU`` share: parameters by layer and direction, and their order.

    Parameters
    ----------
    mode : {"RNN_TANH", "RNN_RELU", "LSTM", "GRU"}
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size
        As for ``LSTM``.
    device, dtype : optional
        As for ``Linear``.

    Examples
    --------
    >>> from autodiff import nn
    >>> [name for name, _ in nn.RNNBase("GRU", 3, 2).named_parameters()]
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        if mode not in _GATES:
            raise ValueError(f"{kind}: mode must be one of {', '.join(_GATES)}, got {mode!r}")
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(
                f"{kind}: sizes and layers must be 1 or more, got input_size={input_size}, "
                f"hidden_size={hidden_size}, num_layers={num_layers}"
            )
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(f"{kind}: dropout must be a probability in [0, 1], got {dropout!r}")
        if not 0 <= proj_size < hidden_size or (proj_size and mode != "LSTM"):
            raise ValueError(
                f"{kind}: proj_size is for LSTM, and must be 0 or less than hidden_size "
                f"({hidden_size}), got {proj_size}"
            )
        if dropout and num_layers == 1:
            warnings.warn(
                f"{kind}: dropout is done between layers, so dropout={dropout} does nothing with "
                "num_layers=1",
                stacklevel=3,
            )
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        for name, shape in self._shapes():
            setattr(self, name, new_parameter(*shape, dtype=dtype, device=device))
        self.reset_parameters()

    def _shapes(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the parameters' names and shapes, in the order in which they are drawn."""
        rows = _GATES[self.mode] * self.hidden_size
        out = self.proj_size or self.hidden_size
        directions = ("", "_reverse") if self.bidirectional else ("",)
        for layer in range(self.num_layers):
            size = out * len(directions) if layer else self.input_size
            for direction in directions:
                end = f"l{layer}{direction}"
                yield f"weight_ih_{end}", (rows, size)
                yield f"weight_hh_{end}", (rows, out)
                if self.bias:
                    yield f"bias_ih_{end}", (rows,)
                    yield f"bias_hh_{end}", (rows,)
                if self.proj_size:
                    yield f"weight_hr_{end}", (self.proj_size, self.hidden_size)

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        flat = [getattr(self, name) for name, _ in self._shapes()]
        count = len(flat) // (self.num_layers * (2 if self.bidirectional else 1))
        return [flat[i : i + count] for i in range(0, len(flat), count)]

    def reset_parameters(self) -> None:
        """Draw the parameters anew, uniformly on +-1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: it is a matter of graphics cards, and here for programs that call it."""

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Any]:
        x = operand(input, type(self).__name__, number=False)
        if x.ndim not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: expected an input of 2 axes (T, I) or 3, got shape {x.shape}"
            )
        if x.ndim == 2:
            batch_dim = 0 if self.batch_first else 1
            output, last = self._run(x.unsqueeze(batch_dim), _each(hx, lambda h: h.unsqueeze(1)))
            return output.squeeze(batch_dim), _each(last, lambda h: h.squeeze(1))
        return self._run(x, hx)

    def _run(self, x: Any, hx: Any) -> tuple[Any, Any]:
        output, *last = _FUNCTIONS[self.mode](
            x, hx, [getattr(self, name) for name, _ in self._shapes()], self.bias,
            self.num_layers, self.dropout, self.training, self.bidirectional, self.batch_first,
        )  # fmt: skip
        return output, last[0] if len(last) == 1 else tuple(last)

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        for name, default in defaults.items():
            value = getattr(self, name)
            if value != default:
                parts.append(f"{name}={value}")
        return ", ".join(parts)


def _each(states: Any, function: Any) -> Any:
    """Apply `function` to a state, or to each of several; None stays."""
    if isinstance(states, (tuple, list)):
        return tuple([function(operand(h, "states", number=False)) for h in states])
    return None if states is None else function(operand(states, "states", number=False))


class RNN(RNNBase):
    """Layers of simple recurrent networks: h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh).

    Parameters
    ----------
    input_size, hidden_size : int
        The sizes I of an input and H of the hidden state.
    num_layers : int, default 1
        Layers; each takes the outputs of the one before.
    nonlinearity : {"tanh", "relu"}, default "tanh"
    bias : bool, default True
    batch_first : bool, default False
        Input and output are (N, T, ...), not (T, N, ...). States are not changed by it.
    dropout : float, default 0.0
        The probability of dropout after each layer but the last, while training.
    bidirectional : bool, default False
        Let a second network go from the last step to the first; outputs lie side by side.
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ... : Parameter
        Of shapes (H, I), (H, H), (H,) and (H,), for each layer and direction; all drawn from the
        uniform distribution on +-1 / sqrt(H).

    Examples
    --------
    The input is (T, N, I) or (T, I), the state (D * num_layers, N, H), without N for the latter,
    where D is the number of directions. Results are the output (T, N, D * H) and the last states.

    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> output, h_n = nn.RNN(3, 4, num_layers=2)(ad.ones(5, 2, 3))
    >>> output.shape, h_n.shape
    ((5, 2, 4), (2, 2, 4))

    References
    ----------
    J. L. Elman: Finding structure in time (1990).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first,
            dropout, bidirectional, 0, device, dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Layers of long short-term memory.

    | i, f, o = sigmoid(W_i x + b_i + U_i h + d_i), likewise f and o; g = tanh(W_g x + b_g + U_g h + d_g)
    | c = f * c + i * g
    | h = o * tanh(c)

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As for ``RNN``.
    proj_size : int, default 0
        Project each h to this many numbers, by a weight of its own; 0 for no projection.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ... : Parameter
        Of shapes (4 H, I), (4 H, H), (4 H,) and (4 H,), the gates in the order i, f, g, o; with
        `proj_size` also weight_hr_l0, ... (proj_size, H).

    Examples
    --------
    States come and go as a pair (h, c).

    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> lstm = nn.LSTM(3, 4, bidirectional=True)
    >>> output, (h_n, c_n) = lstm(ad.ones(5, 2, 3))
    >>> output.shape, h_n.shape, c_n.shape
    ((5, 2, 8), (2, 2, 4), (2, 2, 4))

    References
    ----------
    S. Hochreiter and J. Schmidhuber: Long short-term memory (1997).
    H. Sak, A. Senior and F. Beaufays: Long short-term memory based recurrent neural network
    architectures for large vocabulary speech recognition (2014), for the projection.
    https://arxiv.org/abs/1402.1128
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip


class GRU(RNNBase):
    """Layers of gated recurrent units, with the reset gate applied after the product.

    | r, z = sigmoid(W_r x + b_r + U_r h + d_r), likewise z
    | n = tanh(W_n x + b_n + r * (U_n h + d_n))
    | h = (1 - z) * n + z * h

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As for ``RNN``.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, ... : Parameter
        Of shapes (3 H, I), (3 H, H), (3 H,) and (3 H,), the gates in the order r, z, n.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> output, h_n = nn.GRU(3, 4, batch_first=True)(ad.ones(2, 5, 3))
    >>> output.shape, h_n.shape
    ((2, 5, 4), (1, 2, 4))

    References
    ----------
    K. Cho et al.: Learning phrase representations using RNN encoder-decoder for statistical machine
    translation (2014). https://arxiv.org/abs/1406.1078
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            0, device, dtype,
        )  # fmt: skip
