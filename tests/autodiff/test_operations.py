"""Every row of the table of operations, against finite differences, itself and PyTorch.

The checks are functions of a row, so that they can be checked themselves: a planted error of each
kind must be caught.
"""

import gc
import weakref
import zlib

import numpy as np
import pytest

import autodiff as ad
import autodiff.nn
from autodiff.apply import apply
from autodiff.forward import pushforward
from autodiff.node import Notes, topological_order
from autodiff.primitive import Primitive, registry
from rows import Row, all_rows

ROWS = all_rows()
by_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def arrays_of(row):
    return row.inputs(np.random.default_rng(zlib.crc32(row.name.encode())))


def leaves(arrays):
    return tuple([ad.from_numpy(np.array(a)).requires_grad_() for a in arrays])


def outputs_of(row, xs):
    """The floating outputs."""
    found = row.call(*xs)
    found = found if isinstance(found, (tuple, list)) else (found,)
    return [y for y in found if y.dtype.kind == "f"]


def cotangents(ys):
    random = np.random.default_rng(0)
    return [ad.tensor(random.uniform(0.5, 1.5, y.shape), dtype=y.dtype) for y in ys]


def values_and_gradients(row, xs):
    """The outputs, and the gradients for fixed cotangents (None where there is none)."""
    ys = outputs_of(row, xs)
    wanted = [x for x in xs if x.requires_grad]
    pairs = [(y, c) for y, c in zip(ys, cotangents(ys), strict=True) if y.requires_grad]
    if not pairs:
        return ys, [None] * len(wanted)
    roots, seeds = zip(*pairs, strict=True)
    return ys, list(ad.grad(roots, wanted, seeds, allow_unused=True))


def close(ours, expected, rtol=1e-10, atol=1e-10):
    """Both agree, where None counts as zeros."""
    if ours is None and expected is None:
        return
    arrays = [None if x is None else x.detach().numpy() for x in (ours, expected)]
    a, b = (np.zeros_like(y) if x is None else x for x, y in zip(arrays, arrays[::-1], strict=True))
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


# The checks


def check_first_order(row):
    """Backward and forward mode against differences; gradients of some inputs like those of all."""
    arrays = arrays_of(row)
    assert ad.gradcheck(row.call, leaves(arrays), atol=1e-6, rtol=1e-5, fast_mode=True)
    _, together = values_and_gradients(row, leaves(arrays))
    for i, a in enumerate(arrays):
        if len(arrays) == 1:
            break
        xs = [ad.from_numpy(np.array(b)) for b in arrays]
        xs[i] = leaves([a])[0]
        _, alone = values_and_gradients(row, xs)
        close(alone[0], together[i])


def check_second_order(row):
    """The second derivatives, backward over backward and forward over backward."""
    assert ad.gradgradcheck(row.call, leaves(arrays_of(row)), atol=1e-5, rtol=1e-4, fast_mode=True)


def check_forward_mode(row):
    """<u, J v> from forward mode is <J^T u, v> from backward mode; recorded or not."""
    arrays = arrays_of(row)
    random = np.random.default_rng(1)
    vs = [random.standard_normal(a.shape) for a in arrays]
    function = lambda *xs: tuple(outputs_of(row, xs))
    xs = tuple(map(ad.from_numpy, arrays))
    ys, ts = ad.jvp(function, xs, tuple(map(ad.from_numpy, vs)))
    us = cotangents(ys)
    _, gs = ad.vjp(function, xs, tuple(us))
    forward = sum(float((u.numpy() * t.numpy()).sum()) for u, t in zip(us, ts, strict=True))
    backward = sum(float((g.numpy() * v).sum()) for g, v in zip(gs, vs, strict=True))
    np.testing.assert_allclose(forward, backward, rtol=1e-8, atol=1e-10)
    _, recorded = ad.jvp(function, xs, tuple(map(ad.from_numpy, vs)), create_graph=True)
    for t, r in zip(ts, recorded, strict=True):
        close(t, r)


def check_dtypes(row):
    """Single precision in, single precision out, gradients and tangents too."""
    arrays = [a.astype(np.float32) for a in arrays_of(row)]
    xs = leaves(arrays)
    ys, gs = values_and_gradients(row, xs)
    double_ys, double_gs = values_and_gradients(row, leaves([a.astype(np.float64) for a in arrays]))
    for y, expected in zip(ys + gs, double_ys + double_gs, strict=True):
        close(y, expected, 1e-3, 1e-4)
    ys = outputs_of(row, xs)
    roots = [y.grad_fn for y in ys if y.grad_fn is not None]
    found = pushforward(
        roots, {x.grad_fn or x._node: np.ones_like(x.detach().numpy()) for x in xs}, False
    )
    converted = "to" in {node.name for node in topological_order(roots)}  # by a constant in float64
    for y in [*gs, *ys, *[found.get(root) for root in roots]]:
        assert y is None or y.dtype == np.float32 or converted
    for g in gs:
        assert g is None or g.dtype == np.float32


