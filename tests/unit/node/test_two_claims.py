"""Two connections take one session at one node, and the answers reach their threads the wrong way round."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import ExitStack
from typing import Any

from cluster.types import Claimed
from node.registry import NOTICES, Registry
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, running
from tests.unit.node.test_sessions import session as claimed
from tests.unit.node.waiting import wait_for
from wire import Code
from wire.frames import Accepted, Error, Hello, Say, Welcome

TOKEN = "t" * 22


class Crossing(FakeCluster):
    """The answer to the first resume is kept until `go`; its order among the others stays."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.go = threading.Event()
        self.asked = 0

    def resume(self, *asked: Any, **more: Any) -> Claimed:
        claimed = super().resume(*asked, **more)
        self.asked += 1
        if self.asked == 1:
            assert self.go.wait(10)
        return claimed


def test_of_two_claims_the_later_one_stays_whoever_hears_of_it_first() -> None:
    """As when Redis stood still, and the client dialled again meanwhile: both are answered in one moment."""
    cluster = Crossing(Store())
    with running(cluster) as node, ExitStack() as stack:
        begun, early, late = (stack.enter_context(Native(node)) for _ in range(3))
        begun.say(Hello(nick="alice", token=TOKEN))
        session = begun.expect(Welcome).session
        again = Hello(session=session, token=TOKEN)
        early.say(again)
        wait_for(lambda: cluster.asked == 1)
        late.say(again)
        late.expect(Welcome)
        assert begun.expect(Error).code == Code.TAKEN_OVER
        cluster.go.set()
        assert early.expect(Error).code == Code.TAKEN_OVER
        assert early.rest() == []

        late.say(Say(n=1, to="#lobby", text="still me"))
        assert late.expect(Accepted).n == 1
        claim = cluster.store.rows[session].claim
        assert node.house.registry.all()[0].claim == claim
        late.sock.close()
        cluster.await_call("away", session, claim)
    assert node.house.rooms.logs() == []


def test_who_was_taken_at_another_node_before_we_knew_of_him_is_told() -> None:
    """He may say nothing for hours; and a connection that is somebody else's by now may not hear the room."""
    store = Store()
    there = FakeCluster(store, "n2")
    here = Crossing(store)
    with running(here) as n1, running(there) as n2, ExitStack() as stack:
        begun, early = (stack.enter_context(Native(n1)) for _ in range(2))
        late = stack.enter_context(Native(n2))
        begun.say(Hello(nick="alice", token=TOKEN))
        session = begun.expect(Welcome).session
        again = Hello(session=session, token=TOKEN)
        early.say(again)
        wait_for(lambda: here.asked == 1)
        late.say(again)
        late.expect(Welcome)
        here.go.set()
        assert early.expect(Error).code == Code.TAKEN_OVER
        assert early.rest() == []
        late.say(Say(n=1, to="#lobby", text="still me"))
        assert late.expect(Accepted).n == 1
        assert n1.house.registry.all() == []
        back = stack.enter_context(Native(n1))
        back.say(again)
        back.expect(Welcome)
        back.say(Say(n=2, to="#lobby", text="back"))
        assert back.expect(Accepted).n == 2


def test_notices_are_remembered_for_a_moment_and_not_for_all_that_ever_moved() -> None:
    registry = Registry()
    for number in range(2 * NOTICES):
        assert registry.notice(f"s{number}", "c") is None
    assert len(registry._notices) == NOTICES


def test_a_notice_holds_for_all_claims_before_it() -> None:
    """Of two that were taken here one after the other, and then by another node, neither is ours."""
    registry = Registry()
    earlier, later = (claimed("s", claim) for claim in ("c1", "c2"))
    registry.notice("s", "c2")
    registry.notice("s", "c3")
    for session in (earlier, later):
        assert registry.add(session) in (None, earlier)
        assert registry.doubtful(session)
    assert not registry.doubtful(claimed("s", "c3"))


def test_who_has_hung_up_in_the_line_takes_no_session() -> None:
    cluster = Crossing(Store())
    with running(cluster, hellos=1) as node, ExitStack() as stack:
        begun, first, gone = (stack.enter_context(Native(node)) for _ in range(3))
        begun.say(Hello(nick="alice", token=TOKEN))
        session = begun.expect(Welcome).session
        begun.sock.close()
        first.say(Hello(session=session, token=TOKEN))
        wait_for(lambda: cluster.asked == 1)
        gone.say(Hello(nick="bob"))
        wait_for(lambda: len(node.house.admission._line) == 1)
        gone.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.sock.close()
        cluster.go.set()
        first.expect(Welcome)
        wait_for(lambda: len(node.house.roster) <= 1)
        assert [row.name.shown for row in cluster.store.rows.values()] == ["alice"]
