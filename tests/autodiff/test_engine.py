"""The backward sweep: what arrives where, in which memory, and what happens to the graph."""

import gc
import weakref

import numpy as np
import pytest

import autodiff as ad
from autodiff.apply import apply
from autodiff.primitive import Primitive


def leaf(data, dtype=np.float64):
    return ad.tensor(np.asarray(data, dtype), requires_grad=True)


def same(tensor, expected):
    np.testing.assert_allclose(tensor.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


# Where gradients go


def test_backward_fills_grad_of_every_leaf():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x * y + x).sum().backward()
    same(x.grad, [4.0, 5.0])
    same(y.grad, [1.0, 2.0])


def test_grad_is_none_before_backward_and_for_what_has_no_part():
    x, y = leaf([1.0]), leaf([1.0])
    (x * 2).sum().backward()
    assert y.grad is None
    same(x.grad, [2.0])


def test_grad_of_an_input_that_gets_zero_is_zero_not_none():
    x = leaf([1.0, 2.0])
    (x * 0.0).sum().backward()
    same(x.grad, [0.0, 0.0])


def test_backward_adds_to_grad():
    x = leaf([1.0, 2.0])
    for _ in range(3):
        (x * x).sum().backward()
    same(x.grad, [6.0, 12.0])


def test_grad_can_be_cleared_and_assigned():
    x = leaf([1.0])
    (x * 2).sum().backward()
    x.grad = None
    (x * 3).sum().backward()
    same(x.grad, [3.0])
    x.grad = ad.tensor([10.0], dtype=np.float64)
    (x * 3).sum().backward()
    same(x.grad, [13.0])


def test_fan_out_sums_over_the_paths():
    x = leaf(3.0)
    (x * x + x).backward()
    same(x.grad, 7.0)


def test_fifty_doublings_visit_each_node_once():
    x = leaf(1.0)
    y = x
    for _ in range(50):
        y = y + y
    y.backward()
    same(x.grad, 2.0**50)


def test_the_same_tensor_on_both_sides_of_an_operation():
    x = leaf([2.0, 3.0])
    (x * x).sum().backward()
    same(x.grad, [4.0, 6.0])


def test_broadcasting_is_summed_over():
    x, y, z = leaf(np.ones((3, 1))), leaf(np.ones(4)), leaf(2.0)
    (x * y * z).sum().backward()
    same(x.grad, np.full((3, 1), 8.0))
    same(y.grad, np.full(4, 6.0))
    same(z.grad, 12.0)


def test_a_constant_operand_gets_no_gradient():
    x, c = leaf([1.0, 2.0]), ad.tensor([3.0, 4.0], dtype=np.float64)
    (x * c).sum().backward()
    assert c.grad is None
    same(x.grad, [3.0, 4.0])


def test_detached_paths_carry_nothing():
    x = leaf([2.0])
    (x * x.detach()).sum().backward()
    same(x.grad, [2.0])


def test_empty_tensors():
    x = leaf(np.zeros((0, 3)))
    (x * 2).sum().backward()
    assert x.grad.shape == (0, 3)


# What backward is called with


def test_gradient_argument():
    x = leaf([1.0, 2.0])
    (x * x).backward(ad.tensor([1.0, 10.0]))
    same(x.grad, [2.0, 40.0])


def test_gradient_argument_of_another_dtype_is_converted():
    x = leaf([1.0, 2.0], np.float32)
    (x * x).backward(ad.tensor([1.0, 10.0], dtype=np.float64))
    assert x.grad.dtype == np.float32


def test_one_element_of_any_rank_needs_no_gradient_argument():
    x = leaf([[3.0]])
    (x * x).backward()
    same(x.grad, [[6.0]])


def test_several_outputs_of_which_one_depends_on_another():
    x = leaf(3.0)
    y = x * x
    z = y * y
    ad.backward([y, z])
    same(x.grad, 6.0 + 2 * 9.0 * 6.0)


def test_the_same_output_twice_counts_twice():
    x = leaf(3.0)
    y = x * x
    ad.backward([y, y])
    same(x.grad, 12.0)


def test_backward_into_named_inputs_only():
    x, y = leaf([1.0]), leaf([2.0])
    h = x * y
    (h * h).sum().backward(inputs=[x, h])
    same(x.grad, [8.0])
    same(h.grad, [4.0])
    assert y.grad is None


