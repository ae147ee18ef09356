"""Convolutions in float32: each direction on its own, a public one, and a step of a small CNN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import autodiff as ad
from autodiff import kernels, nn, optim
from autodiff.nn import functional as F

from ..case import Case

__all__ = ["cases"]

# shape of the input, shape of the weight, stride, padding, groups
_SHAPES: list[tuple[tuple[int, ...], tuple[int, ...], int, int, int]] = [
    ((32, 1, 28, 28), (16, 1, 3, 3), 1, 1, 1),
    ((32, 16, 28, 28), (32, 16, 3, 3), 1, 1, 1),
    ((8, 64, 56, 56), (64, 64, 3, 3), 1, 1, 1),
    ((4, 3, 224, 224), (64, 3, 7, 7), 2, 3, 1),
    ((8, 128, 28, 28), (128, 128, 3, 3), 1, 1, 1),
    ((8, 256, 14, 14), (256, 256, 3, 3), 1, 1, 1),
    ((16, 256, 14, 14), (256, 256, 1, 1), 1, 0, 1),
    ((32, 64, 28, 28), (128, 64, 3, 3), 2, 1, 1),
    ((16, 128, 28, 28), (128, 1, 3, 3), 1, 1, 128),
    ((32, 64, 256), (64, 64, 5), 1, 0, 1),
    ((4, 8, 16, 16, 16), (16, 8, 3, 3, 3), 1, 1, 1),
]


def cases(torch: Any) -> Iterator[Case]:
    """The kernels' three directions at each shape, then what is made of them."""
    rng = np.random.default_rng(0)
    for shapes in _SHAPES:
        yield from _directions(torch, rng, *shapes)
    arrays = [
        rng.standard_normal(shape).astype(np.float32)
        for shape in ((64, 1, 8, 8), (16, 1, 3, 3), (16,))
    ]
    ours = _Layer(ad, F, arrays)
    peer = _Layer(torch, torch.nn.functional, arrays) if torch is not None else None
    yield Case(
        "conv2d and backward, 64x1x8x8",
        ours.run,
        None if peer is None else peer.run,
        _compared(ours, peer),
        rtol=1e-3,
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


def _directions(
    torch: Any,
    rng: np.random.Generator,
    x_shape: tuple[int, ...],
    w_shape: tuple[int, ...],
    stride: int,
    padding: int,
    groups: int,
) -> Iterator[Case]:
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in (x_shape, w_shape))
    options = (stride, padding, 1, groups)
    g = rng.standard_normal(kernels.conv_forward(x, w, None, *options).shape).astype(np.float32)
    name = f"{'x'.join(map(str, x_shape))} k{w_shape[-1]} -> {w_shape[0]}"
    name += (f" s{stride}" if stride > 1 else "") + (f" g{groups}" if groups > 1 else "")
    ours: list[tuple[str, Callable[[], np.ndarray]]] = [
        ("forward", lambda: kernels.conv_forward(x, w, None, *options)),
        ("grad of input", lambda: kernels.conv_input_grad(g, w, x_shape, *options)),
        ("grad of weight", lambda: kernels.conv_weight_grad(g, x, w_shape, *options)),
    ]
    peers: list[Any] = [None] * 3
    if torch is not None:
        tx, tw, tg = (torch.from_numpy(a) for a in (x, w, g))
        axes = len(x_shape) - 2
        function = getattr(torch.nn.functional, f"conv{axes}d")

        def backward(*mask: bool) -> Any:
            gradients = torch.ops.aten.convolution_backward(
                tg, tx, tw, None, [stride] * axes, [padding] * axes, [1] * axes, False,
                [0] * axes, groups, mask,
            )  # fmt: skip
            return gradients[mask.index(True)]

        peers = [
            lambda: function(tx, tw, None, *options),
            lambda: backward(True, False, False),
            lambda: backward(False, True, False),
        ]
    for (direction, run), peer in zip(ours, peers, strict=True):

        def results(run: Any = run, peer: Any = peer) -> list[tuple[Any, Any]]:
            return [(run(), peer().numpy())]

        yield Case(f"{name}, {direction}", run, peer, results, rtol=1e-3)


def _compared(ours: Any, peer: Any) -> Any:
    def results() -> list[tuple[Any, Any]]:
        ours.run()
        peer.run()
        return list(zip(ours.results(), peer.results(), strict=True))

    return results


class _Layer:
    """A convolution with its input, weight and bias."""

    def __init__(self, lib: Any, functional: Any, arrays: Any) -> None:
        self.tensors = [lib.from_numpy(a.copy()).requires_grad_() for a in arrays]
        self.conv2d = functional.conv2d
        self.seed = lib.ones_like(functional.conv2d(*self.tensors, padding=1).detach())

    def run(self) -> None:
        for t in self.tensors:
            t.grad = None
        self.conv2d(*self.tensors, padding=1).backward(self.seed)

    def results(self) -> list[np.ndarray]:
        out = self.conv2d(*self.tensors, padding=1)
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
