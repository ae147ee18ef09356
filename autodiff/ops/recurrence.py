"""Recurrent sequences: one layer, one direction, all steps as one recorded operation.

Each kind stands here twice. As a primitive, whose forward function and rule are a few large matrix
products around one kernel; and as a composition of differentiable operations, step by step, through
which the rule goes when its cotangents are Tensors, for derivatives of derivatives.

Beside what the caller wants a primitive returns what its rule reads: the gates and states of all
steps. An input of two axes is a single step, as a cell does it. `h` and `c` None are zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autodiff.kernels import (
    gru_backward,
    gru_forward,
    lstm_backward,
    lstm_forward,
    matmul,
    rnn_backward,
    rnn_forward,
)

from ..apply import apply
from ..handles import new_tensor
from ..primitive import Primitive
from .activation import relu as rectified
from .joining import stack
from .linear import linear
from .reducing import total
from .sigmoids import sigmoid, tanh
from .splitting import chunk

__all__ = ["Layer", "check", "gru_layer", "lstm_layer", "pair", "rnn_layer"]


# Step by step --------------------------------------------------------------------------------


def _in_order(x: Any, reverse: bool) -> range:
    return range(len(x) - 1, -1, -1) if reverse else range(len(x))


def _zeros(x: Any, size: int) -> Any:
    return new_tensor(np.zeros((x.shape[1], size), x.dtype), None)


def _lstm_steps(
    x: Any,
    h: Any,
    c: Any,
    w_ih: Any,
    w_hh: Any,
    b_ih: Any,
    b_hh: Any,
    reverse: bool,
    w_hr: Any = None,
) -> tuple[Any, Any, Any]:
    """Return the output and the last h and c. `w_hr` projects each h (H. Sak et al., 2014)."""
    h = _zeros(x, w_hh.shape[1]) if h is None else h
    c = _zeros(x, len(w_hh) // 4) if c is None else c
    projected: Any = linear(x, w_ih, b_ih)
    outputs = [h] * len(x)
    for t in _in_order(x, reverse):
        i, f, g, o = chunk(projected[t] + linear(h, w_hh, b_hh), 4, 1)
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        h = outputs[t] = h if w_hr is None else linear(h, w_hr)
    return stack(outputs), h, c


def _gru_steps(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, reverse: bool
) -> tuple[Any, Any]:
    """Return the output and the last h."""
    h = _zeros(x, w_hh.shape[1]) if h is None else h
    projected: Any = linear(x, w_ih, b_ih)
    outputs = [h] * len(x)
    for t in _in_order(x, reverse):
        xr, xz, xn = chunk(projected[t], 3, 1)
        hr, hz, hn = chunk(linear(h, w_hh, b_hh), 3, 1)
        n: Any = tanh(xn + sigmoid(xr + hr) * hn)
        h = outputs[t] = n + sigmoid(xz + hz) * (h - n)
    return stack(outputs), h


def _rnn_steps(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, relu: bool, reverse: bool
) -> tuple[Any, Any]:
    """Return the output and the last h."""
    h = _zeros(x, w_hh.shape[1]) if h is None else h
    projected: Any = linear(x, w_ih, b_ih)
    outputs = [h] * len(x)
    for t in _in_order(x, reverse):
        a = projected[t] + linear(h, w_hh, b_hh)
        h = outputs[t] = rectified(a) if relu else tanh(a)
    return stack(outputs), h


def _through_steps(
    steps: Callable[..., Any], g: Sequence[Any], xs: Sequence[Any], options: tuple[Any, ...]
) -> list[Any]:
    """Return the cotangents of `xs` as Tensors, by doing the steps again, recorded."""
    from ..runs import gradients, stand_in  # the engine is built on the operations

    inputs = [None if x is None else stand_in("recurrent steps", _tensor(x), True) for x in xs]
    x: Any = inputs[0]
    outputs = steps(x if x.ndim == 3 else x.unsqueeze(0), *inputs[1:], *options)
    ys, cotangents = zip(*[(y, part) for y, part in zip(outputs, g) if part is not None])
    found = iter(gradients(ys, [x for x in inputs if x is not None], cotangents, True))
    return [None if x is None else next(found) for x in inputs]


def _tensor(x: Any) -> Any:
    return new_tensor(x, None) if isinstance(x, np.ndarray) else x


# All steps at once ---------------------------------------------------------------------------


def _rows(x: np.ndarray) -> np.ndarray:
    """See all but the last axis as one."""
    return x.reshape(-1, x.shape[-1])


def _first(reverse: bool) -> int:
    return -1 if reverse else 0


def _last(reverse: bool) -> int:
    return 0 if reverse else -1


def _prepared(
    x: np.ndarray,
    h0: np.ndarray | None,
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    bias: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return h0, the input's part of all steps and the hidden state's part of the first."""
    x = x if x.ndim == 3 else x[None]
    projected = matmul(_rows(x), w_ih.T, bias).reshape(*x.shape[:2], -1)
    if h0 is not None:
        return h0, projected, matmul(h0, w_hh.T)
    h0 = np.zeros((x.shape[1], w_hh.shape[1]), x.dtype)
    return h0, projected, np.zeros(projected.shape[1:], x.dtype)


