"""The pictures of docs/gallery: computations from five nodes to a transformer.

python -m autodiff.examples.gallery FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import autodiff as ad
from autodiff import nn
from autodiff.nn import functional as F

__all__ = ["PICTURES", "draw"]

STEPS, BLOCKS, WIDTH = 6, 12, 32


def scalar_expression() -> str:
    """Logistic regression on one example: every value, and after backward every gradient."""
    x, w, y = ad.Value(3.0, "x"), ad.Value(3.0, "w"), ad.Value(1.0, "y")
    loss = -y * ad.log(1 / (1 + ad.exp(-w * x)))
    loss.backward()
    return ad.graph(loss).to_svg(theme="auto", engine="builtin")


def mlp() -> str:
    """A perceptron with two hidden layers, and its loss, from left to right."""
    model = nn.Sequential(
        nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 10)
    )
    x, labels = ad.zeros(8, 64), ad.zeros(8, dtype=ad.int64)
    with ad.traced():
        loss = F.cross_entropy(model(x), labels)
    return ad.graph(loss, model).to_svg(theme="auto", engine="builtin", direction="LR")


def cnn() -> str:
    """A convolutional network: what backward keeps is marked at the corner of its box."""
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 10),
    )  # fmt: skip
    return ad.graph(model, ad.zeros(4, 1, 28, 28)).to_svg(theme="auto", engine="builtin")


class Recurrent(nn.Module):
    """A cell that is called once for each step, always with the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Linear(8 + WIDTH, WIDTH)

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        state = ad.zeros(x.shape[1], WIDTH)
        for step in x:
            state = ad.tanh(self.cell(ad.cat([step, state], dim=1)))
        return state


def rnn() -> str:
    """A recurrent network, unrolled: the shared weights are drawn once per use."""
    return ad.graph(Recurrent(), ad.zeros(STEPS, 4, 8)).to_svg(theme="auto", engine="builtin")


class Block(nn.Module):
    """A pre-norm block: attention and a perceptron, each beside its residual connection."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
        )

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        normed = self.norm1(x)
        x = x + self.attention(normed, normed, normed, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, WIDTH)
        self.blocks = nn.Sequential(*[Block() for _ in range(BLOCKS)])
        self.head = nn.Linear(WIDTH, 50)

    def forward(self, tokens: ad.Tensor) -> ad.Tensor:
        return self.head(self.blocks(self.embed(tokens)))


def _transformer() -> ad.pictures.Graph:
    return ad.graph(Transformer(), ad.zeros(2, 16, dtype=ad.int64))


def transformer() -> str:
    """A transformer of twelve blocks as it comes: equal blocks folded into one."""
    return _transformer().to_svg(theme="auto", engine="builtin")


def transformer_block() -> str:
    """The same with its first block unfolded."""
    return _transformer().expand("blocks.0").to_svg(theme="auto", engine="builtin")


def gradient_graph() -> str:
    """A small network with the computation of its gradients; dashed is what backward reads."""
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    with ad.traced():
        loss = (model(ad.zeros(8, 4)) ** 2).mean()
    return ad.graph(loss, model, backward=True).to_svg(theme="auto", engine="builtin")


PICTURES: dict[str, Callable[[], str]] = {
    "scalar_expression": scalar_expression,
    "mlp": mlp,
    "cnn": cnn,
    "rnn": rnn,
    "transformer": transformer,
    "transformer_block": transformer_block,
    "gradient_graph": gradient_graph,
}


def draw(folder: Path) -> list[Path]:
    """Write all pictures as SVG files into a folder, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, picture in PICTURES.items():
        ad.manual_seed(0)
        path = folder / f"{name}.svg"
        path.write_text(picture(), encoding="utf-8")
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written in draw(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/gallery")):
        print(written)
