"""Runs the suites and prints who was faster: our time divided by the fastest peer's."""

from __future__ import annotations

import json
import math
import os
import platform
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import autodiff as ad

from .case import disagreement
from .timing import race

__all__ = ["SUITES", "run"]

SUITES = {
    "ops": "single operations on 32x32 tensors that require grad, forward",
    "chain": "100 alternating products and sums on 32x32, forward and backward",
    "scalar": "a 2-16-16-1 network of scalars on 10 samples, forward and backward, against micrograd",
    "mlp": "training steps of three multi-layer perceptrons",
    "conv": "convolutions and a small CNN, forward and backward",
    "gemm": "matrix products, forward",
    "kernels": "softmax, losses, norms, functions, pooling, attention, recurrence, optimisers",
}


def run(
    names: Sequence[str] = (), *, json_path: Path | None = None, only_list: bool = False
) -> int:
    """Race the suites called `names` (all by default); return 1 where results disagree."""
    if only_list:
        for name, meaning in SUITES.items():
            print(f"{name:8} {meaning}")
        return 0
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        raise ValueError(f"no suite called {', '.join(unknown)}; there are {', '.join(SUITES)}")
    torch = _optional("torch", "pip install 'autodiff[bench]'")
    if torch is not None:
        torch.set_num_threads(ad.get_num_threads())
    print(_machine(torch))
    rows: list[dict[str, Any]] = []
    failures = 0
    for suite in names or SUITES:
        print(f"\n{suite}: {SUITES[suite]}")
        print(f"  {'case':38}{'ours':>11}{'peer':>11}{'spread':>8}{'ours/peer':>11}")
        ratios = []
        for case in _cases(suite, torch):
            problem = disagreement(case) if case.peers else None
            if problem is not None:
                print(f"  {case.name:38}  the sides disagree: {problem}")
                failures += 1
                continue
            timing = race(case.ours, case.peers)
            rows.append({"suite": suite, "case": case.name, **vars(timing)})
            print(
                f"  {case.name:38}{_seconds(timing.ours)}{_seconds(timing.peer)}"
                f"{timing.spread:8.0%}{'' if timing.ratio is None else f'{timing.ratio:11.2f}'}"
                f"  {timing.rival or ''}",
                flush=True,
            )
            if timing.ratio is not None:
                ratios.append(timing.ratio)
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            rows.append({"suite": suite, "case": "geometric mean", "ratio": mean})
            print(f"  {'geometric mean':38}{'':30}{mean:11.2f}")
    if json_path is not None:
        json_path.write_text(
            json.dumps({"machine": _machine(torch), "rows": rows}, indent=1), encoding="utf-8"
        )
    return 1 if failures else 0


def _cases(suite: str, torch: Any) -> Iterator[Any]:
    if suite == "scalar":
        torch = _optional("micrograd.engine", "pip install 'autodiff[bench]'")
    yield from import_module(f"autodiff.benchmarks.suites.{suite}").cases(torch)


def _optional(name: str, command: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        print(f"{name.split('.')[0]} is not installed ({command}); timing our side alone")
        return None


def _machine(torch: Any) -> str:
    peer = f", PyTorch {torch.__version__}" if torch is not None else ""
    return (
        f"autodiff {ad.__version__}, NumPy {np.__version__}{peer}, Python {platform.python_version()}; "
        f"{platform.machine()}, {os.cpu_count()} cores, threads: {ad.get_num_threads()}; "
        f"{time.strftime('%Y-%m-%d')}"
    )


def _seconds(value: float | None) -> str:
    if value is None:
        return f"{'':11}"
    for unit, scale in (("s ", 1.0), ("ms", 1e3), ("us", 1e6)):
        if value * scale >= 1:
            return f"{value * scale:8.2f} {unit}"
    return f"{value * 1e6:8.2f} us"
