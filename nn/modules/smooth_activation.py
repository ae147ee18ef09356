"""Smooth activations: sigmoids, and units that bend where a rectifier has its corner."""

from __future__ import annotations

from autodiff._tensor import Tensor

from .. import functional as F
from .activation import Plain
from .module import Module

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "LogSigmoid",
    "Mish",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
    "Tanhshrink",
]


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Sigmoid()(ad.tensor([0.0]))
    tensor([0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class LogSigmoid(Module):
    """log(1 / (1 + exp(-x))).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.LogSigmoid()(ad.tensor([0.0]))
    tensor([-0.6931])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Tanh(Module):
    """The hyperbolic tangent.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Tanh()(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class Tanhshrink(Module):
    """x - tanh(x).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Tanhshrink()(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class Softsign(Module):
    """x / (1 + abs(x)).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Softsign()(ad.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class SiLU(Plain):
    """x * sigmoid(x), also called swish.

    Parameters
    ----------
    inplace : bool, default False
        Write into the input.

    References
    ----------
    S. Elfwing, E. Uchibe, K. Doya: Sigmoid-weighted linear units (2017).
    https://arxiv.org/abs/1702.03118

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.SiLU()(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7311])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, inplace=self.inplace)


class Mish(Plain):
    """x * tanh(softplus(x)).

    Parameters
    ----------
    inplace : bool, default False
        Write into the input.

    References
    ----------
    D. Misra: Mish: a self regularized non-monotonic activation function (2019).
    https://arxiv.org/abs/1908.08681

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Mish()(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8651])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, inplace=self.inplace)


class GELU(Module):
    """x times the probability that a standard normal variable is below x.

    Parameters
    ----------
    approximate : {"none", "tanh"}
        Use the approximation by a hyperbolic tangent.

    References
    ----------
    D. Hendrycks, K. Gimpel: Gaussian error linear units (2016). https://arxiv.org/abs/1606.08415

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.GELU()(ad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8413])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class ELU(Module):
    """x where it is positive, `alpha` * (exp(x) - 1) elsewhere.

    Parameters
    ----------
    alpha : float, default 1.0
    inplace : bool, default False
        Write into the input.

    References
    ----------
    D. Clevert, T. Unterthiner, S. Hochreiter: Exponential linear units (2015).
    https://arxiv.org/abs/1511.07289

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.ELU()(ad.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, inplace=self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}{', inplace=True' if self.inplace else ''}"


class CELU(Module):
    """x where it is positive, `alpha` * (exp(x / alpha) - 1) elsewhere.

    Parameters
    ----------
    alpha : float, default 1.0
    inplace : bool, default False
        Write into the input.

    References
    ----------
    J. Barron: Continuously differentiable exponential linear units (2017).
    https://arxiv.org/abs/1704.07483

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.CELU()(ad.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, inplace=self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}{', inplace=True' if self.inplace else ''}"


class SELU(Plain):
    """ELU, scaled so that mean 0 and variance 1 are kept from layer to layer.

    Parameters
    ----------
    inplace : bool, default False
        Write into the input.

    References
    ----------
    G. Klambauer et al.: Self-normalizing neural networks (2017). https://arxiv.org/abs/1706.02515

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.SELU()(ad.tensor([-1.0, 1.0]))
    tensor([-1.1113,  1.0507])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, inplace=self.inplace)


class Softplus(Module):
    """log(1 + exp(beta * x)) / beta: a smooth rectifier.

    Parameters
    ----------
    beta : float, default 1.0
    threshold : float, default 20.0
        Where beta * x is larger, x itself is returned.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Softplus()(ad.tensor([0.0]))
    tensor([0.6931])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class GLU(Module):
    """Half of the input times the sigmoid of the other half.

    Parameters
    ----------
    dim : int, default -1
        The axis that is halved; its size is even.

    References
    ----------
    Y. Dauphin et al.: Language modeling with gated convolutional networks (2016).
    https://arxiv.org/abs/1612.08083

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.GLU()(ad.tensor([2.0, 0.0]))
    tensor([1.])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
