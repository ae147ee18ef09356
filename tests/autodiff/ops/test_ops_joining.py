"""Joining and splitting: values by NumPy and PyTorch, dtypes, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_splitting_and_joining_again(data):
    shape = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = ad.tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[axis]), max_size=3)))
    parts = x.tensor_split(cuts, axis)
    for part, expected in zip(parts, np.split(x.detach().numpy(), cuts, axis), strict=True):
        np.testing.assert_array_equal(part.detach().numpy(), expected)
    weights = [k + 1.0 for k in range(len(parts))]
    joined = ad.cat([part * w for part, w in zip(parts, weights, strict=True)], axis)
    assert joined.shape == x.shape
    joined.sum().backward()
    ones = np.split(np.ones(shape), cuts, axis)
    expected = np.concatenate([o * w for o, w in zip(ones, weights, strict=True)], axis)
    np.testing.assert_array_equal(x.grad.numpy(), expected)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9), st.integers(1, 5))
def test_sizes_of_parts(length, n):
    x = ad.arange(length)
    assert [len(p) for p in x.tensor_split(n)] == [
        len(p) for p in np.array_split(np.arange(length), n)
    ]
    together = [i for part in x.split(n) for i in part.tolist()]
    assert together == list(range(length))
    assert all(len(part) == n for part in x.split(n)[:-1])


@pytest.mark.parity
def test_split_and_chunk_give_as_many_parts_as_torch():
    torch = pytest.importorskip("torch")
    for length in range(8):
        for n in range(1, 6):
            x, t = ad.arange(length), torch.arange(length)
            assert [p.tolist() for p in x.split(n)] == [p.tolist() for p in t.split(n)]
            assert [p.tolist() for p in x.chunk(n)] == [p.tolist() for p in t.chunk(n)]


def test_gradient_of_unused_parts_is_zero_and_of_unused_tensors_none():
    x = ad.ones(4, requires_grad=True)
    x.split(2)[0].sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0, 0.0]
    y, z = ad.ones(2, requires_grad=True), ad.ones(2)
    ad.cat([y, z]).sum().backward()
    assert y.grad.tolist() == [1.0, 1.0]
    assert z.grad is None


def test_one_tensor_joined_with_itself():
    x = ad.ones(2, requires_grad=True)
    (ad.stack([x, x, x]) * ad.tensor([[1.0], [2.0], [3.0]])).sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


def test_dtypes_are_promoted():
    ints, floats = ad.tensor([1]), ad.tensor([1.5], requires_grad=True)
    assert ad.cat([ints, floats]).dtype == ad.float32
    assert ad.stack([floats, floats.detach().double()]).dtype == ad.float64
    ad.cat([ints, floats, ad.ones(1, dtype=ad.float64)]).sum().backward()
    assert floats.grad.dtype == ad.float32


def test_empty_vectors_are_passed_over():
    x = ad.ones(2, 3, requires_grad=True)
    y = ad.cat([ad.empty(0), x], dim=1)
    assert y.shape == (2, 3)
    y.sum().backward()
    assert x.grad.shape == (2, 3)
    assert ad.cat([ad.empty(0), ad.empty(0)]).shape == (0,)


def test_parts_are_writable_views():
    x = ad.zeros(4) * 1.0
    w = ad.tensor(2.0, requires_grad=True)
    first, second = x.chunk(2)
    second.fill_(w)
    first += second
    assert x.tolist() == [2.0, 2.0, 2.0, 2.0]
    x.sum().backward()
    assert w.grad.item() == 4.0


def test_a_loop_over_parts_keeps_one_buffer():
    # A dense gradient per step would need 1,000 arrays of 8 MB.
    x = ad.zeros(1000, 1000, requires_grad=True)
    total = sum(row.sum() for row in x)
    total.backward()
    assert x.grad.numpy().min() == x.grad.numpy().max() == 1.0


ERRORS = {
    "cat nothing": (lambda x: ad.cat([]), ValueError, "cat: expected at least one"),
    "cat number": (lambda x: ad.cat(3), TypeError, "cat: expected a sequence"),
    "cat shapes": (
        lambda x: ad.cat([x, ad.ones(3, 3)], 1),
        ValueError,
        r"cat\(.*\[2, 3\].*\[3, 3\]",
    ),
    "cat axes": (lambda x: ad.cat([x, ad.ones(3)]), ValueError, r"cat: .*\(2, 3\) and \(3,\)"),
    "cat 0-d": (lambda x: ad.cat([ad.tensor(1.0)]), ValueError, "use stack"),
    "cat dim": (lambda x: ad.cat([x, x], 2), IndexError, "cat: dim 2"),
    "cat text": (lambda x: ad.cat([x, "a"]), TypeError, "cat: expected a Tensor"),
    "stack shapes": (lambda x: ad.stack([x, x[0]]), ValueError, "stack: .* one shape"),
    "stack dim": (lambda x: ad.stack([x, x], 3), IndexError, "stack: dim 3"),
    "split sections": (lambda x: x.split([1, 1], 1), ValueError, "must add up to 3"),
    "split negative": (lambda x: x.split([4, -1], 1), ValueError, "must add up to 3"),
    "split zero": (lambda x: x.split(0), ValueError, "must be positive"),
    "split 0-d": (lambda x: ad.tensor(1.0).split(1), ValueError, "0-d"),
    "chunk zero": (lambda x: x.chunk(0), ValueError, "must be positive"),
    "tensor_split zero": (lambda x: x.tensor_split(0), ValueError, "must be positive"),
    "hsplit": (lambda x: x.hsplit(2), ValueError, "cannot be divided into 2"),
    "vsplit": (lambda x: x[0].vsplit(1), ValueError, "at least two axes"),
    "dsplit": (lambda x: x.dsplit(1), ValueError, "has no axis 2"),
    "unbind 0-d": (lambda x: ad.tensor(1.0).unbind(), ValueError, "0-d"),
    "meshgrid": (lambda x: ad.meshgrid(x), ValueError, "0-d and 1-d"),
    "meshgrid indexing": (lambda x: ad.meshgrid(x[0], indexing="yx"), ValueError, "'ij' or 'xy'"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call(ad.zeros(2, 3))
