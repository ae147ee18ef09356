"""Recurrent operations: what the table of operations does not see."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import kernels

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
both_versions = pytest.mark.parametrize("mode", ["numpy", "numba"])
each_kind = pytest.mark.parametrize("kind", GATES)


def call(kind, x, hx, params, bias=True, layers=1, bidirectional=False, batch_first=False):
    found = getattr(ad, kind)(x, hx, params, bias, layers, 0.0, False, bidirectional, batch_first)
    return found[0], found[1:]


def inputs(kind, t=4, n=3, i=2, h=5, dtype=np.float64, grad=True):
    """(x, the states, the parameters of one layer)."""
    rng = np.random.default_rng(0)
    rows = GATES[kind] * h
    states = [(1, n, h)] * (2 if kind == "lstm" else 1)
    shapes = [(t, n, i), *states, (rows, i), (rows, h), (rows,), (rows,)]
    tensors = [ad.tensor(rng.normal(scale=0.5, size=s), dtype=dtype) for s in shapes]
    for tensor in tensors:
        tensor.requires_grad_(grad)
    x, rest = tensors[0], tensors[1:]
    hx = tuple(rest[: len(states)]) if kind == "lstm" else rest[0]
    return x, hx, rest[len(states) :]


@both_versions
@each_kind
def test_gradients_of_first_and_second_order(kind, mode):
    x, hx, params = inputs(kind)
    states = hx if kind == "lstm" else (hx,)

    def function(x, *rest):
        hx = rest[:2] if kind == "lstm" else rest[0]
        output, last = call(kind, x, hx, rest[len(states) :])
        return output, *last

    with kernels.use(mode):
        assert ad.gradcheck(function, (x, *states, *params), fast_mode=True)
        assert ad.gradgradcheck(function, (x, *states, *params), fast_mode=True)


@both_versions
@each_kind
def test_a_sequence_is_its_cells(kind, mode):
    x, hx, params = inputs(kind)
    states = hx if kind == "lstm" else (hx,)
    with kernels.use(mode):
        output, last = call(kind, x, hx, params)
        state = tuple(s[0] for s in states)
        steps = []
        for step in x:
            given = state if kind == "lstm" else state[0]
            state = getattr(ad, f"{kind}_cell")(step, given, *params)
            state = state if kind == "lstm" else (state,)
            steps.append(state[0])
        leaves = [x, *states, *params]
        ours = ad.grad((output * output).sum() + last[-1].sum(), leaves)
        other = ad.stack(steps)
        theirs = ad.grad((other * other).sum() + state[-1].sum(), leaves)
    np.testing.assert_allclose(output.numpy(force=True), other.numpy(force=True), rtol=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-12)


@each_kind
def test_no_state_is_a_state_of_zeros(kind):
    x, _, params = inputs(kind)
    zeros = ad.zeros(1, 3, 5, dtype=np.float64)
    given = (zeros, zeros) if kind == "lstm" else zeros
    (a, _), (b, _) = call(kind, x, None, params), call(kind, x, given, params)
    np.testing.assert_array_equal(a.numpy(force=True), b.numpy(force=True))
    for g, e in zip(ad.grad(a.sum(), [x, *params]), ad.grad(b.sum(), [x, *params]), strict=True):
        np.testing.assert_allclose(g.numpy(), e.numpy(), rtol=1e-12, atol=1e-14)


@each_kind
def test_the_reverse_direction_is_the_sequence_turned_round(kind):
    x, _, params = inputs(kind, grad=False)
    forward, (last, *_) = call(kind, x.flip(0), None, params)
    both, (lasts, *_) = call(kind, x, None, [*params, *params], bidirectional=True)
    np.testing.assert_allclose(both[:, :, 5:].numpy(), forward.flip(0).numpy(), rtol=1e-12)
    np.testing.assert_allclose(lasts[1:].numpy(), last.numpy(), rtol=1e-12)


@each_kind
def test_one_sequence_is_one_node(kind):
    x, hx, params = inputs(kind)
    output, last = call(kind, x, hx, params)
    assert output.grad_fn.name == "pick"
    assert output.grad_fn.parents[0] in last[0].grad_fn.parents[0].parents


@each_kind
def test_what_backward_reads_must_not_be_written(kind):
    x, hx, params = inputs(kind)
    output, _ = call(kind, x, hx, params)
    with ad.no_grad():
        output *= 2
    with pytest.raises(RuntimeError, match="changed in place"):
        output.sum().backward()


@each_kind
def test_errors(kind):
    x, hx, params = inputs(kind, grad=False)
    with pytest.raises(ValueError, match=rf"{kind}: expected an input \(T, N, I\)"):
        call(kind, x[0], hx, params)
    with pytest.raises(ValueError, match=f"{kind}: the sequence of input .* has no step"):
        call(kind, x[:0], hx, params)
    with pytest.raises(ValueError, match=f"{kind}: weight_ih has shape"):
        call(kind, x[:, :, :1], None, params)
    with pytest.raises(ValueError, match=f"{kind}: weight_hh has shape"):
        call(kind, x, None, [params[0], params[1][:, :-1], *params[2:]])
    with pytest.raises(ValueError, match=f"{kind}: bias_hh has shape"):
        call(kind, x, None, [*params[:3], params[3][:-1]])
    with pytest.raises(ValueError, match=f"{kind}: h has shape"):
        call(kind, x[:, :2], hx, params)
    with pytest.raises(ValueError, match=f"{kind}: a state has shape"):
        call(kind, x, (hx[0][0], hx[1]) if kind == "lstm" else hx[0], params)
    with pytest.raises(TypeError, match=f"{kind}: the input is float32"):
        call(kind, x.float(), None, params)
    with pytest.raises(TypeError, match=f"{kind}: expected a floating tensor"):
        call(kind, x.long(), None, params)
    with pytest.raises(ValueError, match=rf"{kind}_cell: expected an input \(N, I\)"):
        getattr(ad, f"{kind}_cell")(x, None, *params)


@each_kind
def test_the_number_of_parameters_and_states(kind):
    x, hx, params = inputs(kind, grad=False)
    with pytest.raises(ValueError, match=f"{kind}: 2 layers in 1 directions have 4 parameters"):
        call(kind, x, None, params, layers=2)
    with pytest.raises(ValueError, match=f"{kind}: 1 layers in 1 directions have 2 parameters"):
        call(kind, x, None, params, bias=False)
    if kind == "lstm":
        with pytest.raises(TypeError, match=r"lstm: hx must be the pair \(h, c\), got Tensor"):
            call(kind, x, hx[0], params)
        with pytest.raises(TypeError, match=r"lstm_cell: hx must be the pair"):
            ad.lstm_cell(x[0], hx[0], *params)


def test_training_is_the_same_on_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(kernels.threads, "WORTH_A_THREAD", 10)
    before, results = kernels.get_num_threads(), []
    try:
        for threads in (1, 2, 4):
            kernels.set_num_threads(threads)
            with kernels.use("numba"):
                x, hx, params = inputs("lstm", n=30, h=20, dtype=np.float32)
                output, _ = call("lstm", x, hx, params)
                output.backward(output.detach())
            results.append([output.detach()] + [t.grad for t in (x, *hx, *params)])
    finally:
        kernels.set_num_threads(before)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert a.numpy().tobytes() == b.numpy().tobytes()
