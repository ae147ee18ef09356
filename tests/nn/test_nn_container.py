"""Containers: order, names, and what may be put into them."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import autodiff as ad
from autodiff import nn


def kinds(modules) -> list[str]:
    return [type(m).__name__ for m in modules]


def test_sequential_is_a_chain_and_a_list() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    x = ad.ones(4, 2)
    expected = net[2](net[1](net[0](x)))
    assert net(x).tolist() == expected.tolist()
    assert len(net) == 3
    assert net[-1] is net[2]
    assert net[1] in net
    assert nn.ReLU() not in net
    assert kinds(net[1:]) == ["ReLU", "Linear"]
    assert type(net[:2]) is nn.Sequential
    assert list(net[1:].state_dict()) == ["2.weight", "2.bias"]
    assert kinds(net + nn.Sequential(nn.Tanh())) == ["Linear", "ReLU", "Linear", "Tanh"]


def test_sequential_can_be_changed() -> None:
    net = nn.Sequential(nn.Tanh())
    assert net.append(nn.ReLU()) is net
    net.extend([nn.Sigmoid(), nn.GELU()]).insert(1, nn.Identity())
    assert kinds(net) == ["Tanh", "Identity", "ReLU", "Sigmoid", "GELU"]
    assert [name for name, _ in net.named_children()] == ["0", "1", "2", "3", "4"]
    net[0] = nn.SELU()
    assert kinds([net.pop(), net.pop(0)]) == ["GELU", "SELU"]
    del net[0]
    assert kinds(net) == ["ReLU", "Sigmoid"]
    net += nn.Sequential(nn.Mish())
    del net[:2]
    assert kinds(net) == ["Mish"]
    assert [name for name, _ in net.named_children()] == ["0"]


def test_sequential_with_names() -> None:
    net = nn.Sequential(OrderedDict(first=nn.Linear(1, 2), second=nn.ReLU()))
    assert list(net.state_dict()) == ["first.weight", "first.bias"]
    assert net.second is net[1]
    assert [name for name, _ in net[1:].named_children()] == ["second"]
    net.append(nn.Tanh())
    assert [name for name, _ in net.named_children()] == ["first", "second", "2"]
    clash = nn.Sequential({"1": nn.ReLU()}).append(nn.Tanh())
    assert kinds(clash) == ["ReLU", "Tanh"]


def test_empty_sequential_is_the_identity() -> None:
    x = ad.ones(2)
    assert nn.Sequential()(x) is x
    assert repr(nn.Sequential()) == "Sequential()"


def test_a_parameter_beside_the_chain_is_no_link_of_it() -> None:
    class Scaled(nn.Sequential):
        def __init__(self) -> None:
            super().__init__(nn.Identity())
            self.scale = nn.Parameter(ad.tensor(2.0))

        def forward(self, x):
            return super().forward(x) * self.scale

    net = Scaled()
    assert net(ad.ones(1)).tolist() == [2.0]
    assert len(net) == 1
    net.append(nn.ReLU())
    del net[0]
    assert [name for name, _ in net.named_parameters()] == ["scale"]


def test_module_list() -> None:
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers.append(nn.ReLU()).extend(nn.ModuleList([nn.Tanh()]))
    layers += [nn.Mish()]
    assert kinds(layers) == ["Linear", "ReLU", "Tanh", "Mish"]
    assert kinds(layers[1:3]) == ["ReLU", "Tanh"]
    assert kinds(layers + [nn.ELU()])[-1] == "ELU"
    assert [name for name, _ in layers[1:3].named_children()] == ["0", "1"]
    with pytest.raises(NotImplementedError, match="no forward"):
        layers(1)


def test_module_dict() -> None:
    table = nn.ModuleDict({"a": nn.Linear(1, 1)})
    table["b"] = nn.ReLU()
    table.update([("c", nn.Tanh())])
    assert list(table) == list(table.keys()) == ["a", "b", "c"]
    assert kinds(table.values()) == ["Linear", "ReLU", "Tanh"]
    assert table.get("x") is None
    assert table.get("b") is table["b"]
    assert "a" in table
    assert "training" not in table
    assert kinds([table.pop("b")]) == ["ReLU"]
    del table["c"]
    assert list(table.state_dict()) == ["a.weight", "a.bias"]
    table.clear()
    assert len(table) == 0


def test_parameter_list_and_dict() -> None:
    numbers = nn.ParameterList([ad.tensor([1.0]), nn.Parameter(ad.tensor([2.0]))])
    numbers.append(ad.tensor([3.0]))
    numbers[0] = nn.Parameter(ad.tensor([5.0]))
    assert [p.item() for p in numbers] == [5.0, 2.0, 3.0]
    assert list(numbers.state_dict()) == ["0", "1", "2"]
    assert [p.item() for p in numbers[1:]] == [2.0, 3.0]
    table = nn.ParameterDict({"a": ad.ones(2)})
    table["b"] = nn.Parameter(ad.zeros(1))
    assert list(table.state_dict()) == ["a", "b"]
    assert type(table["a"]) is nn.Parameter


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda: nn.Sequential(nn.ReLU(), 3), TypeError, "expected an nn.Module, got int"),
        (lambda: nn.Sequential([nn.ReLU()]), TypeError, "expected an nn.Module, got list"),
        (lambda: nn.Sequential(nn.ReLU())[1], IndexError, "index 1 is out of range for 1 members"),
        (lambda: nn.Sequential(nn.ReLU())["0"], TypeError, "integer"),
        (lambda: nn.Sequential() + [nn.ReLU()], TypeError, "expected a Sequential"),
        (lambda: nn.Sequential({"a.b": nn.ReLU()}), KeyError, "dot"),
        (lambda: nn.ModuleList(3), TypeError, "expected an iterable, got int"),
        (lambda: nn.ModuleDict({"keys": nn.ReLU()}), KeyError, "attribute 'keys' already"),
        (lambda: nn.ModuleDict()["a"], KeyError, "ModuleDict has no members"),
        (lambda: nn.ModuleDict({"a": 1}), TypeError, "must be an nn.Module"),
        (lambda: nn.ParameterList([1.0]), TypeError, "expected an nn.Parameter or a Tensor"),
        (lambda: nn.ParameterDict({"a": 1.0}), TypeError, "expected an nn.Parameter or a Tensor"),
    ],
)
def test_refusals(change, error, message) -> None:
    with pytest.raises(error, match=message):
        change()


def test_a_failed_extension_changes_nothing() -> None:
    net = nn.Sequential(nn.ReLU())
    with pytest.raises(TypeError, match="expected an nn\\.Module"):
        net.extend([nn.Tanh(), None])
    assert kinds(net) == ["ReLU"]
