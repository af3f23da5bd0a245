"""`hydrachat doctor` as a command: exit codes, shapes, and advice that can be copied."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.operator.doctor.census import classified
from hydrachat import cli
from tests.support.ports import free_port
from tests.unit.cluster_operator.conftest import P


def test_something_wrong_is_1_and_says_how_to_mend_it(
    db: Any, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    db.config_set("maxmemory-policy", "allkeys-lru")
    assert cli.run(["doctor", "--redis", redis_url]) == 1
    said = capsys.readouterr().out
    assert "bad   eviction" in said
    assert f"mend: `hydrachat redis-cli --redis {redis_url} CONFIG SET maxmemory-policy noeviction`" in said
    assert said.splitlines()[-1].endswith("to know of")


def test_it_changes_nothing_unless_asked(db: Any, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    db.set(P + "nick:zed", "nobody")
    assert cli.run(["doctor", "--redis", redis_url]) == 1
    assert f"`hydrachat doctor --fix --redis {redis_url}`" in capsys.readouterr().out
    assert db.exists(P + "nick:zed")


def test_json_and_csv_have_the_same_fields(db: Any, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--redis", redis_url, "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert cli.run(["doctor", "--redis", redis_url, "--csv"]) == 1
    found = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["check"] for row in rows] == [row["check"] for row in found]
    assert list(rows[0]) == list(found[0])
    assert {row["verdict"] for row in rows} <= {"ok", "warn", "bad"}


def test_an_empty_redis_has_no_term(redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--redis", redis_url]) == 1
    assert "no node has written under {hydrachat}: here" in capsys.readouterr().out


def test_a_password_is_not_repeated(db: Any, redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    db.config_set("requirepass", "secret")
    with_password = redis_url.replace("://", "://:secret@")
    assert cli.run(["doctor", "--redis", with_password]) == 1
    assert "secret" not in capsys.readouterr().out
    db.execute_command("AUTH", "secret")
    db.config_set("requirepass", "")


@pytest.fixture
def full(db: Any) -> Iterator[None]:
    """A Redis that takes nothing more."""
    db.config_set("maxmemory", "1mb")
    yield
    db.config_set("maxmemory", "0")


@pytest.mark.usefixtures("full")
def test_a_full_redis_is_told_as_such(redis_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--redis", redis_url]) == 1
    said = capsys.readouterr().out
    assert "bad   memory" in said
    assert "it is full" in said
    assert "n2 is lost" in said
    assert "Redis takes no writes" in said


@pytest.mark.usefixtures("full")
def test_what_a_full_redis_refuses_is_known_not_to_be_done(
    db: Any, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    db.delete(P + "term", P + "nodes")  # a command opens one itself, or would
    assert cli.run(["ban", "mallory", "--redis", redis_url]) == 3
    said = capsys.readouterr().err
    assert "takes no writes now" in said
    assert "maxmemory" in said
    assert "not known" not in said


def test_an_unreachable_redis_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--redis", f"redis://127.0.0.1:{free_port()}/0"]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_a_user_who_may_not_read_settings_gets_the_rest(
    db: Any, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    db.execute_command("ACL", "SETUSER", "low", "on", ">pw", "~*", "&*", "+@all", "-config", "-client")
    assert cli.run(["doctor", "--redis", redis_url.replace("://", "://low:pw@"), "--json"]) == 1
    verdicts = {row["check"]: row["verdict"] for row in json.loads(capsys.readouterr().out)}
    assert verdicts["settings"] == "warn"
    assert verdicts["eviction"] == "ok"


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("session:a", ("session", "a")),
        ("session:a:said", ("said", "a")),
        ("node:n1/b", ("row", "n1/b")),
        ("node:n1/b:sessions", ("held", "n1/b")),
        ("nick:zoë🦑", ("nick", "zoë🦑")),
        ("room:#lobby:log", ("room_log", "#lobby")),
        ("inbox:a:meta", ("inbox_meta", "a")),
        ("presence", ("presence", "presence")),
        ("session:a:later", ("", "")),
        ("something", ("", "")),
        ("room:#lobby:pins", ("", "")),
    ],
)
def test_keys_of_later_versions_are_left_alone(key: str, kind: tuple[str, str]) -> None:
    assert classified(key) == kind
