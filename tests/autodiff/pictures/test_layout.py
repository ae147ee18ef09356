"""The layout keeps boxes and frames apart, edges lead forwards and round boxes, pictures are compact."""

from __future__ import annotations

import itertools
from collections import defaultdict

import pytest
import sample_views
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff.pictures import svg
from autodiff.pictures.layout import Layout, arrange
from autodiff.pictures.layout import rows as rows_module
from autodiff.pictures.view import View

EPS = 1e-6
Size = tuple[float, float]
Edge = tuple[int, int]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Size], list[Edge], list[list[int]]]:
    count = draw(st.integers(1, 25))
    sizes = [(draw(st.floats(1, 200)), draw(st.floats(1, 60))) for _ in range(count)]
    edges: list[Edge] = []
    if count > 1:
        for _ in range(draw(st.integers(0, 40))):
            tail = draw(st.integers(0, count - 2))
            edges.append((tail, draw(st.integers(tail + 1, count - 1))))
    frames = []
    for _ in range(draw(st.integers(0, 5))):
        first = draw(st.integers(0, count - 1))
        boxes = range(first, draw(st.integers(first, count - 1)) + 1)
        frames.append([box for box in boxes if draw(st.integers(0, 5))] or [first])
    return sizes, edges, frames


def _check(
    layout: Layout,
    sizes: list[Size],
    edges: list[Edge],
    frames: list[list[int]],
    direction: str = "TB",
) -> None:
    """All that must hold, looked at from top to bottom."""
    width, height, centres, routes = layout.width, layout.height, layout.centres, layout.routes
    drawn = layout.frames
    if direction == "LR":
        width, height = height, width
        sizes = [(h, w) for w, h in sizes]
        centres = [(y, x) for x, y in centres]
        routes = [[(y, x) for x, y in route] for route in routes]
        drawn = [frame and (frame[1], frame[0], frame[3], frame[2]) for frame in drawn]
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(centres, sizes)]
    for a, b in itertools.combinations(boxes, 2):
        assert _apart(a, b)
    for box in boxes:
        assert _inside(box, (0, 0, width, height))
    for (tail, head), route in zip(edges, routes, strict=True):
        ys = [y for _, y in route]
        assert all(a <= b + EPS for a, b in itertools.pairwise(ys))
        assert boxes[tail][3] == pytest.approx(ys[0])
        assert boxes[head][1] == pytest.approx(ys[-1])
        assert ys[0] < ys[-1]
        assert boxes[head][0] - EPS <= route[-1][0] <= boxes[head][2] + EPS
        for (x, y), (to_x, to_y) in itertools.pairwise(route):
            way = (min(x, to_x), y, max(x, to_x), to_y)  # a curve stays within its ends
            assert _inside(way, (0, 0, width, height))
            for other, box in enumerate(boxes):
                assert other in (tail, head) or _apart(way, box)
    rectangles = [
        None if frame is None else (frame[0], frame[1], frame[0] + frame[2], frame[1] + frame[3])
        for frame in drawn
    ]
    for members, frame in zip(frames, rectangles, strict=True):
        if frame:
            assert _inside(frame, (0, 0, width, height))
            for i, box in enumerate(boxes):
                assert _inside(box, frame) if i in members else _apart(box, frame)
    for a, b in itertools.combinations([frame for frame in rectangles if frame], 2):
        assert _apart(a, b) or _inside(a, b) or _inside(b, a)


Rectangle = tuple[float, float, float, float]


def _apart(a: Rectangle, b: Rectangle) -> bool:
    return a[2] <= b[0] + EPS or b[2] <= a[0] + EPS or a[3] <= b[1] + EPS or b[3] <= a[1] + EPS


def _inside(a: Rectangle, b: Rectangle) -> bool:
    return a[0] >= b[0] - EPS and a[1] >= b[1] - EPS and a[2] <= b[2] + EPS and a[3] <= b[3] + EPS


def _parts(view: View) -> tuple[list[Size], list[Edge], list[list[int]]]:
    return (
        [svg.size(box) for box in view.boxes],
        [(arrow.tail, arrow.head) for arrow in view.arrows],
        [frame.boxes for frame in view.frames],
    )


