"""Layers that are linear in their input."""

from __future__ import annotations

import math
from typing import Any

from autodiff._tensor import Tensor

from .. import functional as F
from .. import init
from ..parameter import Parameter, new_parameter
from .module import Module

__all__ = ["Bilinear", "Identity", "Linear"]


class Identity(Module):
    """Returns its input; arguments are accepted and have no effect.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Identity()(ad.tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """``y = x @ weight.T + bias``: every output is a weighted sum of all inputs.

    Parameters
    ----------
    in_features, out_features : int
        The sizes of the last axis of the input and of the output.
    bias : bool, default True
        Add a learned offset to each output.
    device : optional
        Only ``"cpu"``.
    dtype : dtype, optional
        Of the parameters; the default dtype unless given.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
    bias : Parameter, shape (out_features,), or None
        Both drawn from the uniform distribution on +-1 / sqrt(in_features).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> layer = nn.Linear(5, 6)
    >>> layer(ad.ones(2, 5)).shape
    (2, 6)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = new_parameter(out_features, in_features, dtype=dtype, device=device)
        self.register_parameter("bias", new_parameter(out_features, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init_weight_and_bias(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """``y[k] = x1 @ weight[k] @ x2 + bias[k]``: linear in each of two inputs.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        The sizes of the last axes of the two inputs and of the output.
    bias : bool, default True
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in1_features, in2_features)
    bias : Parameter, shape (out_features,), or None
        Both drawn from the uniform distribution on +-1 / sqrt(in1_features).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Bilinear(2, 3, 4)(ad.ones(5, 2), ad.ones(5, 3)).shape
    (5, 4)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise ValueError(f"Bilinear: in1_features must be 1 or more, got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        shape = (out_features, in1_features, in2_features)
        self.weight = new_parameter(*shape, dtype=dtype, device=device)
        self.register_parameter("bias", new_parameter(out_features, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


def init_weight_and_bias(weight: Parameter, bias: Parameter | None) -> None:
    """Draw a weight and a bias from the uniform distribution on +-1 / sqrt(fan_in)."""
    # With a slope of sqrt(5) He's formula gives these bounds, rounded as PyTorch rounds them.
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    if bias is not None:
        fan_in, _ = init._calculate_fan_in_and_fan_out(weight)
        if fan_in > 0:
            bound = 1 / math.sqrt(fan_in)
            init.uniform_(bias, -bound, bound)
