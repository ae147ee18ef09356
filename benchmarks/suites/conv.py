"""Convolutions in float32, forward and backward, and a training step of a small CNN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import autodiff as ad
from autodiff import nn, optim
from autodiff.nn import functional as F

from ..case import Case

__all__ = ["cases"]

# batch, channels, size, filters, kernel, stride, padding, groups
_LAYERS = [
    (64, 1, 8, 16, 3, 1, 1, 1),
    (32, 1, 28, 16, 3, 1, 1, 1),
    (32, 16, 28, 32, 3, 1, 1, 1),
    (8, 64, 56, 64, 3, 1, 1, 1),
    (32, 64, 28, 128, 3, 2, 1, 1),
    (16, 256, 14, 256, 1, 1, 0, 1),
    (16, 128, 28, 128, 3, 1, 1, 128),
]


def cases(torch: Any) -> Iterator[Case]:
    """Single layers, then a CNN on images of 1x28x28."""
    rng = np.random.default_rng(0)
    for n, c, size, k, kernel, stride, padding, groups in _LAYERS:
        x = rng.standard_normal((n, c, size, size)).astype(np.float32)
        w = rng.standard_normal((k, c // groups, kernel, kernel)).astype(np.float32)
        b = rng.standard_normal(k).astype(np.float32)
        options = {"stride": stride, "padding": padding, "groups": groups}
        ours = _Layer(ad, F, (x, w, b), options)
        peer = _Layer(torch, torch.nn.functional, (x, w, b), options) if torch is not None else None
        name = f"{n}x{c}x{size}x{size} k{kernel} -> {k}"
        name += (f" s{stride}" if stride > 1 else "") + (f" g{groups}" if groups > 1 else "")
        yield Case(
            name, ours.run, None if peer is None else peer.run, _compared(ours, peer), rtol=1e-3
        )
    x = rng.standard_normal((32, 1, 28, 28)).astype(np.float32)
    y = rng.integers(0, 10, 32)
    net = _Net(nn, optim, ad, x, y)
    rival = _Net(torch.nn, torch.optim, torch, x, y) if torch is not None else None
    yield Case(
        "CNN step, 32x1x28x28, SGD",
        net.run,
        None if rival is None else rival.run,
        _compared(net, rival),
        rtol=1e-3,
    )


def _compared(ours: Any, peer: Any) -> Any:
    def results() -> list[tuple[Any, Any]]:
        ours.run()
        peer.run()
        return list(zip(ours.results(), peer.results(), strict=True))

    return results


class _Layer:
    """A convolution with its input, weight and bias."""

    def __init__(self, lib: Any, functional: Any, arrays: Any, options: dict[str, int]) -> None:
        self.tensors = [lib.from_numpy(a.copy()).requires_grad_() for a in arrays]
        self.conv2d, self.options = functional.conv2d, options
        self.seed = lib.ones_like(functional.conv2d(*self.tensors, **options).detach())

    def run(self) -> None:
        for t in self.tensors:
            t.grad = None
        self.conv2d(*self.tensors, **self.options).backward(self.seed)

    def results(self) -> list[np.ndarray]:
        out = self.conv2d(*self.tensors, **self.options)
        return [out.detach().numpy(), *[t.grad.numpy() for t in self.tensors]]


class _Net:
    """A CNN with its optimiser and one batch."""

    def __init__(self, nn: Any, optim: Any, lib: Any, x: np.ndarray, y: np.ndarray) -> None:
        lib.manual_seed(0)
        self.model = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
        )  # fmt: skip
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.01)
        self.x, self.y = lib.from_numpy(x), lib.from_numpy(y)

    def run(self) -> None:
        self.optimizer.zero_grad()
        self.loss(self.model(self.x), self.y).backward()
        self.optimizer.step()

    def results(self) -> list[np.ndarray]:
        return [p.detach().numpy().copy() for p in self.model.parameters()]
