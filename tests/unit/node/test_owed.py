"""What a resumed client gets of a log of which it has no cursor."""

from __future__ import annotations

from cluster.types import Position
from tests.unit.node.support import Native, pair, plain, running
from wire.frames import Hello, Join, Joined, Message, Welcome


def test_a_room_whose_joined_was_lost_with_the_connection_is_not_missed() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, plain(n2, "bob") as bob:
        with Native(n1) as first:
            welcome = first.enter("alice")
            first.say(Join(room="#ops"))
            joined = first.expect(Joined)
        one.await_call("away")
        bob.put("/join #ops\nmissed\n")
        bob.lines_until("missed")
        two.owed = {"#ops": Position(joined.epoch, joined.offset)}
        with Native(n2) as again:
            again.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs))
            assert again.expect(Welcome).logs["#ops"] == (joined.epoch, joined.offset)
            assert again.expect(Message).text == "missed"
    assert store.nicks
