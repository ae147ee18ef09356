"""Compiled functions of single elements."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from .elementwise import keep as _keep
from .jit import jit, native
from .ufunc import elementwise
from .vector_math import erf as erf_of


@elementwise(work=32)
def erf(x):
    return erf_of(x)


@jit
def _kept(g, mask, out):
    nothing = out.dtype.type(0)
    for i in range(len(g)):
        out[i] = g[i] if mask[i] else nothing


def keep(g: np.ndarray, mask: np.ndarray) -> np.ndarray:
    if g.shape != mask.shape:
        return _keep.reference(g, mask)
    out = np.empty(g.shape, g.dtype)
    _kept(native(g).reshape(-1), native(mask).reshape(-1), out.reshape(-1))
    return out
