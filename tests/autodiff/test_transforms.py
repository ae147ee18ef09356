"""jvp, vjp, jacobian, hessian, hvp, value_and_grad, and one within another."""

import gc
import sys
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff.apply import apply
from autodiff.primitive import Primitive

F = np.float64


def tensor(data, dtype=F, **kwargs):
    return ad.tensor(np.asarray(data, dtype), **kwargs)


def same(found, expected):
    if isinstance(expected, (tuple, list)) and not isinstance(expected[0], float):
        assert isinstance(found, tuple)
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            same(a, b)
    else:
        a, b = (
            x.detach().numpy() if hasattr(x, "detach") else np.asarray(x) for x in (found, expected)
        )
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def bend(x):
    return (x * x).tanh() * x.exp()


def mixed(x, y):
    return (x * y).tanh().sum(), x.exp() @ y


# jvp


def test_jvp_is_the_directional_derivative():
    x, v = tensor([0.3, -0.5, 0.7]), tensor([1.0, 2.0, -1.0])
    y, t = ad.jvp(bend, x, v)
    same(y, bend(x))
    step = 1e-6
    same_to = (bend(x + step * v) - bend(x - step * v)) / (2 * step)
    np.testing.assert_allclose(t.numpy(), same_to.numpy(), rtol=1e-8)
    assert not t.requires_grad
    assert not y.requires_grad


def test_jvp_runs_the_function_once():
    calls = []

    def function(x):
        calls.append(1)
        return x * x

    ad.jvp(function, tensor([1.0, 2.0]), tensor([1.0, 1.0]))
    assert len(calls) == 1


def test_jvp_without_v():
    assert ad.jvp(lambda x: x * x, tensor(3.0))[1].item() == 6.0
    assert ad.jvp(lambda x: x * x, tensor([3.0]))[1].tolist() == [6.0]
    with pytest.raises(ValueError, match="v may be left out"):
        ad.jvp(lambda x: x * x, tensor([3.0, 4.0]))


def test_jvp_of_several_inputs_and_outputs():
    x, y = tensor([0.3, 0.5]), tensor([1.0, 2.0])
    outputs, tangents = ad.jvp(mixed, (x, y), (tensor([1.0, 0.0]), tensor([0.0, 1.0])))
    assert len(outputs) == len(tangents) == 2
    a, b = 0.3 * 1.0, 0.5 * 2.0
    same(tangents[0], 1.0 * (1 - np.tanh(a) ** 2) + 0.5 * (1 - np.tanh(b) ** 2))
    same(tangents[1], np.exp(0.3) * 1.0 + np.exp(0.5))


def test_jvp_of_an_input_that_does_not_move():
    x, y = tensor([1.0, 2.0]), tensor([3.0, 4.0])
    _, t = ad.jvp(lambda x, y: x, (x, y), (tensor([0.0, 0.0]), tensor([1.0, 1.0])))
    same(t, [0.0, 0.0])


def test_jvp_of_an_independent_output():
    x = tensor([1.0, 2.0])
    _, t = ad.jvp(lambda x: (x, ad.ones(3)), x, tensor([1.0, 1.0]))
    same(t[1], np.zeros(3, np.float32))
    with pytest.raises(RuntimeError, match="output 1 and the inputs do not depend on each other"):
        ad.jvp(lambda x: (x, ad.ones(3)), x, tensor([1.0, 1.0]), strict=True)


def test_jvp_through_slices_views_and_writes():
    def function(x):
        h = x * 1.0
        h[0] = h[1] - x[2]
        h[1:].mul_(x[:2])
        h += x
        return h.reshape(1, 3).sum(0)

    x, v = tensor([2.0, 3.0, 5.0]), tensor([1.0, -1.0, 0.5])
    _, t = ad.jvp(function, x, v)
    rows = ad.jacobian(function, x)
    same(t, rows.numpy() @ v.numpy())


def test_jvp_results_are_the_callers_own():
    v = tensor([1.0, 2.0])
    _, t = ad.jvp(lambda x: x + 0.0, tensor([1.0, 1.0]), v)
    assert not np.shares_memory(t.numpy(), v.numpy())


