"""`hydrachat top` as a command: without a terminal, and what it imports."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest
import redis

from cluster.operator.errors import RedisUnreachable
from cluster.top.facts import NODES, ROOMS, USERS
from cluster.top.once import look, report, show
from hydrachat import cli
from tests.support.ports import free_port
from tests.unit.cluster_top.world import Script, cluster, redis_away

P = "{hydrachat}:"


@pytest.fixture
def filled(redis_url: str) -> str:
    with redis.Redis.from_url(redis_url) as made:
        client: Any = made
        client.hset(P + "term", mapping={"state": "open", "lease": "60000"})
        client.zadd(P + "nodes", {"n1/b1": int(time.time() * 1000)})
        client.hset(P + "node:n1/b1", mapping={"state": "serv\x1bing", "clients": "2"})
        client.hset(P + "session:s1", mapping={"nick": "zoë", "node": "n1/b1", "state": "here"})
    return redis_url


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.run(["top", "--interval", "0.5", *words]) == 0
    return capsys.readouterr().out


def test_once_is_plain_text(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(capsys, "--once", "--redis", filled)
    assert "clients 2 " in shown
    assert [line.split()[:3] for line in shown.splitlines() if line.startswith("n")] == [
        ["node", "state", "clients"],
        ["n1", "serving", "2"],
    ]
    assert "\x1b" not in shown


def test_without_a_terminal_it_is_as_once(filled: str) -> None:
    argv = [sys.executable, "-P", "-m", "hydrachat", "top", "--interval", "0.5", "--redis", filled, "--view", "users"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
    assert "zoë" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_json_has_what_it_says(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(answer(capsys, "--json", "--redis", filled, "--view", "users"))
    assert set(found) == {"cluster", "store", "nodes", "users"}
    assert found["cluster"]["clients"] == 2
    assert (found["nodes"][0]["node"], found["nodes"][0]["said"]) == ("n1", None)
    assert (found["users"][0]["nick"], found["users"][0]["unread"]) == ("zoë", 0)


def test_redis_that_is_away_has_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    assert cli.run(["top", "--once", "--redis", url]) == 3
    assert f"Error: Redis at {url} can't be used: Error 111" in capsys.readouterr().err
    with pytest.raises(RedisUnreachable, match="Error 111"):
        look(Script(redis_away), 0, NODES)


@pytest.mark.parametrize("interval", ["0", "61", "often"])
def test_an_interval_that_is_not_allowed_is_told_what_is(interval: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["top", "--interval", interval]) == 2
    assert "0.5" in capsys.readouterr().err


@pytest.mark.parametrize("view", [NODES, ROOMS, USERS])
def test_each_list_as_text_and_as_json(view: str, capsys: pytest.CaptureFixture[str]) -> None:
    book = look(Script(cluster(rooms=2)), 0, view)
    show(book, view)
    assert {NODES: "n2", ROOMS: "#r1", USERS: "u0001"}[view] in capsys.readouterr().out
    found = json.loads(json.dumps(report(book, view)))
    assert found["cluster"]["said"] == 30
    assert len(found[view]) == {NODES: 3, ROOMS: 2, USERS: 2}[view]


def test_the_command_imports_nothing_heavy_before_it_runs() -> None:
    code = (
        "import sys; from hydrachat import cli; cli.run(['top', '--help'])\n"
        "print([n for n in ('redis', 'rich', 'textual', 'prometheus_client', 'asyncio', 'http') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_snapshot_needs_no_screen() -> None:
    code = "import sys, cluster.top.once; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"
