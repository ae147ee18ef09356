"""Conversions: dtypes, what they do to the graph, copies, devices."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad


def test_the_gradient_of_a_conversion_goes_back_to_the_dtype():
    x = ad.tensor([1.5, 2.5], requires_grad=True)
    y = x.to(ad.float64) * 3
    assert y.dtype == ad.float64
    y.sum().backward()
    assert x.grad.dtype == ad.float32
    assert x.grad.tolist() == [3.0, 3.0]


def test_second_derivatives_pass_through_conversions():
    x = ad.tensor(2.0, requires_grad=True)
    (g,) = ad.grad(x.double() ** 3, x, create_graph=True)
    assert g.dtype == ad.float32
    assert ad.grad(g, x)[0].item() == 12.0


def test_a_conversion_to_integers_ends_the_graph():
    x = ad.tensor([1.5, -2.5], requires_grad=True)
    for y in (x.long(), x.to(ad.int32), x.bool(), x.int(), x.astype(ad.uint8, copy=False)):
        assert not y.requires_grad
    assert x.long().tolist() == [1, -2]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("bool", ad.bool_), ("byte", ad.uint8), ("char", ad.int8), ("short", ad.int16),
     ("int", ad.int32), ("long", ad.int64), ("half", ad.float16), ("float", ad.float32),
     ("double", ad.float64)],
)  # fmt: skip
def test_short_names(name, dtype):
    x = ad.tensor([0, 1])
    y = getattr(x, name)()
    assert y.dtype == dtype
    assert getattr(y, name)() is y
    assert getattr(ad.Tensor, name).__doc__


def test_to_takes_dtypes_tensors_and_devices():
    x = ad.tensor([1.0])
    assert x.to(ad.float64).dtype == ad.float64
    assert x.to(dtype="int16").dtype == ad.int16
    assert x.to("float64").dtype == ad.float64
    assert x.to(float).dtype == ad.float64
    assert x.to(ad.tensor([1])).dtype == ad.int64
    assert x.to("cpu") is x
    assert x.to("cpu:0", ad.float64).dtype == ad.float64
    assert x.to(device="cpu", dtype=ad.int64).dtype == ad.int64
    assert x.to(ad.float32) is x
    assert x.to() is x
    assert x.to(ad.float32, False, True) is not x
    assert x.to(ad.float32, copy=True) is not x
    assert x.to("cpu", non_blocking=True) is x
    assert x.type_as(ad.tensor([1])).dtype == ad.int64
    assert x.type() == "float32"
    assert x.type(ad.int64).dtype == ad.int64
    assert x.cpu() is x


def test_to_refuses_other_devices_and_dtypes():
    x = ad.ones(2)
    for device in ("cuda", "cuda:1", "mps", "meta"):
        with pytest.raises(ValueError, match=f"to: there is no device '{device}'"):
            x.to(device)
    with pytest.raises(ValueError, match="there is no device"):
        x.to(ad.float64, device="cuda")
    with pytest.raises(TypeError, match="complex64 is not supported"):
        x.to(np.complex64)
    with pytest.raises(TypeError, match="'floaty' is not a dtype"):
        x.to("floaty")


def test_clone_is_recorded_and_owns_its_memory():
    x = ad.tensor([1.0, 2.0], requires_grad=True)
    y = x.clone()
    y *= 2
    y.sum().backward()
    assert x.tolist() == [1.0, 2.0]
    assert x.grad.tolist() == [2.0, 2.0]
    z = x.detach().clone()
    z[0] = 5.0
    assert x.tolist() == [1.0, 2.0]
    assert np.copy(x).requires_grad


def test_astype_copies_unless_told_otherwise():
    x = ad.ones(2)
    assert x.astype(ad.float32) is not x
    assert x.astype(ad.float32, copy=False) is x
    assert x.astype(ad.float64).dtype == ad.float64


def test_contiguous():
    x = ad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x[:, 0]
    assert not y.is_contiguous()
    z = y.contiguous()
    assert z.is_contiguous()
    assert z.contiguous() is z
    (z * ad.tensor([1.0, 10.0])).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0], [10.0, 0.0]]
