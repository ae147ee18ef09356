"""Shapes and rearranging: values by NumPy and PyTorch, views, ugly shapes, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad

_shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@st.composite
def _arrays(draw):
    """Float arrays of any shape in any layout."""
    shape = draw(_shapes)
    wide = np.arange(1.0, 1 + 2 ** len(shape) * np.prod(shape)).reshape([2 * n for n in shape])
    steps = [slice(None, None, draw(st.sampled_from([2, -2]))) for _ in shape]
    array = wide[tuple(steps)]
    return array.copy("F") if draw(st.booleans()) else array


def _gradient_of_sum_of_squares(call, array):
    x = ad.tensor(array, requires_grad=True)
    y = call(x)
    (y * y).sum().backward()
    return y.detach().numpy(), x.grad.numpy()


@settings(max_examples=60, deadline=None)
@given(_arrays(), st.randoms(use_true_random=False))
def test_permuting_and_flipping_any_layout(array, random):
    order = list(range(array.ndim))
    random.shuffle(order)
    flipped = [axis for axis in order if random.random() < 0.5]
    y, g = _gradient_of_sum_of_squares(lambda x: x.permute(order).flip(flipped), array)
    np.testing.assert_array_equal(y, np.flip(np.transpose(array, order), tuple(flipped)))
    np.testing.assert_array_equal(g, 2 * array)


@settings(max_examples=60, deadline=None)
@given(_arrays())
def test_reshaping_any_layout(array):
    y, g = _gradient_of_sum_of_squares(lambda x: x.reshape(-1) if x.numel() else x.flatten(), array)
    np.testing.assert_array_equal(y, array.ravel())
    np.testing.assert_array_equal(g, 2 * array)
    y, g = _gradient_of_sum_of_squares(lambda x: x.unsqueeze(0).squeeze(), array)
    np.testing.assert_array_equal(y, np.squeeze(array))
    np.testing.assert_array_equal(g, 2 * array)


@settings(max_examples=60, deadline=None)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_dims=4, max_side=3))
def test_broadcasting(shapes):
    arrays = [np.arange(float(np.prod(s))).reshape(s) for s in shapes.input_shapes]
    xs = [ad.tensor(a, requires_grad=True) for a in arrays]
    for x, a, y in zip(xs, arrays, ad.broadcast_tensors(*xs), strict=True):
        np.testing.assert_array_equal(y.detach().numpy(), np.broadcast_to(a, shapes.result_shape))
        y.sum().backward()
        count = np.prod(shapes.result_shape) / a.size if a.size else 0
        np.testing.assert_array_equal(x.grad.numpy(), np.full(a.shape, count))


@settings(max_examples=60, deadline=None)
@given(_arrays(), st.data())
def test_rolling_tiling_and_padding_any_layout(array, data):
    numbers = st.lists(st.integers(-5, 5), min_size=array.ndim, max_size=array.ndim)
    shifts = data.draw(numbers)
    axes = list(range(array.ndim))
    y, g = _gradient_of_sum_of_squares(lambda x: x.roll(shifts, axes), array)
    np.testing.assert_array_equal(y, np.roll(array, shifts, axes) if axes else array)
    np.testing.assert_array_equal(g, 2 * array)

    reps = data.draw(st.lists(st.integers(0, 3), min_size=array.ndim, max_size=array.ndim + 1))
    y, g = _gradient_of_sum_of_squares(lambda x: x.tile(reps), array)
    np.testing.assert_array_equal(y, np.tile(array, reps))
    np.testing.assert_array_equal(g, 2 * array * np.prod(reps))

    widths = data.draw(
        st.lists(st.integers(0, 2), min_size=2 * array.ndim, max_size=2 * array.ndim)
    )
    y, g = _gradient_of_sum_of_squares(lambda x: ad.pad(x, widths, value=1.5), array)
    pairs = np.reshape(widths, (-1, 2))[::-1]
    expected = np.pad(array, pairs, constant_values=1.5) if array.ndim else array
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(g, 2 * array)


VIEWS = {
    "reshape": lambda x: x.reshape(3, 2),
    "view": lambda x: x.view(6),
    "flatten": lambda x: x.flatten(),
    "unflatten": lambda x: x.unflatten(1, (3, 1)),
    "ravel": lambda x: x.ravel(),
    "squeeze": lambda x: x.squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "transpose": lambda x: x.transpose(0, 1),
    "t": lambda x: x.t(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "permute": lambda x: x.permute(1, 0),
    "movedim": lambda x: x.movedim(0, 1),
    "narrow": lambda x: x.narrow(1, 0, 2),
    "select": lambda x: x.select(0, 1),
    "slice": lambda x: x[:, ::-1],
    "element": lambda x: x[1, 2],
    "split": lambda x: x.split(2, 1)[1],
    "chunk": lambda x: x.chunk(2)[1],
    "unbind": lambda x: x.unbind()[1],
    "tensor_split": lambda x: x.tensor_split(2, 1)[1],
    "iteration": lambda x: list(x)[1],
}

COPIES = {
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(0),
    "roll along no axis": lambda x: x.roll((), ()),
    "rot90": lambda x: x.rot90(0),
    "tile": lambda x: x.tile(1, 1),
    "repeat": lambda x: x.repeat(1, 1),
    "repeat_interleave": lambda x: x.repeat_interleave(1, 0),
    "pad": lambda x: ad.pad(x, (0, 0)),
    "pad reflect": lambda x: ad.pad(x, (0, 0), "reflect"),
    "unfold": lambda x: x.unfold(1, 3, 1),
    "cat": lambda x: ad.cat([x]),
    "stack": lambda x: ad.stack([x]),
    "index": lambda x: x[[0, 1]],
    "mask": lambda x: x[x > -1],
    "gather": lambda x: x.gather(0, ad.zeros_like(x, dtype=ad.int64)),
    "index_select": lambda x: x.index_select(0, ad.tensor([0, 1])),
    "reshape that copies": lambda x: x.T.reshape(6),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_share_memory_and_history(name):
    x = ad.arange(6.0).reshape(2, 3) * 1.0
    y = VIEWS[name](x)
    before = y._version
    x.mul_(2.0)
    assert y._version > before  # so that backward notices the write
    np.testing.assert_array_equal(y.numpy(), VIEWS[name](x).numpy())
    y.fill_(7.0)
    np.testing.assert_array_equal(VIEWS[name](x).numpy(), y.numpy())
    w = ad.tensor(3.0, requires_grad=True)
    x.mul_(w)
    assert y.requires_grad
    y.sum().backward()
    np.testing.assert_allclose(w.grad.item(), 7.0 * y.numel())


@pytest.mark.parametrize("name", COPIES)
def test_copies_do_not_share_memory(name):
    x = ad.arange(6.0).reshape(2, 3) * 1.0
    y = COPIES[name](x)
    before = y.numpy().copy()
    x.zero_()
    np.testing.assert_array_equal(y.numpy(), before)
    y.fill_(5.0)
    np.testing.assert_array_equal(x.numpy(), np.zeros((2, 3)))


@pytest.mark.parametrize(
    "dtype", [ad.float16, ad.float32, ad.float64, ad.int64, ad.bool_, ad.uint8]
)
def test_dtype_is_kept(dtype):
    x = ad.tensor(np.arange(6).reshape(2, 3), dtype=dtype)
    for call in (*VIEWS.values(), *COPIES.values()):
        assert call(x).dtype == dtype


@pytest.mark.parametrize("dtype", [ad.float16, ad.float32])
def test_dtype_of_gradients_is_kept(dtype):
    for call in (*VIEWS.values(), *COPIES.values()):
        x = ad.tensor(np.arange(6).reshape(2, 3), dtype=dtype, requires_grad=True)
        y = call(x)
        if y.requires_grad:
            y.sum().backward()
            assert x.grad.dtype == dtype


def test_zero_width_of_every_kind():
    x = ad.zeros(0, 3, requires_grad=True)
    parts = [
        x.reshape(3, 0),
        x.T,
        x.expand(2, 0, 3),
        x.flip(0),
        x.roll(1, 0),
        x.tile(2, 1),
        x.repeat_interleave(2, 0),
        ad.cat([x, x]),
        ad.stack([x, x]),
        x[:0],
        x.flatten(),
    ]
    sum(part.sum() for part in parts).backward()
    assert x.grad.shape == (0, 3)
    y = ad.pad(x.detach(), (0, 0, 1, 1), value=2.0)
    assert y.tolist() == [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]]


ERRORS = {
    "reshape": (lambda x: x.reshape(4, 2), ValueError, r"reshape\(float32\[2, 3\].*\(4, 2\)"),
    "reshape two unknown": (lambda x: x.reshape(-1, -1), ValueError, "unknown"),
    "reshape to text": (lambda x: x.reshape("a"), TypeError, "reshape: sizes must be integers"),
    "reshape to floats": (lambda x: x.reshape(2.0, 3.0), TypeError, "reshape: sizes must be"),
    "view": (lambda x: x.T.view(6), ValueError, r"view: a tensor of shape \(3, 2\).*use reshape"),
    "flatten": (lambda x: x.flatten(1, 0), ValueError, "start_dim 1 lies behind end_dim 0"),
    "flatten dim": (lambda x: x.flatten(3), IndexError, "flatten: dim 3 is out of range"),
    "unflatten": (lambda x: x.unflatten(1, (2, 2)), ValueError, r"unflatten: sizes \(2, 2\)"),
    "squeeze": (lambda x: x.squeeze(2), IndexError, "squeeze: dim 2"),
    "unsqueeze": (lambda x: x.unsqueeze(4), IndexError, "unsqueeze: dim 4"),
    "unsqueeze twice": (lambda x: ad.expand_dims(x, (0, 0)), ValueError, "names an axis twice"),
    "transpose": (lambda x: x.transpose(0, 2), IndexError, "transpose: dim 2"),
    "transpose text": (lambda x: x.transpose("a", 0), TypeError, "dim must be an integer"),
    "t": (lambda x: x[None].t(), ValueError, r"t: expected .* \(1, 2, 3\)"),
    "mT": (lambda x: x[0].mT, ValueError, r"adjoint: .* \(3,\)"),
    "permute few": (lambda x: x.permute(0), ValueError, r"permute: dims \(0,\)"),
    "permute twice": (lambda x: x.permute(0, 0), ValueError, "names an axis twice"),
    "movedim": (lambda x: x.movedim((0, 1), 0), ValueError, "2 axes to move but 1"),
    "expand": (lambda x: x.expand(2, 4), ValueError, r"expand\(float32\[2, 3\]"),
    "expand new -1": (lambda x: x.expand(-1, 2, 3), ValueError, "expand: -1"),
    "broadcast_tensors": (
        lambda x: ad.broadcast_tensors(x, ad.ones(2)),
        ValueError,
        r"\(2, 3\), \(2,\)",
    ),
    "flip": (lambda x: x.flip(2), IndexError, "flip: dim 2"),
    "rot90": (lambda x: ad.rot90(x, 1, (0,)), ValueError, "rot90: dims must name two axes"),
    "roll": (lambda x: x.roll((1, 2)), ValueError, "roll: 2 shifts"),
    "roll dims": (lambda x: x.roll(1, (0, 1)), ValueError, "roll: 1 shifts for 2 axes"),
    "tile": (lambda x: x.tile(-1), ValueError, "tile: .*negative"),
    "repeat": (lambda x: x.repeat(2), ValueError, "repeat: 1 sizes"),
    "repeat_interleave": (lambda x: x.repeat_interleave(-1), ValueError, "negative"),
    "repeat_interleave table": (
        lambda x: x.repeat_interleave(ad.tensor([1, 2]), 1),
        ValueError,
        r"repeats has shape \(2,\)",
    ),
    "repeat_interleave floats": (
        lambda x: x.repeat_interleave(ad.tensor([1.0]), 1),
        TypeError,
        "must be integers",
    ),
    "unfold": (lambda x: x.unfold(1, 4, 1), ValueError, "unfold: size 4"),
    "unfold step": (lambda x: x.unfold(1, 2, 0), ValueError, "step 0"),
    "pad odd": (lambda x: ad.pad(x, (1,)), ValueError, "pad: expected two widths"),
    "pad many": (lambda x: ad.pad(x, (1,) * 6), ValueError, "up to 2 axes"),
    "pad cut": (lambda x: ad.pad(x, (-2, -2)), ValueError, "cut off more than there is"),
    "pad reflect": (lambda x: ad.pad(x, (3, 0), "reflect"), ValueError, "between 0 and 2"),
    "pad circular": (lambda x: ad.pad(x, (4, 0), "circular"), ValueError, "between 0 and 3"),
    "pad mode": (lambda x: ad.pad(x, (1, 1), "mirror"), ValueError, "mode must be"),
    "pad value": (lambda x: ad.pad(x, (1, 1), "reflect", 1.0), ValueError, "'constant' only"),
    "axis and dim": (lambda x: x.squeeze(dim=0, axis=0), TypeError, "axis or dim, not both"),
    "not a tensor": (lambda x: ad.reshape("text", 2), TypeError, "reshape: expected a Tensor"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call(ad.zeros(2, 3))


def test_operations_take_arrays_and_numbers():
    assert ad.reshape(np.arange(4), 2, 2).shape == (2, 2)
    assert ad.unsqueeze(3.0, 0).tolist() == [3.0]
    assert ad.Value(2.0).tensor().reshape(1).tolist() == [2.0]


def test_value_reshaped_keeps_its_history():
    v = ad.Value(2.0)
    (ad.reshape(v, 1, 1) * 3.0).sum().backward()
    assert v.grad == 3.0


@pytest.mark.parity
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("widths", [(1, 2), (0, 3), (2, 1, 1, 0), (3, 3, 0, 0)])
def test_borders_equal_torch(mode, widths):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    x = x if len(widths) == 4 else x[0]
    expected = torch.nn.functional.pad(torch.tensor(x), widths, mode)
    np.testing.assert_array_equal(ad.pad(ad.tensor(x), widths, mode).numpy(), expected.numpy())
