"""The operations, one module per theme; each names what becomes a method of ``Tensor``."""

from __future__ import annotations

from . import arithmetic, conversion, indexing, linalg, reductions, shape

THEMES = (arithmetic, conversion, reductions, linalg, shape, indexing)
