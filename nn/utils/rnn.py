"""Sequences of different lengths as one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff._tensor import Tensor
from autodiff.declare import operand
from autodiff.ops.joining import stack
from autodiff.ops.padding import pad
from autodiff.ops.splitting import unbind

__all__ = ["pad_sequence", "unpad_sequence"]


def pad_sequence(
    sequences: Sequence[Any],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Bring sequences to the length of the longest, and stack them.

    Parameters
    ----------
    sequences : sequence of Tensor, shape (T_i, ...)
        Alike but for their first axis.
    batch_first : bool, default False
        Return (N, T, ...), not (T, N, ...).
    padding_value : float, default 0.0
        What is put behind the end of the shorter ones.
    padding_side : {"right", "left"}, default "right"
        "left" puts it before their start.

    Returns
    -------
    Tensor, shape (T, N, ...), or (N, T, ...)

    Raises
    ------
    ValueError
        Without sequences, for shapes that do not fit, or another `padding_side`.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn.utils.rnn import pad_sequence
    >>> pad_sequence([ad.tensor([1, 2, 3]), ad.tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    if padding_side not in ("left", "right"):
        raise ValueError(
            f"pad_sequence: padding_side must be 'left' or 'right', got {padding_side!r}"
        )
    xs = [operand(x, "pad_sequence", number=False) for x in sequences]
    if not xs:
        raise ValueError("pad_sequence: there are no sequences")
    if min([x.ndim for x in xs]) == 0 or len({x.shape[1:] for x in xs}) > 1:
        raise ValueError(
            "pad_sequence: the shapes may differ in their first axis only, got "
            f"{[x.shape for x in xs]}"
        )
    longest = max([len(x) for x in xs])
    padded = []
    for x in xs:
        missing = longest - len(x)
        border = (0, missing) if padding_side == "right" else (missing, 0)
        padded.append(pad(x, (0, 0) * (x.ndim - 1) + border, value=padding_value))
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """Cut a batch of padded sequences into sequences of their own lengths.

    Parameters
    ----------
    padded_sequences : Tensor, shape (T, N, ...), or (N, T, ...) with `batch_first`
    lengths : sequence of int
        The length of each sequence.
    batch_first : bool, default False

    Returns
    -------
    list of Tensor

    Raises
    ------
    ValueError
        Unless there is a length for each sequence, from 0 to T.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn.utils.rnn import unpad_sequence
    >>> unpad_sequence(ad.tensor([[1, 2, 3], [4, 0, 0]]), [3, 1], batch_first=True)
    [tensor([1, 2, 3]), tensor([4])]
    """
    x = operand(padded_sequences, "unpad_sequence", number=False)
    if x.ndim < 2:
        raise ValueError(f"unpad_sequence: expected (T, N, ...), got shape {x.shape}")
    lengths = [int(length) for length in lengths]
    steps, count = x.shape[:2][:: -1 if batch_first else 1]
    if len(lengths) != count or not all([0 <= length <= steps for length in lengths]):
        raise ValueError(
            f"unpad_sequence: {count} sequences of up to {steps} steps need as many lengths from 0 "
            f"to {steps}, got {lengths}"
        )
    return [part[:length] for part, length in zip(unbind(x, 0 if batch_first else 1), lengths)]
