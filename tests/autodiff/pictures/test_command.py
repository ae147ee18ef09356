"""``autodiff graph FILE.py:FUNCTION --out FILE``."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autodiff.cli import main

_SOURCE = """
import autodiff as ad
from autodiff import nn


def scalar():
    a = ad.Value(2.0, label="a")
    return ad.exp(a) * a


def model():
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU()), ad.ones(5, 2)


def loss():
    net = nn.Linear(2, 1)
    return net(ad.ones(5, 2)).sum(), net


def several():
    w = ad.ones(2, requires_grad=True)
    return w * 2, w.sum()


def freed():
    w = ad.ones(2, requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    return loss


def nothing():
    return 3.0


def broken():
    raise RuntimeError("no data")


here = 5
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.py"
    path.write_text(_SOURCE)
    return path


@pytest.mark.parametrize("function", ["scalar", "model", "loss", "several"])
def test_svg(source: Path, tmp_path: Path, capsys, function: str) -> None:
    out = tmp_path / f"{function}.svg"
    assert main(["graph", f"{source}:{function}", "--out", str(out)]) == 0
    ET.parse(out)
    assert f"{out}: Graph(" in capsys.readouterr().out


def test_json_with_options(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.json"
    words = ["graph", f"{source}:model", "--out", str(out), "--depth", "0", "--backward"]
    assert main(words) == 0
    found = json.loads(out.read_text("utf-8"))
    assert found["folded"] == ["0", "1"]
    assert "gradient" in {node["kind"] for node in found["nodes"]}
    assert "0.weight" in {node["name"] for node in found["nodes"]}


def test_html(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.html"
    assert main(["graph", f"{source}:scalar", "--out", str(out)]) == 0
    assert out.read_text("utf-8").startswith("<!doctype html>")


def test_png(source: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    words = ["graph", f"{source}:scalar", "--out", str(tmp_path / "g.png")]
    if shutil.which("dot"):
        assert main(words) == 0
        assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setenv("PATH", "")
    assert main(words) == 2
    assert "Graphviz" in capsys.readouterr().err


def test_dot(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.dot"
    assert main(["graph", f"{source}:loss", "--out", str(out), "--direction", "LR"]) == 0
    text = out.read_text("utf-8")
    assert text.startswith("digraph")
    assert "LR" in text
    assert "weight" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no.py:f", "--out", "g.svg"], "no such file: no.py"),
        (["{source}", "--out", "g.svg"], "expected FILE.py:FUNCTION"),
        (
            ["{source}:missing", "--out", "g.svg"],
            "there is no function missing; it has scalar, model",
        ),
        (["{source}:here", "--out", "g.svg"], "there is no function here"),
        (["{source}:scalar", "--out", "g.bmp"], "the suffix must be one of .svg, .html"),
        (["{source}:nothing", "--out", "g.svg"], "nothing() in {source} must return a Tensor"),
        (["{source}:broken", "--out", "g.svg"], "failed (line 37): RuntimeError: no data"),
        (["{source}:freed", "--out", "g.svg", "--backward"], "retain_graph=True"),
        (["{source}:scalar", "--out", "no/such/folder/g.svg"], "No such file or directory"),
        (["{source}:scalar", "--out", "g.svg", "--depth", "-1"], "depth must not be negative"),
    ],
)
def test_errors(source: Path, capsys, words: list[str], message: str) -> None:
    words = [word.replace("{source}", str(source)) for word in words]
    assert main(["graph", *words]) == 2
    assert message.replace("{source}", str(source)) in capsys.readouterr().err


def test_a_file_that_does_not_run(tmp_path: Path, capsys) -> None:
    path = tmp_path / "wrong.py"
    path.write_text("x = (\n")
    assert main(["graph", f"{path}:f", "--out", "g.svg"]) == 2
    assert "SyntaxError" in capsys.readouterr().err
