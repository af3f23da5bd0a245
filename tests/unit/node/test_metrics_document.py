"""docs/operations.md lists what `/metrics` shows, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from node.metrics import Metrics

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "operations.md"


def shown() -> dict[str, str]:
    """Name -> kind, as the page says; without the time at which a counter began, which says nothing of the node."""
    lines = Metrics().render().decode().splitlines()
    kinds = dict(line.split()[2:4] for line in lines if line.startswith("# TYPE "))
    return {name: kind for name, kind in kinds.items() if not name.endswith("_created")}


def documented() -> dict[str, str]:
    rows = re.findall(r"^\| `(hydrachat_\w+)` \| (\w+) \| \S", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def test_the_table_and_the_page_agree() -> None:
    assert shown()
    assert documented() == shown()
