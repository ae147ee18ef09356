"""What the demo leaves behind: a confusion matrix, the model, the loss curve, the graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import autodiff as ad
from autodiff import nn

__all__ = ["confusion_table", "draw_graph", "draw_losses", "save_model"]


def confusion_table(labels: np.ndarray, predicted: np.ndarray) -> str:
    """Return the confusion matrix as text: a row per true label, a column per prediction."""
    from sklearn.metrics import confusion_matrix

    matrix = confusion_matrix(labels, predicted)
    width = max(5, len(str(matrix.max())) + 1)
    rows = ["confusion matrix (row: label, column: prediction)"]
    rows.append(" " * 5 + "".join(f"{j:>{width}}" for j in range(len(matrix))))
    for i, row in enumerate(matrix):
        rows.append(f"{i:>5}" + "".join(f"{n or '.':>{width}}" for n in row))
    return "\n".join(rows)


def save_model(model: nn.Module, folder: Path) -> Path:
    """Write the parameters as safetensors, or as .npz where safetensors is not installed."""
    state = {name: t.detach().numpy() for name, t in model.state_dict().items()}
    try:
        from safetensors.numpy import save_file
    except ImportError:
        path = folder / "model.npz"
        np.savez(path, **state)
        return path
    path = folder / "model.safetensors"
    save_file({name: np.ascontiguousarray(a) for name, a in state.items()}, path)
    return path


def draw_losses(history: list[dict[str, float]], best_epoch: int, path: Path) -> Path:
    """Draw the trace plot of training and validation loss."""
    from matplotlib.figure import Figure

    epochs = range(1, len(history) + 1)
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(epochs, [h["train"] for h in history], marker="o", ms=3, label="training")
    axes.plot(epochs, [h["validation"] for h in history], marker="o", ms=3, label="validation")
    axes.axvline(best_epoch, color="0.6", lw=1, ls="--", label=f"best epoch ({best_epoch})")
    axes.set(xlabel="epoch", ylabel="cross-entropy", yscale="log", title="Loss per epoch")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, dpi=150)
    return path


def draw_graph(loss: ad.Tensor, model: nn.Module, path: Path) -> Path:
    """Write the graph of the loss as SVG."""
    ad.graph(loss, params=model).to_svg(path)
    return path
