"""Recurrent layers: beside PyTorch's, their shapes and errors, and that they learn."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autodiff as ad
from autodiff import kernels, nn

LAYERS = [
    "RNN(3, 4)", "LSTM(3, 4)", "GRU(3, 4)",
    "RNN(3, 4, nonlinearity='relu')", "RNN(3, 4, 2, 'relu', False)",
    "LSTM(3, 4, 2, bidirectional=True)", "GRU(3, 4, 3, bias=False, batch_first=True)",
    "LSTM(3, 4, num_layers=2, dropout=0.5, batch_first=True, bidirectional=True)",
    "GRU(3, 4, 2, dropout=0.25)", "LSTM(3, 17, 2, proj_size=5, bidirectional=True)",
    "LSTM(3, 4, proj_size=2, bias=False)", "GRU(3, 33, bidirectional=True, batch_first=True)",
]  # fmt: skip
CELLS = [
    "RNNCell(3, 4)", "RNNCell(3, 4, nonlinearity='relu')", "LSTMCell(3, 4)",
    "GRUCell(3, 4)", "LSTMCell(3, 4, bias=False)", "GRUCell(3, 33, False)",
]  # fmt: skip


def build(library, expression, seed=0):
    library.manual_seed(seed)
    return eval(expression, vars(nn if library is ad else library.nn).copy())


def flat(value):
    """The tensors of a result, in order."""
    return [t for part in value for t in flat(part)] if isinstance(value, tuple) else [value]


def states_of(module, batch):
    """Shapes of the first states, as the module takes them."""
    if not hasattr(module, "num_layers"):
        shape = (*batch, module.hidden_size)
        return [shape, shape] if "LSTM" in type(module).__name__ else [shape]
    count = module.num_layers * (2 if module.bidirectional else 1)
    h = (count, *batch, module.proj_size or module.hidden_size)
    return [h, (count, *batch, module.hidden_size)] if module.mode == "LSTM" else [h]


def passes(library, module, shape, states, seed):
    """Outputs and gradients of a pass while training, but where dropout draws numbers that are not
    PyTorch's, and of one in evaluation."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=s).astype(np.float32) for s in (shape, *states)]
    results = []
    for training in (False,) if getattr(module, "dropout", 0) else (True, False):
        module.train(training).zero_grad()
        library.manual_seed(seed)
        x, *hx = [library.tensor(a, requires_grad=True) for a in arrays]
        state = tuple(hx) if len(hx) == 2 else hx[0] if hx else None
        found = flat(module(x, state))
        sum([(y * y).sum() for y in found]).backward()
        results += [y.detach().numpy() for y in found]
        results += [t.grad.numpy().copy() for t in [x, *hx, *module.parameters()]]
    return results


@pytest.mark.parity
@pytest.mark.parametrize("expression", LAYERS + CELLS)
def test_parameters_names_and_repr(expression):
    torch = pytest.importorskip("torch")
    for seed in (0, 123):
        ours, theirs = build(ad, expression, seed), build(torch, expression, seed)
        assert repr(ours) == repr(theirs)
        a, b = ours.state_dict(), theirs.state_dict()
        assert list(a) == list(b)
        for key, value in b.items():
            np.testing.assert_array_equal(a[key].numpy(), value.numpy())
        assert ours.load_state_dict(b) is not None


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")
@pytest.mark.parametrize("mode", ["numpy", "numba"])
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("expression", LAYERS + CELLS)
def test_outputs_and_gradients(expression, batched, with_state, mode):
    torch = pytest.importorskip("torch")
    ours, theirs = build(ad, expression), build(torch, expression)
    batch = (5,) if batched else ()
    if "Cell" in expression:
        shape = (*batch, 3)
    else:
        shape = (*batch, 6, 3) if ours.batch_first else (6, *batch, 3)
    states = states_of(ours, batch) if with_state else []
    with kernels.use(mode):
        a = passes(ad, ours, shape, states, 1)
    for x, y in zip(a, passes(torch, theirs, shape, states, 1), strict=True):
        assert x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)


@pytest.mark.parity
def test_a_state_dict_from_pytorch_continues_there():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.LSTM(3, 4, 2, bidirectional=True)
    ours = nn.LSTM(3, 4, 2, bidirectional=True)
    ours.load_state_dict(theirs.state_dict())
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float32)
    expected = theirs(torch.tensor(x))[0].detach().numpy()
    np.testing.assert_allclose(ours(ad.tensor(x))[0].numpy(force=True), expected, atol=1e-6)


