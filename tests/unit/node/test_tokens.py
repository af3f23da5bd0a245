"""Tokens at a node: a new one with each resume that wants one, and what is told of an old one."""

from __future__ import annotations

from typing import Any

import pytest

from cluster.errors import Refused
from cluster.types import Claimed, Lost, Reason
from node.session import token_hash
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Native, log_of, running
from tests.unit.node.waiting import wait_for
from wire.codes import Code
from wire.frames import Confirm, Error, Hello, Welcome


def resume(client: Native, welcome: Welcome, **more: Any) -> Welcome:
    client.say(Hello(session=welcome.session, token=welcome.token, cursors=welcome.logs, **more))
    return client.expect(Welcome)


def test_who_wants_one_gets_a_new_token_and_confirms_it() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as first, Native(node) as second:
        begun = first.enter("alice")
        resumed = resume(second, begun, rotate=True)
        assert resumed.token not in (None, begun.token)
        session = node.house.registry.get(begun.session)
        assert session is not None
        record = session.record({})
        assert (record.token_hash, record.open_tokens) == (
            token_hash(resumed.token or ""), token_hash(begun.token or ""),
        )  # fmt: skip
        for wrong in ("some other one", begun.token or ""):
            second.say(Confirm(token=wrong))
        second.say(Confirm(token=resumed.token or ""))
        cluster.await_call("confirm", begun.session, token_hash(resumed.token or ""))
        assert [call for call in cluster.calls if call[0] == "confirm"] == cluster.calls[-1:]
        assert session.record({}).open_tokens == ""


def test_who_does_not_goes_on_with_his_own() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as first, Native(node) as second:
        begun = first.enter("alice")
        assert resume(second, begun).token is None
        session = node.house.registry.get(begun.session)
        assert session is not None
        assert (session.token_hash, session.open_tokens) == (token_hash(begun.token or ""), "")


class BesideFormer(FakeCluster):
    """A node is up that replaces no tokens."""

    def resume(self, *asked: Any, **more: Any) -> Claimed:
        return super().resume(*asked[:6])


def test_beside_a_node_that_replaces_none_nobody_is_told_of_a_new_one() -> None:
    cluster = BesideFormer(Store())
    with running(cluster) as node, Native(node) as first, Native(node) as second:
        begun = first.enter("alice")
        assert resume(second, begun, rotate=True).token is None
        session = node.house.registry.get(begun.session)
        assert session is not None
        assert (session.token_hash, session.open_tokens) == (token_hash(begun.token or ""), "")


class Spent(FakeCluster):
    late = ""

    def resume(self, *asked: Any, **more: Any) -> Claimed:
        raise Refused(Reason.TOKEN_SPENT, self.late)


@pytest.mark.parametrize(("late", "kind", "event"), [("", "unexplained", "token_spent"), ("1", "late", "token_late")])
def test_who_comes_with_an_old_one_is_refused_counted_and_noted(late: str, kind: str, event: str) -> None:
    cluster = Spent(Store())
    cluster.late = late
    with running(cluster) as node, Native(node) as client:
        client.say(Hello(session="a-session", token="an old token of theirs"))
        assert client.expect(Error).code == Code.TOKEN_SPENT
        assert node.house.metrics.tokens_spent.labels(kind)._value.get() == 1
    noted = log_of(node)
    assert [line["event"] for line in noted if line["event"].startswith("token_")] == [event]
    assert "an old token" not in str(noted)


def test_who_has_the_session_is_told_and_goes_on() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as alice:
        welcome = alice.enter("alice")
        assert cluster.events is not None
        session = node.house.registry.get(welcome.session)
        assert session is not None
        cluster.events.on_spent(welcome.session, "an earlier claim")
        cluster.events.on_spent("somebody else", session.claim)
        cluster.events.on_spent(welcome.session, session.claim)
        told = alice.expect(Error)
        assert (told.code, told.n, told.id) == (Code.TOKEN_SPENT, None, None)
        alice.barrier()
        wait_for(lambda: node.house.registry.get(welcome.session) is session)
    assert [line["event"] for line in log_of(node)].count("token_spent_of") == 1


def test_the_token_before_is_handed_on() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as first, Native(node) as second:
        begun = first.enter("alice")
        second.say(Hello(session=begun.session, token="one that was forgotten", former=begun.token, rotate=True))
        assert second.expect(Welcome).session == begun.session


class Asked(FakeCluster):
    lost: Lost | None = None

    def claim(self, *asked: Any, **more: Any) -> Claimed:
        self.lost = asked[8]
        return super().claim(*asked, **more)


@pytest.mark.parametrize("former", ["", "older"])
def test_what_a_client_has_lost_is_told_by_hashes(former: str) -> None:
    cluster = Asked(Store())
    with running(cluster) as node, Native(node) as client:
        client.say(Hello(nick="alice", lost=("gone", "newest", former)))
        client.expect(Welcome)
    hashes = [token_hash(each) for each in ("newest", former) if each]
    assert cluster.lost == Lost("gone", tuple(hashes))
