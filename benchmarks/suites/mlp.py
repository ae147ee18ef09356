"""Training steps of multi-layer perceptrons: forward, loss, backward, optimiser."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

import autodiff as ad
from autodiff import nn, optim

from ..case import Case

__all__ = ["cases"]

_NETWORKS = [((2, 16, 16, 2), 32), ((64, 128, 64, 10), 64), ((784, 256, 128, 10), 128)]


def _network(nn: Any, sizes: tuple[int, ...]) -> Any:
    layers: list[Any] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class _Side:
    """One library's network, optimiser and batch."""

    def __init__(self, lib: Any, sizes: tuple[int, ...], kind: str, x: Any, y: Any) -> None:
        lib.manual_seed(0)
        self.model = _network(lib.nn, sizes)
        self.loss = lib.nn.CrossEntropyLoss()
        make = {
            "SGD": lambda p: lib.optim.SGD(p, lr=0.1),
            "Adam": lambda p: lib.optim.Adam(p, lr=1e-3),
        }
        self.optimizer = make[kind](self.model.parameters())
        self.x, self.y = lib.from_numpy(x), lib.from_numpy(y)

    def step(self) -> None:
        self.optimizer.zero_grad()
        self.loss(self.model(self.x), self.y).backward()
        self.optimizer.step()

    def parameters(self) -> list[np.ndarray]:
        return [p.detach().numpy().copy() for p in self.model.parameters()]


class _Ours:
    nn, optim = nn, optim
    manual_seed, from_numpy = staticmethod(ad.manual_seed), staticmethod(ad.from_numpy)


def cases(torch: Any) -> Iterator[Case]:
    """Three sizes, two optimisers. Both sides start from the same seed, hence the same weights."""
    rng = np.random.default_rng(0)
    for sizes, batch in _NETWORKS:
        x = rng.standard_normal((batch, sizes[0])).astype(np.float32)
        y = rng.integers(0, sizes[-1], batch)
        for kind in ("SGD", "Adam"):
            ours = _Side(_Ours, sizes, kind, x, y)
            peer = _Side(torch, sizes, kind, x, y) if torch is not None else None

            def results(ours: _Side = ours, peer: _Side | None = peer) -> list[tuple[Any, Any]]:
                assert peer is not None
                for _ in range(3):
                    ours.step()
                    peer.step()
                return list(zip(ours.parameters(), peer.parameters(), strict=True))

            name = f"{'-'.join(map(str, sizes))} batch {batch} {kind}"
            yield Case(name, ours.step, None if peer is None else peer.step, results, rtol=1e-3)