FORMS = {
    "linear": Primitive(
        "a", lambda x, y: x * 2 + y, (lambda g: g * 2, lambda g: g), linear=True, register=False
    ),
    "multilinear": Primitive(
        "b",
        lambda x, y: x * y,
        (lambda g, y: g * y, lambda g, x: g * x),
        multilinear=True,
        register=False,
    ),
    "transposed": Primitive(
        "c", lambda x, y: x * y, (lambda g, y: g * y, lambda g, x: g * x), register=False
    ),
    "joint": Primitive(
        "d", lambda x, y: x * y, lambda g, x, y: [g * y, g * x], arity=2, register=False
    ),
    "elementwise": Primitive(
        "e",
        lambda x, y: x * y,
        (lambda g, y: g * y, lambda g, x: g * x),
        elementwise=True,
        register=False,
    ),
    "several": Primitive(
        "f",
        lambda x, y: (x * y, x + y),
        lambda g, x, y: [
            (0.0 if g[0] is None else g[0] * y) + (0.0 if g[1] is None else g[1]),
            (0.0 if g[0] is None else g[0] * x) + (0.0 if g[1] is None else g[1]),
        ],
        arity=2,
        multi=True,
        register=False,
    ),
    "given": Primitive(
        "h",
        lambda x, y: x * y,
        (lambda g, y: g * y, lambda g, x: g * x),
        jvp=lambda ts, saved, node: sum(
            t * other for t, other in zip(ts, saved[1::-1], strict=True) if t is not None
        ),
        register=False,
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,))])
@pytest.mark.parametrize("moving", [(0, 1), (0,), (1,)])
def test_each_way_to_a_jvp(form, shapes, moving):
    random = np.random.default_rng(0)
    arrays = [random.standard_normal(shape) for shape in shapes]

    def function(*xs):
        given = [xs[moving.index(i)] if i in moving else tensor(a) for i, a in enumerate(arrays)]
        return apply(form, given)

    xs = tuple(tensor(arrays[i]) for i in moving)
    vs = tuple(tensor(random.standard_normal(x.shape)) for x in xs)
    outputs, tangents = ad.jvp(function, xs, vs)
    jacobian = ad.jacobian(function, xs)
    if not isinstance(outputs, tuple):
        tangents, jacobian = (tangents,), (jacobian,)
    for t, row in zip(tangents, jacobian, strict=True):
        expected = sum(
            np.tensordot(block.numpy(), v.numpy(), v.ndim) for block, v in zip(row, vs, strict=True)
        )
        same(t, expected)
    assert ad.gradcheck(  # and recorded, differentiated backwards
        lambda *xs: ad.jvp(function, xs[: len(moving)], xs[len(moving) :], create_graph=True)[1],
        tuple(x.detach().requires_grad_() for x in (*xs, *vs)),
    )


def test_jvp_with_a_scalar_output_of_several_uses():
    _, t = ad.jvp(lambda x: x.sum() * x.sum(), tensor([1.0, 2.0]), tensor([1.0, 1.0]))
    same(t, 12.0)


def test_a_long_chain_forwards():
    def function(x):
        for _ in range(50_000):
            x = x * 1.0
        return x

    assert ad.jvp(function, tensor(1.0))[1].item() == 1.0


def test_work_of_transposed_jvps_does_not_depend_on_what_came_before():
    form = FORMS["transposed"]

    def calls(count):
        total = 0

        def profile(frame, event, argument):
            nonlocal total
            total += 1

        def function(x):
            for _ in range(count):
                x = apply(form, (x, x))
            return x

        sys.setprofile(profile)
        try:
            ad.jvp(function, tensor(1.0), create_graph=True)
        finally:
            sys.setprofile(None)
        return total

    calls(10)
    assert calls(200) < 2.2 * calls(100)


# vjp


def test_vjp():
    x, y = tensor([0.3, 0.5]), tensor([1.0, 2.0])
    outputs, (gx, gy) = ad.vjp(mixed, (x, y), (tensor(2.0), tensor(3.0)))
    rows = ad.jacobian(mixed, (x, y))
    same(gx, 2 * rows[0][0].numpy() + 3 * rows[1][0].numpy())
    same(gy, 2 * rows[0][1].numpy() + 3 * rows[1][1].numpy())
    assert not outputs[0].requires_grad


def test_vjp_without_v():
    same(ad.vjp(lambda x: (x * x).sum(), tensor([1.0, 2.0]))[1], [2.0, 4.0])
    with pytest.raises(ValueError, match="v may be left out"):
        ad.vjp(lambda x: x * x, tensor([1.0, 2.0]))


