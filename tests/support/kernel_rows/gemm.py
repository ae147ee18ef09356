"""Matrix products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def _matmul(rng: np.random.Generator, dtype: np.dtype) -> list[tuple]:
    def some(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(dtype)

    return [
        (some(3, 5), some(5, 4)),
        (some(17, 131), some(50, 131).T, some(50), "gelu", some(17, 50)),
        (some(1, 300), some(300, 130)),
        (some(40, 9, 16), some(40, 16, 11)),
        (some(200, 150), some(150, 300), None, "relu"),
        (some(70, 200).T, some(70, 300), some(300), "tanh"),
    ]


ROWS: dict[str, Callable[[np.random.Generator, np.dtype], list[tuple]]] = {"matmul": _matmul}
