"""Single operations on 32x32 float32 tensors that require grad: the cost of dispatch and recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autodiff as ad
from autodiff.nn import functional as F

from ..case import Case

__all__ = ["cases"]

_UNARY = ["exp", "log", "sqrt", "sin", "tanh", "sigmoid", "relu", "abs", "square", "sum", "mean"]
_BINARY = ["add", "sub", "mul", "div", "maximum", "matmul"]


def cases(torch: Any) -> Iterator[Case]:
    """One case per operation."""
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(0.5, 2.0, (32, 32)).astype(np.float32) for _ in range(2))
    a, b = ad.tensor(x, requires_grad=True), ad.tensor(y, requires_grad=True)
    ta = tb = None
    if torch is not None:
        ta, tb = (torch.tensor(v, requires_grad=True) for v in (x, y))
    calls: list[tuple[str, Callable[..., Any], Callable[..., Any] | None, bool]] = []
    for name in _UNARY:
        calls.append((name, getattr(ad, name), torch and getattr(torch, name), False))
    for name in _BINARY:
        calls.append((name, getattr(ad, name), torch and getattr(torch, name), True))
    calls += [
        ("x + 1", lambda x: x + 1, lambda x: x + 1, False),
        ("x ** 2", lambda x: x**2, lambda x: x**2, False),
        ("reshape", lambda x: x.reshape(16, 64), lambda x: x.reshape(16, 64), False),
        ("transpose", lambda x: x.T, lambda x: x.T, False),
        ("x[3:20]", lambda x: x[3:20], lambda x: x[3:20], False),
        ("softmax", lambda x: F.softmax(x, 1), lambda x: torch.softmax(x, 1), False),
        ("sum(dim=0)", lambda x: x.sum(0), lambda x: x.sum(0), False),
    ]
    for name, ours, peer, both in calls:
        yield _case(
            name, ours, torch and peer, (a, b) if both else (a,), (ta, tb) if both else (ta,)
        )


def _case(
    name: str, ours: Callable[..., Any], peer: Callable[..., Any] | None, xs: Any, ts: Any
) -> Case:
    def results() -> list[tuple[Any, Any]]:
        assert peer is not None
        return [(ours(*xs).detach().numpy(), peer(*ts).detach().numpy())]

    if len(xs) == 1:
        (x,), (t,) = xs, ts
        return Case(name, lambda: ours(x), peer and (lambda: peer(t)), results)
    (x, y), (t, u) = xs, ts
    return Case(name, lambda: ours(x, y), peer and (lambda: peer(t, u)), results)
