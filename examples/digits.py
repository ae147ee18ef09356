"""Handwritten digits: build a CNN, train it, look at what came out.

The main job of the command line (``autodiff demo``), and a program to read: data, model, training with
early stopping, and what is written at the end each have one function.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

import autodiff as ad
from autodiff import nn, optim
from autodiff.nn import functional as F

from . import idx, reports
from .training import EarlyStopping, evaluate, train_epoch

__all__ = ["Digits", "build_model", "load", "run"]


class Digits(NamedTuple):
    """Images (N, 1, H, W) float32 and labels (N,) int64 of each part."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


_SPLIT_SEED = 0  # which images are for testing must not depend on the seed of the training


def load(folder: Path | None) -> Digits:
    """Load scikit-learn's 8x8 digits (split 70/15/15), or MNIST's files from `folder`."""
    from sklearn.model_selection import train_test_split

    if folder is None:
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        images = (images.reshape(-1, 1, 8, 8) / 16).astype(np.float32)
        labels = labels.astype(np.int64)
        rest, test_x, rest_y, test_y = train_test_split(
            images, labels, test_size=0.15, stratify=labels, random_state=_SPLIT_SEED
        )
        train_x, val_x, train_y, val_y = train_test_split(
            rest, rest_y, test_size=0.15 / 0.85, stratify=rest_y, random_state=_SPLIT_SEED
        )
    else:
        images, labels = _prepared(*idx.read_mnist(folder, "train"))
        test_x, test_y = _prepared(*idx.read_mnist(folder, "t10k"))
        train_x, val_x, train_y, val_y = train_test_split(
            images, labels, test_size=0.1, stratify=labels, random_state=_SPLIT_SEED
        )
    return Digits((train_x, train_y), (val_x, val_y), (test_x, test_y))


def _prepared(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # Mean and standard deviation of MNIST's training pixels.
    scaled = (images[:, None].astype(np.float32) / 255 - np.float32(0.1307)) / np.float32(0.3081)
    return scaled, labels.astype(np.int64)


def build_model(height: int, width: int, classes: int = 10) -> nn.Module:
    """Two convolutions with batch normalisation and pooling, then two linear layers.

    Images of 8x8 keep their size in the first block; larger ones are halved twice.
    """
    small = min(height, width) < 16
    blocks: list[nn.Module] = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()]
    if not small:
        blocks.append(nn.MaxPool2d(2))
        height, width = height // 2, width // 2
    blocks += [
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    ]  # fmt: skip
    height, width = height // 2, width // 2
    return nn.Sequential(
        *blocks,
        nn.Dropout(0.25),
        nn.Linear(32 * height * width, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, classes),
    )


def run(
    out: Path,
    *,
    folder: Path | None = None,
    epochs: int | None = None,
    patience: int | None = None,
    seed: int = 0,
) -> int:
    """Train and write the model, the loss curve and the graph into `out`; return the exit status."""
    started = time.perf_counter()
    _require()
    out.mkdir(parents=True, exist_ok=True)
    ad.manual_seed(seed)
    data = load(folder)
    height, width = data.train[0].shape[2:]
    model = build_model(height, width)
    epochs = epochs or (30 if folder is None else 6)
    stopping = EarlyStopping(patience or (10 if folder is None else 2))
    batch = 32 if folder is None else 64
    steps = -(-len(data.train[0]) // batch)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=epochs * steps)
    count = sum(p.numel() for p in model.parameters())
    print(
        f"{len(data.train[0])} training, {len(data.validation[0])} validation, {len(data.test[0])} test "
        f"images of {height}x{width}; {count:,} parameters"
    )
    history: list[dict[str, float]] = []
    for epoch in range(1, epochs + 1):
        train_loss = train_epoch(
            model, optimizer, schedule, data.train, batch, f"epoch {epoch:2d}/{epochs}"
        )
        val_loss, predicted = evaluate(model, data.validation)
        accuracy = float((predicted == data.validation[1]).mean())
        history.append({"train": train_loss, "validation": val_loss})
        print(
            f"epoch {epoch:2d}/{epochs}  train loss {train_loss:.4f}  "
            f"validation loss {val_loss:.4f}  accuracy {accuracy:.2%}"
        )
        if stopping.update(val_loss, model) and epoch < epochs:
            print(f"stopped early: no progress for {stopping.patience} epochs")
            break
    stopping.restore(model)
    test_loss, predicted = evaluate(model, data.test)
    labels = data.test[1]
    accuracy = float((predicted == labels).mean())
    print(f"\ntest accuracy {accuracy:.2%} (loss {test_loss:.4f})\n")
    print(reports.confusion_table(labels, predicted))
    files = [
        reports.save_model(model, out),
        reports.draw_losses(history, stopping.best_epoch, out / "loss.png"),
    ]
    model.train()  # the graph that training differentiates
    loss = F.cross_entropy(model(ad.from_numpy(data.test[0][:8])), ad.from_numpy(labels[:8]))
    files.append(reports.draw_graph(loss, model, out / "graph.svg"))
    print("\nwritten: " + ", ".join(str(f) for f in files))
    print(f"{time.perf_counter() - started:.1f} s in all")
    return 0


def _require() -> None:
    missing = []
    for name in ("sklearn", "matplotlib", "tqdm"):
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    if missing:
        raise ImportError(
            f"the demo needs {', '.join(missing)}; install with: pip install 'autodiff[demo]'"
        )
