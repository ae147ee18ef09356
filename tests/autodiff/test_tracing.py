"""``scope`` and ``traced``: what operations remember of where they come from."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.mode import debug, mode
from autodiff.node import Node, topological_order
from autodiff.primitive import registry


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert mode.observer is None
    assert mode.plain
    assert debug.observed == 0
    assert not debug.unusual
    assert all(primitive.run is primitive.forward for primitive in registry.values())


def weights() -> ad.Tensor:
    return ad.ones(3, requires_grad=True)


def operations(x: Any) -> list[Node]:
    """The operations behind `x`, in the order in which they were done."""
    root = x if isinstance(x, ad.Value) else x.grad_fn
    return [node for node in reversed(topological_order([root])) if node.primitive is not None]


def scopes(x: Any) -> list[tuple[str, str]]:
    """The operations behind `x` with their paths."""
    return [(node.name, ".".join(node.notes.scope)) for node in operations(x)]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.act = nn.Tanh()

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        return self.act(self.fc(x)) + x


class Model(nn.Module):
    """With what a path must cope with: a list, a shared module, one that is not registered, a scope."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(), Block()])
        self.first = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.again = self.blocks[0]
        self.hidden = [Block()]

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        with ad.scope("tail"):
            x = self.again(x)
            x = self.hidden[0](x) * 2
        return x.sum()


PATHS = [
    ("linear", "first.0"), ("relu", "first.1"),
    ("linear", "blocks.0.fc"), ("tanh", "blocks.0.act"), ("add", "blocks.0"),
    ("linear", "blocks.1.fc"), ("tanh", "blocks.1.act"), ("add", "blocks.1"),
    ("linear", "tail.blocks.0.fc"), ("tanh", "tail.blocks.0.act"), ("add", "tail.blocks.0"),
    ("linear", "tail.Block.fc"), ("tanh", "tail.Block.act"), ("add", "tail.Block"),
    ("mul", "tail"), ("sum", ""),
]  # fmt: skip


def test_paths_of_modules() -> None:
    model = Model()
    with ad.traced():
        assert scopes(model(ad.ones(2, 3))) == PATHS
        assert scopes(model(ad.ones(2, 3))) == PATHS  # from what is known of the model by now


def test_scopes_stand_around_modules() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Tanh()))
    with ad.scope("a"), ad.scope("b.c"):
        y = model(ad.ones(3)) * 2
    assert scopes(y) == [("linear", "a.b.c.0"), ("tanh", "a.b.c.1.0"), ("mul", "a.b.c")]
    assert operations(y)[0].notes.line is None
    assert operations(y)[0].notes.value is None
    assert operations(y)[0].notes.seconds is None


def test_a_module_called_by_a_module_of_another_model() -> None:
    class Outer(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.__dict__["inner"] = inner  # not registered

        def forward(self, x: ad.Tensor) -> ad.Tensor:
            return self.inner(self.inner(x))

    outer = Outer(nn.Sequential(nn.Tanh()))
    with ad.traced():
        y = outer(weights())
    assert scopes(y) == [("tanh", "Sequential.0")] * 2


def test_hooks_of_modules_run_under_a_trace() -> None:
    layer = nn.Tanh()
    seen = []
    layer.register_forward_hook(lambda module, args, out: seen.append(out.shape))
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: seen.append("back"))
    with ad.traced():
        nn.Sequential(layer)(weights()).sum().backward()
    assert seen == [(3,), "back"]


def test_a_trace_keeps_line_value_and_seconds() -> None:
    w = weights()
    with ad.traced():
        line = sys._getframe().f_lineno + 1
        y = (w * 2).exp()
        y.sum().backward()
    mul, exp = operations(y)
    assert mul.notes.line == exp.notes.line == (__file__, line)
    np.testing.assert_array_equal(mul.notes.value, [2, 2, 2])
    assert exp.notes.value is y._array
    for node in (mul, exp):
        assert 0 < node.notes.seconds < 1
        assert 0 < node.notes.backward_seconds < 1


def test_lines_of_modules_and_of_numpy() -> None:
    with ad.traced():
        y = np.exp(nn.Sequential(nn.Tanh())(weights()))
        z = Block()(y)
    assert {node.notes.line[0] for node in operations(z)} == {__file__}
    line = Block.forward.__code__.co_firstlineno + 1
    assert [node.notes.line[1] for node in operations(z)[2:]] == [line] * 3


@pytest.mark.parametrize(
    "operation",
    [
        lambda w: w + w,
        lambda w: 2 * w,
        lambda w: w.tanh(),
        lambda w: w.sum(),
        lambda w: w.sum(0, keepdim=True),
        lambda w: w.reshape(3, 1),
        lambda w: w @ w,
        lambda w: w.clone().add_(w),
        lambda w: ad.linear(w, ad.ones(2, 3)),
        lambda w: ad.softmax(w, 0),
        lambda w: ad.where(w > 0, w, 0.0),
        lambda w: w[1:],
    ],
)
def test_every_way_of_doing_an_operation_is_timed(operation: Any) -> None:
    with ad.traced():
        y = operation(weights())
    node = operations(y)[-1]
    assert node.notes.seconds > 0
    np.testing.assert_array_equal(node.notes.value, y.detach().numpy())


