"""Pooling over one and two axes: the largest or the mean value of each window."""

from __future__ import annotations

from typing import Any, ClassVar

from autodiff._tensor import Tensor
from autodiff.arguments import per_axis

from .. import functional as F
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d",
]  # fmt: skip


class _MaxPool(Module):
    _function: ClassVar[Any]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        return self._function(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest value of each window: (N, C, L) or (C, L) becomes (N, C, L_out) or (C, L_out).

    Parameters
    ----------
    kernel_size : int or tuple of int
    stride : int or tuple of int, optional
        The step between windows; `kernel_size` by default.
    padding : int or tuple of int, default 0
        Places of minus infinity at both ends.
    dilation : int or tuple of int, default 1
        The distance between the places of a window.
    return_indices : bool, default False
        Return also where the largest values stood.
    ceil_mode : bool, default False
        Round the number of windows up.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.MaxPool1d(2)(ad.tensor([[[1.0, 4.0, 3.0, 2.0]]]))
    tensor([[[4., 3.]]])
    """

    _function = staticmethod(F.max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest value of each window: (N, C, H, W) becomes (N, C, H_out, W_out).

    Parameters are those of ``MaxPool1d``; an integer stands for both axes.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.MaxPool2d(2)(ad.ones(1, 3, 8, 8)).shape
    (1, 3, 4, 4)
    """

    _function = staticmethod(F.max_pool2d)


class AvgPool1d(Module):
    """The mean of each window: (N, C, L) or (C, L) becomes (N, C, L_out) or (C, L_out).

    Parameters
    ----------
    kernel_size : int or tuple of int
    stride : int or tuple of int, optional
        The step between windows; `kernel_size` by default.
    padding : int or tuple of int, default 0
        Zeros at both ends.
    ceil_mode : bool, default False
        Round the number of windows up.
    count_include_pad : bool, default True
        Divide by the size of the window even where it reaches into the padding.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.AvgPool1d(2)(ad.tensor([[[1.0, 3.0, 5.0, 9.0]]]))
    tensor([[[2., 7.]]])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_axis(kernel_size, 1, "kernel_size", "AvgPool1d")
        self.stride = (
            self.kernel_size if stride is None else per_axis(stride, 1, "stride", "AvgPool1d")
        )
        self.padding = per_axis(padding, 1, "padding", "AvgPool1d")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """The mean of each window: (N, C, H, W) becomes (N, C, H_out, W_out).

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad
        As for ``AvgPool1d``; an integer stands for both axes.
    divisor_override : int, optional
        Divide the sums by this.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.AvgPool2d(2)(ad.ones(1, 3, 8, 8)).shape
    (1, 3, 4, 4)
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AdaptivePool(Module):
    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePool):
    """The means of windows chosen so that the last axis gets a given size.

    Parameters
    ----------
    output_size : int

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.AdaptiveAvgPool1d(2)(ad.tensor([[[1.0, 3.0, 5.0, 9.0]]]))
    tensor([[[2., 7.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptivePool):
    """The means of windows chosen so that the last two axes get given sizes.

    Parameters
    ----------
    output_size : int or (int or None, int or None)
        An integer stands for both axes; None keeps the size of an axis.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.AdaptiveAvgPool2d(1)(ad.ones(1, 3, 7, 5)).shape
    (1, 3, 1, 1)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)


class _AdaptiveMaxPool(_AdaptivePool):
    _function: ClassVar[Any]

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return self._function(input, self.output_size, return_indices=self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest values of windows chosen so that the last axis gets a given size.

    Parameters
    ----------
    output_size : int
    return_indices : bool, default False
        Return also where the largest values stood.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.AdaptiveMaxPool1d(2)(ad.tensor([[[1.0, 3.0, 5.0, 9.0]]]))
    tensor([[[3., 9.]]])
    """

    _function = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest values of windows chosen so that the last two axes get given sizes.

    Parameters
    ----------
    output_size : int or (int or None, int or None)
        An integer stands for both axes; None keeps the size of an axis.
    return_indices : bool, default False
        Return also where the largest values stood.

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.AdaptiveMaxPool2d((2, 1))(ad.ones(1, 3, 7, 5)).shape
    (1, 3, 2, 1)
    """

    _function = staticmethod(F.adaptive_max_pool2d)
