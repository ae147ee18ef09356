"""A 2-16-16-1 network of scalars on 10 samples, forward and backward, against micrograd."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import autodiff as ad

from ..case import Case

__all__ = ["cases"]

_SIZES = (2, 16, 16, 1)


def _weights(seed: int) -> list[list[tuple[list[float], float]]]:
    rng = random.Random(seed)
    return [
        [([rng.uniform(-1, 1) for _ in range(fan_in)], 0.0) for _ in range(fan_out)]
        for fan_in, fan_out in itertools.pairwise(_SIZES)
    ]


def _by_term(w: Any, x: Any, b: Any) -> Any:
    """A neuron's sum as micrograd writes it: a node per product and per sum."""
    return sum((wi * xi for wi, xi in zip(w, x)), b)


def _by_dot(w: Any, x: Any, b: Any) -> Any:
    """A neuron's sum as this library has it: one node for the sum of products."""
    return ad.dot(w, x) + b


class _Network:
    """A multi-layer perceptron of scalars."""

    def __init__(self, Value: Any, affine: Callable[..., Any], weights: Any) -> None:
        self.layers = [[([Value(v) for v in w], Value(b)) for w, b in layer] for layer in weights]
        self.parameters = [p for layer in self.layers for w, b in layer for p in (*w, b)]
        self.Value = Value
        self.affine = affine

    def __call__(self, x: list[Any]) -> Any:
        for i, layer in enumerate(self.layers):
            x = [self.affine(w, x, b) for w, b in layer]
            if i < len(self.layers) - 1:
                x = [v.relu() for v in x]
        return x[0]

    def step(self, samples: list[tuple[float, float]]) -> Any:
        loss = sum((self([self.Value(a), self.Value(b)]) - 1.0) ** 2 for a, b in samples)
        for p in self.parameters:
            p.grad = 0.0
        loss.backward()
        return loss


def cases(micrograd: Any) -> Iterator[Case]:
    """The network with our sum of products, and with micrograd's own program text."""
    rng = random.Random(1)
    samples = [(rng.random(), rng.random()) for _ in range(10)]
    weights = _weights(0)
    for name, affine in (("neurons by ad.dot", _by_dot), ("neurons by sum of products", _by_term)):
        ours = _Network(ad.Value, affine, weights)
        peer = _Network(micrograd.Value, _by_term, weights) if micrograd is not None else None

        def results(
            ours: _Network = ours, peer: _Network | None = peer
        ) -> list[tuple[float, float]]:
            assert peer is not None
            a, b = ours.step(samples), peer.step(samples)
            pairs = [
                (p.grad, q.grad) for p, q in zip(ours.parameters, peer.parameters, strict=True)
            ]
            return [(a.data, b.data), tuple(zip(*pairs))]  # type: ignore[list-item]

        yield Case(
            name,
            lambda ours=ours: ours.step(samples),  # type: ignore[misc]
            None if peer is None else lambda peer=peer: peer.step(samples),  # type: ignore[misc]
            results,
        )
