"""Activations made of straight pieces: rectifiers, hard and shrinking functions."""

from __future__ import annotations

from typing import Any

from autodiff._tensor import Tensor

from .. import functional as F
from .. import init
from ..parameter import Parameter, new_parameter
from .module import Module

__all__ = [
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


class Plain(Module):
    """An activation whose one option is whether it writes into its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ReLU(Plain):
    """max(x, 0).

    Parameters
    ----------
    inplace : bool, default False
        Write into the input.

    References
    ----------
    V. Nair, G. Hinton: Rectified linear units improve restricted Boltzmann machines (2010).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.ReLU()(ad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, inplace=True) if self.inplace else F.relu(input)


class ReLU6(Plain):
    """min(max(x, 0), 6).

    Parameters
    ----------
    inplace : bool, default False
        Write into the input.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.ReLU6()(ad.tensor([-1.0, 9.0]))
    tensor([0., 6.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, inplace=self.inplace)


class LeakyReLU(Module):
    """x where it is positive, `negative_slope` * x elsewhere.

    Parameters
    ----------
    negative_slope : float, default 0.01
    inplace : bool, default False
        Write into the input.

    References
    ----------
    A. Maas, A. Hannun, A. Ng: Rectifier nonlinearities improve neural network acoustic models
    (2013).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.LeakyReLU()(ad.tensor([-100.0, 2.0]))
    tensor([-1.,  2.])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, inplace=self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}{', inplace=True' if self.inplace else ''}"


class PReLU(Module):
    """x where it is positive, weight * x elsewhere; the weight is learned.

    Parameters
    ----------
    num_parameters : int, default 1
        One weight for all channels, or one for each (axis 1).
    init : float, default 0.25
        What the weight starts from.
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight : Parameter, shape (num_parameters,)

    References
    ----------
    K. He et al.: Delving deep into rectifiers (2015). https://arxiv.org/abs/1502.01852

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.PReLU()(ad.tensor([-4.0, 2.0])).tolist()
    [-1.0, 2.0]
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = new_parameter(num_parameters, dtype=dtype, device=device)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to its first value."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class Hardtanh(Module):
    """min(max(x, min_val), max_val).

    Parameters
    ----------
    min_val : float, default -1.0
    max_val : float, default 1.0
    inplace : bool, default False
        Write into the input.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Hardtanh()(ad.tensor([-3.0, 0.5]))
    tensor([-1.0000,  0.5000])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, inplace=self.inplace)

    def extra_repr(self) -> str:
        shown = f"min_val={self.min_val}, max_val={self.max_val}"
        return f"{shown}, inplace=True" if self.inplace else shown


class Threshold(Module):
    """x where it is above `threshold`, `value` elsewhere.

    Parameters
    ----------
    threshold, value : float
    inplace : bool, default False
        Write into the input.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Threshold(1.0, -9.0)(ad.tensor([0.5, 2.0]))
    tensor([-9.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, inplace=self.inplace)

    def extra_repr(self) -> str:
        shown = f"threshold={self.threshold}, value={self.value}"
        return f"{shown}, inplace=True" if self.inplace else shown


class Hardsigmoid(Plain):
    """Three pieces of lines in place of the sigmoid: min(max(x / 6 + 1/2, 0), 1).

    Parameters
    ----------
    inplace : bool, default False
        Write into the input.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Hardsigmoid()(ad.tensor([-4.0, 0.0]))
    tensor([0.0000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, inplace=self.inplace)


class Hardswish(Plain):
    """x * hardsigmoid(x).

    Parameters
    ----------
    inplace : bool, default False
        Write into the input.

    References
    ----------
    A. Howard et al.: Searching for MobileNetV3 (2019). https://arxiv.org/abs/1905.02244

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Hardswish()(ad.tensor([-4.0, 3.0]))
    tensor([-0., 3.])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, inplace=self.inplace)


class Hardshrink(Module):
    """x where abs(x) > `lambd`, 0 elsewhere.

    Parameters
    ----------
    lambd : float, default 0.5

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Hardshrink()(ad.tensor([-0.25, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """x moved towards 0 by `lambd`, and 0 where it is nearer than that.

    Parameters
    ----------
    lambd : float, default 0.5

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Softshrink()(ad.tensor([-0.25, 2.0]))
    tensor([0.0000, 1.5000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"
