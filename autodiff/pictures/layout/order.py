"""The order of the items in each row: few crossings, and the items of a frame side by side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from .nesting import Nesting
from .rows import Rows

__all__ = ["crossings", "ordered"]

_SWEEPS = 16
_PATIENCE = 4  # sweeps without gain after which no more are tried
_EXCHANGES = 5  # passes over all neighbours
_TIDYINGS = 10
_MOST_PAIRS = 10_000  # of edges of two neighbours; beyond this it takes too long to compare them

Layers = list[list[int]]


def ordered(rows: Rows, nesting: Nesting) -> Layers:
    """Return the items of each row from left to right.

    Rows are sorted by the mean place of their neighbours, downwards and upwards in turn (the barycentre
    heuristic of Sugiyama, Tagawa and Toda, 1981); then neighbours change places where that undoes
    crossings. The order with the fewest crossings is kept.
    """
    layers: Layers = [[] for _ in range(max(rows.rank) + 1)]
    first = _depth_first(rows)
    for item in sorted(range(len(first)), key=first.__getitem__):
        layers[rows.rank[item]].append(item)
    chains = [nesting.chain(home) for home in rows.home] if any(nesting.kept) else []
    place = _places(layers, len(rows.rank))
    if chains:
        _group_first(layers, place, first, chains)
    best, fewest = [list(layer) for layer in layers], crossings(layers, rows.below)
    waited = 0
    for sweep in range(_SWEEPS):
        if not fewest or waited == _PATIENCE:
            break
        downward = sweep % 2 == 0
        neighbours, others = (rows.above, rows.below) if downward else (rows.below, rows.above)
        before: list[int] = []
        for layer in layers if downward else reversed(layers):
            keys = _keys(layer, place, neighbours, others)
            if chains:
                _group(layer, keys, place, chains, before)
            else:
                layer.sort(key=keys.__getitem__)
            for i, item in enumerate(layer):
                place[item] = i
            before = layer
        _exchange(layers, place, rows, chains)
        found = crossings(layers, rows.below)
        waited += 1
        if found < fewest:
            best, fewest, waited = [list(layer) for layer in layers], found, 0
    _tidy(best, _places(best, len(rows.rank)), rows, chains, first)
    return best


def crossings(layers: Layers, below: list[list[int]]) -> int:
    """Count the pairs of crossing edges between all rows, with a Fenwick tree where there are many."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {item: i for i, item in enumerate(lower)}
        ends = [place[n] for item in upper for n in sorted(below[item], key=place.__getitem__)]
        if len(ends) < 2 or all([a <= b for a, b in itertools.pairwise(ends)]):
            continue
        tree = [0] * (len(lower) + 1)
        for passed, end in enumerate(ends):
            i, before = end + 1, 0
            while i:
                before += tree[i]
                i -= i & -i
            total += passed - before
            i = end + 1
            while i < len(tree):
                tree[i] += 1
                i += i & -i
    return total


def _depth_first(rows: Rows) -> list[int]:
    """When each item is met on a walk upwards from the results, inputs in their order."""
    met = [-1] * len(rows.rank)
    clock = 0
    for root in sorted(range(len(met)), key=rows.rank.__getitem__, reverse=True):
        stack = [root]
        while stack:
            item = stack.pop()
            if met[item] < 0:
                met[item] = clock
                clock += 1
                stack.extend(reversed(rows.above[item]))
    return met


def _places(layers: Layers, count: int) -> list[int]:
    place = [0] * count
    for layer in layers:
        for i, item in enumerate(layer):
            place[item] = i
    return place


def _keys(
    layer: list[int], place: list[int], neighbours: list[list[int]], others: list[list[int]]
) -> dict[int, float]:
    """The mean place of each item's neighbours; without neighbours, of those it meets on the other side."""
    keys: dict[int, float] = {}
    alone = []
    for item in layer:
        near = neighbours[item]
        if len(near) == 1:
            keys[item] = place[near[0]]
        elif near:
            keys[item] = sum([place[n] for n in near]) / len(near)
        else:
            alone.append(item)
    for item in alone:
        met = [keys[n] for other in others[item] for n in neighbours[other] if n in keys]
        keys[item] = sum(met) / len(met) if met else place[item]
    return keys


def _group_first(
    layers: Layers, place: list[int], first: list[int], chains: list[tuple[int, ...]]
) -> None:
    """Bring the items of each frame together, frames in the order in which they are first met."""
    met: dict[int, int] = {}
    for item in sorted(range(len(first)), key=first.__getitem__):
        for frame in chains[item]:
            met.setdefault(frame, first[item])
    for layer in layers:
        layer.sort(
            key=lambda item: [(met[frame], frame) for frame in chains[item]] + [(first[item], -1)]
        )
        for i, item in enumerate(layer):
            place[item] = i


def _group(
    layer: list[int],
    keys: dict[int, float],
    place: list[int],
    chains: list[tuple[int, ...]],
    before: Iterable[int],
) -> None:
    """Sort a row by its keys, with the items of each frame together.

    A frame that the row before knows keeps its place there, so that no two frames ever change sides.
    """
    known: dict[int, list[float]] = {}
    for item in before:
        for frame in chains[item]:
            known.setdefault(frame, []).append(place[item])
    met: dict[int, list[float]] = {}
    least: dict[int, int] = {}
    for item in layer:
        for frame in chains[item]:
            met.setdefault(frame, []).append(keys[item])
            least.setdefault(frame, place[item])
    frame_key = {}
    for frame, values in met.items():
        values = known.get(frame, values)
        frame_key[frame] = (sum(values) / len(values), least[frame])
    layer.sort(
        key=lambda item: [*map(frame_key.__getitem__, chains[item]), (keys[item], place[item])]
    )


def _exchange(layers: Layers, place: list[int], rows: Rows, chains: list[tuple[int, ...]]) -> None:
    """Let neighbours change places where fewer of their edges cross then.

    In every other turn also where as many cross: that can make way for a change with gain.
    """
    for turn in range(_EXCHANGES):
        if not _swap(layers, place, rows, chains, _at_least(1 - turn % 2)):
            break


def _at_least(least: int) -> Callable[[int, int, int], bool]:
    return lambda a, b, gain: gain >= least


def _tidy(
    layers: Layers, place: list[int], rows: Rows, chains: list[tuple[int, ...]], first: list[int]
) -> None:
    """Bring neighbours into the order of `first` where no more edges cross then: inputs as they are given."""
    for _ in range(_TIDYINGS):
        if not _swap(
            layers,
            place,
            rows,
            chains,
            lambda a, b, gain: gain > 0 or (not gain and first[a] > first[b]),
        ):
            break


def _swap(
    layers: Layers,
    place: list[int],
    rows: Rows,
    chains: list[tuple[int, ...]],
    wanted: Callable[[int, int, int], bool],
) -> bool:
    """Exchange neighbours in a frame where it is `wanted`, by how many crossings are gained."""
    changed = False
    for layer in layers:
        for i in range(len(layer) - 1):
            a, b = layer[i], layer[i + 1]
            if chains and chains[a] != chains[b]:
                continue
            gain = 0
            for neighbours in (rows.above, rows.below):
                ours, theirs = neighbours[a], neighbours[b]
                if ours and theirs and len(ours) * len(theirs) < _MOST_PAIRS:
                    for x in ours:
                        p = place[x]
                        for y in theirs:
                            q = place[y]
                            gain += (p > q) - (p < q)
            if wanted(a, b, gain):
                layer[i], layer[i + 1] = b, a
                place[a], place[b] = i + 1, i
                changed = True
    return changed
