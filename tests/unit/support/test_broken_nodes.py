"""The broken nodes of the drill's controls are broken: what they take out is in the product. Most of these controls are
long tests, so that nobody would notice for long that one has nothing to take out any more."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.scripts import Script, load
from node import real
from tests.support.broken_nodes import breaking

FOLDER = Path(breaking.__file__).parent
BREAK_SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if "without(" in path.read_text("utf-8"))
BREAK_SCRIPTS.remove("breaking")


@pytest.fixture
def scripts() -> Iterator[dict[str, Script]]:
    """Of this test alone: the others shall not run what it breaks."""
    load.cache_clear()
    yield load()
    load.cache_clear()


@pytest.mark.parametrize("name", BREAK_SCRIPTS)
def test_there_is_what_it_takes_out(name: str, scripts: dict[str, Script], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = dict(scripts)
    monkeypatch.setattr(breaking, "run", lambda: None)
    monkeypatch.setattr(real, "Cluster", real.Cluster)  # type: ignore[attr-defined]  # put back what one replaces
    spec = importlib.util.find_spec(f"tests.support.broken_nodes.{name}")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert scripts != whole
