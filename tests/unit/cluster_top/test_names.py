"""What the view looks for is what nodes show, by the page that both are held to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cluster.top.names import DELAY, RATES, ROUND_TRIP, STATE, VALUES

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
NAMES = {name.partition("{")[0] for name in (*RATES.values(), *VALUES.values(), DELAY, ROUND_TRIP, STATE)}


@pytest.mark.parametrize("name", sorted(name for name in NAMES if name.startswith("hydrachat_")))
def test_what_is_looked_for_is_shown(name: str) -> None:
    assert re.search(rf"^\| `{name}`", DOCUMENT.read_text("utf-8"), re.MULTILINE)
