"""Every example in a docstring, and the one in the README, runs and prints what it says."""

from __future__ import annotations

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path

import pytest

_LAYERS = ("kernels", "nn", "optim", "examples", "benchmarks")  # folders beside autodiff/


def _modules() -> list[str]:
    found = {"autodiff"}
    for package in ("autodiff", *[f"autodiff.{layer}" for layer in _LAYERS]):
        found.add(package)
        path = importlib.import_module(package).__path__
        found |= {info.name for info in pkgutil.walk_packages(path, f"{package}.")}
    return sorted(found)


@pytest.mark.parametrize("name", _modules())
def test_examples_of_module(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    count = sum(
        bool(test.examples)
        for name in _modules()
        for test in finder.find(importlib.import_module(name))
    )
    assert count > 200


def test_examples_of_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = Path(__file__).parent.parent / "README.md"
    code = r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?"
    blocks = re.findall(code, readme.read_text(encoding="utf-8"), re.DOTALL)
    assert any(printed for _, printed in blocks)
    monkeypatch.chdir(tmp_path)  # they write pictures
    names = {"__name__": "readme"}
    for block, printed in blocks:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block, "README.md", "exec"), names)
        if printed:
            assert [line.rstrip() for line in out.getvalue().splitlines()] == printed.splitlines()
