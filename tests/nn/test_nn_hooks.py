"""Hooks before and after the forward and the backward pass of a module."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn


class Affine(nn.Module):
    def forward(self, x, scale=1.0):
        return x * scale


def test_forward_hooks_run_in_order_and_may_replace() -> None:
    module = Affine()
    calls: list[str] = []
    module.register_forward_pre_hook(lambda m, args: calls.append("a"))
    module.register_forward_pre_hook(lambda m, args: (args[0] + 1,))
    module.register_forward_pre_hook(lambda m, args: calls.append("first"), prepend=True)
    module.register_forward_hook(lambda m, args, out: out * 10)
    module.register_forward_hook(lambda m, args, out: calls.append(str(args[0].item())))
    assert module(ad.tensor(1.0)).item() == 20.0
    assert calls == ["first", "a", "2.0"]


def test_hooks_with_keyword_arguments() -> None:
    module = Affine()
    module.register_forward_pre_hook(lambda m, args, kw: (args, {"scale": 3.0}), with_kwargs=True)
    seen = []
    module.register_forward_hook(lambda m, args, kw, out: seen.append(kw), with_kwargs=True)
    assert module(ad.tensor(2.0), scale=1.0).item() == 6.0
    assert seen == [{"scale": 3.0}]
    module.register_forward_pre_hook(lambda m, args, kw: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"must return None or the pair \(args, kwargs\)"):
        module(ad.tensor(1.0))


def test_a_replacement_that_is_no_tuple_is_the_one_argument() -> None:
    module = Affine()
    module.register_forward_pre_hook(lambda m, args: args[0] + 4)
    assert module(ad.tensor(1.0)).item() == 5.0


def test_handles_remove() -> None:
    module = Affine()
    handle = module.register_forward_hook(lambda m, args, out: out + 1)
    with module.register_forward_hook(lambda m, args, out: out * 2):
        assert module(ad.tensor(1.0)).item() == 4.0
    assert module(ad.tensor(1.0)).item() == 2.0
    handle.remove()
    handle.remove()
    assert module(ad.tensor(1.0)).item() == 1.0


def test_backward_hooks_may_replace_gradients() -> None:
    layer = Affine()
    x = ad.ones(2, requires_grad=True)
    layer.register_full_backward_pre_hook(lambda m, grads: (grads[0] * 2,))
    layer.register_full_backward_hook(lambda m, grad_input, grad_output: grad_input[0] * 5)
    layer(x, scale=3.0).sum().backward()
    assert x.grad.tolist() == [30.0, 30.0]


def test_backward_hook_of_second_order() -> None:
    layer = nn.Tanh()
    seen: list[bool] = []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].requires_grad))
    x = ad.tensor(0.5, requires_grad=True)
    (g,) = ad.grad(layer(x), x, create_graph=True)
    (gg,) = ad.grad(g, x)
    t = np.tanh(0.5)
    np.testing.assert_allclose(gg.item(), -2 * t * (1 - t * t), rtol=1e-5)
    assert seen[0]


def test_backward_hooks_and_inputs_of_other_kinds() -> None:
    class Pair(nn.Module):
        def forward(self, x, flag, y):
            return x * 2, y * 3

    module = Pair()
    seen = []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x, y = ad.ones(1, requires_grad=True), ad.ones(1)
    a, b = module(x, "flag", y)
    (a + b).sum().backward()
    (gi, go) = seen[0]
    assert [g if g is None else g.tolist() for g in gi] == [[2.0], None, None]
    assert go[0].tolist() == [1.0]
    with ad.no_grad():
        assert not module(x, "flag", y)[0].requires_grad


def test_backward_hook_refusals() -> None:
    module = Affine()
    module.register_full_backward_hook(lambda m, gi, go: (None, None))
    x = ad.ones(1, requires_grad=True)
    with pytest.raises(RuntimeError, match="returned 2 gradients, expected 1"):
        module(x).sum().backward()

    class Odd(nn.Module):
        def forward(self, x):
            return {"x": x}

    odd = Odd()
    odd.register_full_backward_hook(lambda m, gi, go: None)
    with pytest.raises(TypeError, match="must return a Tensor or a tuple of Tensors, got dict"):
        odd(x)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_backward_hooks_see_what_pytorchs_see() -> None:
    torch = pytest.importorskip("torch")

    def run(lib, layers):
        lib.manual_seed(0)
        net = layers.Sequential(layers.Linear(3, 4), layers.Tanh(), layers.Linear(4, 2))
        log = []

        def show(grads):
            return [None if g is None else np.asarray(g.detach().tolist()) for g in grads]

        for i, layer in enumerate(net):
            layer.register_full_backward_pre_hook(lambda m, go, i=i: log.append((i, show(go))))
            layer.register_full_backward_hook(
                lambda m, gi, go, i=i: log.append((i, show(gi), show(go)))
            )
        net[1].register_full_backward_hook(lambda m, gi, go: (gi[0] * 10,))
        x = lib.tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 0.5]], requires_grad=True)
        net(x).sum().backward()
        net(x.detach()).sum().backward()
        return [*log, (0, show([x.grad, net[0].weight.grad]))]

    for a, b in zip(run(ad, nn), run(torch, torch.nn), strict=True):
        assert a[0] == b[0]
        for xs, ys in zip(a[1:], b[1:], strict=True):
            for x, y in zip(xs, ys, strict=True):
                assert (x is None) == (y is None)
                if x is not None:
                    np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-6)
