"""A training loop: one epoch, an evaluation, and stopping when validation no longer improves."""

from __future__ import annotations

from typing import Any

import numpy as np

import autodiff as ad
from autodiff import nn, optim
from autodiff.nn import functional as F

__all__ = ["EarlyStopping", "evaluate", "train_epoch"]


class EarlyStopping:
    """Stop `patience` epochs after the best validation loss, and keep the best parameters.

    Parameters
    ----------
    patience : int
        Epochs without progress that are allowed.

    Attributes
    ----------
    best_epoch : int
        Counted from 1; 0 before the first update.

    Examples
    --------
    >>> from autodiff import nn
    >>> from autodiff.examples.training import EarlyStopping
    >>> stopping, model = EarlyStopping(patience=2), nn.Linear(1, 1)
    >>> [stopping.update(loss, model) for loss in (3.0, 2.0, 2.5, 2.2)]
    [False, False, False, True]
    >>> stopping.best_epoch
    2
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best = float("inf")
        self.best_epoch = self.epoch = 0
        self._state: dict[str, np.ndarray] | None = None

    def update(self, loss: float, model: nn.Module) -> bool:
        """Note the loss of one more epoch; return whether to stop."""
        self.epoch += 1
        if loss < self.best:
            self.best, self.best_epoch = loss, self.epoch
            self._state = {k: np.array(v.detach().numpy()) for k, v in model.state_dict().items()}
        return self.epoch - self.best_epoch >= self.patience

    def restore(self, model: nn.Module) -> None:
        """Put the best parameters back into `model`."""
        if self._state is not None:
            model.load_state_dict(self._state)


def train_epoch(
    model: nn.Module,
    optimizer: optim.Optimizer,
    schedule: Any,
    data: tuple[np.ndarray, np.ndarray],
    batch: int,
    title: str,
) -> float:
    """Go through all training data once in random order; return the mean loss per image."""
    from tqdm import tqdm

    images, labels = data
    model.train()
    order = ad.randperm(len(images)).numpy()
    total = 0.0
    for start in tqdm(range(0, len(order), batch), desc=title, leave=False, dynamic_ncols=True):
        chosen = order[start : start + batch]
        loss = F.cross_entropy(model(ad.from_numpy(images[chosen])), ad.from_numpy(labels[chosen]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item() * len(chosen)
    return total / len(order)


def evaluate(
    model: nn.Module, data: tuple[np.ndarray, np.ndarray], batch: int = 512
) -> tuple[float, np.ndarray]:
    """Return the mean loss and the predicted labels, with nothing recorded."""
    images, labels = data
    model.eval()
    total, predicted = 0.0, []
    with ad.no_grad():
        for start in range(0, len(images), batch):
            part = labels[start : start + batch]
            logits = model(ad.from_numpy(images[start : start + batch]))
            total += F.cross_entropy(logits, ad.from_numpy(part), reduction="sum").item()
            predicted.append(logits.argmax(1).numpy())
    return total / len(images), np.concatenate(predicted)