def test_all_weights_are_the_parameters_by_layer_and_direction():
    lstm = nn.LSTM(3, 4, 2, bidirectional=True)
    assert [[tuple(p.shape) for p in ps] for ps in lstm.all_weights] == [
        [(16, 3), (16, 4), (16,), (16,)], [(16, 3), (16, 4), (16,), (16,)],
        [(16, 8), (16, 4), (16,), (16,)], [(16, 8), (16, 4), (16,), (16,)],
    ]  # fmt: skip
    flat = [p for group in lstm.all_weights for p in group]
    assert all(a is b for a, b in zip(flat, lstm.parameters(), strict=True))
    lstm.flatten_parameters()


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_errors(kind):
    layer = getattr(nn, kind)
    with pytest.raises(ValueError, match=f"{kind}: sizes and layers must be 1 or more"):
        layer(3, 0)
    with pytest.raises(ValueError, match=f"{kind}: dropout must be a probability"):
        layer(3, 4, 2, dropout=1.5)
    with pytest.warns(UserWarning, match="dropout is done between layers"):
        layer(3, 4, dropout=0.5)
    with pytest.raises(ValueError, match=f"{kind}: expected an input of 2 axes"):
        layer(3, 4)(ad.ones(3))
    with pytest.raises(ValueError, match="weight_ih has shape"):
        layer(3, 4)(ad.ones(5, 2, 2))
    with pytest.raises(ValueError, match=f"{kind}Cell: sizes must be 1 or more"):
        getattr(nn, f"{kind}Cell")(0, 4)


def test_errors_of_one_kind():
    with pytest.raises(ValueError, match="nonlinearity must be 'tanh' or 'relu', got 'gelu'"):
        nn.RNN(3, 4, nonlinearity="gelu")
    with pytest.raises(ValueError, match="RNNCell: nonlinearity must be 'tanh' or 'relu'"):
        nn.RNNCell(3, 4, nonlinearity="gelu")
    with pytest.raises(ValueError, match="proj_size is for LSTM"):
        nn.LSTM(3, 4, proj_size=4)
    with pytest.raises(ValueError, match="mode must be one of"):
        nn.RNNBase("QRNN", 3, 4)


def test_dropout_works_between_layers_only_while_training():
    ad.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gru = nn.GRU(3, 8, num_layers=2, dropout=0.5)
    x = ad.ones(4, 2, 3)
    a, b = gru(x)[0], gru(x)[0]
    assert not np.array_equal(a.numpy(force=True), b.numpy(force=True))
    gru.eval()
    a, b = gru(x)[0], gru(x)[0]
    np.testing.assert_array_equal(a.numpy(force=True), b.numpy(force=True))


def test_double_precision():
    lstm = nn.LSTM(3, 4, dtype=ad.float64)
    output, (h, c) = lstm(ad.ones(5, 2, 3, dtype=ad.float64))
    assert {output.dtype, h.dtype, c.dtype} == {np.dtype(np.float64)}


def test_gradients_through_a_stack():
    ad.manual_seed(0)
    lstm = nn.LSTM(2, 3, 2, bidirectional=True, dtype=ad.float64)
    x = ad.randn(3, 2, 2, dtype=ad.float64, requires_grad=True)
    names = [name for name, _ in lstm.named_parameters()]

    def function(x, *values):
        for name, value in zip(names, values, strict=True):
            delattr(lstm, name)
            setattr(lstm, name, value)
        output, (h, c) = lstm(x)
        return output, h, c

    values = [p.detach().clone().requires_grad_() for p in lstm.parameters()]
    assert ad.gradcheck(function, (x, *values), fast_mode=True)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_it_learns_to_add_the_two_marked_numbers(kind):
    """The adding problem of S. Hochreiter and J. Schmidhuber (1997), with 12 steps."""
    ad.manual_seed(1)
    rng = np.random.default_rng(0)

    def batch(size, steps=12):
        numbers = rng.random((steps, size))
        marks = np.zeros_like(numbers)
        first, second = rng.integers(0, steps // 2, size), rng.integers(steps // 2, steps, size)
        marks[first, np.arange(size)] = marks[second, np.arange(size)] = 1
        x = np.stack([numbers, marks], axis=2).astype(np.float32)
        return ad.tensor(x), ad.tensor((numbers * marks).sum(0, keepdims=True).T, dtype=ad.float32)

    recurrent, readout = getattr(nn, kind)(2, 32), nn.Linear(32, 1)
    optimiser = ad.optim.Adam([*recurrent.parameters(), *readout.parameters()], lr=0.01)
    for _ in range(400):
        x, y = batch(64)
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(readout(recurrent(x)[0][-1]), y)
        loss.backward()
        optimiser.step()
    x, y = batch(500)
    error = nn.functional.mse_loss(readout(recurrent(x)[0][-1]), y).item()
    assert error < 0.02  # always to answer 1 gives 1/6
