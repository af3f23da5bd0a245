"""docs/operations.md lists the events of a node's log."""

from __future__ import annotations

import re
from pathlib import Path

from cluster.seam import Health

ROOT = Path(__file__).resolve().parents[3]
WRITTEN = re.compile(r"""log\.(debug|info|warning|error|exception)\(\s*"(\w+)\"""")


def written() -> set[tuple[str, str]]:
    """(level, event) as the code says them; of those that tell a state, see `Standing`."""
    texts = [path.read_text("utf-8") for path in (ROOT / "node").rglob("*.py")]
    found = {(level.replace("exception", "error"), event) for text in texts for level, event in WRITTEN.findall(text)}
    return found | {("warning", str(Health.DEAF)), ("warning", str(Health.DEGRADED))}


def documented() -> list[tuple[str, str]]:
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (debug|info|warning|error) \|",
                      (ROOT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE)  # fmt: skip
    return [(level, event) for events, level in rows for event in re.findall(r"\w+", events)]


def test_each_event_is_in_the_table_with_its_level() -> None:
    assert len(written()) > 15
    assert not written() - set(documented())
    assert len(documented()) == len(set(documented())), "one is there twice"