@settings(max_examples=150, deadline=None)
@given(graphs(), st.sampled_from(["TB", "LR"]))
def test_nothing_overlaps_and_edges_lead_forwards_round_boxes(graph, direction) -> None:
    sizes, edges, frames = graph
    _check(arrange(sizes, edges, frames, [30.0] * len(frames), direction), *graph, direction)


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize(
    "view",
    [
        sample_views.scalars(),
        sample_views.mlp(),
        sample_views.transformer(2),
        sample_views.rnn(6),
        sample_views.rnn(6, shared=True),
        sample_views.backward(),
    ],
    ids=["scalars", "mlp", "transformer", "rnn", "shared", "backward"],
)
def test_networks(view: View, direction: str) -> None:
    sizes, edges, frames = _parts(view)
    layout = arrange(sizes, edges, frames, [30.0] * len(frames), direction)
    assert None not in layout.frames
    _check(layout, sizes, edges, frames, direction)


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_many_long_edges_go_round_the_outside(graph) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "_MOST_LANES", 3)
        _check(arrange(*graph), *graph)


def test_no_boxes() -> None:
    layout = arrange([], [])
    assert (layout.width, layout.height, layout.centres) == (0, 0, [])


def test_a_chain_is_straight() -> None:
    layout = arrange([(40, 20)] * 10, [(i, i + 1) for i in range(9)])
    assert len({x for x, _ in layout.centres}) == 1


def test_the_longest_path_is_straight() -> None:
    view = sample_views.transformer(2)
    layout = arrange(*_parts(view))
    named = defaultdict(set)
    for box, (x, _) in zip(view.boxes, layout.centres):
        named[box.title].add(round(x, 3))
    for title in ("embedding", "layer_norm", "softmax", "dropout", "gelu", "cross_entropy"):
        assert named[title] == named["embedding"]
        assert len(named[title]) == 1


def test_crossings_of_a_ladder_are_undone() -> None:
    # Two chains whose boxes are numbered alternately must not cross.
    edges = [(i, i + 2) for i in range(18)]
    layout = arrange([(40, 20)] * 20, edges)
    sides = {i % 2: set() for i in range(2)}
    for i, (x, _) in enumerate(layout.centres):
        sides[i % 2].add(x)
    assert all(len(xs) == 1 for xs in sides.values())


def test_a_source_stands_close_above_its_use() -> None:
    edges = [(0, 1), (1, 2), (2, 3), (3, 5), (4, 5)]
    layout = arrange([(40, 20)] * 6, edges)
    assert layout.centres[4][1] == layout.centres[3][1]


def test_frames_one_after_another_stand_in_one_column() -> None:
    view = sample_views.mlp(3)
    layout = arrange(*_parts(view))
    left, right = zip(*[(x, x + w) for x, _, w, _ in layout.frames])
    assert max(left) < min(right)


def test_a_frame_that_cannot_be_drawn_is_left_out() -> None:
    # 0 and 2 would stand round 1, which does not belong to them.
    layout = arrange([(40, 20)] * 3, [(0, 1), (1, 2)], [[0, 2], [1, 2]])
    assert layout.frames[0] is None
    assert arrange([(40, 20)] * 3, [(0, 1), (1, 2)], [[0, 1], [1, 2]]).frames[1] is None


def test_edges_of_one_box_share_their_way() -> None:
    edges = [(i, i + 1) for i in range(6)] + [(0, 5), (0, 6)]
    layout = arrange([(40, 20)] * 7, edges)
    assert layout.routes[6][:2] == layout.routes[7][:2]
    assert layout.routes[6][2][0] == layout.routes[7][2][0]


@pytest.mark.parametrize("frames", [False, True])
def test_a_transformer_is_compact(frames: bool) -> None:
    sizes, edges, around = _parts(sample_views.transformer(12, frames))
    layout = arrange(sizes, edges, around)
    ranks = defaultdict(list)
    for (_, y), (w, _) in zip(layout.centres, sizes):
        ranks[round(y, 3)].append(w)
    widest = max(sum(row) + 22 * (len(row) - 1) for row in ranks.values())
    assert layout.width <= 1.5 * widest


def test_long_chain_needs_no_recursion() -> None:
    layout = arrange([(10, 10)] * 20000, [(i, i + 1) for i in range(19999)])
    assert len(layout.centres) == 20000


def test_deep_frames_need_no_recursion() -> None:
    layout = arrange([(10, 10)] * 3, [(0, 1), (1, 2)], [[0, 1]] * 2000)
    assert None not in layout.frames
