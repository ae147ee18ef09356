"""Initialisation: functions that fill a tensor in place, with PyTorch's formulas and numbers.

Each writes into the memory of the tensor without recording, and returns the tensor. After
``autodiff.manual_seed(s)`` the numbers are those that PyTorch draws after ``torch.manual_seed(s)``.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from autodiff import random, versions
from autodiff._tensor import Tensor
from autodiff.random import Generator

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_",
    "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]  # fmt: skip

T = TypeVar("T", bound=Tensor)

_GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0, "conv_transpose3d": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0), "selu": 3.0 / 4,
}  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which a nonlinearity asks for larger weights.

    Parameters
    ----------
    nonlinearity : str
        ``"linear"``, ``"conv1d"``, ``"sigmoid"``, ``"tanh"`` (5/3), ``"relu"`` (sqrt 2),
        ``"leaky_relu"``, ``"selu"`` (3/4) ...
    param : float, optional
        The negative slope of ``"leaky_relu"``; 0.01 by default.

    Raises
    ------
    ValueError
        For an unknown name or a slope that is not a number.

    Examples
    --------
    >>> from autodiff import nn
    >>> nn.init.calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain: the negative slope must be a number, got {param!r}")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"calculate_gain: unknown nonlinearity {nonlinearity!r}; known are "
            f"{', '.join([*_GAINS, 'leaky_relu'])}"
        )
    return _GAINS[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs feed one output, and how many outputs one input feeds.

    The weight has shape (outputs, inputs, *kernel), as those of ``Linear`` and ``Conv2d``.
    """
    if tensor.ndim < 2:
        raise ValueError(
            "fan in and fan out need a weight of 2 or more axes (outputs, inputs, *kernel), "
            f"got shape {tensor.shape}"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def _fill(tensor: T, values: Any) -> T:
    tensor._array[...] = values
    versions.touch(tensor._array)
    return tensor


def _generator(generator: Generator | None) -> Generator:
    return random.default_generator if generator is None else generator


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with numbers from the uniform distribution on [a, b).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> _ = ad.manual_seed(0)
    >>> nn.init.uniform_(ad.empty(2), -1, 1)
    tensor([-0.0075,  0.5364])
    """
    return _fill(tensor, random.uniform(_generator(generator), tensor.shape, tensor.dtype, a, b))


def normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> T:
    """Fill with numbers from the normal distribution.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> _ = ad.manual_seed(0)
    >>> nn.init.normal_(ad.empty(3), std=0.1)
    tensor([ 0.1541, -0.0293, -0.2179])
    """
    return _fill(
        tensor, random.normal(_generator(generator), tensor.shape, tensor.dtype, mean, std)
    )


def trunc_normal_(
    tensor: T,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> T:
    """Fill with numbers from the normal distribution, cut to [a, b].

    Parameters
    ----------
    tensor : Tensor
    mean, std : float, default 0 and 1
    a, b : float, default -2 and 2
        The bounds, in the units of the numbers and not in standard deviations.
    generator : Generator, optional

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> w = nn.init.trunc_normal_(ad.empty(1000), std=0.02, a=-0.03, b=0.03)
    >>> abs(w).max().item() <= 0.03
    True
    """
    values = random.trunc_normal(_generator(generator), tensor.shape, tensor.dtype, mean, std, a, b)
    return _fill(tensor, values)


def constant_(tensor: T, val: float) -> T:
    """Fill with one number.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.init.constant_(ad.empty(2), 0.5)
    tensor([0.5000, 0.5000])
    """
    return _fill(tensor, val)


def ones_(tensor: T) -> T:
    """Fill with ones.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.init.ones_(ad.empty(2))
    tensor([1., 1.])
    """
    return _fill(tensor, 1)


def zeros_(tensor: T) -> T:
    """Fill with zeros.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.init.zeros_(ad.empty(2))
    tensor([0., 0.])
    """
    return _fill(tensor, 0)


def eye_(tensor: T) -> T:
    """Fill a matrix with ones on the diagonal and zeros elsewhere.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.init.eye_(ad.empty(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_: expected a tensor of 2 axes, got shape {tensor.shape}")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: T, groups: int = 1) -> T:
    """Fill the weight of a convolution so that it passes its input channels on unchanged.

    Parameters
    ----------
    tensor : Tensor
        Of shape (outputs, inputs / groups, *kernel), with 1 to 3 axes of the kernel.
    groups : int, default 1
        Do so in each of that many groups of output channels.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.init.dirac_(ad.empty(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_: expected a weight of 3 to 5 axes, got shape {tensor.shape}")
    outputs, inputs, *kernel = tensor.shape
    if groups < 1 or outputs % groups:
        raise ValueError(f"dirac_: {outputs} output channels do not divide into {groups} groups")
    values = np.zeros(tensor.shape, tensor.dtype)
    per_group = outputs // groups
    centre = tuple([size // 2 for size in kernel])
    for group in range(groups):
        for channel in range(min(per_group, inputs)):
            values[(group * per_group + channel, channel, *centre)] = 1
    return _fill(tensor, values)


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill a weight from the uniform distribution that keeps variances alike in both directions.

    The bounds are +-gain * sqrt(6 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural networks
    (2010).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> abs(nn.init.xavier_uniform_(ad.empty(3, 3))).max().item() <= 1
    True
    """
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill a weight from the normal distribution of std gain * sqrt(2 / (fan_in + fan_out)).

    References
    ----------
    X. Glorot, Y. Bengio: Understanding the difficulty of training deep feedforward neural networks
    (2010).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.init.xavier_normal_(ad.empty(3, 5)).shape
    (3, 5)
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / max(fan_in + fan_out, 1))


def kaiming_uniform_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Fill a weight from the uniform distribution that keeps variances through rectifiers.

    The bounds are +-gain * sqrt(3 / fan).

    Parameters
    ----------
    tensor : Tensor
        Of shape (outputs, inputs, *kernel).
    a : float, default 0
        The negative slope of the rectifier, for ``"leaky_relu"``.
    mode : {"fan_in", "fan_out"}
        Keep the variances of the forward or of the backward pass.
    nonlinearity : str, default "leaky_relu"
        See ``calculate_gain``.
    generator : Generator, optional

    References
    ----------
    K. He et al.: Delving deep into rectifiers (2015). https://arxiv.org/abs/1502.01852

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> abs(nn.init.kaiming_uniform_(ad.empty(3, 6), nonlinearity="relu")).max().item() <= 1
    True
    """
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Fill a weight from the normal distribution of std gain / sqrt(fan); see ``kaiming_uniform_``.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.init.kaiming_normal_(ad.empty(8, 3, 3, 3), mode="fan_out", nonlinearity="relu").shape
    (8, 3, 3, 3)
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    # A weight without elements has no fan, and nothing to fill.
    return calculate_gain(nonlinearity, a) / math.sqrt(max(_fan(tensor, mode), 1))


def orthogonal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill a weight so that its rows (or, where there are more rows, its columns) are orthonormal.

    Axes after the first count as one. The numbers agree with PyTorch's to rounding.

    Parameters
    ----------
    tensor : Tensor
        Of 2 or more axes.
    gain : float, default 1
        The length of the rows.
    generator : Generator, optional

    References
    ----------
    A. Saxe, J. McClelland, S. Ganguli: Exact solutions to the nonlinear dynamics of learning in
    deep linear neural networks (2013). https://arxiv.org/abs/1312.6120

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> w = nn.init.orthogonal_(ad.empty(2, 5))
    >>> (w @ w.T).round().abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: expected 2 or more axes, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    normals = random.normal(_generator(generator), (rows, columns), tensor.dtype)
    if not normals.size:
        return tensor
    computed = np.float64 if tensor.dtype == np.float64 else np.float32
    normals = normals.astype(computed, copy=False)
    q, r = np.linalg.qr(normals.T if rows < columns else normals)
    q = q * np.sign(np.diagonal(r))  # makes the distribution uniform
    return _fill(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(tensor: T, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> T:
    """Fill a matrix from a normal distribution, with some zeros in each column.

    Parameters
    ----------
    tensor : Tensor
        Of 2 axes.
    sparsity : float
        The fraction of zeros in each column, from 0 to 1; rounded up to whole elements.
    std : float, default 0.01
    generator : Generator, optional

    References
    ----------
    J. Martens: Deep learning via Hessian-free optimization (2010).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> w = nn.init.sparse_(ad.empty(10, 3), sparsity=0.4)
    >>> (w == 0).sum(0)
    tensor([4, 4, 4])
    """
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: expected a tensor of 2 axes, got shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity must lie in [0, 1], got {sparsity}")
    generator = _generator(generator)
    rows, columns = tensor.shape
    values = random.normal(generator, tensor.shape, tensor.dtype, 0.0, std)
    zeros = math.ceil(sparsity * rows)
    for column in range(columns):
        values[random.randperm(generator, rows)[:zeros], column] = 0
    return _fill(tensor, values)
