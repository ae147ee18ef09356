"""Graphviz: the graph in its language, and the ``dot`` program where it is on the PATH."""

from __future__ import annotations

import os
import shutil
import stat
import xml.etree.ElementTree as ET

import pytest
import sample_views

from autodiff.pictures import dot, engines, svg
from autodiff.pictures.view import Arrow, Box, Frame, View

needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None,
    reason="needs the program dot of Graphviz: apt-get install graphviz",
)
STRANGE = 'a<b>&"c"\'{|}\\n µ'
VIEWS = {
    "scalars": sample_views.scalars(),
    "mlp": sample_views.mlp(),
    "transformer": sample_views.transformer(1),
    "backward": sample_views.backward(),
}


def _texts(written: str) -> list[str]:
    root = ET.fromstring(written)
    return sorted(e.text or "" for e in root.iter("{http://www.w3.org/2000/svg}text"))


@pytest.fixture
def without_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def slow_dot(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A program of that name that does not come to an end."""
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nwhile :; do :; done\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(engines, "_SECONDS", 0.1)
    monkeypatch.setattr(engines, "_PATIENCE", 0.1)


def test_boxes_and_arrows_of_all_kinds() -> None:
    source = dot.digraph(sample_views.backward()).source
    assert source.startswith("digraph {")
    assert "shape=parallelogram" in source
    assert "shape=octagon" in source
    assert "style=dashed" in source
    assert "record" not in source
    assert "rankdir=LR" in dot.digraph(sample_views.backward(), "LR").source


def test_modules_are_clusters_in_clusters() -> None:
    source = dot.digraph(sample_views.transformer(1)).source
    assert source.count("subgraph cluster_") == len(sample_views.transformer(1).frames)
    assert source.index('label="blocks.0"') < source.index("label=attention")


def test_fills_and_alerts() -> None:
    view = View([Box("operation", "log", fill="#123456", alert=True, hint="nan")], [])
    source = dot.digraph(view).source
    for wanted in ("#123456", "#ffffff", "penwidth", "tooltip=nan"):
        assert wanted in source


@needs_dot
@pytest.mark.parametrize("title", [STRANGE, "<b>bold</b>", "back\\slash\\", "\\N", "日本 µ", ""])
def test_labels_survive(title: str) -> None:
    view = View([Box("operation", title), Box("output", "y")], [Arrow(0, 1, label=title)])
    # dot's own SVG says what it made of the label.
    found = _texts(dot._run(dot.digraph(view), "svg", 20).decode())
    assert found.count(title) == (2 if title else 0)


@needs_dot
@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_both_engines_draw_the_same_things(name: str, direction: str) -> None:
    view = VIEWS[name]
    by_dot = engines.render(view, direction, engine="dot")
    assert _texts(by_dot) == _texts(engines.render(view, direction, engine="builtin"))
    assert by_dot == engines.render(view, direction, engine="dot")
    assert by_dot.count('class="arrow') == len(view.arrows)
    assert by_dot.count('class="frame"') == len(view.frames)


@needs_dot
def test_small_pictures_without_frames_are_left_to_dot() -> None:
    assert engines.suits_dot(sample_views.scalars())
    assert not engines.suits_dot(sample_views.mlp())
    assert not engines.suits_dot(sample_views.chain(100))
    view = sample_views.scalars()
    assert engines.render(view) == engines.render(view, engine="dot")


@needs_dot
def test_png() -> None:
    assert dot.png_by_dot(sample_views.mlp()).startswith(b"\x89PNG")


@needs_dot
def test_no_boxes() -> None:
    assert _texts(engines.render(View([], []), engine="dot")) == []


def test_without_dot(without_dot: None) -> None:
    view = sample_views.scalars()
    assert engines.render(view) == svg.render(view)
    for call in (
        lambda: dot.png_by_dot(view),
        lambda: engines.render(view, engine="dot"),
    ):
        with pytest.raises(RuntimeError, match="apt-get install graphviz"):
            call()
    assert dot.digraph(view).source  # the language needs no program


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_dot_has_a_time_limit(slow_dot: None) -> None:
    view = sample_views.scalars()
    assert engines.render(view) == svg.render(view)
    with pytest.raises(RuntimeError, match=r"did not lay the graph out within 0\.1 s"):
        engines.render(view, engine="dot")
    with pytest.raises(RuntimeError, match="did not lay the graph out"):
        dot.png_by_dot(view, timeout=0.1)


def test_frames_that_overlap_are_no_clusters() -> None:
    boxes = [Box("operation", str(i)) for i in range(3)]
    view = View(boxes, [Arrow(0, 1), Arrow(1, 2)], [Frame(("a",), [0, 1]), Frame(("b",), [1, 2])])
    assert dot.digraph(view).source.count("subgraph") == 1


def test_other_engines_are_refused() -> None:
    with pytest.raises(ValueError, match='engine must be "auto", "dot" or "builtin"'):
        engines.render(sample_views.scalars(), engine="neato")
    with pytest.raises(ValueError, match="direction"):
        engines.render(sample_views.scalars(), "up", engine="dot")
