"""Looking up rows of a table by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..apply import apply
from ..arguments import indices_below
from ..declare import floating_operand, operand
from ..handles import new_tensor
from ..primitive import Primitive
from .indexing import added_at

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__: list[str] = []


def _weight_rule(g: Any, y: np.ndarray, x_shape: tuple[int, ...], padding: int | None) -> Any:
    if padding is not None:
        g = np.where((y == padding)[..., None], 0, g)
    return added_at(g, y, x_shape)


_embedding = Primitive(
    "embedding", lambda x, y, padding: x.take(y, axis=0), (_weight_rule, None), multilinear=True
)


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Tensor:
    """The rows of `weight` that `input` names.

    Parameters
    ----------
    input : Tensor of integers
        Row numbers in [0, V), of any shape; a row may be named many times.
    weight : Tensor, shape (V, D)
    padding_idx : int, optional
        A row (negative: from the end) that receives no gradient.

    Returns
    -------
    Tensor
        Of the input's shape, and D.

    Raises
    ------
    IndexError
        For a number outside [0, V).
    TypeError
        For numbers that are not integers.
    ValueError
        For a weight that is not a matrix, or a `padding_idx` that it does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.embedding(ad.tensor([1, 1]), ad.tensor([[0.0, 1.0], [2.0, 3.0]]))
    tensor([[2., 3.],
            [2., 3.]])
    """
    w = floating_operand(weight, "embedding")
    shape = w._array.shape
    if len(shape) != 2:
        raise ValueError(f"embedding: weight must have shape (V, D), got {shape}")
    if padding_idx is not None:
        if not -shape[0] <= padding_idx < shape[0]:
            raise ValueError(f"embedding: padding_idx {padding_idx} is not a row of weight {shape}")
        padding_idx %= shape[0]
    indices = operand(input, "embedding", number=False)._array
    indices = indices_below(shape[0], indices, "embedding", "rows")
    return apply(_embedding, (w, indices), (padding_idx,))


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """A 1 at the place that each label names, 0 elsewhere.

    Parameters
    ----------
    tensor : Tensor of integers
        Labels in [0, num_classes), of any shape.
    num_classes : int, default -1
        -1 stands for one more than the largest label.

    Returns
    -------
    Tensor of int64
        Of the input's shape, and `num_classes`.

    Raises
    ------
    IndexError
        For a label outside [0, num_classes).
    TypeError
        For labels that are not integers.
    ValueError
        For no labels and no `num_classes`.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.one_hot(ad.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = operand(tensor, "one_hot", number=False)._array
    if num_classes == -1:
        if labels.size == 0:
            raise ValueError("one_hot: give num_classes, since there are no labels to find it from")
        num_classes = int(labels.max()) + 1
    elif num_classes < 1:
        raise ValueError(f"one_hot: num_classes must be positive or -1, got {num_classes}")
    labels = indices_below(max(num_classes, 0), labels, "one_hot", "classes")
    return new_tensor(np.asarray(labels[..., None] == np.arange(num_classes), np.int64), None)
