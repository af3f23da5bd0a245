"""The last messages of a room, among comings and goings: what is remembered of where they are is never wrong."""

from __future__ import annotations

import random

import pytest

from tests.contract.space import LOBBY, Space

OTHERS = 260
"""Entries that are no messages, more than a page of them."""


def crowd(space: Space, count: int) -> None:
    """As if so many had come into the lobby."""
    log, meta = (space.key(f"room:{LOBBY}:{part}") for part in ("log", "meta"))
    top = int(space.admin.hget(meta, "top") or 0)
    for offset in range(top + 1, top + count + 1):
        space.admin.xadd(
            log, {"kind": "joined", "session": "s", "nick": "guest", "text": "", "time": "1"}, f"{offset}-0"
        )
    space.admin.hset(meta, "top", str(top + count))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_asked_before_history_is_what_was_said(space: Space, seed: int) -> None:
    chance = random.Random(seed)
    node = space.serve("n1")
    alice = node.claim("Alice")
    said: list[int] = []
    for number in range(60):
        if chance.random() < 0.4:
            crowd(space, chance.choice((1, 30, 70, OTHERS)))
        for _ in range(chance.choice((0, 1, 1, 5))):
            said.append(alice.said(f"m{number}").position.offset)
        top = int(space.admin.hget(space.key(f"room:{LOBBY}:meta"), "top") or 0)
        before = chance.choice((0, 0, top, top + 1, top + 50, chance.randrange(1, top + 1)))
        limit = chance.choice((1, 3, 50, 200))
        found = [entry.offset for entry in node.cluster.history(LOBBY, before, limit)]
        wanted = [offset for offset in said if not before or offset < before][-limit:]
        # What lies two thousand entries back or further need not be found.
        near = [offset for offset in wanted if offset > (before or top) - 1800]
        assert found[len(found) - len(near) :] == near
        assert found == wanted[len(wanted) - len(found) :]


def test_history_goes_on_beyond_what_is_remembered(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    for number in range(130):
        alice.said(f"m{number}")
    crowd(space, 60)
    for _ in range(2):
        found = node.cluster.history(LOBBY, 0, 125)
        assert [entry.text for entry in found] == [f"m{number}" for number in range(5, 130)]


def test_who_comes_into_a_crowd_does_not_read_that_the_others_came(real_space: Space) -> None:
    node = real_space.serve("n1")
    node.claim("Alice").said("first")
    crowd(real_space, 1900)

    def pages() -> int:
        before = real_space.admin.info("commandstats").get("cmdstat_xrevrange", {"calls": 0})["calls"]
        assert [entry.text for entry in node.cluster.history(LOBBY, 0, 50)] == ["first"]
        return int(real_space.admin.info("commandstats")["cmdstat_xrevrange"]["calls"] - before)

    assert pages() > 5
    crowd(real_space, 40)
    assert pages() == 1
