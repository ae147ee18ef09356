"""Normalisations: of rows, of groups of channels, of channels over the batch."""

from .channels import (
    batch_norm_backward,
    batch_norm_forward,
    group_norm_backward,
    group_norm_forward,
)
from .rows import layer_norm_backward, layer_norm_forward

__all__ = [
    "batch_norm_backward",
    "batch_norm_forward",
    "group_norm_backward",
    "group_norm_forward",
    "layer_norm_backward",
    "layer_norm_forward",
]