def test_an_input_named_twice_is_added_to_once():
    x = leaf([3.0])
    (x * x).sum().backward(inputs=[x, x])
    same(x.grad, [6.0])


def test_backward_from_a_leaf():
    x = leaf(3.0)
    x.backward()
    same(x.grad, 1.0)


# grad


def test_a_leaf_that_no_longer_asks_gets_nothing():
    x, y = leaf([1.0]), leaf([2.0])
    seen = []
    x.register_hook(seen.append)
    loss = (x * y).sum()
    x.requires_grad_(False)
    loss.backward(retain_graph=True)
    assert x.grad is None
    same(y.grad, [1.0])
    same(seen[0], [2.0])
    x.requires_grad_(True)
    loss.backward(retain_graph=True)
    same(x.grad, [2.0])
    x.detach_()
    loss.backward()
    same(x.grad, [2.0])


@pytest.mark.parity
def test_a_leaf_that_no_longer_asks_as_pytorch():
    torch = pytest.importorskip("torch")

    def grads(library):
        x, y = [library.ones(2, requires_grad=True) for _ in range(2)]
        loss = (x * y).sum()
        seen = []
        for change in (
            lambda: x.requires_grad_(False),
            lambda: x.requires_grad_(True),
            lambda: x.detach_(),
        ):
            change()
            loss.backward(retain_graph=True)
            seen.append([None if t.grad is None else t.grad.tolist() for t in (x, y)])
        return seen

    assert grads(ad) == grads(torch)


def test_grad_leaves_dot_grad_alone():
    x = leaf([1.0, 2.0])
    (g,) = ad.grad((x * x).sum(), x)
    same(g, [2.0, 4.0])
    assert x.grad is None


def test_grad_of_an_intermediate_and_of_what_it_is_made_from():
    x = leaf(3.0)
    h = x * x
    k = h * 2
    gh, gx, gk = ad.grad(k * h, [h, x, k])
    same(gk, 9.0)
    same(gh, 4 * 9.0)
    same(gx, 4 * 9.0 * 6.0)


def test_grad_of_the_output_itself():
    x = leaf(3.0)
    y = x * 2
    gy, gx = ad.grad(y, [y, x])
    same(gy, 1.0)
    same(gx, 2.0)


def test_grad_of_an_unused_input():
    x, y = leaf(1.0), leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"input 1 \(shape \(2,\)\) is not used"):
        ad.grad(x * 2, [x, y])
    gx, gy = ad.grad(x * 2, [x, y], allow_unused=True)
    same(gx, 2.0)
    assert gy is None
    _, gy = ad.grad(x * 2, [x, y], materialize_grads=True)
    same(gy, [0.0, 0.0])
    assert gy.dtype == np.float64


def test_grad_with_cotangents_for_several_outputs():
    x = leaf([1.0, 2.0])
    ones = ad.tensor([1.0, 1.0], dtype=np.float64)
    (g,) = ad.grad([x * x, (x * 3).sum()], x, [ones, None])
    same(g, [5.0, 7.0])


def test_grad_prunes_what_is_not_asked_for():
    calls = []
    prim = Primitive("counted", lambda x: x * 1, (lambda g: calls.append(1) or g,), register=False)
    x, y = leaf(1.0), leaf(2.0)
    ad.grad(apply(prim, (x,)) * y, y)
    assert not calls


def test_grad_stops_at_its_inputs():
    x = leaf(3.0)
    h = x * x
    ad.grad(h * 2, h)
    h.backward()  # what h saved is still there
    same(x.grad, 6.0)


def test_grad_of_an_intermediate_whose_own_graph_is_gone():
    x = leaf([1.0, 2.0])
    h = x * x
    h.sum().backward()
    (g,) = ad.grad((h * 3).sum(), h)
    same(g, [3.0, 3.0])


# Whose memory


