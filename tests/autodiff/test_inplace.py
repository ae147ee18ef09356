"""Writing into tensors and views: values, gradients and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad

# Random programs of views and writes: what a program does is decided by shapes and a seed only, so
# that the same program runs on Tensors of ours and of PyTorch, and on perturbed inputs.


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


# Which memory is written


def test_views_of_views_write_into_the_root():
    x = ad.zeros(2, 3, 4) * 1.0
    x[1].T[::-1][0, 1:].reshape(2).fill_(5.0)
    expected = np.zeros((2, 3, 4))
    expected[1].T[::-1][0, 1:] = 5.0
    np.testing.assert_array_equal(x.numpy(), expected)


@pytest.mark.parametrize("layout", ["fortran", "reversed", "gaps"])
def test_roots_in_any_layout(layout):
    array = np.arange(6.0).reshape(2, 3)
    memory = {
        "fortran": np.asfortranarray(array),
        "reversed": np.ascontiguousarray(array[::-1, ::-1])[::-1, ::-1],
        "gaps": np.repeat(np.repeat(array, 2, 0), 2, 1)[::2, ::2],
    }[layout]
    w = ad.tensor(2.0, requires_grad=True)
    x = ad.from_numpy(memory)
    x.mul_(w)  # the history of x starts in a memory laid out like this
    x.T.reshape(-1)[1:4].fill_(w) if layout == "fortran" else x.T[1:].fill_(w)
    weights = np.array([[1.0, 10.0, 100.0], [1e3, 1e4, 1e5]])
    (x * ad.tensor(weights)).sum().backward()
    filled = np.zeros((2, 3), bool)
    if layout == "fortran":
        filled.T.reshape(-1)[1:4] = True
        filled[1, 0] = filled[0, 1] = filled[1, 1] = True
    else:
        filled[:, 1:] = True
    np.testing.assert_array_equal(x.detach().numpy(), np.where(filled, 2.0, 2 * array))
    assert w.grad.item() == np.where(filled, weights, array * weights).sum()


def test_a_reshape_that_copies_is_no_view():
    x = ad.arange(6.0).reshape(2, 3) * 1.0
    w = ad.tensor(2.0, requires_grad=True)
    copy = x.T.reshape(-1)
    copy.mul_(w)
    assert x.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert not x.requires_grad
    x.mul_(w)
    copy.sum().backward()
    assert w.grad.item() == 15.0


def test_parts_of_split_and_iteration_may_be_written():
    w = ad.tensor(2.0, requires_grad=True)
    x = ad.ones(4) * 1.0
    for part in x.split(2):
        part.mul_(w)
    for element in x:
        element.add_(w)
    assert x.tolist() == [4.0] * 4
    x.sum().backward()
    assert w.grad.item() == 8.0


def test_expanded_views_are_read_only():
    x = ad.zeros(1, 3) * 1.0
    for view in (
        x.expand(2, 3),
        x.expand(2, 3)[0],
        ad.broadcast_to(x, (2, 3)),
        ad.meshgrid(x[0], x[0])[0],
    ):
        for write in (
            lambda y: y.add_(1.0),
            lambda y: y.fill_(1.0),
            lambda y: y.zero_(),
            lambda y: y.copy_(1.0),
            lambda y: y.normal_(),
            lambda y: y.__setitem__(0, 1.0),
        ):
            with pytest.raises(ValueError, match="read-only view; clone"):
                write(view)
    assert x.tolist() == [[0.0, 0.0, 0.0]]


def test_overlapping_source_and_target():
    x = ad.arange(5.0)
    x[1:] = x[:-1]
    assert x.tolist() == [0.0, 0.0, 1.0, 2.0, 3.0]
    y = ad.arange(6.0).reshape(2, 3) * 1.0
    y[:, :2].copy_(y[:, 1:])
    assert y.tolist() == [[1.0, 2.0, 2.0], [4.0, 5.0, 5.0]]
    z = ad.arange(4.0).reshape(2, 2) * 1.0
    z.copy_(z.T)
    assert z.tolist() == [[0.0, 2.0], [1.0, 3.0]]


# What requires grad, and what does not


LEAF_WRITES = [
    lambda x: x.add_(1.0),
    lambda x: x.mul_(ad.ones(3)),
    lambda x: x.zero_(),
    lambda x: x.fill_(2.0),
    lambda x: x.copy_(1.0),
    lambda x: x.normal_(),
    lambda x: x.__setitem__(0, 1.0),
    lambda x: x.__setitem__([0, 1], 1.0),
    lambda x: x[0].add_(1.0),
    lambda x: x[1:].zero_(),
    lambda x: x.reshape(1, 3).mul_(2.0),
    lambda x: x.__iadd__(1.0),
    lambda x: x.detach().requires_grad_().add_(1.0),
    lambda x: x.detach()[:2].requires_grad_().add_(1.0),
]


@pytest.mark.parametrize("write", LEAF_WRITES, ids=range(len(LEAF_WRITES)))
def test_leaves_that_require_grad_cannot_be_written(write):
    x = ad.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"a (view of a )?leaf.* that requires grad .*no_grad"):
        write(x)
    assert x.tolist() == [1.0, 1.0, 1.0]
    with ad.no_grad():
        write(x)
    assert x.is_leaf
    assert x.requires_grad
    (x * 2.0).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_writing_makes_a_constant_part_of_the_graph():
    w = ad.tensor([2.0, 3.0], requires_grad=True)
    x = ad.zeros(2, 2)
    view, other = x[0], x[:, 1]
    assert not view.requires_grad
    view += w
    assert x.requires_grad
    assert not x.is_leaf
    assert other.requires_grad
    assert other.grad_fn.name == "slice"
    (other * ad.tensor([10.0, 1.0])).sum().backward()
    assert w.grad.tolist() == [0.0, 10.0]


def test_what_was_computed_before_a_write_keeps_its_gradient():
    w = ad.tensor([2.0, 3.0], requires_grad=True)
    y = w * 2.0
    before = y + 1.0
    y[0] = 7.0
    (before + y).sum().backward()
    assert w.grad.tolist() == [2.0, 4.0]


def test_no_grad_writes_are_not_recorded():
    w = ad.tensor([2.0, 3.0], requires_grad=True)
    y = w * 3.0
    with ad.no_grad():
        y[0] = 100.0
        y[1:].add_(1.0)
    assert y.tolist() == [100.0, 10.0]
    y.sum().backward()
    assert w.grad.tolist() == [3.0, 3.0]


def test_a_view_made_without_recording_is_a_constant():
    w = ad.tensor([2.0, 3.0], requires_grad=True)
    y = w * 3.0
    with ad.no_grad():
        view = y[0]
    assert not view.requires_grad
    view.mul_(10.0)
    assert y.tolist() == [60.0, 9.0]
    y.sum().backward()
    assert w.grad.tolist() == [0.0, 3.0]


def test_asking_for_gradients_later_does_not_reach_views_made_before():
    x = ad.ones(2)
    view = x[0]
    x.requires_grad_()
    assert not view.requires_grad
    assert x[0].requires_grad
    y = ad.ones(2, requires_grad=True)
    part = y[0]
    y.requires_grad_(False)
    assert part.requires_grad


def test_a_view_that_becomes_a_leaf():
    x = ad.ones(2)
    leaf = x[:1].requires_grad_()
    w = ad.tensor(2.0, requires_grad=True)
    y = leaf * 3.0
    x.mul_(w)
    assert leaf.is_leaf
    assert leaf.requires_grad
    y.sum().backward()
    assert leaf.grad.tolist() == [3.0]


def test_zeroing_cuts_the_values_but_not_the_tensor():
    w = ad.ones(2, requires_grad=True)
    y = w * 2.0
    y.zero_()
    assert y.requires_grad
    y.sum().backward()
    assert w.grad.tolist() == [0.0, 0.0]


def test_retained_gradients_are_those_of_the_new_value():
    w = ad.ones(2, requires_grad=True)
    y = w * 2.0
    y.retain_grad()
    y.mul_(3.0)
    (y * 5.0).sum().backward()
    assert y.grad.tolist() == [5.0, 5.0]
    view = (w * 1.0)[:1]
    view.retain_grad()
    view.mul_(4.0)
    view.sum().backward()
    assert view.grad.tolist() == [1.0]


def test_views_of_memory_that_was_replaced_are_left_alone():
    w = ad.tensor([2.0, 3.0], requires_grad=True)
    y = w * 1.0
    view, other = y[:1], y[1:]
    y.data = ad.zeros(2)
    y.mul_(w)
    other.mul_(10.0)
    assert y.tolist() == [0.0, 0.0]
    assert other.tolist() == [30.0]
    (view * ad.tensor([5.0]) + other).sum().backward()
    assert w.grad.tolist() == [5.0, 10.0]


def test_detach_of_views():
    x = ad.ones(2, requires_grad=True) * 1.0
    with pytest.raises(RuntimeError, match="detach_: the tensor is a view"):
        x[0].detach_()
    assert not x[0].detach().requires_grad
    assert x.detach_().is_leaf


# What backward needs must not be written over


def test_writing_over_what_backward_needs_raises():
    w = ad.ones(2, requires_grad=True)
    for write in (
        lambda y: y.add_(1.0),
        lambda y: y[0].zero_(),
        lambda y: y.__setitem__(0, 1.0),
        lambda y: y.detach().fill_(3.0),
        lambda y: y.data.normal_(),
        lambda y: y.view(2, 1).copy_(1.0),
    ):
        y = w * 2.0
        z = (y * y).sum()
        write(y)
        with pytest.raises(RuntimeError, match=r"backward of 'mul'.*changed in place.*version 1"):
            z.backward()


def test_a_write_may_need_the_value_it_writes_over():
    w = ad.tensor([2.0, 3.0], requires_grad=True)
    y = w * 1.0
    y *= y
    y *= y[0]
    y.exp_()
    y.sum().backward()
    a, b = 2.0, 3.0  # y is exp(a**4), exp(a**2 * b**2)
    first, second = np.exp(a**4), np.exp(a**2 * b**2)
    expected = [first * 4 * a**3 + second * 2 * a * b**2, second * 2 * a**2 * b]
    np.testing.assert_allclose(w.grad.numpy(), expected, rtol=1e-5)


def test_in_place_forms_made_of_several_operations():
    # What the first of them saves is the value before the write.
    w = ad.tensor([2.0, 3.0], dtype=ad.float64, requires_grad=True)

    def squared_plus(x, y):
        return x * x + y

    from autodiff.inplace import in_place

    y = w * 1.0
    in_place(squared_plus)(y, 1.0)
    in_place(squared_plus)(y[1:], 1.0)
    y.sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), [4.0, 2 * (9.0 + 1.0) * 6.0])


# Dtypes and shapes


def test_results_are_converted_to_the_dtype_of_the_tensor():
    w = ad.tensor([2.5, 3.5], dtype=ad.float64, requires_grad=True)
    x = ad.ones(2)
    x.mul_(w).add_(w)
    x[0] = w[1]
    assert x.dtype == ad.float32
    assert x.tolist() == [3.5, 7.0]
    x.sum().backward()
    assert w.grad.dtype == ad.float64
    assert w.grad.tolist() == [0.0, 3.0]
    ints = ad.zeros(2, dtype=ad.int64)
    ints.copy_(w)
    ints[:1] = 9.7
    assert ints.tolist() == [9, 3]


@pytest.mark.parametrize(
    ("write", "kind", "message"),
    [
        (lambda x: x.add_(ad.ones(2, 3)), ValueError, r"add_: the result has shape \(2, 3\)"),
        (lambda x: x.copy_(ad.ones(2)), ValueError, r"copy\(float32\[2\], .*shape=\(3,\)"),
        (lambda x: x.fill_(ad.ones(2)), ValueError, "fill_: value must be a number"),
        (lambda x: x.long().div_(2), TypeError, "div_: .*dtype float32.*dtype int64"),
        (lambda x: x.copy_("a"), TypeError, "copy_: expected a Tensor"),
    ],
)
def test_errors(write, kind, message):
    x = ad.zeros(3)
    with pytest.raises(kind, match=message):
        write(x)
    assert x.tolist() == [0.0, 0.0, 0.0]


def test_copy_is_not_an_alias_of_a_leaf():
    w = ad.ones(2, requires_grad=True)
    x = ad.zeros(2)
    x.copy_(w)
    assert not x.is_leaf
    x.mul_(3.0)
    x.sum().backward()
    assert w.grad.tolist() == [3.0, 3.0]
    assert w.tolist() == [1.0, 1.0]


def test_values_take_part():
    v = ad.Value(2.0)
    x = ad.zeros(3)
    x[1] = v
    x += v
    (x * ad.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert v.grad == 121.0


def test_one_write_is_recorded_once():
    x = ad.ones(3, requires_grad=True) * 1.0
    x[0] += 5.0
    node, count = x.grad_fn, 0
    while node is not None and node.primitive is not None:
        count += node.name in ("setitem", "write_view")
        node = node.parents[0]
    assert count == 1


def test_second_derivatives_of_writes():
    def program(x, v):
        y = x * 1.0
        y[0] = v * v
        y[1:].mul_(v[0])
        y.T[:, 1].copy_(x.flatten()[:2] * v)
        return y * y

    x, v = (
        ad.tensor(a, requires_grad=True)
        for a in (np.arange(1.0, 7.0).reshape(3, 2), np.array([0.5, 2.0]))
    )
    assert ad.gradcheck(program, (x, v))
    assert ad.gradgradcheck(program, (x, v))


@pytest.mark.parity
def test_loops_over_slices_equal_torch():
    torch = pytest.importorskip("torch")

    def program(lib, w):
        x = lib.zeros(6, 3, dtype=lib.float64)
        x[0] = w
        for t in range(1, 6):
            x[t] = x[t - 1].clone() * w if t % 2 else x[t - 1] + w
            x[: t + 1, 0] *= 0.9
        return x

    ours = ad.tensor([0.5, -1.0, 2.0], dtype=ad.float64, requires_grad=True)
    theirs = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    x, t = program(ad, ours), program(torch, theirs)
    np.testing.assert_allclose(x.detach().numpy(), t.detach().numpy(), rtol=1e-14)
    (x * x).sum().backward()
    (t * t).sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12)
