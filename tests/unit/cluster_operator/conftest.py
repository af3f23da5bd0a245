"""A real Redis with data of each kind, and one way to ask the commands."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from hydrachat import cli

P = "{hydrachat}:"
Answer = Callable[..., str]


def say(db: Any, room: str, offset: int, nick: str, text: str, kind: str = "message", **more: str) -> None:
    """An entry of a room's log, as the scripts append it."""
    entry = {
        "kind": kind,
        "session": f"s-{nick}",
        "n": "1",
        "nick": nick,
        "time": "1700000000000",
        "text": text,
        **more,
    }
    db.xadd(f"{P}room:{room}:log", {**entry, **more}, id=f"{offset}-0")
    db.hset(f"{P}room:{room}:meta", mapping={"epoch": "e1", "top": str(offset)})


def settle_in(db: Any, session: str, nick: str, node: str, state: str = "here", **more: str) -> None:
    """A session at a node, as claim leaves it."""
    row = {"nick": nick, "mapped": nick.casefold(), "node": node, "state": state, "rooms": "#lobby", "n": "7"}
    db.hset(f"{P}session:{session}", mapping={**row, "since": "1700000000000", "address": "192.0.2.1:5", **more})
    db.set(f"{P}nick:{nick.casefold()}", session)
    db.hset(f"{P}presence", nick, f"{node.partition('/')[0]} {state}")
    db.hset(f"{P}room:#lobby:members", session, nick)
    db.sadd(f"{P}rooms", "#lobby")


@pytest.fixture
def db(redis_url: str) -> Any:
    """n1 lives and has Alice; n2 is lost and had Bob, whose grace runs."""
    client = redis.Redis.from_url(redis_url, decode_responses=True, protocol=2)
    now = int(time.time() * 1000)
    client.hset(P + "term", mapping={"term": "r:s:e1", "lease": "5000", "state": "open"})
    client.zadd(P + "nodes", {"n1/b1": now + 60_000, "n2/b2": now - 60_000})
    client.hset(P + "node:n1/b1", mapping={"id": "n1", "boot": "b1", "state": "serving", "clients": "1"})
    settle_in(client, "s1", "Alice", "n1/b1", taken=str(1_700_000_000_000_000))
    settle_in(client, "s2", "Bob", "n2/b2", "away", until=str(now + 20_000))
    client.hset(P + "inbox:s1:meta", mapping={"epoch": "e1", "top": "5", "acknowledged": "3"})
    say(client, "#lobby", 1, "Alice", "", "joined")
    say(client, "#lobby", 2, "Alice", "hello")
    say(client, "#lobby", 3, "Bob", "=1+1\n\x1b[2J second")
    yield client
    client.close()


@pytest.fixture
def answer(db: Any, redis_url: str, capsys: pytest.CaptureFixture[str]) -> Answer:
    """What a command prints; it must end with 0."""

    def ask(*arguments: str, code: int = 0) -> str:
        assert cli.run([*arguments, "--redis", redis_url]) == code
        said = capsys.readouterr()
        return said.out if code == 0 else said.err

    return ask


@pytest.fixture
def rows(answer: Answer) -> Callable[..., list[dict[str, Any]]]:
    """The same as JSON."""

    def ask(*arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(answer(*arguments, "--json"))
        return found

    return ask
