"""The tables of a profile: by operation, and by module as a tree."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..observing import Path
from ..pictures.tabular import Table
from .events import Event

__all__ = ["as_text", "table", "totals"]


@dataclass(slots=True)
class _Sums:
    """Events added up: nanoseconds, bytes."""

    name: str
    path: Path = ()
    calls: int = 0
    wall: int = 0
    forward: int = 0
    backward: int = 0
    made: int = 0
    saved: int = 0
    multiply_adds: int = 0

    @property
    def time(self) -> int:
        return self.forward + self.backward

    @property
    def memory(self) -> int:
        return self.made

    def add(self, event: Event) -> None:
        """Count an operation or its rules."""
        if event.kind == "forward":
            self.forward += event.own
        else:
            self.backward += event.own
        self.made += event.made
        self.saved += event.saved
        self.multiply_adds += event.multiply_adds

    def called(self, event: Event) -> None:
        """Count a call of a module, whose class is named, or time in a scope."""
        self.calls += 1
        self.wall += event.end - event.begin
        if event.name != self.path[-1]:
            self.name = f"{self.path[-1]}: {event.name}"


_LARGEST = ("time", "forward", "backward", "calls", "memory")
_SORTS = (*_LARGEST, "name", "order")
_OPERATIONS = ("forward", "backward")


def table(events: Sequence[Event], by: str, sort: str, depth: int | None) -> Table:
    """Return a table; see ``profile.table``."""
    if by not in ("primitive", "module"):
        raise ValueError(f"profile: by must be 'primitive' or 'module', got {by!r}")
    if sort not in _SORTS:
        raise ValueError(f"profile: sort must be one of {', '.join(_SORTS)}, got {sort!r}")
    if depth is not None and depth < 0:
        raise ValueError(f"profile: depth must not be negative, got {depth}")
    in_order = sorted(events, key=lambda event: event.begin)
    return _by_module(in_order, sort, depth) if by == "module" else _by_primitive(in_order, sort)


def _sorted(found: Iterable[_Sums], sort: str) -> list[_Sums]:
    if sort == "order":
        return list(found)
    if sort == "name":
        return sorted(found, key=lambda sums: sums.name)
    return sorted(found, key=lambda sums: getattr(sums, sort), reverse=True)


def _by_primitive(events: Sequence[Event], sort: str) -> Table:
    found: dict[str, _Sums] = {}
    for event in events:
        if event.kind in _OPERATIONS:
            sums = found.setdefault(event.name, _Sums(event.name))
            sums.add(event)
            sums.calls += event.kind == "forward"
    whole = sum([sums.time for sums in found.values()])
    rows = [
        (
            sums.name, sums.calls, _ms(sums.forward), _ms(sums.backward), _percent(sums.time, whole),
            _each(sums.forward, sums.calls), _rate(sums), _mb(sums.made), _mb(sums.saved),
        )
        for sums in _sorted(found.values(), sort)
    ]  # fmt: skip
    columns = [
        "operation", "calls", "forward ms", "backward ms", "%", "µs/call", "GFLOP/s", "made MB",
        "saved MB",
    ]  # fmt: skip
    return Table(columns, rows)


def _by_module(events: Sequence[Event], sort: str, depth: int | None) -> Table:
    alone: dict[Path, _Sums] = {}
    whole: dict[Path, _Sums] = {}  # with all that is inside
    inside: dict[Path, list[_Sums]] = {}
    for path in dict.fromkeys([(), *[event.path for event in events]]):
        for length in range(len(path) + 1):
            around = path[:length]
            if around not in whole:
                name = around[-1] if around else "all"
                alone[around], whole[around] = _Sums(name, around), _Sums(name, around)
                if around:
                    inside.setdefault(around[:-1], []).append(whole[around])
    for event in events:
        path = event.path
        if event.kind in _OPERATIONS:
            alone[path].add(event)
            for length in range(len(path) + 1):
                whole[path[:length]].add(event)
        elif event.kind in ("module", "scope"):
            whole[path].called(event)
    rows = []
    waiting = [whole[()]]
    while waiting:
        sums = waiting.pop()
        own = alone[sums.path]
        rows.append(
            (
                "  " * len(sums.path) + sums.name, sums.calls or None,
                _ms(sums.wall) if sums.calls else None, _ms(sums.forward), _ms(own.forward),
                _ms(sums.backward), _ms(own.backward), _percent(sums.time, whole[()].time),
                _mb(sums.made), _mb(sums.saved),
            )
        )  # fmt: skip
        if depth is None or len(sums.path) < depth:
            waiting += reversed(_sorted(inside.get(sums.path, ()), sort))
    columns = [
        "module", "calls", "wall ms", "forward ms", "own forward", "backward ms", "own backward", "%",
        "made MB", "saved MB",
    ]  # fmt: skip
    return Table(columns, rows)


def totals(events: Sequence[Event], wall: float, peak: int) -> str:
    """Where the wall time went, and the peak of memory."""
    times = dict.fromkeys(("forward", "backward"), 0.0)
    sweeps = 0.0
    for event in events:
        if event.kind in times:
            times[event.kind] += event.own * 1e-9
        elif event.kind == "sweep":
            sweeps += (event.end - event.begin) * 1e-9
    engine = max(sweeps - times["backward"], 0.0)
    rest = max(wall - sum(times.values()) - engine, 0.0)
    parts = {
        "wall": wall,
        "  forward functions": times["forward"],
        "  backward rules": times["backward"],
        "  engine between the rules": engine,
        "  Python, optimiser, data, measuring": rest,
    }
    rows = [(name, t * 1e3, 100 * t / wall if wall else 0.0) for name, t in parts.items()]
    table = as_text(Table(["time", "ms", "%"], rows))
    return f"{table}\npeak memory of arrays made: {_mb(peak):.3f} MB"


def _ms(nanoseconds: int) -> float:
    return nanoseconds / 1e6


def _mb(nbytes: int) -> float:
    return nbytes / 1e6


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def _each(nanoseconds: int, calls: int) -> float | None:
    return nanoseconds / 1e3 / calls if calls else None


def _rate(sums: _Sums) -> float | None:
    return 2 * sums.multiply_adds / sums.forward if sums.multiply_adds and sums.forward else None


def as_text(table: Table, written: Mapping[str, Callable[[Any], str]] | None = None) -> str:
    """Return a table for a terminal, with equally many decimals in all of a column.

    `written` says by column how a number is written.
    """
    written = written or {}
    columns = []
    for name in table.columns:
        cells = table[name]
        align = str.ljust if any([isinstance(cell, str) for cell in cells]) else str.rjust
        shown = written.get(name) or functools.partial(_shown, decimals=1 if name in _ROUGH else 3)
        texts = [name, "", *map(shown, cells)]
        width = max(map(len, texts))
        texts[1] = "-" * width
        columns.append([align(text, width) for text in texts])
    return "\n".join(["  ".join(row).rstrip() for row in zip(*columns)])


_ROUGH = ("%", "GFLOP/s", "µs/call")


def _shown(cell: Any, decimals: int) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.{decimals}f}"
