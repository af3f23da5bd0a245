"""What docs/security.md names as a proof is there: each test, by its file or its name (… at its end: as it begins)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUOTED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"([\w/]*\btest_\w+\.py)(?:::(test_\w+)(…?))?")
NAME = re.compile(r"…?(test_\w+)(…?)")
TESTS = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
NAMED = sorted({quoted for quoted in QUOTED.findall((ROOT / "docs/security.md").read_text()) if "test_" in quoted})


def has(text: str, name: str, begins: str) -> bool:
    return re.search(f"^def {name}" + (r"\w*\(" if begins else r"\("), text, re.MULTILINE) is not None


def is_there(named: str) -> bool:
    if found := FILE.fullmatch(named):
        path, name, begins = found.groups()
        texts = [text for test, text in TESTS.items() if f"/{test}".endswith(f"/{path}")]
        return any(has(text, name, begins) if name else True for text in texts)
    alone = NAME.fullmatch(named)
    return alone is not None and any(has(text, *alone.groups()) for text in TESTS.values())


def test_many_are_named() -> None:
    assert len(NAMED) > 100


@pytest.mark.parametrize("named", NAMED)
def test_each_is_there(named: str) -> None:
    assert is_there(named)


@pytest.mark.parametrize("named", ["test_nothing.py", "test_tls.py::test_no_such_thing", "test_no_such_thing"])
def test_what_is_not_there_is_found_out(named: str) -> None:
    assert not is_there(named)
