"""Writing into tensors and views: values, gradients and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad

# Random programs of views and writes: what a program does is decided by shapes and a seed only, so that the same
# program runs on Tensors of ours and of PyTorch, and on perturbed inputs.


def _view(rng: np.random.Generator, y: Any) -> Any:
    """Some view of `y`."""
    shape = tuple(y.shape)
    kind = rng.integers(7)
    axis = int(rng.integers(max(len(shape), 1)))
    if kind == 0 or not shape:
        return y.reshape(-1)
    if kind == 1:
        return y.transpose(axis, int(rng.integers(len(shape))))
    if kind == 2:
        return y.unsqueeze(axis) if len(shape) < 4 else y.squeeze()
    if kind == 3 and shape[axis] > 1:
        start = int(rng.integers(shape[axis]))
        return y.narrow(axis, start, int(rng.integers(1, shape[axis] - start + 1)))
    if kind == 4 and len(shape) > 1 and shape[axis]:
        return y.select(axis, int(rng.integers(shape[axis])))
    if kind == 5:
        return y[(slice(None),) * axis + (slice(None, None, 2),)]
    return y[..., -1:]


def _write(rng: np.random.Generator, y: Any, v: Any, as_array: Any) -> None:
    """Some write into `y`, in which elements of the vector `v` take part."""
    shape = tuple(y.shape)
    a = v[int(rng.integers(len(v)))]
    kind = rng.integers(9)
    if kind == 0:
        y.mul_(a)
    elif kind == 1:
        y.add_(a)
    elif kind == 2:
        y.zero_()
    elif kind == 3:
        y.fill_(a)
    elif kind == 4 and shape:
        y[0] = a
    elif kind == 5 and shape and shape[0]:
        y[as_array(rng.permutation(shape[0])[: 1 + shape[0] // 2])] = a * 2.0
    elif kind == 6:
        y[as_array(rng.random(shape) < 0.5)] = a
    elif kind == 7 and shape:
        y[-1:] += a
    else:
        y.copy_(y * 0.5 + a)


def _program(seed: int, x: Any, v: Any, as_array: Any) -> Any:
    """A number that depends on `x` and `v` through views and writes."""
    rng = np.random.default_rng(seed)
    handles = [x * 1.0]
    for _ in range(12):
        y = handles[int(rng.integers(len(handles)))]
        if rng.random() < 0.45:
            handles.append(_view(rng, y))
        else:
            _write(rng, y, v, as_array)
    total = 0.0
    for k, y in enumerate(handles):
        weights = rng.standard_normal(tuple(y.shape))
        total = total + (y * y * as_array(weights)).sum() * (k + 1.0)
    return total


def _inputs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed + 1000)
    shape = tuple(rng.integers(1, 5, int(rng.integers(1, 4))))
    return rng.standard_normal(shape), rng.standard_normal(3)


@pytest.mark.parametrize("seed", range(30))
def test_random_programs_have_the_gradients_of_finite_differences(seed: int) -> None:
    arrays = _inputs(seed)
    x, v = (ad.tensor(a, requires_grad=True) for a in arrays)
    _program(seed, x, v, ad.tensor).backward()

    def value(*moved: np.ndarray) -> float:
        return _program(seed, *(ad.tensor(a) for a in moved), ad.tensor).item()

    for i, leaf in enumerate((x, v)):
        expected = np.zeros(arrays[i].shape)
        for place in np.ndindex(arrays[i].shape):
            ends = []
            for step in (1e-4, -1e-4):
                moved = [a.copy() for a in arrays]
                moved[i][place] += step
                ends.append(value(*moved))
            expected[place] = (ends[0] - ends[1]) / 2e-4
        given = np.zeros(arrays[i].shape) if leaf.grad is None else leaf.grad.numpy()
        np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parity
@pytest.mark.parametrize("seed", range(150))
def test_random_programs_equal_torch(seed: int) -> None:
    torch = pytest.importorskip("torch")
    arrays = _inputs(seed)
    ours = [ad.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    y, t = _program(seed, *ours, ad.tensor), _program(seed, *theirs, torch.tensor)
    np.testing.assert_allclose(y.item(), t.item(), rtol=1e-10)
    y.backward()
    t.backward()
    for leaf, other in zip(ours, theirs, strict=True):
        given = 0.0 if leaf.grad is None else leaf.grad.numpy()
        expected = 0.0 if other.grad is None else other.grad.numpy()
        np.testing.assert_allclose(given, expected, rtol=1e-9, atol=1e-12)
