"""docs/failures.md names tests that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOC = ROOT / "docs" / "failures.md"


def test_each_test_that_is_named_exists() -> None:
    named = 0
    for row in DOC.read_text("utf-8").splitlines():
        file = ""
        for place, test in re.findall(r"`(test_\w+\.py|…)::(test_\w+)`", row):
            file = file if place == "…" else place
            source = (ROOT / "tests" / "blackbox" / file).read_text("utf-8")
            assert f"def {test}(" in source, f"{file}::{test}"
            named += 1

    assert named > 20


def failures() -> Iterator[str]:
    """The rows of the tables that have a column `shown by`."""
    ours = False
    for line in DOC.read_text("utf-8").splitlines():
        if "| shown by |" in line:
            ours = True
        elif not line.startswith("|"):
            ours = False
        elif ours and line.startswith("| "):
            yield line


def test_each_row_names_a_test_or_says_that_none_shows_it() -> None:
    rows = list(failures())

    assert len(rows) > 20
    assert all("test_" in row or "not shown yet" in row for row in rows)
