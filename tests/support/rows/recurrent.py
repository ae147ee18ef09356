"""Recurrent networks: layers of sequences, and cells."""

from __future__ import annotations

import autodiff as ad

from . import Row

T, N, I, H = 3, 2, 3, 2  # noqa: E741
GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def _parameters(gates, layers, directions, bias, proj):
    shapes = []
    for layer in range(layers):
        size = I if layer == 0 else directions * (proj or H)
        rows = gates * H
        shapes += [
            shape
            for _ in range(directions)
            for shape in [
                (rows, size),
                (rows, proj or H),
                *([(rows,)] * 2 if bias else []),
                *([(proj, H)] if proj else []),
            ]
        ]
    return shapes


def _row(label, kind, layers=1, bidirectional=False, bias=True, batch_first=False, proj=0):
    directions = 2 if bidirectional else 1
    states = [(layers * directions, N, proj or H)]
    if kind == "lstm":
        states.append((layers * directions, N, H))
    shapes = _parameters(GATES[kind], layers, directions, bias, proj)

    def inputs(rng):
        x = (N, T, I) if batch_first else (T, N, I)
        return [rng.normal(scale=0.7, size=shape) for shape in [x, *states, *shapes]]

    def call(module):
        def function(x, *rest):
            hx, params = rest[: len(states)], rest[len(states) :]
            return getattr(module, kind)(
                x, hx if kind == "lstm" else hx[0], params, bias, layers, 0.0, False,
                bidirectional, batch_first,
            )  # fmt: skip

        return function

    return Row(f"{kind} {label}", call(ad), inputs, lambda torch, *xs: call(torch)(*xs))


def _cell(label, kind, bias=True):
    states = 2 if kind == "lstm" else 1
    rows = GATES[kind] * H
    shapes = [(N, I), *[(N, H)] * states, (rows, I), (rows, H), *([(rows,)] * 2 if bias else [])]

    def call(module):
        def function(x, *rest):
            hx = rest[:states] if kind == "lstm" else rest[0]
            return getattr(module, f"{kind}_cell")(x, hx, *rest[states:])

        return function

    return Row(
        f"{kind}_cell {label}",
        call(ad),
        lambda rng: [rng.normal(scale=0.7, size=shape) for shape in shapes],
        lambda torch, *xs: call(torch)(*xs),
    )


def _last_state(kind):
    """Only the last h, from zeros: the cotangents of the rest and the first states are None."""
    shapes = [(T, N, I), *_parameters(GATES[kind], 1, 1, False, 0)]
    return Row(
        f"{kind} last state",
        lambda x, *params: getattr(ad, kind)(x, None, params, False, 1, 0.0, False, False, False)[
            1
        ],
        lambda rng: [rng.normal(scale=0.7, size=shape) for shape in shapes],
    )


ROWS = [
    *[_row("plain", kind) for kind in GATES],
    *[_row("layers", kind, layers=2, bidirectional=True, batch_first=True) for kind in GATES],
    *[_row("no bias", kind, bias=False) for kind in GATES],
    _row("projected", "lstm", layers=2, proj=1),
    _row("projected without bias", "lstm", bidirectional=True, bias=False, proj=1),
    *[_last_state(kind) for kind in GATES],
    *[_cell("plain", kind) for kind in GATES],
    *[_cell("no bias", kind, bias=False) for kind in GATES],
]
