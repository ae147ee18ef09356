"""Convolutions over one, two and three axes, and their transposes."""

from __future__ import annotations

from typing import Any, ClassVar

from autodiff._tensor import Tensor
from autodiff.arguments import per_axis

from .. import functional as F
from ..parameter import Parameter, new_parameter
from .linear import init_weight_and_bias
from .module import Module

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
]

_PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """What all the layers share: options, parameters, ``repr``."""

    _axes: ClassVar[int]
    _transposed: ClassVar[bool] = False

    weight: Parameter
    bias: Parameter | None

    def _set_up(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        output_padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        name = type(self).__name__
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name}: groups={groups} must divide in_channels={in_channels} and "
                f"out_channels={out_channels}"
            )
        allowed = ("zeros",) if self._transposed else _PADDING_MODES
        if padding_mode not in allowed:
            raise ValueError(
                f"{name}: padding_mode must be one of {', '.join(allowed)}, got {padding_mode!r}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_axis(kernel_size, self._axes, "kernel_size", name)
        self.stride = per_axis(stride, self._axes, "stride", name)
        self.dilation = per_axis(dilation, self._axes, "dilation", name)
        self.output_padding = per_axis(output_padding, self._axes, "output_padding", name)
        self.groups = groups
        self.padding_mode = padding_mode
        self.padding: Any = self._padding(padding)
        ends = (out_channels, in_channels) if not self._transposed else (in_channels, out_channels)
        self.weight = new_parameter(
            ends[0], ends[1] // groups, *self.kernel_size, dtype=dtype, device=device
        )
        self.register_parameter("bias", new_parameter(out_channels, dtype=dtype) if bias else None)
        self.reset_parameters()

    def _padding(self, padding: Any) -> str | tuple[int, ...]:
        name = type(self).__name__
        if not isinstance(padding, str) or self._transposed:
            return per_axis(padding, self._axes, "padding", name)
        if padding not in ("same", "valid"):
            raise ValueError(
                f"{name}: padding must be 'same', 'valid' or integers, got {padding!r}"
            )
        if padding == "same" and any(step != 1 for step in self.stride):
            raise ValueError(f"{name}: padding='same' needs stride 1, got {self.stride}")
        return padding

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init_weight_and_bias(self.weight, self.bias)

    def _borders(self) -> list[int]:
        """The padding as ``F.pad`` takes it: before and after, the last axis first."""
        if self.padding == "valid":
            return [0, 0] * self._axes
        if self.padding != "same":
            return [n for pad in reversed(self.padding) for n in (pad, pad)]
        borders: list[int] = []
        for size, dilation in zip(reversed(self.kernel_size), reversed(self.dilation), strict=True):
            total = dilation * (size - 1)
            borders += [total // 2, total - total // 2]
        return borders

    def extra_repr(self) -> str:
        none = (0,) * self._axes
        shown = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        if self.padding != none:
            shown.append(f"padding={self.padding}")
        if self.dilation != (1,) * self._axes:
            shown.append(f"dilation={self.dilation}")
        if self.output_padding != none:
            shown.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            shown.append(f"groups={self.groups}")
        if self.bias is None:
            shown.append("bias=False")
        if self.padding_mode != "zeros":
            shown.append(f"padding_mode={self.padding_mode}")
        return ", ".join(shown)


class _Forward(_Conv):
    """A convolution; the subclass says over how many axes, and by which function."""

    _function: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._set_up(
            in_channels, out_channels, kernel_size, stride, padding, 0, dilation, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._borders(), mode=self.padding_mode)
            padding = 0
        return self._function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_Forward):
    """Convolution of sequences: input (N, C_in, L) or (C_in, L), output (N, C_out, L_out).

    ``L_out = (L + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``. As everywhere
    in this field the kernel is not flipped.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : int or tuple of int
    stride : int or tuple of int, default 1
    padding : int, tuple of int, ``"same"`` or ``"valid"``, default 0
        Added at both ends; ``"same"`` keeps the length (stride 1 only).
    dilation : int or tuple of int, default 1
        The distance between the taps of the kernel.
    groups : int, default 1
        Input and output channels are split into so many groups that do not see each other.
    bias : bool, default True
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
    device, dtype : optional
        As for ``Linear``.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels / groups, kernel_size)
    bias : Parameter, shape (out_channels,), or None
        Both drawn from the uniform distribution on +-1 / sqrt(in_channels / groups * kernel_size).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Conv1d(2, 4, 3, padding=1)(ad.ones(5, 2, 10)).shape
    (5, 4, 10)
    """

    _axes = 1
    _function = staticmethod(F.conv1d)


class Conv2d(_Forward):
    """Convolution of images: (N, C_in, H, W) or (C_in, H, W) becomes (N, C_out, H_out, W_out).

    Sizes follow along each axis as for ``Conv1d``, whose parameters these are; an integer stands
    for both axes. The weight has shape (out_channels, in_channels / groups, *kernel_size).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> layer = nn.Conv2d(1, 8, kernel_size=3, stride=2, padding=1)
    >>> layer
    Conv2d(1, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
    >>> layer(ad.ones(5, 1, 28, 28)).shape
    (5, 8, 14, 14)
    """

    _axes = 2
    _function = staticmethod(F.conv2d)


class Conv3d(_Forward):
    """Convolution of volumes: (N, C_in, D, H, W) or (C_in, D, H, W) becomes (N, C_out, ...).

    Sizes follow along each axis as for ``Conv1d``, whose parameters these are; an integer stands
    for all three axes. The weight has shape (out_channels, in_channels / groups, *kernel_size).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.Conv3d(1, 8, kernel_size=3, padding=(0, 1, 1))(ad.ones(2, 1, 5, 8, 8)).shape
    (2, 8, 3, 8, 8)
    """

    _axes = 3
    _function = staticmethod(F.conv3d)


class _Transposed(_Conv):
    """A transposed convolution; the subclass says over how many axes, and by which function."""

    _transposed = True
    _function: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._set_up(
            in_channels, out_channels, kernel_size, stride, padding, output_padding, dilation,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        extra = self.output_padding
        if output_size is not None:
            extra = self._extra_for(input, tuple(output_size))
        return self._function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )

    def _extra_for(self, input: Tensor, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """Return the output padding that gives the size `wanted`."""
        least = [
            (n - 1) * step - 2 * pad + dilation * (size - 1) + 1
            for n, step, pad, dilation, size in zip(
                input.shape[-self._axes :], self.stride, self.padding, self.dilation,
                self.kernel_size, strict=True,
            )
        ]  # fmt: skip
        extra = tuple(n - m for n, m in zip(wanted[-self._axes :], least, strict=False))
        if len(extra) != self._axes or any(
            not 0 <= e < max(step, 1) for e, step in zip(extra, self.stride, strict=True)
        ):
            most = [m + step - 1 for m, step in zip(least, self.stride, strict=True)]
            raise ValueError(
                f"{type(self).__name__}: output_size {wanted} is out of reach from input shape "
                f"{input.shape}; possible are {least} to {most}"
            )
        return extra


class ConvTranspose1d(_Transposed):
    """The transpose (not the inverse) of ``Conv1d``: leads from its output's shape to its input's.

    ``L_out = (L - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1``

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, groups, bias, dilation, device, dtype
        As for ``Conv1d``; `padding` takes away from the output.
    output_padding : int or tuple of int, default 0
        Added to one end of the output, to choose among the lengths that the convolution maps to
        one.
    padding_mode : {"zeros"}

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels / groups, kernel_size)
    bias : Parameter, shape (out_channels,), or None

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.ConvTranspose1d(4, 2, 2, stride=2)(ad.ones(5, 4, 10)).shape
    (5, 2, 20)
    """

    _axes = 1
    _function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_Transposed):
    """The transpose (not the inverse) of ``Conv2d``, often used to enlarge images.

    Parameters are those of ``ConvTranspose1d``; an integer stands for both axes. The weight has
    shape (in_channels, out_channels / groups, *kernel_size).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.ConvTranspose2d(4, 2, 2, stride=2)(ad.ones(5, 4, 7, 7)).shape
    (5, 2, 14, 14)
    """

    _axes = 2
    _function = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_Transposed):
    """The transpose (not the inverse) of ``Conv3d``.

    Parameters are those of ``ConvTranspose1d``; an integer stands for all three axes. The weight
    has shape (in_channels, out_channels / groups, *kernel_size).

    Examples
    --------
    >>> import autodiff as ad
    >>> from autodiff import nn
    >>> nn.ConvTranspose3d(4, 2, 2, stride=2)(ad.ones(1, 4, 3, 5, 5)).shape
    (1, 2, 6, 10, 10)
    """

    _axes = 3
    _function = staticmethod(F.conv_transpose3d)
