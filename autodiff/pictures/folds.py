"""Which modules are folded: a choice by depth, and by the patterns of the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .model import Node, Path

__all__ = ["Folds", "collapsed", "expanded", "matching", "paths_of", "to_depth", "unmarked"]


@dataclass(frozen=True, slots=True)
class Folds:
    """Which modules are drawn as one box.

    Attributes
    ----------
    closed : frozenset of paths
        The folded modules; what lies inside them is not seen.
    apart : frozenset of paths
        Modules whose equal items are drawn one by one.
    """

    closed: frozenset[Path] = frozenset()
    apart: frozenset[Path] = frozenset()


def to_depth(nodes: Sequence[Node], depth: int) -> Folds:
    """Fold what lies deeper than `depth` levels of modules."""
    return Folds(frozenset([n.scope[: depth + 1] for n in nodes if len(n.scope) > depth]))


def unmarked(nodes: Sequence[Node]) -> Folds:
    """Fold the modules in which nothing differs."""
    open_ = {n.scope[:depth] for n in nodes if n.mark for depth in range(len(n.scope) + 1)}
    closed = set()
    for scope in {node.scope for node in nodes}:
        around = [scope[:depth] for depth in range(1, len(scope) + 1)]
        closed.update([path for path in around if path not in open_ and path[:-1] in open_])
    return Folds(frozenset(closed))


def paths_of(nodes: Iterable[Node]) -> list[Path]:
    """All modules, each before those inside it."""
    found = {node.scope for node in nodes}
    every = {path[:depth] for path in found for depth in range(1, len(path) + 1)}
    return sorted(every, key=_natural)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in path]


def collapsed(folds: Folds, paths: Iterable[Path]) -> Folds:
    """`folds` with these modules folded too; equal ones become one box again."""
    chosen = frozenset(paths)
    lists = chosen | {path[:-1] for path in chosen}
    return Folds(folds.closed | chosen, folds.apart - lists)


def expanded(folds: Folds, nodes: Sequence[Node], paths: Iterable[Path]) -> Folds:
    """`folds` with these modules open, and all that they lie in."""
    closed, apart = set(folds.closed), set(folds.apart)
    every = paths_of(nodes)
    chosen = set(paths)
    for path in sorted(chosen, key=len):
        around = [path[:depth] for depth in range(1, len(path) + 1)]
        if not closed.intersection(around):
            apart.add(path)
        for folded in closed.intersection(around):
            # What else lies in a module that opens for the sake of one inside it stays folded.
            closed.remove(folded)
            closed.update(
                [
                    p
                    for p in every
                    if p[:-1] in around and p[: len(folded)] == folded and p not in around
                ]
            )
    return Folds(frozenset(closed - chosen), frozenset(apart))


def matching(nodes: Sequence[Node], pattern: str) -> list[Path]:
    """The modules whose dotted path fits a pattern of the shell (``blocks.*``)."""
    return [path for path in paths_of(nodes) if fnmatchcase(".".join(path), pattern)]
