"""Direct messages for the owner of a registered nickname who is away: they wait, and are delivered once, in order."""

from __future__ import annotations

import pytest

from cluster.errors import Refused
from cluster.settings import INBOX_LIMIT
from cluster.types import Position, Published, Reason
from tests.contract.lives import wait_recovered
from tests.contract.owners import HASH, login, register, texts
from tests.contract.space import Node, Space, User
from tests.contract.test_accounts import rename
from tests.support.waiting import wait_until


def owner_away(space: Space, node: Node, nick: str = "Bob") -> str:
    """Somebody has registered the nickname and left; the log of his mail."""
    bob = node.claim(nick)
    own = register(bob)
    bob.end()
    wait_until(lambda: not space.row(bob), what="left")
    return f"@~{own}"


def receipts(space: Space, user: User) -> list[tuple[str, str, str]]:
    return [(fields["n"], fields["nick"], fields["text"]) for fields in space.kinds(user.inbox, "receipt")]


def test_it_waits_and_is_delivered_once_in_order(space: Space) -> None:
    one, two = space.serve("n1"), space.serve("n2")
    mail = owner_away(space, two)
    alice = one.claim("Alice")
    said = [alice.said(f"psst {i}", "@bob") for i in range(3)]
    assert [each.log for each in said] == [mail] * 3
    assert texts(space, mail) == ["psst 0", "psst 1", "psst 2"]
    times = [fields["time"] for fields in space.kinds(mail, "message")]
    bob = login(two, "Bob")
    found = two.read_all(bob.inbox)
    assert [(e.session, e.n, e.nick, e.text, str(e.time)) for e in found] == [
        (alice.session, i + 1, "Alice", f"psst {i}", times[i]) for i in range(3)
    ]
    assert bob.claimed.owed[bob.inbox].offset == 0
    assert bob.claimed.logs[bob.inbox].offset == 3
    assert texts(space, mail) == []
    bob.acknowledge(3)
    wait_until(lambda: len(receipts(space, alice)) == 3, what="receipts")
    assert receipts(space, alice) == [(str(i + 1), "Bob", "received") for i in range(3)]
    again = login(one, "Bob")
    assert texts(space, again.inbox) == []


def test_what_came_late_is_late_when_it_is_handed_over(space: Space) -> None:
    """After a loss of data it stands behind what was said later."""
    node = space.serve("n1")
    mail = owner_away(space, node)
    node.claim("Alice").said("psst", "@bob")
    stream = space.key(f"inbox:{mail[1:]}:log")
    ((place, fields),) = space.admin.xrange(stream)
    space.admin.delete(stream)
    space.admin.xadd(stream, {**fields, "late": "1", "was": "E0:7"}, place)
    (found,) = node.read_all(login(node, "Bob").inbox)
    assert (found.text, found.late, found.was) == ("psst", True, ())


def test_for_who_is_not_registered_it_is_refused(space: Space) -> None:
    node = space.serve("n1")
    alice = node.claim("Alice")
    outcome = alice.say("psst", "@bob")
    assert isinstance(outcome, Refused)
    assert outcome.reason == Reason.NO_SUCH_NICK


def test_what_was_not_acknowledged_waits_again(space: Space) -> None:
    node = space.serve("n1")
    owner_away(space, node)
    alice, bob = node.claim("Alice"), login(node, "Bob")
    for text in ("had", "not yet", "nor this"):
        alice.said(text, "@bob")
    bob.acknowledge(1)
    bob.end("expired")
    wait_until(lambda: not space.row(bob), what="left")
    assert receipts(space, alice) == [("1", "Bob", "received")]  # none says undelivered
    alice.said("while away", "@bob")
    again = login(node, "Bob")
    assert texts(space, again.inbox) == ["not yet", "nor this", "while away"]


def test_who_comes_back_while_he_seems_to_be_here_still_gets_all(space: Space) -> None:
    """The session from before is lost to him, with all that its inbox holds."""
    node = space.serve("n1")
    owner_away(space, node)
    alice, bob = node.claim("Alice"), login(node, "Bob")
    alice.said("psst", "@bob")
    assert texts(space, login(node, "Bob").inbox) == ["psst"]
    assert not space.row(bob)


def test_it_is_bounded(space: Space) -> None:
    node = space.serve("n1")
    mail = owner_away(space, node)
    alice = node.claim("Alice")
    for waits in [alice.submit(f"{i}", "@bob") for i in range(INBOX_LIMIT)]:
        assert isinstance(waits.result(30), Published)
    outcome = alice.say("too many", "@bob")
    assert isinstance(outcome, Refused)
    assert outcome.reason == Reason.INBOX_FULL
    assert len(texts(space, mail)) == INBOX_LIMIT


