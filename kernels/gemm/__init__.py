"""Matrix products."""

from .products import matmul

__all__ = ["matmul"]
