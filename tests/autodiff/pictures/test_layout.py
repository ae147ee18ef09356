"""The layout keeps boxes apart and edges pointing down."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff.pictures.layout import arrange


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    count = draw(st.integers(1, 25))
    sizes = [(draw(st.floats(1, 200)), draw(st.floats(1, 60))) for _ in range(count)]
    edges = []
    if count > 1:
        for _ in range(draw(st.integers(0, 40))):
            tail = draw(st.integers(0, count - 2))
            edges.append((tail, draw(st.integers(tail + 1, count - 1))))
    return sizes, edges


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_boxes_do_not_overlap_and_edges_point_down(graph) -> None:
    sizes, edges = graph
    layout = arrange(sizes, edges)
    boxes = [(x, y, w, h) for (x, y), (w, h) in zip(layout.centres, sizes, strict=True)]
    for (x, y, w, h), (u, v, a, b) in itertools.combinations(boxes, 2):
        assert abs(x - u) >= (w + a) / 2 - 1e-6 or abs(y - v) >= (h + b) / 2 - 1e-6
    for x, y, w, h in boxes:
        assert x - w / 2 >= -1e-6
        assert x + w / 2 <= layout.width + 1e-6
        assert y - h / 2 >= -1e-6
        assert y + h / 2 <= layout.height + 1e-6
    for (tail, head), route in zip(edges, layout.routes, strict=True):
        ys = [layout.centres[tail][1], *[y for _, y in route], layout.centres[head][1]]
        assert ys == sorted(ys)
        assert len(set(ys)) == len(ys)


def test_no_boxes() -> None:
    layout = arrange([], [])
    assert (layout.width, layout.height, layout.centres) == (0, 0, [])


def test_a_chain_is_straight() -> None:
    layout = arrange([(40, 20)] * 10, [(i, i + 1) for i in range(9)])
    assert len({x for x, _ in layout.centres}) == 1


def test_crossings_of_a_ladder_are_undone() -> None:
    # Two chains whose boxes are numbered alternately must not cross.
    edges = [(i, i + 2) for i in range(18)]
    layout = arrange([(40, 20)] * 20, edges)
    sides = {i % 2: set() for i in range(2)}
    for i, (x, _) in enumerate(layout.centres):
        sides[i % 2].add(x)
    assert all(len(xs) == 1 for xs in sides.values())


def test_long_chain_needs_no_recursion() -> None:
    layout = arrange([(10, 10)] * 20000, [(i, i + 1) for i in range(19999)])
    assert len(layout.centres) == 20000
