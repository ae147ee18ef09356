"""What the recurrent kernels share: the order of the steps, checks, and when compiling pays."""

from __future__ import annotations

from typing import Any

import numpy as np


def order(steps: int, reverse: bool) -> range:
    """Return the places of the steps in the order in which they are done."""
    return range(steps - 1, -1, -1) if reverse else range(steps)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def worth_compiling(first: np.ndarray, *rest: Any) -> bool:
    """Say whether the compiled version pays.

    Measured: it is faster from the first element on, for NumPy takes about twenty calls a step.
    But its first call imports Numba, which a handful of numbers should not wait for.
    """
    return first.size >= 256


def check(kernel: str, *arrays: tuple[str, np.ndarray, tuple[int, ...]]) -> None:
    """Raise unless each array, given with its name, has the given shape and all have one dtype."""
    dtype = arrays[0][1].dtype
    for name, array, shape in arrays:
        if array.shape != shape:
            raise ValueError(f"{kernel}: {name} has shape {array.shape}, expected {shape}")
        if array.dtype != dtype:
            raise TypeError(
                f"{kernel}: {name} is of {array.dtype} and {arrays[0][0]} of {dtype}; they must be "
                "of one dtype"
            )
