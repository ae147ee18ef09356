"""Text in pictures: how wide it is, how it is shortened, what XML can hold of it, and files of it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape
from pathlib import Path

__all__ = ["clean", "markup", "shortened", "width", "written"]

# Thousandths of the font's size, after Helvetica, with which Arial and Liberation Sans agree.
_WIDTHS = {
    character: width
    for width, characters in {
        222: "ijl'|",
        278: "!,./:;I[]\\ft ·",
        333: '()-`r"{}°\u00a0',
        389: "*",
        500: "ckszvxyJ",
        556: "abdeghnopqu0123456789_L?$#",
        584: "+<=>~×÷−¬",
        611: "FTZ",
        667: "ABEKPSVXY&",
        722: "CDHNRUwΣ",
        778: "GOQ",
        833: "mM",
        889: "%",
        944: "W",
        1000: "…—",
        1015: "@",
    }.items()
    for character in characters
}
_OTHER = 600
_BOLD = 1.07
_SPARE = 1.1  # DejaVu and its kin, which stand in where there is no such font, are wider
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """One line that XML can hold: white space is a blank, a character that XML forbids is U+FFFD."""
    return " ".join(_NOT_XML.sub("\ufffd", text).split())


def markup(text: str) -> str:
    """Text for XML, between tags or in an attribute."""
    return escape(_NOT_XML.sub("\ufffd", text))


@lru_cache(maxsize=4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line is about, in a sans-serif font of that size."""
    total = sum([_WIDTHS.get(character) or _measured(character) for character in text])
    return total * size * _SPARE * (_BOLD if bold else 1.0) / 1000


def _measured(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 1000
    return 0 if unicodedata.combining(character) else _OTHER


def shortened(text: str, most: float, size: float, bold: bool = False) -> str:
    """The line itself, or its beginning and its end with an ellipsis so that it is at most so wide."""
    if width(text, size, bold) <= most:
        return text
    keep = len(text)
    while keep > 2:
        keep -= max(1, keep // 16)
        head = keep // 3  # the end of a dotted name says more than its beginning
        short = f"{text[:head]}…{text[len(text) - (keep - head) :]}"
        if width(short, size, bold) <= most:
            return short
    return "…"


def written(text: str, path: str | Path | None) -> str:
    """The text itself, after writing it to `path` where that is given."""
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
