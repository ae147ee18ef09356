"""Attention: for each query a mean of values, weighted by how well their keys fit."""

from .attention import attention_backward, attention_forward

__all__ = ["attention_backward", "attention_forward"]
