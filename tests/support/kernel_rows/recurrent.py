"""Arguments of the recurrent kernels: small, odd, a single step, and worth several threads."""

from __future__ import annotations

from itertools import cycle

SIZES = [(2, 3, 4), (5, 11, 37), (1, 9, 40), (12, 40, 64)]  # T, N, H


def _row(gates, shapes, relu=False):
    """Arrays of these shapes, each spelt by letters (G for all gates), then the options."""

    def arguments(rng, dtype):
        calls = []
        for (t, n, h), flag in zip(SIZES, cycle([False, True])):
            length = {"T": t, "N": n, "H": h, "G": gates * h, "4": 4 * h}
            arrays = [
                rng.normal(scale=0.3, size=[length[letter] for letter in letters]).astype(dtype)
                for letters in shapes.split()
            ]
            calls.append((*arrays, *([not flag] if relu else []), flag))
        return calls

    return arguments


ROWS = {
    "lstm_forward": _row(4, "TNG NG NH GH"),
    "lstm_backward": _row(4, "TNH NH NH GH TNH TNG NH"),
    "gru_forward": _row(3, "TNG NG H NH GH"),
    "gru_backward": _row(3, "TNH NH GH TNH TN4 NH"),
    "rnn_forward": _row(1, "TNH NH HH", relu=True),
    "rnn_backward": _row(1, "TNH NH HH TNH", relu=True),
}
