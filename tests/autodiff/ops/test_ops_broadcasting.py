"""Binary operations on shapes that broadcast, in every memory layout: values by NumPy, gradients by
finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autodiff as ad

OPERATIONS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "pow": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "logaddexp": np.logaddexp,
    "fmod": np.fmod,
}


def _laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """An equal array whose memory is laid out in another way."""
    array = np.asarray(array)
    if layout == "fortran":
        return np.asarray(array, order="F")
    if layout == "reversed":
        return np.ascontiguousarray(array[::-1])[::-1] if array.ndim else array
    if layout == "spread":
        wide = np.zeros((*array.shape, 2))
        wide[..., 0] = array
        return wide[..., 0]
    return array


_layouts = st.sampled_from(["plain", "fortran", "reversed", "spread"])


@pytest.mark.parametrize("name", OPERATIONS)
@settings(max_examples=25, deadline=None)
@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0),
    layouts=st.tuples(_layouts, _layouts),
    seed=st.integers(0, 2**16),
)
def test_values_and_gradients(name, shapes, layouts, seed):
    rng = np.random.default_rng(seed)
    # Quotients between 0.2 and 0.9 or 1.1 and 5: no ties, and no jump of fmod.
    arrays = [
        _laid_out(rng.uniform(low, high, shape), layout)
        for (low, high), shape, layout in zip(
            [(0.5, 0.9), (1.0, 1.9)], shapes.input_shapes, layouts, strict=True
        )
    ]
    reference = OPERATIONS[name]
    tensors = [ad.from_numpy(a).requires_grad_() for a in arrays]
    result = getattr(ad, name)(*tensors)
    assert result.shape == shapes.result_shape
    np.testing.assert_array_equal(result.detach().numpy(), reference(*arrays))

    weights = rng.normal(size=result.shape)
    result.backward(ad.tensor(weights))
    direction = [rng.normal(size=a.shape) for a in arrays]
    h = 1e-6
    moved = ([a + step * d for a, d in zip(arrays, direction, strict=True)] for step in (h, -h))
    plus, minus = ((reference(*xs) * weights).sum() for xs in moved)
    slope = sum(float((t.grad.numpy() * d).sum()) for t, d in zip(tensors, direction, strict=True))
    np.testing.assert_allclose(slope, (plus - minus) / (2 * h), rtol=1e-5, atol=1e-6)
    for tensor, array in zip(tensors, arrays, strict=True):
        assert tensor.grad.shape == array.shape


@settings(max_examples=50, deadline=None)
@given(
    shapes=hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3, min_side=0),
    seed=st.integers(0, 2**16),
)
def test_where_broadcasts_three_shapes(shapes, seed):
    rng = np.random.default_rng(seed)
    mask, x, y = (rng.normal(size=shape) for shape in shapes.input_shapes)
    mask = mask > 0
    tensors = [ad.tensor(a, requires_grad=True) for a in (x, y)]
    result = ad.where(ad.tensor(mask), *tensors)
    np.testing.assert_array_equal(result.detach().numpy(), np.where(mask, x, y))
    result.sum().backward()
    ones = np.ones(shapes.result_shape)
    for tensor, taken in zip(tensors, (mask, ~mask), strict=True):
        expected = np.broadcast_to(taken, shapes.result_shape) * ones
        while expected.ndim > tensor.ndim:
            expected = expected.sum(0)
        for axis, n in enumerate(tensor.shape):
            if n == 1:
                expected = expected.sum(axis, keepdims=True)
        np.testing.assert_array_equal(tensor.grad.numpy(), expected)


@settings(max_examples=50, deadline=None)
@given(
    array=hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
    layout=_layouts,
)
def test_exact_functions_equal_numpys_for_any_floats(array, layout):
    # Bits of every kind: NaN, infinities, subnormal numbers.
    array = _laid_out(array, layout).astype(array.dtype)
    x = ad.from_numpy(array)
    with np.errstate(all="ignore"):
        for ours, theirs in (
            (x.abs(), np.abs(array)),
            (-x, -array),
            (x.floor(), np.floor(array)),
            (x.clamp(-1, 2), np.clip(array, -1, 2)),
            (x.relu(), np.maximum(array, 0)),
            (ad.where(x > 0, x, -1.0), np.where(array > 0, array, -1.0).astype(array.dtype)),
            (x.nan_to_num(), np.nan_to_num(array)),
            (x.square(), np.square(array)),
        ):
            assert ours.dtype == array.dtype
            np.testing.assert_array_equal(ours.numpy(), theirs)


@pytest.mark.parametrize("name", [*OPERATIONS, "fmax", "remainder", "floor_divide", "xlogy", "gt"])
def test_shapes_that_do_not_fit_are_named(name):
    with pytest.raises(ValueError, match=rf"{name}\(float32\[3\], float32\[2, 4\]\)"):
        getattr(ad, name)(ad.ones(3), ad.ones(2, 4))


@pytest.mark.parametrize("name", [*OPERATIONS, "maximum", "where"])
def test_what_is_no_number_is_refused(name):
    x = ad.ones(2)
    with pytest.raises(TypeError, match=f"{name}: expected a Tensor"):
        ad.where(x > 0, x, "one") if name == "where" else getattr(ad, name)(x, "one")
    with pytest.raises(TypeError, match=f"{name}: expected a Tensor"):
        ad.where(x > 0, [1.0], x) if name == "where" else getattr(ad, name)([1.0], x)
