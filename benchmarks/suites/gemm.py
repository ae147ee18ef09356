"""Matrix products in float32, forward, nothing recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import autodiff as ad

from ..case import Case

__all__ = ["cases"]

_SHAPES = [
    (32, 32, 32), (128, 128, 128), (512, 512, 512),
    (32, 16, 16), (64, 784, 128), (128, 784, 256), (256, 1024, 1024),
]  # fmt: skip


def cases(torch: Any) -> Iterator[Case]:
    """Square and MLP shapes (m, k, n), and a batch of small products."""
    rng = np.random.default_rng(0)
    pairs = [
        (f"{m}x{k} @ {k}x{n}", rng.standard_normal((m, k)), rng.standard_normal((k, n)))
        for m, k, n in _SHAPES
    ]
    batch = rng.standard_normal((2, 256, 16, 16))
    pairs.append(("256 of 16x16 @ 16x16", batch[0], batch[1]))
    for name, x, y in pairs:
        a, b = ad.tensor(x.astype(np.float32)), ad.tensor(y.astype(np.float32))
        ta, tb = (
            (torch.from_numpy(t.numpy()) for t in (a, b)) if torch is not None else (None, None)
        )

        def results(a: Any = a, b: Any = b, ta: Any = ta, tb: Any = tb) -> list[tuple[Any, Any]]:
            return [((a @ b).numpy(), (ta @ tb).numpy())]

        yield Case(
            name,
            lambda a=a, b=b: a @ b,  # type: ignore[misc]
            torch and (lambda ta=ta, tb=tb: ta @ tb),  # type: ignore[misc]
            results,
        )
