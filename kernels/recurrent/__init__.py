"""Recurrent networks: whole sequences, and as sequences of one step their cells.

The input's part of all steps is one matrix product, made before; so is the hidden state's part of
the first step. What is left, the later products with the hidden state and the gates, is one kernel
per direction. The cotangents of all steps that the backward kernels leave are then, again by large
products, those of inputs and weights.
"""

from .gru import gru_backward, gru_forward
from .lstm import lstm_backward, lstm_forward
from .rnn import rnn_backward, rnn_forward

__all__ = [
    "gru_backward",
    "gru_forward",
    "lstm_backward",
    "lstm_forward",
    "rnn_backward",
    "rnn_forward",
]
