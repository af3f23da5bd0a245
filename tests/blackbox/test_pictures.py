"""The script that makes the pictures of the README, on a cluster of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support.programs import required

ROOT = Path(__file__).resolve().parents[2]
SHOWS = {
    "room": (
        "release 2.0 goes out at four",
        "bob»",
        "おはようございます",
        "dave puts the kettle on",
        "3 @carol",
        "○ dave away",
    ),
    "private": ("✓✓oh no, and I have no card", "祝你生日快乐"),
    "failover": ("moved to n", "nothing missed", "n2 is gone", "wait, I am in the middle of a sentence"),
    "top": ("2 serving", "1 lost", "users 36", "redis://127.0.0.1:7799/0"),
}


def text_of(picture: Path) -> str:
    """Row by row, with one space for each gap."""
    rows: dict[float, list[str]] = {}
    for tag in ET.fromstring(picture.read_text("utf-8")).iter("{http://www.w3.org/2000/svg}text"):
        rows.setdefault(float(tag.get("y", 0)), []).append(tag.text or "")
    return re.sub(r"\s+", " ", "\n".join("".join(rows[y]) for y in sorted(rows)))


@pytest.mark.parametrize("name", SHOWS)
def test_a_picture_is_made_from_the_real_program(name: str, tmp_path: Path) -> None:
    required("redis-server")
    words = ["-m", "docs.pictures.make", "--into", str(tmp_path), "--seconds", "3", name]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.svg"]
    text = text_of(tmp_path / f"{name}.svg")
    assert [one for one in SHOWS[name] if one not in text] == [], text
    assert "\x1b" not in text
