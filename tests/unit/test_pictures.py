"""The pictures that the README shows: there, shown, small, and with nothing of the machine that they were made on."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from docs.pictures.picture import portable
from docs.pictures.scenes import SCENES

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
README = (ROOT / "README.md").read_text("utf-8")
LARGEST = 100_000


def test_the_readme_shows_all_that_can_be_made() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(docs/pictures/(\w+)\.svg\)", README)
    assert sorted(shown) == sorted(SCENES) == sorted(path.stem for path in PICTURES.glob("*.svg"))


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_stands_alone(name: str) -> None:
    svg = (PICTURES / f"{name}.svg").read_text("utf-8")
    assert ET.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert len(svg) < LARGEST
    assert not re.search(r"@font-face|url\(['\"]?[^#'\")]|<script|<image|href", svg)
    assert not re.search(r"/(home|root|tmp|work|usr|var)\b|localhost", svg)
    assert portable(svg).count("textLength") == svg.count("textLength") > 20


def test_wide_characters_are_as_wide_as_they_are() -> None:
    found = portable('<text textLength="24.4" x="0">日本</text><text textLength="24.4">ab</text>')
    assert found == '<text textLength="48.8" x="0">日本</text><text textLength="24.4">ab</text>\n'


def test_all_links_of_the_readme_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)", README) if "://" not in link]
    assert [link for link in links if not reachable(link)] == []


def reachable(link: str) -> bool:
    path, _, anchor = link.partition("#")
    place = ROOT / (path or "README.md")
    if not place.exists() or not anchor:
        return place.exists()
    heads = re.findall(r"^#+ (.+)$", place.read_text("utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
