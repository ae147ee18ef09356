"""Convolutions over one, two and three axes, and their transposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .convolution import convolve, convolve_transposed

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution over one axis; see ``conv2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    weight : Tensor, shape (K, C / groups, R)
    bias : Tensor, shape (K,), optional
    stride, dilation : int, default 1
    padding : int, "same" or "valid", default 0
    groups : int, default 1

    Returns
    -------
    Tensor, shape (N, K, OL) or (K, OL)

    Raises
    ------
    ValueError
        For shapes and options that do not fit each other.
    TypeError
        For integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.conv1d(ad.tensor([[1.0, 2.0, 4.0]]), ad.tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2.]])
    """
    return convolve("conv1d", 1, input, weight, bias, (stride, padding, dilation, groups))


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of images with a bank of kernels.

    As everywhere in deep learning it is a cross-correlation: the kernel is not flipped.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    weight : Tensor, shape (K, C / groups, R, S)
        One kernel per output channel.
    bias : Tensor, shape (K,), optional
        Added to each output channel.
    stride, dilation : int or pair of int, default 1
        Steps between places of the kernel, and between its elements; (rows, columns).
    padding : int, pair of int, "same" or "valid", default 0
        Zeros on both sides; "same" keeps the size (stride 1 only), "valid" is 0.
    groups : int, default 1
        Cut the channels into this many parts, each convolved on its own.

    Returns
    -------
    Tensor, shape (N, K, OH, OW) or (K, OH, OW)
        OH = (H + 2 padding - dilation (R - 1) - 1) // stride + 1, and OW likewise.

    Raises
    ------
    ValueError
        For shapes and options that do not fit each other.
    TypeError
        For integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.conv2d(ad.ones(1, 1, 3, 3), ad.ones(1, 1, 3, 3), padding=1)
    tensor([[[[4., 6., 4.],
              [6., 9., 6.],
              [4., 6., 4.]]]])

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016,
    https://arxiv.org/abs/1603.07285
    """
    return convolve("conv2d", 2, input, weight, bias, (stride, padding, dilation, groups))


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution of volumes; see ``conv2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
    weight : Tensor, shape (K, C / groups, Q, R, S)
    bias : Tensor, shape (K,), optional
    stride, dilation : int or triple of int, default 1
    padding : int, triple of int, "same" or "valid", default 0
    groups : int, default 1

    Returns
    -------
    Tensor, shape (N, K, OD, OH, OW) or (K, OD, OH, OW)

    Raises
    ------
    ValueError
        For shapes and options that do not fit each other.
    TypeError
        For integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.conv3d(ad.ones(1, 1, 3, 3, 3), ad.ones(1, 1, 3, 3, 3), padding=(0, 0, 1))
    tensor([[[[[18., 27., 18.]]]]])
    """
    return convolve("conv3d", 3, input, weight, bias, (stride, padding, dilation, groups))


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Transposed convolution over one axis; see ``conv_transpose2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, L) or (C, L)
    weight : Tensor, shape (C, K / groups, R)
    bias : Tensor, shape (K,), optional
    stride, dilation : int, default 1
    padding, output_padding : int, default 0
    groups : int, default 1

    Returns
    -------
    Tensor, shape (N, K, OL) or (K, OL)

    Raises
    ------
    ValueError
        For shapes and options that do not fit each other.
    TypeError
        For integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.conv_transpose1d(ad.tensor([[1.0, 2.0]]), ad.tensor([[[1.0, 10.0]]]))
    tensor([[ 1., 12., 20.]])
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve_transposed("conv_transpose1d", 1, input, weight, bias, options)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Transposed convolution: the gradient of ``conv2d`` with respect to its input, used forwards.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (C, H, W)
    weight : Tensor, shape (C, K / groups, R, S)
        As ``conv2d`` has it for going from the output back to the input.
    bias : Tensor, shape (K,), optional
    stride, dilation : int or pair of int, default 1
        Those of the convolution that this one transposes.
    padding : int or pair of int, default 0
        Rows and columns cut from both sides of the output.
    output_padding : int or pair of int, default 0
        Rows and columns added at the far end; less than stride or dilation.
    groups : int, default 1

    Returns
    -------
    Tensor, shape (N, K, OH, OW) or (K, OH, OW)
        OH = (H - 1) stride - 2 padding + dilation (R - 1) + output_padding + 1, and OW likewise.

    Raises
    ------
    ValueError
        For shapes and options that do not fit each other.
    TypeError
        For integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.conv_transpose2d(ad.tensor([[[1.0, 2.0]]]), ad.ones(1, 1, 1, 2), stride=2)
    tensor([[[1., 1., 2., 2.]]])

    References
    ----------
    M. D. Zeiler et al., "Deconvolutional networks", CVPR 2010.
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve_transposed("conv_transpose2d", 2, input, weight, bias, options)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Transposed convolution of volumes; see ``conv_transpose2d``.

    Parameters
    ----------
    input : Tensor, shape (N, C, D, H, W) or (C, D, H, W)
    weight : Tensor, shape (C, K / groups, Q, R, S)
    bias : Tensor, shape (K,), optional
    stride, dilation : int or triple of int, default 1
    padding, output_padding : int or triple of int, default 0
    groups : int, default 1

    Returns
    -------
    Tensor, shape (N, K, OD, OH, OW) or (K, OD, OH, OW)

    Raises
    ------
    ValueError
        For shapes and options that do not fit each other.
    TypeError
        For integer tensors, or several dtypes.

    Examples
    --------
    >>> import autodiff as ad
    >>> ad.conv_transpose3d(ad.tensor([[[[1.0, 2.0]]]]), ad.ones(1, 1, 1, 1, 2), stride=2)
    tensor([[[[1., 1., 2., 2.]]]])
    """
    options = (stride, padding, output_padding, groups, dilation)
    return convolve_transposed("conv_transpose3d", 3, input, weight, bias, options)
