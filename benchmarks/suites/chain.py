"""A chain of 100 alternating products and sums on 32x32 float32, forward and backward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import autodiff as ad

from ..case import Case

__all__ = ["cases"]


def _chain(leaves: list[Any], seed: Any) -> None:
    x, a, b = leaves
    y = x
    for _ in range(50):
        y = y * a
        y = y + b
    x.grad = a.grad = b.grad = None
    y.backward(seed)


def cases(torch: Any) -> Iterator[Case]:
    """The chain with three leaves that require grad, and with one."""
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.5, 1.1, (32, 32)).astype(np.float32) for _ in range(3)]
    seed = np.ones((32, 32), np.float32)
    for name, wants in (("x, a and b require grad", 3), ("x requires grad", 1)):
        ours = [ad.tensor(v, requires_grad=i < wants) for i, v in enumerate(arrays)]
        our_seed = ad.tensor(seed)
        theirs: Any = None
        if torch is not None:
            theirs = [torch.tensor(v, requires_grad=i < wants) for i, v in enumerate(arrays)]
            their_seed = torch.tensor(seed)

        def run_ours(xs: Any = ours, seed: Any = our_seed) -> None:
            _chain(xs, seed)

        def run_peer(xs: Any = theirs, seed: Any = theirs and their_seed) -> None:
            _chain(xs, seed)

        def results(
            ours: Any = ours,
            theirs: Any = theirs,
            a: Any = run_ours,
            b: Any = run_peer,
            n: int = wants,
        ) -> list[tuple[Any, Any]]:
            a()
            b()
            return [
                (x.grad.numpy(), t.grad.numpy()) for x, t in zip(ours[:n], theirs[:n], strict=True)
            ]

        yield Case(name, run_ours, torch and run_peer, results)
