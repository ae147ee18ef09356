"""The command line: what it prints, writes and refuses."""

from __future__ import annotations

import gzip
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from autodiff import kernels
from autodiff.cli import main

sklearn = pytest.importorskip("sklearn", reason="the demo needs the extra 'demo'")
pytest.importorskip("matplotlib", reason="the demo needs the extra 'demo'")


def test_demo_trains_and_writes(tmp_path, capsys) -> None:
    assert main(["demo", "--out", str(tmp_path / "out"), "--epochs", "3"]) == 0
    printed = capsys.readouterr().out
    accuracy = float(re.search(r"test accuracy ([\d.]+)%", printed).group(1))
    assert accuracy > 90  # three of the epochs that the whole job has
    assert "confusion matrix" in printed
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"loss.png", "graph.svg"} < names
    assert names & {"model.safetensors", "model.npz"}
    ET.parse(tmp_path / "out" / "graph.svg")


def test_same_seed_same_losses(tmp_path, capsys) -> None:
    lines = []
    for run in range(2):
        main(["demo", "--out", str(tmp_path / str(run)), "--epochs", "1", "--seed", "3"])
        lines.append(
            [x for x in capsys.readouterr().out.splitlines() if x.startswith(("epoch", "test"))]
        )
    assert lines[0] == lines[1]


def _write_idx(path, array: np.ndarray) -> None:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


@pytest.fixture
def small_mnist(tmp_path):
    """Images in which digit d has a bright row at height 2 d + 4: learnable in one epoch."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "data"
    folder.mkdir()
    for part, count in (("train", 1500), ("t10k", 200)):
        labels = np.arange(count) % 10
        images = rng.integers(0, 60, (count, 28, 28))
        images[np.arange(count), 2 * labels + 4] = 255
        _write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        _write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels)
    return folder


def test_demo_on_idx_files(small_mnist, tmp_path, capsys) -> None:
    arguments = [
        "demo",
        "--data",
        str(small_mnist),
        "--out",
        str(tmp_path / "out"),
        "--epochs",
        "2",
    ]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "1350 training, 150 validation, 200 test images of 28x28" in printed
    assert float(re.search(r"test accuracy ([\d.]+)%", printed).group(1)) > 90


def test_damaged_file_is_named(small_mnist, tmp_path, capsys) -> None:
    path = small_mnist / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:1000])
    assert main(["demo", "--data", str(small_mnist), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert str(path) in error
    assert "damaged gzip" in error


def test_missing_folder_is_named(tmp_path, capsys) -> None:
    assert main(["demo", "--data", str(tmp_path / "no"), "--out", str(tmp_path)]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_output_that_is_a_file(tmp_path, capsys) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "--out", str(tmp_path / "file"), "--epochs", "1"]) == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["demo", "--epochs", "0"], ["demo", "--epochs", "x"]]
)
def test_wrong_words(words, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: autodiff" in capsys.readouterr().err


def test_bench_lists_its_suites(capsys) -> None:
    assert main(["bench", "--list"]) == 0
    printed = capsys.readouterr().out
    for name in ("ops", "chain", "scalar", "mlp", "conv", "gemm"):
        assert name in printed


def test_bench_refuses_an_unknown_suite(capsys) -> None:
    assert main(["bench", "nonsense"]) == 2
    assert "no suite called nonsense" in capsys.readouterr().err


def test_warmup_compiles_every_kernel(monkeypatch, capsys) -> None:
    few = {name: kernels.KERNELS[name] for name in ("index_add", "sgd_step")}
    monkeypatch.setattr(kernels.warmup, "KERNELS", few)
    assert main(["warmup", "--dtype", "float32"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "sgd_step (float32)" in printed.err
    assert "index_add (float32)" in printed.err
    assert "all kernels are ready after" in printed.err


def test_warmup_without_numba(monkeypatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    words = [sys.executable, "-m", "autodiff.cli", "warmup"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "NUMBA_DISABLE_JIT" in done.stderr


def test_threads_reach_a_fresh_process() -> None:
    words = [sys.executable, "-m", "autodiff.cli", "bench", "--list", "--threads", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "gemm" in done.stdout