def _gaps(a):
    view = np.full((*a.shape, 2), np.nan, a.dtype)[..., 1:].reshape(a.shape, copy=False)
    view[...] = a
    return view


def _backwards(a):
    turned = (slice(None, None, -1),) * a.ndim + (...,)
    return np.array(a[turned])[turned]


LAYOUTS = {
    "column-major": lambda a: np.array(a.T, order="C").T,
    "with gaps": _gaps,
    "backwards": _backwards,
    "read-only": lambda a: np.lib.stride_tricks.as_strided(a, writeable=False),
}


def check_layouts(row):
    """The memory layout of the inputs changes nothing."""
    arrays = arrays_of(row)
    expected = values_and_gradients(row, leaves(arrays))
    for layout in LAYOUTS.values():
        xs = [ad.from_numpy(layout(a)).requires_grad_() for a in arrays]
        for found, wanted in zip(values_and_gradients(row, xs), expected, strict=True):
            for y, e in zip(found, wanted, strict=True):
                close(y, e)
        for x, a in zip(xs, arrays, strict=True):
            np.testing.assert_array_equal(x.detach().numpy(), a)


def check_purity(row):
    """Inputs are left alone, results repeat, and the graph goes away by itself."""
    arrays = arrays_of(row)
    xs = leaves(arrays)
    ys, gs = values_and_gradients(row, xs)
    again_ys, again_gs = values_and_gradients(row, xs)
    for a, b in zip(ys + gs, again_ys + again_gs, strict=True):
        close(a, b, 0.0, 0.0)
    for x, a in zip(xs, arrays, strict=True):
        np.testing.assert_array_equal(x.detach().numpy(), a)
    with ad.no_grad():
        for y, e in zip(outputs_of(row, xs), ys, strict=True):
            assert y.is_leaf
            close(y, e, 0.0, 0.0)
    del again_ys, ys, y, e, a, b
    gc.disable()
    try:
        fresh = outputs_of(row, xs)
        nodes = [weakref.ref(y.grad_fn) for y in fresh if y.grad_fn is not None]
        del fresh
        assert [node() for node in nodes] == [None] * len(nodes)
    finally:
        gc.enable()


def check_parity(row, torch):
    """Values and gradients are PyTorch's."""
    arrays = arrays_of(row)
    xs = leaves(arrays)
    ys = row.call(*xs)
    theirs = [torch.tensor(np.array(a, order="C"), requires_grad=True) for a in arrays]
    ts = row.torch(torch, *theirs)
    ys, ts = (list(y) if isinstance(y, (tuple, list)) else [y] for y in (ys, ts))
    assert len(ys) == len(ts)
    for y, t in zip(ys, ts, strict=True):
        assert (y.dtype.kind == "f") == t.dtype.is_floating_point
        close(y, t, 1e-7, 1e-9)
    _, ours = values_and_gradients(row, xs)
    us = cotangents([y for y in ys if y.dtype.kind == "f"])
    floating = [t for t in ts if t.dtype.is_floating_point]
    pairs = [
        (t, torch.tensor(u.numpy())) for t, u in zip(floating, us, strict=True) if t.requires_grad
    ]
    if pairs:
        roots, seeds = zip(*pairs, strict=True)
        expected = torch.autograd.grad(roots, theirs, seeds, allow_unused=True)
        for g, e in zip(ours, expected, strict=True):
            close(g, e, 1e-7, 1e-9)


# The rows


@by_row
def test_first_order(row):
    check_first_order(row)


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.second], ids=[r.name for r in ROWS if r.second]
)
def test_second_order(row):
    check_second_order(row)


@by_row
def test_forward_mode(row):
    check_forward_mode(row)


@by_row
def test_dtypes(row):
    check_dtypes(row)


@by_row
def test_layouts(row):
    check_layouts(row)


@by_row
def test_purity(row):
    check_purity(row)


@pytest.mark.parity
@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if r.torch is not None],
    ids=[r.name for r in ROWS if r.torch is not None],
)
def test_parity(row):
    check_parity(row, pytest.importorskip("torch"))


# The table


def test_names_are_unique():
    names = [row.name for row in ROWS]
    assert sorted(set(names)) == sorted(names)


