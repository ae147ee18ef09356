"""SVG: valid XML whatever the text, legible, the same bytes on every run, and as it was (golden files)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import sample_views
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff.pictures import svg, text, themes
from autodiff.pictures.view import Arrow, Box, Frame, View

GOLDEN = Path(__file__).parent / "golden"
KINDS = ["input", "parameter", "constant", "operation", "output", "module", "gradient"]
SVG = "{http://www.w3.org/2000/svg}"


def _root(view: View, **options) -> ET.Element:
    return ET.fromstring(svg.render(view, **options))


def _texts(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def _hints(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}title")]


# Golden files. To write them anew: AUTODIFF_GOLDEN=1 pytest tests/autodiff/pictures/test_svg.py


@pytest.mark.parametrize(
    ("name", "view", "options"),
    [
        ("scalars", sample_views.scalars(), {}),
        ("mlp", sample_views.mlp(), {"direction": "LR", "theme": "auto"}),
        ("backward", sample_views.backward(), {"theme": "dark", "legend": True}),
    ],
)
def test_golden_files(name: str, view: View, options: dict) -> None:
    path = GOLDEN / f"{name}.svg"
    found = svg.render(view, **options)
    if os.environ.get("AUTODIFF_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import sample_views, hashlib\n"
        "from autodiff.pictures import dot, svg\n"
        "views = [sample_views.transformer(2), sample_views.rnn(8, True), sample_views.backward()]\n"
        "text = ''.join(svg.render(v, d) + dot.digraph(v, d).source for v in views for d in ('TB', 'LR'))\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": str(Path(sample_views.__file__).parent),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(digests) == 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text(st.characters(), max_size=60), min_size=5, max_size=5),
    st.sampled_from(KINDS),
    st.sampled_from(["TB", "LR"]),
)
def test_any_text_is_valid_xml(words: list[str], kind: str, direction: str) -> None:
    boxes = [Box(kind, words[0], [words[1]], hint=words[2]), Box(kind, words[1], saved=True)]
    view = View(
        boxes, [Arrow(0, 1, label=words[3])], [Frame((words[4], words[0]), [0, 1])], words[2]
    )
    written = svg.render(view, direction)
    written.encode("utf-8")
    assert len(_texts(ET.fromstring(written))) >= 4


def test_markup_and_unicode_survive() -> None:
    title = 'a<b>&"c"\'{|}µ 日本'
    root = _root(View([Box("parameter", title, ["∂L/∂x <1>"]), Box("input", "x")], [], title=title))
    assert _texts(root)[:2] == [title, "∂L/∂x <1>"]
    assert root.find(f"{SVG}title").text == title
    assert root.get("aria-label") == title
    assert _hints(root)[1] == f"{title}\n∂L/∂x <1>"


def test_hints_say_more() -> None:
    hints = _hints(_root(View([Box("operation", "exp", hint="exp(x)\nmodel.py:3")], [])))
    assert hints[1] == "exp(x)\nmodel.py:3"


def test_long_titles_are_shortened_and_whole_in_the_hint() -> None:
    title = ".".join(f"encoder_{i}" for i in range(12)) + ".weight"
    root = _root(View([Box("parameter", title)], []))
    (shown,) = _texts(root)
    assert "…" in shown
    assert shown.startswith("encoder")
    assert shown.endswith(".weight")
    assert text.width(shown, 13, bold=True) <= 210
    assert title in _hints(root)
    hinted = _root(View([Box("parameter", title, hint="float32")], []))
    assert any(title in hint and "float32" in hint for hint in _hints(hinted))


def test_wide_characters_count_double() -> None:
    assert text.width("日本", 10) == pytest.approx(22)
    assert text.width("WW", 10) > 2 * text.width("ll", 10)
    assert text.width("e\u0301", 10) == text.width("e", 10)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.floats(20, 300))
def test_shortened_text_fits(line: str, most: float) -> None:
    shown = text.shortened(line, most, 12)
    assert text.width(shown, 12) <= most
    assert shown == line or "…" in shown


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 0xFFFFFF))
def test_text_on_any_fill_is_legible(colour: int) -> None:
    fill = f"#{colour:06x}"
    view = View([Box("operation", "exp", ["3"], fill=fill)], [])
    inks = set(re.findall(r'<text[^>]*style="fill:(#[0-9a-f]{6})"', svg.render(view)))
    assert len(inks) == 1
    assert themes.contrast(inks.pop(), fill) >= 4.5


@pytest.mark.parametrize("theme", [themes.LIGHT, themes.DARK], ids=["light", "dark"])
def test_themes_are_legible(theme: themes.Theme) -> None:
    papers = [theme.background, *[fill for fill, _ in theme.kinds.values()]]
    for paper in papers:
        assert themes.contrast(theme.ink, paper) >= 7
        assert themes.contrast(theme.soft, paper) >= 4.5
    for fill, outline in theme.kinds.values():
        assert themes.contrast(outline, fill) >= 2
    assert themes.contrast(theme.edge, theme.background) >= 3
    assert themes.contrast(theme.gradient, theme.background) >= 3


def test_kinds_differ_in_shape_and_colour() -> None:
    drawn = [svg._box(Box(kind, "x"), 0, 0, 60, 40) for kind in KINDS]
    shapes = {re.sub(r'<g class="\w+">|<text.*', "", box) for box in drawn}
    assert len(shapes) == len(KINDS)
    for theme in (themes.LIGHT, themes.DARK):
        assert set(theme.kinds) == set(KINDS)
        assert len(set(theme.kinds.values())) == len(KINDS)


def test_marks() -> None:
    plain, saved, alert = (
        svg.render(View([Box("operation", "log", saved=saved, alert=alert)], []))
        for saved, alert in [(False, False), (True, False), (False, True)]
    )
    assert 'class="saved-mark"' in saved
    assert 'class="saved-mark"' not in plain
    assert 'class="operation alert"' in alert
    assert 'class="alert-mark"' in alert


def test_arrows_by_kind() -> None:
    written = svg.render(sample_views.backward())
    for kind in ("data", "gradient", "saved"):
        assert f'class="arrow {kind}-arrow"' in written
        assert written.count(f'class="{kind}-tip"') == 1
    assert ".saved-arrow{stroke-dasharray" in written


def test_themes_and_directions() -> None:
    view = sample_views.scalars()
    light, dark, auto = (svg.render(view, theme=theme) for theme in ("light", "dark", "auto"))
    assert "prefers-color-scheme:dark" in auto
    assert "prefers-color-scheme" not in light + dark
    assert themes.DARK.background in dark
    assert themes.DARK.background not in light
    root = ET.fromstring(svg.render(view, "LR"))
    assert float(root.get("width")) > float(root.get("height"))
    with pytest.raises(ValueError, match='direction must be "TB" or "LR"'):
        svg.render(view, "RL")
    with pytest.raises(ValueError, match="theme must be"):
        svg.render(view, theme="blue")


def _pieces(path: str) -> list[tuple[float, float, float, float]]:
    """From where to where each part of a path goes."""
    begin, *steps = re.split("(?=[VHC])", path)
    x, y = map(float, begin.split())
    found = []
    for step in steps:
        numbers = [float(n) for n in step[1:].split()]
        to_x = x if step[0] == "V" else numbers[-2 if step[0] == "C" else 0]
        to_y = y if step[0] == "H" else numbers[-1]
        found.append((x, y, to_x, to_y))
        x, y = to_x, to_y
    return found


@pytest.mark.parametrize("view", [sample_views.rnn(8, shared=True), sample_views.transformer(2)])
def test_shared_ways_are_drawn_once_and_whole(view: View) -> None:
    paths = re.findall(r'data-arrow" d="M([^"]+)"', svg.render(view))
    pieces = [piece for path in paths for piece in _pieces(path)]
    assert len(pieces) == len(set(pieces))
    assert len(paths) == len(view.arrows)
    ends = {piece[2:] for piece in pieces}
    begins = {_pieces(path)[0][:2] for path in paths} - ends
    begins = {
        (x, y) for x, y in begins if not any(a == x == c and b < y < d for a, b, c, d in pieces)
    }
    assert len(begins) <= len({arrow.tail for arrow in view.arrows})  # others begin on a drawn line


def test_legend_names_the_kinds_in_the_picture() -> None:
    texts = _texts(_root(sample_views.backward(), legend=True))
    assert texts[-3:] == ["input", "gradient", "kept for backward"] or "gradient" in texts[-4:]
    assert "gradient" not in _texts(_root(sample_views.backward()))


def test_frames_carry_their_paths() -> None:
    root = _root(sample_views.transformer(1))
    captions = [e.text for e in root.iter(f"{SVG}text") if e.get("class") == "note"]
    assert captions[:3] == ["blocks.0", "norm1", "attention"]
    assert "blocks.0.attention.q" in _hints(root)
    assert len([e for e in root.iter(f"{SVG}rect") if e.get("class") == "frame"]) == len(captions)


def test_labels_of_arrows() -> None:
    view = View([Box("input", "x"), Box("operation", "exp")], [Arrow(0, 1, label="3×3 <f>")])
    assert "3×3 <f>" in _texts(_root(view))


def test_nothing_and_one_box() -> None:
    assert _texts(_root(View([], []))) == []
    assert _texts(_root(View([Box("output", "x")], []))) == ["x"]


def test_two_edges_between_two_boxes_are_two_lines() -> None:
    view = View([Box("input", "a"), Box("output", "*")], [Arrow(0, 1), Arrow(0, 1)])
    lines = re.findall(r'data-arrow" d="([^"]+)"', svg.render(view))
    assert len(set(lines)) == 2