def test_grads_of_two_leaves_never_share_memory():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x + y).sum().backward()
    assert not np.shares_memory(x.grad.numpy(), y.grad.numpy())
    x.grad = y.grad = None
    (x + y).backward(ad.tensor([1.0, 1.0], dtype=np.float64))
    assert not np.shares_memory(x.grad.numpy(), y.grad.numpy())


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_gradient_given_by_the_caller_stays_the_callers(create_graph):
    x = leaf([1.0, 2.0])
    given = np.ones(2)
    for gradient in (ad.from_numpy(given), given):
        x.grad = None
        (x + 0.0).backward(gradient, create_graph=create_graph)
        with ad.no_grad():
            x.grad.mul_(5)
        np.testing.assert_array_equal(given, [1.0, 1.0])
        x.backward(gradient)
        x.backward(gradient)
        np.testing.assert_array_equal(given, [1.0, 1.0])


def test_grads_with_create_graph_never_share_memory():
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (x + y).sum().backward(create_graph=True)
    assert not np.shares_memory(x.grad.numpy(force=True), y.grad.numpy(force=True))
    gx, gy = ad.grad((x + y).sum(), [x, y], create_graph=True)
    gx.mul_(5)
    same(gy, [1.0, 1.0])
    for z in (x, y):
        z.grad = None


def test_results_of_grad_never_share_memory():
    x = leaf([1.0, 2.0])
    h = x + 0.0
    results = ad.grad(h.sum(), [h, x, x])
    for i, a in enumerate(results):
        for b in results[:i]:
            assert not np.shares_memory(a.numpy(), b.numpy())


def test_accumulating_does_not_write_into_what_was_handed_out():
    x = leaf([1.0, 2.0])
    seen = []
    x.register_hook(seen.append)
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    same(seen[0], [2.0, 2.0])
    same(x.grad, [4.0, 4.0])


def test_retained_gradients_are_copies():
    x = leaf([1.0, 2.0])
    h = x + 0.0
    h.retain_grad()
    h.sum().backward()
    assert not np.shares_memory(h.grad.numpy(), x.grad.numpy())


def test_a_rule_that_returns_what_it_saved_does_not_lend_it_to_grad():
    table = np.array([1.0, 2.0])
    prim = Primitive("lends", lambda x: x * table, (lambda g: table,), register=False)
    x = leaf([1.0, 1.0])
    apply(prim, (x,)).sum().backward()
    apply(prim, (x,)).sum().backward()
    same(x.grad, [2.0, 4.0])
    np.testing.assert_array_equal(table, [1.0, 2.0])


def test_grad_takes_over_an_array_that_nothing_else_refers_to():
    made = []

    def rule(g):
        result = g * 2
        made.append(result.__array_interface__["data"][0])
        return result

    prim = Primitive("twice", lambda x: x * 2, (rule,), register=False)
    x = leaf(np.ones(1000))
    apply(prim, (x,)).sum().backward()
    assert x.grad.numpy().__array_interface__["data"][0] == made[0]


def test_grad_is_contiguous():
    x = leaf(np.ones((2, 3)))
    (x.T @ leaf(np.ones((2, 4)))).sum().backward()
    assert x.grad.is_contiguous()
    x.grad = None
    x.T.backward(ad.from_numpy(np.ones((3, 2))))
    assert x.grad.is_contiguous()


# The life of a graph


def test_second_backward_through_a_freed_graph():
    x = leaf([1.0])
    y = (x * x).sum()
    y.backward()
    with pytest.raises(
        RuntimeError, match=r"'mul' \(output shape \(1,\)\) a second time.*retain_graph"
    ):
        y.backward()