def _sum(b_ih: np.ndarray | None, b_hh: np.ndarray | None) -> np.ndarray | None:
    if b_ih is None or b_hh is None:
        return b_hh if b_ih is None else b_ih
    return b_ih + b_hh


def _cotangents(
    da: np.ndarray,
    da_h: np.ndarray,
    xs: Sequence[Any],
    output: np.ndarray,
    needs: Sequence[bool],
    reverse: bool,
) -> list[Any]:
    """Return the cotangents of x, h0, w_ih, w_hh, b_ih and b_hh, for which `xs` and `needs` are.

    `da` is the cotangent of the input's part of all steps and `da_h` that of the hidden state's.
    """
    x, h0, w_ih, w_hh = xs[:4]
    found: list[Any] = [None] * 6
    first = da_h[_first(reverse)]
    if needs[0]:
        found[0] = matmul(_rows(da), w_ih).reshape(x.shape)
    if needs[1]:
        found[1] = matmul(first, w_hh)
    if needs[2]:
        found[2] = matmul(_rows(da).T, _rows(x))
    if needs[3]:
        later, earlier = (da_h[:-1], output[1:]) if reverse else (da_h[1:], output[:-1])
        found[3] = matmul(_rows(later).T, _rows(earlier))
        if h0 is not None:
            found[3] += matmul(first.T, h0)
    if needs[4]:
        found[4] = total(_rows(da), (0,))
    if needs[5]:
        found[5] = found[4] if da is da_h and needs[4] else total(_rows(da_h), (0,))
    return found


def _or_zeros(g: Any, like: np.ndarray) -> np.ndarray:
    return np.zeros(like.shape, like.dtype) if g is None else g


def _on_arrays(g: Sequence[Any]) -> bool:
    return all([part is None or isinstance(part, np.ndarray) for part in g])


def _lstm(
    x: np.ndarray,
    h0: np.ndarray | None,
    c0: np.ndarray | None,
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    b_ih: np.ndarray | None,
    b_hh: np.ndarray | None,
    reverse: bool,
) -> tuple[np.ndarray, ...]:
    zeros, projected, start = _prepared(x, h0, w_ih, w_hh, _sum(b_ih, b_hh))
    c0 = np.zeros_like(zeros) if c0 is None else c0
    output, cells, gates = lstm_forward(projected, start, c0, w_hh, reverse)
    last = _last(reverse)
    return output, output[last].copy(), cells[last].copy(), cells, gates


def _lstm_rule(g: Any, xs: Any, out: Any, needs: Any, reverse: bool) -> list[Any]:
    if not _on_arrays(g):
        return _through_steps(_lstm_steps, g, xs, (reverse,))
    output, h, c, cells, gates = out
    dy, dh, dc = _or_zeros(g[0], output), _or_zeros(g[1], h), _or_zeros(g[2], c)
    c0 = _or_zeros(xs[2], c)
    da, dc0 = lstm_backward(dy, dh, dc, xs[4], cells, gates, c0, reverse)
    without_c0 = [0, 1, 3, 4, 5, 6]
    found = _cotangents(
        da, da, [xs[i] for i in without_c0], output, [needs[i] for i in without_c0], reverse
    )
    return [*found[:2], dc0, *found[2:]]


def _gru(
    x: np.ndarray,
    h0: np.ndarray | None,
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    b_ih: np.ndarray | None,
    b_hh: np.ndarray | None,
    reverse: bool,
) -> tuple[np.ndarray, ...]:
    hidden = w_hh.shape[1]
    bias, b_hn = b_ih, np.zeros(hidden, x.dtype)
    if b_hh is not None:  # that of h_n is multiplied with r: it cannot be added to the input's part
        b_hn = b_hh[2 * hidden :]
        bias = b_hh.copy() if b_ih is None else b_ih + b_hh
        bias[2 * hidden :] = 0 if b_ih is None else b_ih[2 * hidden :]
    h0, projected, start = _prepared(x, h0, w_ih, w_hh, bias)
    output, gates = gru_forward(projected, start, b_hn, h0, w_hh, reverse)
    return output, output[_last(reverse)].copy(), gates