def exercised():
    """The names of all primitives in the graphs of the rows, their first and second derivatives."""
    names = set()

    def note(tensors):
        roots = [y.grad_fn for y in tensors if y is not None and y.grad_fn is not None]
        names.update(node.name for node in topological_order(roots))
        return [y for y in tensors if y is not None and y.requires_grad]

    recorded = lambda cs: [c.requires_grad_() for c in cs]
    for row in ROWS:
        xs = leaves(arrays_of(row))
        ys = note(outputs_of(row, xs))
        us = recorded(cotangents(ys))
        if ys:
            gs = note(ad.grad(ys, xs, us, create_graph=True, allow_unused=True))
            if gs and row.second:
                us2 = recorded(cotangents(gs))
                note(ad.grad(gs, [*xs, *us], us2, create_graph=True, allow_unused=True))
    return names


# Those of Values are in test_value.py; a conversion to another precision, which differences in
# float64 cannot see through, is in test_dtypes.py.
ELSEWHERE = {"value_to_tensor", "tensor_to_value", "dot_of_values", "to"}


def test_every_primitive_has_a_row():
    differentiable = {
        name for name, primitive in registry.items() if primitive.joint or any(primitive.vjp)
    }
    assert sorted(differentiable - exercised() - ELSEWHERE) == []


# The checks themselves


def planted(rule, name="planted", **options):
    primitive = Primitive(name, lambda x: x * x * x, (rule,), register=False, **options)
    return Row(
        name, lambda x: apply(primitive, (x,)), lambda random: [random.uniform(1, 2, (2, 3))]
    )


def right(g, x):
    return 3 * g * x * x


def test_the_checks_pass_what_is_right():
    row = planted(right)
    for check in (
        check_first_order, check_second_order, check_forward_mode, check_dtypes, check_layouts,
        check_purity,
    ):  # fmt: skip
        check(row)


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, x: 3.001 * g * x * x,
        lambda g, x: g * x * x,
        lambda g, x: 3 * g * x * x + 1e-3,
        lambda g, x: g * 0.0,
    ],
)
def test_a_planted_wrong_gradient_is_caught(rule):
    with pytest.raises(ad.GradcheckError):
        check_first_order(planted(rule))


def test_a_planted_wrong_second_derivative_is_caught():
    row = planted(lambda g, x: 3 * g * x * (x if isinstance(g, np.ndarray) else x.detach()))
    with pytest.raises(ad.GradcheckError):
        check_second_order(row)


def test_a_planted_wrong_jvp_is_caught():
    row = planted(right, jvp=lambda ts, saved, node: 2 * ts[0])
    with pytest.raises(ad.GradcheckError, match="forward mode"):
        check_first_order(row)
    with pytest.raises(AssertionError):
        check_forward_mode(row)


def test_a_planted_wrong_dtype_is_caught():
    with pytest.raises(AssertionError):
        check_dtypes(planted(right, jvp=lambda ts, saved, node: ts[0].astype(np.float64)))
    wide = Primitive("wide", lambda x: x.astype(np.float64), (lambda g: g,), register=False)
    with pytest.raises(AssertionError):
        check_dtypes(
            Row("wide", lambda x: apply(wide, (x,)), lambda random: [random.uniform(1, 2, 3)])
        )


def test_a_planted_dependence_on_the_layout_is_caught():
    flat = Primitive(
        "flat",
        lambda x: x.ravel("K") * 1.0,
        (lambda g, x_shape: g.reshape(x_shape),),
        register=False,
    )
    row = Row("flat", lambda x: apply(flat, (x,)), lambda random: [random.uniform(1, 2, (2, 3))])
    with pytest.raises(AssertionError):
        check_layouts(row)


def test_a_planted_write_into_an_input_is_caught():
    def spoil(x):
        x += 1
        return x * 2

    bad = Primitive("spoil", spoil, (lambda g: g * 2,), register=False)
    row = Row("spoil", lambda x: apply(bad, (x,)), lambda random: [random.uniform(1, 2, (2, 3))])
    with pytest.raises((AssertionError, ValueError)):
        check_purity(row)


def test_a_planted_reference_cycle_is_caught():
    def call(x):
        y = x * x
        if y.grad_fn is not None:
            y.grad_fn.notes = Notes()
            y.grad_fn.notes.value = y.grad_fn
        return y

    with pytest.raises(AssertionError):
        check_purity(Row("cycle", call, lambda random: [random.uniform(1, 2, 3)]))
    gc.collect()


@pytest.mark.parity
def test_a_planted_difference_to_pytorch_is_caught():
    torch = pytest.importorskip("torch")
    inputs = lambda random: [random.uniform(1, 2, 3)]
    for theirs in (lambda torch, x: x * x * 1.001, lambda torch, x: x.detach() * x):
        with pytest.raises(AssertionError):
            check_parity(Row("planted", lambda x: x * x, inputs, theirs), torch)
