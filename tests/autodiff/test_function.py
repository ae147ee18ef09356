"""Operations of the user's own."""

import gc
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff.primitive import registry


def leaf(data, dtype=np.float64):
    return ad.tensor(np.asarray(data, dtype), requires_grad=True)


class Exp(ad.Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx, x):
        out = x.exp()
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, g):
        (out,) = ctx.saved_tensors
        return g * out


class Scale(ad.Function):
    """Takes things that are not tensors, keeps them as attributes, and knows its jvp."""

    @staticmethod
    def forward(ctx, x, y, factor, name="scale"):
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return x * y * factor

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y * ctx.factor, g * x * ctx.factor, None, None

    @staticmethod
    def jvp(ctx, tx, ty, factor, name=None):
        x, y = ctx.saved_tensors
        return (tx * y + x * ty) * ctx.factor


class Both(ad.Function):
    """Two outputs, in the style with ``setup_context``."""

    @staticmethod
    def forward(x, y):
        return x * y, x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, y = inputs
        ctx.save_for_backward(x, y, output[1])

    @staticmethod
    def backward(ctx, g, h):
        x, y, e = ctx.saved_tensors
        return g * y + h * e, g * x


CASES = {
    "saves its output": (Exp.apply, [[0.5, -1.0]]),
    "two inputs": (lambda x, y: Scale.apply(x, y, 3.0, "name"), [[0.5, -1.0], [2.0, 3.0]]),
    "two outputs": (Both.apply, [[0.5, -1.0], [2.0, 3.0]]),
    "first of two outputs": (lambda x, y: Both.apply(x, y)[0], [[0.5, -1.0], [2.0, 3.0]]),
    "second of two outputs": (lambda x, y: Both.apply(x, y)[1] * y, [[0.5, -1.0], [2.0, 3.0]]),
    "0-d": (Exp.apply, [0.5]),
    "within a graph": (lambda x: (Exp.apply(x * x) * x).sum(), [[0.5, -1.0]]),
}


@pytest.mark.parametrize(("function", "data"), CASES.values(), ids=CASES)
def test_derivatives(function, data):
    inputs = tuple(map(leaf, data))
    assert ad.gradcheck(function, inputs)
    assert ad.gradgradcheck(function, inputs)