def _gru_rule(g: Any, xs: Any, out: Any, needs: Any, reverse: bool) -> list[Any]:
    if not _on_arrays(g):
        return _through_steps(_gru_steps, g, xs, (reverse,))
    output, h, gates = out
    dy, dh, h0 = _or_zeros(g[0], output), _or_zeros(g[1], h), _or_zeros(xs[1], h)
    da, da_h, dh0 = gru_backward(dy, dh, xs[3], output, gates, h0, reverse)
    found = _cotangents(da, da_h, xs, output, needs, reverse)
    if needs[1]:
        found[1] += dh0
    return found


def _rnn(
    x: np.ndarray,
    h0: np.ndarray | None,
    w_ih: np.ndarray,
    w_hh: np.ndarray,
    b_ih: np.ndarray | None,
    b_hh: np.ndarray | None,
    relu: bool,
    reverse: bool,
) -> tuple[np.ndarray, ...]:
    _, projected, start = _prepared(x, h0, w_ih, w_hh, _sum(b_ih, b_hh))
    output = rnn_forward(projected, start, w_hh, relu, reverse)
    return output, output[_last(reverse)].copy()


def _rnn_rule(g: Any, xs: Any, out: Any, needs: Any, relu: bool, reverse: bool) -> list[Any]:
    if not _on_arrays(g):
        return _through_steps(_rnn_steps, g, xs, (relu, reverse))
    output, h = out
    dy, dh = _or_zeros(g[0], output), _or_zeros(g[1], h)
    da = rnn_backward(dy, dh, xs[3], output, relu, reverse)
    return _cotangents(da, da, xs, output, needs, reverse)


_lstm_sequence = Primitive("lstm", _lstm, _lstm_rule, arity=7, multi=True)
"""(output, last h, last c, all c, all gates) of (x, h0, c0, w_ih, w_hh, b_ih, b_hh)."""

_gru_sequence = Primitive("gru", _gru, _gru_rule, arity=6, multi=True)
"""(output, last h, all gates) of (x, h0, w_ih, w_hh, b_ih, b_hh)."""

_rnn_sequence = Primitive("rnn", _rnn, _rnn_rule, arity=6, multi=True)
"""(output, last h) of (x, h0, w_ih, w_hh, b_ih, b_hh)."""


# A layer in one direction -----------------------------------------------------------------------


def check(operation: str, gates: int, x: Any, states: Sequence[Any], weights: Any) -> None:
    """Raise unless an input (T, N, I) or (N, I), its states and the weights of a layer fit."""
    w_ih, w_hh, b_ih, b_hh, *w_hr = weights
    hidden = w_ih.shape[0] // gates
    out = w_hr[0].shape[0] if w_hr else hidden
    batch, rows = x.shape[-2], gates * hidden
    expected = [
        ("weight_ih", w_ih, (rows, x.shape[-1])),
        ("weight_hh", w_hh, (rows, out)),
        ("bias_ih", b_ih, (rows,)),
        ("bias_hh", b_hh, (rows,)),
        *[("weight_hr", w, (out, hidden)) for w in w_hr],
        *[(name, state, (batch, n)) for name, state, n in zip("hc", states, (out, hidden))],
    ]
    for name, tensor, shape in expected:
        if tensor is None:
            continue
        if tensor.shape != shape:
            raise ValueError(
                f"{operation}: {name} has shape {tensor.shape}, but an input {x.shape} and "
                f"weight_ih {w_ih.shape} ask for {shape}"
            )
        if tensor.dtype != x.dtype:
            raise TypeError(
                f"{operation}: the input is {x.dtype} and {name} {tensor.dtype}; convert one with "
                ".to(...)"
            )


def pair(operation: str, hx: Any) -> Sequence[Any]:
    """Return the states of an LSTM, checked to be two."""
    if hx is None:
        return None, None
    if not isinstance(hx, (tuple, list)) or len(hx) != 2:
        raise TypeError(f"{operation}: hx must be the pair (h, c), got {type(hx).__name__}")
    return hx


def lstm_layer(x: Any, states: Sequence[Any], weights: Any, reverse: bool) -> Sequence[Any]:
    if len(weights) == 5:
        (h, c), (w_ih, w_hh, b_ih, b_hh, w_hr) = states, weights
        return _lstm_steps(x, h, c, w_ih, w_hh, b_ih, b_hh, reverse, w_hr)
    return apply(_lstm_sequence, (x, *states, *weights), (reverse,))[:3]


def gru_layer(x: Any, states: Sequence[Any], weights: Any, reverse: bool) -> Sequence[Any]:
    return apply(_gru_sequence, (x, *states, *weights), (reverse,))[:2]


def rnn_layer(relu: bool) -> Callable[..., Sequence[Any]]:
    def layer(x: Any, states: Sequence[Any], weights: Any, reverse: bool) -> Sequence[Any]:
        return apply(_rnn_sequence, (x, *states, *weights), (relu, reverse))

    return layer


Layer = Callable[[Any, Sequence[Any], Any, bool], Sequence[Any]]
"""(x, states, weights, reverse) -> (output, *last states)."""
