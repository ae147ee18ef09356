"""`Module`: what it registers, lists, converts, prints, copies, and how it refuses."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn


class Block(nn.Module):
    """A parameter, buffers of both kinds, an absent bias and a submodule."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(ad.tensor([1.0, 2.0]))
        self.register_parameter("bias", None)
        self.register_buffer("mean", ad.zeros(2))
        self.register_buffer("scratch", ad.ones(2), persistent=False)
        self.layer = nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x * self.weight) + self.mean


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(2, 2)
        self.b = self.a
        self.c = nn.Linear(2, 2)
        self.c.weight = self.a.weight


def names(pairs) -> list[str]:
    return [name for name, _ in pairs]


def test_listings() -> None:
    net = nn.Sequential(Block(), nn.ReLU())
    assert names(net.named_parameters()) == ["0.weight", "0.layer.weight", "0.layer.bias"]
    assert names(net.named_parameters("p")) == ["p.0.weight", "p.0.layer.weight", "p.0.layer.bias"]
    assert names(net.named_parameters(recurse=False)) == []
    assert names(net.named_buffers()) == ["0.mean", "0.scratch"]
    assert names(net.named_modules()) == ["", "0", "0.layer", "1"]
    assert names(net.named_children()) == ["0", "1"]
    assert names(net[0].named_buffers(recurse=False)) == ["mean", "scratch"]
    assert [type(m).__name__ for m in net.modules()] == ["Sequential", "Block", "Linear", "ReLU"]
    assert list(net.state_dict()) == ["0.weight", "0.mean", "0.layer.weight", "0.layer.bias"]


def test_what_is_used_twice_is_listed_once() -> None:
    net = Tied()
    assert names(net.named_parameters()) == ["a.weight", "a.bias", "c.bias"]
    assert names(net.named_modules()) == ["", "a", "c"]
    assert names(net.named_modules(remove_duplicate=False)) == ["", "a", "b", "c"]
    every = ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"]
    assert names(net.named_parameters(remove_duplicate=False)) == every
    assert list(net.state_dict()) == every


def test_lookup_by_dotted_name() -> None:
    net = nn.Sequential(Block())
    assert net.get_submodule("0.layer") is net[0].layer
    assert net.get_submodule("") is net
    assert net.get_parameter("0.layer.bias") is net[0].layer.bias
    assert net.get_buffer("0.mean") is net[0].mean
    with pytest.raises(
        AttributeError, match=r"Block has no module 'x' \(in '0.x.y'\); it has layer"
    ):
        net.get_submodule("0.x.y")
    with pytest.raises(AttributeError, match="Block has no parameter 'bias'"):
        net.get_parameter("0.bias")
    with pytest.raises(AttributeError, match="Block has no buffer 'weight'"):
        net.get_buffer("0.weight")


def test_parameters_are_plain_attributes() -> None:
    block = Block()
    assert vars(block)["weight"] is block.weight
    new = nn.Parameter(ad.zeros(2))
    block.weight = new
    assert next(block.parameters()) is new
    block.weight = None
    assert names(block.named_parameters()) == ["layer.weight", "layer.bias"]
    block.weight = new
    assert names(block.named_parameters())[0] == "weight"


def test_the_role_of_a_name_follows_what_is_assigned() -> None:
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(ad.ones(1))
    assert names(module.named_parameters()) == ["x"]
    module.x = nn.Linear(1, 1)
    assert names(module.named_children()) == ["x"]
    assert names(module.named_parameters()) == ["x.weight", "x.bias"]
    module.register_buffer("b", ad.ones(1))
    module.b = ad.zeros(1)
    assert module.get_buffer("b").tolist() == [0.0]
    del module.x
    assert names(module.named_parameters()) == []
    assert not hasattr(module, "x")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda m: setattr(m, "weight", ad.ones(2)), TypeError, "only an nn.Parameter or None"),
        (lambda m: setattr(m, "layer", 1), TypeError, "Block.layer is a module: only an nn.Module"),
        (lambda m: setattr(m, "mean", 0.0), TypeError, "Block.mean is a buffer: only a Tensor"),
        (lambda m: m.register_buffer("layer", None), KeyError, "has an attribute 'layer' already"),
        (lambda m: m.register_buffer("forward", None), KeyError, "attribute 'forward' already"),
        (lambda m: m.register_parameter("a.b", None), KeyError, "contain a dot"),
        (lambda m: m.register_parameter("", None), KeyError, "must not be empty"),
        (lambda m: m.register_parameter("w", ad.ones(2)), TypeError, "must be an nn.Parameter or"),
        (
            lambda m: m.register_buffer("w", np.ones(2)),
            TypeError,
            "must be a Tensor or None, got nda",
        ),
        (lambda m: m.add_module("w", len), TypeError, "must be an nn.Module or None"),
        (lambda m: m.add_module(3, None), TypeError, "must be a string, got int"),
        (lambda m: setattr(m.layer, "up", m), ValueError, "would contain itself"),
        (lambda m: setattr(m, "me", m), ValueError, "would contain itself"),
        (lambda m: m.missing, AttributeError, "'Block' object has no attribute 'missing'"),
        (lambda m: delattr(m, "missing"), AttributeError, "missing"),
        (lambda m: m._parameters.update(x=1), AttributeError, "update"),
        (lambda m: m.train("yes"), ValueError, "mode must be True or False"),
        (lambda m: m.to(ad.int64), TypeError, "need a floating dtype, got int64"),
        (lambda m: m.to("cuda"), ValueError, "cuda"),
        (lambda m: nn.Module()(1), NotImplementedError, r"Module has no forward\(\)"),
        (lambda m: m.register_forward_hook(3), TypeError, "a hook must be callable"),
    ],
)
def test_refusals(change, error, message) -> None:
    block = Block()
    before = list(block.state_dict())
    with pytest.raises(error, match=message):
        change(block)
    assert list(block.state_dict()) == before


