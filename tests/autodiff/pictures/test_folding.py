"""Modules as boxes: what folds, what is refused, and that no box leads back to itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff as ad
from autodiff import nn
from autodiff.pictures.folding import fold
from autodiff.pictures.folds import Folds, to_depth
from autodiff.pictures.model import Edge, Node


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, 2, batch_first=True)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        h = self.norm1(x)
        x = x + self.attn(h, h, h)[0]
        return x + self.fc2(ad.relu(self.fc1(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, blocks: int = 12, width: int = 8) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, width)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(blocks)])
        self.head = nn.Linear(width, 20)

    def forward(self, tokens: ad.Tensor) -> ad.Tensor:
        return self.head(self.blocks(self.embed(tokens)))


@pytest.fixture(scope="module")
def transformer() -> ad.pictures.Graph:
    return ad.graph(Transformer(), ad.tensor([[1, 2, 3]]))


def _titles(graph: ad.pictures.Graph) -> list[str]:
    return [box.title for box in graph.view().boxes]


def test_a_large_graph_comes_folded(transformer) -> None:
    assert len(transformer) > 400
    view = transformer.view()
    assert len(view.boxes) < 20
    assert "blocks.0–11  ×12" in [box.title for box in view.boxes]
    assert "drawn as" in repr(transformer)


def test_what_stands_in_a_folded_box(transformer) -> None:
    node = next(n for n in transformer._folded().nodes if n.times > 1)
    one = sum(p.numel() for p in Block(8).parameters())
    assert node.parameters == node.times * one
    assert node.shape == (1, 3, 8)
    assert node.count % node.times == 0
    box = next(b for b in transformer.view().boxes if b.title.startswith("blocks"))
    assert box.kind == "module"
    assert box.lines[:2] == ["Block", "1×3×8"]
    assert box.lines[2].endswith("operations")
    assert box.lines[3].endswith("parameters")


def test_depth(transformer) -> None:
    model, tokens = Transformer(3), ad.tensor([[1, 2, 3]])
    graphs = [ad.graph(model, tokens, depth=d) for d in range(5)]
    sizes = [len(graph.view().boxes) for graph in graphs]
    assert sizes == sorted(sizes)
    assert {"embed", "blocks", "head"} <= set(_titles(graphs[0]))
    assert len(graphs[4].view().boxes) == len(graphs[4])


def test_collapse_and_expand(transformer) -> None:
    folded = transformer.collapse("blocks")
    assert "blocks" in _titles(folded)
    assert "blocks" not in _titles(transformer)  # a new graph
    one = folded.expand("blocks")
    assert any("×" in title for title in _titles(one))
    apart = one.expand("blocks")
    assert {f"blocks.{i}" for i in range(12)} <= set(_titles(apart))
    inside = one.expand("blocks.3")
    assert {"blocks.3.attn", "blocks.3.fc1"} <= set(_titles(inside))
    assert {"blocks.0–2  ×3"} <= set(_titles(inside))
    deep = folded.expand("blocks.3.attn")
    assert "linear" in _titles(deep)
    assert len(folded.expand("*").view().boxes) == len(folded)
    assert _titles(transformer.collapse("*")) == ["input", "embed", "blocks", "head"]


def test_unknown_modules_are_named(transformer) -> None:
    with pytest.raises(ValueError, match=r"no module is called 'decoder'; there are .*blocks\.0"):
        transformer.collapse("decoder")
    with pytest.raises(ValueError, match="the graph has none"):
        ad.graph(ad.Value(1.0) * 2.0).expand("*")


def test_frames_stand_around_unfolded_modules() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    view = ad.graph(model, ad.ones((5, 2))).view()
    frames = {
        ".".join(frame.path): [view.boxes[i].title for i in frame.boxes] for frame in view.frames
    }
    assert frames["0"] == ["0.weight", "0.bias", "linear"]
    assert frames["2"] == ["2.weight", "2.bias", "linear"]


def test_a_graph_without_modules_is_drawn_whole() -> None:
    y = x = ad.ones(1, requires_grad=True)
    for _ in range(400):
        y = y * x
    assert len(ad.graph(y).view().boxes) == 801


# Cycles


def _graph(scopes: str, edges: list[tuple[int, int]]) -> tuple[list[Node], list[Edge]]:
    """A node per letter, in the module of that name; "." for none."""
    nodes = [
        Node(i, "operation", "f", "f", scope=() if s == "." else (s,)) for i, s in enumerate(scopes)
    ]
    return nodes, [Edge(tail, head) for tail, head in edges]


def _members(scopes: str, edges: list[tuple[int, int]]) -> list[list[int]]:
    nodes, joined = _graph(scopes, edges)
    closed = frozenset([(s,) for s in scopes if s != "."])
    return sorted(fold(nodes, joined, Folds(closed)).members)


def test_a_module_that_is_left_and_entered_again_is_cut() -> None:
    assert _members("aa.aa", [(0, 1), (1, 2), (2, 3), (3, 4)]) == [[0, 1], [2], [3, 4]]


def test_a_detour_around_a_module_is_no_cut() -> None:
    assert _members(".aaa.", [(0, 1), (1, 2), (2, 3), (0, 4), (3, 4)]) == [[0], [1, 2, 3], [4]]


def test_two_calls_of_a_module_are_two_boxes() -> None:
    assert _members("aaaa", [(0, 1), (2, 3)]) == [[0, 1], [2, 3]]


def test_heads_on_one_input_are_one_box() -> None:
    assert _members(".aa", [(0, 1), (0, 2)]) == [[0], [1, 2]]


def test_two_modules_that_need_each_other_are_not_both_folded() -> None:
    # a leads to b by one pair of nodes and b to a by another; neither is left and entered again.
    members = _members("abab", [(0, 3), (1, 2), (0, 2), (1, 3)])
    assert members in ([[0], [1, 3], [2]], [[0, 2], [1], [3]])


@st.composite
def _scoped(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    scopes = draw(st.text("abc.", min_size=1, max_size=24))
    edges = []
    if len(scopes) > 1:
        for _ in range(draw(st.integers(0, 50))):
            tail = draw(st.integers(0, len(scopes) - 2))
            edges.append((tail, draw(st.integers(tail + 1, len(scopes) - 1))))
    return scopes, sorted(set(edges))


@settings(max_examples=300, deadline=None)
@given(_scoped())
def test_folding_keeps_the_graph_acyclic(drawn) -> None:
    scopes, edges = drawn
    nodes, joined = _graph(scopes, edges)
    folded = fold(nodes, joined, Folds(frozenset([("a",), ("b",), ("c",)])))
    assert sorted(i for ids in folded.members for i in ids) == list(range(len(nodes)))
    owner = {i: box for box, ids in enumerate(folded.members) for i in ids}
    assert {(e.tail, e.head) for e in folded.edges} == {
        (owner[t], owner[h]) for t, h in edges if owner[t] != owner[h]
    }
    assert all(edge.tail < edge.head for edge in folded.edges)
    assert all(len({scopes[i] for i in ids}) == 1 for ids in folded.members)
    assert [node.id for node in folded.nodes] == list(range(len(folded.nodes)))


# Repeats


def _blocks(text: str, edges: list[tuple[int, int]]) -> tuple[list[Node], list[Edge]]:
    """A node per pair of module and operation: "0f 0g 1f 1g"."""
    nodes = [
        Node(i, "operation", w[1], w[1], scope=("m", w[0])) for i, w in enumerate(text.split())
    ]
    return nodes, [Edge(tail, head) for tail, head in edges]


def _times(text: str, edges: list[tuple[int, int]]) -> list[tuple[str, int]]:
    nodes, joined = _blocks(text, edges)
    folds = to_depth(nodes, 1)
    return [(node.title, node.times) for node in fold(nodes, joined, folds).nodes]


_CHAIN = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]


def test_equal_blocks_in_a_row_become_one() -> None:
    assert _times("0f 0g 1f 1g 2f 2g", _CHAIN) == [("m.0–2", 3)]


def test_a_different_block_stays_apart() -> None:
    assert _times("0f 0g 1f 1g 2f 2h", _CHAIN) == [("m.0–1", 2), ("m.2", 1)]


def test_blocks_side_by_side_stay_apart() -> None:
    edges = [(0, 1), (2, 3), (4, 5)]
    assert [times for _, times in _times("0f 0g 1f 1g 2f 2g", edges)] == [1, 1, 1]

    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.heads = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])

        def forward(self, x: ad.Tensor) -> ad.Tensor:
            return sum(head(x) for head in self.heads)

    graph = ad.graph(Heads(), ad.ones((5, 2)), depth=1)
    assert {"heads.0", "heads.1", "heads.2"} <= set(_titles(graph))


def test_residual_sums_belong_to_inferred_blocks() -> None:
    model = Transformer(3)
    graph = ad.graph(model(ad.tensor([[1, 2, 3]])).sum(), model)
    sums = [node.scope for node in graph if node.op == "add"]
    assert sums == [("blocks", str(i)) for i in range(3) for _ in range(2)]


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.out = nn.RNNCell(4, 8), nn.Linear(8, 1)

    def forward(self, x: ad.Tensor) -> ad.Tensor:
        h = ad.zeros((2, 8))
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
        return self.out(h)


def test_the_steps_of_a_recurrent_module_are_counted() -> None:
    graph = ad.graph(Recurrent(), ad.ones((2, 6, 4)), depth=0)
    (cell,) = [node for node in graph._folded().nodes if node.name == "cell"]
    assert cell.times == 6
    assert cell.parameters == sum(p.numel() for p in nn.RNNCell(4, 8).parameters())
    assert "cell  ×6" in _titles(graph)


def test_fifty_steps_with_shared_weights_are_drawn() -> None:
    graph = ad.graph(Recurrent(), ad.ones((2, 50, 4)))
    assert graph.expand("*").to_svg(engine="builtin").count("cell.weight_hh") >= 50
