"""The pictures in docs/gallery are those that its script draws now."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import autodiff as ad
from autodiff.examples import gallery

FOLDER = Path(__file__).parents[1] / "docs" / "gallery"


@pytest.mark.parametrize("name", gallery.PICTURES)
def test_the_gallery_is_up_to_date(name):
    ad.manual_seed(0)
    drawn = gallery.PICTURES[name]()
    ET.fromstring(drawn)
    kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert drawn == kept, "run python -m autodiff.examples.gallery docs/gallery, and look at it"


def test_the_gallery_shows_every_picture(tmp_path):
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    paths = gallery.draw(tmp_path)
    assert all(f"({path.name})" in page for path in paths)
