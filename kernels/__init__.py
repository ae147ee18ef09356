"""Kernels: plain arrays in, plain arrays out.

Each kernel has a NumPy version, written to be read, and most have a compiled one (Numba), which is
imported and compiled at its first use. Which of them runs is decided in one place, `registry`; the
environment variable `AUTODIFF_KERNELS` ("auto", "numpy" or "numba") and `use` say how.

==================  ========================================================================
matrix products     `matmul`
convolution         `conv_forward`, `conv_input_grad`, `conv_weight_grad`, `conv_bias_grad`
pooling             `max_pool_forward`, `max_pool_backward`, `avg_pool_forward`,
                    `avg_pool_backward`, `adaptive_max_pool_forward`,
                    `adaptive_avg_pool_forward`, `adaptive_avg_pool_backward`
normalisation       `layer_norm_forward`, `layer_norm_backward`, `group_norm_forward`,
                    `group_norm_backward`, `batch_norm_forward`, `batch_norm_backward`
attention           `attention_forward`, `attention_backward`
recurrent networks  `lstm_forward`, `lstm_backward`, `gru_forward`, `gru_backward`,
                    `rnn_forward`, `rnn_backward`
functions           `exp`, `erf`, `erfc`, `erfinv`, `keep`
activations         `sigmoid`, `silu`, `gelu` and `sigmoid_backward`, `tanh_backward`,
                    `silu_backward`, `gelu_backward`
softmax             `softmax`, `log_softmax`, `cross_entropy` and the same with `_backward`
dropout             `dropout`
sums by index       `index_add`
optimisers          `sgd_step`, `adam_step`, `rmsprop_step`, `adagrad_step`, `adadelta_step`
==================  ========================================================================

A kernel `conv_forward` is declared in `conv/convolution.py` with its reference; its compiled
version is the function of the same name in `conv/convolution_jit.py`.
"""

from .activation import (
    exp,
    gelu,
    gelu_backward,
    sigmoid,
    sigmoid_backward,
    silu,
    silu_backward,
    tanh_backward,
)
from .attention import attention_backward, attention_forward
from .conv import (
    conv_bias_grad,
    conv_forward,
    conv_input_grad,
    conv_output_size,
    conv_weight_grad,
)
from .cross_entropy import cross_entropy, cross_entropy_backward
from .dropout import dropout
from .elementwise import erf, erfc, erfinv, keep
from .gemm import matmul
from .norm import (
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
    layer_norm_backward,
    layer_norm_forward,
)
from .pool import (
    adaptive_avg_pool_backward,
    adaptive_avg_pool_forward,
    adaptive_max_pool_forward,
    avg_pool_backward,
    avg_pool_forward,
    max_pool_backward,
    max_pool_forward,
    pool_output_size,
)
from .recurrent import (
    gru_backward,
    gru_forward,
    lstm_backward,
    lstm_forward,
    rnn_backward,
    rnn_forward,
)
from .registry import KERNELS, Kernel, kernel, mode, use
from .scatter import index_add
from .softmax import log_softmax, log_softmax_backward, softmax, softmax_backward
from .threads import get_num_threads, set_num_threads
from .update import adadelta_step, adagrad_step, adam_step, rmsprop_step, sgd_step
from .warmup import warm_up

__all__ = [
    "KERNELS",
    "Kernel",
    "adadelta_step",
    "adagrad_step",
    "adam_step",
    "adaptive_avg_pool_backward",
    "adaptive_avg_pool_forward",
    "adaptive_max_pool_forward",
    "attention_backward",
    "attention_forward",
    "avg_pool_backward",
    "avg_pool_forward",
    "batch_norm_backward",
    "batch_norm_forward",
    "conv_bias_grad",
    "conv_forward",
    "conv_input_grad",
    "conv_output_size",
    "conv_weight_grad",
    "cross_entropy",
    "cross_entropy_backward",
    "dropout",
    "erf",
    "erfc",
    "erfinv",
    "exp",
    "gelu",
    "gelu_backward",
    "get_num_threads",
    "group_norm_backward",
    "group_norm_forward",
    "gru_backward",
    "gru_forward",
    "index_add",
    "keep",
    "kernel",
    "layer_norm_backward",
    "layer_norm_forward",
    "log_softmax",
    "log_softmax_backward",
    "lstm_backward",
    "lstm_forward",
    "matmul",
    "max_pool_backward",
    "max_pool_forward",
    "mode",
    "pool_output_size",
    "rmsprop_step",
    "rnn_backward",
    "rnn_forward",
    "set_num_threads",
    "sgd_step",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "tanh_backward",
    "use",
    "warm_up",
]
