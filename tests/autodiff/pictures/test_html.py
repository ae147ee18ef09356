"""The HTML page as text: one file, nothing from outside, nothing that ends a script early."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import graph_json
import pytest

from autodiff.pictures import html


class _Parts(HTMLParser):
    """The page's elements as a browser would find them, and the text of its scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open, data))

    def data(self) -> dict:
        return json.loads("".join(t for _, t in self.texts if t.startswith('{"format"')))


def test_the_graph_is_in_the_page() -> None:
    graph = graph_json.mlp()
    assert _Parts(html.render(graph)).data() == graph


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029", "]]>", "\ud800"]
)
def test_hostile_text_stays_data(text: str) -> None:
    graph = graph_json.expression()
    graph["nodes"][0]["title"] = text
    page = html.render(graph)
    plain = html.render(graph_json.expression())
    assert page.count("<script") == plain.count("<script") == 2
    assert page.count("<!--") == plain.count("<!--") == 0
    assert "\u2028" not in page
    assert _Parts(page).data()["nodes"][0]["title"] == text
    page.encode("utf-8")


def test_titles_are_escaped() -> None:
    page = html.render(graph_json.expression(), '<b>"x" & y</b> $data')
    assert page.count("&lt;b&gt;&quot;x&quot; &amp; y&lt;/b&gt; $data") == 2


def test_nothing_comes_from_outside() -> None:
    page = html.render(graph_json.expression())
    parts = _Parts(page)
    assert not [tag for tag, attrs in parts.tags if {"src", "href"} & set(attrs) or tag == "link"]
    policy = next(a for t, a in parts.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy["content"]).startswith("default-src 'none'")
    assert set(re.findall(r"https?://[^\s\"']+", page)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\burl\(|@import|\bfetch\(|innerHTML|document\.write|\beval\(", page)


def test_every_part_is_used_and_packaged() -> None:
    found = {part.name for part in files("autodiff.pictures").joinpath("viewer").iterdir()}
    assert found == {*html._SCRIPTS, *html._STYLES, "page.html"}


def test_the_same_graph_gives_the_same_page() -> None:
    assert html.render(graph_json.mlp()) == html.render(graph_json.mlp())


def test_numbers_that_json_lacks_and_other_formats_are_refused() -> None:
    graph = graph_json.expression()
    with pytest.raises(ValueError, match="autodiff-graph"):
        html.render({"nodes": []})
    graph["nodes"][0]["seconds"] = float("nan")
    with pytest.raises(ValueError, match="JSON compliant"):
        html.render(graph)