def test_vjp_of_an_independent_input():
    _, g = ad.vjp(lambda x, y: x.sum(), (tensor([1.0]), tensor([1.0, 2.0])))
    same(g, (np.ones(1), np.zeros(2)))
    with pytest.raises(RuntimeError, match="input 1"):
        ad.vjp(lambda x, y: x.sum(), (tensor([1.0]), tensor([1.0, 2.0])), strict=True)


@pytest.mark.parametrize("transform", [ad.jvp, ad.vjp])
def test_v_that_does_not_fit(transform):
    x = tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=r"shape \(3,\), expected \(2,\)"):
        transform(lambda x: x * 2, x, tensor([1.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match="v has 2 parts"):
        transform(lambda x: x * 2, x, (x, x))


@pytest.mark.parametrize(
    "transform", [ad.jvp, ad.vjp, lambda f, x: ad.jacobian(f, x), lambda f, x: ad.hvp(f, x)]
)
def test_what_cannot_be_differentiated(transform):
    for bad in (ad.tensor([1, 2]), np.ones(2), 3.0):
        with pytest.raises(TypeError, match="must be floating Tensors or Values"):
            transform(lambda x: x, bad)
    with pytest.raises((TypeError, ValueError), match="must return"):
        transform(lambda x: 3.0, tensor([1.0]))


# jacobian and hessian


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode", "auto"])
def test_jacobian(strategy):
    a = np.arange(6.0).reshape(2, 3)
    found = ad.jacobian(lambda x: tensor(a) @ x.exp(), tensor([0.1, 0.2, 0.3]), strategy=strategy)
    same(found, a * np.exp([0.1, 0.2, 0.3]))


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobian_structure_and_shapes(strategy):
    x, y = tensor(np.ones((2, 1))), tensor(np.ones(3))
    one = ad.jacobian(lambda x: x * 2, x, strategy=strategy)
    assert one.shape == (2, 1, 2, 1)
    inputs = ad.jacobian(lambda x, y: x * y, (x, y), strategy=strategy)
    assert [j.shape for j in inputs] == [(2, 3, 2, 1), (2, 3, 3)]
    outputs = ad.jacobian(lambda x: (x.sum(), x), x, strategy=strategy)
    assert [j.shape for j in outputs] == [(2, 1), (2, 1, 2, 1)]
    both = ad.jacobian(lambda x, y: (x * y, y), (x, y), strategy=strategy)
    assert [[j.shape for j in row] for row in both] == [
        [(2, 3, 2, 1), (2, 3, 3)],
        [(3, 2, 1), (3, 3)],
    ]
    assert not both[1][0].numpy().any()


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobian_of_empty_tensors(strategy):
    x = tensor(np.zeros((0, 2)))
    assert ad.jacobian(lambda x: x * 2, x, strategy=strategy).shape == (0, 2, 0, 2)
    assert ad.jacobian(lambda x: x.sum(0), x, strategy=strategy).shape == (2, 0, 2)


def test_jacobian_auto_takes_fewer_sweeps():
    calls = []
    prim = Primitive(
        "seen", lambda x: x * 1, (lambda g: calls.append(1) or g,), elementwise=True, register=False
    )
    ad.jacobian(lambda x: apply(prim, (x,)).sum(), tensor(np.ones(5)), strategy="auto")
    assert len(calls) == 1
    calls.clear()
    ad.jacobian(lambda x: apply(prim, (x,)) * tensor(np.ones(5)), tensor(1.0), strategy="auto")
    assert len(calls) == 1


def test_jacobian_of_an_independent_output():
    with pytest.raises(RuntimeError, match="do not depend"):
        ad.jacobian(lambda x: ad.ones(2), tensor([1.0]), strict=True)


def test_unknown_strategy():
    with pytest.raises(ValueError, match="strategy must be one of"):
        ad.jacobian(lambda x: x, tensor([1.0]), strategy="sideways")


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_jacobian_create_graph(strategy):
    x = tensor([1.0, 2.0], requires_grad=True)
    j = ad.jacobian(lambda x: x * x * x, x, create_graph=True, strategy=strategy)
    (g,) = ad.grad(j.sum(), x)
    same(g, [6.0, 12.0])


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode", "auto"])
def test_hessian(strategy):
    x, y = tensor([1.0, 2.0]), tensor(3.0)

    def function(x, y):
        return (x * x * x).sum() * y * y

    found = ad.hessian(function, (x, y), outer_jacobian_strategy=strategy)
    xx = np.diag([6.0, 12.0]) * 9
    xy = np.array([3.0, 12.0]) * 6
    same(found, ((xx, xy), (xy, np.array(18.0))))
    one = ad.hessian(lambda x: function(x, y), x, outer_jacobian_strategy=strategy)
    same(one, xx)


def test_hessian_of_the_rosenbrock_function():
    def function(p):
        x, y = p[0], p[1]
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2

    same(ad.hessian(function, tensor([1.0, 1.0])), np.array([[802.0, -400.0], [-400.0, 200.0]]))


def test_hessian_of_a_linear_function_is_zero():
    same(ad.hessian(lambda x: x.sum(), tensor([1.0, 2.0])), np.zeros((2, 2)))
    same(ad.hessian(lambda x: ad.ones(1, dtype=F), tensor([1.0, 2.0])), np.zeros((2, 2)))


def test_hvp():
    x, y = tensor([1.0, 2.0]), tensor(3.0)
    vs = tensor([1.0, -1.0]), tensor(2.0)

    def function(x, y):
        return (x.exp() * y * y).sum() + x.sum() * y

    value, products = ad.hvp(function, (x, y), vs)
    same(value, function(x, y))
    hessian = ad.hessian(function, (x, y))
    expected = tuple(
        sum(
            np.tensordot(block.numpy(), v.numpy(), v.ndim) for block, v in zip(row, vs, strict=True)
        )
        for row in hessian
    )
    same(products, expected)


@pytest.mark.parametrize("transform", [ad.hessian, ad.hvp])
def test_functions_of_one_element_only(transform):
    with pytest.raises(ValueError, match=r"one Tensor of one element, got shape \(2,\)"):
        transform(lambda x: x * x, tensor([1.0, 2.0]))


# value_and_grad


def test_value_and_grad():
    evaluate = ad.value_and_grad(lambda x, y: (x * x * y).sum())
    value, g = evaluate(tensor([1.0, 2.0]), tensor([3.0, 4.0]))
    same(value, 19.0)
    same(g, [6.0, 16.0])
    assert not value.requires_grad
    assert not g.requires_grad


def test_value_and_grad_of_several_arguments():
    evaluate = ad.value_and_grad(lambda x, y, z: (x * y * z).sum(), argnums=(0, -1))
    _, (gx, gz) = evaluate(tensor(2.0), tensor(3.0), tensor(5.0))
    same((gx, gz), (np.array(15.0), np.array(6.0)))
    _, gs = ad.value_and_grad(lambda x: x * x, argnums=(0,))(tensor(2.0))
    assert isinstance(gs, tuple)


def test_value_and_grad_of_arrays_numbers_and_structures():
    def loss(parameters, x):
        w, (b, c) = parameters["w"], parameters["rest"]
        return ((w * x + b) ** 2).sum() * c

    value, g = ad.value_and_grad(loss)({"w": np.array([1.0, 2.0]), "rest": [0.5, tensor(2.0)]}, 3.0)
    same(value, ((np.array([3.5, 6.5]) ** 2).sum() * 2))
    same(g["w"], 2 * np.array([3.5, 6.5]) * 3 * 2)
    assert isinstance(g["rest"], list)
    np.testing.assert_allclose(g["rest"][0].item(), 2 * 10 * 2)


def test_value_and_grad_passes_keywords_and_the_name():
    @ad.value_and_grad
    def power(x, *, exponent):
        """Docstring."""
        return x**exponent

    assert power(tensor(2.0), exponent=3)[1].item() == 12.0
    assert (power.__name__, power.__doc__) == ("power", "Docstring.")


def test_value_and_grad_leaves_the_arguments_alone():
    x = tensor([1.0, 2.0])
    ad.value_and_grad(lambda x: (x * x).sum())(x)
    assert not x.requires_grad
    assert x.grad is None


def test_value_and_grad_works_under_no_grad():
    with ad.no_grad():
        _, g = ad.value_and_grad(lambda x: x * x)(tensor(3.0))
    same(g, 6.0)


def test_value_and_grad_of_bad_arguments():
    with pytest.raises(ValueError, match="argnums 2, but 1 positional"):
        ad.value_and_grad(lambda x: x, argnums=2)(tensor(1.0))
    with pytest.raises(TypeError, match="dtype int64"):
        ad.value_and_grad(lambda x: x)(3)
    with pytest.raises(ValueError, match="one element"):
        ad.value_and_grad(lambda x: x)(tensor([1.0, 2.0]))


def test_value_and_grad_of_itself():
    def derivative(function):
        return lambda x: ad.value_and_grad(function)(x)[1]

    def quartic(x):
        return x * x * x * x

    for expected in (32.0, 48.0, 48.0, 24.0):
        quartic = derivative(quartic)
        assert quartic(tensor(2.0)).item() == expected
        assert float(quartic(ad.Value(2.0))) == expected


# One within another


def pushed(function, v=1.0):
    return lambda x: ad.jvp(function, x, x * 0.0 + v, create_graph=True)[1]


def pulled(function):
    return lambda x: ad.vjp(function, x, create_graph=True)[1]


@pytest.mark.parametrize("outer", [pushed, pulled])
@pytest.mark.parametrize("middle", [pushed, pulled])
@pytest.mark.parametrize("inner", [pushed, pulled])
def test_third_derivatives_by_any_path(outer, middle, inner):
    x = 0.7
    found = outer(middle(inner(lambda x: x.exp() * x.tanh() / (1 + x * x))))(tensor(x))
    step = 1e-2
    f = lambda x: np.exp(x) * np.tanh(x) / (1 + x * x)
    expected = (
        f(x - 3 * step) - 8 * f(x - 2 * step) + 13 * f(x - step)
        - 13 * f(x + step) + 8 * f(x + 2 * step) - f(x + 3 * step)
    ) / (8 * step**3)  # fmt: skip
    np.testing.assert_allclose(found.item(), expected, rtol=1e-5)


@pytest.mark.parametrize("outer", [pushed, pulled])
@pytest.mark.parametrize("inner", [pushed, pulled])
def test_perturbations_are_not_confused(outer, inner):
    # d/dx (x * d/dy (x + y)) is 1, and 2 where the inner tangent is taken for the outer one
    found = outer(lambda x: x * inner(lambda y: x + y)(tensor(1.0)))(tensor(1.0))
    same(found, 1.0)
    found = outer(lambda x: x * inner(lambda y: x * y)(tensor(5.0)))(tensor(3.0))
    same(found, 6.0)


@pytest.mark.parametrize("outer", [pushed, pulled])
@pytest.mark.parametrize("inner", [pushed, pulled])
def test_a_closure_over_the_very_tensor_that_is_differentiated(outer, inner):
    # inner: d/dy (x * y) at y = x is x, not 2 x; outer: d/dx (x * x)
    found = outer(lambda x: x * inner(lambda y: x * y)(x))(tensor(3.0))
    same(found, 6.0)


@pytest.mark.parametrize("inner", [pushed, pulled])
def test_derivatives_with_respect_to_a_closure(inner):
    a = tensor(2.0, requires_grad=True)
    t = inner(lambda x: a * a * x * x)(tensor(3.0))  # 2 a^2 x
    (g,) = ad.grad(t, a)
    same(g, 4 * 2.0 * 3.0)


def test_forward_over_reverse_is_the_hessian_vector_product():
    def function(x):
        return (x.exp() * x.sum()).sum()

    x, v = tensor([0.1, 0.2, 0.3]), tensor([1.0, -2.0, 3.0])
    gradient = lambda x: ad.vjp(function, x, create_graph=True)[1]
    _, forward = ad.jvp(gradient, x, v)
    hessian = ad.hessian(function, x).numpy()
    same(forward, hessian @ v.numpy())
    tangent = lambda x: ad.jvp(function, x, v, create_graph=True)[1]
    same(ad.vjp(tangent, x)[1], hessian @ v.numpy())
    same(ad.hvp(function, x, v)[1], hessian @ v.numpy())


def test_jvp_is_differentiable_in_v():
    x, v = tensor([1.0, 2.0]), tensor([1.0, 1.0], requires_grad=True)
    _, t = ad.jvp(lambda x: x * x, x, v, create_graph=True)
    (g,) = ad.grad(t.sum(), v)
    same(g, [2.0, 4.0])


def test_transforms_work_under_no_grad():
    with ad.no_grad():
        x = tensor([1.0, 2.0])
        same(ad.jvp(bend, x, x)[1], ad.vjp(bend, x, x)[1])
        assert not ad.is_grad_enabled()


def test_transforms_leave_no_garbage():
    x = tensor([1.0, 2.0])
    seen = []

    def function(x):
        y = (x.exp() * x).sum()
        seen.append(weakref.ref(y.grad_fn))
        return y

    gc.collect()
    gc.disable()
    try:
        ad.jvp(function, x, x)
        ad.vjp(function, x)
        ad.jacobian(function, x)
        ad.hvp(function, x, x)
        ad.value_and_grad(function)(x)
        assert [node() for node in seen] == [None] * 5
    finally:
        gc.enable()


# Values


def test_values():
    cube = lambda v: v * v * v
    v = ad.Value(2.0)
    y, t = ad.jvp(cube, v)
    assert (y.data, t) == (8.0, 12.0)
    assert ad.jvp(cube, v, 10.0)[1] == 120.0
    assert ad.vjp(cube, v)[1] == 12.0
    assert ad.jacobian(cube, v) == 12.0
    assert ad.hessian(cube, v) == 12.0
    assert ad.hvp(cube, v, 0.5)[1] == 6.0
    assert v.grad == 0.0


def test_values_in_one_graph_with_tensors():
    v, x = ad.Value(3.0), tensor([1.0, 2.0])
    _, t = ad.jvp(lambda v, x: (v * x, v.exp() * x.sum()), (v, x), (1.0, tensor([0.0, 1.0])))
    same(t, (np.array([1.0, 5.0]), np.exp(3.0) * 4.0))
    _, t = ad.jvp(lambda x: ad.Value(x.sum()) * 2.0, x, tensor([1.0, 1.0]))
    assert t == 4.0
    for strategy in ("reverse-mode", "forward-mode"):
        found = ad.jacobian(lambda v, x: (v * x, v * v), (v, x), strategy=strategy)
        same(found, ((np.array([1.0, 2.0]), 3 * np.eye(2)), (np.array(6.0), np.zeros(2))))


def test_values_nested():
    found = pushed(pushed(pulled(lambda v: v * v * v * v.exp())))(ad.Value(0.5))
    expected = np.exp(0.5) * (0.5**3 + 9 * 0.5**2 + 18 * 0.5 + 6)
    np.testing.assert_allclose(float(found), expected)


# PyTorch


def _both(torch, arrays):
    ours = tuple(tensor(a) for a in arrays)
    theirs = tuple(torch.tensor(a) for a in arrays)
    return (ours, theirs) if len(arrays) > 1 else (ours[0], theirs[0])


FUNCTIONS = {
    "one to one": (lambda x: (x * x).tanh() * x.exp(), 1),
    "one to two": (lambda x: (x.sum(), x * x), 1),
    "two to one": (lambda x, y: (x * y).exp(), 2),
    "two to two": (lambda x, y: ((x * y).sum(), y.exp()), 2),
    "independent": (lambda x, y: (x.exp(), x * 2.0), 2),
}


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("function", "count"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_first_order_as_pytorch(function, count):
    torch = pytest.importorskip("torch")
    functional = torch.autograd.functional
    random = np.random.default_rng(0)
    ours, theirs = _both(torch, random.standard_normal((count, 3)))
    our_v, their_v = _both(torch, random.standard_normal((count, 3)))
    same(ad.jvp(function, ours, our_v), functional.jvp(function, theirs, their_v))
    outputs = function(*ours) if count > 1 else function(ours)
    arrays = [
        random.standard_normal(y.shape)
        for y in (outputs if isinstance(outputs, tuple) else (outputs,))
    ]
    our_u, their_u = _both(torch, arrays)
    same(ad.vjp(function, ours, our_u), functional.vjp(function, theirs, their_u))
    for strategy in ("reverse-mode", "forward-mode"):
        same(
            ad.jacobian(function, ours, strategy=strategy),
            functional.jacobian(
                function, theirs, vectorize=strategy == "forward-mode", strategy=strategy
            ),
        )


@pytest.mark.parity
@pytest.mark.parametrize("count", [1, 2])
def test_second_order_as_pytorch(count):
    torch = pytest.importorskip("torch")
    functional = torch.autograd.functional
    function = [lambda x: (x.exp() * x.sum()).sum(), lambda x, y: (x.exp() * y).sum() * y.sum()][
        count - 1
    ]
    random = np.random.default_rng(0)
    ours, theirs = _both(torch, random.standard_normal((count, 3)))
    our_v, their_v = _both(torch, random.standard_normal((count, 3)))
    same(ad.hessian(function, ours), functional.hessian(function, theirs))
    same(ad.hvp(function, ours, our_v), functional.hvp(function, theirs, their_v))