def test_retain_graph():
    x = leaf([1.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    same(x.grad, [4.0])


def test_create_graph_retains_unless_told_otherwise():
    x = leaf(2.0)
    y = x * x
    ad.grad(y, x, create_graph=True)
    ad.grad(y, x, create_graph=True, retain_graph=False)
    with pytest.raises(RuntimeError, match="second time"):
        ad.grad(y, x)


def test_derivatives_of_derivatives():
    x = leaf(2.0)
    y = x * x * x * x
    for expected in (32.0, 48.0, 48.0, 24.0):
        (y,) = ad.grad(y, x, create_graph=True)
        same(y, expected)


def test_create_graph_makes_grad_differentiable():
    x = leaf([1.0, 2.0])
    (x * x * x).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    (g,) = ad.grad(x.grad.sum(), x)
    same(g, [6.0, 12.0])
    x.grad = None  # the gradient leads to the leaf, and the leaf to the gradient


def test_without_create_graph_results_have_no_history():
    x = leaf(2.0)
    (g,) = ad.grad(x * x, x)
    assert not g.requires_grad


@pytest.mark.parametrize(
    "name", ["exp", "tanh", "sigmoid", "sqrt", "reciprocal", "softmax", "logsumexp", "amax"]
)
@pytest.mark.parametrize("after_backward", [False, True])
def test_a_graph_goes_away_without_the_garbage_collector(name, after_backward):
    function = getattr(ad, name)
    x = leaf([1.0, 2.0])
    gc.collect()
    gc.disable()
    try:
        y = function(x, 0) if name in ("softmax", "logsumexp", "amax") else function(x)
        z = (y * y).sum()
        nodes = [weakref.ref(y.grad_fn), weakref.ref(z.grad_fn)]
        handle = weakref.ref(y)
        if after_backward:
            z.backward()
        del y, z
        assert handle() is None
        assert [node() for node in nodes] == [None, None]
    finally:
        gc.enable()


def test_an_intermediate_that_backward_does_not_need_is_freed_at_once():
    x = leaf(np.ones(10))
    h = x + 1.0
    memory = weakref.ref(h._array)
    y = h + 1.0
    del h
    assert memory() is None
    y.sum().backward()


def test_values_saved_for_backward_are_freed_by_it():
    x = leaf(np.ones(10))
    h = x + 1.0
    memory = weakref.ref(h._array)
    y = (h * h).sum()
    del h
    assert memory() is not None
    y.backward()
    assert memory() is None


# Errors


def test_backward_from_a_non_scalar():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"shape \(2,\).*pass gradient="):
        (x * 2).backward()


def test_backward_from_what_has_no_history():
    with pytest.raises(RuntimeError, match="does not require grad"):
        ad.tensor(1.0).backward()
    with ad.no_grad():
        y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="does not require grad"):
        y.backward()


def test_gradient_of_the_wrong_shape():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), the output has shape \(2,\)"):
        (x * 2).backward(ad.tensor([1.0, 1.0, 1.0]))


def test_wrong_number_of_cotangents():
    x = leaf(1.0)
    with pytest.raises(ValueError, match="2 outputs but 1 cotangents"):
        ad.backward([x * 2, x * 3], [None])


@pytest.mark.parametrize("bad", [3.0, np.ones(2), ad.tensor([1.0, 2.0])])
def test_grad_with_respect_to_what_requires_none(bad):
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="must be a Tensor that requires grad"):
        ad.grad(x * 2, bad)


def test_grad_of_what_is_no_tensor():
    with pytest.raises(TypeError, match="must be Tensors or Values, got float"):
        ad.grad(3.0, leaf(1.0))


def test_no_inputs_named():
    with pytest.raises(ValueError, match="inputs is empty"):
        (leaf(1.0) * 2).backward(inputs=[])


# Operations with several outputs


def _parts(x):
    return x * 2, x * x


two = Primitive(
    "two",
    _parts,
    lambda g, x, out: [
        (0 if g[0] is None else g[0] * 2) + (0 if g[1] is None else g[1] * 2 * (out[0] / 2))
    ],
    arity=1,
    multi=True,
    register=False,
)


def test_one_of_several_outputs():
    x = leaf([1.0, 2.0])
    a, b = apply(two, (x,))
    a.sum().backward(retain_graph=True)
    same(x.grad, [2.0, 2.0])
    x.grad = None
    (a * b).sum().backward()
    same(x.grad, [6.0, 24.0])


def test_second_derivatives_of_several_outputs_that_are_saved():
    x = leaf([1.0, 2.0])
    a, b = apply(two, (x,))
    (g,) = ad.grad((a * b).sum(), x, create_graph=True)  # 2 x^3
    (gg,) = ad.grad(g.sum(), x)
    same(gg, [12.0, 24.0])


def test_an_output_among_several_that_was_written_over():
    x = leaf([1.0, 2.0])
    a, b = apply(two, (x,))
    with ad.no_grad():
        a.mul_(2)
    with pytest.raises(RuntimeError, match="changed in place"):
        b.sum().backward()


def test_gradients_of_the_outputs_themselves():
    x = leaf([1.0, 2.0])
    a, b = apply(two, (x,))
    ga, gb = ad.grad((a * b).sum(), [a, b])
    same(ga, [1.0, 4.0])
    same(gb, [2.0, 4.0])


