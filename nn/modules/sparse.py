"""Tables of vectors that are looked up by number."""

from __future__ import annotations

from typing import Any

from autodiff._tensor import Tensor

from .. import functional as F
from .. import init
from ..parameter import Parameter, new_parameter
from .module import Module

__all__ = ["Embedding"]


class Embedding(Module):
    """A learned vector for each of a number of things.

    Parameters
    ----------
    num_embeddings : int
        How many things, V: the input holds integers from 0 to V - 1.
    embedding_dim : int
        The length D of the vectors; the output has the shape of the input, and D.
    padding_idx : int, optional
        The number of a vector that starts as zeros and receives no gradient.
    max_norm, norm_type, scale_grad_by_freq, sparse
        For PyTorch's sake; only their defaults are available.
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        Drawn from the standard normal distribution.

    Raises
    ------
    ValueError
        For a `padding_idx` outside the table, and for options that are not available.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Embedding(10, 3)(ad.tensor([[1, 2], [4, 9]])).shape
    (2, 2, 3)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if max_norm is not None or scale_grad_by_freq or sparse:
            raise ValueError("Embedding: max_norm, scale_grad_by_freq and sparse are not available")
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"Embedding: padding_idx {padding_idx} is out of range for {num_embeddings} "
                    "vectors"
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        if _weight is None:
            self.weight = new_parameter(num_embeddings, embedding_dim, dtype=dtype, device=device)
            self.reset_parameters()
        else:
            self.weight = Parameter(_weight)
        self.weight.requires_grad_(not _freeze)

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> Embedding:
        """Make a layer of given vectors.

        Parameters
        ----------
        embeddings : Tensor, shape (num_embeddings, embedding_dim)
            Its memory is shared.
        freeze : bool, default True
            Do not train them.
        padding_idx : int, optional
            The number of a vector that receives no gradient; it is not set to zero.

        Examples
        --------
        >>> import autodiff as ad
        >>> from autodiff import nn
        >>> table = nn.Embedding.from_pretrained(ad.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> table(ad.tensor([1]))
        tensor([[3., 4.]])
        """
        if embeddings.ndim != 2:
            raise ValueError(
                "Embedding.from_pretrained: expected a tensor of 2 axes, "
                f"got shape {embeddings.shape}"
            )
        count, length = embeddings.shape
        return cls(count, length, padding_idx, _weight=embeddings, _freeze=freeze)

    def reset_parameters(self) -> None:
        """Draw the vectors anew."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight._array[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
