"""How tensors print: data, dtype where it is not the usual one, history; in PyTorch's form."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = ["set_printoptions"]

_PREFIX = "tensor("


@dataclass(frozen=True)
class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}
options = _Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors print.

    Parameters
    ----------
    precision : int, optional
        Digits behind the point (4 at start).
    threshold : float, optional
        Tensors with more elements are summarised (1000 at start).
    edgeitems : int, optional
        How many elements of each axis a summary shows at either end (3 at start).
    linewidth : int, optional
        Characters per line (80 at start).
    profile : {"default", "short", "full"}, optional
        Go back to the options at start; with fewer digits and elements; without summaries. The
        other arguments then change that.
    sci_mode : bool, optional
        Always use powers of ten, or never. If not given it depends on the numbers.

    Raises
    ------
    ValueError
        For another profile, or a negative number.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.set_printoptions(precision=2)
    >>> ad.tensor(3.14159)
    tensor(3.14)
    >>> ad.set_printoptions(profile="default")
    """
    global options
    if profile is not None and profile not in _PROFILES:
        raise ValueError(
            f"set_printoptions: profile must be one of {sorted(_PROFILES)}, got {profile!r}"
        )
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for name, value in changes.items():
        if value < 0:
            raise ValueError(f"set_printoptions: {name} must not be negative, got {value}")
    options = replace(
        options if profile is None else _PROFILES[profile], **changes, sci_mode=sci_mode
    )


def represent(tensor: Tensor) -> str:
    """Return the text of ``repr(tensor)``."""
    array = tensor._array
    parts = []
    if array.size == 0:
        text = "[]"
        if array.ndim != 1:
            parts.append(f"size={array.shape}")
        if array.dtype != dtypes.default_dtype:
            parts.append(f"dtype={array.dtype}")
    else:
        summarised = array.size > options.threshold
        text = _rows(
            array, len(_PREFIX), summarised, _Format(_edges(array) if summarised else array)
        )
        if array.dtype not in (dtypes.default_dtype, np.int64, np.bool_):
            parts.append(f"dtype={array.dtype}")
    node = tensor._history()
    if node is not None:
        parts.append("requires_grad=True" if node.primitive is None else f"grad_fn=<{node.name}>")
    text = _PREFIX + text
    column = len(text) - text.rfind("\n") + 1
    for part in parts:
        if column + len(part) + 2 > options.linewidth:
            text += ",\n" + " " * len(_PREFIX) + part
            column = len(_PREFIX) + len(part)
        else:
            text += f", {part}"
            column += len(part) + 2
    return text + ")"


class _Format:
    """How the numbers of one tensor are written: all in one way, and equally wide."""

    def __init__(self, array: np.ndarray) -> None:
        self.floating = array.dtype.kind == "f"
        self.scientific = self.whole = False
        self.width = 0
        numbers = array.ravel()
        if self.floating:
            # As in PyTorch: infinities, NaN and zeros do not count for the width.
            numbers = array[np.isfinite(array) & (array != 0)].astype(np.float64)
            self.whole = bool((numbers == np.ceil(numbers)).all())
            if numbers.size:
                sizes = np.abs(numbers)
                low, high = sizes.min(), sizes.max()
                self.scientific = bool(
                    high / low > 1000 or high > 1e8 or (not self.whole and low < 1e-4)
                )
                if options.sci_mode is not None:
                    self.scientific = options.sci_mode
        self.width = max([len(self(x)) for x in numbers.tolist()], default=0)

    def __call__(self, x: Any) -> str:
        if not self.floating:
            text = str(x)
        elif self.scientific:
            text = f"{x:.{options.precision}e}"
        elif self.whole:
            text = f"{x:.0f}." if math.isfinite(x) else f"{x:.0f}"
        else:
            text = f"{x:.{options.precision}f}"
        return text.rjust(self.width)


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows."""
    for axis, n in enumerate(array.shape):
        if n > 2 * options.edgeitems:
            shown = np.r_[0 : options.edgeitems, n - options.edgeitems : n]
            array = np.take(array, shown, axis)
    return array


def _rows(array: np.ndarray, indent: int, summarised: bool, written: _Format) -> str:
    """The nested brackets of `array`, whose further lines start `indent` columns to the right."""
    if array.ndim == 0:
        return written(array.item())
    edge = options.edgeitems
    cut = summarised and len(array) > 2 * edge
    if array.ndim == 1:
        if cut:
            shown = [written(x) for x in array[:edge].tolist()]
            shown += [" ...", *[written(x) for x in array[len(array) - edge :].tolist()]]
        else:
            shown = [written(x) for x in array.tolist()]
        per_line = max(1, (options.linewidth - indent) // (written.width + 2))
        lines = [", ".join(shown[i : i + per_line]) for i in range(0, len(shown), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    if cut:
        chosen = [*range(edge), None, *range(len(array) - edge, len(array))]
    else:
        chosen = list(range(len(array)))
    parts = [
        "..." if i is None else _rows(array[i], indent + 1, summarised, written) for i in chosen
    ]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"
