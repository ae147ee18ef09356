"""Convolutions: forward, gradient of the input, gradient of the weight."""

from .convolution import conv_forward, conv_input_grad, conv_output_size, conv_weight_grad

__all__ = ["conv_forward", "conv_input_grad", "conv_output_size", "conv_weight_grad"]