def test_operations_with_several_outputs_and_functions_of_your_own() -> None:
    class Twice(ad.Function):
        @staticmethod
        def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
            return g * 2

    with ad.traced():
        x = Twice.apply(weights())
        output, _ = nn.RNN(3, 2)(x.reshape(1, 3))
    twice, rnn, pick = [n for n in operations(output) if n.name in ("Twice", "rnn", "pick")]
    assert twice.notes.seconds > 0
    np.testing.assert_array_equal(twice.notes.value, [2, 2, 2])
    assert rnn.notes.seconds > 0
    assert (pick.notes.seconds, pick.notes.value.shape) == (None, (1, 1, 2))


def test_values() -> None:
    a, b = ad.Value(2.0), ad.Value(3.0)
    assert a.notes is None
    with ad.traced(), ad.scope("s"):
        c = (a * b + a - b).tanh() ** 2 + ad.dot([a], [b]) + ad.where(True, a, b)
        lowered = ad.Value(weights().sum())
        lifted = c.tensor()
    for node in [*operations(c), lowered]:
        assert node.notes.scope == ("s",)
        assert node.notes.line[0] == __file__
        assert node.notes.value == node.data
    assert lifted.grad_fn.notes.scope == ("s",)
    c.backward()
    assert (a * b).notes is None


def test_gradients_of_gradients_belong_to_the_module() -> None:
    model = nn.Sequential(nn.Tanh())
    x = weights()
    with ad.traced():
        y = model(x)
        (g,) = ad.grad(y.sum(), x, create_graph=True)
    assert all(node.notes.scope in [("0",), ()] for node in operations(g))
    assert operations(g)[-1].notes.scope == ("0",)


def test_nothing_is_noted_when_nothing_is_asked_for() -> None:
    with ad.traced():
        pass
    y = nn.Sequential(Block())(ad.ones(2, 3))
    assert all(node.notes is None for node in operations(y))
    with ad.traced(), ad.no_grad():
        assert Model()(ad.ones(2, 3)).grad_fn is None


def test_a_trace_keeps_no_model_alive() -> None:
    with ad.traced():
        model = nn.Sequential(nn.Linear(1, 1))
        model(ad.ones(1))
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_decorators() -> None:
    @ad.scope("f")
    def f(x: ad.Tensor, depth: int = 2) -> ad.Tensor:
        return f(x, depth - 1) * 2 if depth else x * 3

    assert scopes(f(weights())) == [("mul", "f.f.f"), ("mul", "f.f"), ("mul", "f")]

    @ad.scope("steps")
    def steps(x: ad.Tensor):
        for _ in range(2):
            x = x * 2
            yield x

    found = []
    for x in steps(weights()):
        found.append(x + 1)
    *inside, outside = operations(found[-1])
    assert [node.notes.scope for node in inside] == [("steps",)] * 2
    assert outside.notes is None

    @ad.traced()
    def g() -> ad.Tensor:
        return weights() * 2

    assert g().grad_fn.notes.line[0] == __file__


def test_one_scope_may_be_entered_again() -> None:
    inside = ad.scope("a")
    with inside, inside:
        y = weights() * 2
    with inside:
        z = weights() * 2
    assert (scopes(y), scopes(z)) == ([("mul", "a.a")], [("mul", "a")])


def test_other_threads_are_not_concerned() -> None:
    found = []

    def work() -> None:
        found.append(weights() * 2)
        with ad.scope("there"):
            found.append(weights() * 2)

    with ad.traced(), ad.scope("here"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found[0].grad_fn.notes is None
    assert scopes(found[1]) == [("mul", "there")]
    assert found[1].grad_fn.notes.line is None


def test_exceptions_leave_everything_as_it_was() -> None:
    model = nn.Sequential(nn.Linear(3, 3))
    with pytest.raises(ValueError, match="linear"), ad.traced(), ad.scope("a"):
        model(ad.ones(4))
    with ad.scope("outer"):
        with pytest.raises(ValueError, match="linear"), ad.scope("inner"):
            model(ad.ones(4))
        y = model(ad.ones(3))
    assert scopes(y) == [("linear", "outer.0")]


@pytest.mark.parametrize("name", ["", "a..b", ".a"])
def test_empty_names(name: str) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        ad.scope(name)


def test_a_scope_without_a_name() -> None:
    with pytest.raises(TypeError, match=r'@ad\.scope\("name"\)'):

        @ad.scope
        def f() -> None: ...
