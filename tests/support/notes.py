"""What the tests of the worked numbers share: a scalar of each kind, the folder of real data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autodiff as ad

__all__ = ["array", "data_file", "each_scalar", "step", "tensor"]


def tensor(data: Any) -> ad.Tensor:
    """A float64 tensor that requires grad."""
    return ad.tensor(data, dtype=ad.float64, requires_grad=True)


# The same worked example on both handles.
each_scalar = pytest.mark.parametrize("scalar", [ad.Value, tensor], ids=["Value", "Tensor"])


def array(x: ad.Tensor) -> np.ndarray:
    """The numbers of a tensor."""
    return x.detach().numpy()


def step(z: Any) -> Any:
    """Step function of a Value or a Tensor: 1 above zero, else 0."""
    return float(z > 0) if isinstance(z, ad.Value) else (z > 0).to(z.dtype)


def data_file(name: str) -> Path:
    """The path of a file of real data; the test is skipped where it is absent."""
    named = os.environ.get("AUTODIFF_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not (folder / name).is_file():
        pytest.skip(f"set AUTODIFF_DATA to a folder with {name}")
    return folder / name
