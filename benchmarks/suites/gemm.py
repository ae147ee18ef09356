"""Matrix products in float32, mostly of plain arrays: kernels against NumPy and PyTorch, whichever is
faster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import autodiff as ad
from autodiff import kernels

from ..case import Case

__all__ = ["cases"]

_SQUARES = [32, 64, 128, 256, 512, 1024, 2048]
_PRODUCTS = [(32, 16, 16), (64, 784, 128), (128, 784, 256), (256, 1024, 1024)]
_TINY = [(32, 32, 32), (32, 16, 16)]
_LAYERS = [(64, 784, 128), (128, 256, 128)]


def cases(torch: Any) -> Iterator[Case]:
    """Square and MLP shapes, tiny ones of tensors too, a stack of small products, linear layers with
    bias and ReLU."""
    rng = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, np.float32)

    for m, k, n in [*[(n, n, n) for n in _SQUARES], *_PRODUCTS]:
        yield _product(f"{m}x{k} @ {k}x{n}", some(m, k), some(k, n), torch)
    for m, k, n in _PRODUCTS:
        yield _product(f"{m}x{k} @ ({n}x{k}).T", some(m, k), some(n, k).T, torch)
    for m, k, n in _TINY:
        yield _of_tensors(f"tensors {m}x{k} @ {k}x{n}", some(m, k), some(k, n), torch)
    yield _product("256 of 16x16 @ 16x16", some(256, 16, 16), some(256, 16, 16), torch)
    for m, k, n in _LAYERS:
        yield _layer(f"linear + bias + relu {m}x{k}x{n}", some(m, k), some(n, k), some(n), torch)


def _product(name: str, a: np.ndarray, b: np.ndarray, torch: Any) -> Case:
    peers: dict[str, Callable[[], Any]] = {"numpy": lambda: np.matmul(a, b)}
    if torch is not None:
        ta, tb = torch.from_numpy(a), torch.from_numpy(b)
        peers["torch"] = lambda: torch.matmul(ta, tb)
    return _case(name, lambda: kernels.matmul(a, b), peers)


def _of_tensors(name: str, a: np.ndarray, b: np.ndarray, torch: Any) -> Case:
    x, y = ad.tensor(a), ad.tensor(b)
    return replace(_product(name, a, b, torch), ours=lambda: ad.matmul(x, y))


def _layer(name: str, x: np.ndarray, w: np.ndarray, bias: np.ndarray, torch: Any) -> Case:
    peers: dict[str, Callable[[], Any]] = {"numpy": lambda: np.maximum(np.matmul(x, w.T) + bias, 0)}
    if torch is not None:
        tx, tw, tb = (torch.from_numpy(array) for array in (x, w, bias))
        peers["torch"] = lambda: torch.relu(torch.nn.functional.linear(tx, tw, tb))
    return _case(name, lambda: kernels.matmul(x, w.T, bias, "relu"), peers)


def _case(name: str, ours: Callable[[], Any], peers: dict[str, Callable[[], Any]]) -> Case:
    def results() -> list[tuple[Any, Any]]:
        return [(ours(), peer()) for peer in peers.values()]

    return Case(name, ours, peers, results)
