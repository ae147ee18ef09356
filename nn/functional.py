"""The operations of neural networks under PyTorch's names (usually imported as ``F``).

They live in `autodiff.ops`; here stands only what has no other home: ``inplace`` arguments, and
functions that are put together from several operations.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autodiff.declare import floating_operand
from autodiff.inplace import in_place
from autodiff.ops import activation, smooth_activation
from autodiff.ops import dropout as _dropout
from autodiff.ops.activation import hardshrink, prelu, softshrink
from autodiff.ops.adaptive_pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
)
from autodiff.ops.attention import scaled_dot_product_attention
from autodiff.ops.batch_norm import batch_norm, instance_norm
from autodiff.ops.conv import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
)
from autodiff.ops.cross_entropy import cross_entropy, nll_loss
from autodiff.ops.distance import (
    cosine_embedding_loss,
    cosine_similarity,
    hinge_embedding_loss,
    margin_ranking_loss,
    normalize,
    pairwise_distance,
    triplet_margin_loss,
)
from autodiff.ops.embedding import embedding, one_hot
from autodiff.ops.likelihood import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    gaussian_nll_loss,
    kl_div,
    poisson_nll_loss,
    soft_margin_loss,
)
from autodiff.ops.linear import bilinear, linear
from autodiff.ops.loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from autodiff.ops.normalization import group_norm, layer_norm, rms_norm
from autodiff.ops.padding import pad
from autodiff.ops.pooling import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from autodiff.ops.sigmoids import logsigmoid, sigmoid, softplus, tanh
from autodiff.ops.smooth_activation import gelu, softsign, tanhshrink
from autodiff.ops.softmax import log_softmax, softmax, softmin

if TYPE_CHECKING:
    from autodiff._tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d",
    "alpha_dropout", "avg_pool1d", "avg_pool2d", "batch_norm", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity",
    "cross_entropy", "dropout",
    "dropout1d", "dropout2d", "elu", "embedding", "gaussian_nll_loss", "gelu", "glu", "group_norm",
    "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss", "huber_loss",
    "instance_norm", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax",
    "logsigmoid", "margin_ranking_loss", "max_pool1d", "max_pool2d", "mish", "mse_loss", "nll_loss",
    "normalize", "one_hot", "pad", "pairwise_distance", "poisson_nll_loss", "prelu", "relu",
    "relu6", "rms_norm", "scaled_dot_product_attention", "selu", "sigmoid", "silu",
    "smooth_l1_loss", "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink",
    "softsign", "tanh", "tanhshrink", "threshold", "triplet_margin_loss",
]  # fmt: skip


def _with_inplace(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Add PyTorch's last argument ``inplace``: write the result into the input."""
    count = len(inspect.signature(function).parameters)
    write = in_place(function)

    @functools.wraps(function)
    def either(*args: Any, inplace: bool = False, **options: Any) -> Tensor:
        if len(args) > count:
            *args, inplace = args  # type: ignore[assignment]
        return (write if inplace else function)(*args, **options)

    return either


relu = _with_inplace(activation.relu)
relu6 = _with_inplace(activation.relu6)
leaky_relu = _with_inplace(activation.leaky_relu)
threshold = _with_inplace(activation.threshold)
hardtanh = _with_inplace(activation.hardtanh)
hardsigmoid = _with_inplace(activation.hardsigmoid)
hardswish = _with_inplace(activation.hardswish)
elu = _with_inplace(smooth_activation.elu)
celu = _with_inplace(smooth_activation.celu)
selu = _with_inplace(smooth_activation.selu)
silu = _with_inplace(smooth_activation.silu)
mish = _with_inplace(smooth_activation.mish)
dropout = _with_inplace(_dropout.dropout)
dropout1d = _with_inplace(_dropout.dropout1d)
dropout2d = _with_inplace(_dropout.dropout2d)
alpha_dropout = _with_inplace(_dropout.alpha_dropout)


def glu(input: Any, dim: int = -1) -> Tensor:
    """Gated linear unit: the first half along an axis, times the sigmoid of the second.

    Parameters
    ----------
    input : Tensor
        Of even length along `dim`.
    dim : int, default -1

    Returns
    -------
    Tensor
        Half as long along `dim`.

    Raises
    ------
    ValueError
        For an odd length.
    IndexError
        For an axis that the tensor does not have.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff.nn import functional as F
    >>> F.glu(ad.tensor([2.0, 4.0, 0.0, 0.0]))
    tensor([1., 2.])

    References
    ----------
    Y. N. Dauphin et al., "Language modeling with gated convolutional networks", ICML 2017.
    """
    x = floating_operand(input, "glu")
    halves = x.chunk(2, dim)
    if len(halves) != 2 or halves[0].shape != halves[1].shape:
        raise ValueError(f"glu: axis {dim} of shape {x.shape} cannot be cut into halves")
    return halves[0] * halves[1].sigmoid()
