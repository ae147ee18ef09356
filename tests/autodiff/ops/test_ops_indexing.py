"""Indexing, gathering, scattering: values by NumPy, gradients by counting, errors, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff.scattered import add_at
from autodiff.subscripts import plain_index


@st.composite
def _indexed(draw):
    """An array in some layout and an index of some kind that fits it."""
    shape = tuple(draw(st.lists(st.integers(0, 4), min_size=0, max_size=3)))
    common = draw(st.sampled_from([(3,), (2, 3), (2, 1), (0,), (5,)]))
    parts = []
    for n in shape:
        kind = draw(st.sampled_from(["all", "range", "step", "integer", "table", "new", "mask"]))
        if kind in ("integer", "table") and n == 0:
            kind = "all"
        if kind == "range":
            parts.append(slice(draw(st.integers(-n, n)), draw(st.integers(-n, n))))
        elif kind == "step":
            parts.append(slice(None, None, draw(st.sampled_from([-1, -2, 2]))))
        elif kind == "integer":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "table":
            size = int(np.prod(common))
            table = draw(st.lists(st.integers(-n, n - 1), min_size=size, max_size=size))
            parts.append(np.array(table, int).reshape(common))
        elif kind == "mask":
            parts.append(np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool))
        else:
            parts += [slice(None)] if kind == "all" else [None, slice(None)]
    if draw(st.booleans()):
        parts = [*parts[: draw(st.integers(0, len(parts)))], Ellipsis]
    wide = np.random.default_rng(0).standard_normal([2 * n for n in shape])
    array = wide[(*[slice(None, None, draw(st.sampled_from([2, -2]))) for _ in shape], ...)]
    array = array.copy("F") if draw(st.booleans()) else array
    index = tuple(parts)
    try:
        np.asarray(array)[index]
    except IndexError:  # masks and tables that do not broadcast
        index = ()
    return array, index


def _to_tensors(index):
    return tuple([ad.tensor(part) if isinstance(part, np.ndarray) else part for part in index])


@settings(max_examples=200, deadline=None)
@given(_indexed(), st.booleans())
def test_reading_any_index(case, with_tensors):
    array, index = case
    x = ad.from_numpy(array).requires_grad_()
    y = x[_to_tensors(index) if with_tensors else index]
    np.testing.assert_array_equal(y.detach().numpy(), array[index])
    weights = np.random.default_rng(1).standard_normal(y.shape)
    (y * ad.tensor(weights)).sum().backward()
    places = np.arange(array.size).reshape(array.shape)[index]
    expected = np.bincount(np.ravel(places), np.ravel(weights), array.size).reshape(array.shape)
    np.testing.assert_allclose(x.grad.numpy(), expected, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(_indexed(), st.data())
def test_writing_any_index(case, data):
    array, index = case
    target = np.shape(array[index])
    shape = [1 if data.draw(st.booleans()) else n for n in target]
    shape = shape[data.draw(st.integers(0, len(shape))) :]
    x = ad.tensor(array, requires_grad=True)
    v = ad.tensor(np.random.default_rng(1).standard_normal(shape), requires_grad=True)
    y = x * 1.0
    y[index] = v
    # One after the other, in row-major order.
    places = np.ravel(np.arange(array.size).reshape(array.shape)[index])
    sources = np.ravel(np.broadcast_to(np.arange(v.numel()).reshape(shape), target))
    expected, owner = np.array(array).ravel(), np.full(array.size, -1)
    for place, source in zip(places, sources, strict=True):
        expected[place] = v.detach().numpy().ravel()[source]
        owner[place] = source
    np.testing.assert_array_equal(y.detach().numpy().ravel(), expected)
    weights = np.random.default_rng(2).standard_normal(array.shape)
    (y * ad.tensor(weights)).sum().backward()
    for_x = np.where(owner < 0, weights.ravel(), 0.0)
    for_v = np.bincount(owner[owner >= 0], weights.ravel()[owner >= 0], v.numel())
    np.testing.assert_allclose(x.grad.numpy().ravel(), for_x, atol=1e-12)
    np.testing.assert_allclose(v.grad.numpy().ravel(), for_v, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(_indexed())
def test_adding_at_any_index(case):
    array, index = case
    plain, _ = plain_index(index)
    value = np.asarray(np.random.default_rng(1).standard_normal(np.shape(array[index])))
    buffer = np.array(array, order="C")
    add_at(buffer, plain, value)
    places = np.ravel(np.arange(array.size).reshape(array.shape)[index])
    added = np.bincount(places, value.ravel(), array.size).reshape(array.shape)
    np.testing.assert_allclose(buffer, array + added, atol=1e-12)


def test_elements_are_views():
    x = ad.zeros(3) * 1.0
    x[1] += 5.0
    y = x[2]
    y.fill_(7.0)
    assert x.tolist() == [0.0, 5.0, 7.0]
    assert y.shape == ()


def test_what_was_indexed_with_may_change_afterwards():
    for make in (ad.tensor, np.array):
        x = ad.arange(4.0).requires_grad_()
        table, mask = make([0, 1]), make([True, False, False, False])
        y = x[table].sum() + x[mask].sum() * 10.0
        table += 2
        mask[:] = True
        y.backward()
        assert x.grad.tolist() == [11.0, 1.0, 0.0, 0.0]
    start = ad.tensor(1)
    x = ad.arange(4.0).requires_grad_()
    y = x[start:].sum() + x[start]
    start += 1
    y.backward()
    assert x.grad.tolist() == [0.0, 2.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "name", ["gather", "scatter", "scatter_add", "index_select", "index_add", "take"]
)
def test_tables_of_operations_may_change_afterwards(name):
    x = ad.arange(4.0).requires_grad_()
    v = ad.ones(2, requires_grad=True)
    table = ad.tensor([1, 1])
    calls = {
        "gather": lambda: x.gather(0, table),
        "scatter": lambda: x.scatter(0, table, v),
        "scatter_add": lambda: x.scatter_add(0, table, v),
        "index_select": lambda: x.index_select(0, table),
        "index_add": lambda: x.index_add(0, table, v),
        "take": lambda: x.take(table),
    }
    weights = ad.tensor([1.0, 2.0, 3.0, 4.0])
    y = calls[name]()
    y = (y * weights[: len(y)]).sum()
    expected = ad.grad(y, [x, v], retain_graph=True, allow_unused=True)
    table.fill_(3)
    for given_, wanted in zip(ad.grad(y, [x, v], allow_unused=True), expected, strict=True):
        assert (given_ is None) == (wanted is None)
        assert given_ is None or given_.tolist() == wanted.tolist()


def test_repeated_positions_add_up_in_every_dtype():
    for dtype in (ad.float16, ad.float32, ad.float64):
        x = ad.zeros(3, 2, dtype=dtype, requires_grad=True)
        x[[0, 0, 2, 0]].sum().backward()
        assert x.grad.tolist() == [[3.0, 3.0], [0.0, 0.0], [1.0, 1.0]]
        assert x.grad.dtype == dtype


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8])
def test_integer_dtypes_of_indices(dtype):
    x = ad.arange(5)
    table = np.array([0, 3], dtype)
    assert x[table].tolist() == x[ad.tensor(table)].tolist() == [0, 3]
    assert x.gather(0, ad.tensor(table)).tolist() == [0, 3]
    assert x.index_select(0, table).tolist() == [0, 3]
    assert x[dtype(3)].item() == 3


def test_numpy_style_indices():
    x = ad.arange(12).reshape(3, 4)
    a = x.numpy()
    for index in [
        np.s_[::-1],
        np.s_[1::-1, ::-2],
        np.s_[[True, False, True]],
        np.s_[None, ..., 0],
        np.s_[[[0, 1], [2, 0]]],
        np.s_[True],
        np.s_[False],
        np.s_[np.array(1)],
        np.s_[[]],
        np.s_[(0, 2), (1, 1)],
    ]:
        np.testing.assert_array_equal(x[index].numpy(), a[index])
    assert x[range(2)].tolist() == x[[ad.tensor(0), ad.tensor(1)]].tolist() == a[:2].tolist()
    assert x[ad.tensor(1)].tolist() == a[1].tolist()


def test_scatter_gives_the_gradient_to_the_last():
    x, v = ad.zeros(3, requires_grad=True), ad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x.scatter(0, ad.tensor([1, 1, 0]), v)
    assert y.tolist() == [3.0, 2.0, 0.0]
    (y * ad.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert v.grad.tolist() == [0.0, 10.0, 1.0]
    assert x.grad.tolist() == [0.0, 0.0, 100.0]


def test_in_place_forms():
    x = ad.zeros(3) * 1.0
    v = ad.tensor([1.0, 2.0], requires_grad=True)
    table = ad.tensor([2, 0])
    x.scatter_add_(0, table, v).index_add_(0, table, v, alpha=3.0)
    assert x.tolist() == [8.0, 0.0, 4.0]
    x.index_fill_(0, ad.tensor([0]), 9.0).index_copy_(0, ad.tensor([1]), v[:1])
    assert x.tolist() == [9.0, 1.0, 4.0]
    x.masked_scatter_(x > 5.0, v[1:]).index_put_((ad.tensor([2]),), v[:1], accumulate=True)
    assert x.tolist() == [2.0, 1.0, 5.0]
    x.sum().backward()
    assert v.grad.tolist() == [6.0, 1.0]
    x.detach().scatter_(0, table, -1.0)
    assert x.tolist() == [-1.0, 1.0, -1.0]


def test_nonzero():
    x = ad.tensor([[0.0, 2.0], [float("nan"), 0.0]], requires_grad=True)
    assert x.nonzero().tolist() == x.argwhere().tolist() == [[0, 1], [1, 0]]
    assert [p.tolist() for p in ad.nonzero(x, as_tuple=True)] == [[0, 1], [1, 0]]
    assert ad.nonzero(ad.tensor(3.0)).shape == (1, 0)
    assert [p.tolist() for p in ad.nonzero(ad.tensor(3.0), as_tuple=True)] == [[0]]
    assert ad.nonzero(ad.zeros(0, 3)).shape == (0, 2)
    assert not x.nonzero().requires_grad


_T = ad.tensor
ERRORS = {
    "x[5]": (lambda x: x[5], IndexError, r"slice\(float32\[2, 3\], index=5\)"),
    "x[:, 3]": (lambda x: x[:, 3], IndexError, r"float32\[2, 3\]"),
    "x[-3]": (lambda x: x[-3], IndexError, r"float32\[2, 3\]"),
    "x[0, 0, 0]": (lambda x: x[0, 0, 0], IndexError, "too many indices"),
    "x[[2]]": (lambda x: x[[2]], IndexError, r"index\(float32\[2, 3\]"),
    "x[floats]": (
        lambda x: x[_T([1.0])],
        IndexError,
        "expected an integer or bool tensor, got float32",
    ),
    "x[list of floats]": (lambda x: x[[1.0]], IndexError, "float64"),
    "x[text]": (lambda x: x["a"], IndexError, "got str"),
    "x[1.0]": (lambda x: x[1.0], IndexError, "got float"),
    "x[short mask]": (lambda x: x[_T([True])], IndexError, r"float32\[2, 3\]"),
    "x[two ...]": (lambda x: x[..., ...], IndexError, "ellipsis"),
    "x[0:2.5]": (lambda x: x[0:2.5], TypeError, "integer"),
    "x[tables]": (lambda x: x[[0, 1], [0, 1, 2]], IndexError, "broadcast"),
    "x[5] = 1": (lambda x: x.__setitem__(5, 1.0), IndexError, r"setitem: .*\(2, 3\)"),
    "x[0] = shape": (
        lambda x: x.__setitem__(0, ad.ones(2)),
        ValueError,
        r"setitem: .*shape \(2,\)",
    ),
    "x[0] = text": (lambda x: x.__setitem__(0, "a"), TypeError, "setitem: cannot assign a str"),
    "x[0] = 1j": (lambda x: x.__setitem__(0, 1j), TypeError, "cannot assign a complex"),
    "x[[2]] = 1": (lambda x: x.__setitem__([2], 1.0), IndexError, r"setitem: .*\(2, 3\)"),
    "narrow": (lambda x: x.narrow(1, 2, 2), IndexError, "start 2 and length 2"),
    "narrow 0-d": (lambda x: _T(1.0).narrow(0, 0, 1), IndexError, "0-d"),
    "select": (lambda x: x.select(1, 3), IndexError, "select: index 3"),
    "gather negative": (lambda x: x.gather(0, _T([[-1]])), IndexError, "gather: index -1"),
    "gather large": (lambda x: x.gather(0, _T([[2]])), IndexError, "expected 0 to 1"),
    "gather axes": (lambda x: x.gather(0, _T([0])), ValueError, "as many axes"),
    "gather long": (lambda x: x.gather(0, _T([[0] * 4])), ValueError, "longer along axis 1"),
    "gather floats": (
        lambda x: x.gather(0, _T([[0.0]])),
        IndexError,
        "integer tensor, got float32",
    ),
    "gather dim": (lambda x: x.gather(2, _T([[0]])), IndexError, "gather: dim 2"),
    "index_select": (lambda x: x.index_select(0, _T([-1])), IndexError, "index_select: index -1"),
    "index_select table": (lambda x: x.index_select(0, _T([[0]])), ValueError, "one axis"),
    "take": (lambda x: x.take(_T([6])), IndexError, r"float32\[6\]"),
    "take floats": (lambda x: x.take(_T([1.0])), IndexError, "integer tensor"),
    "take_along_dim": (lambda x: ad.take_along_dim(x, _T([[3]]), 1), IndexError, "index 3"),
    "take_along_dim axes": (lambda x: ad.take_along_dim(x, _T([0]), 1), ValueError, "as many axes"),
    "take_along_dim shapes": (
        lambda x: ad.take_along_dim(x, _T([[0], [0], [0]]), 1),
        ValueError,
        "do not broadcast",
    ),
    "scatter source": (
        lambda x: x.scatter(1, _T([[0, 1]]), ad.ones(1, 1)),
        ValueError,
        "too small",
    ),
    "scatter both": (
        lambda x: x.scatter(1, _T([[0]]), 1.0, value=2.0),
        TypeError,
        "either src or value",
    ),
    "scatter neither": (lambda x: x.scatter(1, _T([[0]])), TypeError, "either src or value"),
    "scatter reduce": (lambda x: x.scatter(1, _T([[0]]), 1.0, reduce="max"), ValueError, "reduce"),
    "scatter dtype": (
        lambda x: x.scatter(1, _T([[0]]), ad.ones(1, 1, dtype=ad.float64)),
        TypeError,
        "convert one",
    ),
    "index_add": (
        lambda x: x.index_add(0, _T([0]), ad.ones(2, 3)),
        ValueError,
        r"asks for \(1, 3\)",
    ),
    "index_fill": (lambda x: x.index_fill(0, _T([0]), ad.ones(2)), ValueError, "0-d"),
    "masked_select": (
        lambda x: x.masked_select(_T([1, 0, 1])),
        TypeError,
        "bool tensor, got int64",
    ),
    "masked_select shapes": (
        lambda x: x.masked_select(_T([True, False])),
        ValueError,
        r"\(2, 3\) of input and \(2,\)",
    ),
    "masked_scatter": (
        lambda x: x.masked_scatter(x == 0, ad.ones(2)),
        ValueError,
        "fewer than the 6",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, message = ERRORS[name]
    x = ad.zeros(2, 3)
    with pytest.raises(kind, match=message):
        call(x)
    assert x.tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("bad", [-1, 3, 2**40, -(2**63)])
def test_nothing_is_written_out_of_bounds(bad):
    memory = np.zeros(9)
    x = ad.from_numpy(memory[3:6])
    table = ad.tensor([0, bad])
    ones = ad.ones(2, dtype=ad.float64)
    for call in [
        lambda: x.scatter_(0, table, ones),
        lambda: x.scatter_(0, table, 1.0),
        lambda: x.scatter_add_(0, table, ones),
        lambda: x.index_add_(0, table, ones),
        lambda: x.index_copy_(0, table, ones),
        lambda: x.index_fill_(0, table, 1.0),
    ]:
        with pytest.raises(IndexError, match=str(bad)):
            call()
    assert not memory.any()


@pytest.mark.parity
def test_dtypes_of_assigned_values_equal_torch():
    torch = pytest.importorskip("torch")
    for target in ("float32", "float64", "int64", "bool"):
        for source in ("float32", "float64", "int64", "bool"):
            x, t = (
                ad.zeros(3, dtype=getattr(np, target)),
                torch.zeros(3, dtype=getattr(torch, target)),
            )
            x[1:] = ad.tensor([2.5, 0.0], dtype=getattr(np, source))
            t[1:] = torch.tensor([2.5, 0.0], dtype=getattr(torch, source))
            assert x.tolist() == t.tolist()
