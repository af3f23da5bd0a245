"""What a node tells a client whose session an operator has ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cluster.errors import Fenced, Refused
from cluster.types import Claimed, Kind, Name, Reason, Renamed
from tests.unit.node.fake_cluster import FakeCluster
from tests.unit.node.fake_store import Store
from tests.unit.node.support import Client, Native, log_of, pair, plain, running
from wire import Code
from wire.frames import Accepted, Error, Hello, Left, Rename, Say, Welcome


def test_each_dialect_is_told_why_and_closed() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as bot, plain(node, "bob") as person:
        welcome = bot.enter("bot")
        assert cluster.events is not None
        cluster.events.on_taken(welcome.session, "", "kicked too loud")
        error = bot.expect(Error)
        assert (error.code, error.text) == (Code.KICKED, "an operator has removed you: too loud")
        assert bot.rest() == []
        cluster.events.on_taken(cluster.store.nicks["bob"], "", "banned 1795368692180 spam")
        assert person.rest()[-1] == "! you are banned until 2026-11-22 17:31 UTC: spam"
        with plain(node, "carol") as other:
            cluster.events.on_taken(cluster.store.nicks["carol"], "", f"banned {10**20} spam")
            assert other.rest()[-1] == "! you are banned: spam"
    assert not [call for call in cluster.calls if call[0] == "away"], "its end is the operator's"
    assert {line["reason"] for line in log_of(node) if line["event"] == "left"} == {"kicked", "banned"}


def test_a_session_that_was_brought_back_before_its_kick_was_heard_of_ends_all_the_same() -> None:
    """Redis has lost the kick, and the node's subscriber was slower than its publisher."""
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as bot:
        session = bot.enter("bot").session
        assert cluster.events is not None
        cluster.events.on_taken(session, "", "kicked too loud")
        bot.expect(Error)
        assert session not in cluster.store.rows
        assert "bot" not in cluster.store.nicks


class Quick(FakeCluster):
    """An operator ends each session before the node has read the answer to its claim."""

    def claim(self, *asked: Any, **more: Any) -> Claimed:
        claimed = super().claim(*asked, **more)
        assert self.events is not None
        self.events.on_taken(claimed.session, "", "kicked")
        return claimed


def test_a_kick_that_is_quicker_than_the_welcome_leaves_no_ghost() -> None:
    with running(Quick(Store())) as node, Native(node) as bot:
        bot.say(Hello(nick="bot"))
        assert bot.expect(Error).code == Code.KICKED
        assert bot.rest() == []
        assert len(node.house.registry) == 0


def test_who_was_kicked_may_come_again_under_his_own_token() -> None:
    """When the kick is forgotten, an hour later. A token of one's own always means the same session."""
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as bot, Native(node) as again:
        bot.say(Hello(nick="bot", token="t" * 22))
        session = bot.expect(Welcome).session
        assert cluster.events is not None
        cluster.events.on_taken(session, "", "kicked")
        assert bot.expect(Error).code == Code.KICKED
        again.say(Hello(nick="bot", token="t" * 22))
        assert again.expect(Welcome).session == session
        again.say(Say(n=1, to="#lobby", text="back"))
        assert again.expect(Accepted).n == 1


def test_an_answer_that_finds_the_session_gone_says_how_it_ended() -> None:
    cluster = FakeCluster(Store())
    with running(cluster) as node, Native(node) as bot:
        bot.enter("bot")
        cluster.answers.append(Fenced("gone", "kicked"))
        bot.say(Say(n=1, to="#lobby", text="x"))
        assert bot.expect(Error).code == Code.KICKED


class Barring(FakeCluster):
    def claim(self, *asked: Any, **more: Any) -> Claimed:
        raise Refused(Reason.BANNED, "0 not that name")

    def resume(self, *asked: Any, **more: Any) -> Claimed:
        raise Refused(Reason.KICKED, "")


def test_who_is_refused_by_an_operator_is_told_and_closed() -> None:
    with running(Barring(Store())) as node:
        with Native(node) as bot:
            bot.say(Hello(nick="bot"))
            error = bot.expect(Error)
            assert (error.code, error.text) == (Code.BANNED, "that nickname is banned: not that name")
            assert bot.rest() == []
        with Native(node) as bot:
            bot.say(Hello(session="s", token="t"))
            assert bot.expect(Error).code == Code.KICKED
            assert bot.rest() == []
        with Client(node) as person:
            person.put("bob\n")
            assert person.rest()[-1] == "! that nickname is banned: not that name"


def test_others_read_who_was_kicked_and_why() -> None:
    store, one, two = pair()
    with running(one) as n1, running(two) as n2, Native(n1) as bot, plain(n2, "bob") as person:
        bot.enter("bot")
        for how in ("kicked too loud", "banned 0 spam", "banned", "expired"):
            store.append("#lobby", Kind.LEFT, "somebody", 0, "carol", how)
        seen = [bot.expect(Left) for _ in range(4)]
        assert [(left.reason, left.why) for left in seen] == [
            ("kicked", "too loud"), ("banned", "spam"), ("banned", ""), ("expired", ""),
        ]  # fmt: skip
        lines = person.lines_until("lost the connection")
        assert lines[-4:] == [
            "* carol left (kicked: too loud)", "* carol left (banned: spam)", "* carol left (banned)",
            "* carol left (lost the connection)",
        ]  # fmt: skip


class Renaming(FakeCluster):
    def rename(self, session: str, claim: str, name: Name, suggestions: Sequence[Name]) -> Renamed:
        raise Refused(Reason.BANNED, "0 not that name")


def test_who_wants_to_be_renamed_to_a_banned_nickname_stays_who_he_is() -> None:
    with running(Renaming(Store())) as node, Native(node) as bot:
        bot.enter("bot")
        bot.say(Rename(nick="mallory"))
        error = bot.expect(Error)
        assert (error.code, error.text) == (Code.BAD_NICK, "that nickname is banned: not that name")
        bot.say(Say(n=1, to="#lobby", text="still here"))
        assert bot.expect(Accepted).n == 1
