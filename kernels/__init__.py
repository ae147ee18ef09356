"""Kernels: plain arrays in, plain arrays out.

Each kernel has a NumPy version, written to be read, and most have a compiled one (Numba), which is
imported and compiled at its first use. Which of them runs is decided in one place, `registry`; the
environment variable `AUTODIFF_KERNELS` ("auto", "numpy" or "numba") and `use` say how.

==================  ========================================================================
matrix products     `matmul`
convolution         `conv_forward`, `conv_input_grad`, `conv_weight_grad`
pooling             `max_pool_forward`, `max_pool_backward`, `avg_pool_forward`,
                    `avg_pool_backward`, `adaptive_max_pool_forward`,
                    `adaptive_avg_pool_forward`, `adaptive_avg_pool_backward`
functions           `erf`, `erfc`, `erfinv`
sums by index       `index_add`
optimisers          `sgd_step`, `adam_step`, `rmsprop_step`, `adagrad_step`, `adadelta_step`
==================  ========================================================================

A kernel `conv_forward` is declared in `conv/convolution.py` with its reference; its compiled
version is the function of the same name in `conv/convolution_jit.py`.
"""

from .conv import conv_forward, conv_input_grad, conv_output_size, conv_weight_grad
from .elementwise import erf, erfc, erfinv, keep
from .gemm import matmul
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
from .registry import KERNELS, Kernel, kernel, mode, use
from .scatter import index_add
from .threads import get_num_threads, set_num_threads
from .update import adadelta_step, adagrad_step, adam_step, rmsprop_step, sgd_step

__all__ = [
    "KERNELS",
    "Kernel",
    "adadelta_step",
    "adagrad_step",
    "adam_step",
    "adaptive_avg_pool_backward",
    "adaptive_avg_pool_forward",
    "adaptive_max_pool_forward",
    "avg_pool_backward",
    "avg_pool_forward",
    "conv_forward",
    "conv_input_grad",
    "conv_output_size",
    "conv_weight_grad",
    "erf",
    "erfc",
    "erfinv",
    "get_num_threads",
    "index_add",
    "keep",
    "kernel",
    "matmul",
    "max_pool_backward",
    "max_pool_forward",
    "mode",
    "pool_output_size",
    "rmsprop_step",
    "set_num_threads",
    "sgd_step",
    "use",
]
