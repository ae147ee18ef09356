"""A layered layout for directed acyclic graphs: ranks, few crossings, straight edges.

The steps are those of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system
structures" (1981). Positions within a rank are found by isotonic regression: the boxes come as near to
their neighbours' mean as they can without overlapping.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Layout", "arrange"]

_SWEEPS = 8
_STRAIGHTNESS = 8.0  # how much more a bend in a long edge counts than a box off its place


@dataclass(frozen=True)
class Layout:
    """Where boxes and edges go.

    Attributes
    ----------
    centres : list of (x, y)
        The centre of each box.
    routes : list of list of (x, y)
        Per edge the points between its two ends, from tail to head.
    width, height : float
        The size of the whole.
    """

    centres: list[tuple[float, float]]
    routes: list[list[tuple[float, float]]]
    width: float
    height: float


def arrange(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    gap: float = 24.0,
    rank_gap: float = 34.0,
) -> Layout:
    """Place boxes in ranks so that every edge points down.

    Parameters
    ----------
    sizes : sequence of (width, height)
        The boxes, numbered in a topological order (each before the heads of its edges).
    edges : sequence of (tail, head)
    gap, rank_gap : float
        The free space between neighbours and between ranks.

    Returns
    -------
    Layout
    """
    count = len(sizes)
    if not count:
        return Layout([], [], 0.0, 0.0)
    rank = _ranks(count, edges)
    widths = [w for w, _ in sizes]
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    bends: list[list[int]] = []
    for tail, head in edges:
        chain = []
        last = tail
        for level in range(rank[tail] + 1, rank[head]):
            bend = len(rank)
            rank.append(level)
            widths.append(2.0)
            above.append([last])
            below.append([])
            below[last].append(bend)
            chain.append(bend)
            last = bend
        below[last].append(head)
        above[head].append(last)
        bends.append(chain)
    layers = _order(rank, above, below)
    xs = _positions(layers, above, below, widths, gap, count)
    heights = [max((sizes[i][1] for i in layer if i < count), default=0.0) for layer in layers]
    ys, y = [], 0.0
    for height in heights:
        ys.append(y + height / 2)
        y += height + rank_gap
    left = min(x - w / 2 for x, w in zip(xs, widths))
    right = max(x + w / 2 for x, w in zip(xs, widths))
    points = [(x - left, ys[r]) for x, r in zip(xs, rank)]
    return Layout(
        points[:count],
        [[points[b] for b in chain] for chain in bends],
        right - left,
        y - rank_gap,
    )


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest path to each box; a box that nothing leads to stands right above its first use."""
    rank = [0] * count
    heads: list[list[int]] = [[] for _ in range(count)]
    has_tail = [False] * count
    for tail, head in edges:
        heads[tail].append(head)
        has_tail[head] = True
    for box in range(count):
        for head in heads[box]:
            rank[head] = max(rank[head], rank[box] + 1)
    for box in range(count):
        if not has_tail[box] and heads[box]:
            rank[box] = min(rank[head] for head in heads[box]) - 1
    return rank


def _order(rank: list[int], above: list[list[int]], below: list[list[int]]) -> list[list[int]]:
    """Boxes per rank from left to right, by the barycentre heuristic; the best of all sweeps."""
    layers: list[list[int]] = [[] for _ in range(max(rank) + 1)]
    for box in _depth_first(rank, above):
        layers[rank[box]].append(box)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        neighbours = above if downward else below
        place = [0] * len(rank)
        for layer in layers:
            for i, box in enumerate(layer):
                place[box] = i
        for layer in layers if downward else reversed(layers):
            keys = {
                box: sum([place[n] for n in neighbours[box]]) / len(neighbours[box])
                if neighbours[box]
                else place[box]
                for box in layer
            }
            layer.sort(key=keys.__getitem__)
            for i, box in enumerate(layer):
                place[box] = i
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _depth_first(rank: list[int], above: list[list[int]]) -> list[int]:
    """All boxes, those that lead to one another close together."""
    seen = [False] * len(rank)
    found = []
    for root in sorted(range(len(rank)), key=rank.__getitem__, reverse=True):
        stack = [root]
        while stack:
            box = stack.pop()
            if not seen[box]:
                seen[box] = True
                found.append(box)
                stack.extend(reversed(above[box]))
    return found


def _crossings(layers: list[list[int]], below: list[list[int]]) -> int:
    """Count the pairs of crossing edges, with a Fenwick tree per pair of ranks."""
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {box: i for i, box in enumerate(lower)}
        tree = [0] * (len(lower) + 1)
        passed = 0
        for box in upper:
            ends = [place[n] for n in below[box]]
            for end in ends:
                i, before = end + 1, 0
                while i:
                    before += tree[i]
                    i -= i & -i
                total += passed - before
            for end in ends:
                i = end + 1
                while i < len(tree):
                    tree[i] += 1
                    i += i & -i
            passed += len(ends)
    return total


def _positions(
    layers: list[list[int]],
    above: list[list[int]],
    below: list[list[int]],
    widths: list[float],
    gap: float,
    count: int,
) -> list[float]:
    xs = [0.0] * len(widths)
    for layer in layers:
        x = 0.0
        for box in layer:
            xs[box] = x + widths[box] / 2
            x += widths[box] + gap
    weights = [1.0 if box < count else _STRAIGHTNESS for box in range(len(widths))]
    for sweep in range(_SWEEPS):
        downward = sweep % 2 == 0
        neighbours = above if downward else below
        for layer in layers if downward else reversed(layers):
            wanted = [
                sum([xs[n] for n in neighbours[box]]) / len(neighbours[box])
                if neighbours[box]
                else xs[box]
                for box in layer
            ]
            placed = _separated(
                wanted, [weights[b] for b in layer], [widths[b] for b in layer], gap
            )
            for box, x in zip(layer, placed):
                xs[box] = x
    return xs


def _separated(
    wanted: list[float], weights: list[float], widths: list[float], gap: float
) -> list[float]:
    """The positions nearest to `wanted` (weighted least squares) that keep order and distance."""
    offsets, offset = [], 0.0
    for i, width in enumerate(widths):
        offset += width / 2 if i else 0.0
        offsets.append(offset)
        offset += width / 2 + gap
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many boxes
    for want, weight, shift in zip(wanted, weights, offsets):
        mean, size = want - shift, 1
        while blocks and blocks[-1][0] > mean:
            other, other_weight, other_size = blocks.pop()
            mean = (mean * weight + other * other_weight) / (weight + other_weight)
            weight += other_weight
            size += other_size
        blocks.append((mean, weight, size))
    starts = [mean for mean, _, size in blocks for _ in range(size)]
    return [start + shift for start, shift in zip(starts, offsets)]
