"""NumPy's functions and operators on Tensors: NumPy's values, recorded, and never cut silently."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad

_A = np.arange(1.0, 7.0).reshape(2, 3)

RECORDED = {
    "exp": np.exp,
    "add": lambda x: np.add(x, _A),
    "array + t": lambda x: _A + x,
    "array - t": lambda x: _A - x,
    "array * t": lambda x: _A * x,
    "array / t": lambda x: _A / x,
    "array ** t": lambda x: _A**x,
    "array @ t": lambda x: _A @ x.T,
    "t @ array": lambda x: x @ _A.T,
    "float64 * t": lambda x: np.float64(2) * x,
    "0-d array * t": lambda x: np.array(2.0) * x,
    "sum": lambda x: np.sum(x, axis=0),
    "sum keepdims": lambda x: np.sum(x, axis=(0, 1), keepdims=True),
    "mean": np.mean,
    "add.reduce": np.add.reduce,
    "add.reduce axis": lambda x: np.add.reduce(x, axis=-1, keepdims=True),
    "add.reduce all": lambda x: np.add.reduce(x, axis=None),
    "multiply.reduce": np.multiply.reduce,
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "reshape to one axis": lambda x: np.reshape(x, -1),
    "ravel": np.ravel,
    "transpose": np.transpose,
    "transpose axes": lambda x: np.transpose(x, (1, 0)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, -1),
    "squeeze": lambda x: np.squeeze(x[None], 0),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, _A[None])[0],
    "atleast_1d": np.atleast_1d,
    "atleast_3d": np.atleast_3d,
    "atleast_3d of a vector": lambda x: np.atleast_3d(x[0]),
    "atleast_2d of a number": lambda x: np.atleast_2d(x[0, 0]),
    "concatenate": lambda x: np.concatenate([x, _A], 1),
    "concatenate flat": lambda x: np.concatenate([_A, x], axis=None),
    "stack": lambda x: np.stack([x, _A], 1),
    "hstack": lambda x: np.hstack((x, _A)),
    "vstack": lambda x: np.vstack((x, _A)),
    "dstack": lambda x: np.dstack((x, _A)),
    "column_stack": lambda x: np.column_stack((x, _A)),
    "append": lambda x: np.append(x, _A, axis=0),
    "split": lambda x: np.split(x, 3, axis=1)[1],
    "array_split": lambda x: np.array_split(x, 2, axis=1)[1],
    "hsplit": lambda x: np.hsplit(x, [1])[1],
    "vsplit": lambda x: np.vsplit(x, 2)[1],
    "meshgrid": lambda x: np.meshgrid(x[0], x[1])[0],
    "flip": np.flip,
    "flip axis": lambda x: np.flip(x, 1),
    "fliplr": np.fliplr,
    "rot90": np.rot90,
    "roll": lambda x: np.roll(x, 1),
    "roll axes": lambda x: np.roll(x, 1, (0, 1)),
    "tile": lambda x: np.tile(x, (2, 1)),
    "repeat": lambda x: np.repeat(x, 2),
    "repeat by a table": lambda x: np.repeat(x, [1, 2], axis=0),
    "pad": lambda x: np.pad(x, 1),
    "pad value": lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=3.0),
    "pad edge": lambda x: np.pad(x, ((1, 0), (0, 2)), mode="edge"),
    "pad reflect": lambda x: np.pad(x, ((1, 0), (0, 2)), mode="reflect"),
    "pad wrap": lambda x: np.pad(x, ((1, 0), (0, 2)), mode="wrap"),
    "take": lambda x: np.take(x, [0, -1]),
    "take axis": lambda x: np.take(x, np.array([[0, -1]]), axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[0], [-1]]), 1),
    "where": lambda x: np.where(_A > 2, x, 0.0),
    "copy": np.copy,
}

CONSTANT = {
    "shape": np.shape,
    "ndim": np.ndim,
    "size": np.size,
    "size of an axis": lambda x: np.size(x, 1),
    "array == t": lambda x: np.equal(_A, x),
    "array < t": lambda x: np.less(_A, x),
    "nonzero": lambda x: np.nonzero(x)[1],
    "argwhere": np.argwhere,
    "flatnonzero": np.flatnonzero,
    "zeros_like": np.zeros_like,
    "ones_like dtype": lambda x: np.ones_like(x, dtype=np.int64),
    "zeros_like shape": lambda x: np.zeros_like(x, shape=(2,)),
    "full_like": lambda x: np.full_like(x, 3),
    "full_like by name": lambda x: np.full_like(x, fill_value=3),
    "result_type": lambda x: np.result_type(x, np.float32),
    "iscomplexobj": np.iscomplexobj,
    "array_equal": lambda x: np.array_equal(x, x),
    "argmax": np.argmax,
}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_functions_give_the_values_of_numpy(name):
    x = ad.tensor(_A / 2, requires_grad=True)
    y = RECORDED[name](x)
    assert isinstance(y, ad.Tensor)
    assert y.requires_grad
    expected = RECORDED[name](_A / 2)
    assert y.dtype == expected.dtype
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-14)
    assert ad.gradcheck(RECORDED[name], (x,))


@pytest.mark.parametrize("name", CONSTANT)
def test_functions_without_gradient(name):
    x = ad.tensor(_A / 2, requires_grad=True)
    y = CONSTANT[name](x)
    np.testing.assert_array_equal(
        y.numpy() if isinstance(y, ad.Tensor) else y, CONSTANT[name](_A / 2)
    )


UNAVAILABLE = {
    "function": (lambda x, a: np.unwrap(x), r"numpy\.unwrap is not available"),
    "function of a module": (lambda x, a: np.fft.fft(x), r"numpy\.fft\.fft is not available"),
    "with a hint": (
        lambda x, a: np.add.at(x, 0, 1.0),
        r"numpy\.add\.at .* use autodiff\.index_add",
    ),
    "scan": (lambda x, a: np.add.accumulate(x), r"numpy\.add\.accumulate .* autodiff\.cumsum"),
    "outer": (lambda x, a: np.add.outer(x, a), r"numpy\.add\.outer is not available"),
    "copyto": (lambda x, a: np.copyto(a, x), r"numpy\.copyto .*autodiff\.Tensor\.copy_"),
    "out array": (lambda x, a: np.add(x, a, out=a), r"numpy\.add: .*cuts the graph"),
    "out array of a function": (lambda x, a: np.concatenate([x, x], out=a), "cuts the graph"),
    "out array in operator": (lambda x, a: a.__iadd__(x), "cuts the graph"),
    "where argument": (lambda x, a: np.exp(x, where=a > 0), r"numpy\.exp on a Tensor"),
    "order": (lambda x, a: np.reshape(x, (3, 2), order="F"), "order='F' is not possible"),
    "mode": (lambda x, a: np.pad(x, 1, mode="median"), "mode='median' is not possible"),
    "take mode": (lambda x, a: np.take(x, [9], mode="clip"), "mode='clip' is not possible"),
}


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_unavailable_functions_say_so(name):
    call, message = UNAVAILABLE[name]
    a = _A.copy()
    for x in (ad.tensor(_A), ad.tensor(_A, requires_grad=True)):
        with pytest.raises(TypeError, match=message):
            call(x, a)
    assert np.array_equal(a, _A)


def test_arrays_do_not_swallow_tensors_that_require_grad():
    x = ad.tensor(_A, requires_grad=True)
    a = _A.copy()
    for call in (
        lambda: np.asarray(x),
        lambda: np.array([x, x]),
        lambda: a.__setitem__(0, x[0]),
        lambda: np.asarray(x * 2),
    ):
        with pytest.raises(RuntimeError, match="requires grad"):
            call()
    assert np.array_equal(a, _A)
    assert np.array_equal(np.asarray(x.detach()), _A)
    with ad.no_grad():
        assert np.array_equal(np.asarray(x), _A)


def test_out_may_be_a_tensor():
    w = ad.tensor(_A, requires_grad=True)
    out = ad.zeros(2, 3, dtype=ad.float64)
    assert np.multiply(w, _A, out=out) is out
    assert np.array_equal(out.detach().numpy(), _A * _A)
    out.sum().backward()
    assert np.array_equal(w.grad.numpy(), _A)
    total = ad.zeros(3, dtype=ad.float64)
    np.sum(w, axis=0, out=total)
    assert total.requires_grad


def test_in_place_operators_of_tensors_take_arrays():
    x = ad.tensor(_A, requires_grad=True) * 1.0
    x += _A
    x *= np.float64(2)
    assert np.array_equal(x.detach().numpy(), 4 * _A)
    assert x.requires_grad


def test_numpy_scalars_and_values():
    v = ad.Value(2.0)
    y = np.float64(3.0) * v
    y.backward()
    assert v.grad == 3.0
    v = ad.Value(2.0)
    z = np.array([1.0, 2.0]) * v
    z.sum().backward()
    assert v.grad == 3.0


def test_numpy_scalars_are_weak_only_if_they_are_python_floats():
    x = ad.ones(2)
    assert (np.float64(2) * x).dtype == ad.float32
    assert (x * np.ones(2)).dtype == ad.float64
    assert (np.int64(2) * x).dtype == ad.float32


def test_squeeze_is_as_strict_as_numpy():
    with pytest.raises(ValueError, match="not of length 1"):
        np.squeeze(ad.zeros(2, 1), 0)
    with pytest.raises(ValueError, match="cannot be divided"):
        np.split(ad.zeros(5), 2)
