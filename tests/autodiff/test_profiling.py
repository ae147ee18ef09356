"""``profile``: time, calls and memory per operation and per module."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import nn, optim
from autodiff.mode import debug, mode
from autodiff.primitive import registry
from autodiff.profiling.multiply_adds import multiply_adds


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert mode.observer is None
    assert debug.observed == 0
    assert not debug.unusual
    assert all(primitive.run is primitive.forward for primitive in registry.values())


def rows(table: Any) -> dict[str, dict[str, Any]]:
    """The rows of a table by their first cell."""
    return {row[0].strip(): dict(zip(table.columns, row, strict=True)) for row in table}


def mlp() -> nn.Sequential:
    return nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 8))


def test_a_step_of_training() -> None:
    model = mlp()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    x = ad.ones(16, 64)
    start = time.perf_counter()
    with ad.profile() as p:
        for _ in range(3):
            optimizer.zero_grad()
            (model(x) ** 2).mean().backward()
            optimizer.step()
    elapsed = time.perf_counter() - start
    found = rows(p.table())
    assert {name: row["calls"] for name, row in found.items()} == {
        "linear": 6, "tanh": 3, "square": 3, "mean": 3,
    }  # fmt: skip
    for row in found.values():
        assert row["forward ms"] > 0
        assert row["backward ms"] > 0
    # Outputs of 16x32 and 16x8 forwards; backwards the gradients of weights, biases and one input.
    forward = 4 * 16 * (32 + 8)
    backward = 4 * (64 * 32 + 32 + 32 * 8 + 8 + 16 * 32)
    assert found["linear"]["made MB"] * 1e6 == pytest.approx(3 * (forward + backward))
    # The data, which stay the same; the output of tanh is kept by tanh, for the next layer too.
    assert found["linear"]["saved MB"] * 1e6 == pytest.approx(4 * 16 * 64)
    assert found["tanh"]["saved MB"] * 1e6 == pytest.approx(3 * 4 * 16 * 32)
    rate = 2 * 3 * 16 * (64 * 32 + 32 * 8) / (found["linear"]["forward ms"] * 1e6)
    assert found["linear"]["GFLOP/s"] == pytest.approx(rate)
    assert found["tanh"]["GFLOP/s"] is None
    measured = sum(row["forward ms"] + row["backward ms"] for row in found.values()) / 1e3
    assert measured < p.wall < elapsed
    assert sum(row["%"] for row in found.values()) == pytest.approx(100)


def test_modules_with_own_and_total() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = mlp()
            self.head = self.body[2]

        def forward(self, x: ad.Tensor) -> ad.Tensor:
            return self.head(self.body[:2](x)).exp()

    with ad.profile() as p, ad.scope("train"):
        Net()(ad.ones(16, 64)).sum().backward()
    table = p.table("module", sort="order")
    assert table["module"] == [
        "all", "  train", "    Sequential", "    body", "      0: Linear", "      1: Tanh",
        "      2: Linear",
    ]  # fmt: skip
    assert table["calls"] == [None, 1, 1, None, 1, 1, 1]
    found = rows(table)
    for way in ("forward ms", "backward ms", "made MB", "saved MB"):
        assert found["all"][way] == found["train"][way] > found["body"][way]
        parts = [found[name][way] for name in ("0: Linear", "1: Tanh", "2: Linear")]
        assert found["body"][way] == pytest.approx(sum(parts))
    assert found["body"]["own forward"] == found["body"]["own backward"] == 0
    assert found["train"]["own forward"] == pytest.approx(
        found["train"]["forward ms"] - found["body"]["forward ms"]
    )
    assert found["0: Linear"]["own forward"] == found["0: Linear"]["forward ms"] > 0
    assert len(p.table("module", depth=1)) == 2
    assert len(p.table("module", depth=0)) == 1


@pytest.mark.parametrize("recording", [True, False])
def test_forward_times_do_not_depend_on_recording(recording: bool) -> None:
    x = ad.ones(3, 3, requires_grad=True)
    with ad.profile() as p, ad.set_grad_enabled(recording):
        (x @ x + x).exp().sum()
        x.t()
        ad.linear(x, x)
        ad.softmax(x, 0)
        with ad.no_grad():
            ad.zeros(3).add_(1.0)
    calls = {name: row["calls"] for name, row in rows(p.table(sort="name")).items()}
    assert calls == {
        "add": 2, "exp": 1, "linear": 1, "matmul": 1, "softmax": 1, "sum": 1, "transpose": 1,
    }  # fmt: skip
    found = rows(p.table())
    assert found["transpose"]["made MB"] == 0
    assert found["add"]["made MB"] == 9 * 4 / 1e6  # nothing in place
    assert (found["exp"]["saved MB"] > 0) is recording


def test_time_of_the_forward_function_itself() -> None:
    class Slow(ad.Function):
        @staticmethod
        def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
            time.sleep(0.02)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
            time.sleep(0.03)
            return g * 2

    with ad.profile() as p:
        Slow.apply(ad.ones(2, requires_grad=True)).sum().backward()
        time.sleep(0.01)
    found = rows(p.table())
    assert found["Slow"]["forward ms"] >= 20
    assert found["Slow"]["backward ms"] >= 30
    assert found["mul"]["calls"] == 1  # the one in the forward function, which counts by itself
    assert found["mul"]["forward ms"] < found["Slow"]["forward ms"]
    assert found["mul"]["backward ms"] == 0
    parts = sum(row["forward ms"] + row["backward ms"] for row in found.values())
    assert p.wall * 1e3 > parts + 10


def test_notes_get_the_times() -> None:
    with ad.profile():
        y = nn.Sequential(nn.Tanh())(ad.ones(2, requires_grad=True))
        y.sum().backward()
    notes = y.grad_fn.notes
    assert notes.scope == ("0",)
    assert notes.seconds > 0
    assert notes.backward_seconds > 0
    assert (notes.line, notes.value) == (None, None)


def test_peak_of_memory() -> None:
    x = ad.ones(1000)
    with ad.profile() as p, ad.no_grad():
        for _ in range(5):
            y = x * 2
            y = y + 1
            del y
    assert p.peak == 8000
    assert rows(p.table())["mul"]["made MB"] == pytest.approx(5 * 4000 / 1e6)


def test_results_are_the_same_to_the_bit() -> None:
    def gradients() -> list[np.ndarray]:
        ad.manual_seed(0)
        model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        model(ad.randn(2, 5, 8)).sum().backward()
        return [p.grad.numpy() for p in model.parameters()]

    expected = gradients()
    with ad.profile(), ad.traced():
        found = gradients()
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_other_threads_are_not_measured() -> None:
    def work() -> None:
        ad.ones(3).exp()

    with ad.profile() as p:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        ad.ones(3).sin()
    assert p.table()["operation"] == ["sin"]


def test_two_threads_measure_their_own() -> None:
    found = {}
    barrier = threading.Barrier(2, timeout=10)

    def work(name: str) -> None:
        with ad.profile() as p:
            barrier.wait()
            getattr(ad.ones(3), name)()
            barrier.wait()
        found[name] = p.table()["operation"]

    threads = [threading.Thread(target=work, args=(name,)) for name in ("exp", "sin")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"exp": ["exp"], "sin": ["sin"]}


def test_profiles_nest_and_add_up() -> None:
    x = ad.ones(3)
    with ad.profile() as outer:
        x.exp()
        with ad.profile() as inner:
            x.sin()
            assert len(inner.events) == 1  # as far as it got
            assert inner.wall > 0
            with pytest.raises(RuntimeError, match="on already"):
                inner.__enter__()
        x.cos()
    assert inner.table()["operation"] == ["sin"]
    assert outer.table(sort="order")["operation"] == ["exp", "sin", "cos"]
    with inner:
        x.sin()
    assert inner.table()["calls"] == [2]


def test_exceptions_leave_everything_as_it_was() -> None:
    model = mlp()
    with pytest.raises(ValueError, match="linear"), ad.profile() as p:
        model(ad.ones(3, 5))
    assert len(p.events) == 0
    x = ad.ones(3, requires_grad=True)

    class Broken(ad.Function):
        @staticmethod
        def forward(ctx: Any, x: ad.Tensor) -> ad.Tensor:
            return x * 1

        @staticmethod
        def backward(ctx: Any, g: ad.Tensor) -> ad.Tensor:
            raise ZeroDivisionError

    with ad.profile() as p:
        with pytest.raises(ZeroDivisionError):
            Broken.apply(x).sum().backward()
        x.exp().sum().backward()
    found = rows(p.table())
    assert found["exp"]["backward ms"] > 0
    assert found["Broken"]["backward ms"] == 0


def test_the_order_of_rows() -> None:
    with ad.profile() as p:
        for _ in range(3):
            ad.ones(2).sin()
        ad.ones(200, 200) @ ad.ones(200, 200)
        ad.ones(1000).abs()
    names = lambda sort: p.table(sort=sort)["operation"]
    assert names("order") == ["sin", "matmul", "abs"]
    assert names("name") == ["abs", "matmul", "sin"]
    assert names("calls")[0] == "sin"
    assert names("memory")[0] == "matmul"
    forward = p.table(sort="forward")["forward ms"]
    assert forward == sorted(forward, reverse=True)
    for wrong in ({"sort": "size"}, {"by": "line"}, {"depth": -1}):
        with pytest.raises(ValueError, match="profile: "):
            p.table(**wrong)


def test_text_and_markdown() -> None:
    with ad.profile() as p:
        mlp()(ad.ones(16, 64)).sum().backward()
    lines = str(p).splitlines()
    assert lines[0].split()[:2] == ["operation", "calls"]
    assert set(lines[1]) == {"-", " "}
    assert [line.split()[0] for line in lines[-6:-1]] == [
        "wall", "forward", "backward", "engine", "Python,",
    ]  # fmt: skip
    assert lines[-1].startswith("peak memory")
    assert p.to_markdown("module").startswith("| module | calls |")
    assert "0: Linear" in p.to_text("module")
    assert repr(p).startswith("<profile of ")


def test_an_empty_profile() -> None:
    with ad.profile() as p:
        pass
    assert len(p.table()) == 0
    assert p.table("module")["module"] == ["all"]
    assert "wall" in str(p)


def test_data_frame() -> None:
    pytest.importorskip("pandas")
    with ad.profile() as p:
        ad.ones(2).sin()
    frame = p.to_dataframe()
    assert frame["calls"].tolist() == [1]


def test_chrome_trace(tmp_path: Any) -> None:
    with ad.profile() as p, ad.scope("step"):
        mlp()(ad.ones(16, 64)).sum().backward()
    path = tmp_path / "trace.json"
    p.to_chrome_trace(path)
    events = [e for e in json.loads(path.read_text())["traceEvents"] if e["ph"] == "X"]
    assert len(events) == len(p.events)
    assert min(e["ts"] for e in events) == 0
    assert {e["cat"] for e in events} == {"forward", "backward", "module", "engine"}
    assert all(e["dur"] >= 0 and e["pid"] and e["tid"] for e in events)
    (first,) = [
        e
        for e in events
        if e["name"] == "linear" and e["args"].get("shapes") == [[16, 64], [32, 64], [32]]
    ]
    assert first["cat"] == "forward"
    assert first["args"]["module"] == "step.0"
    assert first["args"]["multiply-adds"] == 16 * 64 * 32
    # Each event lies within those that are open, as the viewers want it.
    open_ends: list[float] = []
    for e in events:
        while open_ends and open_ends[-1] <= e["ts"]:
            open_ends.pop()
        assert not open_ends or e["ts"] + e["dur"] <= open_ends[-1] + 1e-6
        open_ends.append(e["ts"] + e["dur"])
    names = [e["name"] for e in events if e["cat"] == "module"]
    assert names == ["step", "Sequential", "step.0", "step.1", "step.2"]
    with pytest.raises(OSError, match="nowhere"):
        p.to_chrome_trace(tmp_path / "nowhere" / "trace.json")


def counted(function: Any) -> int:
    with ad.profile() as p:
        function()
    return sum(event.multiply_adds for event in p.events)


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda: ad.ones(2, 3) @ ad.ones(3, 4), 24),
        (lambda: ad.ones(5, 2, 3) @ ad.ones(3, 4), 120),
        (lambda: ad.ones(3) @ ad.ones(3), 3),
        (lambda: ad.linear(ad.ones(7, 2, 3), ad.ones(4, 3)), 168),
        (lambda: ad.einsum("bij,bjk->bik", ad.ones(5, 2, 3), ad.ones(5, 3, 4)), 120),
        (lambda: ad.outer(ad.ones(3), ad.ones(4)), 12),
        (lambda: nn.Conv1d(4, 6, 3)(ad.ones(2, 4, 10)), 2 * 8 * 6 * 4 * 3),
        (lambda: nn.Conv2d(4, 6, (3, 2), groups=2)(ad.ones(2, 4, 5, 5)), 2 * 3 * 4 * 6 * 2 * 6),
        (lambda: nn.Conv3d(1, 2, 2)(ad.ones(1, 1, 3, 3, 3)), 8 * 2 * 8),
        (lambda: nn.ConvTranspose2d(4, 6, 3, stride=2)(ad.ones(2, 4, 5, 5)), 2 * 25 * 4 * 6 * 9),
        (lambda: nn.LSTM(8, 16)(ad.ones(5, 2, 8)), 10 * 4 * 16 * (8 + 16)),
        (lambda: nn.GRU(8, 16)(ad.ones(5, 2, 8)), 10 * 3 * 16 * (8 + 16)),
        (lambda: nn.RNN(8, 16, bidirectional=True)(ad.ones(5, 2, 8)), 2 * 10 * 16 * (8 + 16)),
        (
            lambda: nn.functional.scaled_dot_product_attention(
                ad.ones(2, 3, 5, 8), ad.ones(2, 3, 7, 8), ad.ones(2, 3, 7, 4)
            ),
            6 * 5 * 7 * (8 + 4),
        ),
        (lambda: ad.ones(3).exp() * 2 + 1, 0),
    ],
)  # fmt: skip
def test_multiply_adds(function: Any, count: int) -> None:
    assert counted(function) == count


def test_multiply_adds_of_the_gradient_of_a_weight() -> None:
    layer = nn.Conv2d(2, 3, 3)
    x = ad.ones(4, 2, 6, 6)
    forward = counted(lambda: layer(x))
    g, y, w = np.ones((4, 3, 4, 4)), x.numpy(), layer.weight.detach().numpy()
    assert multiply_adds(registry["conv_weight"], (g, y, w.shape), w) == forward
