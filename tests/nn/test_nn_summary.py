"""``Module.summary``: the tree of a model with shapes, parameters, multiply-adds and memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn
from autodiff.mode import debug, mode
from autodiff.nn.modules.summary import Layer, Summary


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert mode.observer is None
    assert not debug.unusual


def by_name(summary: Summary) -> dict[str, Layer]:
    return {layer.name: layer for layer in summary.layers}


class CNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, groups=4), nn.ReLU(), nn.Flatten(),
        )  # fmt: skip
        self.dropout = nn.Dropout()
        self.head = nn.Linear(32 * 6 * 6, 10)
        self.unused = nn.Linear(3, 3)

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        return self.head(self.dropout(self.features(x))).softmax(1)


def test_cnn_counted_by_hand() -> None:
    model = CNN()
    model.features[0].requires_grad_(False)
    s = model.summary(ad.ones(2, 3, 16, 16))
    layers = by_name(s)
    assert list(layers) == [
        "", "features", *[f"features.{i}" for i in range(7)], "dropout", "head", "unused",
    ]  # fmt: skip
    assert layers["features.0"].output == "(2, 16, 16, 16)"
    assert layers["features.4"].output == "(2, 32, 6, 6)"
    assert layers[""].output == layers["head"].output == "(2, 10)"
    parameters = {
        "features.0": 16 * 3 * 9 + 16, "features.1": 32, "features.4": 32 * 4 * 9 + 32,
        "head": 10 * 1152 + 10, "unused": 12,
    }  # fmt: skip
    assert {name: x.parameters for name, x in layers.items() if x.parameters} == parameters
    assert s.parameters == sum(parameters.values()) == sum(p.numel() for p in model.parameters())
    assert s.trainable == s.parameters - parameters["features.0"]
    work = {
        "features.0": 2 * 16 * 16 * 16 * 27, "features.4": 2 * 32 * 6 * 6 * 36,
        "head": 2 * 10 * 1152,
    }  # fmt: skip
    assert {name: x.multiply_adds for name, x in layers.items() if x.multiply_adds} == work
    assert s.multiply_adds == sum(work.values())
    assert layers["features.0"].memory == layers["features.2"].memory == 4 * 2 * 16 * 16 * 16
    assert layers["features.6"].memory == 0  # a view
    assert layers[""].memory == 4 * 2 * 10  # the softmax in its own forward
    assert s.input_memory == 4 * 2 * 3 * 16 * 16
    buffers = 4 * 32 + 8  # statistics, and an integer that counts batches
    assert s.state_memory == 4 * s.parameters + buffers
    assert (layers["unused"].calls, layers["unused"].output) == (0, "")


def test_lstm_and_several_outputs() -> None:
    s = nn.LSTM(8, 16, 2, bidirectional=True).summary(ad.ones(5, 2, 8))
    (layer,) = s.layers
    assert layer.output == "(5, 2, 32), (4, 2, 16), (4, 2, 16)"
    steps = 5 * 2 * 2 * 4 * 16
    assert s.multiply_adds == steps * (8 + 16) + steps * (32 + 16)


def test_transformer_layer() -> None:
    batch, length, width, heads, hidden = 2, 10, 64, 4, 128
    model = nn.TransformerEncoderLayer(width, heads, hidden, batch_first=True)
    s = model.summary(ad.ones(batch, length, width))
    layers = by_name(s)
    rows = batch * length
    assert layers["self_attn"].multiply_adds == (
        rows * width * 3 * width + 2 * batch * length * length * width
    )
    assert layers["self_attn.out_proj"].multiply_adds == rows * width * width
    assert layers["linear1"].multiply_adds == rows * width * hidden
    assert s.multiply_adds == rows * width * (4 * width + 2 * hidden + 2 * length)


def test_modules_of_your_own_count_what_they_do() -> None:
    class Bilinear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(ad.ones(3, 4))

        def forward(self, x: ad.Tensor, y: ad.Tensor) -> dict[str, ad.Tensor]:
            with ad.scope("scores"):
                return {"scores": x @ self.weight @ y.t()}

    for example in (
        (ad.ones(5, 3), ad.ones(7, 4)),
        {"y": ad.ones(7, 4), "x": np.ones((5, 3), "f4")},
    ):
        s = Bilinear().summary(example)
        assert s.multiply_adds == 5 * 3 * 4 + 5 * 4 * 7
        assert s.layers[0].output == "{scores: (5, 7)}"


def test_shared_modules_and_repeated_calls() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(3, 3)
            self.body = nn.Sequential(self.first, nn.Linear(3, 3))
            self.body[1].weight = self.first.weight  # one parameter in two layers

        def forward(self, x: ad.Tensor) -> ad.Tensor:
            return self.body(self.first(x))

    s = Twice().summary(ad.ones(1, 3))
    layers = by_name(s)
    assert (layers["first"].calls, layers["first"].multiply_adds) == (2, 18)
    assert (layers["body.0"].shared, layers["body.0"].multiply_adds) == ("first", 0)
    assert (layers["body.1"].parameters, layers["body.1"].multiply_adds) == (3, 9)
    assert s.parameters == 15
    assert "0: Linear (see first)" in str(s)


def test_a_module_that_is_not_registered_counts_for_its_caller() -> None:
    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = (nn.Linear(3, 4),)

        def forward(self, x: ad.Tensor) -> ad.Tensor:
            return self.layers[0](x)

    s = Hidden().summary(ad.ones(2, 3))
    assert (len(s.layers), s.parameters, s.multiply_adds) == (1, 0, 24)


def test_the_model_stays_as_it_was() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", ad.zeros(1))
            self.norm = nn.BatchNorm1d(3)

        def forward(self, x: ad.Tensor) -> ad.Tensor:
            self.calls += 1
            assert not self.training
            assert not ad.is_grad_enabled()
            return self.norm(x) + ad.rand(3)

    model = nn.Sequential(Counting(), nn.Dropout())
    model[1].eval()
    buffers = dict(model.named_buffers())
    before = {name: b.numpy().copy() for name, b in buffers.items()}
    ad.manual_seed(3)
    expected = ad.rand(4).tolist()
    ad.manual_seed(3)
    model.summary(ad.ones(2, 3))
    assert ad.rand(4).tolist() == expected
    assert [m.training for m in model.modules()] == [True, True, True, False]
    for name, buffer in model.named_buffers():
        assert buffer is buffers[name]
        np.testing.assert_array_equal(buffer.numpy(), before[name])
    assert all(p.grad is None for p in model.parameters())


def test_a_wrong_shape_raises_what_the_model_raises() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout())
    with pytest.raises(ValueError, match="linear: input"):
        model.summary(ad.ones(2, 5))
    assert all(m.training for m in model.modules())


def test_depth() -> None:
    model = CNN()
    whole = model.summary(ad.ones(2, 3, 16, 16))
    s = model.summary(ad.ones(2, 3, 16, 16), depth=1)
    table = s.table()
    assert table["name"] == ["", "features", "dropout", "head", "unused"]
    features = sum(x.multiply_adds for x in whole.layers if x.name.startswith("features"))
    assert table["multiply-adds"][1] == features
    assert sum(table["parameters"]) == whole.parameters == s.parameters
    assert sum(table["memory"]) == whole.memory
    only = model.summary(ad.ones(2, 3, 16, 16), depth=0).table()
    assert only["multiply-adds"] == [whole.multiply_adds]
    with pytest.raises(ValueError, match="depth must not be negative"):
        model.summary(ad.ones(2, 3, 16, 16), depth=-1)


def test_the_tree() -> None:
    model = nn.Sequential(nn.Sequential(nn.Linear(3, 2000), nn.Tanh()), nn.ReLU())
    s = model.summary(ad.ones(50, 3))
    assert str(s) == repr(s)
    assert str(s).splitlines()[2:7] == [
        "Sequential        (50, 2000)      1           –          –              –         –",
        "├─ 0: Sequential  (50, 2000)      1           –          –              –         –",
        "│  ├─ 0: Linear   (50, 2000)      1       8,000      8,000        300,000  400.0 KB",
        "│  └─ 1: Tanh     (50, 2000)      1           –          –              –  400.0 KB",
        "└─ 1: ReLU        (50, 2000)      1           –          –              –  400.0 KB",
    ]
    assert s.to_markdown().startswith("| name | class | output |")


def test_inside_a_profile_and_a_trace() -> None:
    model = nn.Sequential(nn.Linear(3, 4))
    with ad.profile() as p, ad.traced(), ad.scope("outer"):
        s = model.summary(ad.ones(2, 3))
    assert s.multiply_adds == 24
    assert p.table()["operation"] == ["linear"]


def test_data_frame() -> None:
    pytest.importorskip("pandas")
    frame: Any = CNN().summary(ad.ones(2, 3, 16, 16)).to_dataframe()
    assert frame["parameters"].sum() == 16 * 28 + 32 + 32 * 37 + 11530 + 12


@pytest.mark.parity
@pytest.mark.parametrize(
    ("build", "shape"),
    [
        (lambda nn: nn.Conv2d(4, 6, (3, 5), stride=2, padding=1, groups=2), (2, 4, 11, 13)),
        (lambda nn: nn.ConvTranspose2d(4, 6, 3, stride=2), (2, 4, 5, 5)),
        (lambda nn: nn.Conv1d(4, 8, 3, dilation=2), (2, 4, 20)),
        (lambda nn: nn.Sequential(nn.Linear(8, 16, bias=False), nn.Tanh(), nn.Linear(16, 4)), (3, 8)),
    ],
    ids=["conv2d", "conv_transpose2d", "conv1d", "mlp"],
)  # fmt: skip
def test_multiply_adds_are_those_that_pytorch_counts(build: Any, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        build(torch.nn)(torch.ones(shape))
    assert build(nn).summary(ad.ones(shape)).multiply_adds * 2 == counter.get_total_flops()
