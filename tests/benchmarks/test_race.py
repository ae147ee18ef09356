"""The race: both sides agree in every case, and the report holds what it should. No times are judged."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from autodiff.benchmarks import race as races
from autodiff.benchmarks import timing
from autodiff.benchmarks.case import Case, disagreement


@pytest.mark.parametrize("suite", races.SUITES)
def test_every_case_runs_alone(suite: str) -> None:
    cases = list(importlib.import_module(f"autodiff.benchmarks.suites.{suite}").cases(None))
    assert cases
    assert len({case.name for case in cases}) == len(cases)
    for case in cases:
        assert set(case.peers) <= {"numpy"}
        if suite not in ("conv", "gemm", "kernels"):  # those take seconds
            case.ours()


@pytest.mark.parity
@pytest.mark.parametrize("suite", [name for name in races.SUITES if name != "scalar"])
def test_both_sides_agree(suite: str) -> None:
    torch = pytest.importorskip("torch")
    for case in importlib.import_module(f"autodiff.benchmarks.suites.{suite}").cases(torch):
        assert disagreement(case) is None, case.name


def test_scalars_agree_with_micrograd() -> None:
    micrograd = pytest.importorskip("micrograd.engine", reason="micrograd is in the extra 'bench'")
    from autodiff.benchmarks.suites import scalar

    for case in scalar.cases(micrograd):
        assert disagreement(case) is None, case.name


def test_a_difference_is_found() -> None:
    def case(a, b) -> Case:
        return Case("case", lambda: None, lambda: None, lambda: [(a, b)])

    assert disagreement(case(np.ones(2), np.ones(2))) is None
    assert "shapes" in disagreement(case(np.ones(2), np.ones(3)))
    assert "differs by" in disagreement(case(np.ones(2), np.array([1.0, 1.1])))
    assert "differs by" in disagreement(case(np.array([np.nan, 1.0]), np.ones(2)))


def test_report_and_file(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(timing, "_SAMPLE", 1e-5)
    monkeypatch.setattr(races, "_cases", lambda suite, torch: _fake_cases())
    path = tmp_path / "figures.json"
    assert races.run(["ops"], json_path=path) == 1
    printed = capsys.readouterr().out
    assert "good" in printed
    assert "the sides disagree" in printed
    rows = json.loads(path.read_text())["rows"]
    assert [row["case"] for row in rows] == ["good", "geometric mean"]
    assert rows[0]["ratio"] > 0


def test_the_fastest_peer_counts(monkeypatch) -> None:
    monkeypatch.setattr(timing, "_SAMPLE", 1e-5)
    peers = {"slow": lambda: sum(range(20_000)), "fast": lambda: sum(range(100))}
    timed = timing.race(lambda: sum(range(100)), peers, rounds=5)
    assert timed.rival == "fast"
    assert timed.ratio < 10


def _fake_cases() -> list[Case]:
    work = lambda: sum(range(50))
    return [
        Case("good", work, work, lambda: [(1.0, 1.0)]),
        Case("bad", work, work, lambda: [(1.0, 2.0)]),
    ]
