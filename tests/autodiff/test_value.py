"""``Value``: micrograd's programs, every operation, mixing with Tensors, second derivatives."""

from __future__ import annotations

import copy
import gc
import itertools
import math
import operator
import pickle
import random

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from rows.activation import ROWS as ACTIVATIONS
from rows.arithmetic import ROWS as ARITHMETIC
from rows.exponential import ROWS as EXPONENTIALS
from rows.trigonometric import ROWS as TRIGONOMETRY

# micrograd's own programs


def test_the_example_of_micrograds_readme():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def _network(rng):
    def neuron(n):
        return [Value(rng.uniform(-1, 1)) for _ in range(n)], Value(0.0)

    sizes = [2, 4, 4, 1]
    return [[neuron(n) for _ in range(m)] for n, m in itertools.pairwise(sizes)]


def _forward(layers, x):
    for i, layer in enumerate(layers):
        x = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
        x = [v.relu() if i < len(layers) - 1 else v for v in x]
    return x[0]


def test_a_network_trains_as_in_micrograds_notebook():
    rng = random.Random(3)
    layers = _network(rng)
    parameters = [p for layer in layers for w, b in layer for p in (*w, b)]
    samples = [([rng.uniform(-1, 1), rng.uniform(-1, 1)], rng.choice([-1, 1])) for _ in range(6)]
    losses = []
    for _ in range(40):
        scores = [_forward(layers, list(map(Value, x))) for x, _ in samples]
        data_loss = sum([(1 + -y * s).relu() for (_, y), s in zip(samples, scores, strict=True)])
        loss = data_loss * (1.0 / len(samples)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.5 * losses[0]


def test_a_network_of_values_has_the_gradients_of_a_network_of_tensors():
    rng = random.Random(0)
    layers = _network(rng)
    x = [0.3, -0.7]
    out = (_forward(layers, [Value(v) for v in x]) - 1.0) ** 2
    out.backward()
    h = ad.tensor(x, dtype=ad.float64)
    leaves = []
    for i, layer in enumerate(layers):
        w = ad.tensor([[v.data for v in row] for row, _ in layer], dtype=ad.float64)
        b = ad.tensor([v.data for _, v in layer], dtype=ad.float64)
        w.requires_grad_()
        b.requires_grad_()
        h = w @ h + b
        h = h.relu() if i < len(layers) - 1 else h
        leaves.append((w, b))
    loss = ((h - 1.0) ** 2).sum()
    loss.backward()
    assert out.data == pytest.approx(loss.item(), rel=1e-12)
    for layer, (w, b) in zip(layers, leaves, strict=True):
        gradients = [[v.grad for v in row] for row, _ in layer]
        np.testing.assert_allclose(gradients, w.grad.numpy(), rtol=1e-12)
        np.testing.assert_allclose([v.grad for _, v in layer], b.grad.numpy(), rtol=1e-12)


def test_what_micrograds_drawing_reads():
    a, b = Value(2.0, label="a"), Value(3.0)
    c = a * b + 1
    assert (a.label, b.label, c.label) == ("a", "", "")
    assert c._op == "+"
    (product,) = c._prev
    assert product._op == "*"
    assert product._prev == {a, b}
    assert a._prev == set()
    assert repr(a) == "Value(data=2.0, grad=0.0)"
    c.label = "c"
    assert c.label == "c"


# Every operation

ONE_ROWS = [
    row
    for row in (*ARITHMETIC, *EXPONENTIALS, *TRIGONOMETRY, *ACTIVATIONS)
    if len(row.inputs(np.random.default_rng(0))) == 1 and "prelu" not in row.name
]
TWO_ROWS = [
    row
    for row in (*ARITHMETIC, *EXPONENTIALS, *TRIGONOMETRY)
    if len(row.inputs(np.random.default_rng(0))) == 2
]


@pytest.mark.parametrize("row", [*ONE_ROWS, *TWO_ROWS], ids=lambda row: row.name)
def test_every_operation_equals_that_of_a_tensor_to_second_order(row):
    arrays = row.inputs(np.random.default_rng(1))
    for place in range(3):
        numbers = [float(a.ravel()[place]) for a in arrays]
        values = [Value(x) for x in numbers]
        tensors = [ad.tensor(x, dtype=ad.float64, requires_grad=True) for x in numbers]
        y, z = row.call(*values), row.call(*tensors)
        assert isinstance(y, Value)
        assert y.data == pytest.approx(z.item(), rel=1e-13)
        ours = ad.grad(y, values, create_graph=True)
        theirs = ad.grad(z, tensors, create_graph=True)
        assert [g.data for g in ours] == pytest.approx([g.item() for g in theirs], rel=1e-12)
        options = {"allow_unused": True, "materialize_grads": True}
        for g, t in zip(ours, theirs, strict=True):
            if t.requires_grad:
                assert isinstance(g, Value)
                ours2 = ad.grad(g, values, **options)
                theirs2 = ad.grad(t, tensors, retain_graph=True, **options)
                assert [float(h) for h in ours2] == pytest.approx(
                    [h.item() for h in theirs2], rel=1e-10, abs=1e-12
                )


def test_operations_are_methods_too():
    v = Value(0.5)
    for name in ("exp", "log", "tanh", "relu", "sigmoid", "sin", "sqrt", "softplus", "gelu"):
        assert getattr(v, name)().data == getattr(ad, name)(Value(0.5)).data
    assert v.leaky_relu(0.1).data == 0.5
    assert v.pow(3).data == 0.125
    assert v.clamp(0.6, 1.0).data == 0.6
    assert v.where(v > 1, 9.0).data == 9.0
    assert v.add(1, alpha=3).data == 3.5
    assert np.exp(v).data == math.exp(0.5)


def test_numpys_numbers_are_numbers():
    v = Value(3.0)
    two = np.float32(2)
    for result in (v * np.float64(2), np.float64(2) * v, v * two, two * v, v * np.int64(2)):
        assert isinstance(result, Value)
        assert result.data == 6.0
        assert type(result.data) is float
    assert (v > np.float32(1)) is True


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda: Value(0.0).log(), -math.inf),
        (lambda: 1 / Value(0.0), math.inf),
        (lambda: -1 / Value(0.0), -math.inf),
        (lambda: Value(0.0) / 0, math.nan),
        (lambda: Value(1000.0).exp(), math.inf),
        (lambda: Value(0.0) ** 0, 1.0),
        (lambda: Value(-8.0) ** (1 / 3), math.nan),
        (lambda: Value(1e200) ** 2, math.inf),
        (lambda: Value(-1.0).sqrt(), math.nan),
        (lambda: Value(1.0) % 0, math.nan),
        (lambda: Value(1.0) // 0, math.inf),
        (lambda: Value(math.nan).relu(), math.nan),
    ],
)
def test_edges_follow_ieee(function, expected):
    out = function()
    np.testing.assert_array_equal(out.data, expected)
    out.backward()