def test_asked_again_it_is_there_once_wherever_it_is_by_now(space: Space) -> None:
    node = space.serve("n1")
    mail = owner_away(space, node)
    alice = node.claim("Alice")
    said = alice.said("psst", "@bob")
    assert alice.said("psst", "@bob", n=1).position == said.position
    bob = login(node, "Bob")
    assert alice.said("psst", "@bob", n=1).position == said.position
    assert (texts(space, mail), texts(space, bob.inbox)) == ([], ["psst"])


@pytest.mark.parametrize("is_back", [False, True])
def test_who_saw_an_earlier_session_of_the_owner_means_him(space: Space, is_back: bool) -> None:
    node = space.serve("n1")
    bob = node.claim("Bob")
    register(bob)
    alice = node.claim("Alice")
    bob.end()
    wait_until(lambda: not space.row(bob), what="left")
    if is_back:
        login(node, "Bob")
    assert isinstance(alice.say("psst", "@bob", holder=bob.session), Published)
    outcome = alice.say("psst", "@bob", holder="somebody")
    assert isinstance(outcome, Refused)
    assert outcome.reason == Reason.ADDRESSEE_CHANGED


def test_an_owner_who_is_renamed_gets_it_when_he_takes_his_name_back(space: Space) -> None:
    node = space.serve("n1")
    bob = node.claim("Bob")
    register(bob)
    rename(bob, "busy")
    alice = node.claim("Alice")
    alice.said("psst", "@bob")
    assert texts(space, bob.inbox) == []
    rename(bob, "Bob")
    assert texts(space, bob.inbox) == ["psst"]


def test_unregistering_tells_the_senders(space: Space) -> None:
    node = space.serve("n1")
    mail = owner_away(space, node)
    alice = node.claim("Alice")
    alice.said("psst", "@bob")
    bob = login(node, "Bob")
    bob.end()
    wait_until(lambda: texts(space, mail) == ["psst"], what="back in the mail")
    space.admin.hset(space.key("account:bob"), "hash", HASH)
    operator = node.cluster
    mallory = node.claim("Mallory")
    with pytest.raises(Refused):
        operator.unregister(mallory.session, mallory.claim, "bob", "")
    assert operator.unregister(mallory.session, mallory.claim, "bob", HASH) == "Bob"  # a node has compared the password
    assert receipts(space, alice) == [("1", "Bob", "undelivered")]
    assert not space.admin.keys(space.key(f"inbox:{mail[1:]}:*"))


def test_of_data_that_were_set_back_nothing_is_handed_over_twice(real_space: Space) -> None:
    """Redis forgets that the owner came, and has his mail again; his node knows what he was given. A real one, since
    fakeredis dumps no streams."""
    space = real_space
    node = space.serve("n1")
    mail = owner_away(space, node)
    alice = node.claim("Alice")
    alice.said("had", "@bob")
    names = space.admin.keys(space.key(f"inbox:{mail[1:]}:*"))
    before = {name: space.admin.dump(name) for name in names}
    assert before
    bob = login(node, "Bob")
    assert texts(space, bob.inbox) == ["had"]
    space.admin.delete(space.key(f"session:{bob.session}"), space.key("nick:bob"), space.key("term"))
    for name, data in before.items():
        space.admin.restore(name, 0, data, replace=True)
    wait_recovered(node)
    alice.said("new", "@bob")
    bob.end()
    wait_until(lambda: not space.row(bob), what="left")
    assert texts(space, login(node, "Bob").inbox) == ["had", "new"]


def test_no_time_takes_it_away(space: Space) -> None:
    node = space.serve("n1", retain=10)
    mail = owner_away(space, node)
    alice = node.claim("Alice")
    for i in range(50):
        alice.said(f"psst {i}", "@bob")
    names = space.admin.keys(space.key(f"inbox:{mail[1:]}:*"))
    assert names
    assert {space.admin.ttl(name) for name in names} == {-1}
    assert len(texts(space, mail)) == 50
    assert isinstance(alice.claimed.logs[alice.inbox], Position)


def test_where_accounts_are_lost_nothing_of_their_mail_stays_for_ever(space: Space) -> None:
    """The sender's node knows that there was some, and has it told in a log that is nobody's."""
    node = space.serve("n1")
    mail = owner_away(space, node)
    alice = node.claim("Alice")
    said = alice.said("psst", "@bob")
    alice.relist(n=1, told={mail: [said.position]})
    space.admin.flushall()
    wait_recovered(node)
    names = space.key(f"inbox:{mail[1:]}:*")
    wait_until(lambda: space.admin.keys(names) and not space.admin.exists(space.key("healing")), what="told")
    assert all(space.admin.ttl(name) > 0 for name in space.admin.keys(names))
