"""A ban of a nickname is kept by the scripts, one of an address told to each node; both end by Redis's clock."""

from __future__ import annotations

import pytest

from cluster.addresses import network
from cluster.errors import Refused
from cluster.operator import accounts, bans, read
from cluster.operator.errors import Failed
from cluster.seam import Health
from cluster.types import Name, Reason
from tests.contract.desk import desk_at
from tests.contract.space import LOBBY, Node, Space, User, hashed
from tests.support.waiting import wait_until

BOB = bans.target("bob")


def is_refused(node: Node, nick: str) -> str:
    with pytest.raises(Refused) as refused:
        node.claim(nick, f"{nick}_")
    assert refused.value.reason == Reason.BANNED
    return refused.value.detail


def test_a_banned_nickname_is_ended_and_refused_at_each_door(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    bob = one.claim("Bob")
    with desk_at(space) as at:
        until, ended = bans.ban(at, BOB, None, "spam")
        assert until == 0
        assert ended is not None
        assert (ended.nick, ended.node, ended.rooms) == ("Bob", "n1", [LOBBY])
        assert bans.ban(at, BOB, None, "spam")[1] is None
    assert [fields["text"] for fields in space.kinds(LOBBY, "left")] == ["banned 0 spam"]
    for node in (one, two):
        assert is_refused(node, "BOB") == "0 spam"
        with pytest.raises(Refused) as refused:
            bob.resume_at(node)
        assert (refused.value.reason, refused.value.detail) == (Reason.BANNED, "0 spam")
        with pytest.raises(Refused) as refused:
            node.cluster.claim(bob.session, "again", bob.name, [], hashed(bob.token), "192.0.2.1:5")
        assert refused.value.reason == Reason.BANNED
    two.claim("Bobby")
    with desk_at(space) as at:
        assert bans.unban(at, BOB)
        assert not bans.unban(at, BOB)
    two.claim("bob")


def test_nobody_is_renamed_to_a_banned_nickname(space: Space) -> None:
    node = space.serve("n1")
    alice, carol = node.claim("Alice"), node.claim("Carol")
    with desk_at(space) as at:
        bans.ban(at, BOB, None, "spam")
        bans.ban(at, bans.target("carol_"), None, "")
    with pytest.raises(Refused) as refused:
        node.cluster.rename(alice.session, alice.claim, Name("Bob", "bob"), [])
    assert (refused.value.reason, refused.value.detail) == (Reason.BANNED, "0 spam")
    with pytest.raises(Refused) as refused:
        node.cluster.rename(
            alice.session, alice.claim, carol.name, [Name("Carol_", "carol_"), Name("Carol2", "carol2")]
        )
    assert refused.value.detail == "Carol2"
    assert space.row(alice)["nick"] == "Alice"


def test_nobody_comes_back_under_a_nickname_that_looks_like_the_banned_one(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    with desk_at(space) as at:
        bans.ban(at, bans.target("Mallory"), None, "spam")
        for alike in ("maIIory", "ma11ory", "mallоry"):
            assert is_refused(node, alike) == "0 spam"
            with pytest.raises(Refused) as refused:
                node.cluster.rename(alice.session, alice.claim, Name(alike, alike.lower()), [])
            assert (refused.value.reason, refused.value.detail) == (Reason.BANNED, "0 spam")
        with pytest.raises(Refused) as refused:
            node.claim("Alice", "ma11ory", "Alice2")
        assert refused.value.detail == "Alice2", "nor is it proposed"
        assert bans.unban(at, bans.target("Mallory"))
        assert not space.admin.keys(space.key("ban:*"))
    node.claim("ma11ory")


def test_who_has_registered_a_look_alike_of_a_banned_nickname_is_another_one(space: Space) -> None:
    node = space.serve("n1")
    with desk_at(space) as at:
        accounts.register(at, "Mallory", "mallory", "open sesame")
        bans.ban(at, bans.target("maIIory"), 3600.0, "")
        assert 0 < space.admin.pttl(space.key("ban:nick:maiiory")) <= 3_600_000
        looks = space.admin.keys(space.key("ban:look:*"))
        assert looks
        assert all(0 < space.admin.pttl(look) <= 3_600_000 for look in looks), "they end with the ban"
    account = node.cluster.account("mallory", "192.0.2.1")
    assert account is not None
    name = Name("Mallory", "mallory")
    claimed = node.cluster.claim("s" * 22, "c", name, [], hashed("t"), "192.0.2.1:5", "", account.hash)
    assert claimed.name.shown == "Mallory"


def test_a_banned_nickname_is_not_proposed(space: Space) -> None:
    node = space.serve("n1")
    node.claim("Alice")
    with desk_at(space) as at:
        bans.ban(at, bans.target("alice_"), None, "")
    with pytest.raises(Refused) as refused:
        node.claim("Alice", "Alice_", "Alice2")
    assert (refused.value.reason, refused.value.detail) == (Reason.NICK_TAKEN, "Alice2")


def test_a_session_that_is_there_although_its_nickname_is_banned_can_not_go_on(space: Space) -> None:
    """As after a loss that took its end, but not the ban."""
    node = space.serve("n1")
    bob, alice = node.claim("Bob"), node.claim("Alice")
    space.admin.hset(space.key("ban:nick:bob"), mapping={"until": "0", "reason": "spam"})
    with pytest.raises(Refused) as refused:
        bob.resume_at(node)
    assert refused.value.reason == Reason.BANNED
    space.admin.delete(space.key("term"))
    node.events.wait(lambda: node.events.recovered, "it re-claims", timeout=20)
    assert node.events.recovered[-1] == [bob.session]
    assert alice.said("still here")


def test_a_ban_is_over_when_its_time_is_by_redis_alone(space: Space) -> None:
    node = space.serve("n1")
    with desk_at(space) as at:
        # Long enough for a busy machine to see it hold.
        until, _ = bans.ban(at, BOB, 4.0, "")
        bans.ban(at, bans.target("192.0.2.0/24"), 4.0, "")
        assert is_refused(node, "bob") == f"{until} "
        node.events.wait(lambda: ["192.0.2.0/24"] in node.events.bans, "the node is told")
    wait_until(lambda: isinstance(_try(node), User), timeout=20, what="the nickname is free again")
    wait_until(lambda: not bans.all_bans(space.admin, space.prefix), timeout=20, what="both are over")


def _try(node: Node) -> User | None:
    try:
        return node.claim("bob")
    except Refused:
        return None


def test_each_node_is_told_of_addresses_at_once_and_one_that_comes_before_it_serves(space: Space) -> None:
    one = space.serve("n1", lease=30.0)  # its heartbeats are too far apart to matter here
    one.events.wait(lambda: None in one.events.subscribed, "its channel is subscribed")
    assert one.events.bans == [[]]
    with desk_at(space) as at:
        bans.ban(at, bans.target("192.0.2.9"), None, "x")
        one.events.wait(lambda: one.events.bans[-1] == ["192.0.2.9/32"], "it hears of it")
        bans.ban(at, bans.target("::ffff:198.51.100.0/120"), None, "x")
        one.events.wait(lambda: len(one.events.bans[-1]) == 2, "it hears of it")
        two = space.serve("n2", lease=30.0)
        assert sorted(two.events.bans[-1]) == ["192.0.2.9/32", "198.51.100.0/24"]
        bans.unban(at, bans.target("192.0.2.9"))
        for node in (one, two):
            _hears(node, "198.51.100.0/24")


def _hears(node: Node, only: str) -> None:
    node.events.wait(lambda: node.events.bans[-1] == [only], "it hears of that as well")


def test_who_is_there_from_a_banned_address_is_ended_wherever_it_is(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    bob, carol = one.claim("Bob"), two.claim("Carol")  # from 192.0.2.1, as all of a space
    dan = two.claim("Dan")
    space.admin.hset(space.key(f"session:{dan.session}"), "address", "198.51.100.1:5")
    carol.away()
    two.events.wait(lambda: space.row(carol)["state"] == "away", "away")
    net = network("192.0.2.0/28")
    with desk_at(space) as at:
        until, _ = bans.ban(at, bans.target("192.0.2.0/28"), None, "flood")
        assert bans.expel(at, space.admin, space.prefix, net, until, "flood", []) == ["Bob", "Carol"]
    assert set(space.admin.hgetall(space.key("presence"))) == {"Dan"}
    one.events.wait(lambda: one.events.ends.get(bob.session) == "banned 0 flood", "its node hears why")
    assert len(space.kinds(LOBBY, "left")) == 2


def test_an_address_that_all_share_needs_force(space: Space) -> None:
    node = space.serve("n1")
    node.claim("Bob"), node.claim("Carol")
    rows = read.sessions(space.admin, space.prefix)
    with pytest.raises(Failed, match=r"all 2 sessions come from 192\.0\.2\.1; is it the balancer"):
        bans.check_spares_somebody(network("192.0.2.1"), rows)
    with pytest.raises(Failed, match="every address"):
        bans.check_spares_somebody(network("::/0"), [])
    with pytest.raises(Failed, match="the only session"):
        bans.check_spares_somebody(network("192.0.2.0/24"), rows[:1])
    bans.check_spares_somebody(network("192.0.2.2"), rows)
    bans.check_spares_somebody(network("192.0.2.1"), [])


def test_the_list_names_each_ban_once(space: Space) -> None:
    with desk_at(space) as at:
        bans.ban(at, bans.target("@10.0.0.1"), 3600, "a nickname")
        bans.ban(at, bans.target("10.0.0.1"), 3600, "first")
        bans.ban(at, bans.target("10.0.0.1"), None, "second")
        bans.ban(at, bans.target("2001:db8::5/48"), 60, "")
    rows = bans.all_bans(space.admin, space.prefix)
    assert [(row.kind, row.name, row.reason, row.until > 0) for row in rows] == [
        ("address", "10.0.0.1", "second", False),
        ("address", "2001:db8::/48", "", True),
        ("nick", "10.0.0.1", "a nickname", True),
    ]
    assert bans.covering(rows, bans.target("2001:db8::77")) == "2001:db8::/48"
    assert bans.covering(rows, bans.target("10.0.0.2")) == ""


def test_bans_that_can_not_be_read_keep_no_node_from_serving(space: Space) -> None:
    space.admin.set(space.key("bans"), "not ours")
    node = space.serve("n1")
    node.events.wait(lambda: any("bans can't be read" in what for what in node.events.damages), "it is told")
    assert node.cluster.health == Health.SERVING
    assert sum("bans" in what for what in node.events.damages) == 1
    space.admin.delete(space.key("bans"))
    with desk_at(space) as at:
        bans.ban(at, bans.target("192.0.2.9"), None, "")
    node.events.wait(lambda: node.events.bans and node.events.bans[-1], "and read when somebody has mended it")


def test_a_ban_that_was_written_by_hand_and_wrong_stops_no_node(space: Space) -> None:
    node = space.serve("n1")
    space.admin.hset(space.key("ban:net:198.51.100.0/24"), mapping={"until": "forever", "reason": "by hand"})
    space.admin.hset(space.key("ban:net:198.51.101.0/24"), mapping={"until": "0", "reason": b"\xff"})
    space.admin.zadd(space.key("bans"), {"net:198.51.100.0/24": float("inf"), "net:198.51.101.0/24": float("inf")})
    with desk_at(space) as at:
        bans.ban(at, bans.target("192.0.2.9"), None, "")
    node.events.wait(lambda: node.events.bans and "192.0.2.9/32" in node.events.bans[-1], "the others are read")
    assert node.cluster.health == Health.SERVING
    assert "198.51.100.0/24" not in node.events.bans[-1]
    assert node.events.fatal == []
