"""docs/failures.md names tests that exist. Reads files; runs none of them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "failures.md").read_text("utf-8")
SECTION = "What other systems' users suffer from"
PAINS = 15
# `file.py`, `file.py::test` or, of the file named before in the same row, `…::test`.
NAMED = re.compile(r"`(…|[\w/]*test_\w+\.py)(?:::(\w+))?`")


@cache
def found_in(file: str) -> frozenset[str]:
    """The test functions in a file; without a folder it is one of tests/blackbox."""
    path = ROOT / file if "/" in file else ROOT / "tests" / "blackbox" / file
    if not path.is_file():
        return frozenset()
    body = ast.parse(path.read_text("utf-8")).body
    return frozenset(part.name for part in body if isinstance(part, ast.FunctionDef) and part.name.startswith("test_"))


def named_in(row: str) -> list[tuple[str, str]]:
    """(file, test or "") of all that a row names."""
    found: list[tuple[str, str]] = []
    for file, test in NAMED.findall(row):
        found.append((found[-1][0] if file == "…" and found else file, test))
    return found


def missing_in(row: str) -> list[str]:
    """What a row names and is not there."""
    return [
        f"{file}::{test}" for file, test in named_in(row) if not found_in(file) or (test and test not in found_in(file))
    ]


def pains() -> list[str]:
    """The rows of the table of pains."""
    section = DOCUMENT.partition(f"\n## {SECTION}\n")[2].partition("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_every_test_that_the_document_names_exists() -> None:
    rows = DOCUMENT.splitlines()
    assert sum(len(named_in(row)) for row in rows) > 50
    assert [name for row in rows for name in missing_in(row)] == []


def test_every_pain_has_a_test() -> None:
    assert len(pains()) == PAINS
    assert [row for row in pains() if not [test for _, test in named_in(row.split("|")[-2]) if test]] == []


@pytest.mark.parametrize(
    "row",
    [
        "| a | `test_pains.py::test_of_nothing` |",
        "| a | `test_of_nothing.py` |",
        "| a | `test_pains.py::test_a_flapping_network_makes_no_noise`, `…::test_of_nothing` |",
        "| a | `…::test_before_any_file` |",
        "| a | `tests/unit/test_pains.py::test_a_flapping_network_makes_no_noise` |",
    ],
)
def test_a_name_of_nothing_is_found(row: str) -> None:
    assert len(missing_in(row)) == 1
