"""Single steps of recurrent networks: RNNCell, LSTMCell and GRUCell."""

from __future__ import annotations

import math
from typing import Any

from autodiff._tensor import Tensor
from autodiff.declare import operand
from autodiff.ops import recurrent_cells as ops

from .. import init
from ..parameter import Parameter, new_parameter
from .module import Module

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    """What the cells share: their parameters.

    Parameters
    ----------
    input_size, hidden_size : int
    bias : bool
    num_chunks : int
        The number of gates.
    device, dtype : optional
        As for ``Linear``.

    Examples
    --------
    >>> from autodiff import nn
    >>> nn.RNNCellBase(3, 2, True, 4).weight_ih.shape
    (8, 3)
    """

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if min(input_size, hidden_size) < 1:
            raise ValueError(
                f"{type(self).__name__}: sizes must be 1 or more, got input_size={input_size}, "
                f"hidden_size={hidden_size}"
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = new_parameter(rows, input_size, dtype=dtype, device=device)
        self.weight_hh = new_parameter(rows, hidden_size, dtype=dtype, device=device)
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, new_parameter(rows, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, uniformly on +-1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, function: Any, input: Any, hx: Any) -> Any:
        """Call an operation for an input (N, I) or (I,) and its states."""
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        x = operand(input, type(self).__name__, number=False)
        if x.ndim != 1:
            return function(x, hx, *weights)
        if isinstance(hx, (tuple, list)):
            hx = [operand(h, "states", number=False).unsqueeze(0) for h in hx]
        elif hx is not None:
            hx = operand(hx, "states", number=False).unsqueeze(0)
        states = function(x.unsqueeze(0), hx, *weights)
        return tuple([h[0] for h in states]) if isinstance(states, tuple) else states[0]

    def extra_repr(self) -> str:
        bias = "" if self.bias else f", bias={self.bias}"
        return f"{self.input_size}, {self.hidden_size}{bias}"


class RNNCell(RNNCellBase):
    """One step of a simple recurrent network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    Parameters
    ----------
    input_size, hidden_size : int
        The sizes I of an input and H of the hidden state.
    bias : bool, default True
    nonlinearity : {"tanh", "relu"}, default "tanh"
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter, shapes (H, I) and (H, H)
    bias_ih, bias_hh : Parameter, shape (H,), or None
        All drawn from the uniform distribution on +-1 / sqrt(H).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> cell, h = nn.RNNCell(3, 4), None
    >>> for x in ad.ones(5, 2, 3):
    ...     h = cell(x, h)
    >>> h.shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"RNNCell: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}"
            )
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        function = ops.rnn_tanh_cell if self.nonlinearity == "tanh" else ops.rnn_relu_cell
        return self._step(function, input, hx)

    def extra_repr(self) -> str:
        default = self.nonlinearity == "tanh"
        return super().extra_repr() + ("" if default else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of long short-term memory; see ``LSTM``.

    Parameters
    ----------
    input_size, hidden_size, bias, device, dtype
        As for ``RNNCell``.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter, shapes (4 H, I) and (4 H, H)
    bias_ih, bias_hh : Parameter, shape (4 H,), or None
        The gates in the order i, f, g, o.

    Examples
    --------
    States come and go as a pair (h, c).

    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> h, c = nn.LSTMCell(3, 4)(ad.ones(2, 3))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        return self._step(ops.lstm_cell, input, hx)


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit; see ``GRU``.

    Parameters
    ----------
    input_size, hidden_size, bias, device, dtype
        As for ``RNNCell``.

    Attributes
    ----------
    weight_ih, weight_hh : Parameter, shapes (3 H, I) and (3 H, H)
    bias_ih, bias_hh : Parameter, shape (3 H,), or None
        The gates in the order r, z, n.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.GRUCell(3, 4)(ad.ones(2, 3), ad.zeros(2, 4)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        return self._step(ops.gru_cell, input, hx)
