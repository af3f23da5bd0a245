"""Many clients at once, and one who was away for very long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from node.delivery import NEWEST
from tests.support.deployment import UNLIMITED, Deployment
from tests.support.native import NativeClient
from tests.support.waiting import wait_until
from wire.frames import Accepted, Gap, Message, Quit, Welcome

Deploy = Callable[..., Deployment]
SAID = 2600
RETAIN = 1400
WINDOW = 64
HERD = 60
BEHIND = 1200


def test_who_was_away_beyond_the_reach_of_the_log_is_told_and_gets_the_newest(deploy: Deploy) -> None:
    cluster = deploy(nodes=2, lease=2.0, grace=60.0, start=False, flags=UNLIMITED)
    cluster.nodes = [cluster.make_node(name, flags=["--retain", str(RETAIN)]) for name in ("n1", "n2")]
    cluster.start()
    address, cold = cluster.addresses  # `cold` has heard nothing of the room, so it remembers nothing of it
    with NativeClient(address, "alice") as alice, NativeClient(address, "bob") as bob:
        welcome = alice.enter()
        seen = welcome.logs["#lobby"]
        alice.crash()
        bob.enter()
        _talk(bob, SAID)
        with NativeClient(cold, "alice") as back:
            back.resume(welcome, {"#lobby": seen})
            top = back.expect(Welcome).logs["#lobby"][1]
            gap = back.expect(Gap)
            back.expect_text(f"{SAID}")
            told = [frame.offset for frame in back.frames if isinstance(frame, Message)]
            assert (gap.complete, gap.first, gap.last) == (seen[1], seen[1] + 1, top - NEWEST)
            assert told == list(range(top - NEWEST + 1, top + 1))
            back.send(Quit())
            back.expect_end()
        bob.send(Quit())
        bob.expect_end()


def test_a_herd_that_lacks_the_same_entries_reads_them_once(deploy: Deploy) -> None:
    cluster = deploy(nodes=3, lease=2.0, grace=60.0, flags=UNLIMITED)
    first, other, second = cluster.nodes  # `second` has heard nothing of the room, so it remembers nothing of it
    with ExitStack() as stack:
        crowd = [stack.enter_context(NativeClient(first.address, f"p{number}")) for number in range(HERD)]
        welcomes = [client.enter() for client in crowd]
        bob = stack.enter_context(NativeClient(other.address, "bob"))
        seen = bob.enter().logs["#lobby"]
        first.kill()
        _talk(bob, BEHIND)
        before = second.metric("hydrachat_catch_ups_total")
        herd = [stack.enter_context(NativeClient(second.address, f"p{number}")) for number in range(HERD)]
        for client, welcome in zip(herd, welcomes, strict=True):
            client.resume(welcome, {"#lobby": seen})
        for client in herd:
            client.expect_text(f"{BEHIND}", within=30)
            said = [int(frame.text) for frame in client.frames if isinstance(frame, Message)]
            assert said == list(range(1, BEHIND + 1))
        # A page of 200 is one read, whoever asks.
        assert second.metric("hydrachat_catch_ups_total") - before < HERD
        wait_until(lambda: second.metric("hydrachat_hellos_waiting") == 0, what="nobody waits")
        assert second.metric("hydrachat_hellos_turned_away_total") == 0


def _talk(speaker: NativeClient, count: int) -> None:
    """Says 1, 2, 3 … in the lobby."""
    for n in range(1, count + 1):
        speaker.say(str(n))
        if n % WINDOW == 0 or n == count:
            speaker.expect(Accepted, lambda frame, last=n: frame.n == last, within=30)  # type: ignore[misc]
