"""Saving and loading: keys, errors, and nothing half loaded."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn


def make() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def arrays(module: nn.Module) -> dict[str, np.ndarray]:
    return {key: value.numpy().copy() for key, value in module.state_dict().items()}


def test_round_trip_from_tensors_and_from_arrays() -> None:
    source = make()
    source(ad.randn(8, 2))
    for state in (source.state_dict(), arrays(source)):
        target = make()
        result = target.load_state_dict(state)
        assert result.missing_keys == result.unexpected_keys == []
        assert repr(result) == "<all keys match>"
        for key, value in arrays(source).items():
            np.testing.assert_array_equal(arrays(target)[key], value)
        assert target[1].num_batches_tracked.item() == 1


def test_the_state_shares_memory() -> None:
    net = make()
    state = net.state_dict()
    assert not state["0.weight"].requires_grad
    state["0.weight"][0, 0] = 7.0
    assert net[0].weight[0, 0].item() == 7.0
    assert net.state_dict(keep_vars=True)["0.weight"] is net[0].weight
    filled = net.state_dict(destination={"x": 1}, prefix="net.")
    assert list(filled)[:2] == ["x", "net.0.weight"]


def test_all_that_is_wrong_is_named_and_nothing_is_loaded() -> None:
    net = make()
    before = arrays(net)
    state = {key: np.full_like(value, 9) for key, value in before.items()}
    del state["1.running_var"], state["0.bias"]
    state["0.weight"] = np.zeros((3, 4))
    state["1.num_batches_tracked"] = np.array(1.5)
    state["more"] = np.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    message = str(caught.value)
    for part in (
        "does not fit Sequential; nothing was loaded",
        "missing keys: 0.bias, 1.running_var",
        "unexpected keys: more",
        "0.weight: shape (3, 4) in the state, (3, 2) in the module",
        "1.num_batches_tracked: dtype float64 in the state, int64 in the module",
    ):
        assert part in message
    for key, value in before.items():
        np.testing.assert_array_equal(arrays(net)[key], value)


def test_not_strict() -> None:
    net = make()
    result = net.load_state_dict({"0.bias": np.ones(3), "more": np.ones(1)}, strict=False)
    assert result.missing_keys == [k for k in net.state_dict() if k != "0.bias"]
    assert result.unexpected_keys == ["more"]
    assert net[0].bias.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(RuntimeError, match=r"0\.bias: shape"):
        net.load_state_dict({"0.bias": np.ones(4)}, strict=False)
    with pytest.raises(TypeError, match="expected a mapping of names to tensors, got list"):
        net.load_state_dict([1])


def test_loading_converts_the_dtype_and_keeps_the_object() -> None:
    net = make()
    weight = net[0].weight
    net.load_state_dict({"0.weight": np.full((3, 2), 0.5)}, strict=False)
    assert net[0].weight is weight
    assert weight.dtype == np.float32
    assert weight.requires_grad


def test_assign_takes_the_given_tensors() -> None:
    net = make()
    new = nn.Parameter(ad.ones(3, 2, dtype=ad.float64))
    net.load_state_dict({"0.weight": new, "0.bias": np.ones(3)}, strict=False, assign=True)
    assert net[0].weight is new
    assert type(net[0].bias) is nn.Parameter
    assert net[0].bias.dtype == np.float64
    mean = ad.ones(3)
    net.load_state_dict({"1.running_mean": mean}, strict=False, assign=True)
    assert net[1].running_mean is mean


def test_loading_is_noticed_by_backward() -> None:
    net = nn.Linear(2, 2)
    x = ad.ones(1, 2, requires_grad=True)
    y = net(x).sum()
    net.load_state_dict(arrays(net))
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


@pytest.mark.parity
def test_the_state_of_a_pytorch_model_loads() -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3),
        torch.nn.BatchNorm2d(4),
        torch.nn.Flatten(),
        torch.nn.Linear(16, 2),
    ).eval()
    ours = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2)
    ).eval()
    ours.load_state_dict(theirs.state_dict())
    x = np.random.default_rng(0).standard_normal((3, 1, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(
        ours(ad.tensor(x)).numpy(force=True),
        theirs(torch.tensor(x)).detach().numpy(),
        rtol=1e-5,
        atol=1e-6,
    )
    back = {key: torch.tensor(value) for key, value in arrays(ours).items()}
    assert str(theirs.load_state_dict(back)) == "<All keys matched successfully>"
