"""Hooks: who sees a gradient on its way, and may replace it."""

import numpy as np
import pytest

import autodiff as ad


def leaf(data, dtype=np.float64):
    return ad.tensor(np.asarray(data, dtype), requires_grad=True)


def same(tensor, expected):
    np.testing.assert_allclose(tensor.detach().numpy(), expected, rtol=1e-12, atol=1e-12)


def test_a_hook_sees_the_whole_gradient_once():
    x = leaf([1.0, 2.0])
    seen = []
    h = x * 2
    h.register_hook(lambda g: seen.append(g.tolist()))
    (h * h + h).sum().backward()
    assert seen == [[5.0, 9.0]]


def test_a_hook_replaces_the_gradient():
    x = leaf([1.0, 2.0])
    h = x * 2
    h.register_hook(lambda g: g * 10)
    h.register_hook(lambda g: g + 1)
    h.sum().backward()
    same(x.grad, [22.0, 22.0])


def test_a_hook_on_a_leaf_also_serves_grad():
    x = leaf([1.0])
    x.register_hook(lambda g: g * 10)
    (g,) = ad.grad((x * 2).sum(), x)
    same(g, [20.0])
    (x * 2).sum().backward()
    same(x.grad, [20.0])


def test_hooks_are_removed():
    x = leaf([1.0])
    handle = x.register_hook(lambda g: g * 10)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 100):
        pass
    (x * 2).sum().backward()
    same(x.grad, [2.0])


def test_a_hook_may_remove_itself():
    x = leaf([1.0])
    handle = x.register_hook(lambda g: handle.remove())
    for _ in range(2):
        (x * 2).sum().backward()
    same(x.grad, [4.0])


def test_a_hook_that_writes_changes_its_own_tensor_only():
    x, y = leaf([1.0]), leaf([1.0])
    x.register_hook(lambda g: g.mul_(10))
    (x + y).backward(ad.tensor([1.0], dtype=np.float64))
    same(x.grad, [10.0])
    same(y.grad, [1.0])


def test_a_hook_that_writes_with_create_graph():
    x, y = leaf([1.0]), leaf([1.0])
    x.register_hook(lambda g: g.mul_(10))
    gx, gy = ad.grad((x + y).sum(), [x, y], create_graph=True)
    same(gx, [10.0])
    same(gy, [1.0])


def test_hooks_with_create_graph_are_recorded():
    x = leaf(3.0)
    h = x * x
    handle = h.register_hook(lambda g: g * g)
    (g,) = ad.grad(h * h, x, create_graph=True)  # (2 x^2)^2 * 2 x
    same(g, 8 * 3.0**5)
    handle.remove()  # or it would be called in the second pass too
    (gg,) = ad.grad(g, x)
    same(gg, 40 * 3.0**4)


def test_retain_grad_sees_what_hooks_made():
    x = leaf([1.0])
    h = x * 2
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    h.sum().backward()
    same(h.grad, [10.0])
    same(x.grad, [20.0])


def test_retain_grad_on_a_leaf_changes_nothing():
    x = leaf([1.0])
    x.retain_grad()
    (x * 2).sum().backward()
    same(x.grad, [2.0])


def test_post_accumulate_hooks():
    x = leaf([1.0])
    seen = []

    def step(p):
        seen.append(p.grad.tolist())
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    for _ in range(2):
        (x * 2).sum().backward()
    assert seen == [[2.0], [2.0]]
    assert x.grad is None
    handle.remove()
    (x * 2).sum().backward()
    same(x.grad, [2.0])


def test_post_accumulate_hooks_are_for_leaves():
    with pytest.raises(RuntimeError, match="only for leaves"):
        (leaf([1.0]) * 2).register_post_accumulate_grad_hook(print)


@pytest.mark.parametrize(
    ("result", "error", "match"),
    [
        (3, TypeError, "expected a Tensor or None, got int"),
        (ad.tensor([1.0], dtype=np.float64), RuntimeError, r"returned shape \(1,\)"),
        (ad.tensor([1.0, 1.0], dtype=np.float32), RuntimeError, "of dtype float32"),
    ],
)
def test_what_a_hook_may_not_return(result, error, match):
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: result)
    with pytest.raises(error, match=match):
        (x * 2).sum().backward()


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_exception_in_a_hook_leaves_the_state_right(create_graph):
    x = leaf([1.0, 2.0])
    h = x * x
    handle = h.register_hook(lambda g: 1 / 0)
    y = h.sum()
    with pytest.raises(ZeroDivisionError):
        y.backward(retain_graph=True, create_graph=create_graph)
    assert ad.is_grad_enabled()
    assert x.grad is None
    handle.remove()
    y.backward()
    same(x.grad, [2.0, 4.0])


def test_hooks_need_a_history():
    with pytest.raises(RuntimeError, match="does not require grad"):
        ad.tensor(1.0).register_hook(print)
    with pytest.raises(RuntimeError, match="does not require grad"):
        ad.tensor(1.0).retain_grad()
