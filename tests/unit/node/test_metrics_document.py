"""docs/operations.md lists what `/metrics` shows, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import get, running

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
UNITS = ("bytes", "seconds", "total", "info")
COUNTED = ("connections", "sessions", "clients", "waiting", "rooms", "nodes", "entries", "unanswered", "state")
"""What gauges count, where there is no unit of physics."""


def page() -> str:
    with running(FakeCluster(Store())) as node:
        return get(node, "/metrics")[1]


def shown() -> dict[str, str]:
    """Name -> kind, as the page says; without the time at which a counter began, which says nothing of the node."""
    kinds = dict(line.split()[2:4] for line in page().splitlines() if line.startswith("# TYPE "))
    return {name: kind for name, kind in kinds.items() if name.startswith("hydrachat_") and name[-8:] != "_created"}


def documented() -> dict[str, str]:
    rows = re.findall(r"^\| `(hydrachat_\w+)`[^|]* \| (\w+) \| \S", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return dict(rows)


def test_the_table_and_the_page_agree() -> None:
    found = shown()
    assert found
    assert documented() == found


def test_names_keep_to_prometheus_conventions() -> None:
    for name, kind in shown().items():
        assert re.fullmatch(r"[a-z][a-z_]*[a-z]", name), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert kind != "histogram" or name.endswith("_seconds"), name
        assert name.endswith((*UNITS, *COUNTED)), f"{name} names neither a unit nor what it counts"


def test_what_the_process_takes_is_shown_as_well() -> None:
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"):
        assert re.search(rf"^{name} [1-9]", page(), re.MULTILINE), name
