"""Convolutions: forward, gradients of the input, the weight and the bias."""

from .convolution import (
    conv_bias_grad,
    conv_forward,
    conv_input_grad,
    conv_output_size,
    conv_weight_grad,
)

__all__ = [
    "conv_bias_grad",
    "conv_forward",
    "conv_input_grad",
    "conv_output_size",
    "conv_weight_grad",
]
