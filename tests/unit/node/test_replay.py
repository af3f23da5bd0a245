"""Who comes back from too far away is sent the last entries, and told which are missing."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, running
from tests.unit.node.test_pacing import counted
from wire.frames import Gap, Hello, Message, Welcome

LOBBY = "#lobby"


def said(client: Native, last: str) -> list[str]:
    """Texts up to `last`."""
    texts: list[str] = []
    while not texts or texts[-1] != last:
        texts.append(client.expect(Message, lambda message: not message.history).text)
    return texts


@pytest.mark.parametrize(("away_for", "first"), [(10, 0), (11, 1), (400, 390)])
def test_so_many_entries_of_a_room_are_replayed(away_for: int, first: int) -> None:
    store = Store()
    with ExitStack() as stack:
        node = stack.enter_context(running(FakeCluster(store), max_replay=10))
        with Native(node) as alice:
            welcome = alice.enter("alice")
        cursor = store.top(LOBBY)
        for number in range(away_for):
            store.append(LOBBY, "message", "someone", number + 1, "bob", f"{number}")
        again = stack.enter_context(Native(node))
        cursors = {LOBBY: (cursor.epoch, cursor.offset), "@": (cursor.epoch, 0)}
        again.say(Hello(session=welcome.session, token=welcome.token, cursors=cursors))
        again.expect(Welcome)
        if first:
            gap = again.expect(Gap)
            place = (gap.log, gap.former, gap.complete, gap.first, gap.last)
            assert place == (LOBBY, "E1", cursor.offset, cursor.offset + 1, cursor.offset + first)
        assert said(again, f"{away_for - 1}") == [f"{number}" for number in range(first, away_for)]
        assert counted(node, "max_replay") == (1 if first else 0)


def test_no_direct_message_is_left_out() -> None:
    store = Store()
    with ExitStack() as stack:
        node = stack.enter_context(running(FakeCluster(store), max_replay=3))
        with Native(node) as alice:
            welcome = alice.enter("alice")
        for number in range(20):
            store.append(f"@{welcome.session}", "message", "someone", number + 1, "bob", f"{number}")
        again = stack.enter_context(Native(node))
        again.say(Hello(session=welcome.session, token=welcome.token, cursors={"@": ("E1", 0)}))
        assert said(again, "19") == [f"{number}" for number in range(20)]


def test_from_an_earlier_life_too() -> None:
    store = Store()
    with ExitStack() as stack:
        node = stack.enter_context(running(FakeCluster(store), max_replay=10))
        with Native(node) as alice:
            welcome = alice.enter("alice")
        cursor = store.top(LOBBY)
        store.rewind("E2", {})
        for number in range(500):
            store.append(LOBBY, "message", "someone", number + 1, "bob", f"{number}")
        again = stack.enter_context(Native(node))
        again.say(Hello(session=welcome.session, token=welcome.token, cursors={LOBBY: (cursor.epoch, cursor.offset)}))
        again.expect(Welcome)
        texts = said(again, "499")
        assert texts[-10:] == [f"{number}" for number in range(490, 500)]
        assert len(texts) <= 210, "what the first look brought, and the last ones"