# Rules


def test_variadic_joint_rules_are_compiled_once():
    prim = Primitive(
        "variadic",
        lambda *xs: np.add.reduce(xs),
        lambda g, needs: [g if n else None for n in needs],
        arity=-1,
        register=False,
    )
    for count in range(1, 30):
        xs = [leaf(1.0) for _ in range(count)]
        apply(prim, xs).backward()
        same(xs[-1].grad, 1.0)
    assert len(prim.vjps) <= 1


def test_joint_rules_under_pruning():
    prim = Primitive(
        "joint", lambda x, y: x * y, lambda g, x, y: [g * y, g * x], arity=2, register=False
    )
    x, y = leaf(2.0), leaf(3.0)
    (g,) = ad.grad(apply(prim, (x, y)), y)
    same(g, 2.0)
    assert x.grad is None


def test_cotangents_of_0d_tensors_are_arrays():
    seen = []
    prim = Primitive("see", lambda x: x * 1, (lambda g: seen.append(type(g)) or g,), register=False)
    x = leaf(3.0)
    h = apply(prim, (x,))
    (h * 2.0 + h * h + h.sum()).backward()
    ad.backward([h.reshape(1)[0] * 2.0, apply(prim, (x,)), apply(prim, (x,))])
    assert set(seen) == {np.ndarray}


def test_several_uses_of_a_0d_tensor_that_was_written_through_a_view():
    x = leaf([0.2, 0.3])
    h = x.sum()
    h.reshape(1).tanh_()
    (h * 2.0 + h.sum()).backward()
    same(x.grad, [3 * (1 - np.tanh(0.5) ** 2)] * 2)


def test_a_rule_may_return_numpy_scalars():
    prim = Primitive(
        "scalars", lambda x: x * 2.0, (lambda g: np.float64(2.0) * g[()],), register=False
    )
    x = leaf(3.0)
    h = x * 1.0
    seen = []
    h.register_hook(lambda g: seen.append(type(g.numpy())))
    (apply(prim, (h,)) + apply(prim, (h,))).backward()
    assert seen == [np.ndarray]
    same(x.grad, 4.0)


# PyTorch


def _random_program(library, arrays, random, steps):
    """The same chain of random operations in either library; returns all tensors made."""
    tensors = [library.tensor(a, requires_grad=True) for a in arrays]
    for _ in range(steps):
        x = tensors[random.integers(len(tensors))]
        y = tensors[random.integers(len(tensors))]
        tensors.append(
            [
                lambda x, y: x + y,
                lambda x, y: x * y,
                lambda x, y: x - y * 0.5,
                lambda x, y: (x * 0.3).tanh(),
                lambda x, y: x[1:2] * y,
                lambda x, y: x.sum() * y,
                lambda x, y: x[[0, 2, 0]] + y,
                lambda x, y: (x.reshape(3, 1) * y).sum(0),
                lambda x, y: (x * 0.1).exp(),
            ][random.integers(9)](x, y)
        )
    return tensors


@pytest.mark.parity
@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_as_pytorch(seed):
    torch = pytest.importorskip("torch")
    arrays = list(np.random.default_rng(seed).uniform(-1, 1, (2, 3)))
    sides = [
        _random_program(library, arrays, np.random.default_rng(seed + 100), 12)
        for library in (ad, torch)
    ]
    random = np.random.default_rng(seed + 200)
    inputs = random.integers(len(sides[0]), size=5).tolist()
    first = [
        lib.grad(
            t[-1].sum() + t[-2].sum(), [t[i] for i in inputs], allow_unused=True, create_graph=True
        )
        for lib, t in ((ad, sides[0]), (torch.autograd, sides[1]))
    ]
    _equal(*first)
    totals = [sum((g * g).sum() for g in gs if g is not None) for gs in first]
    if getattr(totals[1], "requires_grad", False):
        second = [
            lib.grad(total, t[:2], allow_unused=True, retain_graph=True)
            for lib, total, t in zip((ad, torch.autograd), totals, sides, strict=True)
        ]
        _equal(*second)
    for t in sides:
        t[2].retain_grad()
        (t[-1].sum() + t[-2].sum()).backward()
    _equal([x.grad for x in sides[0][:3]], [x.grad for x in sides[1][:3]])


def _equal(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(
                a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-12
            )
