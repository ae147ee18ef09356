"""Graphs of the engine's own, from ``to_html`` to the screen."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn

pytestmark = pytest.mark.browser


class _Block(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.attention = nn.MultiheadAttention(features, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(features, 16), nn.GELU(), nn.Linear(16, features))

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        normed = self.norm(x)
        x = x + self.attention(normed, normed, normed)[0]
        return x + self.mlp(x)


def _scalars(**options) -> ad.Graph:
    a, b = ad.Value(2.0, label="a"), ad.Value(-3.0, label="b")
    return ad.graph(ad.tanh((a * b + 10.0) * a), **options)


def _cnn(**options) -> ad.Graph:
    layers = [nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)]
    model = nn.Sequential(*layers)
    x, target = ad.ones(4, 1, 8, 8), ad.tensor(np.array([0, 1, 2, 0]))
    return ad.graph(nn.functional.cross_entropy(model(x), target), model, **options)


def _transformer(**options) -> ad.Graph:
    model = nn.Sequential(*[_Block(8) for _ in range(4)])
    return ad.graph(model(ad.ones(2, 5, 8)).sum(), model, **options)


def _rnn(**options) -> ad.Graph:
    cell, state = nn.RNNCell(3, 4), ad.zeros(2, 4)
    for _ in range(5):
        state = cell(ad.ones(2, 3), state) * 2.0
    return ad.graph(state.sum(), cell, **options)


@pytest.mark.parametrize("make", [_scalars, _cnn, _transformer, _rnn])
@pytest.mark.parametrize("backward", [False, True])
def test_every_node_is_shown_and_every_step_can_be_walked(
    page, layout_faults, make, backward
) -> None:
    graph = make(backward=backward)
    graph.to_html(page.path)
    page.driver.get(page.path.as_uri())
    page.settle()
    assert layout_faults(page) == []
    page.run("viewer.folding.setAll(viewer.modules, true, '')")
    page.settle()
    assert layout_faults(page) == []
    assert page.run("viewer.view.scene.boxes.length") == len(graph.nodes)
    if page.run("viewer.graph.steps !== null"):
        walked = """(() => {
            for (let i = 0; i <= viewer.stepper.sweep.length; i++) viewer.stepper.goTo(i);
            return viewer.stepper.position;
        })()"""
        assert page.run(walked) == page.run("viewer.stepper.sweep.length")
    elif not backward:
        pytest.fail("a graph that was just made has steps")