def test_forgotten_initialisation_is_explained() -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(1, 1)

    class Never(nn.Module):
        def __init__(self) -> None:
            self.size = 3

        def forward(self, x):
            return x

    with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\) first"):
        Early()
    with pytest.raises(AttributeError, match="Never was not initialised"):
        list(Never().parameters())
    with pytest.raises(AttributeError, match="Never was not initialised"):
        Never()(1)


def test_an_error_inside_a_property_is_not_hidden() -> None:
    class Broken(nn.Module):
        @property
        def size(self):
            return self.layers

    with pytest.raises(AttributeError, match="no attribute 'layers'"):
        Broken().size


def test_train_and_eval_reach_everything() -> None:
    net = nn.Sequential(Block(), nn.Sequential(nn.Dropout()))
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    net[1].train()
    assert [m.training for m in net.modules()] == [False, False, False, True, True]


def test_apply_visits_children_first() -> None:
    seen: list[str] = []
    nn.Sequential(Block(), nn.ReLU()).apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "Block", "ReLU", "Sequential"]


def test_gradients_are_forgotten_or_zeroed() -> None:
    net = nn.Linear(2, 1)
    net(ad.ones(3, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.weight.grad.tolist() == [[0.0, 0.0]]
    net.zero_grad()
    assert net.weight.grad is None


def test_requires_grad() -> None:
    net = Block().requires_grad_(False)
    assert not net(ad.ones(1, 2)).requires_grad
    assert net.requires_grad_()(ad.ones(1, 2)).requires_grad


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda m: m.double(), "float64"),
        (lambda m: m.half(), "float16"),
        (lambda m: m.double().float(), "float32"),
        (lambda m: m.to(ad.float64), "float64"),
        (lambda m: m.to(dtype=ad.float64), "float64"),
        (lambda m: m.to("cpu", ad.float64), "float64"),
        (lambda m: m.to(ad.ones(1, dtype=ad.float64)), "float64"),
        (lambda m: m.to("cpu").cpu(), "float32"),
    ],
)
def test_conversions(convert, dtype) -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    net(ad.ones(4, 2)).sum().backward()
    weight = net[0].weight
    assert convert(net) is net
    assert net[0].weight is weight
    assert {t.dtype.name for t in net.parameters()} == {dtype}
    assert weight.grad.dtype == dtype
    assert net[1].running_mean.dtype == dtype
    assert net[1].num_batches_tracked.dtype == "int64"
    net.zero_grad()
    net(ad.ones(4, 2, dtype=dtype)).sum().backward()
    assert weight.grad.dtype == dtype


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],
    ids=["deepcopy", "pickle"],
)
def test_copies_are_whole_and_apart(duplicate) -> None:
    net = nn.Sequential(Tied(), Block())
    twin = duplicate(net)
    assert list(twin.state_dict()) == list(net.state_dict())
    assert twin[0].a is twin[0].b
    assert twin[0].c.weight is twin[0].a.weight
    assert all(type(p) is nn.Parameter and p.requires_grad for p in twin.parameters())
    twin[1].weight._array[...] = 9
    assert net[1].weight.tolist() == [1.0, 2.0]
    np.testing.assert_array_equal(
        twin[1].layer.weight.numpy(force=True), net[1].layer.weight.numpy(force=True)
    )
    twin[1].extra = nn.ReLU()
    assert not hasattr(net[1], "extra")


def test_shallow_copy_shares_tensors_but_not_names() -> None:
    block = Block()
    twin = copy.copy(block)
    assert twin.weight is block.weight
    twin.more = nn.Linear(1, 1)
    del twin.layer
    assert names(block.named_children()) == ["layer"]


def test_repr_is_a_tree() -> None:
    class Named(Block):
        def extra_repr(self) -> str:
            return "first=1\nsecond=2"

    assert repr(nn.Sequential(Block(), nn.ReLU())) == (
        "Sequential(\n  (0): Block(\n"
        "    (layer): Linear(in_features=2, out_features=2, bias=True)\n  )\n  (1): ReLU()\n)"
    )
    assert repr(Named()).startswith("Named(\n  first=1\n  second=2\n  (layer): Linear(")


def test_dir_names_members_but_no_numbers() -> None:
    assert {"weight", "mean", "layer", "forward"} <= set(dir(Block()))
    assert "0" not in dir(nn.Sequential(nn.ReLU()))