def test_floor_division_and_remainder():
    v = Value(-7.0)
    assert (v // 2).data == -4.0
    assert (7 // Value(2.0)).data == 3.0
    assert (v % 4).data == 1.0
    assert (7 % Value(4.0)).data == 3.0


# The graph


def test_leaves_accumulate_and_others_start_anew():
    a = Value(3.0)
    b = a * a
    c = b * 2
    for times in (1, 2):
        c.backward()
        assert (a.grad, b.grad, c.grad) == (12.0 * times, 2.0, 1.0)


def test_a_value_used_twice():
    a = Value(3.0)
    (a + a).backward()
    assert a.grad == 2.0
    b = Value(3.0)
    ad.dot([b, b, 2.0], [b, 4.0, b]).backward()
    assert b.grad == 2 * 3.0 + 4.0 + 2.0


def test_assigned_data_do_not_change_the_history():
    a, b = Value(3.0), Value(4.0)
    c = a * b
    a.data = 100.0
    c.backward()
    assert (a.grad, b.grad) == (4.0, 3.0)


def test_assigned_data_are_noticed_where_rules_need_them():
    a, b = Value(3.0), Value(4.0)
    c = ad.where(a > 0, a * b, b).clamp(0, 50)
    a.data = 100.0
    with pytest.raises(RuntimeError, match="data of an operand was assigned after"):
        ad.grad(c, [a], create_graph=True)


def test_no_grad_makes_leaves():
    a = Value(3.0)
    with ad.no_grad():
        results = [a * a, a + 1, a.exp(), ad.dot([a], [a]), a.clamp(0, 1), ad.where(a > 0, a, 1.0)]
        for out in results:
            assert out.primitive is None
            assert out.parents == ()
            out.backward()
    assert a.grad == 0.0
    assert a.detach().primitive is None


@pytest.mark.parametrize("length", [100_000])
def test_deep_chains_neither_recurse_nor_leave_anything_behind(length):
    a = Value(1.0)
    out = a
    for _ in range(length // 2):
        out = out * 1.0 + a
    out.backward()
    assert a.grad == length // 2 + 1
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        chain = a.exp()
        for _ in range(1000):
            chain = chain + a
        del chain
        assert len(gc.get_objects()) - before < 10  # freed without the garbage collector
    finally:
        gc.enable()


def test_second_and_third_derivatives():
    x = Value(1.3)
    y = x**4 * x.sin()
    (d1,) = ad.grad(y, x, create_graph=True)
    (d2,) = ad.grad(d1, x, create_graph=True)
    (d3,) = ad.grad(d2, x)
    s, c, v = math.sin(1.3), math.cos(1.3), 1.3
    assert d1.data == pytest.approx(4 * v**3 * s + v**4 * c)
    assert d2.data == pytest.approx(12 * v**2 * s + 8 * v**3 * c - v**4 * s)
    assert float(d3) == pytest.approx(24 * v * s + 36 * v**2 * c - 12 * v**3 * s - v**4 * c)


def test_third_operands_are_differentiated_twice():
    x, low = Value(0.5), Value(0.75)
    y = ad.clamp(x * x, low * low, 10.0)
    (g,) = ad.grad(y, low, create_graph=True)
    assert (y.data, g.data) == (0.5625, 1.5)
    assert float(ad.grad(g, low)[0]) == 2.0
    z = ad.where(x > 0, x * low, low * low * low)
    (g,) = ad.grad(z, x, create_graph=True)
    assert float(ad.grad(g, low)[0]) == 1.0


# Mixing with Tensors

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod]


@pytest.mark.parametrize("operation", OPERATORS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("value_first", [True, False])
def test_a_value_and_a_tensor_make_a_tensor(operation, value_first):
    numbers, tensor = [1.5, 2.5], ad.tensor([1.2, 2.7], dtype=ad.float64, requires_grad=True)
    value = Value(1.7)
    out = operation(value, tensor) if value_first else operation(tensor, value)
    assert isinstance(out, ad.Tensor)
    assert out.dtype == ad.float64
    out.backward(ad.tensor(numbers, dtype=ad.float64))
    other = ad.tensor(1.7, dtype=ad.float64, requires_grad=True)
    twin = tensor.detach().requires_grad_()
    expected = operation(other, twin) if value_first else operation(twin, other)
    expected.backward(ad.tensor(numbers, dtype=ad.float64))
    assert ad.equal(out.detach(), expected.detach())
    assert value.grad == pytest.approx(other.grad.item())
    np.testing.assert_allclose(tensor.grad.numpy(), twin.grad.numpy())


def test_a_value_takes_the_dtype_of_a_tensor():
    assert (Value(2.0) * ad.ones(2)).dtype == ad.float32
    assert isinstance(Value(2.0) * np.ones(2), ad.Tensor)
    assert isinstance(np.ones(2) * Value(2.0), ad.Tensor)


def test_gradients_flow_through_mixed_graphs():
    x = ad.tensor([1.0, 2.0], dtype=ad.float64, requires_grad=True)
    v = Value(3.0)
    total = Value((x * v).sum())
    out = (total * v).exp() * 1e-10
    loss = ad.tensor([2.0], dtype=ad.float64) * out
    loss.sum().backward()
    scale = 2e-10 * math.exp(27.0)
    np.testing.assert_allclose(x.grad.numpy(), [scale * 9.0] * 2)
    assert v.grad == pytest.approx(scale * (9.0 + 9.0))
    (g,) = ad.grad(Value((x * x).sum()) * v, v)
    assert float(g) == 5.0


def test_mixed_graphs_are_differentiated_twice():
    x = ad.tensor(2.0, dtype=ad.float64, requires_grad=True)
    v = Value(3.0)
    y = (x * x) * (v * v * v)
    (g,) = ad.grad(y, v, create_graph=True)
    assert float(g) == 4.0 * 27.0
    assert ad.grad(g, x)[0].item() == 2 * 2.0 * 27.0


# The object


def test_making_values():
    assert Value(1).data == 1.0
    assert type(Value(np.float32(0.5)).data) is float
    assert Value(True).data == 1.0
    assert Value(np.array(2.5)).data == 2.5
    assert Value(ad.tensor([4.0])).data == 4.0
    for data in ("1", None, [1.0], Value(1.0), 1j):
        with pytest.raises(TypeError, match="Value: expected a number or a Tensor of one element"):
            Value(data)
    with pytest.raises(ValueError, match=r"got shape \(2,\)"):
        Value(ad.ones(2))


def test_what_is_no_number_is_refused_by_operators():
    for operation in OPERATORS:
        with pytest.raises(TypeError, match="unsupported operand"):
            operation(Value(1.0), {})
        with pytest.raises(TypeError):
            operation({}, Value(1.0))
    with pytest.raises(AttributeError, match="'Value' object has no attribute 'shape_'"):
        Value(1.0).shape_


def test_comparison_is_of_numbers_and_hashing_of_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert a == 1
    assert a != 2.0
    assert a < 2
    assert a > 0
    assert len({a, b}) == 2
    assert sorted([Value(3.0), Value(1.0)])[0].data == 1.0
    assert max(a, Value(5.0)).data == 5.0


def test_conversions():
    a = Value(2.5)
    assert (float(a), int(a), bool(a), a.item()) == (2.5, 2, True, 2.5)
    assert not Value(0.0)
    assert a.tensor().item() == 2.5


def test_copies_and_pickles_of_leaves():
    a = Value(2.5, label="a")
    a.grad = 3.0
    for twin in (copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        assert twin is not a
        assert (twin.data, twin.grad, twin.label) == (2.5, 3.0, "a")
        assert twin.primitive is None
        (twin * 2).backward()
        assert a.grad == 3.0
    network = copy.deepcopy(_network(random.Random(0)))
    assert network[0][0][0][0].data == _network(random.Random(0))[0][0][0][0].data
    shared = copy.deepcopy([a, a])
    assert shared[0] is shared[1]
    for function in (copy.deepcopy, pickle.dumps):
        with pytest.raises(RuntimeError, match=r"only a leaf Value can be .*detach"):
            function(a * 2)


def test_dot():
    w, x = [Value(1.0), Value(2.0)], [3.0, Value(4.0)]
    out = ad.dot(w, x)
    assert isinstance(out, Value)
    out.backward()
    assert (out.data, w[0].grad, w[1].grad, x[1].grad) == (11.0, 3.0, 4.0, 2.0)
    (g,) = ad.grad(ad.dot(w, w), w[1], create_graph=True)
    assert (g.data, float(ad.grad(g, w[1])[0])) == (4.0, 2.0)
    with pytest.raises(ValueError, match="dot: sequences of different lengths, 2 and 1"):
        ad.dot(w, [1.0])
    for other in ([ad.tensor(1.0), ad.tensor(2.0)], ["a", "b"], [None, 1.0]):
        with pytest.raises(TypeError, match="dot: sequences may hold Values and numbers"):
            ad.dot(w, other)
    assert ad.dot(w, np.array([3.0, 4.0])).data == 11.0
    assert ad.dot([], []).data == 0.0
    assert ad.dot([2, True], [Value(3.0), 1]).data == 7.0


def test_dot_behind_a_zero_gradient():
    """Nothing is added where the cotangent is 0, but 0 times infinity stays NaN."""
    w, x = [ad.Value(2.0), ad.Value(-3.0)], [ad.Value(1.0), ad.Value(1.0)]
    ad.dot(w, x).relu().backward()
    assert [v.grad for v in (*w, *x)] == [0.0, 0.0, 0.0, 0.0]
    w, x = [ad.Value(float("inf"))], [ad.Value(-1.0)]
    ad.dot(w, x).relu().backward()
    assert w[0].grad == 0.0
    assert np.isnan(x[0].grad)
