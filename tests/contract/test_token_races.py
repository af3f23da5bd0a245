"""One token at two nodes at once, by its owner and by who has a copy; and while its session ends or is banned."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from cluster.errors import Fenced
from cluster.operator import bans
from cluster.types import Claimed, Reason
from tests.contract.desk import desk_at
from tests.contract.space import LOBBY, Node, Space, User, hashed
from tests.contract.test_rights_races import at_once
from tests.support.waiting import wait_until

TIMES = 15
HERE, ELSEWHERE = "192.0.2.1:7", "198.51.100.9:7"


@dataclass
class Comer:
    """Resumes a session at `node`; what it is given is kept."""

    node: Node
    session: str
    token: str
    address: str = HERE
    renewed: str = field(default_factory=lambda: secrets.token_hex(4))
    got: list[Claimed] = field(default_factory=list)

    def __call__(self) -> None:
        claim = secrets.token_hex(4)
        told = self.node.cluster.resume(
            self.session, claim, hashed(self.token), 0, self.address, "", hashed(self.renewed)
        )
        self.got.append(told)

    def confirm(self) -> None:
        self.node.cluster.confirm(self.session, self.got[0].claim, hashed(self.renewed))


def tried(comer: Comer) -> str:
    (told,) = at_once(comer)
    return told


@pytest.fixture
def nodes(real_space: Space) -> tuple[Node, Node]:
    return real_space.serve("n1"), real_space.serve("n2")


def test_of_all_who_come_with_one_token_one_has_the_session(real_space: Space, nodes: tuple[Node, Node]) -> None:
    """The others are fenced, and once it has said that it has its new token nobody else's counts."""
    for number in range(TIMES):
        alice = nodes[0].claim(f"Alice{number}")
        comers = [Comer(nodes[at % 2], alice.session, alice.token) for at in range(6)]
        assert at_once(*comers) == ["ok"] * 6
        holding = real_space.row(alice)["claim"]
        (holder,) = [comer for comer in comers if comer.got[0].claim == holding]
        for comer in comers:
            said = User(comer.node, comer.got[0], comer.renewed).say(f"{number}")
            assert isinstance(said, Fenced) == (comer is not holder)
        holder.confirm()
        wait_until(lambda alice=alice: real_space.row(alice)["open"] == "", what="confirmed")  # type: ignore[misc]
        for token in (alice.token, *(comer.renewed for comer in comers if comer is not holder)):
            for node in nodes:
                assert tried(Comer(node, alice.session, token)) in (Reason.TOKEN_SPENT, Reason.RESUME_REFUSED)
        assert real_space.row(alice)["claim"] == holding
        assert tried(Comer(nodes[1], alice.session, holder.renewed)) == "ok"


def test_a_spent_token_gets_nobody_in_while_its_owner_moves(real_space: Space, nodes: tuple[Node, Node]) -> None:
    for number in range(TIMES):
        alice = nodes[0].claim(f"Alice{number}")
        first = Comer(nodes[1], alice.session, alice.token)
        assert tried(first) == "ok"
        first.confirm()
        wait_until(lambda alice=alice: real_space.row(alice)["open"] == "", what="confirmed")  # type: ignore[misc]
        owner = Comer(nodes[0], alice.session, first.renewed)
        thieves = [Comer(nodes[at % 2], alice.session, alice.token, ELSEWHERE) for at in range(4)]
        assert at_once(owner, *thieves) == ["ok", *[Reason.TOKEN_SPENT] * 4]
        assert real_space.row(alice)["claim"] == owner.got[0].claim


def ended(space: Space, user: User, nick: str) -> None:
    """Nothing of the session is left, and its tokens open nothing at any node."""
    wait_until(lambda: not space.row(user), what="it has ended")
    assert not space.admin.exists(space.key(f"nick:{nick.casefold()}"))
    assert space.admin.hget(space.key("presence"), nick) is None
    assert user.session not in space.admin.hkeys(space.key(f"room:{LOBBY}:members"))
    left = [fields for fields in space.kinds(LOBBY, "left") if fields["session"] == user.session]
    assert len(left) == 1, "told once"


def quits(user: User) -> Callable[[], object]:
    return lambda: user.node.cluster.end(user.session, user.claim, "quit")


def test_who_quits_while_his_token_is_used_has_ended_it_or_was_too_late(
    real_space: Space, nodes: tuple[Node, Node]
) -> None:
    for number in range(TIMES):
        alice = nodes[0].claim(f"Alice{number}")
        comers = [Comer(node, alice.session, alice.token, ELSEWHERE) for node in nodes]
        _, *told = at_once(quits(alice), *comers)
        assert set(told) <= {"ok", Reason.RESUME_REFUSED}
        if "ok" in told:
            # They were first: a `quit` of a former connection ends nothing, that of the present one does.
            holding = real_space.row(alice)["claim"]
            (holder,) = [comer for comer in comers if comer.got and comer.got[0].claim == holding]
            holder.node.cluster.end(alice.session, holding, "quit")
        ended(real_space, alice, f"Alice{number}")
        for node in nodes:
            for token in (alice.token, *(comer.renewed for comer in comers)):
                assert tried(Comer(node, alice.session, token)) == Reason.RESUME_REFUSED


def test_who_is_banned_while_his_token_is_used_is_out(real_space: Space, nodes: tuple[Node, Node]) -> None:
    """Whether he came just before or just after, at whichever node, with whichever of his tokens."""
    with desk_at(real_space) as at:
        for number in range(TIMES):
            nick = f"Bob{number}"
            bob = nodes[0].claim(nick)
            comers = [Comer(node, bob.session, bob.token) for node in nodes]
            banned, *told = at_once(lambda nick=nick: bans.ban(at, bans.target(nick), None, ""), *comers)  # type: ignore[misc]
            assert banned == "ok"
            assert set(told) <= {"ok", Reason.BANNED}
            ended(real_space, bob, nick)
            for node in nodes:
                for token in (bob.token, *(comer.renewed for comer in comers)):
                    assert tried(Comer(node, bob.session, token)) == Reason.BANNED