def test_forward_is_not_recorded():
    seen = []

    class Look(ad.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * 2
            seen.append((ad.is_grad_enabled(), y.requires_grad, x.requires_grad))
            return y

        @staticmethod
        def backward(ctx, g):
            seen.append(ad.is_grad_enabled())
            return g * 2

    x = leaf([1.0])
    y = Look.apply(x)
    assert y.grad_fn.name == "Look"
    y.sum().backward(retain_graph=True)
    ad.grad(y.sum(), x, create_graph=True)
    assert seen == [(False, False, True), False, True]


def test_nothing_is_recorded_where_nothing_requires_grad():
    assert not Exp.apply(ad.ones(2)).requires_grad
    with ad.no_grad():
        assert not Exp.apply(leaf([1.0])).requires_grad


def test_names_are_not_those_of_the_registry():
    before = set(registry)

    def make():
        class add(ad.Function):
            @staticmethod
            def forward(ctx, x):
                return x + 1

            @staticmethod
            def backward(ctx, g):
                return g * 10

        return add

    x = leaf([1.0])
    for _ in range(2):
        (g,) = ad.grad(make().apply(x).sum(), x)
        assert g.tolist() == [10.0]
    assert set(registry) == before


def test_needs_input_grad():
    seen = []

    class Look(ad.Function):
        @staticmethod
        def forward(ctx, x, y, k):
            seen.append(ctx.needs_input_grad)
            return x * y * k

        @staticmethod
        def backward(ctx, g):
            seen.append(ctx.needs_input_grad)
            return g, None, None

    Look.apply(leaf([1.0]), ad.ones(1), 2.0).sum().backward()
    assert seen == [(True, False, False)] * 2


def test_inputs_without_gradient():
    x, y = leaf([2.0]), ad.tensor([3.0], dtype=np.float64)
    Scale.apply(x, y, 2.0).sum().backward()
    assert x.grad.tolist() == [6.0]
    assert y.grad is None


def test_values():
    v = ad.Value(0.5)
    Exp.apply(v).backward()
    np.testing.assert_allclose(v.grad, np.exp(0.5))


def test_float32():
    x = leaf([0.5, 1.0], np.float32)
    y = Exp.apply(x)
    y.sum().backward()
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


def test_a_gradient_of_another_dtype_is_converted():
    class Wide(ad.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g.double()

    x = leaf([0.5], np.float32)
    assert ad.grad(Wide.apply(x).sum(), x, create_graph=True)[0].dtype == np.float32


def test_a_gradient_that_was_not_summed_over_broadcast_axes():
    class Spread(ad.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, g):
            return g, g

    x, y = leaf([1.0, 2.0]), leaf(np.zeros((3, 1)))
    Spread.apply(x, y).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert y.grad.tolist() == [[2.0]] * 3


# The context


def test_save_for_backward_of_inputs_outputs_others_and_none():
    class Everything(ad.Function):
        @staticmethod
        def forward(ctx, x, y):
            out, square = x * y, y * y
            ctx.save_for_backward(square, None, out, y)
            return out

        @staticmethod
        def backward(ctx, g):
            square, nothing, out, y = ctx.saved_tensors
            assert nothing is None
            assert square.tolist() == (y * y).tolist()
            assert (y.requires_grad, out.requires_grad) == (ad.is_grad_enabled(),) * 2
            assert not square.requires_grad
            return g * y, g * out / y

    x, y = leaf([2.0]), leaf([3.0])
    z = Everything.apply(x, y).sum()
    gx, gy = ad.grad(z, [x, y], retain_graph=True)
    assert (gx.tolist(), gy.tolist()) == ([3.0], [2.0])
    ad.grad(z, [x, y], create_graph=True)


def test_saved_tensors_outside_backward():
    kept = []

    class Keep(Exp):
        @staticmethod
        def forward(ctx, x):
            kept.append(ctx)
            return Exp.forward(ctx, x)

    Keep.apply(leaf([1.0])).sum().backward()
    with pytest.raises(RuntimeError, match="inside backward and jvp only"):
        kept[0].saved_tensors


def test_only_tensors_are_saved():
    class Bad(Exp):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3.0)
            return x * 1

    with pytest.raises(TypeError, match="save_for_backward takes Tensors, got float"):
        Bad.apply(leaf([1.0]))


@pytest.mark.parametrize("which", ["input", "output", "other"])
def test_saved_tensors_are_version_checked(which):
    kept = []

    class Save(ad.Function):
        @staticmethod
        def forward(ctx, x):
            out, other = x * 2, x * 3
            kept.append(other)
            ctx.save_for_backward({"input": x, "output": out, "other": other}[which])
            return out

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    h = leaf([1.0, 2.0]) * 1.0
    y = Save.apply(h)
    z = y.sum()
    with ad.no_grad():
        {"input": h, "output": y, "other": kept[0]}[which].mul_(2)
    with pytest.raises(RuntimeError, match=r"'Save'.*changed in place"):
        z.backward()


def test_saved_tensors_are_freed():
    x = leaf([1.0])
    y = Exp.apply(x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"'Exp'.*second time"):
        y.backward()


def test_no_reference_cycles():
    x = leaf([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        for function in (
            Exp.apply,
            lambda x: Both.apply(x, x)[1],
            lambda x: Scale.apply(x, x, 1.0),
        ):
            for backward in (False, True):
                y = function(x)
                node, memory = weakref.ref(y.grad_fn), weakref.ref(y._array)
                if backward:
                    ad.grad(y.sum(), x)
                del y
                assert node() is None
                assert memory() is None
    finally:
        gc.enable()


def test_mark_non_differentiable():
    class Split(ad.Function):
        @staticmethod
        def forward(ctx, x):
            whole, index = x.floor(), x.argmax()
            ctx.mark_non_differentiable(whole)
            return x * 2, whole, index

        @staticmethod
        def backward(ctx, g, g_whole, g_index):
            assert g_whole.tolist() == [0.0, 0.0]
            return g * 2

    x = leaf([1.5, 2.5])
    y, whole, index = Split.apply(x)
    assert (y.requires_grad, whole.requires_grad, index.requires_grad) == (True, False, False)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_outputs_that_are_no_tensors_are_passed_on():
    class Tell(ad.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2, "text", None

        @staticmethod
        def backward(ctx, g, *others):
            assert others == (None, None)
            return g * 2

    x = leaf([1.0])
    y, text, nothing = Tell.apply(x)
    assert (text, nothing) == ("text", None)
    y.sum().backward()
    assert x.grad.tolist() == [2.0]
    assert ad.gradcheck(lambda x: Tell.apply(x)[0], leaf([1.0]))


@pytest.mark.parametrize("materialize", [True, False])
def test_set_materialize_grads(materialize):
    seen = []

    class Two(ad.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(materialize)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            seen.append(h)
            return g * 2

    x = leaf([1.0, 2.0])
    Two.apply(x)[0].sum().backward()
    if materialize:
        assert seen[0].tolist() == [0.0, 0.0]
        assert seen[0].dtype == np.float64
    else:
        assert seen == [None]


def test_none_stops_a_gradient():
    class Stop(ad.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return None, g

    x, y = leaf([1.0]), leaf([1.0])
    Stop.apply(x, y).sum().backward()
    assert x.grad is None
    assert y.grad.tolist() == [1.0]


def test_further_none_gradients_are_ignored():
    class More(ad.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2, None, None

    (g,) = ad.grad(More.apply(x := leaf([1.0])).sum(), x)
    assert g.tolist() == [2.0]


# In place


class Double(ad.Function):
    """Writes into its input."""

    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g * 2


def test_mark_dirty():
    x = leaf([1.0, 2.0])
    h = x * 1.0
    y = Double.apply(h)
    assert y is h
    assert h.grad_fn.name == "Double"
    (h * h).sum().backward()  # (2 x)^2
    assert x.grad.tolist() == [8.0, 16.0]


def test_mark_dirty_of_a_view():
    x = leaf([1.0, 2.0])
    h = x * 1.0
    Double.apply(h[:1])
    (h * h).sum().backward()
    assert x.grad.tolist() == [8.0, 4.0]


def test_mark_dirty_of_a_leaf():
    with pytest.raises(RuntimeError, match="a leaf that requires grad"):
        Double.apply(leaf([1.0]))


def test_mark_dirty_spoils_what_was_saved_of_the_input():
    h = leaf([1.0]) * 1.0
    y = (h * h).sum()
    Double.apply(h)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_mark_dirty_without_returning_it():
    class Forgets(Double):
        @staticmethod
        def forward(ctx, x):
            Double.forward(ctx, x)
            return x * 1

    with pytest.raises(RuntimeError, match="must be returned"):
        Forgets.apply(leaf([1.0]) * 1.0)


@pytest.mark.parametrize("give", [lambda x: x, lambda x: x[:1], lambda x: x.reshape(2, 1)])
def test_an_output_that_is_its_input_gets_memory_of_its_own(give):
    class Same(ad.Function):
        @staticmethod
        def forward(ctx, x):
            return give(x)

        @staticmethod
        def backward(ctx, g):
            return ad.ones(2, dtype=np.float64) * g.sum()

    h = leaf([1.0, 2.0]) * 1.0
    y = Same.apply(h)
    y.mul_(5)
    assert h.tolist() == [1.0, 2.0]


# Errors


def _broken(result):
    class Broken(ad.Function):
        @staticmethod
        def forward(ctx, x, k=None):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return result(g)

    return Broken.apply


@pytest.mark.parametrize(
    ("result", "error", "match"),
    [
        (
            lambda g: (g, g),
            RuntimeError,
            "Broken: backward returned 2 gradients, but forward took 1",
        ),
        (lambda g: (), RuntimeError, "returned 0 gradients"),
        (lambda g: 3.0, TypeError, "returned a float as the gradient of argument 0"),
        (lambda g: g.numpy(), TypeError, "returned a ndarray"),
        (lambda g: ad.ones(3), RuntimeError, r"returned shape \(3,\).*argument 0, expected \(2,\)"),
        (lambda g: g.sum(), RuntimeError, r"returned shape \(\)"),
    ],
)
def test_gradients_that_do_not_fit(result, error, match):
    with pytest.raises(error, match=match):
        _broken(result)(leaf([1.0, 2.0])).sum().backward()


def test_a_gradient_for_what_is_no_tensor():
    with pytest.raises(RuntimeError, match="argument 1, which is not a Tensor; return None"):
        _broken(lambda g: (g, g))(leaf([1.0, 2.0]), 3).sum().backward()


def test_forward_must_return_tensors():
    class Number(Exp):
        @staticmethod
        def forward(ctx, x):
            return 3.0

    with pytest.raises(TypeError, match="Number: forward must return a Tensor"):
        Number.apply(leaf([1.0]))


def test_methods_that_are_missing():
    class Empty(ad.Function):
        pass

    class Half(ad.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    with pytest.raises(NotImplementedError, match="must define the static method forward"):
        Empty.apply(leaf([1.0]))
    with pytest.raises(NotImplementedError, match="must define the static method backward"):
        Half.apply(leaf([1.0])).sum().backward()


def test_a_gradient_is_not_written_into():
    class Writes(ad.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g.mul_(2)

    x, y = leaf([1.0]), leaf([1.0])
    with pytest.raises(ValueError, match="read-only"):
        (Writes.apply(x) + y).backward(ad.tensor([1.0], dtype=np.float64))


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_exception_in_backward_leaves_the_state_right(create_graph):
    with pytest.raises(ZeroDivisionError):
        _broken(lambda g: 1 / 0)(leaf([1.0])).sum().backward(create_graph=create_graph)
    assert ad.is_grad_enabled()


# once_differentiable


class ByNumPy(ad.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return ad.from_numpy(x.detach().numpy() ** 3)

    @staticmethod
    @ad.once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return ad.from_numpy(3 * g.numpy() * x.numpy() ** 2)


def test_once_differentiable():
    x = leaf([1.0, 2.0])
    (g,) = ad.grad(ByNumPy.apply(x).sum(), x)
    assert g.tolist() == [3.0, 12.0]
    (g,) = ad.grad(ByNumPy.apply(x).sum(), x, create_graph=True)
    assert g.tolist() == [3.0, 12.0]
    with pytest.raises(RuntimeError, match="ByNumPy: its backward is marked once_differentiable"):
        g.sum().backward()
    with pytest.raises(RuntimeError, match="marked once_differentiable"):
        ad.jvp(ByNumPy.apply, ad.tensor([1.0]), ad.tensor([1.0]))


# jvp


def test_a_jvp_of_the_users_is_used():
    calls = []

    class Count(Scale):
        @staticmethod
        def jvp(ctx, *tangents):
            calls.append(tangents[2:])
            return Scale.jvp(ctx, *tangents)

    x, y = ad.tensor([1.0, 2.0]), ad.tensor([3.0, 4.0])
    _, t = ad.jvp(lambda x: Count.apply(x, y, 2.0), x, ad.tensor([1.0, 1.0]))
    assert t.tolist() == [6.0, 8.0]
    assert calls == [(None,)]


def test_a_jvp_with_tensors_of_its_own():
    class Square(ad.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_forward(x * 2)
            return x * x

        @staticmethod
        def jvp(ctx, t):
            (slope,) = ctx.saved_tensors
            return slope * t

    _, t = ad.jvp(Square.apply, ad.tensor([3.0]), ad.tensor([10.0]))
    assert t.tolist() == [60.0]


@pytest.mark.parametrize(
    ("result", "match"),
    [
        (lambda t: (t, t), "jvp returned 2 tangents for 1 outputs"),
        (lambda t: t.sum(), r"returned shape \(\) as the tangent of output 0, expected \(2,\)"),
    ],
)
def test_tangents_that_do_not_fit(result, match):
    class Wrong(Exp):
        @staticmethod
        def jvp(ctx, t):
            return result(t)

    with pytest.raises(RuntimeError, match=match):
        ad.jvp(Wrong.apply, ad.tensor([1.0, 2.0]), ad.tensor([1.0, 1.0]))


# PyTorch


def _function(library):
    class Custom(library.Function):
        @staticmethod
        def forward(ctx, x, y, k):
            out = (x * y).tanh()
            ctx.save_for_backward(x, y, out)
            ctx.k = k
            return out * k, x.detach().sum() * y

        @staticmethod
        def backward(ctx, g, h):
            x, y, out = ctx.saved_tensors
            inner = g * ctx.k * (1 - out * out)
            return inner * y + (h * y).sum(), inner * x + h * x.sum(), None

    return Custom.apply


@pytest.mark.parity
def test_as_pytorch():
    torch = pytest.importorskip("torch")
    arrays = np.random.default_rng(0).standard_normal((2, 3))
    results = []
    for library, grad in ((ad, ad.grad), (torch, torch.autograd.grad)):
        function = _function(ad if library is ad else torch.autograd)
        x, y = (library.tensor(a, requires_grad=True) for a in arrays)
        a, b = function(x, y, 2.0)
        first = grad((a * a * b).sum(), [x, y], create_graph=True)
        results.append([a, b, *first])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-12)
